-- Who owns an id of the service; this matters mostly where several tenants spend from one key.

-- name: owners_of_remote
-- The tenants on whose record a task is.
SELECT DISTINCT j.tenant FROM receipts r JOIN jobs j ON j.id = r.job_id
 WHERE r.remote_id = :remote_id AND j.key_id = :key_id;

-- name: held_elsewhere
-- Other orders that have this task. A task made elsewhere that the tenant itself follows does not count.
SELECT COUNT(*) AS n FROM receipts r JOIN jobs j ON j.id = r.job_id
 WHERE r.remote_id = :remote_id AND r.job_id <> :job_id AND j.base_url = :base_url
   AND (r.via <> 'adopted' OR j.tenant <> :tenant);

-- name: answered_with
SELECT answer FROM jobs WHERE tenant = :tenant AND key_id = :key_id AND answer LIKE :pattern ESCAPE '\';

-- name: others_of_key
-- Whether anybody else has ordered with this key.
SELECT COUNT(*) AS n FROM (
  SELECT 1 AS one FROM jobs WHERE key_id = :key_id AND tenant <> :tenant LIMIT 1) AS found;

-- name: others_with_key
-- Who else has stored this key.
SELECT COUNT(*) AS n FROM service_keys WHERE key_id = :key_id AND stored = 1 AND tenant <> :tenant;
