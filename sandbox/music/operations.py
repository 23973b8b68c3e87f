"""Songs made from songs: continue, cover, repair, combine."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from .compose import arrange, plan_like
from .dice import number
from .drums import energy_at
from .form import Form, Slot, shape
from .genres import GENRES
from .report import heard_lyrics
from .retune import as_arrangement, at_tempo, chance_genre, flat, looped, rescored, transposed
from .score import LONGEST, VOICES, Arrangement, Brief, Piece, Recording, Role, Score, Source, whole
from .style import Plan, asked_gender, asked_tempo, genre_of, read_style
from .tape import cut, patched, shifted, tidy

_FADE: Final = 0.06
_ON_THE_BEAT: Final = 0.12


def extend(score: Score, at: float, brief: Brief) -> Score:
    """Return only the new part, which continues from `at` seconds in the same key, tempo and tune with the same
    band.
    """
    source, inside = score.source_at(min(at, score.seconds))
    plan, theme, phase = _continuing(source, inside, brief)
    wanted = None if brief.seconds is None else brief.seconds + phase
    form = _late(shape(replace(brief, seconds=wanted), plan, part_of_song=True), phase)
    entry = energy_at(source, inside) if isinstance(source, Arrangement) else None
    song = replace(arrange(brief, plan, form, theme, begins=False), entry=entry)
    piece = Piece(0, phase, song.seconds, 0.0, fade_in=0.003)
    part = Score(brief.title or score.title, "", brief.style or score.style, song.seconds - phase, (song,), (piece,))
    return replace(part, lyrics=heard_lyrics(part))


def replace_section(score: Score, start: float, end: float, lyrics: str, brief: Brief) -> Score:
    """Return the whole song where only what is heard from `start` to `end` is sung and played again.

    Outside the window every sample stays the same; ValueError for a window without room for music (under half a
    second).
    """
    start, end = max(0.0, start), min(end, score.seconds)
    if end - start < 0.5:
        raise ValueError(f"the window from {start:.2f} to {end:.2f} seconds is too short to sing in")
    source, inside = score.source_at(start)
    wish = replace(brief, lyrics=lyrics, seconds=None, instrumental=brief.instrumental or not lyrics.strip())
    plan, theme, phase = _continuing(source, inside, wish)
    length = end - start + phase
    form = _late(shape(replace(wish, seconds=length), plan, part_of_song=True), phase)
    slots = tuple(replace(slot, kind="instrumental") if slot.kind == "outro" else slot for slot in form.slots)
    form = replace(form, slots=slots, seconds=length + 1.0, fade_in=0.0, fade_out=0.0)
    if brief.take > 1:
        theme = number("take", theme, brief.seed, brief.take)
    song = arrange(wish, plan, form, theme, begins=False, ends=False)
    return patched(score, start, end, [Piece(0, phase, length, start)], (song,), _FADE)


def _continuing(source: Source, inside: float, brief: Brief) -> tuple[Plan, int, float]:
    """Return plan and theme of the music at a point of a source, and how many seconds into a bar `inside` is."""
    if isinstance(source, Arrangement):
        plan, theme, first = plan_like(source, brief), source.theme, 0.0
    else:
        plan, theme, first = _plan_for(source, brief), number("recording", source.key), source.offset
    bar = plan.meter * 60 / plan.tempo
    phase = (inside - first) % bar
    return plan, theme, 0.0 if min(phase, bar - phase) < _ON_THE_BEAT / 2 else phase


def _late(form: Form, phase: float) -> Form:
    """Return the form with its first bar left to the band, if it begins in the middle of a bar."""
    if not phase or not form.slots or form.bars < 2:
        return form
    first = form.slots[0]
    kept = max(1, first.bars - 1)
    lines = first.lines[: max(1, kept // first.per_line)]
    return replace(form, slots=(Slot("verse", "", 1), replace(first, bars=kept, lines=lines), *form.slots[1:]))


def _plan_for(tape: Recording, brief: Brief) -> Plan:
    """Return the plan for playing along with a recording: the style's band in the recording's tempo and key."""
    plan = read_style(brief)
    genre = plan.genre
    scale = f"{tape.mode} pentatonic" if genre.scale.endswith("pentatonic") else genre.scale or tape.mode
    return replace(plan, tempo=tape.tempo, tempo_fixed=True, tonic=tape.tonic, mode=tape.mode, meter=4, scale=scale)


def cover(score: Score, brief: Brief, closeness: float = 0.5) -> Score:
    """Return the same tune and key with the style's band, voice and tempo; `closeness` 1 keeps nearly the old tempo.

    Sung by a voice of the other sex, the tune moves an octave; `brief.lyrics` puts new words on it.
    """
    song = flat(score)
    fallback = chance_genre(song, brief, list(GENRES)) if genre_of(brief.style) is None else None
    plan = read_style(brief, genre_name=fallback)
    if asked_gender(brief) is None:
        plan = replace(plan, gender=song.gender)
    plan = replace(plan, tonic=song.tonic, mode=song.mode, meter=song.meter, scale=song.mode)
    asked = asked_tempo(brief.style)
    tempo = asked if asked is not None else _near(plan.tempo, song.tempo, closeness)
    if brief.seconds is not None:
        song, tempo = _lasting(song, tempo, min(max(brief.seconds, 10.0), LONGEST), fixed=asked is not None)
    new = rescored(song, plan, brief, tempo)
    result = whole(new, title=brief.title or score.title, lyrics="", style=brief.style or score.style)
    return replace(result, lyrics=heard_lyrics(result))


def _near(wanted: float, old: float, closeness: float) -> float:
    """Return a tempo between the genre's and the song's, whichever octave of the song's is nearer."""
    old = min((old / 2, old, old * 2), key=lambda tempo: abs(tempo - wanted)) if closeness < 0.3 else old
    return round(wanted + (old - wanted) * min(max(closeness, 0.0), 1.0) * 0.85, 2)


def _lasting(song: Arrangement, tempo: float, seconds: float, *, fixed: bool) -> tuple[Arrangement, float]:
    """Return song and tempo such that it lasts `seconds`: a nudge of the tempo, else cut or begun again."""
    exact = tempo * (song.seconds * song.tempo / tempo) / seconds
    if not fixed and 0.9 < exact / tempo < 1.1:
        return song, round(exact, 3)
    return looped(song, seconds * tempo / song.tempo), tempo


def mashup(a: Score, b: Score, brief: Brief) -> Score:
    """Return a song that passes back and forth between two, at the first one's tempo and in its key.

    Under each song's stretches the other one's drums play. Recordings keep their own tempo and key.
    """
    first = _ready(a, None)
    second = _ready(b, first)
    bar = _bar(first.main)
    seconds = min(brief.seconds or min((a.seconds + b.seconds) * 0.75, 150.0), LONGEST)
    block = bar * max(4, round(16 / bar))
    pieces: list[Piece] = []
    at, turn = 0.0, 0
    heads = [_first_tune(first), _first_tune(second)]
    while at < seconds - 0.5:
        here, other = (first, second) if turn % 2 == 0 else (second, first)
        length = min(block, seconds - at)
        begin = heads[turn % 2] if heads[turn % 2] + length <= here.seconds else max(0.0, here.seconds - length)
        offset = len(first.sources) if turn % 2 else 0
        pieces += [
            replace(p, source=p.source + offset, gain=0.85, fade_in=0.02, fade_out=0.03)
            for p in shifted(cut(here, begin, begin + length), at - begin)
        ]
        beat_from = heads[1 - turn % 2]
        if (
            isinstance(other.main, Arrangement)
            and isinstance(here.main, Arrangement)
            and beat_from + length <= other.seconds
        ):
            offset = 0 if turn % 2 else len(first.sources)
            pieces += [
                replace(
                    p, source=p.source + offset, gain=0.45, fade_in=0.02, fade_out=0.03, parts=("drums", "percussion")
                )
                for p in shifted(cut(other, beat_from, beat_from + length), at - beat_from)
            ]
        heads[turn % 2] = begin + length
        at, turn = at + length, turn + 1
    pieces = [replace(p, fade_out=min(2.0, p.seconds / 2)) if p.at + p.seconds > seconds - 0.01 else p for p in pieces]
    style = brief.style or ", ".join(dict.fromkeys(s for s in (a.style, b.style) if s))
    both = Score(
        brief.title or f"{a.title} / {b.title}".strip(" /"),
        "",
        style,
        seconds,
        first.sources + second.sources,
        tuple(pieces),
    )
    both = tidy(both)
    return replace(both, lyrics=heard_lyrics(both))


def _ready(score: Score, like: Score | None) -> Score:
    """Return a score as one arrangement in the tempo and key of `like`; with recordings in it, as it is."""
    if any(isinstance(source, Recording) for source in score.sources):
        return score
    song = flat(score)
    if like is not None:
        target = like.main
        wanted = min((target.tempo / 2, target.tempo, target.tempo * 2), key=lambda tempo: abs(tempo / song.tempo - 1))
        relative = {("minor", "major"): 3, ("major", "minor"): -3}.get((song.mode, target.mode), 0)
        steps = (target.tonic - song.tonic - relative) % 12
        song = at_tempo(transposed(song, steps - 12 if steps > 6 else steps), wanted)
    return whole(song, title=score.title, lyrics=score.lyrics, style=score.style)


def _bar(source: Source) -> float:
    return (source.meter if isinstance(source, Arrangement) else 4) * source.beat_seconds


def _first_tune(score: Score) -> float:
    """Return the beginning of the first section in which the tune is heard."""
    song = as_arrangement(score.main)
    for section in song.sections:
        if section.kind in ("verse", "chorus", "hook"):
            return song.time(section.beat)
    return 0.0


def sample(score: Score, start: float, end: float, brief: Brief) -> Score:
    """Return a new song in the tempo and key of a stretch of an old one, which returns in its open places."""
    start, end = max(0.0, start), min(end, score.seconds)
    if end - start < 0.5:
        raise ValueError(f"the stretch from {start:.2f} to {end:.2f} seconds is too short to build a song around")
    source, _ = score.source_at(start)
    plan = read_style(brief)
    tempo = min((source.tempo / 2, source.tempo, source.tempo * 2), key=lambda t: abs(t - plan.tempo))
    mode = source.mode
    scale = f"{mode} pentatonic" if plan.genre.scale.endswith("pentatonic") else mode
    plan = replace(plan, tempo=tempo, tempo_fixed=True, tonic=source.tonic, mode=mode, scale=scale)
    form = shape(brief, plan)
    theme = number("sample", brief.style, brief.title, brief.lyrics, brief.seed, brief.take)
    song = arrange(brief, plan, form, theme)
    new = whole(song, title=brief.title or score.title, lyrics="", style=brief.style or score.style)
    chop = cut(score, start, end)
    bar = _bar(song)
    every = bar * max(1, -(-round((end - start) / bar * 100) // 100))
    pieces = [replace(new.pieces[0], gain=0.7)]
    for section in song.sections:
        if (
            section.kind not in ("intro", "chorus", "hook", "instrumental", "outro", "solo")
            and section is not song.sections[0]
        ):
            continue
        at, stop = song.time(section.beat), song.time(section.beat + section.beats)
        while at < stop - 0.25 or (section is song.sections[0] and at == 0.0):
            loud = 0.9 if section.kind in ("intro", "outro") else 0.55
            pieces += [
                replace(p, source=p.source + 1, gain=p.gain * loud)
                for p in shifted(chop, at - start)
                if p.at + p.seconds <= song.seconds
            ]
            at += every
    result = tidy(replace(new, sources=(song, *score.sources), pieces=tuple(pieces)))
    return replace(result, lyrics=heard_lyrics(result))


def add_vocals(score: Score, brief: Brief, start: float = 0.0) -> Score:
    """Return the given recording, kept as it is, with `brief.lyrics` sung over it from about `start` seconds on."""
    wish = replace(brief, lyrics=brief.lyrics or "La la la, la la la\nLa la la la", instrumental=False)
    return _joined(score, wish, "instrumental", VOICES, start)


def add_instrumental(score: Score, brief: Brief, start: float = 0.0) -> Score:
    """Return the given vocal recording, kept as it is, with a band in its tempo and key from about `start` seconds."""
    wish = replace(brief, lyrics="", instrumental=True)
    return _joined(score, wish, "vocals", None, start)


def _joined(score: Score, brief: Brief, role: Role, parts: tuple[str, ...] | None, start: float) -> Score:
    """Lay a new arrangement's `parts` (None: all but voices and soloists) over a song, from the bar next to `start`."""
    main = score.main
    plan = _plan_for(main, brief) if isinstance(main, Recording) else _band_plan(main, brief)
    first = main.offset if isinstance(main, Recording) else 0.0
    bar = plan.meter * 60 / plan.tempo
    bars = max(0, min(round((start - first) / bar), int((score.seconds - first) / bar) - 1))
    offset = first + bars * bar
    chords = tuple(replace(c, beat=c.beat - bars * plan.meter) for c in main.chords)
    chords = tuple(c for c in chords if c.beat + c.beats > 1e-6)
    form = shape(replace(brief, seconds=max(0.6, score.seconds - offset)), plan, part_of_song=True)
    song = arrange(brief, plan, form, number("join", brief.style, brief.lyrics, brief.seed, brief.take), chords=chords)
    if parts is None:
        song = replace(song, chairs=tuple(chair for chair in song.chairs if chair.manner != "lead"))
    kept = tuple(replace(s, role=role) if isinstance(s, Recording) else s for s in score.sources)
    piece = Piece(len(kept), 0.0, min(song.seconds, score.seconds - offset), offset, gain=0.8, parts=parts)
    pieces = (*(replace(p, gain=p.gain * 0.8) for p in score.pieces), piece)
    result = Score(brief.title or score.title, "", brief.style or score.style, score.seconds, (*kept, song), pieces)
    return replace(result, lyrics=heard_lyrics(result))


def _band_plan(song: Arrangement, brief: Brief) -> Plan:
    plan = read_style(brief, genre_name=song.genre)
    return replace(
        plan, tempo=song.tempo, tempo_fixed=True, tonic=song.tonic, mode=song.mode, meter=song.meter, scale=song.mode
    )
