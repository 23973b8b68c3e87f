-- The order in which a clip's sources were given, and what keeps a journal of many people fast.

ALTER TABLE lineage ADD COLUMN place INTEGER NOT NULL DEFAULT 0;

CREATE INDEX jobs_open ON jobs (tenant, key_id, created_at)
 WHERE state IN ('queued', 'sending', 'running', 'fetching', 'unknown');
CREATE INDEX jobs_remote ON jobs (key_id, remote_id) WHERE remote_id IS NOT NULL;
CREATE INDEX jobs_parent ON jobs (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX jobs_sent ON jobs (key_id, sent_at);
CREATE INDEX jobs_unread ON jobs (key_id, sent_at)
 WHERE balance_after IS NULL AND state IN ('running', 'fetching', 'done', 'unknown');
CREATE INDEX jobs_by_time ON jobs (created_at);
CREATE INDEX clips_recent ON clips (tenant, key_id, created_at);
