-- Named queries about finding songs again, and about the rows that anybody can make for nothing.

-- name: songs_page
-- One page of orders with the ids and the first audio of their clips, newest first; a row for each clip, the kept take
-- first. Lyrics are not read, and rows outside the page only in the index. `like_1` to `like_8` are patterns, '%' where
-- nothing is asked for.
WITH fitting AS (
  SELECT id, created_at, COUNT(*) OVER () AS total FROM jobs
   WHERE tenant = :tenant AND key_id = :key_id AND hidden = 0 AND created_at >= :since AND created_at < :until
     AND (:state = '' OR state = :state)
     AND (:songs = 0 OR state <> 'done' OR EXISTS (SELECT 1 FROM clips made WHERE made.job_id = jobs.id))
     AND (:like_1 = '%' OR id IN (SELECT t.job_id FROM search_texts t
        WHERE t.tenant = :tenant AND t.key_id = :key_id AND t.created_at >= :since AND t.created_at < :until
          AND t.text LIKE :like_1 ESCAPE '\'
          AND (:like_2 = '%' OR t.text LIKE :like_2 ESCAPE '\')
          AND (:like_3 = '%' OR t.text LIKE :like_3 ESCAPE '\')
          AND (:like_4 = '%' OR t.text LIKE :like_4 ESCAPE '\')
          AND (:like_5 = '%' OR t.text LIKE :like_5 ESCAPE '\')
          AND (:like_6 = '%' OR t.text LIKE :like_6 ESCAPE '\')
          AND (:like_7 = '%' OR t.text LIKE :like_7 ESCAPE '\')
          AND (:like_8 = '%' OR t.text LIKE :like_8 ESCAPE '\')))
   ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :offset
)
SELECT page.total, j.id, j.operation, j.subject, j.state,
       CASE WHEN j.cost IS NULL THEN NULL ELSE j.charge END AS cost, j.created_at, c.clip_id, c.title,
       CASE WHEN EXISTS (SELECT 1 FROM kept k WHERE k.tenant = :tenant AND k.key_id = :key_id AND k.clip_id = c.clip_id)
            THEN 1 ELSE 0 END AS kept, f.kind, f.path, f.bytes, f.sha256
  FROM fitting page JOIN jobs j ON j.id = page.id LEFT JOIN clips c ON c.job_id = page.id
  LEFT JOIN files f ON f.tenant = :tenant AND f.key_id = :key_id AND f.clip_id = c.clip_id AND f.kind = 'audio'
 ORDER BY page.created_at DESC, page.id DESC, kept DESC,
       CASE WHEN c.uploaded = 1 THEN 2 WHEN c.part IS NULL THEN 0 ELSE 1 END, c.take, c.clip_id;

-- name: recent_songs
-- Of the newest clips, whole songs made only from words.
SELECT substr(c.lyrics, 1, 5000) AS lyrics, c.bpm, c.style, c.seconds
  FROM (SELECT * FROM clips WHERE tenant = :tenant AND key_id = :key_id ORDER BY created_at DESC LIMIT :limit) c
 WHERE c.state = 'succeeded' AND c.part IS NULL AND c.uploaded = 0 AND c.seconds > 0
   AND NOT EXISTS (SELECT 1 FROM lineage l
                    WHERE l.tenant = :tenant AND l.key_id = :key_id AND l.clip_id = c.clip_id)
 ORDER BY c.created_at DESC, c.clip_id;

-- name: put_search_text
INSERT INTO search_texts (job_id, tenant, key_id, created_at, text)
SELECT id, tenant, key_id, created_at, :text FROM jobs WHERE id = :job_id
ON CONFLICT (job_id) DO UPDATE SET text = excluded.text;

-- name: told_of_job
-- Everything that a search for a job looks at.
SELECT words AS text FROM jobs WHERE id = :job_id
UNION ALL SELECT title || ' ' || style || ' ' || lyrics FROM clips WHERE job_id = :job_id;

-- name: older_than
-- When the order was made that is followed by so many newer ones; no row where there are fewer.
SELECT created_at AS at FROM jobs
 WHERE tenant = :tenant AND key_id = :key_id AND hidden = 0 AND created_at >= :since AND created_at < :until
 ORDER BY created_at DESC LIMIT 1 OFFSET :newer;

-- name: without_search_text
-- Orders of an older Songwright that kept no search text.
SELECT id, key_id FROM jobs WHERE NOT EXISTS (SELECT 1 FROM search_texts t WHERE t.job_id = jobs.id) LIMIT :limit;

-- name: free_since
-- When the newest was made of the free orders that may go; no row where there are fewer than are kept.
SELECT created_at AS at FROM jobs
 WHERE tenant = :tenant AND state IN ('cancelled', 'failed') AND remote_id IS NULL
 ORDER BY created_at DESC LIMIT 1 OFFSET :keep;

-- name: prune_free
-- Orders that were withdrawn, or refused before anything was charged. What has a proof of purchase, a further call or a
-- clip stays for ever, and so does every end that leaves the money in doubt.
DELETE FROM jobs WHERE id IN (
  SELECT j.id FROM jobs j
   WHERE j.tenant = :tenant AND j.state IN ('cancelled', 'failed') AND j.remote_id IS NULL AND j.charge = 0
     AND j.created_at <= :until
     AND (j.state = 'cancelled' OR j.problem IN ('unreachable', 'key_refused', 'no_credits', 'words_refused', 'retired',
                                                 'too_fast', 'request_refused', 'forbidden'))
     AND j.answer IS NULL AND j.parent_id IS NULL
     AND NOT EXISTS (SELECT 1 FROM receipts r WHERE r.job_id = j.id)
     AND NOT EXISTS (SELECT 1 FROM calls k WHERE k.job_id = j.id)
     AND NOT EXISTS (SELECT 1 FROM clips c WHERE c.job_id = j.id)
     AND NOT EXISTS (SELECT 1 FROM jobs child WHERE child.parent_id = j.id)
) RETURNING id;

-- name: forget_search_text
DELETE FROM search_texts WHERE job_id = :job_id;
