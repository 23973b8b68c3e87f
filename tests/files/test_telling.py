"""What files are called and what their tags say, for clips of every kind."""

from __future__ import annotations

import pytest

from songwright.server.core.jobs import Clip
from songwright.server.files.names import safe_name
from songwright.server.files.tags import SongTags
from songwright.server.files.telling import label_of, tags_of
from songwright.server.journal.albums import Track
from songwright.tools.sonic.cover_song import CoverSong
from songwright.tools.sonic.create_song import CreateSong
from songwright.tools.sonic.remaster_song import RemasterSong
from songwright.tools.sonic.separate_stems import SeparateStems

COVER = CoverSong(source="c", style="Bossa Nova, warm female voice, 95 BPM")
PERSIAN = "می\u200cخواهم"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def tags(
    label: str, part: str | None = None, track: Track | None = None, *, style: str = "", lyrics: str = ""
) -> SongTags:
    clip = Clip("c", take=1, part=part, label=label, title="Boats", style=style, lyrics=lyrics)
    return tags_of(clip, track, sandbox=False)


@pytest.mark.parametrize(
    ("operation", "label"),
    [
        (COVER, "cover, bossa nova, take 1"),
        (CoverSong(source="c", style="95 BPM"), "cover, take 1"),
        (CreateSong(lyrics="La", style="bossa nova"), "take 1"),
        (RemasterSong(clip_id="c"), "remaster, take 1"),
    ],
)
def test_a_label_says_which_version_it_is(operation: CoverSong, label: str) -> None:
    assert label_of(Clip("new", take=1), operation, None, 1) == label


def test_a_part_is_named_after_the_take_it_comes_from() -> None:
    stems = SeparateStems(clip_id="c")
    for label in ("take 2", None):
        source = Clip("c", take=2, label=label)
        assert label_of(Clip("new", take=1, part="vocals"), stems, source, 0) == "take 2, vocals"


@pytest.mark.parametrize(
    ("label", "part", "title", "album", "track"),
    [
        ("take 2", None, "Boats", "Boats", 2),
        ("", None, "Boats", "Boats", 1),
        ("cover, bossa nova, take 2", None, "Boats (cover, bossa nova, take 2)", "Boats (cover, bossa nova)", 2),
        ("remaster", None, "Boats (remaster)", "Boats (remaster)", 1),
        ("take 2, vocals", "vocals", "Boats (take 2, vocals)", "Boats (take 2, stems)", None),
        ("vocals", "vocals", "Boats (vocals)", "Boats (vocals)", None),
    ],
)
def test_until_there_is_an_album_the_song_is_one(
    label: str, part: str | None, title: str, album: str, track: int | None
) -> None:
    told = tags(label, part)
    assert (told.title, told.album, told.track, told.tracks) == (title, album, track, None)
    assert (told.artist, told.album_artist) == ("Songwright", "Songwright")


def test_on_an_album_a_song_has_its_place_and_its_own_title() -> None:
    told = tags("take 2", track=Track("The Shore", "Harbour", 3, 9))
    assert (told.title, told.album, told.album_artist, told.track, told.tracks) == (
        "Boats", "The Shore", "Harbour", 3, 9,
    )  # fmt: skip
    assert (told.take, told.artist) == (2, "Harbour")


@pytest.mark.parametrize(
    ("style", "genre"),
    [
        ("Bossa Nova, warm female voice, 95 BPM", "Bossa Nova"),
        ("dark uk drill with sliding bass", "UK Drill"),
        ("Zorblecore, glass harp", "Zorblecore"),
        ("slow, 72 BPM, a harp and a lullaby for a very long night by the sea", "Lullaby"),
        ("95 BPM", ""),
    ],
)
def test_a_genre_is_one_and_the_whole_style_is_kept_beside_it(style: str, genre: str) -> None:
    told = tags("take 1", style=style)
    assert (told.genre, told.style) == (genre, style)


@pytest.mark.parametrize(
    ("lyrics", "language"),
    [
        ("[Verse]\nDuerme, niña, que la noche es larga y el mar no tiene prisa\nMe voy con la luna", "es"),
        ("من تو را می\u200cخواهم", "fa"),
        ("", None),
    ],
)
def test_the_words_language_is_told(lyrics: str, language: str | None) -> None:
    assert tags("take 1", lyrics=lyrics).language == language


@pytest.mark.parametrize("name", [PERSIAN, FAMILY, f"{PERSIAN} {FAMILY}", "\u2764\ufe0f\u200d\U0001f525"])
def test_joiners_stay_where_they_join(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [("Bo\u200dats", "Boats"), ("\u200cBoats\u200d", "Boats"), ("Boats \u200d 2", "Boats 2"), ("\u200d", "Untitled")],
)
def test_joiners_that_join_nothing_go(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_a_family_is_not_torn_apart_where_a_name_is_cut() -> None:
    assert safe_name("x" * 78 + FAMILY) == "x" * 78
