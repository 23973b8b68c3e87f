-- Which take of an order a person has chosen; the order is the one that was asked for, not one that follows it.
CREATE TABLE kept (
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  job_id TEXT NOT NULL,
  clip_id TEXT NOT NULL,
  at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (tenant, key_id, job_id)
);
CREATE INDEX kept_clips ON kept (tenant, key_id, clip_id);

-- What is asked of a clip from the other side: the parts it was taken apart into, and whose a file is.
CREATE INDEX lineage_by_source ON lineage (tenant, key_id, source_id);
CREATE INDEX files_by_path ON files (tenant, path);
