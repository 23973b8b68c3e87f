-- Named queries: `-- name: x` begins one, the comment lines under it say what it is for.

-- name: job
SELECT * FROM jobs WHERE id = :id;

-- name: same_request
-- The newest job of this caller that asks for the same thing and blocks or answers a repeat, besides the one that is to
-- be bought again.
SELECT * FROM jobs
 WHERE tenant = :tenant AND key_id = :key_id AND dedupe = :dedupe AND id <> :besides
   AND (state IN ('queued', 'sending', 'running', 'fetching', 'unknown')
        OR (state = 'done' AND (finished_at > :since OR problem = 'not_saved'))
        OR (state = 'failed' AND problem = 'task_unknown' AND charge > 0))
 ORDER BY CASE WHEN state IN ('done', 'failed') THEN 1 ELSE 0 END, created_at DESC LIMIT 1;

-- name: fulfilled
-- The newest finished order of this caller that asked for exactly this.
SELECT * FROM jobs
 WHERE tenant = :tenant AND key_id = :key_id AND dedupe = :dedupe AND state = 'done'
 ORDER BY created_at DESC LIMIT 1;

-- name: unsettled_count
-- Besides the one that is given up for the order in hand.
SELECT COUNT(*) AS n FROM jobs
 WHERE tenant = :tenant AND key_id = :key_id AND state = 'unknown' AND id <> :besides;

-- name: spent_since
-- Credits of everything bought, being bought or possibly bought.
SELECT COALESCE(SUM(charge), 0) AS credits FROM jobs
 WHERE tenant = :tenant AND key_id = :key_id AND created_at > :since;

-- name: held_since
-- The same for limits: an unfinished order counts with the most that it may cost.
SELECT COALESCE(SUM(CASE WHEN most > charge AND state IN ('queued', 'sending', 'running') THEN most ELSE charge END), 0)
       AS credits FROM jobs
 WHERE tenant = :tenant AND key_id = :key_id AND created_at > :since;

-- name: spent_by_operation
SELECT operation, COUNT(*) AS n, COALESCE(SUM(charge), 0) AS credits FROM jobs
 WHERE tenant = :tenant AND key_id = :key_id AND created_at > :since AND charge > 0
 GROUP BY operation ORDER BY credits DESC, operation;

-- name: promised
-- Credits of jobs that are not charged yet but will be: they count against the balance.
SELECT (SELECT COALESCE(SUM(charge), 0) FROM jobs WHERE key_id = :key_id AND state = 'queued')
     + (SELECT COALESCE(SUM(charge), 0) FROM jobs WHERE key_id = :key_id AND sent_at >= :since
           AND state <> 'queued') AS credits;

-- name: insert_job
INSERT INTO jobs (id, tenant, key_id, base_url, operation, arguments, method, path, body, dedupe, parent_id, cost,
                  charge, most, subject, words, state, remote_id, timeout, next_at, created_at, running_at, updated_at)
VALUES (:id, :tenant, :key_id, :base_url, :operation, :arguments, :method, :path, :body, :dedupe, :parent_id, :cost,
        :charge, :most, :subject, :words, :state, :remote_id, :timeout, :next_at, :now, :running_at, :now);

-- name: insert_limiter
INSERT INTO limiter (key_id, next_at) VALUES (:key_id, 0) ON CONFLICT (key_id) DO NOTHING;

-- name: slot_free_at
SELECT next_at FROM limiter WHERE key_id = :key_id;

-- name: take_slot
-- No row means that somebody was faster. A slot far in the future comes from a clock that was set back.
UPDATE limiter SET next_at = :until
 WHERE key_id = :key_id AND (next_at <= :now OR next_at > :now + 300 + :gap) RETURNING key_id;

-- name: push_slot
UPDATE limiter SET next_at = CASE WHEN next_at > :until THEN next_at ELSE :until END WHERE key_id = :key_id;

-- name: next_for_slot
-- The one call that should leave next. Tenants who share the key take turns: whose last slot is longest ago comes first,
-- and of its calls purchases before looks, then what waited longest.
-- A lease more than ten minutes ahead comes from a clock that was set back, and so does a turn further off than the
-- longest pause between two looks: here, below and in the sweep.
SELECT * FROM jobs WHERE id = (
  SELECT j.id FROM jobs j LEFT JOIN turns t ON t.key_id = j.key_id AND t.tenant = j.tenant
   WHERE j.key_id = :key_id AND j.state IN ('queued', 'running')
     AND (j.lease_until < :now OR j.lease_until > :now + 600)
     AND (j.next_at <= :now OR (j.state = 'queued' AND j.next_at > :now + 600)
          OR (j.remote_id IS NOT NULL AND j.next_at > :now + 4500))
   ORDER BY CASE WHEN t.at > :now + 600 THEN 0 ELSE COALESCE(t.at, 0) END,
            CASE WHEN j.state = 'queued' THEN 0 ELSE 1 END, j.next_at, j.created_at LIMIT 1);

-- name: take_turn
INSERT INTO turns (key_id, tenant, at) VALUES (:key_id, :tenant, :now)
ON CONFLICT (key_id, tenant) DO UPDATE SET at = excluded.at;

-- name: purchase_waits
SELECT COUNT(*) AS n FROM jobs WHERE key_id = :key_id AND state = 'queued' AND next_at <= :now
   AND (lease_until < :now OR lease_until > :now + 600);

-- name: claim
UPDATE jobs SET lease_until = :lease_until, epoch = epoch + 1, updated_at = :now,
       sent_at = CASE WHEN state = 'queued' THEN :now ELSE sent_at END,
       balance_before = CASE WHEN state = 'queued' THEN (SELECT b.credits + b.extra FROM balances b WHERE b.key_id = jobs.key_id) ELSE balance_before END,
       balance_before_at = CASE WHEN state = 'queued' THEN (SELECT b.read_at FROM balances b WHERE b.key_id = jobs.key_id) ELSE balance_before_at END,
       state = CASE WHEN state = 'queued' THEN 'sending' ELSE state END
 WHERE id = :id AND epoch = :epoch RETURNING *;

-- name: next_to_fetch
SELECT * FROM jobs
 WHERE key_id = :key_id AND state = 'fetching' AND (lease_until < :now OR lease_until > :now + 600)
   AND (next_at <= :now OR next_at > :now + 4500)
 ORDER BY next_at, created_at LIMIT 1;

-- name: renew
UPDATE jobs SET lease_until = :lease_until WHERE id = :id AND epoch = :epoch RETURNING id;

-- name: agenda
-- When something of this key is due next: its time, its lease's end, and for calls the free slot.
SELECT MIN(CASE WHEN j.state IN ('queued', 'running') AND COALESCE(l.next_at, 0) > j.next_at
                 AND COALESCE(l.next_at, 0) > j.lease_until THEN l.next_at
                WHEN j.lease_until > j.next_at OR j.state = 'sending' THEN j.lease_until
                ELSE j.next_at END) AS at
  FROM jobs j LEFT JOIN limiter l ON l.key_id = j.key_id
 WHERE j.key_id = :key_id AND j.state IN ('queued', 'sending', 'running', 'fetching');

-- name: overdue
SELECT COUNT(*) AS n FROM jobs
 WHERE key_id = :key_id AND state = 'sending' AND (lease_until < :now OR lease_until > :now + 600);

-- name: sweep
-- The sender is gone. The order is not sent again, and is listed even if it had been hidden.
UPDATE jobs SET state = 'unknown', hidden = 0, epoch = epoch + 1, lease_until = 0, problem = 'answer_lost', sentence = :sentence,
       finished_at = :now, updated_at = :now
 WHERE key_id = :key_id AND state = 'sending' AND (lease_until < :now OR lease_until > :now + 600) RETURNING id;

-- name: receipt
INSERT INTO receipts (job_id, remote_id, at, via) VALUES (:job_id, :remote_id, :now, :via)
ON CONFLICT (job_id, remote_id) DO NOTHING;

-- name: note_call
-- No row: this call was sent before and its answer was lost.
INSERT INTO calls (job_id, n, at) VALUES (:job_id, :n, :now) ON CONFLICT (job_id, n) DO NOTHING;

-- name: drop_call
DELETE FROM calls WHERE job_id = :job_id AND n = :n;

-- name: charge_call
UPDATE jobs SET charge = charge + :credits, balance_after = NULL, updated_at = :now WHERE id = :id AND epoch = :epoch RETURNING *;

-- name: receipts_of
SELECT * FROM receipts WHERE job_id = :job_id ORDER BY at;

-- name: bought
-- A receipt is always true, so this ignores the epoch: a late answer repairs a guess, and brings an order home that
-- was given up, withdrawn after it had been put back, or taken for refused. Then it has its price after all.
UPDATE jobs SET state = 'running', remote_id = :remote_id, lease_until = 0, epoch = epoch + 1, problem = NULL,
       charge = CASE WHEN state IN ('failed', 'cancelled') AND charge = 0 THEN COALESCE(cost, 0) ELSE charge END,
       sentence = NULL, service_said = NULL, finished_at = NULL, next_at = :next_at, running_at = :now, updated_at = :now
 WHERE id = :id AND (state IN ('queued', 'sending', 'unknown') OR problem = 'given_up'
        OR (state IN ('failed', 'cancelled') AND remote_id IS NULL AND sent_at IS NOT NULL))
   AND (remote_id IS NULL OR remote_id = :remote_id)
RETURNING *;

-- name: bought_at_once
-- The answer is the receipt. Like `bought`, it is true whenever it comes.
UPDATE jobs SET state = :state, answer = :answer, lease_until = 0, epoch = epoch + 1, problem = NULL,
       charge = CASE WHEN state IN ('failed', 'cancelled') AND charge = 0 THEN COALESCE(cost, 0) ELSE charge END,
       sentence = NULL, service_said = NULL, finished_at = NULL, next_at = :next_at, running_at = :now, updated_at = :now
 WHERE id = :id AND (state IN ('queued', 'sending', 'unknown') OR problem = 'given_up'
        OR (state IN ('failed', 'cancelled') AND remote_id IS NULL AND sent_at IS NOT NULL)) RETURNING *;

-- name: move
-- Every other change: only with the newest epoch, and only from the state that was read.
-- A refunded order costs nothing, and an order that became unsettled is listed again.
UPDATE jobs SET state = :state, next_at = :next_at, lease_until = 0, epoch = epoch + 1, tries = :tries, looks = :looks,
       troubles = :troubles, trouble_since = :trouble_since, misses = :misses, missed_for = :missed_for,
       answer = :answer, service_said = :service_said,
       problem = CASE WHEN :state = 'failed' AND refunded = 1 THEN 'refunded' ELSE :problem END,
       sentence = CASE WHEN :state = 'failed' AND refunded = 1 THEN :refund_sentence ELSE :sentence END,
       charge = CASE WHEN :state = 'failed' AND refunded = 1 THEN 0 ELSE COALESCE(:charge, charge) END,
       hidden = CASE WHEN :state = 'unknown' THEN 0 ELSE hidden END, finished_at = :finished_at, updated_at = :now
 WHERE id = :id AND epoch = :epoch AND state = :was RETURNING *;

-- name: refused
-- A certain refusal is true whenever it comes, of the attempt that it answers, unless a receipt says otherwise.
UPDATE jobs SET state = 'failed', charge = 0, lease_until = 0, epoch = epoch + 1, problem = :problem, sentence = :sentence,
       service_said = :service_said, finished_at = :now, updated_at = :now
 WHERE id = :id AND state IN ('sending', 'unknown') AND remote_id IS NULL AND sent_at = :sent_at RETURNING *;

-- name: withdraw
UPDATE jobs SET state = 'cancelled', charge = 0, epoch = epoch + 1, finished_at = :now, updated_at = :now
 WHERE id = :id AND tenant = :tenant AND key_id = :key_id AND state = 'queued' RETURNING *;

-- name: hide
UPDATE jobs SET hidden = 1, updated_at = :now
 WHERE id = :id AND tenant = :tenant AND key_id = :key_id RETURNING *;

-- name: give_up
-- What it may have cost still counts as spent.
UPDATE jobs SET state = 'failed', epoch = epoch + 1, lease_until = 0, problem = 'given_up', sentence = :sentence,
       charge = CASE WHEN remote_id IS NOT NULL AND cost IS NOT NULL THEN cost ELSE charge END,
       finished_at = :now, updated_at = :now
 WHERE id = :id AND tenant = :tenant AND key_id = :key_id
   AND state IN ('unknown', 'running', 'fetching') RETURNING *;

-- name: attach
-- A task that a person has named and the service has shown; it may replace one that the service does not know.
UPDATE jobs SET state = 'running', remote_id = :remote_id, lease_until = 0, epoch = epoch + 1, problem = NULL,
       sentence = NULL, service_said = NULL, finished_at = NULL, next_at = :now, running_at = :now, updated_at = :now
 WHERE id = :id AND tenant = :tenant AND key_id = :key_id
   AND ((remote_id IS NULL AND (state = 'unknown' OR problem = 'given_up'))
        OR (state IN ('running', 'failed') AND problem = 'task_unknown'))
RETURNING *;

-- name: take_adopted_clips
UPDATE clips SET job_id = :job_id
 WHERE job_id IN (SELECT id FROM jobs WHERE tenant = :tenant AND key_id = :key_id AND dedupe = :adopted);

-- name: hide_adopted
UPDATE jobs SET hidden = 1 WHERE tenant = :tenant AND key_id = :key_id AND dedupe = :adopted;

-- name: revive
-- The service was asked again about a job that had ended, and says that it goes on.
UPDATE jobs SET state = 'running', lease_until = 0, epoch = epoch + 1, problem = NULL, sentence = NULL,
       service_said = NULL, finished_at = NULL, troubles = 0, trouble_since = NULL, misses = 0, missed_for = 0,
       hidden = 0, next_at = :now, updated_at = :now
 WHERE id = :id AND epoch = :epoch AND state IN ('failed', 'done') AND remote_id IS NOT NULL RETURNING *;

-- name: save_again
-- A finished job whose files are not all here, and whose links came with its answer.
UPDATE jobs SET state = 'fetching', lease_until = 0, epoch = epoch + 1, problem = NULL, sentence = NULL,
       finished_at = NULL, troubles = 0, trouble_since = NULL, misses = 0, missed_for = 0, next_at = :now,
       updated_at = :now
 WHERE id = :id AND epoch = :epoch AND remote_id IS NULL AND answer IS NOT NULL
   AND (state = 'done' OR (state = 'failed' AND problem = 'given_up')) RETURNING *;

-- name: given_back
-- The service says of a job that had ended already that its credits came back.
UPDATE jobs SET charge = 0, problem = 'refunded', sentence = :sentence, service_said = :service_said, updated_at = :now
 WHERE id = :id AND epoch = :epoch AND state = 'failed' RETURNING *;

-- name: note_refund
UPDATE jobs SET refunded = 1, charge = CASE WHEN state = 'failed' THEN 0 ELSE charge END,
       problem = CASE WHEN state = 'failed' THEN 'refunded' ELSE problem END,
       sentence = CASE WHEN state = 'failed' THEN :sentence ELSE sentence END
 WHERE id = :id;

-- name: wake
-- Postponed looks and files are due now, because a process has begun or its clock was set. Paid calls are not.
UPDATE jobs SET next_at = CASE WHEN next_at > :now + 20 THEN :now ELSE next_at END, troubles = 0
 WHERE key_id = :key_id AND (troubles > 0 OR next_at > :now + 20)
   AND ((state = 'running' AND remote_id IS NOT NULL) OR state = 'fetching') RETURNING id;

-- name: re_anchor
-- A further paid call that a wrong clock has put far off is not made early: it waits its usual pause again.
UPDATE jobs SET next_at = :at
 WHERE key_id = :key_id AND state = 'running' AND remote_id IS NULL AND next_at > :now + 600;

-- name: asked_after
-- Somebody asks for it, and its last look is old.
UPDATE jobs SET next_at = :now, troubles = 0, updated_at = :now
 WHERE id = :id AND next_at > :now + 20 AND (updated_at < :now - 20 OR updated_at > :now)
   AND ((state = 'running' AND remote_id IS NOT NULL) OR state = 'fetching') RETURNING id;

-- name: job_of_remote
SELECT * FROM jobs WHERE tenant = :tenant AND key_id = :key_id AND remote_id = :remote_id ORDER BY created_at LIMIT 1;

-- name: newest_unfinished
SELECT * FROM jobs WHERE tenant = :tenant AND key_id = :key_id AND hidden = 0
   AND state IN ('queued', 'sending', 'running', 'fetching', 'unknown')
 ORDER BY CASE WHEN state = 'unknown' THEN 1 ELSE 0 END, created_at DESC LIMIT 1;

-- name: newest
SELECT * FROM jobs WHERE tenant = :tenant AND key_id = :key_id AND hidden = 0 ORDER BY created_at DESC LIMIT 1;

-- name: children
SELECT * FROM jobs WHERE parent_id = :id ORDER BY created_at, id;

-- name: take_in
-- An order that was made by itself belongs from now on to the one that would have ordered the same.
UPDATE jobs SET parent_id = :parent_id WHERE id = :id AND parent_id IS NULL;

-- name: live_accounts
SELECT DISTINCT tenant, key_id, base_url FROM jobs WHERE state IN ('queued', 'sending', 'running', 'fetching');

-- name: overlapping
-- Other purchases of this key that were charged, or may have been, between two readings of the balance. Those of the
-- last three days are enough: a service that takes longer to make and save one says nothing by its balance any more.
SELECT COUNT(*) AS n FROM jobs
 WHERE key_id = :key_id AND id <> :id AND sent_at > :since - 259200
   AND sent_at < :until AND COALESCE(finished_at, :until) > :since;

-- name: others_charged
-- What every other order of this key may have cost since the balance before a job was read.
SELECT COALESCE(SUM(charge), 0) AS credits FROM jobs
 WHERE key_id = :key_id AND id <> :id AND sent_at < :until
   AND sent_at >= (SELECT COALESCE(me.balance_before_at, me.sent_at) FROM jobs me WHERE me.id = :id);

-- name: put_clip
INSERT INTO clips (tenant, key_id, clip_id, job_id, take, part, label, state, title, style, lyrics, prompt, model, seconds,
                   bpm, audio_url, image_url, uploaded, reason, created_at)
VALUES (:tenant, :key_id, :clip_id, :job_id, :take, :part, :label, :state, :title, :style, :lyrics, :prompt, :model, :seconds,
        :bpm, :audio_url, :image_url, :uploaded, :reason, :created_at)
ON CONFLICT (tenant, key_id, clip_id) DO UPDATE SET
  part = COALESCE(excluded.part, clips.part), label = COALESCE(clips.label, excluded.label), state = excluded.state, title = excluded.title, style = excluded.style, lyrics = excluded.lyrics,
  model = excluded.model, seconds = COALESCE(excluded.seconds, clips.seconds), bpm = COALESCE(excluded.bpm, clips.bpm),
  audio_url = COALESCE(excluded.audio_url, clips.audio_url), image_url = COALESCE(excluded.image_url, clips.image_url),
  reason = excluded.reason;

-- name: clip
SELECT * FROM clips WHERE tenant = :tenant AND key_id = :key_id AND clip_id = :clip_id;

-- name: clips_of_job
SELECT * FROM clips WHERE job_id = :job_id
 ORDER BY CASE WHEN uploaded = 1 THEN 2 WHEN part IS NULL THEN 0 ELSE 1 END, take, clip_id;

-- name: clip_ids
SELECT clip_id FROM clips WHERE tenant = :tenant AND key_id = :key_id ORDER BY created_at DESC LIMIT :limit;

-- name: job_ids
SELECT id FROM jobs WHERE tenant = :tenant AND key_id = :key_id ORDER BY created_at DESC LIMIT :limit;

-- name: set_bpm
UPDATE clips SET bpm = :bpm WHERE tenant = :tenant AND key_id = :key_id AND clip_id = :clip_id;

-- name: put_file
INSERT INTO files (tenant, key_id, clip_id, kind, path, bytes, sha256, saved_at)
VALUES (:tenant, :key_id, :clip_id, :kind, :path, :bytes, :sha256, :now)
ON CONFLICT (tenant, key_id, clip_id, kind) DO UPDATE SET
  path = excluded.path, bytes = excluded.bytes, sha256 = excluded.sha256, saved_at = excluded.saved_at;

-- name: files_of_clip
SELECT * FROM files WHERE tenant = :tenant AND key_id = :key_id AND clip_id = :clip_id ORDER BY kind;

-- name: derived_from
-- The clips that were made from another in one way, the newest order first.
SELECT c.* FROM lineage l
  JOIN clips c ON c.tenant = l.tenant AND c.key_id = l.key_id AND c.clip_id = l.clip_id
  JOIN jobs j ON j.id = c.job_id
 WHERE l.tenant = :tenant AND l.key_id = :key_id AND l.relation = :relation AND l.source_id = :source_id
 ORDER BY j.created_at DESC, c.job_id, c.take, c.clip_id;

-- name: put_lineage
INSERT INTO lineage (tenant, key_id, clip_id, relation, source_id, place)
VALUES (:tenant, :key_id, :clip_id, :relation, :source_id, :place)
ON CONFLICT (tenant, key_id, clip_id, relation, source_id) DO NOTHING;

-- name: lineage_of
SELECT relation, source_id FROM lineage WHERE tenant = :tenant AND key_id = :key_id AND clip_id = :clip_id
 ORDER BY relation, place, source_id;

-- name: put_quote
INSERT INTO quotes (id, tenant, key_id, dedupe, cost, expires_at)
VALUES (:id, :tenant, :key_id, :dedupe, :cost, :expires_at);

-- name: use_quote
-- One use: the job that spends it is written in the same transaction.
UPDATE quotes SET used_by = :job_id
 WHERE id = :id AND tenant = :tenant AND key_id = :key_id AND dedupe = :dedupe AND used_by IS NULL
   AND expires_at > :now AND (cost = :cost OR (cost IS NULL AND :cost IS NULL)) RETURNING id;

-- name: put_balance
INSERT INTO balances (key_id, credits, extra, read_at) VALUES (:key_id, :credits, :extra, :now)
ON CONFLICT (key_id) DO UPDATE SET credits = excluded.credits, extra = excluded.extra, read_at = excluded.read_at;

-- name: balance
SELECT * FROM balances WHERE key_id = :key_id;

-- name: note_balance_after
UPDATE jobs SET balance_after = :total
 WHERE key_id = :key_id AND balance_after IS NULL AND state IN ('running', 'fetching', 'done', 'unknown')
   AND sent_at IS NOT NULL AND sent_at < :asked_at;

-- name: fact
SELECT value FROM facts WHERE name = :name;

-- name: put_fact
INSERT INTO facts (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING;

-- name: set_fact
INSERT INTO facts (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: some_job
SELECT id FROM jobs LIMIT 1;
