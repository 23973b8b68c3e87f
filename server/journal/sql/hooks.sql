-- Named queries about callbacks of the service.

-- name: note_hook
-- No row: this callback is known, by its id or by its content.
INSERT INTO hooks (job_id, event_id, digest, event, at) VALUES (:job_id, :event_id, :digest, :event, :now)
ON CONFLICT DO NOTHING;

-- name: last_hook
SELECT MAX(at) AS at FROM hooks WHERE job_id = :job_id;

-- name: end_told
SELECT COUNT(*) AS n FROM hooks WHERE job_id = :job_id AND event IN ('song.completed', 'song.failed');

-- name: look_soon
UPDATE jobs SET next_at = :at, updated_at = :now WHERE id = :id AND state = 'running' AND next_at > :at;

-- name: look_again
-- A callback that came during a look: the look may have seen an older state.
UPDATE jobs SET next_at = :now WHERE id = :id AND state = 'running' AND next_at > :now
   AND EXISTS (SELECT 1 FROM hooks h WHERE h.job_id = :id AND h.at >= :since) RETURNING *;
