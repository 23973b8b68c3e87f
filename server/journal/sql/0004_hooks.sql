-- What the service has told by calling back, each thing once, however often it is sent.
CREATE TABLE hooks (
  job_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  event TEXT NOT NULL,
  at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (job_id, event_id),
  UNIQUE (job_id, digest)
);
