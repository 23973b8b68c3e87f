-- What `list_songs` reads: pages from an index, and the words of each order in one place, folded and each once.

CREATE TABLE search_texts (
  job_id TEXT PRIMARY KEY,
  text TEXT NOT NULL
);
CREATE INDEX jobs_listed ON jobs (tenant, key_id, hidden, created_at, id, state);
-- Orders that cost nothing for certain; the oldest of them go when there are many.
CREATE INDEX jobs_free ON jobs (tenant, created_at) WHERE state IN ('cancelled', 'failed') AND remote_id IS NULL;
