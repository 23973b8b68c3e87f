"""How long a lyric will probably last, as a range, and how that learns from a person's own finished clips.

Engines choose intros, breaths and endings themselves, so lyrics explain only part of a clip's length. With a tempo the
lines are laid on bars; without one a line-and-syllable formula answers. Both deserve a quarter either way.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from .findings import Range
from .genres import Genre, genre
from .languages import detect, stretch
from .lyric import Line, Lyric, read
from .syllables import bounded, count

SPREAD = (0.8, 1.25)
"""The honest range around an estimate nobody has checked against finished clips."""
FEWEST_CLIPS = 5
_LEAST_SPREAD = 0.1  # two takes of one prompt differ by about this much
_DEFAULT_SHARE = 0.75
_HALF_TIME_FROM = 130  # beats per minute from which rap is felt at half speed
_FORMULA = (40.0, 1.6, 0.2, 6.0)  # seconds: start, per line, per syllable, per instrumental section


@dataclass(frozen=True, slots=True)
class Calibration:
    """How somebody's finished clips compare with the estimate: `ratio` in the middle, `low` and `high` at the edges."""

    ratio: float
    low: float
    high: float
    clips: int

    @classmethod
    def of(cls, clips: Iterable[tuple[str, float | None, str | None, float]]) -> "Calibration | None":
        """Learn from (lyrics, bpm, genre, seconds) of finished clips; None below five usable ones."""
        ratios = sorted(
            seconds / _base_seconds(lyrics, bpm, genre(kind))
            for lyrics, bpm, kind, seconds in clips
            if seconds > 0 and lyrics.strip()
        )
        if len(ratios) < FEWEST_CLIPS:
            return None
        middle = median(ratios)
        low = min(_percentile(ratios, 0.1), middle * (1 - _LEAST_SPREAD))
        high = max(_percentile(ratios, 0.9), middle * (1 + _LEAST_SPREAD))
        return cls(round(middle, 3), round(low, 3), round(high, 3), len(ratios))


def estimate_duration(
    lyrics: str, *, bpm: float | None = None, genre: str | None = None, calibration: Calibration | None = None
) -> Range:
    """The seconds these lyrics will probably take. `bpm` in beats per minute; `genre` as a person would say it."""
    return estimate(read(lyrics), bpm=bpm, genre=_genre(genre), calibration=calibration)


def estimate(
    lyric: Lyric,
    *,
    bpm: float | None = None,
    genre: Genre | None = None,
    rap: bool = False,
    language: str | None = None,
    calibration: Calibration | None = None,
) -> Range:
    """As estimate_duration, for a lyric already taken apart."""
    seconds, basis = base_seconds(lyric, bpm, genre, rap=rap, language=language)
    if calibration:
        low, middle, high = calibration.low, calibration.ratio, calibration.high
        basis += f", corrected by {calibration.clips} of your own finished clips"
    else:
        low, middle, high = SPREAD[0], 1.0, SPREAD[1]
    return Range(round(seconds * low), round(seconds * middle), round(seconds * high), basis)


def base_seconds(
    lyric: Lyric, bpm: float | None, genre: Genre | None, *, rap: bool = False, language: str | None = None
) -> tuple[float, str]:
    """The uncorrected estimate in seconds and a phrase that says what it rests on."""
    rap = rap or bool(genre and genre.rap)
    language = language or detect("\n".join(line.sung for line in lyric.lines))
    longer = stretch(language)
    counts = [round(_spoken_syllables(line, language) / longer) for line in lyric.lines]
    if bpm:
        share = genre.share if genre else 0.8 if rap else _DEFAULT_SHARE
        tempo = effective_bpm(bpm, rap=rap, half=bool(genre and genre.half))
        beats = 4 * sum(bars(syllables, rap=rap) for syllables in counts)
        return beats * 60 / tempo / share, f"lines laid on bars at {bpm:g} BPM, {round(share * 100)} % of the song sung"
    start, per_line, per_syllable, per_solo = _FORMULA
    solos = sum(section.role == "silent" for section in lyric.sections)
    total = start + per_line * len(counts) + per_syllable * sum(counts) + per_solo * solos
    return total, "lines and syllables only; say the tempo for a better one"


def _base_seconds(lyrics: str, bpm: float | None, style: Genre | None) -> float:
    with bounded(lyrics, None):
        return base_seconds(read(lyrics), bpm, style)[0]


def bars(syllables: int, *, rap: bool = False) -> int:
    """Bars of four beats that a line of so many syllables takes."""
    if rap or syllables <= 6:
        return 1
    return 2 if syllables <= 14 else 3 if syllables <= 20 else 4


def effective_bpm(bpm: float, *, rap: bool = False, half: bool = False) -> float:
    """The tempo at which words move: half of it in fast rap and in genres felt at half time."""
    return bpm / 2 if bpm >= _HALF_TIME_FROM and (rap or half) else bpm


def _spoken_syllables(line: Line, language: str | None) -> int:
    lead = count(line.sung, language).usual
    return lead or sum(count(echo, language).usual for echo in line.echoes)


def _genre(name: str | None) -> Genre | None:
    return genre(name)


def _percentile(ordered: list[float], part: float) -> float:
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
