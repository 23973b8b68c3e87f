-- Jobs, proofs of purchase, clips, files, lineage, rate slots, quotes and balances.
-- Times are seconds since the epoch. Nothing here ever holds an API key.

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  base_url TEXT NOT NULL,
  operation TEXT NOT NULL,
  arguments TEXT NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  body TEXT,
  dedupe TEXT NOT NULL,
  parent_id TEXT,
  cost INTEGER,
  subject TEXT NOT NULL,
  words TEXT NOT NULL,
  state TEXT NOT NULL,
  remote_id TEXT,
  answer TEXT,
  problem TEXT,
  sentence TEXT,
  service_said TEXT,
  tries INTEGER NOT NULL DEFAULT 0,
  looks INTEGER NOT NULL DEFAULT 0,
  troubles INTEGER NOT NULL DEFAULT 0,
  timeout DOUBLE PRECISION NOT NULL,
  prio INTEGER NOT NULL DEFAULT 0,
  next_at DOUBLE PRECISION NOT NULL,
  lease_until DOUBLE PRECISION NOT NULL DEFAULT 0,
  epoch INTEGER NOT NULL DEFAULT 0,
  hidden INTEGER NOT NULL DEFAULT 0,
  balance_before INTEGER,
  balance_before_at DOUBLE PRECISION,
  balance_after INTEGER,
  created_at DOUBLE PRECISION NOT NULL,
  sent_at DOUBLE PRECISION,
  running_at DOUBLE PRECISION,
  finished_at DOUBLE PRECISION,
  updated_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX jobs_due ON jobs (key_id, prio, next_at) WHERE state IN ('queued', 'sending', 'running', 'fetching');
CREATE INDEX jobs_same ON jobs (tenant, key_id, dedupe);
CREATE INDEX jobs_recent ON jobs (tenant, key_id, created_at);

-- Append-only proof of purchase; never pruned.
CREATE TABLE receipts (
  job_id TEXT NOT NULL,
  remote_id TEXT NOT NULL,
  at DOUBLE PRECISION NOT NULL,
  via TEXT NOT NULL,
  PRIMARY KEY (job_id, remote_id)
);

-- Further calls of an order whose result is asked for again; each on record before it leaves.
CREATE TABLE calls (
  job_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (job_id, n)
);

CREATE TABLE clips (
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  clip_id TEXT NOT NULL,
  job_id TEXT NOT NULL,
  take INTEGER NOT NULL,
  part TEXT,
  label TEXT,
  state TEXT NOT NULL,
  title TEXT NOT NULL,
  style TEXT NOT NULL,
  lyrics TEXT NOT NULL,
  prompt TEXT NOT NULL,
  model TEXT NOT NULL,
  seconds DOUBLE PRECISION,
  bpm DOUBLE PRECISION,
  audio_url TEXT,
  image_url TEXT,
  uploaded INTEGER NOT NULL DEFAULT 0,
  reason TEXT,
  created_at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (tenant, key_id, clip_id)
);
CREATE INDEX clips_of_job ON clips (job_id, take);

CREATE TABLE files (
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  clip_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  path TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  saved_at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (tenant, key_id, clip_id, kind)
);

CREATE TABLE lineage (
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  clip_id TEXT NOT NULL,
  relation TEXT NOT NULL,
  source_id TEXT NOT NULL,
  PRIMARY KEY (tenant, key_id, clip_id, relation, source_id)
);

-- One row a key: when the next request may leave.
CREATE TABLE limiter (
  key_id TEXT PRIMARY KEY,
  next_at DOUBLE PRECISION NOT NULL
);

-- A price somebody was told, usable once.
CREATE TABLE quotes (
  id TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  dedupe TEXT NOT NULL,
  cost INTEGER,
  expires_at DOUBLE PRECISION NOT NULL,
  used_by TEXT
);

CREATE TABLE balances (
  key_id TEXT PRIMARY KEY,
  credits INTEGER NOT NULL,
  extra INTEGER NOT NULL,
  read_at DOUBLE PRECISION NOT NULL
);

CREATE TABLE facts (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
