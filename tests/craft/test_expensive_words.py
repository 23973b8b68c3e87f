"""Words that are dear to check: how much work one text can make, whose threads do it, how long the answer gets."""

from __future__ import annotations

import json
import random
import string
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from desk import ACCOUNT, Desk
from waiting import PATIENCE

from songwright import tools
from songwright.server.core.errors import ArgumentRefused
from songwright.server.core.operation import LONGEST_TEXT, MOST_TEXT
from songwright.server.core.threads import CRAFT, in_lane, in_thread
from songwright.server.craft import check_lyrics, endings, english, letters, loans, pronunciation, rhyme, syllables
from songwright.server.craft.findings import MOST_IN_FULL
from songwright.server.orders.handlers import perform
from songwright.server.orders.talk import Talk
from songwright.server.protocol.tools_server import parse

pytestmark = pytest.mark.anyio
MOST_ANSWER = 16_000
DICE = random.Random(5)
NOBODY = cast("Talk", None)
"""Whoever checks words is asked nothing."""


def nonsense(length: int, characters: int = 20_000, letters_of: str = string.ascii_lowercase) -> list[str]:
    return ["".join(DICE.choices(letters_of, k=length)) for _ in range(characters // (length + 1))]


def in_lines(words: list[str], per_line: int = 6) -> str:
    return "\n".join(" ".join(words[at : at + per_line]) for at in range(0, len(words), per_line))


ATTACKS = {
    "hm": "hm" * 10_000,
    "one word": "".join(DICE.choices(string.ascii_lowercase, k=20_000)),
    "long words": " ".join(nonsense(30)),
    "short words": in_lines(nonsense(8)),
    "line ends": "\n".join(nonsense(200)),
    "sections": "[a]\n" * 5_000,
    "tags": "\n".join(f"[{word}]" for word in nonsense(11))[:20_000],
    "lines": "a\n" * 10_000,
    "brackets": "[\n" * 10_000,
    "characters": "雨" * 20_000,
    "digits": "1 " * 10_000,
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


@pytest.mark.parametrize("language", [None, "ru"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_the_letters_that_one_text_makes_us_read_are_bounded(
    attack: str, language: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading a strange word letter by letter is the dearest thing that a text can ask for, in any language."""
    read: list[str] = []

    def counted(word: str) -> int:
        read.append(word)
        return 1

    monkeypatch.setattr(english, "by_letters", counted)
    english._syllables.cache_clear()
    syllables._kept.cache_clear()
    check_lyrics(ATTACKS[attack], language=language)
    assert sum(map(len, read)) <= letters.MOST_LETTERS
    english._syllables.cache_clear()
    syllables._kept.cache_clear()


def test_words_are_counted_alike_whatever_was_checked_before() -> None:
    """A text that is counted roughly leaves nothing behind for one that is counted with care."""
    words = " ".join(f"{word}ble" for word in nonsense(7, 400))
    careful = check_lyrics(words).stats.syllables
    english._syllables.cache_clear()
    syllables._kept.cache_clear()
    check_lyrics(f"{words}\n{in_lines(nonsense(8))}")
    assert check_lyrics(words).stats.syllables == careful


def test_what_is_kept_of_words_and_lines_is_small() -> None:
    """Few entries, and none of them long: neither a line nor a word of any length can fill the memory."""
    caches = (english._syllables, pronunciation._readings, syllables._kept, loans._loan)
    for cache in (*caches, rhyme.tails, rhyme._keys, endings.by_ending):
        assert 0 < (cache.cache_info().maxsize or 0) <= 8_000
    before = [cache.cache_info().currsize for cache in caches]
    word = "".join(nonsense(300))
    assert english.syllables(word) >= 1
    assert pronunciation.readings(word) == ()
    assert syllables.count(f"{word} {word}").usual >= 2
    assert syllables.count(f"{word} {word}", "de").usual >= 2
    kept = [cache.cache_info().currsize for cache in caches]
    assert kept == before
    assert rhyme.rhyme(f"{word}light", f"{word}night") == "perfect"


def test_what_is_too_long_for_a_word_is_counted_by_its_vowels() -> None:
    assert [english.syllables(word) for word in ("hm" * 5_000, "la" * 40, "stone")] == [1, 40, 1]


@pytest.mark.parametrize("attack", ATTACKS)
async def test_every_answer_has_a_bound_and_counts_what_it_leaves_out(desk: Desk, attack: str) -> None:
    text = ATTACKS[attack]
    for tool, given in (
        ("check_lyrics", {"lyrics": text, "reference": text}),
        ("check_style", {"style": text[:4_000], "negative_style": text[:4_000]}),
    ):
        operation = parse(tools.load(tool), given)
        data = (await perform(await desk.caller(), operation, NOBODY)).data
        assert len(json.dumps(data, ensure_ascii=False).encode()) <= MOST_ANSWER, tool
        tools.load(tool).result.model_validate(data)


async def test_nine_hundred_stops_are_told_as_twelve_and_a_number(desk: Desk) -> None:
    text = "\n".join("[Verse" for _ in range(900))
    operation = parse(tools.load("check_lyrics"), {"lyrics": text})
    data = (await perform(await desk.caller(), operation, NOBODY)).data
    stops = [finding for finding in data["findings"] if finding["level"] == "stop"]
    assert 0 < len(stops) <= MOST_IN_FULL
    assert sum(data["more"].values()) >= 900 - MOST_IN_FULL


async def test_checks_that_stand_still_hold_up_no_order(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight checks at once that do not end, and the journal answers as before."""
    begun, go_on = threading.Event(), threading.Event()

    def stuck(*_: Any, **__: Any) -> Any:
        begun.set()
        go_on.wait(PATIENCE)
        raise ArgumentRefused("never mind")

    monkeypatch.setattr("songwright.server.craft.check_lyrics", stuck)
    operation = parse(tools.load("check_lyrics"), {"lyrics": "la"})

    async def check() -> None:
        with pytest.raises(ArgumentRefused):
            await perform(await desk.caller(), operation, NOBODY)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(check)
        await anyio.to_thread.run_sync(begun.wait)
        with anyio.fail_after(PATIENCE):
            for _ in range(8):
                await in_thread(desk.journal.unsettled, ACCOUNT)
        go_on.set()


async def test_callers_take_turns_however_much_one_of_them_asks() -> None:
    done: list[str] = []
    gate = threading.Event()

    async def ask(caller: str) -> None:
        await in_lane(CRAFT, caller, done.append, caller)

    async with anyio.create_task_group() as group:
        group.start_soon(in_lane, CRAFT, "busy", gate.wait)
        await anyio.wait_all_tasks_blocked()
        for _ in range(20):
            group.start_soon(ask, "busy")
        await anyio.wait_all_tasks_blocked()
        group.start_soon(ask, "other")
        await anyio.wait_all_tasks_blocked()
        gate.set()
    assert done.index("other") <= 1
    assert done.count("busy") == 20


@pytest.mark.parametrize(
    ("tool", "given", "field"),
    [
        ("create_song", {"lyrics": "la", "style": "folk", "model": "x" * 30_000}, "model"),
        ("check_lyrics", {"lyrics": "x" * 30_000}, "lyrics"),
    ],
)
def test_a_text_of_any_argument_has_an_end(tool: str, given: dict[str, Any], field: str) -> None:
    with pytest.raises(ArgumentRefused, match=f"{field} has 30000 characters; the limit is"):
        parse(tools.load(tool), given)


def test_all_texts_together_have_an_end() -> None:
    longest = "x" * LONGEST_TEXT
    given = {"lyrics": longest, "style": longest, "model": longest, "title": "One more"}
    with pytest.raises(ArgumentRefused, match=f"{MOST_TEXT + 8} characters; the limit is {MOST_TEXT}"):
        parse(tools.load("producer_create_song"), given)
