-- What the gauges of a running server are read from; every replica sees the same figures.

-- name: gauge_states
-- Only what is not settled: those are few, and an index finds them.
SELECT state, COUNT(*) AS n FROM jobs
 WHERE state IN ('queued', 'sending', 'running', 'fetching', 'unknown') GROUP BY state;

-- name: gauge_due
-- Work whose time has come and that nobody holds: orders among it, and how long the oldest has been due.
SELECT COALESCE(SUM(CASE WHEN state = 'queued' THEN 1 ELSE 0 END), 0) AS orders, MIN(next_at) AS since FROM jobs
 WHERE state IN ('queued', 'running', 'fetching') AND next_at <= :now AND lease_until < :now;

-- name: gauge_spent
SELECT operation, SUM(charge) AS credits FROM jobs
 WHERE created_at > :since AND charge > 0
 GROUP BY operation;

-- name: gauge_left
-- Balances as they were last read, of keys that were in use of late.
SELECT SUM(credits + extra) AS total, MIN(credits + extra) AS lowest FROM balances WHERE read_at > :since;
