-- When each tenant of a key last had a slot of its rate, so that those who share a key take turns.

CREATE TABLE turns (
  key_id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (key_id, tenant)
);
