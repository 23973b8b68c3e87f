-- What a job may have cost so far, and how long its service or its files have been out of reach.

-- Credits that are, or may be, gone: the price, once for every paid call, until it is certain that nothing was taken.
ALTER TABLE jobs ADD COLUMN charge INTEGER NOT NULL DEFAULT 0;
-- What it may come to while it goes on: every call that it may need.
ALTER TABLE jobs ADD COLUMN most INTEGER NOT NULL DEFAULT 0;
-- The service has said, under the order's own secret, that it gave the credits back.
ALTER TABLE jobs ADD COLUMN refunded INTEGER NOT NULL DEFAULT 0;
-- Since when every look, or every attempt to save a file, has met trouble.
ALTER TABLE jobs ADD COLUMN trouble_since DOUBLE PRECISION;
-- Clear answers in a row that the task, or its file, is not there, and the seconds awake over which they came.
ALTER TABLE jobs ADD COLUMN misses INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN missed_for DOUBLE PRECISION NOT NULL DEFAULT 0;

UPDATE jobs SET charge = cost
 WHERE cost > 0 AND (state IN ('queued', 'sending', 'running', 'fetching', 'done', 'unknown')
   OR problem IN ('given_up', 'service_failed', 'task_unknown', 'never_ended', 'charged_twice', 'not_ready'));
UPDATE jobs SET charge = 0, problem = 'refunded'
 WHERE problem = 'service_failed' AND sentence LIKE '%were given back%';
-- An unsettled order is always listed, whoever has put it away.
UPDATE jobs SET hidden = 0 WHERE state = 'unknown';
