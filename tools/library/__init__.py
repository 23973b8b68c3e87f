"""The operations of the toolset `library`, one a file."""
