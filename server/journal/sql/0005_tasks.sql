-- Which order has a task is asked whenever a call of the service names one.
CREATE INDEX receipts_by_task ON receipts (remote_id);
