"""What people do with a finished song; computed on this machine, free."""
