-- Albums that a person has put together, and what search texts are made of anew.

CREATE TABLE albums (
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  -- The name as it is compared, without case.
  album TEXT NOT NULL,
  name TEXT NOT NULL,
  artist TEXT NOT NULL,
  updated_at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (tenant, key_id, album)
);
CREATE TABLE album_songs (
  tenant TEXT NOT NULL,
  key_id TEXT NOT NULL,
  album TEXT NOT NULL,
  clip_id TEXT NOT NULL,
  place INTEGER NOT NULL,
  PRIMARY KEY (tenant, key_id, album, clip_id)
);
CREATE INDEX album_songs_of_clip ON album_songs (tenant, key_id, clip_id);
-- Words are folded when they are written, and joiners and a few letters are folded now; the texts are made again.
DELETE FROM search_texts;
