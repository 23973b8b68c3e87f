"""All genres by name; the order has no meaning."""

from __future__ import annotations

from typing import Final

from .genre import Genre
from .genres_band import BANDS
from .genres_studio import STUDIOS

GENRES: Final[dict[str, Genre]] = {**BANDS, **STUDIOS}
