"""A project for REAPER: text that names the sounds beside it by relative paths."""

from __future__ import annotations

from collections.abc import Iterator

from .notes import TICKS, tick_of
from .session import Notes, Session, Sound

_SQUARE = 1
"""The shape of a tempo that stays until the next one."""


def project(session: Session) -> str:
    """The project, in REAPER's own notation."""
    meter = session.tempo.meter
    rate = max((sound.rate for sound in session.sounds), default=48_000)
    rows = [
        '<REAPER_PROJECT 0.1 "7.0" 0',
        f"  TEMPO {_number(session.tempo.first)} {meter[0]} {meter[1]}",
        f"  SAMPLERATE {rate} 1 0",
        f"  TITLE {_quoted(session.title)}",
        f"  AUTHOR {_quoted(session.artist)}",
        "  CURSOR 0",
    ]
    rows += [f"  MARKER {index} {_number(at)} {_quoted(name)} 0" for index, (at, name) in enumerate(session.markers, 1)]
    if len(session.tempo.points) > 1:
        rows += ["  <TEMPOENVEX", "    ACT 1 -1", "    VIS 1 0 1", f"    DEFSHAPE {_SQUARE} -1 -1"]
        rows += [f"    PT {_number(at)} {_number(bpm)} {_SQUARE}" for at, bpm in session.tempo.points]
        rows.append("  >")
    for sound in session.sounds:
        rows += _track(sound.name, _sound(sound), muted=sound.muted)
    for player in session.players:
        rows += _track(player.name, _notes(session, player))
    if session.lines:
        rows += _track("Lyrics", _lyrics(session))
    return "\n".join([*rows, ">", ""])


def _track(name: str, items: Iterator[list[str]], *, muted: bool = False) -> list[str]:
    rows = ["  <TRACK", f"    NAME {_quoted(name)}", f"    MUTESOLO {int(muted)} 0 0", "    NCHAN 2"]
    for item in items:
        rows += [f"    {row}" for row in ["<ITEM", *(f"  {row}" for row in item), ">"]]
    return [*rows, "  >"]


def _sound(sound: Sound) -> Iterator[list[str]]:
    source = ["<SOURCE WAVE", f"  FILE {_quoted(sound.file)}", ">"]
    yield ["POSITION 0", f"LENGTH {_number(sound.seconds)}", "LOOP 0", f"NAME {_quoted(sound.name)}", *source]


def _notes(session: Session, player: Notes) -> Iterator[list[str]]:
    end = max(max(note.end for note in player.notes), session.seconds)
    events = list[tuple[int, int, str]]()
    if player.program is not None:
        events.append((0, -1, f"{0xC0 | player.channel:x} {player.program:02x} 00"))
    for note in player.notes:
        loud = f"{note.key:02x} {note.velocity:02x}"
        events.append((tick_of(session, note.start), 1, f"{0x90 | player.channel:x} {loud}"))
        events.append((tick_of(session, note.end), 0, f"{0x80 | player.channel:x} {note.key:02x} 00"))
    events.append((tick_of(session, end), 2, f"{0xB0 | player.channel:x} 7b 00"))
    rows, before = [f"HASDATA 1 {TICKS} QN"], 0
    for tick, _, data in sorted(events):
        rows.append(f"E {tick - before} {data}")
        before = tick
    source = ["<SOURCE MIDI", *(f"  {row}" for row in rows), ">"]
    yield ["POSITION 0", f"LENGTH {_number(end)}", "LOOP 0", f"NAME {_quoted(player.name)}", *source]


def _lyrics(session: Session) -> Iterator[list[str]]:
    """Items without sound that carry a text, which REAPER shows on the timeline."""
    for line in session.lines:
        note = ["<NOTES", f"  |{_plain(line.text)}", ">"]
        yield [f"POSITION {_number(line.start)}", f"LENGTH {_number(line.end - line.start)}", "LOOP 0", *note]


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _plain(text: str) -> str:
    """On one line, without control characters."""
    kept = (" " if letter.isspace() else letter for letter in text)
    return " ".join("".join(letter for letter in kept if letter.isprintable() or letter in "\u200c\u200d").split())


def _quoted(text: str) -> str:
    """A value; the notation has three quotation marks and no escapes."""
    text = _plain(text)
    mark = next((mark for mark in "\"'`" if mark not in text), None)
    return f"{mark}{text}{mark}" if mark else f"`{text.replace('`', chr(39))}`"
