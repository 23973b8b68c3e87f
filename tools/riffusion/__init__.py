"""The operations of the toolset `riffusion`, one a file; what they have in common is in `base`."""
