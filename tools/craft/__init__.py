"""The operations of the toolset `craft`, one a file."""
