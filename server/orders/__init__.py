"""One order's life, from the call of a tool to the answer."""
