"""The score as a MIDI file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from .mix import target_level
from .programs import program_of
from .report import karaoke, notes, sections
from .score import Arrangement, Chair, Note, Score, short_key

if TYPE_CHECKING:
    import mido

_TICKS: Final = 480
_FULL: Final = -20.0
"""The seat in decibels whose track has the volume 100, which is where programs set it that say nothing."""
_DRUM_CHANNEL: Final = 9


def midi(score: Score) -> bytes:
    """Return a type 1 file: the conductor's track first, then one named track per part.

    The conductor has tempo, key and section markers; the singer's track has a lyric event for each syllable, on its
    note. Text is UTF-8, which players expect where it is not plain ASCII.
    """
    import mido

    clock = _Clock(score)
    file = mido.MidiFile(type=1, ticks_per_beat=_TICKS, charset="utf-8")
    file.tracks.append(_conductor(score, clock))
    seats = _seats(score)
    free = (channel for channel in range(16) if channel != _DRUM_CHANNEL)
    for part, played in notes(score).items():
        drums = part in ("drums", "percussion")
        channel = _DRUM_CHANNEL if drums else next(free)
        seat = seats.get(part, Chair(part, "", ""))
        volume = round(100 * 10 ** ((target_level(seat) - _FULL) / 40))
        track = mido.MidiTrack()
        track.append(mido.MetaMessage("track_name", name=part, time=0))
        track.append(mido.Message("program_change", channel=channel, program=program_of(seat), time=0))
        track.append(
            mido.Message("control_change", channel=channel, control=7, value=min(127, max(40, volume)), time=0)
        )
        pan = min(127, max(0, round(64 + 63 * seat.pan)))
        track.append(mido.Message("control_change", channel=channel, control=10, value=pan, time=0))
        lyrics = [(clock.tick(w.start), w.word) for w in karaoke(score)] if part == "vocals" else []
        _fill(track, played, channel, clock, lyrics)
        file.tracks.append(track)
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _conductor(score: Score, clock: _Clock) -> mido.MidiTrack:
    """Return the track without notes: title, metre, keys, tempi, sections."""
    import mido

    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name=_storable(score.title) or "Song", time=0))
    main = score.main
    if isinstance(main, Arrangement):
        track.append(mido.MetaMessage("time_signature", numerator=main.meter, denominator=4, time=0))
    # (tick, order at that tick, event)
    events = [
        (clock.tick(seconds), 0, mido.MetaMessage("set_tempo", tempo=round(60e6 / tempo)))
        for seconds, tempo in clock.changes
    ]
    key = ""
    for piece in sorted(score.pieces, key=lambda p: p.at):
        source = score.sources[piece.source]
        name = short_key(source)
        if name != key:
            key = name
            events.append((clock.tick(piece.at), 1, mido.MetaMessage("key_signature", key=name)))
    events += [(clock.tick(at), 2, mido.MetaMessage("marker", text=_storable(name))) for at, name in sections(score)]
    before = 0
    for tick, _, event in sorted(events, key=lambda entry: entry[:2]):
        track.append(event.copy(time=tick - before))
        before = tick
    return track


def _seats(score: Score) -> dict[str, Chair]:
    """Return who sits where, by part; of two players of one part, the one who is not the soloist."""
    seats: dict[str, Chair] = {}
    for source in score.sources:
        for chair in sorted(source.chairs if isinstance(source, Arrangement) else (), key=lambda c: c.manner == "lead"):
            seats.setdefault(chair.part, chair)
    return seats


class _Clock:
    """Seconds to ticks, with the tempo of whatever piece is heard."""

    def __init__(self, score: Score) -> None:
        changes: list[tuple[float, float]] = []
        for piece in sorted(score.pieces, key=lambda p: p.at):
            tempo = score.sources[piece.source].tempo
            if not changes or abs(changes[-1][1] - tempo) > 1e-6:
                if changes and piece.at <= changes[-1][0]:
                    continue
                changes.append((piece.at if changes else 0.0, tempo))
        self.changes = changes

    def tick(self, seconds: float) -> int:
        beats = 0.0
        for index, (start, tempo) in enumerate(self.changes):
            end = self.changes[index + 1][0] if index + 1 < len(self.changes) else seconds
            beats += max(0.0, min(seconds, end) - start) * tempo / 60
        return round(beats * _TICKS)


def _fill(track: list[object], played: list[Note], channel: int, clock: _Clock, lyrics: list[tuple[int, str]]) -> None:
    import mido

    # (tick, order at that tick, pitch, loudness, word): a note ends before the next one on its pitch begins.
    events: list[tuple[int, int, int, int, str]] = [(tick, 0, 0, 0, word) for tick, word in lyrics]
    for note in played:
        start = clock.tick(note.start)
        end = max(start + 1, clock.tick(note.end))
        events.append((start, 2, note.pitch, min(127, max(1, round(note.velocity * 127))), ""))
        events.append((end, 1, note.pitch, 0, ""))
    before = 0
    for tick, order, pitch, loud, word in sorted(events):
        wait = tick - before
        before = tick
        if order == 0:
            track.append(mido.MetaMessage("lyrics", text=_storable(word), time=wait))
        else:
            kind = "note_on" if order == 2 else "note_off"
            track.append(mido.Message(kind, channel=channel, note=pitch, velocity=loud, time=wait))


def _storable(text: str) -> str:
    """Return text without what no file can carry: halves of characters."""
    return text.encode("utf-8", "replace").decode("utf-8")
