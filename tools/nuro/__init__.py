"""The operations of the toolset `nuro`, one a file; what they have in common is in `base`."""
