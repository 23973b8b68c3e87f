-- What a journal of many people need not keep: nothing of it was paid, and nothing can use it.

-- name: prune_quotes
DELETE FROM quotes WHERE expires_at < :before;

-- name: idle_keys
-- Keys that nothing depends on: nobody keeps them, they have rested for long, and all that was ever ordered with them
-- was refused because the service does not accept them.
SELECT l.key_id FROM limiter l
 WHERE l.next_at < :before AND (:key_id = '' OR l.key_id = :key_id)
   AND NOT EXISTS (SELECT 1 FROM service_keys s WHERE s.key_id = l.key_id)
   AND NOT EXISTS (
     SELECT 1 FROM jobs j WHERE j.key_id = l.key_id AND NOT (
       j.state = 'failed' AND COALESCE(j.problem, '') = 'key_refused' AND j.remote_id IS NULL AND j.answer IS NULL
       AND j.charge = 0 AND j.parent_id IS NULL AND j.updated_at < :before
       AND NOT EXISTS (SELECT 1 FROM receipts r WHERE r.job_id = j.id)
       AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.job_id = j.id)))
 LIMIT :limit;

-- name: prune_search_texts
DELETE FROM search_texts WHERE job_id IN (SELECT id FROM jobs WHERE key_id = :key_id);

-- name: prune_jobs
DELETE FROM jobs WHERE key_id = :key_id;

-- name: prune_turns
DELETE FROM turns WHERE key_id = :key_id;

-- name: prune_balance
DELETE FROM balances WHERE key_id = :key_id;

-- name: prune_limiter
DELETE FROM limiter WHERE key_id = :key_id;
