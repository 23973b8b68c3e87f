"""A song as a project for music programs: what was bought for it, put together so that it begins at bar one.

Everything here blocks: it runs in the workshop.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import LibraryUnavailable, NotFound
from ..core.jobs import Clip, SavedFile
from ..files.names import safe_name
from ..files.studio import dawproject, needed, notes, reaper, timed
from ..files.studio.session import Notes, Session, Sound, TempoMap
from ..files.studio.sound import blocks, encode, nature
from . import bought, project_words
from .bought import Offer
from .caller import Caller
from .material import Material, material, on_disk
from .project_words import Origin
from .results import Result
from .workshop import Work

if TYPE_CHECKING:
    from ..files.studio.sound import Samples

_SET = re.compile(r"set (\d+), ")
_ARTIST = "Songwright"
_DRUMS = re.compile(r"drum|percussion", re.IGNORECASE)
_DRUM_CHANNEL = 9
_FRAME_BYTES = 6
"""Of a moment of stereo sound with 24 bits."""
_SPARE_BYTES = 100_000_000
"""What an export leaves free on a disk."""


@dataclass
class Gathered:
    """What there is of a song, before anything is written."""

    song: Material
    stems: list[tuple[str, Material, bool]] = field(default_factory=list)
    """Name of the track, its sound, and whether it is of the split that adds up to the song."""
    scores: list[tuple[str, Material]] = field(default_factory=list)
    """Whose notes were bought: the name of a stem, or nothing for the whole song."""
    lost: list[str] = field(default_factory=list)
    """What was bought and is not in the library any more."""
    lossy: list[str] = field(default_factory=list)
    """Tracks whose sound was decoded from a compressed file."""
    missing: list[Offer] = field(default_factory=list)
    engine_lacks: bool = False
    """Whether the service splits and measures no songs of this engine."""

    @property
    def adds_up(self) -> bool:
        """Whether there are stems that make the whole song together."""
        return any(active for *_, active in self.stems)


def known(caller: Caller, clip: Clip) -> str:
    """A mark of what there is of a song now: another one once something was bought for it."""
    stems = [stem for _, parts in bought.stems_of(caller, clip.clip_id) for stem in parts]
    files = [caller.journal.files(caller.account, one.clip_id) for one in (clip, *stems)]
    return hashlib.sha256(repr((clip, files)).encode("utf-8", "replace")).hexdigest()


def export(caller: Caller, clip: Clip, work: Work) -> Result:
    """Make the folder. Raises `NotFound` when the song itself is gone, `ExtraMissing` and `LibraryUnavailable`."""
    needed("av", "numpy", "mido")
    found = _gathered(caller, clip)
    with caller.library.workplace() as place:
        session, origin = _session(caller, found, place, work)
        name = _file_name(found.song)
        _written(place, name, session, clip)
        said = project_words.averages(session, origin, tempo_of(caller, clip), found.lossy)
        readme = project_words.readme(session, name, said, found.missing, found.lost)
        (place / "README.txt").write_text(readme, encoding="utf-8", newline="\r\n")
        made = sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())
        folder, new = caller.library.keep_folder(place, f"{name} project", clip.clip_id)
    return _result(caller, found, session, said, (folder, new, made))


# -- what there is --------------------------------------------------------------------------------------------------


def _gathered(caller: Caller, clip: Clip) -> Gathered:
    found = Gathered(material(caller, clip))
    splits = bought.stems_of(caller, clip.clip_id)
    for index, (split, parts) in enumerate(splits):
        _add_split(caller, found, split, parts, first=index == 0)
    if found.song.file("midi") is not None:
        found.scores.append(("", found.song))
    for name, stem, _ in found.stems:
        if stem.file("midi") is not None:
            found.scores.append((name, stem))
    wanted = []
    if not splits:
        wanted.append(("stems: voice and band", "separate_stems", {"parts": "basic"}))
        wanted.append(("stems: every instrument", "separate_stems", {"parts": "full"}))
    if not found.scores:
        wanted.append(("notes as MIDI (cleaner from a stem's clip id)", "get_midi", {}))
    if clip.bpm is None and bought.answer_to(caller, "get_bpm", clip.clip_id) is None:
        wanted.append(("tempo", "get_bpm", {}))
    if not _wordless(clip.lyrics) and bought.answer_to(caller, "get_lyrics_timeline", clip.clip_id) is None:
        wanted.append(("lyrics with their times, and section markers", "get_lyrics_timeline", {}))
    offers = [bought.offer(caller, what, tool, clip_id=clip.clip_id, **more) for what, tool, more in wanted]
    found.missing += [offer for offer in offers if offer is not None]
    found.engine_lacks = bool(offers) and not found.missing
    return found


def _wordless(lyrics: str) -> bool:
    """Whether it is known that nothing is sung: there are tags only."""
    lines = [line.strip() for line in lyrics.splitlines() if line.strip()]
    return bool(lines) and all(line[0] == "[" and line[-1] == "]" for line in lines)


def _add_split(caller: Caller, found: Gathered, split: str, parts: Sequence[Clip], *, first: bool) -> None:
    """The stems of one separation; candidate sets after the first, and other separations, are there to compare."""
    rows, whole = list[tuple[str, Material, bool]](), True
    for part in parts:
        name = part.part or "part"
        number = _SET.match(name)
        chosen = first and (number is None or number[1] == "1")
        plain = _SET.sub("", name) if chosen else name if first else f"{split} split, {name}"
        try:
            stem = material(caller, part)
            with on_disk(caller, stem):
                pass
        except NotFound:
            found.lost.append(f"stem {plain}")
            whole = whole and not chosen
            continue
        rows.append((plain, stem, chosen))
    found.stems += [(name, stem, chosen and whole) for name, stem, chosen in rows]


def tempo_of(caller: Caller, clip: Clip) -> tuple[float, float] | None:
    """The slowest and the fastest tempo that was measured; None where only an average is known."""
    answer = bought.answer_to(caller, "get_bpm", clip.clip_id)
    facts = {} if answer is None else answer.outcome.facts
    slowest, fastest = facts.get("bpm_min"), facts.get("bpm_max")
    return None if slowest is None or fastest is None else (slowest, fastest)


# -- what is made of it -----------------------------------------------------------------------------------------------


def _session(caller: Caller, found: Gathered, place: Path, work: Work) -> tuple[Session, Origin]:
    """The project, with its sounds written; and where its tempo and its metre are from."""
    clip = found.song.clip
    mix_only = not found.adds_up
    tracks = [("Mix", found.song, mix_only), *found.stems]
    with on_disk(caller, found.song) as path:
        rate = nature(path).rate
    (place / "audio").mkdir()
    _refuse_too_large(place, [source.clip.seconds or 0.0 for _, source, _ in tracks], rate)
    sounds, taken = list[Sound](), set[str]()
    for index, (name, source, heard) in enumerate(tracks):
        file = _free(f"audio/{safe_name(name.lower(), 60)}", ".wav", taken)
        with on_disk(caller, source) as path:
            own = nature(path)
            channels = own.channels
            if not own.codec.startswith(("pcm", "flac")):
                found.lossy.append(_title(name))
            heard_so_far = _reported(blocks(path, rate=rate), work, index / len(tracks), 1 / len(tracks))
            moments = encode(place / file, "wav", heard_so_far, rate, channels)
        sounds.append(Sound(_title(name), file, moments / rate, rate, channels, muted=not heard))
    seconds = sounds[0].seconds
    players, tempo, origin = _score(caller, found, clip)
    session = Session(
        title=found.song.name,
        artist=_ARTIST,
        seconds=seconds,
        tempo=tempo,
        sounds=tuple(sounds),
        players=tuple(players),
        lines=tuple(timed.tidy(bought.timeline_of(caller, clip.clip_id), seconds)),
        style=clip.style,
        comment=f"Exported by Songwright. Clip {clip.clip_id}.",
    )
    return session, origin


def _refuse_too_large(place: Path, lengths: Sequence[float], rate: int) -> None:
    """Raise `LibraryUnavailable` where the sounds, which are in the folder twice, would fill the disk."""
    needs = int(sum(lengths) * rate * _FRAME_BYTES * 2)
    free = shutil.disk_usage(place).free
    if free < needs + _SPARE_BYTES:
        raise LibraryUnavailable(
            f"The project needs about {needs / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free on the library's disk. "
            "Free some space, then export again. Nothing was changed or spent."
        )


def _reported(sound: Iterator[Samples], work: Work, before: float, share: float) -> Iterator[Samples]:
    """The same sound; the work is told how far it is, and may end between two blocks."""
    work.done(before)
    for block in sound:
        work.done(before)
        yield block
    work.done(before + share * 0.99)


def _score(caller: Caller, found: Gathered, clip: Clip) -> tuple[list[Notes], TempoMap, Origin]:
    players = list[Notes]()
    tempi: tuple[tuple[float, float], ...] = ()
    meter: tuple[int, int] | None = None
    for name, source in found.scores:
        file = source.file("midi")
        assert file is not None, "only those with notes are listed"
        try:
            with on_disk(caller, source, file) as path:
                score = notes.read(path)
        except NotFound:
            score = None
        if score is None:
            found.lost.append(f"MIDI of {name or 'the song'}")
            continue
        of_mix = not name and len(found.scores) > 1
        players += [_named(player, name, len(score.players), of_mix=of_mix) for player in score.players]
        tempi, meter = tempi or score.tempi, meter or score.meter
    known = meter is not None
    if clip.bpm is not None:
        return players, TempoMap.of([(0.0, clip.bpm)], meter or (4, 4)), Origin("measured", known)
    if tempi:
        return players, TempoMap.of(tempi, meter or (4, 4)), Origin("midi", known)
    return players, TempoMap(meter=meter or (4, 4)), Origin("unknown", known)


def _named(player: Notes, stem: str, count: int, *, of_mix: bool) -> Notes:
    """A player with the name of its stem, on the channel that programs play drums on where it is drums."""
    own = player.name or "notes"
    name = own if not stem else stem if count == 1 else f"{stem}, {own}"
    channel = _DRUM_CHANNEL if _DRUMS.search(name) else player.channel
    return Notes(f"{_title(name)} (MIDI{' of the mix' if of_mix else ''})", player.notes, channel, player.program)


def _written(place: Path, name: str, session: Session, clip: Clip) -> None:
    """The projects, and what goes beside the sounds."""
    if session.players or session.lines:
        (place / "midi").mkdir()
        (place / "midi" / f"{name}.mid").write_bytes(notes.write(session))
    words = dict(timed.texts(session.lines, title=clip.title, artist=session.artist, seconds=session.seconds))
    if clip.lyrics.strip():
        words[".txt"] = clip.lyrics.strip() + "\n"
    if words:
        (place / "lyrics").mkdir()
    for ending, text in words.items():
        (place / "lyrics" / f"{name}{ending}").write_bytes(text.encode("utf-8", "replace"))
    files = {sound.file: place / sound.file for sound in session.sounds}
    dawproject.write(place / f"{name}.dawproject", session, files)
    (place / f"{name}.rpp").write_text(reaper.project(session), encoding="utf-8", newline="\n")


def _file_name(song: Material) -> str:
    """The song's name as a file name, with what distinguishes it from other takes however long its title is."""
    title = song.clip.title or song.clip.clip_id
    return safe_name(f"{safe_name(title, 60)}{song.name[len(title) :]}", 110)


def _free(stem: str, ending: str, taken: set[str]) -> str:
    """A file name that no other track has, whatever its case."""
    number, file = 1, f"{stem}{ending}"
    while file.casefold() in taken:
        number += 1
        file = f"{stem} {number}{ending}"
    taken.add(file.casefold())
    return file


def _title(name: str) -> str:
    return name[:1].upper() + name[1:]


# -- what is told -----------------------------------------------------------------------------------------------------

_KINDS = {".dawproject": "dawproject", ".rpp": "reaper", ".mid": "midi", ".txt": "text"}


def _result(
    caller: Caller, found: Gathered, session: Session, said: list[str], kept: tuple[str, bool, list[str]]
) -> Result:
    folder, new, made = kept
    top = sorted((name for name in made if "/" not in name), key=lambda name: ["d", "r", "t"].index(_kind(name)[0]))
    files = [{"kind": _kind(name), **_place(caller, f"{folder}/{name}")} for name in top]
    files += [{"kind": _kind(name), **_place(caller, f"{folder}/{name}")} for name in made if name[:5] == "midi/"]
    rows: list[dict[str, object]] = [
        {"name": sound.name, "holds": "audio", **({"muted": True} if sound.muted else {})} for sound in session.sounds
    ]
    rows += [{"name": player.name, "holds": "notes"} for player in session.players]
    rows += [{"name": "Lyrics", "holds": "lyrics"}] if session.lines else []
    data: dict[str, object] = {"status": "done", "files": files, "tracks": rows, "averages": said}
    notices = [] if new else ["This is the folder of an earlier export, which has changed in nothing."]
    if caller.hosted:
        notices.append(
            "Open the dawproject: everything is inside. The reaper file needs the folder `audio` beside it, and a "
            "folder has no link."
        )
    else:
        data["folder"] = str(caller.library.locate(folder))
    if found.missing:
        data["missing"] = [
            {"what": offer.what, "call": offer.call, **({} if offer.credits is None else {"credits": offer.credits})}
            for offer in found.missing
        ]
    data["bpm"] = round(session.tempo.first, 2)
    if found.lost:
        notices.append(
            f"Bought before and not found in the library any more: {', '.join(found.lost)}. get_song looks again, free."
        )
    if found.engine_lacks:
        notices.append("The service has no stems, notes, tempo or timed lyrics for songs of this engine.")
    if caller.account.sandbox:
        data["sandbox"] = True
    if notices:
        data["notice"] = " ".join(notices)
    lacking = f" Not bought yet: {', '.join(offer.what for offer in found.missing)}." if found.missing else ""
    count = f"{len(rows)} track{'' if len(rows) == 1 else 's'}"
    return Result(data, f"{session.title}: a project with {count}, nothing spent.{lacking}")


def _kind(name: str) -> str:
    return _KINDS[Path(name).suffix]


def _place(caller: Caller, relative: str) -> dict[str, str]:
    return caller.results.place(SavedFile("", "", relative, 0, ""))
