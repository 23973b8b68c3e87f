"""What an operation costs in the sandbox."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from .options import Brand

_OLD_MODELS = ("v3-5", "v4")


class Prices:
    """The price table of one brand."""

    def __init__(self, brand: Brand) -> None:
        table = tomllib.loads(resources.files(__package__).joinpath("prices.toml").read_text(encoding="utf-8"))
        self._prices: dict[str, Any] = {**table["aimusicapi"], **table[brand]}
        self._old_model: dict[str, int] = table[brand].get("old_model_own_lyrics", {})

    def of(self, name: str, body: Mapping[str, Any]) -> int:
        """Credits for an operation or task type with these arguments; KeyError for a name without a price."""
        model = str(body.get("mv", "")).partition("-")[2]
        if name in self._old_model and model in _OLD_MODELS and body.get("custom_mode") is True:
            return self._old_model[name]
        return int(self._prices[name])
