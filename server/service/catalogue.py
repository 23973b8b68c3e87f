"""Models, limits, prices and schedules: data with dates and sources, which a person can correct."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..core.errors import SettingRefused
from ..core.operation import Edition, Model

SANDBOX = "sandbox"
UNKNOWN = "unknown"

_SPELLINGS = ("sonic-", "chirp-")
_SONIC = "/api/v1/sonic/"


@dataclass(frozen=True)
class Schedule:
    """When to look at a task, in seconds after the order, and how long it usually takes."""

    looks: tuple[float, ...]
    every: float
    expected: float


@dataclass(frozen=True)
class Asking:
    """How often to call for a file that is not ready, each call at its price, and how far apart."""

    calls: int
    every: float


@dataclass(frozen=True)
class Brand:
    """One seller of the service: its spellings, its prices, and how often it may be called."""

    name: str
    family: str
    models: str
    gap: float
    prices: Mapping[str, Mapping[str, Any]]
    schedule: Mapping[str, Any] | None

    def path(self, canonical: str) -> str:
        """A path as this brand spells it: only `sonic` has two names."""
        return canonical.replace(_SONIC, f"/api/v1/{self.family}/", 1) if canonical.startswith(_SONIC) else canonical


class Catalogue:
    """The shipped data with the person's corrections applied."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    @classmethod
    def load(cls, override: Path | None = None) -> Catalogue:
        """The shipped catalogue, overlaid by a file where there is one."""
        data = tomllib.loads(files(__package__ or "").joinpath("catalogue.toml").read_text(encoding="utf-8"))
        if override is not None and override.exists():
            try:
                data = _laid_over(data, tomllib.loads(override.read_text(encoding="utf-8")))
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                raise SettingRefused(f"The catalogue {override} cannot be read: {error}.") from None
        return cls(data)

    @property
    def default_model(self) -> str:
        """The current model for new songs."""
        return str(self._data["default_model"])

    @property
    def brands(self) -> tuple[str, ...]:
        """The brands that have prices."""
        return tuple(self._data["brands"])

    def brand_of(self, base_url: str) -> str:
        """Whose prices apply at an address; `unknown` for a host without prices."""
        host = (urlsplit(base_url).hostname or "").lower()
        for name, row in self._data["brands"].items():
            if host in row.get("hosts", ()):
                return str(name)
        return UNKNOWN

    def brand(self, name: str) -> Brand:
        """A brand's row; an unknown brand has no prices and uses the spellings of the first."""
        brands = self._data["brands"]
        row = brands.get(name) or {**brands["aimusicapi"], "prices": {}}
        like = row.get("prices_like")
        prices = {**(brands[like]["prices"] if like else {}), **row.get("prices", {})}
        return Brand(name, row["family"], row["models"], float(row["gap"]), prices, row.get("schedule"))

    def price(self, brand: str, row: str) -> int | None:
        """Expected credits for one row of a brand's price table; None when unknown."""
        found = self.brand(brand).prices.get(row)
        return None if found is None else int(found["credits"])

    def schedule(self, brand: str, operation: str, family: str, *, hooked: bool = False) -> Schedule:
        """When to look at a task of this operation; with `hooked`, where the service will call when it is done."""
        rows = self._data["schedules"]
        named = {**rows.get(family, {}), **rows.get(operation, {})}
        safety = self._data["hooked"] if hooked else {}
        row = {**rows["default"], **named, **(self.brand(brand).schedule or {}), **safety}
        return Schedule(tuple(float(s) for s in row["looks"]), float(row["every"]), float(row["expected"]))

    def asking(self, brand: str, operation: str) -> Asking:
        """How an operation asks again; one call only, if the catalogue has no row for it."""
        row = self._data["asking"].get(operation)
        if row is None:
            return Asking(1, 0.0)
        pace = self.brand(brand).schedule or {}
        return Asking(int(row["calls"]), float(pace.get("every", row["every"])))

    def model(self, name: str) -> Model | None:
        """A model's limits, under either spelling."""
        canonical = f"sonic-{_stem(name)}" if name.startswith(_SPELLINGS) else name
        row = self._data["models"].get(canonical)
        if row is None:
            return None
        return Model(
            canonical, row.get("lyrics"), row.get("style"), bool(row.get("vocal_gender", True)), row.get("retired"),
            tuple(row.get("families", ())),
        )  # fmt: skip

    def edition(self, brand: str, family: str, now: float) -> Edition:
        """What a brand makes of a family at a time; for a brand without a row, the family's first edition."""
        day = datetime.fromtimestamp(now, UTC).date().isoformat()
        rows = sorted(
            (str(row["since"]), name, row) for name, row in self._data.get("editions", {}).get(family, {}).items()
        )
        begun = [found for found in rows if found[0] <= day and brand in found[2]["brands"]]
        if not rows:
            return Edition()
        since, name, row = begun[-1] if begun else rows[0]
        return Edition(
            name, since, row.get("model", ""), bool(row.get("only_model")), tuple(row.get("ignored", ())),
            tuple(row.get("needs", ())), bool(row.get("instructs")),
        )  # fmt: skip

    def models(self, family: str) -> list[Model]:
        """The models of a family, current ones first."""
        found = [m for name in self._data["models"] if (m := self.model(name)) and family in m.families]
        return sorted(found, key=lambda m: m.retired is not None)

    def table(self) -> dict[str, Any]:
        """Every model's row, as data."""
        return dict(self._data["models"])

    def spell(self, brand: str, model: str) -> str:
        """The model's name as the brand spells it."""
        return f"{self.brand(brand).models}-{_stem(model)}" if model.startswith(_SPELLINGS) else model


def _stem(model: str) -> str:
    return model.split("-", 1)[1]


def _laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
