"""Words that everything above shares: declarations, jobs, errors, settings, and the seams to time and threads."""
