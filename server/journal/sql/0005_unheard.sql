-- Orders of which the client that made them has not heard yet: made by a call that was not answered.
CREATE TABLE unheard (
  job_id TEXT NOT NULL,
  session TEXT NOT NULL,
  tenant TEXT NOT NULL,
  tool TEXT NOT NULL,
  began DOUBLE PRECISION NOT NULL,
  cut INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (job_id, session)
);
CREATE INDEX unheard_in_session ON unheard (tenant, session);
