"""The JSON files of this folder, merged into one OpenAPI 3.1 document.

A fragment is a family's part: `info-part` (becomes a tag), `paths`, `components`, `webhooks`. `shared.json` also brings
what stands once at the top of the document, and `x-refusals`: the error answers every operation may give, so that the
fragments only spell out their own.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

FRAGMENTS: Final = ("shared.json", "sonic.json", "sonic_schemas.json", "producer.json", "nuro.json", "riffusion.json")
METHODS: Final = frozenset({"get", "post"})
_SECTIONS: Final = ("paths", "webhooks")
_OWN: Final = ("info-part", "x-refusals", "components", *_SECTIONS)


@cache
def document() -> dict[str, Any]:
    """Give the merged document, the same object every time: read it, never change it.

    Raises ValueError when two fragments define the same path, component or webhook.
    """
    parts = [json.loads((files(__package__) / name).read_text(encoding="utf-8")) for name in FRAGMENTS]
    whole: dict[str, Any] = {"tags": [part["info-part"] for part in parts if "info-part" in part]}
    for part in parts:
        _add(whole, {key: value for key, value in part.items() if key not in _OWN})
        for section in _SECTIONS:
            _add(whole.setdefault(section, {}), part.get(section, {}))
        for kind, components in part.get("components", {}).items():
            _add(whole.setdefault("components", {}).setdefault(kind, {}), components)
    refusals = parts[0]["x-refusals"]
    for item in whole["paths"].values():
        for method in METHODS & item.keys():
            item[method]["responses"] = refusals | item[method]["responses"]
    return whole


def resolve(reference: str) -> dict[str, Any]:
    """Give what stands at `reference` (`#/components/responses/…`). Raises KeyError when nothing does."""
    found: dict[str, Any] = document()
    for key in reference.removeprefix("#/").split("/"):
        found = found[key.replace("~1", "/").replace("~0", "~")]
    return found


def _add(whole: dict[str, Any], part: dict[str, Any]) -> None:
    twice = whole.keys() & part.keys()
    if twice:
        raise ValueError(f"defined in two fragments: {', '.join(sorted(twice))}")
    whole.update(part)
