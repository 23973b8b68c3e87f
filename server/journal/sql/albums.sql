-- Named queries about albums.

-- name: put_album
INSERT INTO albums (tenant, key_id, album, name, artist, updated_at)
VALUES (:tenant, :key_id, :album, :name, :artist, :now)
ON CONFLICT (tenant, key_id, album) DO UPDATE SET
  name = excluded.name, artist = excluded.artist, updated_at = excluded.updated_at;

-- name: album
SELECT * FROM albums WHERE tenant = :tenant AND key_id = :key_id AND album = :album;

-- name: album_songs
SELECT clip_id FROM album_songs WHERE tenant = :tenant AND key_id = :key_id AND album = :album ORDER BY place;

-- name: clear_album
DELETE FROM album_songs WHERE tenant = :tenant AND key_id = :key_id AND album = :album;

-- name: put_album_song
INSERT INTO album_songs (tenant, key_id, album, clip_id, place) VALUES (:tenant, :key_id, :album, :clip_id, :place);

-- name: albums_of_clip
-- The one that was put together last comes first: its name is in the file's tags.
SELECT a.name, a.artist, s.place,
       (SELECT COUNT(*) FROM album_songs n
         WHERE n.tenant = a.tenant AND n.key_id = a.key_id AND n.album = a.album) AS songs,
       (SELECT COUNT(*) FROM album_songs n JOIN clips c
            ON c.tenant = n.tenant AND c.key_id = n.key_id AND c.clip_id = n.clip_id
         WHERE n.tenant = a.tenant AND n.key_id = a.key_id AND n.album = a.album
           AND c.title = (SELECT me.title FROM clips me
             WHERE me.tenant = s.tenant AND me.key_id = s.key_id AND me.clip_id = s.clip_id)) AS alike
  FROM album_songs s JOIN albums a ON a.tenant = s.tenant AND a.key_id = s.key_id AND a.album = s.album
 WHERE s.tenant = :tenant AND s.key_id = :key_id AND s.clip_id = :clip_id
 ORDER BY a.updated_at DESC, a.album;

-- name: answered_about
-- Orders with a recorded answer that name this clip, the newest first.
SELECT * FROM jobs
 WHERE tenant = :tenant AND key_id = :key_id AND state = 'done' AND remote_id IS NULL AND answer IS NOT NULL
   AND arguments LIKE :pattern ESCAPE '\'
 ORDER BY created_at DESC LIMIT 50;

-- name: personas
-- The newest singers that were made from clips.
SELECT arguments, answer FROM jobs
 WHERE tenant = :tenant AND key_id = :key_id AND operation = 'create_persona' AND state = 'done' AND answer IS NOT NULL
 ORDER BY created_at DESC LIMIT :limit;
