"""Proof of the engine: a real journal, a real engine, and every moment at which a process can die or stand still."""
