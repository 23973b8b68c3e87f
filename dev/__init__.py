"""Tools for the people who work on Songwright; nothing here is installed or shipped.

Each module is a separate program, run from the top folder: `python -m dev.check`. The Makefile names them all.
"""
