"""A song as data: arrangements and recordings, and the sequence of pieces cut from them.

A `Score` never holds audio. Its `sources` are arrangements (notes for a band) or recordings (a name for
somebody's audio), and its `pieces` say which stretch of which source is heard when. Cutting, joining and
replacing only move pieces, so what they do not touch stays the same to the sample.

Times of pieces are seconds; times inside an arrangement are beats.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

RATE = 48_000
LONGEST = 360.0

PARTS = (
    "vocals",
    "backing vocals",
    "drums",
    "bass",
    "guitar",
    "keyboard",
    "percussion",
    "strings",
    "synth",
    "fx",
    "brass",
    "woodwinds",
)
VOICES = ("vocals", "backing vocals")
_SPELLED = {"Abm": "G#m", "C#": "Db"}
"""Keys as they are written, where that is not the note's own name."""
NOTE_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

Role = Literal["mix", "vocals", "instrumental"]
Polish = Literal["", "subtle", "normal", "high"]


@dataclass(frozen=True)
class Brief:
    """The person's request; the same brief always gives the same song."""

    lyrics: str = ""
    style: str = ""
    negative_style: str = ""
    title: str = ""
    seconds: float | None = None
    instrumental: bool = False
    voice: str | None = None
    vocal_gender: str | None = None
    seed: int = 0
    take: int = 1


@dataclass(frozen=True)
class Note:
    """One note as heard: MIDI pitch, start and end in seconds, velocity 0…1."""

    pitch: int
    start: float
    end: float
    velocity: float


@dataclass(frozen=True)
class Word:
    """One sung word with its times in seconds; the first of a section carries the tag in front."""

    word: str
    start: float
    end: float


@dataclass(frozen=True)
class Event:
    """One note of an instrument; on drums and percussion the pitch is the General MIDI drum."""

    beat: float
    beats: float
    pitch: int
    velocity: float


@dataclass(frozen=True)
class Syllable:
    """One sung note; `word` is the whole word on its first syllable and empty on the others."""

    beat: float
    beats: float
    pitch: int
    velocity: float
    sound: str
    word: str


@dataclass(frozen=True)
class Chord:
    """A harmony for some beats: root as pitch class 0…11, kind as in `harmony.KINDS`."""

    beat: float
    beats: float
    root: int
    kind: str


@dataclass(frozen=True)
class Section:
    """A stretch of the form; `kind` is normalised ("verse"), `tag` is what the lyrics said."""

    beat: float
    beats: float
    kind: str
    tag: str


@dataclass(frozen=True)
class Chair:
    """The player of a part: the patch or kit, how it plays, level in decibels, pan -1…1."""

    part: str
    patch: str
    manner: str
    level: float = 0.0
    pan: float = 0.0

    @property
    def track(self) -> str:
        """The name of the track this player reads; a soloist has one apart from the colleague on the same part."""
        return f"{self.part} lead" if self.manner == "lead" else self.part


@dataclass(frozen=True)
class Arrangement:
    """Notes for a band and a singer, complete enough to be played."""

    genre: str
    tempo: float
    meter: int
    tonic: int
    mode: str
    seconds: float
    theme: int
    chairs: tuple[Chair, ...]
    sections: tuple[Section, ...]
    chords: tuple[Chord, ...]
    syllables: tuple[Syllable, ...] = ()
    backing: tuple[Syllable, ...] = ()
    tracks: dict[str, tuple[Event, ...]] = field(default_factory=dict)
    swing: float = 0.5
    swing_unit: float = 0.5
    voice: str = ""
    gender: str = "f"
    lead: str = ""
    fade_in: float = 0.0
    fade_out: float = 0.0
    entry: float | None = None
    """How much the band gives at first, 0…1, where it continues another song; None: what its first section asks."""

    @property
    def beat_seconds(self) -> float:
        """Length of one beat in seconds."""
        return 60.0 / self.tempo

    def time(self, beat: float) -> float:
        """Return the second at which `beat` is played: of two notes of `swing_unit`, the first takes `swing`."""
        pair = 2 * self.swing_unit
        whole_pairs, rest = divmod(beat, pair)
        part = rest / pair
        bent = part * 2 * self.swing if part < 0.5 else self.swing + (part - 0.5) * 2 * (1 - self.swing)
        return (whole_pairs + bent) * pair * self.beat_seconds

    def track(self, chair: Chair) -> tuple[Event, ...]:
        """Return what the player in `chair` plays."""
        return self.tracks.get(chair.track, ())


@dataclass(frozen=True)
class Recording:
    """Somebody's audio, known by `key`, with what was measured in it: `offset` is the second of its first beat."""

    key: str
    seconds: float
    tempo: float
    tonic: int
    mode: str
    offset: float = 0.0
    chords: tuple[Chord, ...] = ()
    melody: tuple[Event, ...] = ()
    role: Role = "mix"

    @property
    def beat_seconds(self) -> float:
        """Length of one beat in seconds."""
        return 60.0 / self.tempo


Source = Arrangement | Recording


@dataclass(frozen=True)
class Piece:
    """Hear `source` from `begin` to `end` (its own seconds), starting at `at` (the song's seconds).

    `parts` limits what the piece brings into the song; `solo` limits what is let out of the finished mix.
    """

    source: int
    begin: float
    end: float
    at: float
    gain: float = 1.0
    fade_in: float = 0.0
    fade_out: float = 0.0
    parts: tuple[str, ...] | None = None
    solo: tuple[str, ...] | None = None
    polish: Polish = ""

    @property
    def seconds(self) -> float:
        """How long the piece is heard."""
        return self.end - self.begin

    def lets(self, part: str) -> bool:
        """Whether `part` of the source is heard in the finished song."""
        return (self.parts is None or part in self.parts) and (self.solo is None or part in self.solo)


def short_key(source: Source) -> str:
    """Return a source's key as file tags and key signatures write it, such as "Am"."""
    name = NOTE_NAMES[source.tonic] + ("m" if source.mode == "minor" else "")
    return _SPELLED.get(name, name)


@dataclass(frozen=True)
class Score:
    """A song as it is kept: title, words, style, and the tape of pieces that is the music."""

    title: str
    lyrics: str
    style: str
    seconds: float
    sources: tuple[Source, ...]
    pieces: tuple[Piece, ...]

    @property
    def main(self) -> Source:
        """The source that is heard for the longest time."""
        heard = [0.0] * len(self.sources)
        for piece in self.pieces:
            heard[piece.source] += piece.seconds
        return self.sources[max(range(len(heard)), key=heard.__getitem__)]

    @property
    def tempo(self) -> float:
        """Beats per minute of the main source."""
        return self.main.tempo

    @property
    def key(self) -> str:
        """Tonic and mode of the main source, such as "A minor"."""
        return f"{NOTE_NAMES[self.main.tonic]} {self.main.mode}"

    @property
    def short_key(self) -> str:
        """The key as file tags and key signatures write it, such as "Am"."""
        return short_key(self.main)

    def source_at(self, at: float) -> tuple[Source, float]:
        """Return the source heard at `at` seconds (the nearest before it) and the time inside that source."""
        started = [piece for piece in self.pieces if piece.at <= at + 1e-6] or list(self.pieces)
        piece = max(started, key=lambda p: (min(p.at + p.seconds, at), p.seconds))
        return self.sources[piece.source], piece.begin + max(0.0, at - piece.at)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data that `from_json` turns back into an equal score."""
        return {
            "title": self.title,
            "lyrics": self.lyrics,
            "style": self.style,
            "seconds": self.seconds,
            "sources": [_source_to_json(source) for source in self.sources],
            "pieces": [_row(piece) for piece in self.pieces],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Score:
        """Read what `to_json` wrote; KeyError, TypeError or IndexError when it is something else."""
        return cls(
            title=data["title"],
            lyrics=data["lyrics"],
            style=data["style"],
            seconds=data["seconds"],
            sources=tuple(_source_from_json(source) for source in data["sources"]),
            pieces=tuple(_piece(row) for row in data["pieces"]),
        )


def whole(source: Source, *, title: str, lyrics: str, style: str) -> Score:
    """Return the score that plays all of one source."""
    piece = Piece(source=0, begin=0.0, end=source.seconds, at=0.0)
    return Score(title=title, lyrics=lyrics, style=style, seconds=source.seconds, sources=(source,), pieces=(piece,))


def _row(item: object) -> list[Any]:
    """Return a dataclass of plain fields as a list, which is a third of the size of a dictionary."""
    values = [getattr(item, f.name) for f in fields(item)]  # type: ignore[arg-type]  # only our dataclasses come here
    return [list(value) if isinstance(value, tuple) else value for value in values]


def _rows(items: tuple[Any, ...]) -> list[list[Any]]:
    return [_row(item) for item in items]


def _piece(row: list[Any]) -> Piece:
    piece = Piece(*row)
    parts = None if piece.parts is None else tuple(piece.parts)
    solo = None if piece.solo is None else tuple(piece.solo)
    return replace(piece, parts=parts, solo=solo)


_ROWS: dict[str, type[Any]] = {
    "chairs": Chair,
    "sections": Section,
    "chords": Chord,
    "syllables": Syllable,
    "backing": Syllable,
    "melody": Event,
}


def _source_to_json(source: Source) -> dict[str, Any]:
    kind = "arrangement" if isinstance(source, Arrangement) else "recording"
    data: dict[str, Any] = {"kind": kind}
    for f in fields(source):
        value = getattr(source, f.name)
        if f.name == "tracks":
            value = {part: _rows(events) for part, events in value.items()}
        elif f.name in _ROWS:
            value = _rows(value)
        data[f.name] = value
    return data


def _source_from_json(data: dict[str, Any]) -> Source:
    values = {name: value for name, value in data.items() if name != "kind"}
    for name, row_type in _ROWS.items():
        if name in values:
            values[name] = tuple(row_type(*row) for row in values[name])
    if data["kind"] == "recording":
        return Recording(**values)
    values["tracks"] = {part: tuple(Event(*row) for row in rows) for part, rows in values["tracks"].items()}
    return Arrangement(**values)
