-- Questions that only matter where several tenants spend from one key.

-- name: owners_of_remote
SELECT DISTINCT tenant FROM jobs WHERE key_id = :key_id AND remote_id = :remote_id;

-- name: answered_with
SELECT id FROM jobs WHERE tenant = :tenant AND key_id = :key_id AND answer LIKE :pattern ESCAPE '\' LIMIT 1;
