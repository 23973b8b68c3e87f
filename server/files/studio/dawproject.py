"""A project in the open exchange format DAWproject, which Bitwig Studio, Cubase, Studio One and others open.

The file is a ZIP with everything in it. It is written the same way each time, so the same project is the same file.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from .session import Notes, Session, Sound

_THEN: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every entry: a ZIP has no "unknown"."""
_VERSION: Final = "1.0"
"""Of what is written here, not of Songwright: an update alone must not make another file of the same project."""
_MASTER: Final = "master"
_TEMPO: Final = "tempo"


def write(path: Path, session: Session, files: Mapping[str, Path]) -> None:
    """Write the project with its sounds to a new file; `files` says where each sound is now. Blocks."""
    with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED) as bundle:
        for name, root in (("project.xml", project(session)), ("metadata.xml", metadata(session))):
            bundle.writestr(zipfile.ZipInfo(name, _THEN), _text(root), zipfile.ZIP_DEFLATED)
        for sound in session.sounds:
            # Stored as it is: sound hardly gets smaller, and programs read it straight from the archive.
            entry = zipfile.ZipInfo(sound.file, _THEN)
            entry.file_size = files[sound.file].stat().st_size
            with files[sound.file].open("rb") as source, bundle.open(entry, "w") as target:
                while chunk := source.read(1 << 20):
                    target.write(chunk)


def metadata(session: Session) -> Element:
    """What the project is, by the format's MetaData.xsd."""
    root = Element("MetaData")
    told = {"Title": session.title, "Artist": session.artist, "Genre": session.style, "Comment": session.comment}
    for name, value in told.items():
        if value:
            SubElement(root, name).text = _clean(value)
    return root


def project(session: Session) -> Element:
    """The project, by the format's Project.xsd. Times are in beats, and sound plays at its own speed."""
    root = Element("Project", version="1.0")
    SubElement(root, "Application", name="Songwright", version=_VERSION)
    transport = SubElement(root, "Transport")
    SubElement(transport, "Tempo", id=_TEMPO, name="Tempo", unit="bpm", value=_number(session.tempo.first))
    meter = {"numerator": str(session.tempo.meter[0]), "denominator": str(session.tempo.meter[1])}
    SubElement(transport, "TimeSignature", meter)
    structure = SubElement(root, "Structure")
    arrangement = SubElement(root, "Arrangement")
    lanes = SubElement(arrangement, "Lanes", timeUnit="beats")
    for index, sound in enumerate(session.sounds):
        _add_track(structure, f"sound{index}", sound.name, "audio", muted=sound.muted, channels=sound.channels)
        _sound(_clips(lanes, f"sound{index}"), session, sound)
    for index, player in enumerate(session.players):
        _add_track(structure, f"notes{index}", player.name, "notes")
        _notes(_clips(lanes, f"notes{index}"), session, player)
    if session.lines:
        _add_track(structure, "lyrics", "Lyrics", "notes")
        _lyrics(_clips(lanes, "lyrics"), session)
    _add_track(structure, _MASTER, "Master", "audio notes", role="master")
    _add_conductor(arrangement, session)
    return root


def _add_track(
    structure: Element, key: str, name: str, kind: str, *, role: str = "regular", muted: bool = False, channels: int = 2
) -> None:
    track = SubElement(structure, "Track", id=key, name=_clean(name), contentType=kind, loaded="true")
    channel = SubElement(track, "Channel", id=f"{key}-channel", role=role, audioChannels=str(channels))
    if key != _MASTER:
        channel.set("destination", f"{_MASTER}-channel")
    SubElement(channel, "Mute", value="true" if muted else "false", name="Mute")
    SubElement(channel, "Volume", unit="linear", value="1", min="0", max="2", name="Volume")


def _clips(lanes: Element, track: str) -> Element:
    return SubElement(SubElement(lanes, "Lanes", track=track), "Clips")


def _sound(clips: Element, session: Session, sound: Sound) -> None:
    span = _number(session.tempo.beats(sound.seconds))
    clip = SubElement(clips, "Clip", time="0", duration=span, contentTimeUnit="seconds", playStart="0")
    clip.set("playStop", _number(sound.seconds))
    clip.set("name", _clean(sound.name))
    audio = SubElement(clip, "Audio", channels=str(sound.channels), sampleRate=str(sound.rate), algorithm="raw")
    audio.set("duration", _number(sound.seconds))
    SubElement(audio, "File", path=sound.file)


def _notes(clips: Element, session: Session, player: Notes) -> None:
    last = max(note.end for note in player.notes)
    clip = SubElement(clips, "Clip", time="0", duration=_number(session.tempo.beats(max(last, session.seconds))))
    clip.set("name", _clean(player.name))
    lane = SubElement(clip, "Notes")
    for note in player.notes:
        start, end = session.tempo.beats(note.start), session.tempo.beats(note.end)
        SubElement(
            lane, "Note", time=_number(start), duration=_number(end - start), channel=str(player.channel),
            key=str(note.key), vel=_number(note.velocity / 127), rel="0.5",
        )  # fmt: skip


def _lyrics(clips: Element, session: Session) -> None:
    """The format has no words of its own: each line is the name of an empty clip."""
    for line in session.lines:
        start, end = session.tempo.beats(line.start), session.tempo.beats(line.end)
        clip = SubElement(clips, "Clip", time=_number(start), duration=_number(end - start), name=_clean(line.text))
        SubElement(clip, "Notes")


def _add_conductor(arrangement: Element, session: Session) -> None:
    if session.markers:
        markers = SubElement(arrangement, "Markers", timeUnit="beats")
        for at, name in session.markers:
            SubElement(markers, "Marker", time=_number(session.tempo.beats(at)), name=_clean(name))
    automation = SubElement(arrangement, "TempoAutomation", timeUnit="beats", unit="bpm")
    SubElement(automation, "Target", parameter=_TEMPO)
    for at, bpm in session.tempo.points:
        point = {"time": _number(session.tempo.beats(at)), "value": _number(bpm), "interpolation": "hold"}
        SubElement(automation, "RealPoint", point)


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _clean(text: str) -> str:
    """Text that XML can hold: only what is printable, and what parts words."""
    spaced = (" " if letter.isspace() and letter not in "\n\t" else letter for letter in text)
    return "".join(letter for letter in spaced if letter.isprintable() or letter in "\n\t\u200c\u200d")


def _text(root: Element) -> bytes:
    indent(root)
    body: bytes = tostring(root, "utf-8", xml_declaration=True)
    return body + b"\n"
