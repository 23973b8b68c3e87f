-- Tenants, their tokens, and the service keys that are kept for them.

-- name: insert_tenant
-- No row means that the name, or the caller of that OAuth server, is there already.
INSERT INTO tenants (id, name, daily_credits, monthly_credits, issuer, subject, created_at)
VALUES (:id, :name, :daily_credits, :monthly_credits, :issuer, :subject, :now)
ON CONFLICT DO NOTHING RETURNING id;

-- name: tenants
SELECT * FROM tenants ORDER BY created_at, id;

-- name: tenant
SELECT * FROM tenants WHERE id = :id;

-- name: tenant_named
-- By name or by id; a name wins.
SELECT * FROM tenants WHERE name = :name OR id = :name ORDER BY CASE WHEN name = :name THEN 0 ELSE 1 END LIMIT 1;

-- name: tenant_of_subject
SELECT * FROM tenants WHERE issuer = :issuer AND subject = :subject;

-- name: tenant_of_token
SELECT t.*, k.id AS token_id, k.last_used_at AS token_used_at FROM tokens k JOIN tenants t ON t.id = k.tenant
 WHERE k.hash = :hash AND k.revoked_at IS NULL AND t.revoked_at IS NULL;

-- name: active_tenant
SELECT id FROM tenants WHERE revoked_at IS NULL LIMIT 1;

-- name: revoke_tenant
UPDATE tenants SET revoked_at = COALESCE(revoked_at, :now) WHERE id = :id;

-- name: limit_tenant
UPDATE tenants SET daily_credits = :daily_credits, monthly_credits = :monthly_credits WHERE id = :id;

-- name: spending_of_tenants
-- Credits of everything bought, being bought or possibly bought.
SELECT tenant, COALESCE(SUM(CASE WHEN created_at > :day_ago THEN charge ELSE 0 END), 0) AS day,
       COALESCE(SUM(charge), 0) AS month FROM jobs
 WHERE created_at > :month_ago
 GROUP BY tenant;

-- name: insert_token
INSERT INTO tokens (id, hash, tenant, created_at) VALUES (:id, :hash, :tenant, :now);

-- name: tokens_of_tenant
SELECT id, created_at, last_used_at, revoked_at FROM tokens WHERE tenant = :tenant ORDER BY created_at, id;

-- name: token_used
UPDATE tokens SET last_used_at = :now WHERE id = :id AND (last_used_at IS NULL OR last_used_at < :now);

-- name: revoke_token
UPDATE tokens SET revoked_at = COALESCE(revoked_at, :now) WHERE id = :id AND tenant = :tenant;

-- name: put_service_key
-- A stored key stays stored when the same one also comes by header.
INSERT INTO service_keys (tenant, key_id, base_url, sealed, stored, used_at)
VALUES (:tenant, :key_id, :base_url, :sealed, :stored, :now)
ON CONFLICT (tenant, key_id) DO UPDATE SET sealed = excluded.sealed, base_url = excluded.base_url,
  used_at = excluded.used_at,
  stored = CASE WHEN service_keys.stored > excluded.stored THEN service_keys.stored ELSE excluded.stored END;

-- name: service_key
SELECT * FROM service_keys WHERE tenant = :tenant AND key_id = :key_id;

-- name: stored_service_key
SELECT * FROM service_keys WHERE tenant = :tenant AND base_url = :base_url AND stored = 1;

-- name: service_keys
SELECT * FROM service_keys ORDER BY key_id, tenant;

-- name: unstore_service_keys
-- What its jobs still need stays until the next tidying.
UPDATE service_keys SET stored = 0 WHERE tenant = :tenant AND stored = 1;

-- name: tidy_service_keys
-- A key is kept for as long as a job of its tenant needs it.
DELETE FROM service_keys WHERE stored = 0 AND used_at < :before AND NOT EXISTS (
  SELECT 1 FROM jobs WHERE jobs.tenant = service_keys.tenant AND jobs.key_id = service_keys.key_id
   AND jobs.state IN ('queued', 'sending', 'running', 'fetching', 'unknown'));

-- name: reseal_service_key
UPDATE service_keys SET sealed = :sealed WHERE tenant = :tenant AND key_id = :key_id AND sealed = :was;
