-- What `list_songs` reads: pages from an index, and the words of each order in one place, folded and each once.

CREATE TABLE search_texts (
  job_id TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  created_at DOUBLE PRECISION NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX search_texts_of ON search_texts (tenant, key_id, created_at);
CREATE INDEX jobs_listed ON jobs (tenant, key_id, hidden, created_at, id, state);
-- Orders that cost nothing for certain; the oldest of them go when there are many.
CREATE INDEX jobs_free ON jobs (tenant, created_at) WHERE state IN ('cancelled', 'failed') AND remote_id IS NULL;
