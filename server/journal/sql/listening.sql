-- Named queries about listening: the take that a person keeps, and what belongs to a clip.

-- name: keep
INSERT INTO kept (tenant, key_id, job_id, clip_id, at) VALUES (:tenant, :key_id, :job_id, :clip_id, :now)
ON CONFLICT (tenant, key_id, job_id) DO UPDATE SET clip_id = excluded.clip_id, at = excluded.at;

-- name: kept
SELECT COUNT(*) AS n FROM kept WHERE tenant = :tenant AND key_id = :key_id AND clip_id = :clip_id;

-- name: parts_of
-- The parts that a song was taken apart into and that are saved, the newest order first.
SELECT c.*, f.path, f.bytes, f.sha256 FROM lineage l
  JOIN clips c ON c.tenant = l.tenant AND c.key_id = l.key_id AND c.clip_id = l.clip_id
  JOIN files f ON f.tenant = l.tenant AND f.key_id = l.key_id AND f.clip_id = l.clip_id AND f.kind = 'audio'
 WHERE l.tenant = :tenant AND l.key_id = :key_id AND l.source_id = :clip_id AND l.relation = 'stem of'
   AND c.part IS NOT NULL
 ORDER BY c.created_at DESC, c.job_id, c.take, c.clip_id;

-- name: newest_song
-- The newest order that has made something to hear.
SELECT * FROM jobs
 WHERE tenant = :tenant AND key_id = :key_id AND hidden = 0 AND state <> 'failed'
   AND EXISTS (SELECT 1 FROM clips c WHERE c.job_id = jobs.id AND c.uploaded = 0 AND c.part IS NULL
                                         AND c.state <> 'failed')
 ORDER BY created_at DESC LIMIT 1;

-- name: clip_of_file
-- Whose song a file of a tenant's library is.
SELECT key_id, clip_id FROM files WHERE tenant = :tenant AND path = :path AND kind = 'audio' LIMIT 1;
