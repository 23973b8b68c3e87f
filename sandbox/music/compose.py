"""Turns a brief into a score: form, harmony, tunes for the words, and a band under them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from .band import Chart, final_chord, part_events
from .dice import dice, number
from .drums import PERCUSSION, beat_tracks
from .form import Form, Slot, shape
from .genres import GENRES
from .harmony import SCALES, bass_pitch, chord_at, progression, scale_pitches
from .melody import Tune, line_tones
from .score import Arrangement, Brief, Chair, Chord, Event, Score, Section, Syllable, whole
from .style import INSTRUMENTS, Plan, read_style
from .words import Line, SungWord

_CENTERS: Final = {"f": 64, "m": 53}
_LEAD_CENTER: Final = {"brass": 65, "guitar": 64, "keyboard": 72, "woodwinds": 70, "strings": 70, "synth": 69}
_PLAYED_SECTIONS: Final = frozenset({"intro", "instrumental", "solo", "outro"})
_EIGHTH_SWING: Final = frozenset({"jazz", "blues"})


def compose(brief: Brief) -> Score:
    """Return the whole song for a brief; the same brief gives the same song."""
    plan = read_style(brief)
    form = shape(brief, plan)
    theme = number("theme", brief.style, brief.title, brief.lyrics, brief.voice or "", brief.seed, brief.take)
    song = arrange(brief, plan, form, theme)
    return whole(song, title=brief.title, lyrics=brief.lyrics if song.syllables else "", style=brief.style)


def arrange(
    brief: Brief,
    plan: Plan,
    form: Form,
    theme: int,
    *,
    begins: bool = True,
    ends: bool = True,
    chords: tuple[Chord, ...] = (),
) -> Arrangement:
    """Return the band's and the singer's notes; `begins` and `ends` say whether the song does so here.

    `chords` are played instead of the genre's own, where somebody else's music already has some.
    """
    sections = _sections(form.slots, plan.meter)
    chords = chords or _harmony(sections, plan, theme, resolves=ends)
    tune = Tune(theme, plan.tonic, plan.scale, plan.meter, plan.genre.feel, _CENTERS[plan.gender], _reach(plan))
    syllables, backing = _sing(form.slots, sections, tune, chords, with_backing=plan.backing)
    chairs = _with_percussion(plan)
    total = sections[-1].beat + sections[-1].beats
    chart = Chart(sections, chords, plan.meter, theme, _band_tune(tune, plan.mode), _gaps(syllables, total))
    tracks = {chair.part: part_events(chair, rank, chart) for rank, chair in enumerate(_pitched(chairs))}
    parts = {chair.part for chair in chairs}
    hand = any(chair.manner == "hand" for chair in chairs)
    tracks |= {p: tuple(e) for p, e in beat_tracks(plan.genre, sections, plan.meter, theme, parts, hand).items()}
    leads = _leads(plan, sections, tune, chords, instrumental=not syllables)
    chairs += tuple(chair for chair, _ in leads)
    tracks |= {chair.track: events for chair, events in leads}
    if ends:
        ring = max(0.5, (form.seconds - total * 60.0 / form.tempo) * form.tempo / 60.0 - 0.2)
        for part, events in final_chord(chairs, chords[-1], total, ring).items():
            tracks[part] = tracks.get(part, ()) + events
    return Arrangement(
        genre=plan.name,
        tempo=form.tempo,
        meter=plan.meter,
        tonic=plan.tonic,
        mode=plan.mode,
        seconds=form.seconds,
        theme=theme,
        chairs=chairs,
        sections=sections,
        chords=chords,
        syllables=syllables,
        backing=backing,
        tracks={name: events for name, events in tracks.items() if events},
        swing=plan.genre.swing,
        swing_unit=0.5 if plan.name in _EIGHTH_SWING else 0.25,
        voice=brief.voice or "",
        gender=plan.gender,
        lead=plan.lead,
        fade_in=form.fade_in if begins else 0.0,
        fade_out=form.fade_out,
    )


def band_for(plan: Plan) -> tuple[tuple[Chair, ...], list[Chair]]:
    """Return everybody who plays in a plan's band, and those of them who read the chart of chords."""
    chairs = _with_percussion(plan)
    return chairs, _pitched(chairs)


def singer_center(plan: Plan, theme: int) -> Tune:
    """Return the tune the band's own phrases are cut from."""
    tune = Tune(theme, plan.tonic, plan.scale, plan.meter, plan.genre.feel, _CENTERS[plan.gender], _reach(plan))
    return _band_tune(tune, plan.mode)


def _reach(plan: Plan) -> int:
    return 2 if plan.genre.speech else 7


def _band_tune(tune: Tune, mode: str) -> Tune:
    return replace(
        tune,
        center=tune.center if tune.center > 60 else tune.center + 12,
        scale=tune.scale if tune.scale in SCALES else mode,
    )


def _sections(slots: tuple[Slot, ...], meter: int) -> tuple[Section, ...]:
    sections: list[Section] = []
    beat = 0.0
    for slot in slots:
        sections.append(Section(beat, float(slot.bars * meter), slot.kind, slot.tag))
        beat += slot.bars * meter
    return tuple(sections)


def _harmony(sections: tuple[Section, ...], plan: Plan, theme: int, *, resolves: bool) -> tuple[Chord, ...]:
    """Return the chords: verses, choruses and bridges each have their own, which come back with them."""
    lines = plan.genre.minors if plan.mode == "minor" else plan.genre.major
    columns = lines[int(dice(theme // 2, "progression").integers(len(lines)))].split("|")
    long = plan.genre.bars_per_chord * plan.meter
    chords: list[Chord] = []
    for section in sections:
        column = {"chorus": 1, "hook": 1, "solo": 0, "bridge": 2, "pre-chorus": 2}.get(section.kind, 0)
        cycle = progression(columns[min(column, len(columns) - 1)], plan.tonic)
        beat, index = section.beat, 0
        while beat < section.beat + section.beats - 1e-6:
            root, kind = cycle[index % len(cycle)]
            chords.append(Chord(beat, min(long, section.beat + section.beats - beat), root, kind))
            beat += long
            index += 1
    if resolves:
        home = progression("i" if plan.mode == "minor" else "I", plan.tonic)[0]
        kind = cycle_kind if (cycle_kind := _home_kind(chords, plan.tonic)) else home[1]
        chords.append(Chord(beat, plan.meter, plan.tonic, kind))
    return tuple(chords)


def _home_kind(chords: list[Chord], tonic: int) -> str:
    return next((chord.kind for chord in chords if chord.root == tonic), "")


def _gaps(syllables: tuple[Syllable, ...], total: float) -> tuple[tuple[float, float], ...]:
    """Return the stretches in beats where nobody sings."""
    gaps: list[tuple[float, float]] = []
    at = 0.0
    for syllable in syllables:
        if syllable.beat - at > 1.0:
            gaps.append((at + 0.25, syllable.beat))
        at = max(at, syllable.beat + syllable.beats)
    gaps.append((at + 0.25, total))
    return tuple(gaps)


def _sing(
    slots: tuple[Slot, ...], sections: tuple[Section, ...], tune: Tune, chords: tuple[Chord, ...], *, with_backing: bool
) -> tuple[tuple[Syllable, ...], tuple[Syllable, ...]]:
    """Return what the singer and the backing singers sing."""
    lead: list[Syllable] = []
    backing: list[Syllable] = []
    for slot, section in zip(slots, sections, strict=True):
        tag = f"[{slot.tag}]\n" if slot.tag else ""
        for place, line in enumerate(slot.lines):
            start = section.beat + place * slot.per_line * tune.meter
            beats = float(slot.per_line * tune.meter)
            sung = sing_line(tune, slot.kind, place, line.words, start, beats, chords, tag)
            tag = ""
            lead += sung
            if with_backing and slot.kind in ("chorus", "hook"):
                backing += [_harmony_note(note, tune) for note in sung]
            backing += _echo(line, sung, start + beats, tune, chords)
    return tuple(lead), tuple(sorted(backing, key=lambda note: note.beat))


def sing_line(
    tune: Tune,
    kind: str,
    place: int,
    words: tuple[SungWord, ...],
    start: float,
    beats: float,
    chords: tuple[Chord, ...],
    tag: str = "",
) -> list[Syllable]:
    """Return one line of words on its tune; `tag` is written in front of its first word."""
    sounds = [(sound, word if index == 0 else None) for word in words for index, sound in enumerate(word.syllables)]
    tones = line_tones(tune, kind, place, len(sounds), start, beats, chords)
    result: list[Syllable] = []
    last = words[-1]
    for (sound, word), tone in zip(sounds, tones, strict=True):
        text = "" if word is None else tag + word.text + ("\n" if word is last else word.space)
        tag = tag if word is None else ""
        result.append(Syllable(tone.beat, tone.beats, tone.pitch, tone.velocity, sound, text))
    return result


def _harmony_note(note: Syllable, tune: Tune) -> Syllable:
    """Return the note two scale steps above: the third that a second singer finds without thinking."""
    scale = "minor" if "minor" in tune.scale or tune.scale == "blues" else "major"
    above = scale_pitches(tune.tonic, scale, note.pitch + 1, note.pitch + 8)
    return replace(note, pitch=above[1], velocity=note.velocity * 0.8, word="")


def _echo(line: Line, sung: list[Syllable], end: float, tune: Tune, chords: tuple[Chord, ...]) -> list[Syllable]:
    """Return the words in brackets, answered in the breath after the line."""
    if not line.echo:
        return []
    start = min(sung[-1].beat + sung[-1].beats, end - 1.0) if sung else end - 2.0
    sounds = [sound for word in line.echo for sound in word.syllables]
    step = (end + 0.5 - start) / len(sounds)
    root = bass_pitch(chord_at(chords, start).root, tune.center)
    pitches = scale_pitches(tune.tonic, tune.scale, root, root + 12)
    return [
        Syllable(round(start + i * step, 4), round(step * 0.95, 4), pitches[i % 2 * 2 % len(pitches)], 0.6, sound, "")
        for i, sound in enumerate(sounds)
    ]


def _with_percussion(plan: Plan) -> tuple[Chair, ...]:
    """Return the band, with a percussionist where the genre's pattern has something for one."""
    parts = {chair.part for chair in plan.chairs}
    if "drums" in parts and "percussion" not in parts and PERCUSSION & plan.genre.drums.keys():
        return (*plan.chairs, Chair("percussion", plan.genre.kit, "beat"))
    return plan.chairs


def _pitched(chairs: tuple[Chair, ...]) -> list[Chair]:
    return [chair for chair in chairs if chair.part not in ("drums", "percussion")]


def lead_chair(part: str, plan: Plan) -> Chair:
    """Return the seat of a soloist on `part`, with a patch that can carry a tune."""
    seated = next((chair for chair in plan.chairs if chair.part == part), None)
    rough = plan.genre.grit > 0
    patches = {
        "synth": "lead synth",
        "guitar": "lead guitar" if rough or plan.name == "blues" else seated.patch if seated else "nylon guitar",
        "keyboard": seated.patch if seated else "piano",
        "strings": seated.patch if seated and seated.patch == "fiddle" else "solo strings",
        "brass": "muted trumpet" if plan.name == "jazz" else "trumpet",
        "woodwinds": seated.patch
        if seated
        else "saxophone"
        if plan.name in ("jazz", "r&b", "blues", "funk")
        else "flute",
    }
    return Chair(part, patches.get(part, "lead synth"), "lead", 0.0, -0.1)


def _leads(
    plan: Plan, sections: tuple[Section, ...], tune: Tune, chords: tuple[Chord, ...], *, instrumental: bool
) -> list[tuple[Chair, tuple[Event, ...]]]:
    """Return the soloists: everywhere in a song without words, else where the singer rests."""
    by_part: dict[str, list[Event]] = {}
    for section in sections:
        if not instrumental and section.kind not in _PLAYED_SECTIONS:
            continue
        if section.kind in ("intro", "outro") and section.beats < 2 * plan.meter:
            continue
        part = _solo_part(section.tag) or plan.lead
        by_part.setdefault(part, []).extend(_solo(plan, section, tune, chords, part))
    return [(lead_chair(part, plan), tuple(events)) for part, events in by_part.items() if events]


def _solo(plan: Plan, section: Section, tune: Tune, chords: tuple[Chord, ...], part: str) -> list[Event]:
    family = "chorus" if section.kind in ("intro", "outro", "instrumental") else section.kind
    center = _LEAD_CENTER.get(part, 69)
    shared = replace(tune, center=center, reach=10 if section.kind == "solo" else 8)
    bars = 2 if plan.meter * 60 / plan.tempo < 3.4 else 1
    beats = float(bars * plan.meter)
    events: list[Event] = []
    for place in range(int(section.beats // beats)):
        chance = dice(tune.theme, "lead", family, place % 4)
        busy = {"ambient": 0.35, "cinematic": 0.5, "lullaby": 0.8}.get(plan.name, 1.0) * (
            1.5 if section.kind == "solo" else 1.0
        )
        count = max(2, round(float(chance.uniform(0.75, 1.15)) * beats * busy))
        if section.kind == "intro" and place == 0:
            count = max(2, count // 2)
        start = section.beat + place * beats
        events += [
            Event(t.beat, t.beats * 0.95, t.pitch, t.velocity)
            for t in line_tones(shared, family, place, count, start, beats, chords)
        ]
    return events


def _solo_part(tag: str) -> str:
    """Return the part a tag such as "Guitar Solo" names, or ""."""
    text = tag.lower()
    for words, chair in INSTRUMENTS:
        if chair.part not in ("drums", "percussion", "bass") and re.search(rf"\b(?:{words})\b", text):
            return chair.part
    return ""


def plan_like(song: Arrangement, brief: Brief) -> Plan:
    """Return the plan of a song that exists, so that more of it can be written: its key, tempo, band and singer."""
    genre = GENRES[song.genre]
    base = read_style(replace(brief, style=""), genre_name=song.genre)
    return replace(
        base,
        name=song.genre,
        genre=genre,
        tempo=song.tempo,
        tempo_fixed=True,
        tonic=song.tonic,
        mode=song.mode,
        scale=song.mode
        if not genre.scale
        else f"{song.mode} pentatonic"
        if genre.scale.endswith("pentatonic")
        else genre.scale,
        meter=song.meter,
        chairs=tuple(chair for chair in song.chairs if chair.manner != "lead"),
        lead=song.lead,
        gender=brief.vocal_gender or song.gender,
        backing=genre.backing,
    )
