-- What made a song that somebody liked, under a name, for songs to come.
CREATE TABLE recipes (
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  known_as TEXT NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  arguments TEXT NOT NULL,
  saved_at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (tenant, key_id, known_as)
);
