"""Free, local songwriting checks: pure functions over text and bundled data. No network, nothing loaded at import."""

from .check import check_lyrics
from .duration import Calibration, estimate_duration
from .findings import Finding, Kind, Level, Plan, PlannedSection, Range, Report, SectionStats, Stats, StyleReport
from .genres import every_genre, genres, moods
from .guide import guide, topics
from .languages import languages
from .plan import plan_song
from .preflight import Preflight, preflight
from .style import check_style

__all__ = [
    "Calibration",
    "Finding",
    "Kind",
    "Level",
    "Plan",
    "PlannedSection",
    "Preflight",
    "Range",
    "Report",
    "SectionStats",
    "Stats",
    "StyleReport",
    "check_lyrics",
    "check_style",
    "estimate_duration",
    "every_genre",
    "genres",
    "guide",
    "languages",
    "moods",
    "plan_song",
    "preflight",
    "topics",
]
