"""What a person hears when the sandbox composes from their words."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from sandbox_music.measure import (
    LYRICS,
    RATE,
    centroid,
    heard,
    level,
    mono,
    pitch_of,
    spectrum,
    strength,
    tempo_fits,
    tune,
)

from songwright.sandbox import music
from songwright.sandbox.music import Brief

GENRES = (
    "pop", "rock", "metal", "folk", "blues", "jazz", "bossa nova", "salsa", "reggae", "hip-hop", "disco", "house",
    "drum and bass", "ambient", "classical", "cinematic",
)  # fmt: skip


@pytest.fixture(scope="module")
def song() -> music.Score:
    return music.compose(Brief(lyrics=LYRICS, style="folk, 96 BPM, female vocals", title="Harbour", seconds=40, seed=4))


@pytest.fixture(scope="module")
def sound(song: music.Score) -> music.Audio:
    return music.render(song)


@pytest.fixture(scope="module")
def stems(song: music.Score) -> dict[str, np.ndarray]:
    return {name: mono(audio) for name, audio in music.stems(song, ["vocals", "instrumental", "bass"])}


@pytest.fixture(scope="module")
def voice(stems: dict[str, np.ndarray]) -> np.ndarray:
    return stems["vocals"]


def test_the_same_request_gives_the_same_bytes() -> None:
    brief = Brief(lyrics=LYRICS, style="funk, female vocals", seconds=10, seed=4)
    one, two = music.compose(brief), music.compose(brief)
    assert one == two
    assert music.encode(music.render(one), "wav") == music.encode(music.render(two), "wav")


def test_the_two_takes_sing_the_same_words_to_different_tunes() -> None:
    one, two = (music.compose(Brief(lyrics=LYRICS, style="pop", seconds=40, take=take)) for take in (1, 2))
    assert [w.word for w in music.timeline(one)] == [w.word for w in music.timeline(two)]
    differing = sum(a != b for a, b in zip(tune(one), tune(two), strict=True))
    assert differing > len(tune(one)) / 3


def test_another_seed_is_another_song() -> None:
    one, two = (music.compose(Brief(lyrics=LYRICS, style="pop", seconds=40, seed=seed)) for seed in (1, 2))
    assert music.notes(one) != music.notes(two)


def test_a_score_survives_being_stored(song: music.Score) -> None:
    assert music.Score.from_json(json.loads(json.dumps(song.to_json()))) == song


@pytest.mark.parametrize("seconds", [10, 23, 60, 187, 360])
@pytest.mark.parametrize("style", ["pop", "ambient, 60 BPM", "waltz, classical", "drum and bass"])
def test_the_asked_length_is_met(seconds: float, style: str) -> None:
    for instrumental in (False, True):
        song = music.compose(Brief(lyrics=LYRICS, style=style, seconds=seconds, instrumental=instrumental))
        assert abs(song.seconds - seconds) <= 0.05 * seconds
        last = max(note.end for notes in music.notes(song).values() for note in notes)
        assert last > seconds * 0.75, "the music fills the length"


def test_a_song_is_never_longer_than_six_minutes() -> None:
    assert music.compose(Brief(lyrics=LYRICS * 40, style="slow blues")).seconds <= 360
    assert music.compose(Brief(style="ambient", seconds=900)).seconds <= 360


def test_the_sound_is_as_long_as_the_score_says(song: music.Score, sound: music.Audio) -> None:
    assert sound.seconds == pytest.approx(song.seconds, abs=0.001)
    assert sound.samples.shape[1] == 2
    assert sound.rate == RATE


def test_without_a_length_the_words_decide() -> None:
    short = music.compose(Brief(lyrics="[Verse]\nOne little line", style="pop"))
    long = music.compose(Brief(lyrics=LYRICS * 3, style="pop"))
    assert short.seconds >= 28
    assert long.seconds > 2 * short.seconds
    assert 55 <= music.compose(Brief(style="jazz", instrumental=True)).seconds <= 95


@pytest.mark.parametrize(
    ("style", "tempo"), [("rock, 132 BPM", 132), ("BPM: 84, hip-hop", 84), ("folk, 71.5 bpm", 71.5)]
)
def test_the_tempo_in_the_style_is_the_tempo_played(style: str, tempo: float) -> None:
    song = music.compose(Brief(style=style, seconds=20, instrumental=True))
    assert music.bpm(song) == (tempo, tempo, tempo)
    assert tempo_fits(heard(song), tempo) > 0.97


def test_the_key_in_the_style_is_the_key_played() -> None:
    song = music.compose(Brief(style="pop in F# minor", seconds=20, instrumental=True))
    assert song.key == "F# minor"
    bass = [note.pitch % 12 for note in music.notes(song)["bass"]]
    assert bass[-1] == 6, "the song ends on its tonic"


def test_a_chorus_that_comes_back_has_the_same_tune(song: music.Score) -> None:
    sections: dict[str, list[list[music.Word]]] = {}
    for word in music.timeline(song):
        if word.word.startswith("["):
            current = sections.setdefault(word.word.split("]")[0], [])
            current.append([])
        current[-1].append(word)
    first, second = sections["[Chorus"][:2]
    pitches = [
        [n.pitch for n in music.notes(song)["vocals"] if words[0].start - 0.01 <= n.start <= words[-1].end]
        for words in (first, second)
    ]
    assert len(pitches[0]) > 6
    assert pitches[0] == pitches[1]


def test_every_genre_is_what_its_name_says() -> None:
    facts = {}
    for name in GENRES:
        song = music.compose(Brief(style=name, seconds=10, instrumental=True, seed=5))
        samples = heard(song)
        hertz, size = spectrum(samples)
        low = size[hertz < 150].sum() / size.sum()
        drums = len(music.notes(song).get("drums", ())) / song.seconds
        facts[name] = np.array([np.log2(song.tempo) * 2, np.log2(centroid(samples)) * 2, low * 8, drums / 4])
        assert np.abs(samples).max() <= 0.98
        assert level(samples) > -30
    alike = [(a, b) for i, a in enumerate(GENRES) for b in GENRES[i + 1 :] if np.linalg.norm(facts[a] - facts[b]) < 0.1]
    assert alike == []


@pytest.mark.parametrize(
    ("style", "genre"),
    [
        ("melancholic indie folk, fingerpicked guitar", "folk"),
        ("K-Pop, bright, 120 BPM", "pop"),
        ("upbeat drum and bass with a female voice", "drum and bass"),
        ("trap beat, dark", "hip-hop"),
        ("neo soul, Rhodes", "r&b"),
        ("80s new wave", "synthwave"),
        ("nursery song for kids", "lullaby"),
        ("solo piano, quiet", "classical"),
        ("epic film score", "cinematic"),
        ("bluegrass with banjo", "country"),
        ("nothing anybody has heard of", "pop"),
    ],
)
def test_a_style_in_a_persons_words_finds_its_genre(style: str, genre: str) -> None:
    assert music.compose(Brief(style=style, seconds=10)).to_json()["sources"][0]["genre"] == genre


def test_a_named_instrument_plays_and_a_refused_one_does_not() -> None:
    song = music.compose(Brief(style="pop, saxophone, no drums", negative_style="piano", seconds=20))
    assert "woodwinds" in music.parts(song)
    assert not {"drums", "percussion", "keyboard"} & set(music.parts(song))
    assert "vocals" not in music.parts(
        music.compose(Brief(lyrics=LYRICS, style="pop", negative_style="vocals", seconds=20))
    )


@pytest.mark.parametrize(
    "words",
    [
        "Guten Morgen, schöne große Welt", "Buenos días, corazón", "Où est passée la lumière d'été",
        "Доброе утро, мой город", "おはよう、海の星", "早上好 我的世界", "안녕하세요 나의 바다", "Καλημέρα θάλασσα",
        "صباح الخير يا بحر", "בוקר טוב עולם", "नमस्ते मेरे दोस्त", "สวัสดีตอนเช้า", "გამარჯობა ზღვა", "1999 & 2001!",
    ],
)  # fmt: skip
def test_words_in_any_script_are_sung(words: str) -> None:
    song = music.compose(Brief(lyrics=f"[Verse]\n{words}", style="pop", seconds=12))
    sung = music.timeline(song)
    assert len(tune(song)) >= 3
    assert "".join(w.word for w in sung) == f"[Verse]\n{words}\n"


def test_lyrics_without_any_letter_leave_the_band_alone() -> None:
    song = music.compose(Brief(lyrics="... !!! ♪♪", style="pop", seconds=12))
    assert "vocals" not in music.parts(song)
    assert music.timeline(song) == []


def test_the_voice_sings_the_pitches_of_the_score(song: music.Score, voice: np.ndarray) -> None:
    long = [n for n in music.notes(song)["vocals"] if n.end - n.start > 0.4]
    assert len(long) > 5
    right = 0
    for note in long:
        middle = voice[int((note.start + 0.15) * RATE) : int((note.start + 0.35) * RATE)]
        right += abs(pitch_of(middle) - note.pitch) < 0.6
    assert right >= 0.9 * len(long)


def test_different_vowels_sound_different() -> None:
    """The second resonance of "ee" lies above 2 kHz and that of "oo" below 1 kHz (Peterson and Barney, 1952)."""

    def high_share(syllable: str) -> float:
        line = " ".join([syllable] * 6)
        song = music.compose(Brief(lyrics=f"[Verse]\n{line}", style="folk in C major, 90 BPM", seconds=12, seed=1))
        samples = heard(music.stem(song, "vocals"))
        hertz, size = spectrum(samples)
        return float(size[(hertz > 1800) & (hertz < 3500)].sum() / size[(hertz > 500) & (hertz < 1500)].sum())

    assert high_share("mee") > 2 * high_share("mo") > 0
    assert high_share("mee") > 1.5 * high_share("ma")


def test_words_are_heard_when_the_timeline_says(song: music.Score, voice: np.ndarray) -> None:
    """The first word after a rest begins where the voice's energy rises; the promise is 20 ms."""
    words = music.timeline(song)
    phrases = [words[0]] + [b for a, b in pairwise(words) if b.start - a.end > 0.45]
    assert len(phrases) >= 3
    for word in phrases:
        around = voice[int((word.start - 0.2) * RATE) : int((word.start + 0.25) * RATE)]
        steps = np.sqrt((around[: len(around) // 96 * 96].reshape(-1, 96) ** 2).mean(axis=1))
        quiet = steps[:60].max()
        rise = next(i for i, value in enumerate(steps) if value > max(3 * quiet, 0.02 * steps.max())) * 96 / RATE - 0.2
        assert abs(rise) <= 0.02, word


def test_the_timeline_is_in_order_and_carries_the_section_tags(song: music.Score) -> None:
    words = music.timeline(song)
    assert words[0].word == "[Verse]\nStars "
    assert all(w.end > w.start for w in words)
    assert all(a.start < b.start for a, b in pairwise(words))
    text = "".join(w.word for w in words)
    assert "Stars are falling over the harbour tonight\n" in text


def test_the_finished_sound_neither_clips_nor_clicks(sound: music.Audio) -> None:
    decoded = music.decode(music.encode(sound, "mp3")).samples
    assert np.abs(decoded).max() <= 0.98
    assert np.abs(sound.samples[:4]).max() < 0.01
    assert np.abs(sound.samples[-4:]).max() < 0.01
    assert np.abs(np.diff(mono(sound))).max() < 0.5
    assert abs(sound.samples.mean()) < 0.003, "no direct current"


def test_the_sound_is_soft_above_six_kilohertz(sound: music.Audio) -> None:
    hertz, size = spectrum(mono(sound))
    assert (size[hertz > 6000] ** 2).sum() / (size**2).sum() < 0.02


def test_voice_and_band_are_both_to_be_heard(stems: dict[str, np.ndarray]) -> None:
    voice, band = stems["vocals"], stems["instrumental"]
    busy = np.abs(voice) > 0.001
    assert -6 < level(voice[busy]) - level(band[busy]) < 9


def test_a_fade_out_tag_fades_out() -> None:
    song = music.compose(Brief(lyrics=LYRICS + "\n[Fade Out]", style="rock", seconds=30))
    samples = heard(song)
    second = [level(samples[int(at * RATE) : int((at + 1) * RATE)]) for at in (22, 26.5, 28.9)]
    assert second[0] > second[1] + 3 > second[2] + 10


def test_the_same_voice_id_sounds_the_same_and_another_one_differs() -> None:
    def sung(voice: str, seed: int) -> np.ndarray:
        brief = Brief(
            lyrics="[Verse]\nLa la la la\nLa la la la",
            style="folk in C major, 90 BPM",
            seconds=12,
            voice=voice,
            vocal_gender="f",
            seed=seed,
        )
        song = music.compose(brief)
        return heard(music.stem(song, "vocals"))

    def colour(samples: np.ndarray) -> np.ndarray:
        hertz, size = spectrum(samples)
        bands = np.array([size[(hertz >= f) & (hertz < f * 1.26)].sum() for f in 300 * 1.26 ** np.arange(13)])
        logarithms: np.ndarray = np.log(bands / bands.sum())
        return logarithms

    anna, again, bert = (colour(sung(v, s)) for v, s in (("persona-anna", 1), ("persona-anna", 2), ("persona-bert", 1)))
    assert np.abs(anna - bert).mean() > 1.3 * np.abs(anna - again).mean()


def test_a_male_voice_sings_lower_than_a_female_one() -> None:
    low, high = (tune(music.compose(Brief(lyrics=LYRICS, style="pop", seconds=30, vocal_gender=g))) for g in "mf")
    assert np.mean(low) < np.mean(high) - 6
    named = music.compose(Brief(lyrics=LYRICS, style="pop, male vocals", seconds=30))
    assert np.mean(tune(named)) < np.mean(high) - 6


def test_a_solo_tag_brings_that_instrument_forward() -> None:
    song = music.compose(
        Brief(lyrics="[Verse]\nA line to sing\n\n[Saxophone Solo]\n\n[Verse]\nAnother line", style="pop", seconds=30)
    )
    solo = music.notes(song)["woodwinds"]
    words = music.timeline(song)
    assert words[3].end < np.median([n.start for n in solo]) < words[-1].start


def test_words_in_brackets_are_answered_by_the_backing_singers() -> None:
    song = music.compose(
        Brief(lyrics="[Verse]\nI walk alone (all alone)\nThe night is long (so long)", style="metal", seconds=20)
    )
    assert "backing vocals" in music.parts(song)
    assert "(all" not in "".join(w.word for w in music.timeline(song))


def test_what_is_written_is_what_sounds(song: music.Score, stems: dict[str, np.ndarray]) -> None:
    """A note of the score is a peak in the stem's spectrum while it lasts."""
    bass = stems["bass"]
    long = [n for n in music.notes(song)["bass"] if n.end - n.start > 0.45][:12]
    for note in long:
        stretch = bass[int(note.start * RATE) : int(note.start * RATE) + 16384]
        own = strength(stretch, 440 * 2 ** ((note.pitch - 69) / 12), 0.03)
        wrong = strength(stretch, 440 * 2 ** ((note.pitch + 3.5 - 69) / 12), 0.03)
        assert own > 1.5 * wrong
