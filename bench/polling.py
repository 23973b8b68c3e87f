"""How soon the end of a song is noticed and after how many looks, compared with asking at a fixed pace.

The simulation of docs/decisions/polling_simulation.py on the shipped schedule: a clock that is only a number, songs
ordered at random moments, log-normal lengths. Every schedule meets the same songs. `python -m bench.polling`.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

from songwright.server.service.catalogue import Catalogue

from .common import ROOT, line, title

FIXED = (5, 15, 20)
LOADS = (0.5, 2.0)


def simulation() -> ModuleType:
    """The program behind the decision; it is not in a package."""
    place = ROOT / "docs" / "decisions" / "polling_simulation.py"
    spec = importlib.util.spec_from_file_location("polling_simulation", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def main() -> None:
    simulated, gap = simulation(), Catalogue.load().brand("aimusicapi").gap
    for load in LOADS:
        title(f"polling: {load:g} songs a minute, one key; looks a song, seconds to a link, seconds after the end")
        shipped = simulated.run(simulated.shipped(), load, gap)
        line("shipped schedule", f"{shipped.looks:.1f}  {shipped.heard:.0f}  {shipped.mean:.1f}")
        for every in FIXED:
            fixed = simulated.run(simulated.fixed(every), load, gap)
            line(f"every {every} s", f"{fixed.looks:.1f}  {fixed.heard:.0f}  {fixed.mean:.1f}")
            figures = ((shipped.looks, fixed.looks), (shipped.heard, fixed.heard), (shipped.mean, fixed.mean))
            line(f"shipped against every {every} s", "  ".join(f"{ours / theirs:.2f} ×" for ours, theirs in figures))


if __name__ == "__main__":
    main()
