"""The operations of the toolset `riffusion`, one per file; what they share is in `base`."""
