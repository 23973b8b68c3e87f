"""The checks of the MCP ecosystem, run against Songwright: `python -m dev.gates`, or with the names of some.

Conformance suites of both protocol eras, the Inspector's schema check, a lint of tool definitions, the bundle's own
validator. They are pinned (package.json, pins.in), installed into .venv/gates and needed by nothing else. What is known
to be red stands in baseline.toml with its reason; anything else that is red, and anything there that is green by now,
makes the run fail.
"""
