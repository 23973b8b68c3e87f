-- Questions that only matter where several tenants spend from one key.

-- name: owners_of_remote
SELECT DISTINCT tenant FROM jobs WHERE key_id = :key_id AND remote_id = :remote_id;

-- name: answered_with
SELECT answer FROM jobs WHERE tenant = :tenant AND key_id = :key_id AND answer LIKE :pattern ESCAPE '\';

-- name: others_with_key
-- Who else has stored this key.
SELECT COUNT(*) AS n FROM service_keys WHERE key_id = :key_id AND stored = 1 AND tenant <> :tenant;
