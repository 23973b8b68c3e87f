"""The operations of the toolset `account`, one per file."""
