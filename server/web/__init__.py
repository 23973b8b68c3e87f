"""Many callers over HTTP: the hosted server, who calls it, and what each may do."""
