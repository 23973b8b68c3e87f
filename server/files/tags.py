"""Metadata in the library's files: tags in audio files, a small mark in covers, MIDI and timed lyrics.

Tags are for players and for us: their clip id and label decide whose file it is before anything is replaced. Only
Songwright's own fields are rewritten; everything else in a file stays.

ID3 is written as version 2.4, the only one that keeps a full date, but uses only what 2.3 also knows: UTF-16 text
instead of UTF-8, one value per frame, no compression. A program that downgrades it loses nothing.
"""

from __future__ import annotations

import logging
import re
import stat
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote

from .crowds import flac_start, refuse_crowded
from .downloads import Media, sniff
from .iso639 import three_letters
from .riff import write_info

log = logging.getLogger(__name__)

_OWN: Final = "SONGWRIGHT_"
_MP4_OWN: Final = "----:com.apple.iTunes:" + _OWN
_LATIN1: Final = 0
_UTF16: Final = 1
_FRONT_COVER: Final = 3
_HEAD: Final = 4096
_ASS_HEAD: Final = b"[Script Info]\n"
_MARK: Final = re.compile(rb"songwright-file:([^:;\s]{1,900}):([^:;\s]{0,900});")


@dataclass(frozen=True)
class SongTags:
    """What is known about one file. An empty text or None means unknown, and leaves the file's value unchanged.

    `take` counts from 1; `label` distinguishes this file of the clip from its others ("vocals"); `created` is ISO 8601;
    `style` is the whole description, `genre` the part of it that players sort by; `track` is a place on the album, of
    `tracks` where the album is complete; `language` is a code like `es`, `es-MX` or `spa`; `synced` holds (seconds from
    the start, line). Reading returns what the format can hold: BPM as a whole number, `synced` from MP3 and WAV only.
    """

    clip_id: str
    title: str
    take: int | None = None
    artist: str = "Songwright"
    album: str | None = None
    album_artist: str | None = None
    track: int | None = None
    tracks: int | None = None
    genre: str = ""
    lyrics: str = ""
    style: str = ""
    prompt: str = ""
    model: str = ""
    seconds: float | None = None
    bpm: float | None = None
    created: str | None = None
    language: str | None = None
    sandbox: bool = False
    cover: bytes | None = None
    synced: tuple[tuple[float, str], ...] = ()
    label: str | None = None


class Owner(NamedTuple):
    """Whose file it is: the clip, and which of the clip's files."""

    clip_id: str
    label: str | None


def write_tags(path: Path, kind: Media, tags: SongTags) -> bool:
    """Write tags into the file, in place; False when its kind has no tags or it cannot be parsed (it then stays as it
    is). Raises OSError when the disk refuses; the file may then be damaged, so pass a copy. Blocks.
    """
    write = {Media.MP3: _write_mp3, Media.WAV: _write_wav, Media.M4A: _write_mp4, Media.FLAC: _write_flac}.get(kind)
    if write is None:
        return False
    try:
        refuse_crowded(path, kind)
        write(path, tags)
    except Exception as error:
        if (cause := _disk_cause(error)) is not None:
            raise cause from error
        log.warning("no tags written: the %s file of clip %r cannot be parsed (%r)", kind, tags.clip_id[:80], error)
        return False
    return True


def read_tags(path: Path) -> SongTags | None:
    """The tags of an audio file that Songwright wrote, or None for any other file, including missing and broken
    ones. Blocks.
    """
    try:
        kind = sniff(_head(path))
        read = _READERS.get(kind) if kind else None
        if kind is None or read is None:
            return None
        refuse_crowded(path, kind)
        return read(path)
    except Exception as error:  # noqa: BLE001 - a parser may fail in any way on foreign bytes
        log.debug("%s has no readable tags: %r", path, error)
        return None


def read_owner(path: Path) -> Owner | None:
    """Whose file it is, by its tags or its mark; None for files that are not ours, including missing and broken
    ones.
    """
    try:
        head = _head(path)
    except OSError:
        return None
    if sniff(head) in _READERS:
        tags = read_tags(path)
        return Owner(tags.clip_id, tags.label) if tags else None
    found = _MARK.search(head)
    return Owner(unquote(found[1].decode("ascii", "replace")), _unquoted(found[2])) if found else None


# -- marks: the owner's name in files without tags -------------------------------------------------------------


def mark_text(owner: Owner) -> bytes:
    """The mark itself: ASCII, without white space, which `read_owner` finds anywhere in a file's first 4 KiB."""
    clip_id, label = (quote(text, safe="", errors="replace") for text in (owner.clip_id, owner.label or ""))
    return f"songwright-file:{clip_id}:{label};".encode()


def marked(data: bytes, owner: Owner) -> bytes:
    """The same picture, MIDI file or timed lyrics with the owner's mark inside, where its format keeps comments.

    Anything else comes back unchanged.
    """
    mark = mark_text(owner)
    kind = sniff(data[:16])
    if not _MARK.fullmatch(mark):
        return data  # an id too long to be one
    if kind is Media.JPEG:
        # A JFIF header, if present, must stay the first segment.
        at = 4 + int.from_bytes(data[4:6]) if data[2:4] == b"\xff\xe0" else 2
        return data[:at] + b"\xff\xfe" + struct.pack(">H", len(mark) + 2) + mark + data[at:]
    if kind is Media.PNG:
        chunk = b"tEXtComment\x00" + mark
        return data[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:]
    if kind is Media.MIDI and data[14:18] == b"MTrk":
        size = len(mark)
        event = b"\x00\xff\x01" + bytes([0x80 | size >> 7, size & 0x7F]) + mark
        return data[:18] + struct.pack(">I", int.from_bytes(data[18:22]) + len(event)) + event + data[22:]
    if kind is None and data.startswith(_ASS_HEAD):
        return _ASS_HEAD + b"; " + mark + b"\n" + data[len(_ASS_HEAD) :]
    if kind is None and data[:1] == b"[":
        return b"[re:" + mark + b"]\n" + data
    if kind is None and data[:7] == b"WEBVTT\n":
        return data[:7] + b"\nNOTE " + mark + b"\n" + data[7:]
    return data


def _unquoted(label: bytes) -> str | None:
    return unquote(label.decode("ascii", "replace")) or None


def _head(path: Path) -> bytes:
    # Opening a pipe or a device could wait for ever.
    if not stat.S_ISREG(path.stat().st_mode):
        return b""
    with path.open("rb") as file:
        file.seek(flac_start(file))
        inner = file.read(_HEAD)
        file.seek(0)
        return inner if sniff(inner) is Media.FLAC else file.read(_HEAD)


# -- what all formats share -----------------------------------------------------------------------------------------


def _mutagen(module: str) -> Any:
    """A module of mutagen, loaded at first use. It declares types but mostly has none, hence Any."""
    return import_module(f"mutagen.{module}")


def _disk_cause(error: BaseException) -> OSError | None:
    """The underlying OSError: mutagen wraps the disk's errors in its own."""
    if isinstance(error, OSError):
        return error
    return next((cause for cause in error.args if isinstance(cause, OSError)), None)


def _clean(text: str) -> str:
    """Text that every format can hold: no control characters (NUL ends a value), no halves of surrogate pairs."""
    kept = "".join(c for c in text if c in "\n\t" or (ord(c) >= 32 and ord(c) != 127))
    return kept.encode("utf-8", "replace").decode("utf-8")


def _own(tags: SongTags) -> dict[str, str]:
    """Songwright's own fields, by the name after the prefix; an empty one is removed from the file."""
    return {
        "CLIP_ID": _clean(tags.clip_id),
        "LABEL": _clean(tags.label or ""),
        "TAKE": str(tags.take or ""),
        "STYLE": _clean(tags.style),
        "MODEL": _clean(tags.model),
        "PROMPT": _clean(tags.prompt),
        "LANGUAGE": _clean(tags.language or ""),
        "SANDBOX": "1" if tags.sandbox else "",
    }


def _common(tags: SongTags) -> dict[str, str]:
    """The fields every player knows, by their ID3 frame; only those that are known."""
    bpm = round(tags.bpm) if tags.bpm and 1 <= tags.bpm < 1000 else ""
    known = {
        "TIT2": tags.title,
        "TPE1": tags.artist,
        "TALB": tags.album or "",
        "TPE2": tags.album_artist or "",
        "TCON": tags.genre,
        "TBPM": str(bpm),
        "TRCK": f"{tags.track or ''}" + (f"/{tags.tracks}" if tags.track and tags.tracks else ""),
        "TDRC": _utc(tags.created),
    }
    return {frame: text for frame, value in known.items() if (text := _clean(value).strip())}


def _utc(created: str | None) -> str:
    """An ISO 8601 time to the second in UTC, as in tags; empty if it is not a time."""
    try:
        moment = datetime.fromisoformat(created or "")
    except ValueError:
        return ""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _count(text: str) -> int | None:
    return int(text) or None if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _assembled(
    own: Mapping[str, str],
    common: Mapping[str, str],
    seconds: float | None,
    lyrics: str,
    cover: bytes | None,
    synced: tuple[tuple[float, str], ...] = (),
) -> SongTags | None:
    """Tags from what a reader found, or None without a clip id."""
    if not own.get("CLIP_ID"):
        return None
    track, _, tracks = common.get("TRCK", "").partition("/")
    old = "STYLE" not in own  # an older file: its genre is the whole style, its track number the take
    created = common.get("TDRC", "").rstrip("Z").replace(" ", "T")
    return SongTags(
        clip_id=own["CLIP_ID"],
        title=common.get("TIT2", ""),
        take=_count(own.get("TAKE") or (track if old else "")),
        artist=common.get("TPE1", ""),
        album=common.get("TALB") or None,
        album_artist=common.get("TPE2") or None,
        track=_count(track),
        tracks=_count(tracks),
        genre=common.get("TCON", ""),
        lyrics=lyrics,
        style=common.get("TCON", "") if old else own["STYLE"],
        prompt=own.get("PROMPT", ""),
        model=own.get("MODEL", ""),
        seconds=seconds or None,
        bpm=_number(common.get("TBPM", "")),
        created=f"{created}Z" if "T" in created else created or None,
        language=own.get("LANGUAGE") or None,
        sandbox=own.get("SANDBOX") == "1",
        cover=cover,
        synced=synced,
        label=own.get("LABEL") or None,
    )


# -- ID3: MP3 and WAV -----------------------------------------------------------------------------------------------


def _write_mp3(path: Path, tags: SongTags) -> None:
    frames = _mutagen("id3")
    try:
        _refuse_inflating(frames.ID3(path, known_frames={}))
        id3 = frames.ID3(path)
    except frames.ID3NoHeaderError:
        id3 = frames.ID3()
    _fill_id3(id3, tags)
    id3.save(path, v2_version=4)


def _write_wav(path: Path, tags: SongTags) -> None:
    wav = _safe_wave(path)
    if wav.tags is None:
        wav.add_tags()
    _fill_id3(wav.tags, tags)
    wav.save(path, v2_version=4)
    write_info(path, _info(tags))


def _info(tags: SongTags) -> dict[str, str]:
    """What a WAV says beside ID3, for the programs that read only this."""
    common = _common(tags)
    known = {fourcc: common.get(frame, "") for frame, fourcc in _INFO.items()}
    return known | {"ITRK": known["ITRK"].partition("/")[0], "ICRD": known["ICRD"][:10]}


_INFO: Final = {"TIT2": "INAM", "TPE1": "IART", "TALB": "IPRD", "TCON": "IGNR", "TRCK": "ITRK", "TDRC": "ICRD"}


def _fill_id3(id3: Any, tags: SongTags) -> None:
    frames = _mutagen("id3")
    for frame, text in _common(tags).items():
        id3.setall(frame, [getattr(frames, frame)(encoding=_UTF16, text=[text])])
    for name, text in _own(tags).items():
        id3.delall(f"TXXX:{_OWN}{name}")
        if text:
            id3.add(frames.TXXX(encoding=_UTF16, desc=_OWN + name, text=[text]))
    language = three_letters(tags.language)
    if lyrics := _clean(tags.lyrics):
        id3.setall("USLT", [frames.USLT(encoding=_UTF16, lang=language, desc="", text=lyrics)])
    if tags.synced:
        timed = [(_clean(line), max(round(at * 1000), 0)) for at, line in tags.synced]
        id3.setall("SYLT", [frames.SYLT(encoding=_UTF16, lang=language, format=2, type=1, desc="", text=timed)])
    if tags.cover and (kind := sniff(tags.cover[:16])):
        # iTunes and Finder look for the picture behind a Latin-1 description, and take UTF-16 for a part of it.
        picture = frames.APIC(encoding=_LATIN1, mime=kind.mime, type=_FRONT_COVER, desc="", data=tags.cover)
        others = [frame for frame in id3.getall("APIC") if frame.type != _FRONT_COVER]
        id3.setall("APIC", [picture, *others])


def _read_mp3(path: Path) -> SongTags | None:
    _refuse_inflating(_mutagen("id3").ID3(path, known_frames={}))
    return _read_id3(_mutagen("mp3").MP3(path))


def _read_wav(path: Path) -> SongTags | None:
    return _read_id3(_safe_wave(path))


def _safe_wave(path: Path) -> Any:
    wave = _mutagen("wave")
    _refuse_inflating(wave.WAVE(path, known_frames={}).tags)
    return wave.WAVE(path)


def _refuse_inflating(id3: Any) -> None:
    """Refuse tags with compressed frames.

    The tags must be loaded with no known frames, so that each frame is raw, header first. Hardly any program writes
    compressed frames, and mutagen would inflate a few kilobytes to any size they claim. Chapters are refused too: they
    contain frames of their own, and songs have no chapters.
    """
    compressed = {3: 0x0080, 4: 0x0008}.get(id3.version[1], 0) if id3 is not None else 0
    for raw in id3.unknown_frames if compressed else ():
        if int.from_bytes(raw[8:10]) & compressed or raw[:4] in (b"CHAP", b"CTOC"):
            raise ValueError("the tags have compressed frames or chapters")


def _read_id3(file: Any) -> SongTags | None:
    id3 = file.tags
    if id3 is None:
        return None
    own = {f.desc.removeprefix(_OWN): str(f.text[0]) for f in id3.getall("TXXX") if f.desc.startswith(_OWN) and f.text}
    names = ("TIT2", "TPE1", "TALB", "TPE2", "TCON", "TBPM", "TRCK", "TDRC")
    common = {name: str(found[0].text[0]) for name in names if (found := id3.getall(name)) and found[0].text}
    lyrics = next((str(frame.text) for frame in id3.getall("USLT")), "")
    covers = [frame.data for frame in id3.getall("APIC") if frame.type == _FRONT_COVER]
    timed = next((frame.text for frame in id3.getall("SYLT")), ())
    synced = tuple((at / 1000, line) for line, at in timed)
    return _assembled(own, common, file.info.length, lyrics, covers[0] if covers else None, synced)


# -- MP4 ------------------------------------------------------------------------------------------------------------

_MP4_TEXTS: Final = {
    "TIT2": "\xa9nam", "TPE1": "\xa9ART", "TALB": "\xa9alb", "TPE2": "aART", "TCON": "\xa9gen", "TDRC": "\xa9day",
}  # fmt: skip


def _write_mp4(path: Path, tags: SongTags) -> None:
    module = _mutagen("mp4")
    mp4 = module.MP4(path)
    if mp4.tags is None:
        mp4.add_tags()
    atoms = mp4.tags
    common = _common(tags)
    for frame, atom in _MP4_TEXTS.items():
        if frame in common:
            atoms[atom] = [common[frame] + ("Z" if frame == "TDRC" else "")]
    if "TBPM" in common:
        atoms["tmpo"] = [int(common["TBPM"])]
    if tags.track:
        atoms["trkn"] = [(min(tags.track, 0xFFFF), min(tags.tracks or 0, 0xFFFF))]
    if lyrics := _clean(tags.lyrics):
        atoms["\xa9lyr"] = [lyrics]
    for name, text in _own(tags).items():
        atoms.pop(_MP4_OWN + name, None)
        if text:
            atoms[_MP4_OWN + name] = [module.MP4FreeForm(text.encode())]
    formats = {Media.JPEG: module.MP4Cover.FORMAT_JPEG, Media.PNG: module.MP4Cover.FORMAT_PNG}
    if tags.cover and (kind := sniff(tags.cover[:16])) in formats:
        atoms["covr"] = [module.MP4Cover(tags.cover, imageformat=formats[kind])]
    mp4.save(path)


def _read_mp4(path: Path) -> SongTags | None:
    mp4 = _mutagen("mp4").MP4(path)
    atoms: Mapping[str, Any] = mp4.tags or {}
    own = {
        key.removeprefix(_MP4_OWN): bytes(values[0]).decode("utf-8", "replace")
        for key, values in atoms.items()
        if key.startswith(_MP4_OWN) and values
    }
    common = {frame: str(atoms[atom][0]) for frame, atom in _MP4_TEXTS.items() if atoms.get(atom)}
    if atoms.get("tmpo"):
        common["TBPM"] = str(atoms["tmpo"][0])
    if atoms.get("trkn"):
        track, tracks = atoms["trkn"][0]
        common["TRCK"] = f"{track}/{tracks}"
    covers = atoms.get("covr")
    return _assembled(
        own, common, mp4.info.length, "".join(atoms.get("\xa9lyr", ())), bytes(covers[0]) if covers else None
    )


# -- FLAC -----------------------------------------------------------------------------------------------------------

_VORBIS: Final = {
    "TIT2": "TITLE",
    "TPE1": "ARTIST",
    "TALB": "ALBUM",
    "TPE2": "ALBUMARTIST",
    "TCON": "GENRE",
    "TBPM": "BPM",
    "TRCK": "TRACKNUMBER",
    "TDRC": "DATE",
}


def _write_flac(path: Path, tags: SongTags) -> None:
    module = _mutagen("flac")
    flac = module.FLAC(path)
    for frame, text in _common(tags).items():
        flac[_VORBIS[frame]] = [text + ("Z" if frame == "TDRC" else "")]
    if tags.track:
        flac["TRACKNUMBER"] = [str(tags.track)]
        if "TRACKTOTAL" in flac:
            del flac["TRACKTOTAL"]
        if tags.tracks:
            flac["TRACKTOTAL"] = [str(tags.tracks)]
    if lyrics := _clean(tags.lyrics):
        flac["LYRICS"] = [lyrics]
    for name, text in _own(tags).items():
        if _OWN + name in flac:
            del flac[_OWN + name]
        if text:
            flac[_OWN + name] = [text]
    if tags.cover and (kind := sniff(tags.cover[:16])):
        picture = module.Picture()
        picture.type, picture.mime, picture.data = _FRONT_COVER, kind.mime, tags.cover
        others = [other for other in flac.pictures if other.type != _FRONT_COVER]
        flac.clear_pictures()
        for each in (picture, *others):
            flac.add_picture(each)
    flac.save(path)


def _read_flac(path: Path) -> SongTags | None:
    flac = _mutagen("flac").FLAC(path)
    # Backwards, so that the first of several counts; a lookup by name would scan all of them each time.
    found: dict[str, str] = {key.upper(): text for key, text in reversed(list(flac.tags or ()))}
    own = {key.removeprefix(_OWN): text for key, text in found.items() if key.startswith(_OWN)}
    common = {frame: found[name] for frame, name in _VORBIS.items() if name in found}
    if "TRACKTOTAL" in found:
        common["TRCK"] = f"{common.get('TRCK', '')}/{found['TRACKTOTAL']}"
    covers = [picture.data for picture in flac.pictures if picture.type == _FRONT_COVER]
    return _assembled(own, common, flac.info.length, found.get("LYRICS", ""), covers[0] if covers else None)


_READERS: Final = {Media.MP3: _read_mp3, Media.WAV: _read_wav, Media.M4A: _read_mp4, Media.FLAC: _read_flac}
