"""What people paste: every form is recognised, and what is offered is the song in it and nothing else."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from songwright.server.craft import check_lyrics, preflight

FOLDER = Path(__file__).parent / "pasted"
CLEAN = Path(__file__).parent / "lyrics"


def forms(*names: str) -> list[Any]:
    found = []
    for name in names:
        for form in tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))["form"]:
            found.append(pytest.param(form, id=f"{name}: {form['name']}"))
    return found


SONGS = forms("chords", "timed", "pages", "chats", "headings", "markup")
SONGS_ONLY = [form for form in SONGS if "clean" in form.values[0]]
HELD_BACK = forms("held_back")
GOOD = [pytest.param(text, id=text.strip().splitlines()[0][:30]) for text in tomllib.loads((FOLDER / "good.toml").read_text(encoding="utf-8"))["lyrics"]]


def given(form: dict[str, Any]) -> str:
    return str(form["given"]).strip("\n")


@pytest.mark.parametrize("form", SONGS_ONLY)
def test_the_song_in_it_is_offered_word_for_word(form: dict[str, Any]) -> None:
    assert check_lyrics(given(form)).fixed_lyrics == form["clean"].strip("\n")
