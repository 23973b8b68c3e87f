-- The sandbox's own truth about who was charged for what. Charges only ever grow: a refund is a row of its own.
CREATE TABLE accounts (
  key_hash      TEXT PRIMARY KEY,
  credits       INTEGER NOT NULL CHECK (credits >= 0),
  extra_credits INTEGER NOT NULL CHECK (extra_credits >= 0),
  opened_at     REAL NOT NULL
);

CREATE TABLE charges (
  id         INTEGER PRIMARY KEY,
  at         REAL NOT NULL,
  key_hash   TEXT NOT NULL,
  operation  TEXT NOT NULL,
  credits    INTEGER NOT NULL,
  from_extra INTEGER NOT NULL,
  task_id    TEXT,
  clip_id    TEXT,
  refund_of  INTEGER UNIQUE REFERENCES charges (id)
);
CREATE INDEX charges_by_key ON charges (key_hash);
CREATE INDEX charges_by_task ON charges (task_id);
CREATE TRIGGER charges_are_never_changed BEFORE UPDATE ON charges
BEGIN SELECT RAISE(ABORT, 'a charge is never changed'); END;
CREATE TRIGGER charges_are_never_erased BEFORE DELETE ON charges
BEGIN SELECT RAISE(ABORT, 'a charge is never erased'); END;

CREATE TABLE tasks (
  task_id     TEXT PRIMARY KEY,
  key_hash    TEXT NOT NULL,
  operation   TEXT NOT NULL,
  task_type   TEXT,
  body        TEXT NOT NULL,
  body_hash   TEXT NOT NULL,
  plan        TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('queued', 'working', 'done', 'failed')),
  fate        TEXT,
  error       TEXT,
  result      TEXT,
  polls       INTEGER NOT NULL DEFAULT 0,
  created_at  REAL NOT NULL,
  finished_at REAL
);
CREATE INDEX tasks_by_key ON tasks (key_hash, created_at);
CREATE INDEX tasks_by_body ON tasks (key_hash, body_hash);
CREATE INDEX tasks_unfinished ON tasks (state) WHERE state IN ('queued', 'working');

CREATE TABLE clips (
  clip_id    TEXT PRIMARY KEY,
  task_id    TEXT REFERENCES tasks (task_id),
  key_hash   TEXT NOT NULL,
  position   INTEGER NOT NULL,
  role       TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('pending', 'running', 'streaming', 'succeeded', 'failed')),
  facts      TEXT NOT NULL,
  plan       TEXT NOT NULL,
  score      TEXT,
  seconds    REAL,
  error      TEXT,
  generation INTEGER NOT NULL DEFAULT 1,
  fetches    INTEGER NOT NULL DEFAULT 0,
  created_at REAL NOT NULL
);
CREATE INDEX clips_by_task ON clips (task_id, position);

CREATE TABLE personas (
  persona_id TEXT PRIMARY KEY,
  key_hash   TEXT NOT NULL,
  name       TEXT NOT NULL,
  clip_id    TEXT
);

CREATE TABLE asks (
  key_hash TEXT NOT NULL,
  clip_id  TEXT NOT NULL,
  what     TEXT NOT NULL,
  calls    INTEGER NOT NULL,
  since    REAL NOT NULL,
  PRIMARY KEY (key_hash, clip_id, what)
);
PRAGMA user_version = 1;
