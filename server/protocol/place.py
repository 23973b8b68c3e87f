"""The player as a page of its own, for a browser without a host: the same HTML, with where its questions go."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from .apps import page

NOWHERE = '<script type="application/json" id="place">null</script>'
"""What the page has where its place belongs; inside a host it stays so."""
MOST_QUESTION = 4096
"""Bytes of a question of the page, at most."""
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def placed(place: Mapping[str, Any], script: str = "") -> tuple[str, Mapping[str, str]]:
    """The page with its place in it as data that nothing runs, and the headers that keep it to itself.

    `script` runs before the page's own.
    """
    mine = f'<script type="application/json" id="place">{_inert(place)}</script>'
    if script:
        mine += f"\n<script>{script}</script>"
    before, nowhere, after = page().partition(NOWHERE)
    assert nowhere, "the page has one place"
    text = f"{before}{mine}{after}"
    hashes = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in _SCRIPT.findall(text)]
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes)
    return text, {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def _inert(value: Mapping[str, Any]) -> str:
    """JSON that cannot end the element that it stands in."""
    return json.dumps(value).replace("<", "\\u003c")


def question(body: bytes) -> dict[str, Any] | None:
    """What the page asks; None for anything else."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return asked if isinstance(asked, dict) else None
