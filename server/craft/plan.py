"""A budget of sections, lines and syllables that fits a genre and a length."""

from dataclasses import dataclass
from statistics import mean

from .bundled import toml
from .duration import SPREAD, Calibration, bars, effective_bpm
from .findings import Kind, Plan, PlannedSection, Range
from .genres import Genre, genre
from .languages import base, language_name

_SECONDS = (5, 480)
_DEFAULT_GENRE = "pop"
_SILENT = {"I": 1, "S": 2, "D": 2, "K": 1, "E": 1}  # parts without voice and their weight in the time that is left
_CHORUS_LINES = (2, 4, 6, 8)
_VERSE_LINES = (1, 2, 4, 6, 8)
# Above the tempo on the left a verse should not exceed the lines on the right (rap excepted).
VERSE_LIMITS = ((0, 4), (80, 6), (110, 8), (140, 6))
# Syllables to leave out of a line where a language needs more of them than English for the same thing.
_LONGER_WORDS = {"es": 1, "it": 1, "pt": 1, "ja": 3, "tr": 1}


@dataclass(frozen=True, slots=True)
class _Shape:
    parts: tuple[tuple[str, int], ...]
    lines: int
    cost: float


def plan_song(
    genre: str,
    seconds: int,
    *,
    bpm: float | None = None,
    language: str | None = None,
    kind: Kind = "song",
    calibration: Calibration | None = None,
) -> Plan:
    """Plan a song of about `seconds` (5 to 480) in a genre as a person would name it.

    An unknown genre is planned as pop and said so in `notes`; `bpm` defaults to the middle of what the genre uses.
    Raises ValueError for a length outside the limits or a tempo that is not between 30 and 300.
    """
    if not _SECONDS[0] <= seconds <= _SECONDS[1]:
        raise ValueError(f"seconds must be between {_SECONDS[0]} and {_SECONDS[1]}, not {seconds}")
    if bpm is not None and not 30 <= bpm <= 300:
        raise ValueError(f"bpm must be between 30 and 300, not {bpm:g}")
    found = _genre(genre, kind)
    tempo = bpm or _suggested_bpm(found, kind)
    rap = kind == "rap" or found.rap
    beats_per_second = effective_bpm(tempo, rap=rap, half=found.half) / 60
    line_seconds = 4 * _bars_a_line(found, rap) / beats_per_second
    learned = calibration.ratio if calibration else 1.0
    share = 0.8 if kind in ("rap", "jingle") else found.share
    shape = _best_shape(_shapes(found, kind), seconds * share / line_seconds / learned, _verse_lines(found, tempo, rap))
    sections = _sections(shape, found, line_seconds * learned, seconds, base(language))
    likely = shape.lines * line_seconds / share * learned
    low, high = (calibration.low / learned, calibration.high / learned) if calibration else SPREAD
    basis = f"{shape.lines} lines at {tempo:g} BPM, {round(share * 100)} % of the song sung"
    return Plan(
        genre=found.name,
        kind=kind,
        language=base(language),
        seconds=seconds,
        bpm=round(tempo),
        bpm_range=found.bpm[0],
        lines=shape.lines,
        sections=sections,
        total=Range(round(likely * low), round(likely), round(likely * high), basis),
        notes=_notes(genre, found, tempo, likely, seconds, language),
    )


def verse_limit(bpm: float) -> int:
    """The most lines a sung verse should have at this tempo."""
    return next(lines for above, lines in reversed(VERSE_LIMITS) if bpm >= above)


def _genre(name: str, kind: Kind) -> Genre:
    found = genre(name) or genre({"rap": "hip-hop", "child": "children"}.get(kind, _DEFAULT_GENRE))
    assert found is not None  # both fall-backs are in the data
    return found


def _bars_a_line(found: Genre, rap: bool) -> float:
    """The average over the line lengths of the genre, as the duration estimate will count them."""
    low, high = found.syllables
    return mean(bars(syllables, rap=rap) for syllables in range(low, high + 1))


def _suggested_bpm(found: Genre, kind: Kind) -> int:
    return max(found.typical_bpm, 100) if kind == "jingle" else found.typical_bpm


def _shapes(found: Genre, kind: Kind) -> list[str]:
    name = {"jingle": "jingle", "spoken": "spoken", "child": "children", "rap": "rap"}.get(kind, found.template)
    shapes: list[str] = toml("templates")["template"][name]
    return shapes


def _verse_lines(found: Genre, tempo: float, rap: bool) -> tuple[int, tuple[int, ...]]:
    """The genre's usual verse and every length a verse may have here."""
    if len(found.scheme) == 3:
        return 3, (3,)
    most = 8 if rap else verse_limit(tempo)
    return min(found.verse, most), tuple(lines for lines in _VERSE_LINES if lines <= most)


def _best_shape(shapes: list[str], budget: float, verse: tuple[int, tuple[int, ...]]) -> _Shape:
    """The form and line counts that come nearest to the budget, usual lengths preferred."""
    usual, allowed = verse
    best: _Shape | None = None
    for text in shapes:
        for verse_lines in allowed:
            for chorus_lines in _CHORUS_LINES:
                parts = tuple(_part(token, verse_lines, chorus_lines) for token in text.split())
                total = sum(lines for _, lines in parts)
                odd = max(usual - verse_lines, (verse_lines - usual) / 2) + abs(chorus_lines - 4) / 2
                cost = abs(total - budget) * 1.5 + odd
                if best is None or cost < best.cost:
                    best = _Shape(parts, total, cost)
    assert best is not None  # every template has a form
    return best


def _part(token: str, verse_lines: int, chorus_lines: int) -> tuple[str, int]:
    letter = token[0]
    if letter in _SILENT:
        return letter, 0
    if token[1:]:
        return letter, int(token[1:])
    return letter, verse_lines if letter in "VA" else chorus_lines


def _sections(
    shape: _Shape, found: Genre, line_seconds: float, seconds: int, language: str | None
) -> tuple[PlannedSection, ...]:
    spare = max(seconds - shape.lines * line_seconds, 0.0)
    weights = sum(_SILENT.get(letter, 0) for letter, _ in shape.parts)
    low, high = found.syllables
    more = _LONGER_WORDS.get(language or "", 0)
    made, verses = [], 0
    several = sum(letter in "VA" for letter, _ in shape.parts) > 1
    for letter, lines in shape.parts:
        tag = toml("templates")["tag"][letter]
        if letter in "VA":
            verses += 1
            tag = f"{tag} {verses}" if several else tag
        length = lines * line_seconds if lines else spare * 0.7 * _SILENT[letter] / weights
        made.append(
            PlannedSection(
                tag=f"[{tag}]",
                lines=lines,
                syllables=(low, high + more) if lines else (0, 0),
                seconds=round(length),
                rhyme="X" * lines if letter == "U" else scheme_for(found, lines),
            )
        )
    return tuple(made)


def scheme_for(found: Genre, lines: int) -> str:
    """The genre's scheme spread over so many lines: XAXA over six lines is XAXAXB."""
    usual = found.scheme
    if lines < 2 or set(usual) == {"X"}:
        return "X" * lines
    if lines == 2:
        return "AA"
    if lines == len(usual) or usual == "AAA":
        return (usual * lines)[:lines]
    if usual == "AABA":
        return "AABACCDC"[:lines] if lines > 4 else "ABA"
    pairs = usual == "AABB"
    return "".join(chr(65 + index // (2 if pairs else 4)) if pairs or index % 2 else "X" for index in range(lines))


def _notes(
    asked: str, found: Genre, tempo: float, likely: float, seconds: int, language: str | None
) -> tuple[str, ...]:
    notes = []
    if genre(asked) is None:
        notes.append(f"{asked[:40]!r} is not one of the planned genres; {found.name} was used.")
    if not found.usual_bpm(tempo):
        notes.append(f"{tempo:g} BPM is unusual for {found.name}.")
    if not SPREAD[0] <= likely / seconds <= SPREAD[1]:
        notes.append(
            "No usual form fits this length well; send the length with the request and leave room for instruments."
        )
    if (code := base(language)) in _LONGER_WORDS:
        notes.append(f"{language_name(code or '')} needs more syllables than English: say less per line.")
    return tuple(notes)
