"""What leaves the sandbox's music: audio files, MIDI, cover pictures, lyrics."""

from __future__ import annotations

import io
import time
import wave

import mido
import mutagen
import numpy as np
import pytest
from PIL import Image
from sandbox_music.measure import LYRICS, RATE, level, mono

from songwright.sandbox import music
from songwright.sandbox.music import Brief
from songwright.sandbox.music.codec import Format


@pytest.fixture(scope="module")
def song() -> music.Score:
    return music.compose(Brief(lyrics=LYRICS, style="bossa nova, 120 BPM", title="Harbour", seconds=20, seed=3))


@pytest.fixture(scope="module")
def sound(song: music.Score) -> music.Audio:
    return music.render(song)


@pytest.mark.parametrize("kind", ["mp3", "m4a", "wav"])
def test_every_format_is_the_same_music(sound: music.Audio, kind: Format) -> None:
    """MP3 and AAC begin with a little silence of the coder's own; decoders take most of it away."""
    back = mono(music.decode(music.encode(sound, kind)))
    original = mono(sound)
    assert len(back) / RATE == pytest.approx(sound.seconds, abs=0.06)
    window = original[5 * RATE : 7 * RATE]
    lags = np.fft.irfft(
        np.conj(np.fft.rfft(window, 1 << 18)) * np.fft.rfft(back[5 * RATE - 3000 : 7 * RATE + 3000], 1 << 18)
    )
    lag = int(lags[:6000].argmax()) - 3000
    assert abs(lag) <= 2200
    shifted = back[5 * RATE + lag : 7 * RATE + lag]
    assert level(window - shifted) < level(window) - (18 if kind != "wav" else 70)


def test_a_wav_is_48_kilohertz_stereo(sound: music.Audio) -> None:
    with wave.open(io.BytesIO(music.encode(sound, "wav"))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48000, 2, 2)
        assert file.getnframes() == len(sound.samples)


@pytest.mark.parametrize(
    "data", [b"", b"not audio at all", b"<html><body>Not found</body></html>", bytes(5000), b"ID3" + bytes(500)]
)
def test_what_is_no_audio_is_refused(data: bytes) -> None:
    with pytest.raises(music.NotAudio):
        music.decode(data)


def test_a_picture_is_no_audio(song: music.Score) -> None:
    with pytest.raises(music.NotAudio):
        music.decode(music.cover_art(song, "Harbour"))


def test_a_truncated_file_is_read_as_far_as_it_goes_or_refused(sound: music.Audio) -> None:
    data = music.encode(sound, "mp3")
    try:
        back = music.decode(data[: len(data) // 2])
    except music.NotAudio:
        return
    assert back.seconds < sound.seconds * 0.6


def test_a_mono_file_at_another_rate_becomes_48_kilohertz_stereo() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(22050)
        out.writeframes((np.sin(np.arange(22050) * 2 * np.pi * 440 / 22050) * 9000).astype("<i2").tobytes())
    audio = music.decode(file.getvalue())
    assert audio.samples.shape[1] == 2
    assert audio.seconds == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("kind", ["mp3", "wav", "m4a"])
def test_a_tiny_clip_is_valid_and_made_once(kind: Format) -> None:
    first = music.tiny(2.0, 7, kind)
    assert music.decode(first).seconds == pytest.approx(2, abs=0.06)
    began = time.process_time()
    assert music.tiny(2.0, 7, kind) == first
    assert time.process_time() - began < 0.01
    assert len({music.tiny(0.5, seed, kind) for seed in range(30)}) > 4


def test_a_two_minute_song_takes_less_than_ten_seconds_of_processor_time() -> None:
    began = time.process_time()
    song = music.compose(Brief(lyrics=LYRICS * 2, style="funk", seconds=120))
    music.encode(music.render(song), "mp3")
    assert time.process_time() - began < 10


def test_the_midi_file_is_the_score_that_was_played(song: music.Score) -> None:
    file = mido.MidiFile(file=io.BytesIO(music.midi(song)))
    assert file.type == 1
    assert [m.tempo for m in file.tracks[0] if m.type == "set_tempo"] == [500000]
    names = [next(m.name for m in track if m.type == "track_name") for track in file.tracks[1:]]
    assert names == music.parts(song)
    for track, part in zip(file.tracks[1:], names, strict=True):
        tick, starts = 0, []
        for message in track:
            tick += message.time
            if message.type == "note_on":
                starts.append((tick / 480 * 0.5, message.note))
        expected = sorted((n.start, n.pitch) for n in music.notes(song)[part])
        assert len(starts) == len(expected)
        by_pitch = [sorted(pairs, key=lambda pair: (pair[1], pair[0])) for pairs in (starts, expected)]
        for (at, pitch), (start, wanted) in zip(*by_pitch, strict=True):
            assert pitch == wanted
            assert abs(at - start) < 0.01
    assert any(m.type == "lyrics" for m in file.tracks[1])


def test_the_midi_of_joined_songs_follows_both_tempi(song: music.Score) -> None:
    both = music.concat(song, 10, music.compose(Brief(style="techno, 136 BPM", seconds=10)))
    file = mido.MidiFile(file=io.BytesIO(music.midi(both)))
    assert [round(60e6 / m.tempo) for m in file.tracks[0] if m.type == "set_tempo"] == [120, 136]
    assert file.length == pytest.approx(max(n.end for ns in music.notes(both).values() for n in ns), abs=0.05)
    average, low, high = music.bpm(both)
    assert (low, high) == (120, 136)
    assert average == pytest.approx(128, abs=0.1)


def _track(data: bytes, number: int) -> list[tuple[int, mido.MetaMessage]]:
    """The events of one track with their ticks."""
    tick, events = 0, []
    for message in mido.MidiFile(file=io.BytesIO(data), charset="utf-8").tracks[number]:
        tick += message.time
        events.append((tick, message))
    return events


@pytest.mark.parametrize(
    ("words", "syllables"),
    [
        ("Stars are falling over", ["Stars ", "a", "re ", "fal", "ling ", "o", "ver\n"]),
        ("바다를 건너", ["바", "다", "를 ", "건", "너\n"]),
        ("うみのほし", ["う", "み", "の", "ほ", "し\n"]),
        ("Песня о море", ["Пес", "ня ", "о ", "мо", "ре\n"]),
    ],
)
def test_the_midi_file_is_a_karaoke_of_the_words_as_written(words: str, syllables: list[str]) -> None:
    song = music.compose(Brief(lyrics=f"[Verse]\n{words}\nla la", style="folk", seconds=20))
    events = _track(music.midi(song), 1)
    struck = {tick for tick, message in events if message.type == "note_on"}
    sung = [(tick, message.text) for tick, message in events if message.type == "lyrics"]
    assert [text for _, text in sung][: len(syllables)] == syllables
    assert {tick for tick, _ in sung} <= struck


def test_the_midi_file_says_title_key_and_sections_and_where_everybody_stands() -> None:
    song = music.compose(Brief(lyrics=LYRICS, style="rock in F# minor", title="海の Пісня", seconds=40))
    data = music.midi(song)
    conductor = [message for _, message in _track(data, 0)]
    assert next(m.name for m in conductor if m.type == "track_name") == "海の Пісня"
    assert [m.key for m in conductor if m.type == "key_signature"] == ["F#m"]
    assert [m.text for m in conductor if m.type == "marker" and m.text != "Intro"][:3] == ["Verse", "Chorus", "Verse 2"]
    seats = []
    for number in range(1, len(music.parts(song)) + 1):
        said = {m.control: m.value for _, m in _track(data, number) if m.type == "control_change"}
        assert 40 <= said[7] <= 127
        seats.append(said[10])
    assert max(seats) - min(seats) > 20


def test_an_mp3_says_its_key(song: music.Score, sound: music.Audio) -> None:
    data = music.encode(sound, key=song.short_key)
    assert mutagen.File(io.BytesIO(data)).tags["TKEY"].text == [song.short_key]


def test_an_instrumental_is_named_after_what_it_is_about() -> None:
    assert music.title_of("lo-fi beats for a rainy night in Tokyo") == "Rainy night"
    assert (
        music.title_of("epic orchestral trailer music with thundering percussion")
        == "Epic orchestral trailer music with"
    )
    assert music.title_of("!!!") == ""


@pytest.mark.parametrize("title", ["Harbour", "", "Lucía 🎵", "海の星", "صباح الخير", "x" * 500, "Пісня", "a\nb"])
def test_a_cover_picture_is_drawn_whatever_the_title(song: music.Score, title: str) -> None:
    data = music.cover_art(song, title)
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (512, 512))
        assert len(picture.getcolors(512 * 512) or ()) > 500
    assert len(data) < 120_000
    assert music.cover_art(song, title) == data


def test_two_songs_have_two_pictures(song: music.Score) -> None:
    other = music.compose(Brief(style="techno", seconds=10, seed=8))
    assert music.cover_art(song, "Same") != music.cover_art(other, "Same")


def test_lyrics_are_about_what_the_person_said() -> None:
    title, lyrics = music.write_lyrics("a song about Lucía and her little boat in the harbour")
    assert "Lucía" in title
    assert "[Chorus]" in lyrics
    assert lyrics.count("Lucía") >= 4
    assert "boat" in lyrics
    assert music.write_lyrics("a song about Lucía and her little boat in the harbour") == (title, lyrics)
    assert music.write_lyrics("a song about Lucía and her little boat in the harbour", seed=5) != (title, lyrics)


def test_lyrics_fit_the_length() -> None:
    short, long = (len(music.write_lyrics("rain", seconds=s)[1].splitlines()) for s in (15, 180))
    assert short <= 6
    assert long > 20


@pytest.mark.parametrize(
    ("idea", "sign"),
    [
        ("ein Lied über den Sommer in Berlin", "sommer"),
        ("una canción sobre el mar de Cádiz", "mar"),
        ("une chanson sur la neige à Paris", "neige"),
        ("海辺の夏、星と波", "星と波"),
        ("песня о море и звёздах", "мор"),
        ("", "morning"),
        ("!!!", "morning"),
    ],
)
def test_lyrics_can_be_written_and_sung_from_any_idea(idea: str, sign: str) -> None:
    title, lyrics = music.write_lyrics(idea, seconds=40)
    assert title
    assert sign in lyrics.lower()
    song = music.compose(Brief(lyrics=lyrics, style="pop", title=title, seconds=40))
    assert music.timeline(song)
