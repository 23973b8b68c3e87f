"""Turns a score into sound: every source is performed whole, and its pieces are cut from the finished mix.

A source always sounds the same, whatever is cut from it, so the parts that an operation does not touch stay identical
to the sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from .codec import Audio, decode
from .genres import GENRES
from .kit import hit
from .mix import (
    add_room,
    aired,
    brightened,
    fades,
    kit_gain,
    leveled,
    limit_gain,
    master_gain,
    middle,
    pumped,
    send_of,
    silence,
    spread,
)
from .patches import PATCHES
from .performance import played, sung
from .score import PARTS, RATE, VOICES, Arrangement, Chair, Note, Piece, Polish, Recording, Score, Source
from .soundfont import performed
from .split import split
from .synth import Samples, note
from .voice import sing, singer

Recordings = Callable[[str], bytes]
Parts = frozenset[str]

_FX_PATCHES: Final = ("riser", "wind")
_SUM_CEILING: Final = 0.97


def render(score: Score, recordings: Recordings | None = None, font: Path | None = None) -> Audio:
    """Return the finished sound; `recordings` finds the bytes of uploads (KeyError without it, when one is needed).

    With a soundfont `font` the band plays from it, where that can be done.
    """
    desk = _Desk(score, recordings, font)
    everything = desk.tape(_brought)
    sound = everything if all(piece.solo is None for piece in score.pieces) else desk.tape(_let_out)
    return Audio(_under(limit_gain(everything, ceiling=_SUM_CEILING), sound))


def stems(
    score: Score, names: list[str], recordings: Recordings | None = None, font: Path | None = None
) -> Iterator[tuple[str, Audio]]:
    """Yield several stems of one score, for about twice the work of the mix; "instrumental" is all but vocals."""
    desk = _Desk(score, recordings, font)
    gain = limit_gain(desk.tape(_brought), ceiling=_SUM_CEILING)
    desk.forget_sounds()
    for name in names:
        wanted = frozenset(PARTS) - {"vocals"} if name == "instrumental" else frozenset({name})
        yield name, Audio(_under(gain, desk.tape(_only(wanted))))


def _under(gain: Samples, sound: Samples) -> Samples:
    return sound if np.all(gain == 1.0) else sound * gain[:, None]


def _brought(piece: Piece) -> Parts:
    return frozenset(PARTS if piece.parts is None else piece.parts)


def _let_out(piece: Piece) -> Parts:
    return _brought(piece) if piece.solo is None else _brought(piece) & frozenset(piece.solo)


def _only(wanted: Parts) -> Callable[[Piece], Parts]:
    return lambda piece: _let_out(piece) & wanted


class _Desk:
    """One score on the mixing desk: remembers each source's gain curve, and its whole mix as long as that is needed."""

    def __init__(self, score: Score, recordings: Recordings | None, font: Path | None) -> None:
        self.score = score
        self.recordings = recordings
        self.font = font
        self.gains: dict[tuple[int, Polish], Samples] = {}
        self.mixes: dict[tuple[int, Polish], Samples] = {}

    def forget_sounds(self) -> None:
        """Give back the memory of the whole mixes; their gain curves stay."""
        self.mixes.clear()

    def tape(self, parts_of_piece: Callable[[Piece], Parts]) -> Samples:
        """Return all pieces laid in place, of each the parts that `parts_of_piece` names."""
        tape = silence(round(self.score.seconds * RATE))
        for key in sorted({(piece.source, piece.polish) for piece in self.score.pieces}):
            sounds: dict[Parts, Samples] = {}
            full = frozenset(parts_of(self.score.sources[key[0]]))
            for piece in self.score.pieces:
                if (piece.source, piece.polish) != key:
                    continue
                parts = parts_of_piece(piece) & full
                if parts not in sounds:
                    sounds[parts] = self._mastered(key, parts, full)
                _lay(tape, sounds[parts], piece)
        return tape

    def _mastered(self, key: tuple[int, Polish], parts: Parts, full: Parts) -> Samples:
        """Return some parts of a source under the gain curve of all of it."""
        source, polish = self.score.sources[key[0]], key[1]
        if key not in self.gains:
            mix = self._mixed(source, full, polish)
            gain = master_gain(mix, source if isinstance(source, Arrangement) else None, polish)
            mix *= gain[:, None]
            self.gains[key], self.mixes[key] = gain, mix
        if parts == full and key in self.mixes:
            return self.mixes[key]
        if not parts:
            return silence(len(self.gains[key]))
        sound = self._mixed(source, parts, polish)
        sound *= self.gains[key][:, None]
        return sound

    def _mixed(self, source: Source, parts: Parts, polish: Polish) -> Samples:
        sound = self._recorded(source, parts) if isinstance(source, Recording) else mixed(source, parts, self.font)
        return brightened(sound, polish)

    def _recorded(self, tape: Recording, parts: Parts) -> Samples:
        if self.recordings is None:
            raise KeyError(tape.key)
        whole = decode(self.recordings(tape.key)).samples
        if parts >= frozenset(recorded_parts(tape)):
            return whole
        own = split(whole, tape.role)
        return sum((own[part] for part in recorded_parts(tape) if part in parts), silence(len(whole)))


def mixed(song: Arrangement, parts: Parts, font: Path | None = None) -> Samples:
    """Return some parts of an arrangement in their room, before the master's gain."""
    genre = GENRES[song.genre]
    count = round(song.seconds * RATE)
    dry, send = silence(count), np.zeros(count, np.float32)
    for part in sorted(parts):
        fonts_own = None if font is None or part in (*VOICES, "fx") else performed(song, part, count, font)
        sound = play_part(song, part, count) if fonts_own is None else fonts_own
        dry += sound
        send += middle(sound) * np.float32(send_of(part) * genre.wet * 1.6)
    add_room(dry, send, genre.room)
    return aired(dry, genre.air)


def _lay(tape: Samples, sound: Samples, piece: Piece) -> None:
    """Add a piece's stretch of its source to the tape, at its place and with its fades."""
    first, at = round(piece.begin * RATE), round(piece.at * RATE)
    size = min(round(piece.end * RATE), len(sound)) - first
    size = min(size, len(tape) - at)
    if size <= 0:
        return
    stretch = sound[first : first + size]
    if piece.fade_in or piece.fade_out or piece.gain != 1.0:
        stretch = stretch * (fades(size, piece.fade_in, piece.fade_out) * np.float32(piece.gain))[:, None]
    tape[at : at + size] += stretch


def recorded_parts(tape: Recording) -> tuple[str, ...]:
    """Return the parts a recording can be split into."""
    return {"vocals": ("vocals",), "instrumental": ("synth",), "mix": ("vocals", "bass", "synth")}[tape.role]


def parts_of(source: Source) -> list[str]:
    """Return the parts that sound in a source, in the order of `PARTS`."""
    if isinstance(source, Recording):
        return list(recorded_parts(source))
    sounding = {chair.part for chair in source.chairs if source.track(chair)}
    if source.syllables:
        sounding.add("vocals")
    if source.backing:
        sounding.add("backing vocals")
    return [part for part in PARTS if part in sounding]


def play_part(song: Arrangement, part: str, count: int) -> Samples:
    """Return one part of an arrangement before the room and the master, as stereo of `count` samples."""
    genre = GENRES[song.genre]
    if part in VOICES:
        return _sung(song, part, count)
    kicks: list[Note] = []
    if genre.pump and part not in ("drums", "percussion"):
        drummer = next((chair for chair in song.chairs if chair.part == "drums"), None)
        kicks = [n for n in played(song, drummer) if n.pitch == 36] if drummer else []
    total: Samples | None = None
    for chair in song.chairs:
        notes = played(song, chair) if chair.part == part else []
        if not notes:
            continue
        if part in ("drums", "percussion"):
            own = _drummed(notes, chair, count)
        else:
            sound = pumped(leveled(_noted(notes, chair, count), chair), kicks, genre.pump)
            own = spread(sound, chair.pan, PATCHES[chair.patch].width if chair.patch in PATCHES else 0.8)
        total = own if total is None else np.add(total, own, out=total)
    return silence(count) if total is None else total


def _sung(song: Arrangement, part: str, count: int) -> Samples:
    breath = GENRES[song.genre].breath
    chair = Chair(part, "", "sing")
    if part == "vocals":
        who = singer(song.voice, song.gender, breath, part, speech=GENRES[song.genre].speech)
        sound = sing(sung(song, song.syllables), who, count, part)
        return spread(leveled(sound, chair), 0.0, 0.12)
    other = "f" if song.gender == "m" else "m"
    who = singer(f"{song.voice} backing" if song.voice else "", other, breath + 0.3, part)
    return spread(leveled(sing(sung(song, song.backing), who, count, part), chair), 0.15, 0.9)


def _noted(notes: list[Note], chair: Chair, count: int) -> Samples:
    """Return a pitched part: equal notes are made once and laid wherever they are played."""
    total = np.zeros(count, np.float32)
    alike: dict[tuple[int, int, int], list[Note]] = {}
    for played_note in notes:
        # Lengths to a fiftieth of a second and three shades of brightness are as fine as the ear needs.
        length = max(1, round((played_note.end - played_note.start) * 50))
        alike.setdefault((played_note.pitch, length, round(played_note.velocity * 3)), []).append(played_note)
    for (pitch, length, shade), equal in alike.items():
        sound = (
            _fx(chair.patch, length / 50)
            if chair.patch in _FX_PATCHES
            else note(PATCHES[chair.patch], pitch, length / 50, shade / 3)
        )
        for played_note in equal:
            first = round(played_note.start * RATE)
            size = min(len(sound), count - first)
            if size > 0:
                total[first : first + size] += sound[:size] * np.float32(played_note.velocity)
    return total


def _fx(patch: str, seconds: float) -> Samples:
    """Return a sweep of noise that rises to a point, or one that comes and goes like wind."""
    from .synth import noise

    count = int(seconds * RATE)
    part = np.arange(count) / count
    if patch == "riser":
        low, high = np.resize(noise("riser low", 500, 1800), count), np.resize(noise("riser high", 2500, 6500), count)
        return ((low * (1 - part) + high * part) * part**2 * np.minimum(1, (1 - part) * 40)).astype(np.float32)
    air = np.resize(noise("wind", 250, 1100), count)
    return (air * (0.5 - 0.5 * np.cos(2 * np.pi * part * max(1, round(seconds / 9)))) * 0.5).astype(np.float32)


def _drummed(notes: list[Note], chair: Chair, count: int) -> Samples:
    """Return drums or percussion, every drum at its own place in the stereo picture."""
    total = silence(count)
    for drum in sorted({n.pitch for n in notes}):
        sound, pan = hit(chair.patch, drum)
        sides = spread(sound, pan, 0.0)
        for played_note in notes:
            first = round(played_note.start * RATE)
            size = min(len(sides), count - first)
            if played_note.pitch == drum and size > 0:
                total[first : first + size] += sides[:size] * np.float32(played_note.velocity**1.4)
    total *= np.float32(kit_gain(chair))
    return total
