"""The operations of the toolset `sonic`, one per file."""
