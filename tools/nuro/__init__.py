"""The operations of the toolset `nuro`, one per file; what they share is in `base`."""
