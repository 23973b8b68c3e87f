"""The operations of the toolset `account`, one a file."""
