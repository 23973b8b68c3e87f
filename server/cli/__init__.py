"""A person's terminal: the only part of the program that prints."""
