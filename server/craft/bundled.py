"""Loads the data files of this package, each once, when first needed."""

import gzip
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

_FOLDER = files(__package__).joinpath("data")


@cache
def toml(name: str) -> dict[str, Any]:
    """The parsed `data/<name>.toml`. The one copy is shared: do not change it."""
    return tomllib.loads(_FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8"))


@cache
def lines(name: str) -> tuple[str, ...]:
    """The lines of `data/<name>.txt` without blank lines and `#` comments."""
    text = _FOLDER.joinpath(f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


@cache
def table(name: str, ending: str = "txt") -> bytes:
    """The unpacked bytes of `data/<name>.<ending>.gz`."""
    return gzip.decompress(_FOLDER.joinpath(f"{name}.{ending}.gz").read_bytes())
