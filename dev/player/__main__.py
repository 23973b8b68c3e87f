"""`python -m dev.player`: build server/protocol/player.html from its sources."""

from __future__ import annotations

import sys

from ..gates.kit import ROOT, Kit
from . import HERE, PAGE, stamp


def built(kit: Kit) -> str:
    """The page, as the sources make it."""
    done = kit.run([kit.node, str(HERE / "build.mjs"), str(kit.folder / "npm"), stamp()])
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def main() -> int:
    """Build it with the pinned tools, which are installed when they are not there."""
    kit = Kit(ROOT / ".venv" / "gates")
    kit.install()
    page = built(kit)
    PAGE.write_text(page, encoding="utf-8")
    print(f"{PAGE.name}: {len(page.encode())} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
