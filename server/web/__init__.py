"""Many callers over HTTP: the hosted server, who may call it, and what each may do."""
