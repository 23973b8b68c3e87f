"""The operations of the toolset `producer`, one a file; what they have in common is in `base`."""
