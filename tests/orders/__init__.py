"""Proof of the runner: a real journal, a real runner, and every moment at which a process can die or stand still."""
