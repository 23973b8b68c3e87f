"""What people paste: every form is recognised, and what is offered is the song in it and nothing else."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from songwright.server.craft import check_lyrics, preflight
from songwright.server.craft.fixes import repair
from songwright.server.craft.rules.table import table

FOLDER = Path(__file__).parent / "pasted"
SONGS = sorted((Path(__file__).parent / "lyrics").glob("*.txt"))


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


FORMS: dict[str, dict[str, Any]] = {
    f"{path.stem}: {form['name']}": form
    for path in sorted(FOLDER.glob("*.toml"))
    for form in read(path.stem).get("form", [])
}
HOLDING_A_SONG = [pytest.param(form, id=name) for name, form in FORMS.items() if form["level"] != "no lyric"]
NO_LYRIC = [pytest.param(form, id=name) for name, form in FORMS.items() if form["level"] == "no lyric"]
GOOD = [
    pytest.param(text.strip("\n"), id=f"{n} {text.split()[1][:20]}") for n, text in enumerate(read("good")["lyrics"])
]


def given(form: dict[str, Any]) -> str:
    return str(form["given"]).strip("\n")


def stops(lyrics: str) -> set[str]:
    return {finding.id for finding in preflight(lyrics, None).stops}


@pytest.mark.parametrize("form", HOLDING_A_SONG)
def test_the_song_in_it_is_offered_word_for_word(form: dict[str, Any]) -> None:
    assert check_lyrics(given(form)).fixed_lyrics == form["clean"].strip("\n")


@pytest.mark.parametrize("form", HOLDING_A_SONG)
def test_what_it_came_as_is_said(form: dict[str, Any]) -> None:
    assert form["kind"] in check_lyrics(given(form)).recognised


@pytest.mark.parametrize("form", HOLDING_A_SONG)
def test_what_would_be_sung_wrongly_for_certain_stops_a_purchase_and_nothing_else_does(form: dict[str, Any]) -> None:
    assert bool(stops(given(form))) == (form["level"] == "stop")


@pytest.mark.parametrize("form", HOLDING_A_SONG)
def test_the_song_that_is_offered_is_clean_itself(form: dict[str, Any]) -> None:
    clean = form["clean"].strip("\n")
    assert check_lyrics(clean).fixed_lyrics is None
    assert not stops(clean)


@pytest.mark.parametrize("form", NO_LYRIC)
def test_what_is_no_lyric_stops_a_purchase_with_one_sentence_and_no_song_is_made_up(form: dict[str, Any]) -> None:
    report = check_lyrics(given(form))
    assert stops(given(form)) == {"F9"}
    assert report.fixed_lyrics is None
    assert [finding.id for finding in report.findings] == ["F9"]


@pytest.mark.parametrize("lyrics", GOOD)
def test_a_good_lyric_that_looks_like_one_of_the_forms_is_left_alone(lyrics: str) -> None:
    report = check_lyrics(lyrics)
    assert (report.fixed_lyrics, report.recognised, stops(lyrics)) == (None, (), set())


@pytest.mark.parametrize("path", SONGS, ids=lambda path: path.stem)
def test_a_clean_song_comes_out_as_it_went_in(path: Path) -> None:
    lyrics = path.read_text(encoding="utf-8")
    assert repair(lyrics).text == lyrics


@pytest.mark.parametrize("path", SONGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("end", ["\r\n", "\r", "\u2028", "\u2029"])
def test_a_song_keeps_its_lines_whatever_ends_them(path: Path, end: str) -> None:
    lyrics = path.read_text(encoding="utf-8").strip("\n")
    assert repair(lyrics.replace("\n", end)).text == lyrics


WRAPPED = {
    "an answer": "Sure! Here's a song for you:\n\n{}\n\nWould you like me to change the chorus?",
    "a code fence": "```\n{}\n```",
    "a lyric page": "12 ContributorsSome Song Lyrics{}8Embed",
    "a quoted JSON text": None,
    "web breaks": None,
    "times": None,
}


@pytest.mark.parametrize(
    "path", [path for path in SONGS if path.stem != "instrumental_map"], ids=lambda path: path.stem
)
@pytest.mark.parametrize("way", WRAPPED)
def test_a_song_that_was_wrapped_up_comes_out_whole(path: Path, way: str) -> None:
    import json

    lyrics = path.read_text(encoding="utf-8").strip("\n")
    if way == "a quoted JSON text":
        wrapped = json.dumps(lyrics, ensure_ascii=False)
    elif way == "web breaks":
        wrapped = lyrics.replace("'", "&#39;").replace("\n", "<br>")
    elif way == "times":
        rows = lyrics.split("\n")
        wrapped = "\n".join(f"[{n // 20:02}:{n * 3 % 60:02}.00]{row}" if row else row for n, row in enumerate(rows))
    else:
        wrapped = str(WRAPPED[way]).format(lyrics)
    assert repair(wrapped).text == lyrics


def test_the_forms_are_many_and_in_many_languages() -> None:
    forms = list(FORMS.values())
    assert len(forms) >= 100
    assert len({form["language"] for form in forms}) >= 15
    assert len(GOOD) >= 40
    languages = len({form["language"] for form in forms})
    page = " ".join(table().split())
    assert f"{len(forms)} pasted forms in {languages} languages" in page
    assert f"{len(GOOD)} good lyrics" in page


def test_lines_are_numbered_as_in_the_text_that_was_pasted() -> None:
    findings = check_lyrics(
        "Sure! Here is your song:\n\n[Verse]\nWe met at 9 by the door\n\nLet me know if you want changes!"
    ).findings
    assert ("P1", 4) in {(finding.id, finding.line) for finding in findings}


def test_a_repeat_is_not_written_out_without_end() -> None:
    chorus = "[Chorus]\n" + "The tram is late again tonight and so are we\n" * 20
    grown = repair(chorus + "\n(Repeat chorus x8)\n" * 40).text
    assert len(grown) < 20_000


@pytest.mark.parametrize(
    "heading",
    ["Verse 1:", "VERSE 1", "(Verse 1)", "## Verse 1", "**Verse 1**", "*Verse One*", "-- Verse 1 --",
     "=== Verse 1 ===", "Verse I.", "1st Verse:", "Strophe 1:", "1. Strophe", "Couplet 1 :", "1er couplet",
     "Estrofa 1.-", "Verso I", "Куплет 1:", "1 куплет", "主歌1：", "1절", "1番", "Zwrotka 1", "Kıta 1:",
     "KITA 1:", "Couplet n° 1", "Куплет №1", "VERSE: 1", "Verse #1", "«Куплет 1»", "V1:"],
)  # fmt: skip
def test_a_first_verse_is_known_by_any_of_its_names(heading: str) -> None:
    clean = check_lyrics(f"{heading}\nOne line to sing\nAnother line to sing\n").fixed_lyrics
    assert clean is not None
    assert clean.casefold() == "[verse 1]\none line to sing\nanother line to sing"


@pytest.mark.parametrize(
    "order",
    ["(repeat chorus)", "Repeat Chorus", "Rpt Chorus", "[Repeat Chorus]", "Chorus:", "CHORUS", "[Chorus]",
     "Chorus (repeat)", "*Repeat the chorus*", "REPEAT CHORUS.", "Refrain wiederholen", "Repetir coro",
     "Répéter le refrain", "Повторить припев", "Припев:", "重复副歌", "サビ繰り返し"],
)  # fmt: skip
def test_a_chorus_that_is_ordered_again_is_written_out(order: str) -> None:
    text = f"[Chorus]\nOpen up the morning\nLet the neighbours in\n\n[Verse]\nBread is warm\n\n{order}"
    clean = check_lyrics(text).fixed_lyrics
    assert clean is not None
    assert clean.casefold().count("open up the morning\nlet the neighbours in") == 2
    assert clean.count("[") == 3
