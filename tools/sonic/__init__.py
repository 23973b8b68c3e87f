"""The operations of the toolset `sonic`, one a file."""
