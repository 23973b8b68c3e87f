"""Estimates how long a lyric will last, as a range, and learns from the person's own finished clips.

Lines are laid on bars: a tune gives every line the same number of them, as many as bring it nearest to the time that a
line of its length wants. Sections without words, the way in and the way out are music of a usual length. The figures
were set on real lengths; docs/craft-rules.md says how well they do.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import fmean, median

from .findings import Range
from .genres import Genre, for_kind, genre, genre_words, recognise
from .languages import detect, stretch
from .lyric import Line, Lyric, Section, read
from .syllables import bounded, count

SPREAD = (0.8, 1.25)
"""The honest range around an estimate nobody has checked against finished clips."""
METRES = {"2/4": 2.0, "3/4": 3.0, "4/4": 4.0, "6/8": 3.0, "12/8": 4.0}
"""Beats of a bar. Tempo counts quarters in all but 12/8, which is counted, as bands do, in four."""
FEWEST_CLIPS = 5
SHORTEST_CLIP = 10
"""Seconds; the service makes nothing shorter, so a shorter clip is a test or a fragment."""
_USABLE = (0.5, 2.0)  # a clip farther from its estimate than this was not made from those words alone
_FARTHEST = (0.75, 1.35)  # how much a person's own clips may move the estimate
_LEAST_SPREAD = 0.1  # two takes of one prompt differ by about this much

_LINE, _SYLLABLE, _LEAST, _MOST = 1.9, 0.27, 3.0, 6.5  # seconds that a sung line wants
_RAPPED = 3.0
_SPOKEN_LINE, _SPOKEN_SYLLABLE = 0.6, 0.27
_PER_BEAT, _PER_BEAT_RAPPED = 3.4, 4.5  # more syllables than that on a beat and a line gets twice its bars
_BARS = {2.0: (2, 4, 8), 3.0: (2, 4)}
_USUAL_BARS = (1, 2, 4)
_USUAL_TEMPO, _WITH_TEMPO = 110.0, 0.35
_OPEN_FROM = 0.2  # of the way from one number of bars to the next; between here and as near to the other, it is open
_MUSIC = 16.0  # seconds of a section without words where nobody said the tempo
_MUSIC_BARS = 4
_SHORT_BAR, _LONG_BAR = 1.5, 3.2  # seconds; such bars come twice or half as often
_USUAL_SHARE = 0.75
_TEMPOS = (30, 300)
_A_MINUTE = (
    r"bpm|b\.p\.m|beats (?:a|per) minute|schl[aä]ge (?:pro|in der) minute|pulsaciones por minuto|batidas por minuto"
    r"|battements par minute|battiti al minuto|уд(?:аров|ара|ар)?\.?\s?(?:/\s?мин|в минуту)"
)
_BPM = re.compile(
    rf"(?<![\d.])(\d{{2,3}})(?:\s*[-–]\s*(\d{{2,3}}))?\s*(?:{_A_MINUTE})"
    r"|(?:\bbpm|\btempo|♩)\s*(?:[:=≈~]|of|is|around|about)?\s*(\d{2,3})(?!\d|['’]?s\b)",
    re.IGNORECASE,
)
_METRE = re.compile(r"(?<![\d/])(\d{1,2}) ?/ ?(\d)(?![\d/])")
_PULL, _PULL_FROM, _PULL_FULL, _SONG = 0.2, 60.0, 150.0, 200.0
"""Engines fill up to the length of a usual song: from a minute on, an estimate is drawn towards 200 seconds."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section as time sees it: the syllables of its lines, or without any how much music (1 is a usual break)."""

    counts: tuple[int, ...] = ()
    music: float = 0.0
    opens: bool = False
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Feel:
    """What decides how fast words go by. `bpm` is None where nobody knows the tempo; `stretch` as in languages.

    `asked` is the length of the order in seconds, if it names one: a short song has a short way in and out.
    """

    bpm: float | None = None
    metre: str = "4/4"
    pace: float = 1.0
    share: float = _USUAL_SHARE
    stretch: float = 1.0
    rap: bool = False
    spoken: bool = False
    whole: bool = True
    asked: float | None = None

    @classmethod
    def of(
        cls,
        genre: Genre | None,
        kind: str,
        bpm: float | None,
        metre: str | None,
        language: str | None,
        asked: float | None = None,
    ) -> "Feel":
        """The feel of a kind of song in a genre. A tempo that was not given stays open: the engine will choose it."""
        usual = for_kind(genre, kind)
        slower = 1.0 if bpm or usual.half or usual.rap or not usual.name else _slower(usual.typical_bpm)
        return cls(
            bpm=bpm,
            metre=metre or usual.metre,
            pace=usual.pace * slower,
            share=usual.share,
            stretch=stretch(language),
            rap=usual.rap,
            spoken=kind == "spoken",
            whole=kind != "continuation",
            asked=asked,
        )

    @property
    def bar(self) -> float | None:
        """Seconds of a bar."""
        return METRES[self.metre] * 60 / self.bpm if self.bpm else None


@dataclass(frozen=True, slots=True)
class Calibration:
    """How somebody's finished clips compare with the estimate: `ratio` in the middle, `low` and `high` at the edges."""

    ratio: float
    low: float
    high: float
    clips: int

    @classmethod
    def of(cls, clips: Iterable[tuple[str, float | None, str | None, float]]) -> "Calibration | None":
        """Learn from (lyrics, bpm, genre, seconds) of finished clips; None below five usable ones.

        Clips under ten seconds, and those far from their estimate, are ignored, and the correction is never more than
        about a third: a few odd songs must not spoil every later plan.
        """
        ratios = sorted(
            ratio
            for lyrics, bpm, style, seconds in clips
            if seconds >= SHORTEST_CLIP and lyrics.strip()
            if _USABLE[0] <= (ratio := seconds / _usual_seconds(lyrics, bpm, style)) <= _USABLE[1]
        )
        if len(ratios) < FEWEST_CLIPS:
            return None
        middle = min(max(median(ratios), _FARTHEST[0]), _FARTHEST[1])
        low = min(max(_percentile(ratios, 0.1), _USABLE[0]), middle * (1 - _LEAST_SPREAD))
        high = max(min(_percentile(ratios, 0.9), _USABLE[1]), middle * (1 + _LEAST_SPREAD))
        return cls(round(middle, 3), round(low, 3), round(high, 3), len(ratios))


def estimate_duration(
    lyrics: str,
    *,
    bpm: float | None = None,
    metre: str | None = None,
    genre: str | None = None,
    kind: str = "song",
    language: str | None = None,
    calibration: Calibration | None = None,
) -> Range:
    """The seconds these lyrics will probably take. `bpm` in beats per minute; `genre` as a person would say it."""
    lyric, found = read(lyrics), recognise(genre)
    language = language or _language(lyric)
    bpm, metre = bpm or bpm_of(genre or ""), metre or metre_of(genre or "")
    feel = Feel.of(found.genre, kind if kind != "song" else found.kind, bpm, metre, language)
    return estimate(parts_of(lyric, language), feel, calibration)


def estimate(parts: Iterable[Part], feel: Feel, calibration: Calibration | None = None) -> Range:
    """The seconds that these parts will probably take, and the basis of that in words."""
    seconds = seconds_of(parts, feel)
    if feel.bpm:
        basis = f"lines laid on bars of {feel.metre} at {feel.bpm:g} BPM"
    else:
        basis = "lines and syllables at no stated tempo"
    if calibration:
        low, middle, high = calibration.low, calibration.ratio, calibration.high
        basis += f", corrected by {calibration.clips} of your own finished clips"
    else:
        low, middle, high = SPREAD[0], 1.0, SPREAD[1]
    return Range(round(seconds * low), round(seconds * middle), round(seconds * high), basis)


def seconds_of(parts: Iterable[Part], feel: Feel) -> float:
    """The uncorrected estimate."""
    parts = tuple(parts)
    counts = [syllables for part in parts for syllables in part.counts]
    length = sum(_lines(counts, feel)) + sum(part.music for part in parts) * _music_seconds(feel)
    if feel.whole and parts:
        ways = ((not parts[0].opens) + 0.5 * (not parts[-1].closes)) * _music_seconds(feel)
        length += min(ways, feel.asked * (1 - feel.share)) if feel.asked else ways
    pull = _PULL * min(max((length - _PULL_FROM) / (_PULL_FULL - _PULL_FROM), 0.0), 1.0) if feel.whole else 0.0
    return float(length ** (1 - pull) * _SONG**pull) if length else 0.0


def parts_of(lyric: Lyric, language: str | None) -> tuple[Part, ...]:
    """The sections of a lyric as time sees them."""
    return tuple(_part(section, language) for section in lyric.sections)


def _part(section: Section, language: str | None) -> Part:
    counts = tuple(syllables for line in section.lines if (syllables := _sung_syllables(line, language)))
    opens, closes = section.kind == "intro", section.kind in ("outro", "end")
    if counts:
        return Part(counts, 0.0, opens, closes)
    if section.kind in ("", "end"):
        return Part((), 0.0, opens, closes)
    return Part((), 2.0 if "solo" in section.label.casefold() else 1.0, opens, closes)


def _lines(counts: list[int], feel: Feel) -> list[float]:
    if not counts:
        return []
    each = {syllables: _wanted(syllables, feel) for syllables in set(counts)}
    wanted = [each[syllables] for syllables in counts]
    bar = feel.bar
    if bar is None or feel.spoken:
        return wanted
    slower = 1.0 if feel.rap or not feel.bpm else _slower(feel.bpm)
    bars = _bars(fmean(wanted) * slower / bar, _BARS.get(METRES[feel.metre], _USUAL_BARS))
    fits = bars * METRES[feel.metre] * (_PER_BEAT_RAPPED if feel.rap else _PER_BEAT)
    return [bars * bar * (2 if syllables > fits else 1) for syllables in counts]


def _bars(wanted: float, usual: tuple[int, ...]) -> float:
    """The usual number of bars that is nearest, and something between two where either may be sung."""
    below = max((bars for bars in usual if bars <= wanted), default=usual[0])
    above = min((bars for bars in usual if bars > wanted), default=usual[-1])
    if below >= above:
        return float(below)
    place = log(wanted / below) / log(above / below)
    settled = min(max((place - _OPEN_FROM) / (1 - 2 * _OPEN_FROM), 0.0), 1.0)
    return float(below * (above / below) ** settled)


def _wanted(syllables: int, feel: Feel) -> float:
    """Seconds that a line of this many syllables takes when sung without hurry."""
    said = syllables / feel.stretch
    if feel.spoken:
        return _SPOKEN_LINE + _SPOKEN_SYLLABLE * said
    if feel.rap:
        return _RAPPED * feel.pace
    return min(max(_LINE + _SYLLABLE * said, _LEAST), _MOST) * feel.pace


def _slower(bpm: float) -> float:
    """A slow song sings its lines more slowly, though by less than its bars go by."""
    return exp(_WITH_TEMPO * log(_USUAL_TEMPO / bpm))


def _music_seconds(feel: Feel) -> float:
    """Seconds of a section without words: more where the genre plays more."""
    more = sqrt((1 - feel.share) / (1 - _USUAL_SHARE))
    bar = feel.bar
    if bar is None:
        return _MUSIC * more
    bars = _MUSIC_BARS * (2 if bar < _SHORT_BAR else 0.5 if bar > _LONG_BAR else 1)
    return bars * bar * more


def _usual_seconds(lyrics: str, bpm: float | None, style: str | None) -> float:
    with bounded(lyrics, None):
        lyric, named = read(lyrics), genre_words(style or "")
        language = _language(lyric)
        feel = Feel.of(genre(named[0]) if named else None, "song", bpm, metre_of(style or ""), language)
        return max(seconds_of(parts_of(lyric, language), feel), 1.0)


def bpm_of(style: str) -> float | None:
    """The tempo a description names, the first of several; None without one or where nobody could play it."""
    return next(tempos_in(style), None)


def tempos_in(style: str) -> Iterator[float]:
    """Every tempo that a description names and somebody could play; of a range the middle."""
    for match in _BPM.finditer(style):
        low = float(match[1] or match[3])
        tempo = (low + float(match[2])) / 2 if match[2] else low
        if _TEMPOS[0] <= tempo <= _TEMPOS[1]:
            yield tempo


def metre_of(style: str) -> str | None:
    """The metre that a description spells out, such as 6/8."""
    spelt = ("/".join(match.groups()) for match in _METRE.finditer(style.replace("¾", "3/4")))
    return next((metre for metre in spelt if metre in METRES), None)


def _language(lyric: Lyric) -> str | None:
    return detect("\n".join(line.sung for line in lyric.lines))


def _sung_syllables(line: Line, language: str | None) -> int:
    lead = count(line.sung, language).usual
    return lead or sum(count(echo, language).usual for echo in line.echoes)


def _percentile(ordered: list[float], part: float) -> float:
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
