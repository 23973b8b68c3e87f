"""The operations of the toolset `craft`, one per file."""
