"""What every layer above shares: declarations, jobs, errors, settings, and the access to time and threads."""
