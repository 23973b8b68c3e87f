"""The service, offline: the AI Music API's contract played on loopback by a process of its own.

It keeps its own books of accounts, charges, tasks and clips, so that people without a key hear songs and
experiments have a counterpart that knows what was really charged. `door.py` finds or starts it.
"""
