-- What a client may not know, wherever its next call arrives.

-- name: put_unheard
INSERT INTO unheard (job_id, session, tenant, tool, began) VALUES (:job_id, :session, :tenant, :tool, :began)
ON CONFLICT (job_id, session) DO UPDATE SET began = excluded.began, cut = 0;

-- name: cut_unheard
UPDATE unheard SET cut = 1 WHERE job_id = :job_id AND session = :session;

-- name: heard
DELETE FROM unheard WHERE job_id = :job_id AND session = :session;

-- name: unheard_in
SELECT job_id FROM unheard WHERE tenant = :tenant AND session = :session;

-- name: last_unheard
-- Calls that came together are all meant; one that still waits may have been given up after a while.
SELECT job_id FROM unheard
 WHERE tenant = :tenant AND session = :session AND tool = :tool AND began < :together AND (cut = 1 OR began <= :late)
 ORDER BY began DESC LIMIT 1;

-- name: forget_unheard
DELETE FROM unheard WHERE began < :old;
