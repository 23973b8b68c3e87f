"""The songwriting guide as tools, prompts and resources will show it."""

import tomllib
from importlib.resources import files

import pytest

from songwright.server.craft import every_genre, genres, guide, languages, moods, topics

LANGUAGES = (None, "en-GB", "es-MX", "ja", "ru", "xx")


@pytest.mark.parametrize("topic", topics())
def test_an_answer_is_short_enough_to_be_read(topic: str) -> None:
    for genre in (None, "drill", "musical"):
        for language in LANGUAGES:
            for engine in (None, "sonic", "producer"):
                assert 20 < len(guide(topic, genre, language, engine).split()) <= 1_200


def test_there_are_sixteen_topics_and_each_has_a_heading() -> None:
    assert len(topics()) == 16
    assert all(guide(topic).startswith("# ") for topic in topics())


def test_the_lists_have_the_promised_lengths() -> None:
    assert (len(genres()), len(languages()), len(moods())) == (36, 20, 24)
    assert len(set(genres())) == 36


def test_prompts_offer_the_same_genres_and_languages() -> None:
    offered = tomllib.loads(files("songwright.prompts").joinpath("lists.toml").read_text(encoding="utf-8"))["values"]
    assert offered["genre"] == list(genres())
    assert offered["language"] == list(languages())


def test_every_genre_has_a_card_with_tempo_form_and_a_style() -> None:
    for name in every_genre():
        card = guide("genre", name)
        assert card.startswith(f"# {name}\n")
        assert "BPM in" in card
        assert "Three minutes" in card
        assert "A style to start from" in card


def test_a_genre_adds_its_numbers_to_other_topics() -> None:
    assert "138-146 BPM" in guide("structure", "UK drill")
    assert "138-146 BPM" not in guide("structure")


@pytest.mark.parametrize("language", languages())
def test_every_offered_language_has_advice_of_its_own(language: str) -> None:
    answer = guide("language", language=language, engine="sonic")
    assert len(answer) < len(guide("language")) / 2
    assert answer.count("\n## ") == 2


def test_an_engine_narrows_the_advice() -> None:
    assert "sonic-v6-wild" not in guide("engines", engine="producer")
    assert "Lyria" not in guide("engines", engine="sonic")
    assert "{" not in guide("engines")


def test_overused_words_are_listed_for_the_language_asked_and_without_the_genre_s_own() -> None:
    assert "susurr" in guide("cliches", language="es")
    assert "neon," in guide("cliches")
    assert "neon," not in guide("cliches", "synthwave").split("Counted in")[1].split("At home")[0]
    assert "no list" in guide("cliches", language="ja")


def test_an_unknown_topic_is_refused_with_the_ones_that_exist() -> None:
    with pytest.raises(ValueError, match=r"Did you mean rhyme\?.*structure"):
        guide("ryhme")


def test_a_topic_is_never_a_path() -> None:
    with pytest.raises(ValueError, match="no topic"):
        guide("../lists")
