"""Songs made from songs, measured in what is heard."""

from __future__ import annotations

import numpy as np
import pytest
from sandbox_music.measure import LYRICS, RATE, centroid, heard, level, mono, tempo_fits, tune

from songwright.sandbox import music
from songwright.sandbox.music import Brief
from songwright.sandbox.music.score import Polish


@pytest.fixture(scope="module")
def song() -> music.Score:
    return music.compose(Brief(lyrics=LYRICS, style="pop, 104 BPM", title="Harbour", seconds=36, seed=2))


@pytest.fixture(scope="module")
def sound(song: music.Score) -> music.Audio:
    return music.render(song)


@pytest.fixture(scope="module")
def band() -> music.Score:
    return music.compose(Brief(style="reggae, 76 BPM in A minor", seconds=24, seed=9))


@pytest.fixture(scope="module")
def upload(band: music.Score) -> bytes:
    return music.encode(music.render(band), "mp3")


@pytest.fixture(scope="module")
def uploaded(upload: bytes) -> music.Score:
    return music.recording(music.decode(upload), "upload-1")


def residue(whole: np.ndarray, part: np.ndarray) -> float:
    """How much of `part` is left in decibels when as much of it as fits is taken out of `whole`."""
    size = min(len(whole), len(part))
    whole, part = whole[:size].astype(float), part[:size].astype(float)
    share = (whole @ part) / (part @ part)
    return level(part) - level(whole - share * part)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    size = min(len(a), len(b))
    return float(np.corrcoef(a[:size], b[:size])[0, 1])


# --- extend and concat


def test_an_extension_goes_on_in_key_tempo_and_band_with_the_new_words(song: music.Score) -> None:
    more = music.extend(
        song, 30.0, Brief(lyrics="[Verse 3]\nMorning comes over the wall\nNobody heard us at all", seconds=20)
    )
    assert more.seconds == pytest.approx(20, rel=0.05)
    assert (more.key, more.tempo) == (song.key, song.tempo)
    assert set(music.parts(more)) - {"vocals", "backing vocals"} <= set(music.parts(song)) | {"synth"}
    assert "".join(w.word for w in music.timeline(more)).startswith("[Verse 3]\nMorning comes")
    assert "Stars" not in more.lyrics


def test_an_extension_that_repeats_a_verse_repeats_its_tune(song: music.Score) -> None:
    verse = LYRICS.split("\n\n")[0]
    more = music.extend(song, 36.0, Brief(lyrics=verse))
    lines = len(["Stars", "are", "falling", "over", "the", "harbour", "tonight"])
    sung = tune(more)[: lines + 3]
    assert sung == tune(song)[: len(sung)]


@pytest.mark.parametrize("at", [30.0, 23.7])
def test_the_whole_song_is_as_long_as_its_two_parts_and_keeps_the_beat(song: music.Score, at: float) -> None:
    more = music.extend(song, at, Brief(lyrics="[Outro]\nGood night", seconds=12))
    both = music.concat(song, at, more)
    assert both.seconds == pytest.approx(at + more.seconds, abs=0.001)
    samples = heard(both)
    assert len(samples) / RATE == pytest.approx(both.seconds, abs=0.001)
    assert tempo_fits(samples, 104) > 0.95
    np.testing.assert_allclose(samples[: int((at - 0.01) * RATE)], heard(song)[: int((at - 0.01) * RATE)], atol=2e-4)


def test_a_joint_does_not_click(song: music.Score) -> None:
    both = music.concat(song, 21.3, music.extend(song, 21.3, Brief(seconds=10)))
    samples = heard(both)
    around = np.abs(np.diff(samples[int(21.25 * RATE) : int(21.4 * RATE)])).max()
    assert around < 1.5 * np.abs(np.diff(samples)).max()
    assert level(samples[int(21.3 * RATE) : int(21.36 * RATE)]) > -45, "and leaves no hole"


@pytest.mark.parametrize("at", [8.0, 20.0])
def test_an_extension_begins_as_loud_as_the_song_was(song: music.Score, at: float) -> None:
    more = music.extend(song, at, Brief(lyrics="[Verse]\nOne more line about the sea\nFor you and me", seconds=14))
    both = mono(music.render(music.concat(song, at, more)))
    seam = round(at * RATE)
    assert level(both[seam : seam + 3 * RATE]) == pytest.approx(level(both[seam - 3 * RATE : seam]), abs=3.0)


def test_extensions_can_be_extended(song: music.Score) -> None:
    first = music.concat(song, 30, music.extend(song, 30, Brief(lyrics="[Verse]\nOne more line", seconds=12)))
    second = music.extend(first, 40, Brief(seconds=10))
    assert (second.key, second.tempo) == (song.key, song.tempo)
    assert music.concat(first, 40, second).seconds == pytest.approx(50, rel=0.02)


# --- cover


def test_a_cover_keeps_tune_words_and_key_and_changes_band_and_tempo(song: music.Score) -> None:
    cover = music.cover(song, Brief(style="reggae"), closeness=0.1)
    assert tune(cover) == tune(song)
    assert [w.word for w in music.timeline(cover)] == [w.word for w in music.timeline(song)]
    assert cover.key == song.key
    assert abs(cover.tempo / song.tempo - 1) > 0.08
    old, new = heard(music.window(song, 10, 20)), heard(music.window(cover, 10, 20))
    assert correlation(old, new) < 0.5
    assert music.notes(cover)["drums"] != music.notes(song)["drums"]


def test_a_close_cover_keeps_the_tempo_and_a_free_one_takes_the_genres(song: music.Score) -> None:
    free, close = (music.cover(song, Brief(style="drum and bass"), closeness=c).tempo for c in (0.0, 1.0))
    assert free > 165
    assert abs(close - song.tempo) < abs(free - song.tempo) / 3


def test_a_cover_sung_by_the_other_voice_moves_by_octaves(song: music.Score) -> None:
    cover = music.cover(song, Brief(style="folk", vocal_gender="m"))
    other = music.cover(song, Brief(style="folk", vocal_gender="f"))
    assert [p % 12 for p in tune(cover)] == [p % 12 for p in tune(other)] == [p % 12 for p in tune(song)]
    assert np.mean(tune(cover)) == pytest.approx(np.mean(tune(other)) - 12)


def test_an_instrumental_cover_plays_the_tune_and_sings_nothing(song: music.Score) -> None:
    cover = music.cover(song, Brief(style="jazz", instrumental=True))
    assert "vocals" not in music.parts(cover)
    lead = [n.pitch for n in music.notes(cover)["woodwinds"]]
    assert tune(song)[:20] == [p for p in lead if p in set(tune(song))][:20]


def test_a_cover_with_new_words_sings_them_to_the_old_tune(song: music.Score) -> None:
    cover = music.cover(song, Brief(style="rock", lyrics="[Verse]\nEntirely other words\nAre on this tune"))
    assert tune(cover) == tune(song)[: len(tune(cover))]
    assert "Entirely" in cover.lyrics
    assert "Stars" not in cover.lyrics


@pytest.mark.parametrize("seconds", [20, 36, 90])
def test_a_cover_lasts_as_long_as_asked(song: music.Score, seconds: float) -> None:
    assert music.cover(song, Brief(style="house"), 0.5).seconds > 0
    assert music.cover(song, Brief(style="house", seconds=seconds)).seconds == pytest.approx(seconds, rel=0.05)


# --- replace and window


def test_replacing_changes_only_its_window(song: music.Score, sound: music.Audio) -> None:
    start, end = 12.5, 19.25
    changed = music.replace(song, start, end, "Something else entirely\nIs happening here", Brief())
    after = music.render(changed).samples
    before = sound.samples
    assert after.shape == before.shape
    a, b = int(start * RATE) - 1, int(end * RATE) + 2
    assert np.array_equal(after[:a], before[:a])
    assert np.array_equal(after[b:], before[b:])
    assert level((after - before)[a:b]) > -35
    assert "Something else entirely" in changed.lyrics
    assert np.abs(after).max() <= 0.98


def test_replacing_twice_and_at_the_edges_works(song: music.Score, sound: music.Audio) -> None:
    once = music.replace(song, 0, 6, "Other beginning", Brief())
    twice = music.replace(once, 30, 36, "", Brief(take=2))
    samples = music.render(twice).samples
    middle = slice(int(6.1 * RATE), int(29.9 * RATE))
    assert np.array_equal(samples[middle], sound.samples[middle])
    assert twice.seconds == song.seconds


def test_a_window_is_that_stretch_of_the_song(song: music.Score, sound: music.Audio) -> None:
    cut = music.window(song, 10, 17.5)
    assert cut.seconds == pytest.approx(7.5)
    inner = music.render(cut).samples[480:-480]
    np.testing.assert_array_equal(inner, sound.samples[10 * RATE + 480 : int(17.5 * RATE) - 480])
    first = next(w for w in music.timeline(song) if w.start > 10.2)
    assert any(w.word.endswith(first.word) and abs(w.start - (first.start - 10)) < 0.001 for w in music.timeline(cut))


def test_a_window_outside_of_the_song_is_refused(song: music.Score) -> None:
    with pytest.raises(ValueError, match="nothing between"):
        music.window(song, 50, 60)
    with pytest.raises(ValueError, match="too short"):
        music.replace(song, 10, 10.1, "x", Brief())


# --- stems


def test_stems_add_up_to_the_mix(song: music.Score, sound: music.Audio) -> None:
    names = music.parts(song)
    assert {"vocals", "drums", "bass"} <= set(names)
    total = sum(audio.samples for _, audio in music.stems(song, names))
    assert level(total - sound.samples) < level(sound.samples) - 60
    single = sum(music.render(music.stem(song, name)).samples for name in ("vocals", "instrumental"))
    assert level(single - sound.samples) < level(sound.samples) - 60


def test_only_parts_that_sound_are_named(song: music.Score, band: music.Score) -> None:
    for score in (song, band):
        for name, audio in music.stems(score, music.parts(score)):
            assert level(audio.samples) > -75, name
    silent = music.render(music.stem(band, "vocals"))
    assert np.abs(silent.samples).max() == 0
    assert music.parts(music.stem(song, "bass")) == ["bass"]


def test_an_unknown_part_is_refused(song: music.Score) -> None:
    with pytest.raises(ValueError, match="no part"):
        music.stem(song, "kazoo")


# --- two songs


def test_a_mashup_contains_both_songs(song: music.Score, band: music.Score) -> None:
    mash = music.mashup(song, band, Brief())
    words = {w.word.split("\n")[-1] for w in music.timeline(mash)}
    assert "Stars " in words
    steps = (song.to_json()["sources"][0]["tonic"] - band.to_json()["sources"][0]["tonic"]) % 12
    lead = [n.pitch % 12 for n in music.notes(band)["brass"]]
    played = [n.pitch % 12 for n in music.notes(mash)["brass"]]
    runs = {tuple(played[i : i + 6]) for i in range(len(played) - 5)}
    shifts = [steps, (steps + 3) % 12, (steps - 3) % 12]
    moved = {tuple((p + s) % 12 for p in lead[i : i + 6]) for s in shifts for i in range(len(lead) - 5)}
    assert runs & moved
    assert tempo_fits(heard(mash), mash.tempo) > 0.9


def test_a_mashup_of_uploads_plays_stretches_of_both(song: music.Score, uploaded: music.Score, upload: bytes) -> None:
    mash = music.mashup(uploaded, song, Brief(seconds=40))
    samples = mono(music.render(mash, lambda key: upload))
    original = mono(music.decode(upload))
    found = samples[2 * RATE : 6 * RATE]
    assert max(abs(correlation(found, original[2 * RATE : 6 * RATE])), 0) > 0.9
    assert {"vocals", "drums"} <= set(music.parts(mash))


def test_a_sampled_song_contains_the_sample(song: music.Score, sound: music.Audio) -> None:
    new = music.sample(
        song, 14.0, 18.0, Brief(lyrics="[Intro]\n\n[Verse]\nA new song over old sound", style="hip-hop", seconds=30)
    )
    samples = music.render(new).samples
    chop = mono(music.Audio(sound.samples[14 * RATE : 18 * RATE]))
    beginning = mono(music.Audio(samples[: 4 * RATE]))
    assert residue(beginning, chop) > 0
    assert correlation(beginning, chop) > 0.5
    assert new.key == song.key
    assert "A new song" in new.lyrics
    assert new.seconds == pytest.approx(30, rel=0.05)


# --- remaster


@pytest.mark.parametrize("strength", ["subtle", "normal", "high"])
def test_a_remaster_is_louder_and_brighter_and_has_the_same_notes(
    song: music.Score, sound: music.Audio, strength: Polish
) -> None:
    new = music.remaster(song, strength)
    samples = music.render(new).samples
    assert level(samples) > level(sound.samples) + 0.4
    assert centroid(mono(music.Audio(samples))) > centroid(mono(sound)) * 1.02
    assert np.abs(samples).max() <= 0.98
    assert music.notes(new) == music.notes(song)
    assert music.timeline(new) == music.timeline(song)


# --- uploads


def test_an_upload_sounds_as_it_was_sent(uploaded: music.Score, upload: bytes) -> None:
    assert uploaded.seconds == pytest.approx(24, abs=0.05)
    np.testing.assert_allclose(
        music.render(uploaded, lambda key: upload).samples, music.decode(upload).samples, atol=1e-6
    )


def test_the_tempo_and_key_of_an_upload_are_measured(uploaded: music.Score) -> None:
    assert min(abs(uploaded.tempo / 76 - k) for k in (0.5, 1, 2)) < 0.01
    assert uploaded.key in ("A minor", "C major")


def test_the_stems_of_an_upload_add_up_to_it(uploaded: music.Score, upload: bytes) -> None:
    names = music.parts(uploaded)
    total = sum(audio.samples for _, audio in music.stems(uploaded, names, lambda key: upload))
    assert level(total - music.decode(upload).samples) < -60


def test_vocals_are_added_and_the_upload_is_kept(uploaded: music.Score, upload: bytes) -> None:
    sung = music.add_vocals(uploaded, Brief(lyrics=LYRICS, style="pop"))
    assert sung.seconds == uploaded.seconds
    assert "Stars" in sung.lyrics
    original = mono(music.decode(upload))
    instrumental = mono(music.render(music.stem(sung, "instrumental"), lambda key: upload))
    lead = music.render(music.stem(sung, "vocals"), lambda key: upload)
    assert correlation(original, instrumental) > 0.98
    assert level(lead.samples) > -40
    assert set(music.parts(sung)) <= {"vocals", "backing vocals", "synth"}
    later = music.add_vocals(uploaded, Brief(lyrics=LYRICS, style="pop"), start=10.0)
    assert 8.0 < music.timeline(later)[0].start < 14.0
    assert "Stars" in later.lyrics


def test_a_band_is_added_under_an_uploaded_voice_in_its_tempo(song: music.Score) -> None:
    voice = music.encode(music.render(music.stem(song, "vocals")), "mp3")
    given = music.recording(music.decode(voice), "voice")
    full = music.add_instrumental(given, Brief(style="folk"))
    assert full.seconds == given.seconds
    assert {"vocals", "bass", "guitar"} <= set(music.parts(full))
    original = mono(music.decode(voice))
    kept = mono(music.render(music.stem(full, "vocals"), lambda key: voice))
    assert correlation(original, kept) > 0.98
    assert full.tempo == given.tempo


def test_an_upload_can_be_extended_and_covered(uploaded: music.Score, upload: bytes) -> None:
    more = music.extend(uploaded, 20.0, Brief(lyrics="[Verse]\nNow I sing on", style="reggae", seconds=12))
    assert (more.key, more.tempo) == (uploaded.key, uploaded.tempo)
    both = music.concat(uploaded, 20.0, more)
    assert both.seconds == pytest.approx(20 + more.seconds, abs=0.001)
    assert np.abs(music.render(both, lambda key: upload).samples).max() <= 0.98
    cover = music.cover(uploaded, Brief(style="house", instrumental=True))
    assert cover.key == uploaded.key
    assert "drums" in music.parts(cover)


def test_every_result_survives_being_stored(song: music.Score, band: music.Score, uploaded: music.Score) -> None:
    results = [
        music.concat(song, 20, band),
        music.stem(music.mashup(song, band, Brief()), "drums"),
        music.remaster(music.sample(uploaded, 2, 6, Brief(style="techno"))),
        music.add_vocals(uploaded, Brief(lyrics="La la")),
    ]
    for score in results:
        assert music.Score.from_json(score.to_json()) == score
