"""Songs on disk: fetched whole, named as a person would name them, tagged, and never overwritten."""
