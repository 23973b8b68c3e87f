"""A video shows each word when it is sung, ends with its sound, and is in a form that players take."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from songwright.server.core.sung import SungLine, SungWord
from songwright.server.files.studio import backdrop, scene, sound, video
from songwright.server.files.studio.timed import tidy

SECONDS = 4.3
SCRIPTS = {
    "latin": ["Low ", "tide, ", "carry ", "me"],
    "persian": ["می‌خواهم ", "تا ", "صبح ", "بمانم"],
    "japanese": ["夜", "の", "バス", "が走る"],
}


def cover(colour: tuple[int, int, int] = (30, 90, 160)) -> bytes:
    file = BytesIO()
    picture = Image.new("RGB", (300, 300), colour)
    picture.paste((250, 120, 20), (60, 60, 200, 200))
    picture.save(file, "JPEG")
    return file.getvalue()


def timeline(words: list[str]) -> list[SungLine]:
    """One line, a word every ten pictures from 1.0, each sung during six of them; and a second line at 3.4."""
    sung = tuple(SungWord(word, 1 + 0.4 * n, 1.24 + 0.4 * n) for n, word in enumerate(words))
    line = SungLine("".join(words), 1.0, sung[-1].end, "Chorus", 1, sung)
    after = SungLine("la la", 3.4, 3.9, "Outro", 2, (SungWord("la ", 3.4, 3.6), SungWord("la", 3.7, 3.9)))
    return tidy([line, after], SECONDS)


def half(layout: scene.Layout) -> scene.Layout:
    """The same layout in half the size, which is quicker to draw and to encode."""

    def shrunk(box: scene.Box) -> scene.Box:
        return scene.Box(*(part // 2 for part in box))

    return replace(
        layout, width=layout.width // 2, height=layout.height // 2, title_size=layout.title_size // 2,
        word_size=layout.word_size // 2, cover=shrunk(layout.cover), title=shrunk(layout.title),
        wave=shrunk(layout.wave), words=None if layout.words is None else shrunk(layout.words),
    )  # fmt: skip


def pictures(kind: scene.Kind, shape: str, lines: list[SungLine], **more: Any) -> scene.Scene:
    layout = half((scene.LAYOUTS if lines else scene.WORDLESS)[shape])
    levels = np.linspace(0.1, 1, scene.bars(layout), dtype=np.float32)
    given: dict[str, Any] = {
        "title": "Low Tide", "credit": "Made with AI", "cover": cover(), "lines": lines, "levels": levels,
        "seconds": SECONDS,
    }  # fmt: skip
    return scene.Scene(layout, kind, **(given | more))


@dataclass(frozen=True)
class Film:
    """A finished video as a player sees it."""

    path: Path
    layout: scene.Layout

    def frames(self) -> Iterator[tuple[float, Any]]:
        with av.open(str(self.path)) as container:
            for frame in container.decode(video=0):
                assert frame.time is not None
                yield frame.time, frame.to_ndarray(format="rgb24").astype(int)

    def ends(self) -> dict[str, float]:
        """When each track ends, by its packets."""
        found: dict[str, float] = {}
        with av.open(str(self.path)) as container:
            for packet in container.demux():
                if packet.pts is not None and packet.duration is not None:
                    end = float((packet.pts + packet.duration) * packet.time_base)
                    found[packet.stream.type] = max(end, found.get(packet.stream.type, 0.0))
        return found


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tone that gets louder, with a click at the very end."""
    path = tmp_path_factory.mktemp("song") / "song.wav"
    moments = np.arange(round(SECONDS * 44_100))
    tone = np.sin(moments / 44_100 * 2 * np.pi * 440) * np.linspace(0.02, 0.6, len(moments))
    tone[-400:] = 0.9
    samples = np.stack([tone, -tone], 1).astype(np.float32)
    sound.encode(path, "wav", [samples], 44_100, 2)
    return path


@pytest.fixture(scope="module")
def film(song: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("films")

    @cache
    def made(kind: scene.Kind, shape: str, script: str) -> Film:
        drawn = pictures(kind, shape, timeline(SCRIPTS[script]) if script else [])
        path = folder / f"{kind}-{shape.replace(':', 'x')}-{script}.mp4"
        size = (drawn.layout.width, drawn.layout.height)
        video.encode(path, song, drawn.picture, size, SECONDS, {"title": "Low Tide"}, lambda share: None)
        return Film(path, drawn.layout)

    return made


def filled(frame: Any, box: scene.Box) -> int:
    """How much of the words is in the cover's liveliest colour, an orange here."""
    part = frame[box.y : box.y + box.height, box.x : box.x + box.width]
    return int(((part[:, :, 0] > 190) & (part[:, :, 2] < 150) & (part[:, :, 0] - part[:, :, 2] > 80)).sum())


@pytest.mark.parametrize("script", SCRIPTS)
def test_karaoke_fills_each_word_in_while_it_is_sung_and_at_no_other_time(script: str) -> None:
    drawn = pictures("karaoke", "16:9", timeline(SCRIPTS[script]))
    assert drawn.layout.words is not None
    moments = [0.92, *(1 + 0.4 * number + wait for number in range(4) for wait in (0, 0.12, 0.24, 0.36))]
    fills_in_turn({round(at, 2): filled(drawn.picture(at)[0].astype(int), drawn.layout.words) for at in moments})


def fills_in_turn(ink: dict[float, int]) -> None:
    assert ink[0.92] == 0
    for number in range(4):
        begins = 1 + 0.4 * number
        before, middle, after, later = (ink[round(begins + wait, 2)] for wait in (0, 0.12, 0.24, 0.36))
        assert before < middle < after, f"word {number}"
        assert number == 3 or abs(later - after) <= 0.02 * after + 5, f"nothing is filled in after word {number}"


def test_the_words_of_a_finished_karaoke_video_are_filled_in_at_those_moments(film: Any) -> None:
    made: Film = film("karaoke", "16:9", "latin")
    assert made.layout.words is not None
    fills_in_turn({round(at, 2): filled(frame, made.layout.words) for at, frame in made.frames()})


def test_a_lyric_video_shows_a_line_clearly_from_when_it_is_sung(film: Any) -> None:
    made: Film = film("lyric", "9:16", "latin")
    box = made.layout.words
    assert box is not None

    def white(frame: Any) -> int:
        return int((frame[box.y : box.y + box.height, box.x : box.x + box.width].min(2) > 215).sum())

    seen = {round(at, 2): white(frame) for at, frame in made.frames()}
    assert seen[0.4] == 0
    assert seen[1.04] > 100
    assert seen[2.6] > 100
    assert 0 < seen[3.44] < seen[1.04], "the shorter line that comes next"


@pytest.mark.parametrize(("kind", "shape", "script"), [
    ("karaoke", "16:9", "latin"), ("lyric", "9:16", "latin"), ("lyric", "1:1", ""),
])  # fmt: skip
def test_picture_and_sound_end_together_in_a_file_that_can_be_played_while_it_loads(
    film: Any, kind: scene.Kind, shape: str, script: str
) -> None:
    made: Film = film(kind, shape, script)
    ends = made.ends()
    assert abs(ends["video"] - ends["audio"]) <= 0.04
    assert abs(ends["audio"] - SECONDS) <= 0.04
    with av.open(str(made.path)) as container:
        picture, tone = container.streams.video[0], container.streams.audio[0]
        assert (picture.codec_context.name, picture.pix_fmt, tone.codec_context.name) == ("h264", "yuv420p", "aac")
        assert (picture.width, picture.height) == (made.layout.width, made.layout.height)
        wide, high = map(int, shape.split(":"))
        assert picture.width * high == picture.height * wide
        assert picture.average_rate == video.FPS
        assert container.metadata["title"] == "Low Tide"
    assert boxes(made.path)[:2] == ["ftyp", "moov"], "what a player needs first is at the beginning"


def boxes(path: Path) -> list[str]:
    found, data, at = list[str](), path.read_bytes(), 0
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        found.append(name.decode())
        at += size or len(data)
    return found


def test_the_sound_of_the_video_is_the_song(film: Any, song: Path) -> None:
    original, rate = sound.decode(song, rate=44_100)
    heard, _ = sound.decode(film("lyric", "1:1", "").path, rate=44_100)
    assert abs(len(heard) - len(original)) <= 0.04 * rate
    shared = min(len(heard), len(original)) - 500
    alike = np.corrcoef(heard[:shared, 0], original[:shared, 0])[0, 1]
    assert alike > 0.98


def test_without_words_the_waveform_tells_how_far_the_song_is(film: Any) -> None:
    made: Film = film("lyric", "1:1", "")
    wave = made.layout.wave
    ink = [filled(frame, wave) for _, frame in made.frames()]
    assert ink[0] < ink[len(ink) // 2] < ink[-1]


@pytest.mark.parametrize("script", ["latin", "persian"])
def test_after_a_break_singers_see_the_seconds_until_the_next_line(script: str) -> None:
    (line, *_), wait = timeline(SCRIPTS[script]), 5.0
    moved = line._replace(
        start=line.start + wait,
        end=line.end + wait,
        words=tuple(word._replace(start=word.start + wait, end=word.end + wait) for word in line.words),
    )
    seen = dict[str, list[int]]()
    for kind in ("karaoke", "lyric"):
        drawn = pictures(kind, "16:9", [moved], seconds=3600)
        assert drawn.layout.words is not None
        moments = (2.6, 3.4, 4.4, 5.4)
        seen[kind] = [filled(drawn.picture(at)[0].astype(int), drawn.layout.words) for at in moments]
    before, three, two, one = seen["karaoke"]
    assert before == 0
    assert three > two > one > 0
    assert seen["lyric"] == [0, 0, 0, 0]


def test_between_two_moments_that_look_alike_nothing_is_drawn() -> None:
    drawn = pictures("karaoke", "16:9", timeline(SCRIPTS["latin"]), seconds=3600)
    changes = [drawn.picture(number / video.FPS)[1] for number in range(40)]
    assert changes[0]
    assert not any(changes[1:12]), "before the first line comes"
    assert all(changes[26:32]), "while a word is filled in"


def test_the_same_song_gives_the_same_video(film: Any, song: Path, tmp_path: Path) -> None:
    """Mostly to the byte; the encoder, which works in two threads, has been seen to choose otherwise under load."""
    made: Film = film("lyric", "1:1", "")
    drawn = pictures("lyric", "1:1", [])
    again = tmp_path / "again.mp4"
    video.encode(again, song, drawn.picture, (360, 360), SECONDS, {"title": "Low Tide"}, lambda share: None)
    one, other = list(made.frames()), list(Film(again, made.layout).frames())
    assert [at for at, _ in one] == [at for at, _ in other]
    assert max(np.abs(mine - its).mean() for (_, mine), (_, its) in zip(one, other, strict=True)) < 0.5
    assert Film(again, made.layout).ends() == made.ends()


@pytest.mark.parametrize("data", [None, b"", b"no picture", cover()[:200], b"GIF89a" + bytes(40)])
def test_a_song_without_a_usable_cover_gets_a_plain_one_of_its_own(data: bytes | None) -> None:
    one, other = backdrop.opened(data, "Low Tide"), backdrop.opened(data, "Night Bus")
    assert one.size[0] == one.size[1]
    assert one.tobytes() != other.tobytes()


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (10, 10, 120), (250, 230, 10), (128, 128, 128)])
def test_words_can_be_read_on_any_cover(colour: tuple[int, int, int]) -> None:
    """White letters and filled-in ones have the contrast that guidelines ask for, at the brightest place too."""
    picture = backdrop.opened(cover(colour), "x")
    ground = backdrop.backdrop(picture, 320, 180).reshape(-1, 3)
    brightest = ground[ground.sum(1).argmax()]
    for letters in (scene.WHITE, backdrop.accent(picture)):
        assert contrast(letters, tuple(int(part) for part in brightest)) >= 4.5


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    def light(colour: tuple[int, ...]) -> float:
        parts = [part / 255 for part in colour]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_every_layout_has_the_shape_it_is_called_by_in_sizes_that_the_codec_takes() -> None:
    for layouts in (scene.LAYOUTS, scene.WORDLESS):
        for shape, layout in layouts.items():
            wide, high = map(int, shape.split(":"))
            assert layout.width * high == layout.height * wide
            assert layout.width % 2 == layout.height % 2 == 0


def test_no_letter_comes_near_the_edge_of_the_picture() -> None:
    for layouts in (scene.LAYOUTS, scene.WORDLESS):
        for layout in layouts.values():
            for box in filter(None, (layout.title, layout.words, layout.wave)):
                assert box.x >= 0.05 * layout.width
                assert box.x + box.width <= 0.95 * layout.width
                assert box.y >= 0.05 * layout.height
                assert box.y + box.height <= 0.95 * layout.height
