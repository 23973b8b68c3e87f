"""Copies of a song for publishing, in a folder of their own beside a sheet of what is known of it.

Nothing that exists is changed: the song's own files are only read, and a copy that was made before is kept and used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from ..core.errors import ArgumentRefused, SettingRefused
from ..files.downloads import Media, disk_errors
from ..files.library import RELEASE, Kept
from ..files.studio import needed
from ..files.tags import Owner, SongTags, mark_text, marked, read_tags, write_tags
from ..files.telling import tags_of
from .caller import Caller
from .material import Material, on_disk
from .release_notes import Facts, about, data_of, text_of
from .results import Result

if TYPE_CHECKING:
    from pathlib import Path

    from ..files.studio.covers import Cover
    from ..files.studio.loudness import Loudness
    from ..files.studio.provenance import Signing

USUAL = -14.0
SILENCE = -69.0
_NOTES = {"notes": ".txt", "json": ".json"}


@dataclass(frozen=True)
class _Place:
    """Where the copies of one song go, and how they are named and owned."""

    caller: Caller
    tags: SongTags
    name: str
    folder: str

    def own(self, suffix: str) -> Kept | None:
        return self.caller.library.own(self._named(), suffix, RELEASE, self.folder)

    def file(self, suffix: str, write: Callable[[Path], None]) -> Kept:
        return self.caller.library.keep_made(self._named(), suffix, write, folder=self.folder, inside=RELEASE)

    def text(self, text: str, suffix: str) -> Kept:
        return self.bytes(text.encode(), suffix)

    def bytes(self, data: bytes, suffix: str) -> Kept:
        def write(path: Path) -> None:
            with disk_errors(path.parent):
                path.write_bytes(data)

        return self.file(suffix, write)

    def _named(self) -> SongTags:
        """As the files are named, which have the label besides."""
        return replace(self.tags, title=self.name)


def release(caller: Caller, song: Material, target: float, going: Callable[[float], None]) -> Result:
    """The copies of a clip, made now or before. Blocks; `going` is told the share that is done."""
    needed("numpy", "av", "PIL")
    place = _place(caller, song, target)
    if (made := _made_before(place, song)) is not None:
        return made
    facts = about(caller, song)
    seal = _seal(caller, facts)
    with on_disk(caller, song) as path:
        sound = _sound(place, song, path, target, seal, going)
        picture = _picture(caller, song, path)
    files = {"wav": sound.wav, "flac": sound.flac}
    signed = seal.kept(files)
    said = [*sound.says, *seal.says]
    if picture is None:
        said.append("There is no cover that can be read. Shops ask for one: square, 3000 by 3000 pixels.")
    else:
        owner = Owner(place.tags.clip_id, place.tags.label)
        files["cover"] = place.bytes(marked(picture.jpeg, owner), ".jpg")
        said.append(picture.says)
    data = data_of(facts, sound.before, sound.after, said, {kind: kept.sha256 for kind, kept in files.items()})
    if signed:
        data["ai"]["c2pa"] = signed
    mark = mark_text(Owner(place.tags.clip_id, place.tags.label)).decode()
    files["notes"] = place.text(text_of(data, mark), _NOTES["notes"])
    # Last, because it stands for all of them: where it is, the others are whole.
    sheet = json.dumps({"of": mark, **data}, ensure_ascii=False, indent=2) + "\n"
    files["json"] = place.text(sheet, _NOTES["json"])
    if files["json"].sha256 != hashlib.sha256(sheet.encode()).hexdigest():
        data["done"].append("The sheet that was there stays as it was, with the checksums of the copies from then.")
    going(1.0)
    return _result(place, song, files, data, replayed=False)


def _place(caller: Caller, song: Material, target: float) -> _Place:
    clip = song.clip
    track = next(iter(caller.journal.tracks_of(caller.account, clip.clip_id)), None)
    for_target = "release" if target == USUAL else f"release {target:g} LUFS"
    label = ", ".join(word for word in (clip.label or (f"take {clip.take}" if clip.take else ""), for_target) if word)
    tags = replace(tags_of(clip, track, sandbox=caller.account.sandbox), label=label)
    folder = song.name if target == USUAL else f"{song.name} {target:g} LUFS"
    return _Place(caller, tags, clip.title or clip.clip_id, folder)


def _made_before(place: _Place, song: Material) -> Result | None:
    """The copies that are there already, if all of them are."""
    suffixes = {"wav": ".wav", "flac": ".flac", "cover": ".jpg", **_NOTES}
    files = {kind: kept for kind, suffix in suffixes.items() if (kept := place.own(suffix)) is not None}
    if not set(files) >= {"wav", "flac", *_NOTES}:
        return None
    try:
        data = json.loads(place.caller.library.read(files["json"].relative, 1 << 20))
        if ("cover" in data["files"]) != ("cover" in files):
            return None
        return _result(place, song, files, data, replayed=True)
    except (ValueError, KeyError, TypeError):
        return None  # somebody has edited it; what is missing is made, what is there stays


def _outdated(place: _Place, song: Material, flac: Kept, data: Mapping[str, Any]) -> Iterator[str]:
    """What has changed since the copies were made."""
    if data["made_from"]["file"] != song.sound.path:
        yield f"These copies were made from {data['made_from']['file']}, and there is a better source now."
    with place.caller.library.on_disk(flac.relative) as path:
        tags = read_tags(path)
    now = place.tags
    if tags is not None and (tags.album, tags.artist, tags.track) != (now.album, now.artist, now.track):
        yield (
            f"Their tags are from before the song was put on another album or moved on it: it is track {now.track} "
            f"of {now.album!r} by {now.artist!r} now."
        )
    if _wants_manifest(place.caller, song) and "c2pa" not in data["ai"]:
        yield "They carry no C2PA manifest, and settings for one are there now."


def _result(
    place: _Place, song: Material, files: Mapping[str, Kept], data: Mapping[str, Any], *, replayed: bool
) -> Result:
    caller = place.caller
    told: dict[str, Any] = {
        "status": "done",
        "clip_id": song.clip.clip_id,
        "files": [{"kind": kind, **caller.results.place_of(kept.relative)} for kind, kept in files.items()],
        "before": data["loudness"]["before"],
        "after": data["loudness"]["after"],
        "said": data["done"],
        "checklist": data["checklist"],
    }
    if replayed:
        told["replayed"] = True
        outdated = list(_outdated(place, song, files["flac"], data))
        if outdated:
            told["notice"] = f"{' '.join(outdated)} To make the copies again, move their folder away first."
    if caller.account.sandbox:
        told["sandbox"] = True
    lufs, peak = data["loudness"]["after"]["lufs"], data["loudness"]["after"]["dbtp"]
    was = "were made before" if replayed else "are ready"
    return Result(told, f"The copies of {song.name} for publishing {was}: {lufs} LUFS, peaks at {peak} dBTP.")


@dataclass(frozen=True)
class _Copies:
    wav: Kept
    flac: Kept
    before: Loudness
    after: Loudness
    says: list[str]


@dataclass
class _Seal:
    """What signs the files of one release, if anything does, and what came of it."""

    signing: Signing | None = None
    says: list[str] = field(default_factory=list)
    signed: set[str] = field(default_factory=set)

    def sign(self, path: Path, kind: str) -> None:
        """Give a finished file its manifest; a certificate that fails once is not tried again."""
        if self.signing is not None:
            try:
                self.signing.sign(path, kind)
                self.signed.add(kind)
            except SettingRefused as error:
                self.signing = None
                self.says.append(error.sentence)

    def kept(self, files: Mapping[str, Kept]) -> list[str]:
        """Which of these files carry a manifest: one that was there before was not replaced."""
        from ..files.studio.provenance import carries

        if not self.signed:
            return []
        kinds = [
            kind for kind, kept in files.items() if (carries(kept.path) if kept.path.is_file() else kind in self.signed)
        ]
        if kinds:
            names = " and ".join(kind.upper() for kind in kinds)
            self.says.append(
                f"{names} {'carry' if len(kinds) > 1 else 'carries'} a C2PA manifest that says that AI made the song, "
                "signed with the certificate of SONGWRIGHT_C2PA_CERTIFICATE."
            )
        return kinds


def _wants_manifest(caller: Caller, song: Material) -> bool:
    """Whether the person has set a certificate and AI made this song."""
    asked = caller.limits.c2pa_certificate or caller.limits.c2pa_key
    return asked is not None and not caller.account.sandbox and not song.clip.uploaded


def _seal(caller: Caller, facts: Facts) -> _Seal:
    from ..files.studio.provenance import signing

    certificate, key, clip = caller.limits.c2pa_certificate, caller.limits.c2pa_key, facts.song.clip
    if certificate is None and key is None:
        return _Seal()
    if not _wants_manifest(caller, facts.song):
        return _Seal(says=[f"The copies carry no C2PA manifest. {facts.ai_note}"])
    try:
        return _Seal(signing(certificate, key, clip.title or clip.clip_id, clip.model or ""))
    except SettingRefused as error:
        return _Seal(says=[error.sentence])


def _sound(
    place: _Place, song: Material, path: Path, target: float, seal: _Seal, going: Callable[[float], None]
) -> _Copies:
    from ..files.studio.loudness import measured
    from ..files.studio.mastering import CEILING_DBTP, MOST_LIMITED_DB, mastered
    from ..files.studio.sound import blocks, encode

    master = mastered(path, target, lambda share: going(0.5 * share))
    if master.before.lufs < SILENCE:
        raise ArgumentRefused(
            f"There is nothing to hear in {song.name}, or it is shorter than half a second, so it has no loudness. "
            "Nothing was made.",
            field="clip_id",
        )
    after = master.before

    def write(path: Path, kind: Literal["wav", "flac"]) -> None:
        nonlocal after
        done = 0.5 if kind == "wav" else 0.7
        encode(path, kind, master.sound(lambda share: going(done + 0.2 * share)), master.rate, master.channels)
        if kind == "wav":
            after = measured(blocks(path), master.rate, master.channels)
        with disk_errors(path.parent):
            write_tags(path, Media(kind), place.tags)
            seal.sign(path, kind)  # last, because every later change would break the signature

    wav = place.file(".wav", lambda path: write(path, "wav"))
    flac = place.file(".flac", lambda path: write(path, "flac"))
    louder = "louder" if master.gain_db >= 0 else "quieter"
    says = [f"The copies are {abs(master.gain_db):.1f} dB {louder} than the song, at {after.lufs:.1f} LUFS."]
    if master.limited_db >= 0.1:
        says.append(
            f"A limiter holds peaks back by up to {master.limited_db:.1f} dB, so that none passes "
            f"{CEILING_DBTP:g} dBTP; gain alone would let them through."
        )
    if abs(after.lufs - target) > 0.3:
        says.append(
            f"{target:g} LUFS was not reached: peaks would have to be held back by more than {MOST_LIMITED_DB:g} dB, "
            "which would be heard."
        )
    if song.sound.kind != "wav":
        says.append(
            "They were made from the compressed file, because no WAV of the song is saved here. get_wav buys one; with "
            "it the copies lose nothing."
        )
    return _Copies(wav, flac, master.before, after, says)


def _picture(caller: Caller, song: Material, sound: Path) -> Cover | None:
    from ..files.studio.covers import cover_for_release

    file = song.file("cover")
    if file is not None and not caller.library.lacks(file.path):
        with on_disk(caller, song, file) as path:
            return cover_for_release(path.read_bytes())
    tags = read_tags(sound)
    return cover_for_release(tags.cover) if tags is not None and tags.cover else None
