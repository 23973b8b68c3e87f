"""MIDI files: what a bought one plays, and one that is aligned with a project's first bar."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from .session import Note, Notes, Session

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_NOTES: Final = 100_000
MOST_BEATS: Final = 64
"""In a bar, and the smallest note that counts as one: damaged files claim zero and more than programs take."""
TICKS: Final = 960
"""Per quarter note, in files written here."""
_TEMPO: Final = 500_000
"""Microseconds per quarter note until a file says otherwise."""
_SHORTEST: Final = 0.01


class Score(NamedTuple):
    """What a MIDI file holds; times in seconds. `tempi` is empty where the file states none."""

    players: tuple[Notes, ...]
    tempi: tuple[tuple[float, float], ...]
    meter: tuple[int, int] | None


def read(path: Path) -> Score | None:
    """What a MIDI file plays; None when it cannot be read or is far too large. Blocks."""
    import mido

    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        file = mido.MidiFile(path, clip=True)
        clock = _Clock(file)
        players = [player for track in file.tracks if (player := _player(track, clock)) is not None]
    except Exception:  # noqa: BLE001 — a parser may fail in any way on foreign bytes
        return None
    if sum(len(player.notes) for player in players) > MOST_NOTES:
        return None
    return Score(tuple(players), clock.tempi, clock.meter)


class _Clock:
    """A file's ticks as seconds."""

    def __init__(self, file: Any) -> None:
        self._ticks: int = max(file.ticks_per_beat, 1)
        self._changes = [(0, 0.0, _TEMPO)]
        self.meter: tuple[int, int] | None = None
        tempi = list[tuple[float, float]]()
        events = sorted(_told(file.tracks), key=lambda event: event[0])
        for tick, message in events:
            if message.type == "set_tempo" and message.tempo > 0:
                at = self.seconds(tick)
                self._changes.append((tick, at, message.tempo))
                tempi.append((at, 60e6 / message.tempo))
            elif self.meter is None and message.type == "time_signature":
                meter = (message.numerator, message.denominator)
                self.meter = meter if all(1 <= part <= MOST_BEATS for part in meter) else None
        self.tempi = tuple(tempi)

    def seconds(self, tick: int) -> float:
        before, at, tempo = self._changes[bisect_right(self._changes, tick, key=lambda change: change[0]) - 1]
        return at + (tick - before) * tempo / self._ticks / 1e6


def _told(tracks: Iterable[Any]) -> Iterable[tuple[int, Any]]:
    for track in tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.is_meta:
                yield tick, message


def _player(track: Any, clock: _Clock) -> Notes | None:
    name, channel, program, tick = "", 0, None, 0
    open_notes: dict[tuple[int, int], deque[tuple[float, int]]] = {}
    played = list[Note]()
    for message in track:
        tick += message.time
        if message.type == "track_name":
            name = name or _text(message.name)
        elif message.type == "program_change":
            program = message.program if program is None else program
        elif message.type in ("note_on", "note_off"):
            channel = message.channel if not played and not open_notes else channel
            waiting = open_notes.setdefault((message.channel, message.note), deque())
            if message.type == "note_on" and message.velocity:
                waiting.append((clock.seconds(tick), message.velocity))
            elif waiting:
                start, velocity = waiting.popleft()
                played.append(Note(start, max(clock.seconds(tick), start + _SHORTEST), message.note, velocity))
    for (_, key), waiting in open_notes.items():
        played += [Note(start, max(clock.seconds(tick), start + _SHORTEST), key, loud) for start, loud in waiting]
    if not played:
        return None
    return Notes(name, tuple(sorted(played, key=lambda note: (note.start, note.key))), channel, program)


def _text(raw: str) -> str:
    """A name as it was meant: files hold Latin-1 by the book and UTF-8 by habit."""
    try:
        return raw.encode("latin-1").decode("utf-8").strip()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return raw.strip()


def write(session: Session) -> bytes:
    """All instruments of a project as one MIDI file that begins with its first bar, in its tempo, with its markers."""
    import mido

    file = mido.MidiFile(type=1, ticks_per_beat=TICKS, charset="utf-8")
    meter, tempo = session.tempo.meter, session.tempo
    told: list[tuple[float, Any]] = [
        (0.0, mido.MetaMessage("track_name", name=session.title)),
        (0.0, mido.MetaMessage("time_signature", numerator=meter[0], denominator=meter[1])),
        *[(at, mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm))) for at, bpm in tempo.points],
        *[(at, mido.MetaMessage("marker", text=name)) for at, name in session.markers],
        *[(line.start, mido.MetaMessage("lyrics", text=line.text)) for line in session.lines],
    ]
    file.tracks.append(_track(told, session))
    for player in session.players:
        events: list[tuple[float, Any]] = [(0.0, mido.MetaMessage("track_name", name=player.name))]
        if player.program is not None:
            events.append((0.0, mido.Message("program_change", channel=player.channel, program=player.program)))
        for note in player.notes:
            on = mido.Message("note_on", channel=player.channel, note=note.key, velocity=note.velocity)
            events.append((note.start, on))
            events.append((note.end, mido.Message("note_off", channel=player.channel, note=note.key)))
        file.tracks.append(_track(events, session))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _track(events: list[tuple[float, Any]], session: Session) -> Any:
    import mido

    track, before = mido.MidiTrack(), 0
    timed = [(tick_of(session, at), message) for at, message in events]
    # What ends at a tick ends before what begins there.
    for tick, message in sorted(timed, key=lambda event: (event[0], event[1].type == "note_on")):
        track.append(message.copy(time=tick - before))
        before = tick
    return track


def tick_of(session: Session, seconds: float) -> int:
    """Ticks from the first bar to a second."""
    return round(session.tempo.beats(max(seconds, 0.0)) * TICKS)
