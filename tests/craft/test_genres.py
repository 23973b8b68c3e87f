"""The table of genres: what people call them, and what is known of each."""

import pytest

from songwright.server.craft import every_genre, genres
from songwright.server.craft.bundled import toml
from songwright.server.craft.genres import for_kind, genre, genre_words, recognise


def test_there_are_at_least_120_genres_each_with_tempo_metre_density_form_and_sound() -> None:
    assert len(every_genre()) == len(set(every_genre())) >= 120
    for name in every_genre():
        found = genre(name)
        assert found is not None
        assert found.name == name
        assert all(40 <= low < high <= 220 for low, high in found.bpm), name
        assert found.metre in ("2/4", "3/4", "4/4", "6/8", "12/8")
        assert 3 <= found.syllables[0] < found.syllables[1] <= 16
        assert 0.5 <= found.pace <= 1.6
        assert 0 <= found.share < 1
        assert found.template in toml("templates")["template"]
        assert found.like in genres()
        assert len(found.sound.split()) >= 6


def test_no_name_means_two_genres() -> None:
    met: dict[str, str] = {}
    for file in ("genres", "genres_pop", "genres_dance", "genres_rock", "genres_roots", "genres_world", "genres_more"):
        for name, entry in toml(file)["genre"].items():
            for word in (name, *entry["also"], *entry.get("exact", ())):
                assert met.setdefault(word.casefold().replace("-", " "), name) == name, word


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Hip Hop", "hip-hop"),
        ("dark uk drill", "drill"),
        ("R&B", "rnb"),
        ("folk, dark pop", "folk"),
        ("jazz rap", "jazz-rap"),
        ("reggae pop", "reggae"),
        ("indie-pop in the vein of old soul", "indie-pop"),
        ("Wiegenlied", "lullaby"),
        ("canción de cuna", "lullaby"),
        ("Cancion de Cuna", "lullaby"),
        ("колыбельная", "lullaby"),
        ("子守唄", "lullaby"),
        ("자장가", "lullaby"),
        ("摇篮曲", "lullaby"),
        ("chanson française", "chanson"),
        ("deutscher Schlager", "schlager"),
        ("演歌", "enka"),
        ("シティポップ風", "city-pop"),
        ("古风歌曲", "guofeng"),
        ("русский рок", "pop-rock"),
        ("valse musette", "waltz"),
        ("forró", "forro"),
        ("norteño", "norteno"),
        ("kinderlied", "children"),
        ("Werbejingle", "jingle"),
        ("march", "march"),
        ("西洋の何か", None),
        ("polka-core", None),
        ("", None),
    ],
)
def test_people_name_genres_in_their_own_words(said: str, name: str | None) -> None:
    found = genre(said)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("said", "name", "kind", "rest"),
    [
        ("punk jingle", "punk", "jingle", ""),
        ("instrumental jazz", "jazz", "instrumental", ""),
        ("lullaby", "lullaby", "lullaby", ""),
        ("goblin pop", "pop", "song", "goblin"),
    ],
)
def test_a_word_for_the_purpose_gives_the_kind(said: str, name: str, kind: str, rest: str) -> None:
    known = recognise(said)
    assert known.genre is not None
    assert (known.genre.name, known.kind, known.rest) == (name, kind, rest)


def test_everyday_words_in_a_style_name_no_genre() -> None:
    assert genre_words("a drone shot of the western sky, minimal drums, chant, nana, epic") == []


def test_a_style_names_its_genres_in_order() -> None:
    assert genre_words("Warm bossa nova with a hint of city pop, jazz chords") == ["bossa-nova", "city-pop", "jazz"]


def test_a_kind_changes_what_is_usual_and_keeps_the_genre() -> None:
    metal = genre("metal")
    lullaby = for_kind(metal, "lullaby")
    assert (lullaby.name, lullaby.bpm, lullaby.metre) == ("metal", ((60, 80),), "6/8")
    assert for_kind(metal, "song") == metal
    assert for_kind(None, "jingle").name == "jingle"
    assert for_kind(None, "song").name == ""
