"""What a file says about itself: readable by players, by us, and by nothing that it could harm."""

from __future__ import annotations

import io
import os
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import mido
import mutagen.flac
import mutagen.id3
import mutagen.mp4
import mutagen.wave
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from songwright.server.files.downloads import Media
from songwright.server.files.iso639 import UNKNOWN
from songwright.server.files.riff import read_info
from songwright.server.files.tags import Owner, SongTags, marked, read_owner, read_tags, write_tags

RATE = 44_100
FORMATS = {
    Media.MP3: ("mp3", "libmp3lame"),
    Media.M4A: ("ipod", "aac"),
    Media.WAV: ("wav", "pcm_s16le"),
    Media.FLAC: ("flac", "flac"),
}


def picture(kind: str = "JPEG", colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, kind)
    return out.getvalue()


TAGS = SongTags(
    clip_id="clip-1",
    title="Lucía – 子守唄",
    take=2,
    album="Nanas",
    album_artist="The Harbour",
    track=3,
    tracks=9,
    genre="Lullaby",
    lyrics="[Verse]\nDuerme, Lucía\n\n[Chorus]\nねんねんころりよ",
    style="lullaby, harp, 3/4",
    prompt="a lullaby for Lucía",
    model="sonic-v6",
    bpm=72.4,
    created="2026-09-30T10:15:42.101+02:00",
    language="es-MX",
    sandbox=True,
    cover=picture(),
    label="take 2",
)


@pytest.fixture(scope="session")
def audio() -> dict[Media, bytes]:
    """A second of sound in every format that takes tags."""
    wave = (np.sin(np.arange(RATE) / 20) * 8000).astype(np.int16)[None, :]
    files = {}
    for kind, (container, codec) in FORMATS.items():
        out = io.BytesIO()
        with av.open(out, "w", format=container) as file:
            stream = file.add_stream(codec, rate=RATE)
            assert isinstance(stream, av.AudioStream)
            stream.layout = "mono"
            frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), 0
            resampler = av.AudioResampler(stream.format, "mono", RATE, stream.codec_context.frame_size or RATE)
            for part in (*resampler.resample(frame), *resampler.resample(None), None):
                file.mux(stream.encode(part))
        files[kind] = out.getvalue()
    return files


@pytest.fixture
def song(audio: dict[Media, bytes], tmp_path: Path) -> Callable[[Media], Path]:
    def make(kind: Media) -> Path:
        path = tmp_path / f"song{kind.suffix}"
        path.write_bytes(audio[kind])
        return path

    return make


def seconds_of(path: Path) -> float:
    with av.open(str(path)) as file:
        return sum(frame.samples for frame in file.decode(audio=0)) / RATE


@pytest.mark.parametrize("kind", FORMATS)
def test_everything_written_is_read_back_and_the_sound_still_plays(kind: Media, song: Callable[[Media], Path]) -> None:
    path = song(kind)
    before = seconds_of(path)
    assert write_tags(path, kind, TAGS)
    got = read_tags(path)
    assert got is not None
    assert got.seconds == pytest.approx(1, abs=0.1)
    assert replace(got, seconds=None) == replace(TAGS, bpm=72.0, created="2026-09-30T08:15:42Z")
    assert seconds_of(path) == before


@pytest.mark.parametrize("kind", [Media.MP3, Media.WAV])
def test_timed_lyrics_travel_inside_mp3_and_wav(kind: Media, song: Callable[[Media], Path]) -> None:
    timed = ((0.0, "Duerme"), (1.234, "ねんねん"), (61.5, "Lucía"))
    path = song(kind)
    write_tags(path, kind, replace(TAGS, synced=timed))
    got = read_tags(path)
    assert got is not None
    assert got.synced == timed


def test_an_mp3_carries_the_frames_players_look_for(song: Callable[[Media], Path]) -> None:
    """ID3v2.4 with frames and encodings that 2.3 has too; USLT and SYLT with an ISO 639-2 language (id3.org)."""
    path = song(Media.MP3)
    write_tags(path, Media.MP3, replace(TAGS, synced=((0.5, "Duerme"),)))
    id3 = mutagen.id3.ID3(path)
    assert path.read_bytes()[:4] == b"ID3\x04"
    assert id3.getall("TIT2")[0].text == ["Lucía – 子守唄"]
    assert id3.getall("TPE1")[0].text == ["Songwright"]
    assert id3.getall("TCON")[0].text == ["Lullaby"]
    assert id3.getall("TXXX:SONGWRIGHT_STYLE")[0].text == ["lullaby, harp, 3/4"]
    assert (id3.getall("TPE2")[0].text, id3.getall("TRCK")[0].text) == (["The Harbour"], ["3/9"])
    assert id3.getall("TBPM")[0].text == ["72"]
    assert str(id3.getall("TDRC")[0].text[0]) == "2026-09-30 08:15:42"
    assert (id3.getall("USLT")[0].lang, id3.getall("SYLT")[0].lang) == ("spa", "spa")
    assert id3.getall("SYLT")[0].text == [("Duerme", 500)]
    assert (id3.getall("APIC")[0].mime, id3.getall("APIC")[0].type) == ("image/jpeg", 3)
    assert id3.getall("TXXX:SONGWRIGHT_CLIP_ID")[0].text == ["clip-1"]
    assert id3.getall("TXXX:SONGWRIGHT_SANDBOX")[0].text == ["1"]
    # The picture's description alone is Latin-1: iTunes and Finder show no cover behind any other.
    encodings = {(frame.FrameID == "APIC", int(frame.encoding)) for frame in id3.values() if frame.FrameID != "TSSE"}
    assert encodings == {(False, 1), (True, 0)}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_of_an_older_songwright_is_still_understood(kind: Media, song: Callable[[Media], Path]) -> None:
    """Its genre is the whole style, its track number the take; it has no fields of its own for them."""
    path = song(kind)
    write_tags(path, kind, replace(TAGS, genre="lullaby, harp, 3/4", style="", take=None, track=2, tracks=None))
    got = read_tags(path)
    assert got is not None
    assert (got.style, got.take) == ("lullaby, harp, 3/4", 2)


def test_a_wav_tells_programs_without_id3_what_it_is(song: Callable[[Media], Path]) -> None:
    """RIFF INFO, as ffmpeg, VLC and Windows Explorer read it; written again it is replaced and the sound stays."""
    path = song(Media.WAV)
    before = seconds_of(path)
    for title in ("A first title", TAGS.title):
        write_tags(path, Media.WAV, replace(TAGS, title=title))
    told = {"INAM": TAGS.title, "IART": "Songwright", "IPRD": "Nanas", "IGNR": "Lullaby", "ITRK": "3"}
    assert read_info(path).items() >= {**told, "ICRD": "2026-09-30"}.items()
    assert path.read_bytes().count(b"INAM") == 1
    assert int.from_bytes(path.read_bytes()[4:8], "little") == path.stat().st_size - 8
    assert seconds_of(path) == before
    with av.open(str(path)) as file:
        assert file.metadata["title"] == TAGS.title


def test_the_info_of_another_program_stays_where_it_says_more(song: Callable[[Media], Path]) -> None:
    path = song(Media.WAV)
    whole = path.read_bytes()
    body = b"INFOICOP\x04\0\0\0she\0INAM\x04\0\0\0old\0"
    chunk = b"LIST" + len(body).to_bytes(4, "little") + body
    path.write_bytes(whole[:4] + (len(whole) - 8 + len(chunk)).to_bytes(4, "little") + whole[8:12] + chunk + whole[12:])
    write_tags(path, Media.WAV, TAGS)
    assert read_info(path).items() >= {"ICOP": "she", "INAM": TAGS.title}.items()
    assert seconds_of(path) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("language", "code"),
    [("es", "spa"), ("de-AT", "deu"), ("jpn", "jpn"), ("zh_Hant", "zho"), (None, UNKNOWN), ("?", UNKNOWN)],
)
def test_lyrics_name_their_language_in_three_letters(
    language: str | None, code: str, song: Callable[[Media], Path]
) -> None:
    path = song(Media.MP3)
    write_tags(path, Media.MP3, replace(TAGS, language=language))
    assert mutagen.id3.ID3(path).getall("USLT")[0].lang == code


def test_an_m4a_carries_the_atoms_players_look_for(song: Callable[[Media], Path]) -> None:
    path = song(Media.M4A)
    write_tags(path, Media.M4A, TAGS)
    atoms = mutagen.mp4.MP4(path).tags
    assert atoms is not None
    assert (atoms["\xa9nam"], atoms["\xa9gen"], atoms["tmpo"]) == ([TAGS.title], ["Lullaby"], [72])
    assert (atoms["\xa9lyr"], atoms["trkn"]) == ([TAGS.lyrics], [(3, 9)])
    assert bytes(atoms["----:com.apple.iTunes:SONGWRIGHT_CLIP_ID"][0]) == b"clip-1"


def test_what_the_service_wrote_stays_unless_we_know_better(song: Callable[[Media], Path]) -> None:
    path = song(Media.MP3)
    theirs = mutagen.id3.ID3()
    theirs.add(mutagen.id3.TCOP(encoding=3, text=["the service"]))
    theirs.add(mutagen.id3.TALB(encoding=3, text=["their album"]))
    theirs.add(mutagen.id3.TIT2(encoding=3, text=["their title"]))
    theirs.add(mutagen.id3.TXXX(encoding=3, desc="THEIRS", text=["kept"]))
    theirs.add(mutagen.id3.APIC(encoding=3, mime="image/png", type=4, desc="back", data=picture("PNG")))
    theirs.save(path, v2_version=3)
    write_tags(path, Media.MP3, SongTags("clip-1", "Our title"))
    id3 = mutagen.id3.ID3(path)
    assert [id3.getall(name)[0].text[0] for name in ("TCOP", "TALB", "TIT2")] == [
        "the service",
        "their album",
        "Our title",
    ]
    assert id3.getall("TXXX:THEIRS")[0].text == ["kept"]
    assert [frame.type for frame in id3.getall("APIC")] == [4]


@pytest.mark.parametrize("kind", FORMATS)
def test_writing_again_replaces_our_own_fields_and_adds_none_twice(kind: Media, song: Callable[[Media], Path]) -> None:
    path = song(kind)
    write_tags(path, kind, TAGS)
    write_tags(path, kind, replace(TAGS, model="", sandbox=False, title="New", cover=picture("PNG", "red")))
    got = read_tags(path)
    assert got is not None
    assert (got.title, got.model, got.sandbox, got.cover) == ("New", "", False, picture("PNG", "red"))
    size = path.stat().st_size
    write_tags(path, kind, replace(TAGS, model="", sandbox=False, title="New", cover=picture("PNG", "red")))
    assert path.stat().st_size == size


@pytest.mark.parametrize("kind", FORMATS)
def test_text_that_no_format_can_hold_is_cleaned_and_not_an_error(kind: Media, song: Callable[[Media], Path]) -> None:
    path = song(kind)
    assert write_tags(path, kind, SongTags("clip-1", "a\x00b\x07\ud800", lyrics="one\r\ntwo\x00", bpm=float("inf")))
    got = read_tags(path)
    assert got is not None
    assert (got.title, got.lyrics) == ("ab?", "one\ntwo")


@pytest.mark.parametrize("kind", [Media.OGG, Media.MIDI, Media.JPEG])
def test_kinds_without_tags_are_left_alone(kind: Media, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"OggS anything")
    assert write_tags(path, kind, TAGS) is False
    assert path.read_bytes() == b"OggS anything"


@pytest.mark.parametrize("kind", [Media.M4A, Media.WAV, Media.FLAC])
def test_a_file_that_cannot_be_parsed_gets_no_tags_and_stays_as_it_is(
    kind: Media, audio: dict[Media, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "broken"
    path.write_bytes(audio[kind][:30])
    assert write_tags(path, kind, TAGS) is False
    assert path.read_bytes() == audio[kind][:30]


def test_a_disk_that_refuses_is_an_error_and_not_a_file_without_tags(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_tags(tmp_path / "gone" / "song.mp3", Media.MP3, TAGS)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(list(FORMATS)), cut=st.floats(0, 1), junk=st.binary(max_size=64), at=st.floats(0, 1))
def test_reading_never_fails_whatever_the_file_holds(
    kind: Media, cut: float, junk: bytes, at: float, audio: dict[Media, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "song"
    path.write_bytes(audio[kind])
    write_tags(path, kind, TAGS)
    whole = path.read_bytes()
    place = int(at * min(len(whole), 3000))
    path.write_bytes((whole[:place] + junk + whole[place + len(junk) :])[: int(cut * len(whole)) + 1])
    tags = read_tags(path)
    assert tags is None or isinstance(tags.clip_id, str)
    read_owner(path)


@pytest.mark.parametrize("version", [3, 4])
def test_a_tag_that_would_inflate_to_gigabytes_is_not_opened(
    version: int, audio: dict[Media, bytes], tmp_path: Path
) -> None:
    """Frame flags of ID3v2.3 §3.3.1 and 2.4 §4.1.2: a compressed frame says the size it unpacks to."""
    packed = zlib.compress(b"\x03" + b"a" * 50_000_000, 9)
    if version == 4:
        body = sized(len(packed) + 4) + b"\x00\x09" + sized(50_000_001) + packed
    else:
        body = (len(packed) + 4).to_bytes(4) + b"\x00\x80" + (50_000_001).to_bytes(4) + packed
    path = tmp_path / "bomb.mp3"
    path.write_bytes(b"ID3" + bytes([version, 0, 0]) + sized(len(body) + 4) + b"TIT2" + body + audio[Media.MP3][45:])
    before = path.read_bytes()
    tracemalloc.start()
    try:
        assert read_tags(path) is None
        assert write_tags(path, Media.MP3, TAGS) is False
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
    assert path.read_bytes() == before


def sized(number: int) -> bytes:
    """A size as ID3 writes it: seven bits a byte."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def test_what_is_no_file_of_ours_has_no_owner(song: Callable[[Media], Path], tmp_path: Path) -> None:
    (tmp_path / "page.mp3").write_text("<html>")
    assert read_owner(song(Media.MP3)) is None
    assert read_owner(tmp_path / "page.mp3") is None
    assert read_owner(tmp_path / "missing.mp3") is None
    assert read_owner(tmp_path) is None


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes are a POSIX thing")
def test_a_named_pipe_does_not_hold_the_reader_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    assert read_owner(tmp_path / "pipe.mp3") is None


# -- marks ----------------------------------------------------------------------------------------------------------

OWNER = Owner("clip:1;\n ü", "take 2")


def midi() -> bytes:
    out = io.BytesIO()
    tune = mido.MidiFile()
    tune.tracks.append(mido.MidiTrack([mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=96)]))
    tune.save(file=out)
    return out.getvalue()


def comment_first() -> bytes:
    """A JPEG without a JFIF header: its first segment is something else."""
    data = picture()
    return data[:2] + data[4 + int.from_bytes(data[4:6]) :]


SUBTITLES = b"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nDuerme\n"


@pytest.mark.parametrize("data", [picture(), comment_first(), picture("PNG"), midi(), b"[00:01.00]Duerme\n", SUBTITLES])
def test_a_mark_names_the_owner_in_files_that_have_no_tags(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(marked(data, OWNER))
    assert read_owner(path) == OWNER
    path.write_bytes(data)
    assert read_owner(path) is None


@pytest.mark.parametrize("data", [picture(), comment_first(), picture("PNG")])
def test_a_marked_picture_looks_the_same(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(marked(data, OWNER))) as after:
        assert after.tobytes() == before.tobytes()


def test_a_marked_midi_file_plays_the_same_notes() -> None:
    before = mido.MidiFile(file=io.BytesIO(midi()))
    after = mido.MidiFile(file=io.BytesIO(marked(midi(), OWNER)))
    assert [m for m in after.tracks[0] if not m.is_meta] == [m for m in before.tracks[0] if not m.is_meta]
    assert after.length == before.length


def test_marked_lyrics_begin_with_a_header_line_that_players_skip() -> None:
    lines = marked(b"[00:01.00]Duerme\n", OWNER).splitlines()
    assert lines[0].startswith(b"[re:songwright-file:")
    assert lines[1:] == [b"[00:01.00]Duerme"]


def test_marked_subtitles_have_a_note_before_the_first_line() -> None:
    blocks = marked(SUBTITLES, OWNER).split(b"\n\n")
    assert blocks[0] == b"WEBVTT"
    assert blocks[1].startswith(b"NOTE songwright-file:")
    assert blocks[2:] == SUBTITLES.split(b"\n\n")[1:]


def test_an_id_that_is_none_leaves_no_mark() -> None:
    assert marked(picture(), Owner("x" * 5000, None)) == picture()


def test_files_without_room_for_a_mark_stay_as_they_are() -> None:
    for data in (b"", b"RIFF\x24\x00\x00\x00WEBPVP8 ", b"words"):
        assert marked(data, OWNER) == data
