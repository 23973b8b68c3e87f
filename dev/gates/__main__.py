"""`python -m dev.gates [NAME …]`: every gate, or the named ones; one line each."""

from __future__ import annotations

import sys
import time
import tomllib

from .checks import GATES, Gate
from .kit import HERE, ROOT, Broken, Kit


def judge(gate: Gate, kit: Kit, known: dict[str, str]) -> bool:
    """Run a gate and print its result; returns whether nothing about it is new."""
    print(f"{gate.name} ({gate.title}) … ", end="", flush=True)
    began = time.monotonic()
    try:
        found = gate.run(kit)
    except Broken as reason:
        print(f"FAILED: it could not be run\n    {reason}", flush=True)
        return False
    red = {name: wrong for name, wrong in found.items() if wrong}
    fresh = {name: wrong for name, wrong in red.items() if name not in known}
    stale = [name for name in known if name not in red]
    word = "FAILED" if fresh or stale else "known red" if red else "passed"
    print(f"{word}: {len(found) - len(red)} of {len(found)} green, {time.monotonic() - began:.0f} s")
    for name, wrong in fresh.items():
        print(f"    new: {name}: {wrong}")
    for name in stale:
        print(f"    green now, take it out of baseline.toml: {name}")
    for name in red:
        if name in known:
            print(f"    known: {name}: {known[name]}")
    sys.stdout.flush()
    return not fresh and not stale


def main(names: list[str]) -> int:
    """Returns 0 when nothing is new, 1 when something is, 2 for an unknown gate."""
    if unknown := set(names) - {gate.name for gate in GATES}:
        known_names = ", ".join(gate.name for gate in GATES)
        print(f"No such gate: {', '.join(sorted(unknown))}. There are: {known_names}.", file=sys.stderr)
        return 2
    kit = Kit(ROOT / ".venv" / "gates")
    try:
        kit.install()
    except Broken as reason:
        print(f"The checks could not be installed: {reason}", file=sys.stderr)
        return 1
    baseline = tomllib.loads((HERE / "baseline.toml").read_text(encoding="utf-8"))
    results = [judge(gate, kit, baseline.get(gate.name, {})) for gate in GATES if not names or gate.name in names]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
