"""The service, offline: a separate process that implements the AI Music API's contract on loopback.

It keeps its own record of accounts, charges, tasks and clips, so that people without a key hear songs, and experiments
can check what was really charged. `launcher.py` finds or starts it.
"""
