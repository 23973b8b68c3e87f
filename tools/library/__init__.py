"""The operations of the toolset `library`, one per file."""
