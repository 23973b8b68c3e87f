"""Makes arrangements from arrangements: from many pieces, at another tempo, in another key, for another band."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeVar

from .band import Chart, final_chord, part_events
from .compose import band_for, lead_chair, singer_center
from .dice import dice, number
from .drums import beat_tracks
from .score import Arrangement, Brief, Chord, Event, Piece, Recording, Score, Section, Syllable
from .style import Plan
from .words import blocks

Timed = TypeVar("Timed", Event, Syllable, Chord, Section)
_MELODY_PARTS: Final = ("woodwinds", "brass", "synth", "guitar", "strings", "keyboard")


def flat(score: Score) -> Arrangement:
    """Return one arrangement with everything the score plays, in the beats of its main source.

    Of a recording there is only what was measured: its chords, and its tune as a lead.
    """
    main = score.main
    if isinstance(main, Arrangement) and len(score.pieces) == 1 and score.pieces[0].seconds > main.seconds - 0.01:
        return main
    sources = [as_arrangement(source) for source in score.sources]
    base = as_arrangement(main)
    tracks: dict[str, list[Event]] = {}
    syllables: list[Syllable] = []
    backing: list[Syllable] = []
    chords: list[Chord] = []
    sections: list[Section] = []
    for piece in sorted(score.pieces, key=lambda p: p.at):
        song = sources[piece.source]
        for name, events in song.tracks.items():
            if piece.lets(name.removesuffix(" lead")):
                tracks.setdefault(name, []).extend(_moved(events, song, piece, base))
        syllables += _moved(song.syllables, song, piece, base) if piece.lets("vocals") else []
        backing += _moved(song.backing, song, piece, base) if piece.lets("backing vocals") else []
        if not chords or piece.at * base.tempo / 60 > chords[-1].beat:
            chords += _moved(song.chords, song, piece, base)
            sections += _moved(song.sections, song, piece, base)
    chairs = {chair.track: chair for source in sources for chair in source.chairs}
    return replace(
        base,
        seconds=score.seconds,
        chairs=tuple(chairs.values()),
        sections=tuple(sections) or base.sections,
        chords=tuple(chords) or base.chords,
        syllables=tuple(sorted(syllables, key=lambda s: s.beat)),
        backing=tuple(sorted(backing, key=lambda s: s.beat)),
        tracks={name: tuple(sorted(events, key=lambda e: e.beat)) for name, events in tracks.items() if events},
    )


def _moved(items: tuple[Timed, ...], song: Arrangement, piece: Piece, base: Arrangement) -> list[Timed]:
    """Return what begins inside the piece, in the beats of `base`."""
    first, last = piece.begin / song.beat_seconds, piece.end / song.beat_seconds
    stretch = base.tempo / song.tempo
    shift = piece.at / base.beat_seconds - first * stretch
    return [
        replace(item, beat=round(max(item.beat, first) * stretch + shift, 4), beats=round(item.beats * stretch, 4))
        for item in items
        if (first - 0.05 <= item.beat < last - 0.05)
        or (isinstance(item, Chord | Section) and item.beat < first < item.beat + item.beats - 0.05)
    ]


def as_arrangement(source: Arrangement | Recording) -> Arrangement:
    """Return an arrangement as it is, and of a recording what was measured in it."""
    if isinstance(source, Arrangement):
        return source
    lag = source.offset / source.beat_seconds
    total = source.seconds / source.beat_seconds
    lead = tuple(replace(event, beat=event.beat + lag) for event in source.melody)
    return Arrangement(
        genre="pop",
        tempo=source.tempo,
        meter=4,
        tonic=source.tonic,
        mode=source.mode,
        seconds=source.seconds,
        theme=number("recording", source.key),
        chairs=(),
        sections=(Section(0.0, total, "verse", ""),),
        chords=tuple(replace(chord, beat=chord.beat + lag) for chord in source.chords),
        tracks={"synth lead": lead} if lead else {},
        lead="synth",
    )


def transposed(song: Arrangement, steps: int) -> Arrangement:
    """Return the song `steps` semitones higher; drums stay drums."""
    if steps == 0:
        return song
    return replace(
        song,
        tonic=(song.tonic + steps) % 12,
        chords=tuple(replace(chord, root=(chord.root + steps) % 12) for chord in song.chords),
        syllables=tuple(replace(s, pitch=s.pitch + steps) for s in song.syllables),
        backing=tuple(replace(s, pitch=s.pitch + steps) for s in song.backing),
        tracks={
            name: events
            if name in ("drums", "percussion", "fx")
            else tuple(replace(e, pitch=e.pitch + steps) for e in events)
            for name, events in song.tracks.items()
        },
    )


def at_tempo(song: Arrangement, tempo: float) -> Arrangement:
    """Return the song at another tempo."""
    return replace(song, tempo=tempo, seconds=round(song.seconds * song.tempo / tempo, 4))


def melody_of(song: Arrangement) -> tuple[Event, ...]:
    """Return the tune of a song: what is sung, else what its soloists play."""
    if song.syllables:
        return tuple(Event(s.beat, s.beats, s.pitch, s.velocity) for s in song.syllables)
    events = [event for name, track in song.tracks.items() if name.endswith(" lead") for event in track]
    if not events:
        events = [event for part in _MELODY_PARTS for event in song.tracks.get(part, ())][:400]
    return tuple(sorted(events, key=lambda e: e.beat))


def rescored(song: Arrangement, plan: Plan, brief: Brief, tempo: float) -> Arrangement:
    """Return the same tune, words, chords and form, played by another band and sung by another voice."""
    chords, sections = song.chords, song.sections
    total = sections[-1].beat + sections[-1].beats
    theme = number("cover", song.theme, brief.style, brief.seed, brief.take)
    chairs, chart_parts = band_for(plan)
    chart = Chart(sections, chords, song.meter, theme, singer_center(plan, theme))
    tracks = {chair.part: part_events(chair, rank, chart) for rank, chair in enumerate(chart_parts)}
    hand = any(chair.manner == "hand" for chair in chairs)
    parts = {chair.part for chair in chairs}
    tracks |= {p: tuple(e) for p, e in beat_tracks(plan.genre, sections, song.meter, theme, parts, hand).items()}
    ring = max(0.5, song.seconds / song.beat_seconds - total - 0.2)
    for part, events in final_chord(chairs, chords[-1], total, ring).items():
        tracks[part] = tracks.get(part, ()) + events
    covered = replace(
        song,
        genre=plan.name,
        theme=theme,
        chairs=chairs,
        tracks={},
        swing=plan.genre.swing,
        swing_unit=0.5 if plan.name in ("jazz", "blues") else 0.25,
        voice=brief.voice or "",
        gender=plan.gender,
        lead=plan.lead,
        fade_in=0.0,
    )
    covered = _cast(covered, song, plan, brief)
    lead = covered.tracks
    merged = {name: events for name, events in tracks.items() if events} | lead
    return at_tempo(replace(covered, tracks=merged), tempo)


def _cast(covered: Arrangement, song: Arrangement, plan: Plan, brief: Brief) -> Arrangement:
    """Give the tune to a singer, or to a soloist where nobody sings."""
    octave = {("f", "m"): -12, ("m", "f"): 12}.get((song.gender, plan.gender), 0) if song.syllables else 0
    leads = {name: events for name, events in song.tracks.items() if name.endswith(" lead")}
    solo = lead_chair(plan.lead, plan)
    tune = melody_of(song)
    if plan.instrumental or not (song.syllables or brief.lyrics.strip()):
        return replace(covered, syllables=(), backing=(), chairs=(*covered.chairs, solo), tracks={solo.track: tune})
    syllables = song.syllables or _as_syllables(tune)
    if brief.lyrics.strip():
        syllables = _refit(syllables, brief.lyrics)
    played = (
        tuple(sorted((e for events in leads.values() for e in events), key=lambda e: e.beat)) if song.syllables else ()
    )
    sung = tuple(replace(s, pitch=s.pitch + octave) for s in syllables)
    backing = (
        tuple(replace(s, pitch=s.pitch + octave) for s in song.backing)
        if plan.backing and not brief.lyrics.strip()
        else ()
    )
    chairs = (*covered.chairs, solo) if played else covered.chairs
    return replace(
        covered, syllables=sung, backing=backing, chairs=chairs, tracks={solo.track: played} if played else {}
    )


def _as_syllables(tune: tuple[Event, ...]) -> tuple[Syllable, ...]:
    """Return an instrument's tune brought into a singer's range, still without words."""
    if not tune:
        return ()
    mean = sum(event.pitch for event in tune) / len(tune)
    octave = 12 * round((62 - mean) / 12)
    return tuple(Syllable(e.beat, e.beats, e.pitch + octave, e.velocity, "la", "la ") for e in tune)


def _refit(notes: tuple[Syllable, ...], lyrics: str) -> tuple[Syllable, ...]:
    """Return the notes carrying new words: one syllable a note while there are notes, the last ones split to fit."""
    fresh: list[tuple[str, str]] = []
    for block in blocks(lyrics):
        tag = f"[{block.tag}]\n" if block.tag else ""
        for line in block.lines:
            for word in line.words:
                end = "\n" if word is line.words[-1] else word.space
                fresh += [(sound, tag + word.text + end if i == 0 else "") for i, sound in enumerate(word.syllables)]
                tag = ""
    room = list(notes)
    while room and len(fresh) > len(room):
        longest = max(range(len(room)), key=lambda i: room[i].beats)
        note = room[longest]
        if note.beats < 0.2:
            break
        half = round(note.beats / 2, 4)
        room[longest : longest + 1] = [
            replace(note, beats=half),
            replace(note, beat=round(note.beat + half, 4), beats=half),
        ]
    return tuple(replace(note, sound=sound, word=word) for note, (sound, word) in zip(room, fresh, strict=False))


def looped(song: Arrangement, seconds: float) -> Arrangement:
    """Return the song cut or repeated so that it lasts `seconds` at its own tempo."""
    end = song.sections[-1].beat + song.sections[-1].beats
    wanted = max(song.meter, int((seconds - 0.8) / song.beat_seconds / song.meter) * song.meter)
    times = -(-wanted // int(end)) if end >= 1 else 1

    def again(items: tuple[Timed, ...]) -> tuple[Timed, ...]:
        moved = [
            replace(item, beat=item.beat + turn * end) for turn in range(times) for item in items if item.beat < end
        ]
        return tuple(replace(i, beats=min(i.beats, wanted - i.beat)) for i in moved if i.beat < wanted - 0.05)

    return replace(
        song,
        seconds=seconds,
        sections=again(song.sections),
        chords=again(song.chords),
        syllables=again(song.syllables),
        backing=again(song.backing),
        tracks={name: again(events) for name, events in song.tracks.items()},
    )


def chance_genre(song: Arrangement, brief: Brief, names: list[str]) -> str:
    """Return a genre other than the song's own, for a cover whose style was left open."""
    others = [name for name in names if name != song.genre]
    return others[int(dice("cover genre", song.theme, brief.seed, brief.take).integers(len(others)))]
