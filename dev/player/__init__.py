"""The player that assistants show: its sources, and what makes one small page of them.

The page is `server/protocol/player.html`: no dependencies, at most 30 KB, because hosts fetch it whole. It is built by
`python -m dev.player` with the pinned tools of the gates, and committed, so that nobody else needs Node. Its first line
names the sources it was built from.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "server" / "protocol" / "player.html"
SOURCES = sorted(path for path in HERE.iterdir() if path.suffix in {".css", ".html", ".js", ".mjs"})


def stamp() -> str:
    """A short hash of the sources, as the page carries it."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in SOURCES)).hexdigest()[:12]
