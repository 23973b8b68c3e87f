"""Recipes on record: what made a song that somebody liked, under a name."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.errors import ArgumentRefused
from ..core.jobs import Account
from ..core.written import compact
from .sqlite import Row, Store, first

MOST = 200
"""How many recipes one caller may have."""


@dataclass(frozen=True)
class Recipe:
    """Arguments of create_song under a name."""

    name: str
    source: str
    """Title of the song that it was made of, or the name of the file."""
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Recipes:
    """The recipes of one caller. All methods block."""

    store: Store
    account: Account

    def all(self) -> list[Recipe]:
        """Every recipe, the newest first."""
        return [_recipe_of(row) for row in self.store.rows("recipes", **self._who)]

    def get(self, name: str) -> Recipe | None:
        """The recipe of that name, whatever its case."""
        row = first(self.store.rows("recipe", known_as=_known_as(name), **self._who))
        return None if row is None else _recipe_of(row)

    def put(self, recipe: Recipe, now: float) -> Recipe | None:
        """Save it. Returns the one of that name which it has replaced. Raises `ArgumentRefused` where there are too
        many.
        """
        known_as = _known_as(recipe.name)
        with self.store.transaction(self.account.key_id) as tx:
            old = tx.one("recipe", known_as=known_as, **self._who)
            if old is None and len(tx.all("recipes", **self._who)) >= MOST:
                raise ArgumentRefused(
                    f"There are {MOST} recipes already, and there cannot be more. Save it under the name of one that "
                    "is not needed any more: it replaces that one. Nothing was changed.",
                    field="name",
                )
            tx.do(
                "put_recipe", known_as=known_as, name=recipe.name, source=recipe.source,
                arguments=compact(recipe.arguments), now=now, **self._who,
            )  # fmt: skip
        return None if old is None else _recipe_of(old)

    @property
    def _who(self) -> dict[str, str]:
        return {"tenant": self.account.tenant, "key_id": self.account.key_id}


def use_of(job_id: str) -> str:
    """Under which name the journal keeps what an order has taken from a recipe."""
    return f"recipe of {job_id}"


def _known_as(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _recipe_of(row: Row) -> Recipe:
    return Recipe(row["name"], row["source"], json.loads(row["arguments"]))
