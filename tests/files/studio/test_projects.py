"""Projects are read by other programs as they were meant, whatever names and files went into them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import mido
import pytest
import rpp
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from songwright.server.core.sung import SungLine
from songwright.server.files.folders import contents, publish
from songwright.server.files.studio import dawproject, notes, reaper
from songwright.server.files.studio.session import Note, Notes, Session, Sound, TempoMap

SCHEMAS = Path(__file__).parent / "dawproject"
PROJECT, META = (etree.XMLSchema(file=str(SCHEMAS / f"{name}.xsd")) for name in ("Project", "MetaData"))
NAMES = st.one_of(
    st.sampled_from(
        ['He said "no"', "it's", "`a` \"b\" 'c'", "<TRACK", ">", "|x", "a\nb", "\x00\x1b",
         "\ufffe", "夜の\u3000バス", "مرحبا", "", " "]
    ),
    st.text(max_size=12),
)  # fmt: skip


def session(name: str = "Voice", tempo: TempoMap | None = None) -> Session:
    return Session(
        title=name,
        artist=name,
        seconds=8.0,
        tempo=tempo or TempoMap.of([(0.0, 120.0)]),
        sounds=(Sound(name, "audio/voice.wav", 8.0, 44_100, 2), Sound("b", "audio/b.wav", 8.0, 44_100, 1, muted=True)),
        players=(Notes(name, (Note(0.0, 0.5, 60, 100), Note(1.0, 2.0, 64, 1)), 9, 5),),
        lines=(SungLine(name or "la", 1.0, 2.0, name or "Verse", 1, ()),),
        style=name,
        comment=name,
    )


def plain(text: str) -> str:
    return " ".join("".join(" " if c.isspace() else c for c in text if c.isprintable() or c.isspace()).split())


@settings(deadline=None)
@given(NAMES)
def test_any_name_makes_valid_projects(name: str) -> None:
    made = session(name)
    root = etree.fromstring(etree.tostring(etree.fromstring(dawproject._text(dawproject.project(made)))))
    PROJECT.assertValid(root)
    assert plain(root.find("Structure/Track").get("name")) == plain(name)
    META.assertValid(etree.fromstring(dawproject._text(dawproject.metadata(made))))
    read = rpp.loads(reaper.project(made))
    assert [row[0] if isinstance(row, list) else row.tag for row in read][:6] == [
        "TEMPO", "SAMPLERATE", "TITLE", "AUTHOR", "CURSOR", "MARKER",
    ]  # fmt: skip
    tracks = read.findall("TRACK")
    assert len(tracks) == 4
    if not all(mark in name for mark in "\"'`"):
        assert tracks[0].find("NAME")[1] == plain(name)
    assert tracks[3].find("ITEM").find("NOTES").children == [f"|{plain(name or 'la')}"]


def test_a_bundle_holds_the_sounds_and_is_the_same_file_each_time(tmp_path: Path) -> None:
    files = {}
    for name in ("voice", "b"):
        files[f"audio/{name}.wav"] = tmp_path / name
        (tmp_path / name).write_bytes(name.encode() * 100_000)
    for target in ("one", "two"):
        dawproject.write(tmp_path / target, session(), files)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with zipfile.ZipFile(tmp_path / "one") as bundle:
        assert bundle.namelist() == ["project.xml", "metadata.xml", "audio/voice.wav", "audio/b.wav"]
        assert bundle.read("audio/voice.wav") == (tmp_path / "voice").read_bytes()


def test_a_tempo_that_changes_keeps_everything_at_its_second(tmp_path: Path) -> None:
    """Two beats a second for two seconds, then one: second 4 is beat 6."""
    made = session(tempo=TempoMap.of([(0.0, 120.0), (2.0, 60.0), (2.0, 60.0), (3.0, 60.001)], (3, 4)))
    assert made.tempo.points == ((0.0, 120.0), (2.0, 60.0))
    assert made.tempo.beats(4.0) == 6.0
    root = dawproject.project(made)
    points = [(point.get("time"), point.get("value")) for point in root.iter("RealPoint")]
    assert points == [("0", "120"), ("4", "60")]
    read = rpp.loads(reaper.project(made))
    assert [point[1:] for point in read.find("TEMPOENVEX").findall("PT")] == [["0", "120", "1"], ["2", "60", "1"]]
    assert read.find("TEMPO")[1:] == ["120", "3", "4"]
    again = notes.read(saved(tmp_path, notes.write(made)))
    assert again is not None
    assert again.meter == (3, 4)
    assert [pytest.approx(point) for point in again.tempi] == [(0.0, 120.0), (2.0, 60.0)]
    assert [(note.start, note.end, note.key) for note in again.players[0].notes] == [(0.0, 0.5, 60), (1.0, 2.0, 64)]


def saved(place: Path, data: bytes) -> Path:
    path = place / "a.mid"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("claimed", "meter"), [((7, 3), (7, 8)), ((0, 2), None), ((4, 255), None)])
def test_a_bar_that_no_program_can_count_is_not_believed(
    tmp_path: Path, claimed: tuple[int, int], meter: tuple[int, int] | None
) -> None:
    plain_bar, bar = (b"\xff\x58\x04" + bytes(told) for told in ((4, 2), claimed))
    data = notes.write(session())
    assert plain_bar in data
    read = notes.read(saved(tmp_path, data.replace(plain_bar, bar)))
    assert read is not None
    assert read.meter == meter


def test_a_beat_is_found_without_going_through_every_change_of_tempo() -> None:
    """A score may have a tempo for every beat, and each of its notes is looked up several times."""
    looks = 0

    class Counted(tuple[tuple[float, float], ...]):
        def __getitem__(self, index: Any) -> Any:
            nonlocal looks
            looks += 1
            return super().__getitem__(index)

        def __iter__(self) -> Iterator[tuple[float, float]]:
            nonlocal looks
            looks += len(self)
            return super().__iter__()

    tempo = TempoMap(Counted((float(second), 60.0 if second % 2 else 120.0) for second in range(1_000)))
    assert [tempo.beats(second) for second in (-1.0, 0.0, 0.5, 1.5, 2.0, 999.0, 1001.0)] == [
        0.0, 0.0, 1.0, 2.5, 3.0, 1499.0, 1501.0,
    ]  # fmt: skip
    for second in range(2_000):
        tempo.beats(float(second))
    assert looks < 10_000


def test_reaper_plays_the_notes_that_were_bought() -> None:
    source = rpp.loads(reaper.project(session())).findall("TRACK")[2].find("ITEM").find("SOURCE")
    assert source.attrib == ["MIDI"]
    assert [row[1:] for row in source.findall("E")] == [
        ["0", "c9", "05", "00"],
        ["0", "99", "3c", "64"],
        ["960", "89", "3c", "00"],
        ["960", "99", "40", "01"],
        ["1920", "89", "40", "00"],
        ["11520", "b9", "7b", "00"],
    ]


def test_a_midi_file_in_another_tempo_keeps_its_seconds(tmp_path: Path) -> None:
    """What was bought may count in any tempo, hold a note that never ends, and name its tracks in UTF-8."""
    file = mido.MidiFile(ticks_per_beat=96, charset="utf-8")
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=250_000)]))
    file.tracks.append(
        mido.MidiTrack(
            [
                mido.MetaMessage("track_name", name="Bàjo"),
                mido.Message("note_on", note=40, velocity=90, time=96),
                mido.Message("note_on", note=40, velocity=0, time=96),
                mido.Message("note_on", note=41, velocity=90, time=0),
                mido.MetaMessage("end_of_track", time=96),
            ]
        )
    )
    out = BytesIO()
    file.save(file=out)
    score = notes.read(saved(tmp_path, out.getvalue()))
    assert score is not None
    (player,) = score.players
    assert player.name == "Bàjo"
    assert [(note.start, note.end, note.key) for note in player.notes] == [(0.25, 0.5, 40), (0.5, 0.75, 41)]


@pytest.mark.parametrize("data", [b"", b"<html>", b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk\0\0\0\x09garbage"])
def test_a_file_that_is_no_midi_is_none(data: bytes, tmp_path: Path) -> None:
    score = notes.read(saved(tmp_path, data))
    assert score is None or score.players == ()


def made_folder(place: Path, **files: str) -> Path:
    made = place / f".part-{len(list(place.iterdir()))}"
    (made / "audio").mkdir(parents=True)
    for name, text in files.items():
        (made / "audio" / name).write_text(text)
    return made


def test_a_folder_is_used_again_while_its_files_are_the_same_and_never_replaced(tmp_path: Path) -> None:
    one, new = publish(made_folder(tmp_path, a="1"), tmp_path, "Song")
    assert (one, new) == (tmp_path / "Song", True)
    (one / "Song.rpp-bak").write_text("what REAPER puts beside it")
    assert publish(made_folder(tmp_path, a="1"), tmp_path, "Song") == (one, False)
    other, new = publish(made_folder(tmp_path, a="2"), tmp_path, "Song")
    assert (other.name, new) == ("Song 2", True)
    assert contents(one).keys() == {"audio/a", "Song.rpp-bak"}
    (tmp_path / "Song 3").write_text("a file of the person's")
    last, _ = publish(made_folder(tmp_path, a="3"), tmp_path, "Song")
    assert last.name == "Song 4"
    assert (tmp_path / "Song 3").read_text() == "a file of the person's"


def marker_names(root: Any) -> list[str]:
    return [marker.get("name") for marker in root.iter("Marker")]


def test_a_section_is_marked_once_and_again_when_it_comes_back() -> None:
    lines = tuple(
        SungLine("la", float(at), at + 0.5, name, place, ())
        for at, (name, place) in enumerate([("Verse", 1), ("Verse", 1), ("Chorus", 2), ("Chorus", 3)])
    )
    made = Session("t", "a", 9.0, lines=lines)
    assert marker_names(dawproject.project(made)) == ["Verse", "Chorus", "Chorus"]
    assert len(rpp.loads(reaper.project(made)).findall("MARKER")) == 3
