"""How many words fit a length, and a form that the genre's listeners expect."""

from dataclasses import dataclass, replace

from .bundled import toml
from .duration import METRES, SPREAD, Calibration, Feel, Part, bpm_of, estimate, metre_of, seconds_of
from .findings import Kind, Plan, PlannedSection, Range
from .genres import Genre, Recognised, for_kind, recognise
from .languages import base, language_name, stretch

_SECONDS = (5, 480)
_SILENT = "ISDKE"  # parts without voice
_OPENS, _CLOSES = "I", "OE"
_CHORUS_LINES = (2, 4, 6, 8)
_VERSE_LINES = (1, 2, 4, 6, 8)
_FITS = (0.88, 1.1)  # of the length: words that take longer are sung too fast, shorter ones leave room to play
# Above the tempo on the left a verse should not exceed the lines on the right (rap excepted).
VERSE_LIMITS = ((0, 4), (80, 6), (110, 8), (140, 6))
_LONGER_WORDS = 1.1  # from this stretch on, a language is told to say less


@dataclass(frozen=True, slots=True)
class _Shape:
    letters: tuple[tuple[str, int], ...]
    parts: tuple[Part, ...]
    cost: float


def plan_song(
    genre: str,
    seconds: int,
    *,
    bpm: float | None = None,
    metre: str | None = None,
    language: str | None = None,
    kind: Kind = "song",
    calibration: Calibration | None = None,
) -> Plan:
    """Measure how many words a song of about `seconds` (5 to 480) holds, in a genre as a person would name it.

    An unknown genre is said to be unknown in `notes` and measured as a song of no genre in particular. `bpm` defaults
    to the middle of what the genre uses, `metre` to its own. A continuation is only the new part.
    Raises ValueError for a length outside the limits, a tempo that is not between 30 and 300, or an unknown metre.
    """
    if not _SECONDS[0] <= seconds <= _SECONDS[1]:
        raise ValueError(f"seconds must be between {_SECONDS[0]} and {_SECONDS[1]}, not {seconds}")
    if bpm is not None and not 30 <= bpm <= 300:
        raise ValueError(f"bpm must be between 30 and 300, not {bpm:g}")
    if metre is not None and metre not in METRES:
        raise ValueError(f"metre must be one of {', '.join(METRES)}, not {metre[:20]!r}")
    bpm, metre = bpm or bpm_of(genre or ""), metre or metre_of(genre or "")
    known = recognise(genre)
    kind = kind_of(kind, known)
    usual = for_kind(known.genre, kind)
    feel = Feel.of(known.genre, kind, bpm, metre, language, seconds)
    tempo = bpm or usual.typical_bpm
    line = tuple(round(syllables * feel.stretch) for syllables in usual.syllables)
    ratio = calibration.ratio if calibration else 1.0
    shape = _best_shape(usual, feel, tempo, sum(line) // 2, seconds / ratio)
    low, high = _lines_that_fit(shape, feel, sum(line) // 2, seconds / ratio)
    total = estimate(shape.parts, feel, calibration) if low else _unsung(seconds)
    return Plan(
        genre=usual.name or None,
        kind=kind,
        language=base(language),
        seconds=seconds,
        bpm=round(tempo),
        bpm_range=usual.bpm[0],
        metre=feel.metre,
        lines=(low, high),
        syllables=(low * (sum(line) // 2), high * (sum(line) // 2)),
        line=(line[0], line[1]),
        sections=_sections(shape, usual, feel, (line[0], line[1]), seconds),
        total=total,
        notes=_notes(known, usual, tempo, total.likely, seconds, language),
    )


def kind_of(kind: Kind, known: Recognised) -> Kind:
    """What was said, else what the name of the genre says ("jingle", "Wiegenlied")."""
    return kind if kind != "song" else known.kind  # type: ignore[return-value]  # the data has kinds only


def verse_limit(bpm: float) -> int:
    """The most lines a sung verse should have at this tempo."""
    return next(lines for above, lines in reversed(VERSE_LIMITS) if bpm >= above)


def _best_shape(usual: Genre, feel: Feel, tempo: float, syllables: int, seconds: float) -> _Shape:
    """The form and line counts that come nearest to the length, usual lengths preferred."""
    shapes: list[str] = toml("templates")["template"][usual.template]
    verse, allowed = _verse_lines(usual, tempo)
    line_seconds = max(seconds_of((Part((syllables,)),), replace(feel, whole=False)), 1.0)
    best: _Shape | None = None
    for text in shapes:
        for verse_lines in allowed:
            for chorus_lines in _CHORUS_LINES:
                letters = tuple(_letter(token, verse_lines, chorus_lines) for token in text.split())
                parts = tuple(_part(letter, lines, syllables) for letter, lines in letters)
                odd = max(verse - verse_lines, (verse_lines - verse) / 2) + abs(chorus_lines - 4) / 2
                cost = abs(seconds_of(parts, feel) - seconds) / line_seconds * 1.5 + odd
                if best is None or cost < best.cost:
                    best = _Shape(letters, parts, cost)
    assert best is not None  # every template has a form
    return best


def _verse_lines(usual: Genre, tempo: float) -> tuple[int, tuple[int, ...]]:
    """The genre's usual verse and every length a verse may have here."""
    if len(usual.scheme) == 3:
        return 3, (3,)
    most = 8 if usual.rap else max(verse_limit(tempo), usual.verse)
    return min(usual.verse, most), tuple(lines for lines in _VERSE_LINES if lines <= most)


def _lines_that_fit(shape: _Shape, feel: Feel, syllables: int, seconds: float) -> tuple[int, int]:
    """The fewest and most lines of usual length with which the form still fits the time."""
    suggested = sum(lines for _, lines in shape.letters)
    if not suggested:
        return 0, 0
    silent = tuple(part for part in shape.parts if not part.counts)
    ends = Part((), 0.0, shape.parts[0].opens, False), Part((), 0.0, False, shape.parts[-1].closes)

    def takes(lines: int) -> float:
        return seconds_of((ends[0], Part((syllables,) * lines), *silent, ends[1]), feel) / seconds

    low = suggested // 2 + 1
    while takes(low) < _FITS[0]:
        low += 1
    high = low
    while takes(high + 1) <= _FITS[1]:
        high += 1
    return low, high


def _unsung(seconds: int) -> Range:
    low, high = SPREAD
    return Range(round(seconds * low), seconds, round(seconds * high), "nobody sings, so the order decides")


def _letter(token: str, verse_lines: int, chorus_lines: int) -> tuple[str, int]:
    letter = token[0]
    if letter in _SILENT:
        return letter, 0
    if token[1:]:
        return letter, int(token[1:])
    return letter, verse_lines if letter in "VA" else chorus_lines


def _part(letter: str, lines: int, syllables: int) -> Part:
    return Part((syllables,) * lines, float(letter in _SILENT), letter in _OPENS, letter in _CLOSES)


def _sections(
    shape: _Shape, usual: Genre, feel: Feel, line: tuple[int, int], seconds: int
) -> tuple[PlannedSection, ...]:
    alone = replace(feel, whole=False)
    weights = [seconds_of((part,), alone) for part in shape.parts]
    several = sum(letter in "VA" for letter, _ in shape.letters) > 1
    made, verses = [], 0
    for (letter, lines), weight in zip(shape.letters, weights, strict=True):
        tag = toml("templates")["tag"][letter]
        if letter in "VA":
            verses += 1
            tag = f"{tag} {verses}" if several else tag
        made.append(
            PlannedSection(
                tag=f"[{tag}]",
                lines=lines,
                syllables=line if lines else (0, 0),
                seconds=max(round(weight * seconds / max(sum(weights), 1.0)), 1),
                rhyme="X" * lines if letter == "U" else scheme_for(usual, lines),
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
    if usual == "ABAB":
        return "".join(chr(65 + index // 4 * 2 + index % 2) for index in range(lines))
    pairs = usual == "AABB"
    return "".join(chr(65 + index // (2 if pairs else 4)) if pairs or index % 2 else "X" for index in range(lines))


def _notes(
    known: Recognised, usual: Genre, tempo: float, likely: float, seconds: int, language: str | None
) -> tuple[str, ...]:
    notes = []
    if known.genre is None:
        asked = f'"{known.rest[:40]}" is not in the table of genres' if known.rest else "No genre was named"
        instead = usual.name or "a song of no genre in particular"
        notes.append(f"{asked}: these figures are for {instead}. Give the tempo, or a genre near it.")
    elif known.rest:
        notes.append(f'Read as {known.genre.name}; "{known.rest[:40]}" is not in the table and changed nothing.')
    if usual.name and not usual.usual_bpm(tempo):
        notes.append(f"{tempo:g} BPM is unusual for {usual.name}.")
    if usual.share == 0:
        notes.append("There is no singing: send only the tags, no lines, and say in the style who plays what.")
    elif not SPREAD[0] <= likely / seconds <= SPREAD[1]:
        notes.append(
            "No common form fits this length well; send the length with the request and leave room for instruments."
        )
    if stretch(language) >= _LONGER_WORDS:
        name = language_name(base(language) or "")
        notes.append(f"{name} needs more syllables than English to say the same; the figures allow for this.")
    return tuple(notes)
