"""The operations of the toolset `producer`, one per file; what they share is in `base`."""
