-- Who may call a hosted server, and with whose money. Times are seconds since the epoch.

CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  daily_credits INTEGER,
  monthly_credits INTEGER,
  issuer TEXT,
  subject TEXT,
  created_at DOUBLE PRECISION NOT NULL,
  revoked_at DOUBLE PRECISION
);
CREATE UNIQUE INDEX tenants_by_subject ON tenants (issuer, subject) WHERE issuer IS NOT NULL;

-- Only the SHA-256 of a token is here: what the database holds opens no door.
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  tenant TEXT NOT NULL,
  created_at DOUBLE PRECISION NOT NULL,
  last_used_at DOUBLE PRECISION,
  revoked_at DOUBLE PRECISION
);
CREATE INDEX tokens_of_tenant ON tokens (tenant, created_at);

-- Service keys of tenants, sealed together with the tenant and the address they belong to.
CREATE TABLE service_keys (
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  base_url TEXT NOT NULL,
  sealed TEXT NOT NULL,
  stored INTEGER NOT NULL DEFAULT 0,
  used_at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (tenant, key_id)
);
