"""Recipes: what made a liked song fills in what a later call leaves out, and changes nothing else about that call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from desk import ACCOUNT, Desk, clip
from desk import client as connected
from journals import account
from mcp import Client
from world import said

from songwright.server.core.errors import ArgumentRefused
from songwright.server.core.jobs import Job
from songwright.server.journal import recipes as record
from songwright.server.journal.recipes import Recipe, Recipes
from songwright.server.journal.sqlite import Store

pytestmark = pytest.mark.anyio

SOUND = {
    "style": "bossa nova, brushed drums", "negative_style": "autotune", "style_weight": 0.7, "weirdness": 0.2,
    "vocal_gender": "female", "persona_id": "persona-1", "model": "sonic-v6-wild",
}  # fmt: skip
WORDS = "[Verse]\nThe tide has left a silver line\nAnd every boat is tied to mine\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, confirm_above=30)


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[Client]:
    async with connected(desk) as found:
        yield found


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    return said(await client.call_tool(tool, arguments))


async def resource(client: Client, uri: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((await client.read_resource(uri)).contents[0].text)  # type: ignore[union-attr]
    return found


def clip_of(desk: Desk, **asked: Any) -> str:
    """The first take of a song that was ordered so."""
    return f"{desk.put('create_song', 'done', **asked).id}-1"


def newest(desk: Desk) -> Job:
    return desk.orders()[0]


async def test_a_song_from_a_recipe_is_the_order_that_its_arguments_spelt_out_would_be(
    desk: Desk, client: Client
) -> None:
    await call(client, "save_recipe", name="Evenings", clip_id=clip_of(desk, **SOUND))
    first = await call(client, "create_song", recipe="evenings ", lyrics=WORDS, title="Low Tide")
    order = newest(desk)
    assert order.arguments == {"lyrics": WORDS, "title": "Low Tide", **SOUND}
    assert order.cost == 10, "a singer makes it cheaper, wherever it comes from"
    spelt = await call(client, "create_song", lyrics=WORDS, title="Low Tide", **SOUND)
    assert spelt["job_id"] == first["job_id"] == order.id
    assert "From the recipe 'evenings': style 'bossa nova, brushed drums'" in first["notice"]
    assert "vocal_gender 'female'" in first["notice"]


async def test_a_weight_of_nought_is_kept_like_any_other(desk: Desk, client: Client) -> None:
    sound = {"style": "bossa nova", "style_weight": 0.0, "weirdness": 0.0, "model": "sonic-v6"}
    saved = await call(client, "save_recipe", name="Calm", clip_id=clip_of(desk, **sound))
    assert saved["keeps"] == sound
    await call(client, "create_song", recipe="Calm", lyrics=WORDS)
    assert newest(desk).arguments == {"lyrics": WORDS, **sound}


async def test_whoever_looks_at_the_order_later_hears_of_the_recipe_too(desk: Desk, client: Client) -> None:
    await call(client, "save_recipe", name="Evenings", clip_id=clip_of(desk, style="bossa nova"))
    ordered = await call(client, "create_song", recipe="Evenings", lyrics=WORDS)
    told = "From the recipe 'Evenings': style 'bossa nova', model 'sonic-v6'."
    assert ordered["notice"].count(told) == 1
    for tool, named in (("wait_for_song", "job_id"), ("get_song", "id")):
        assert told in (await call(client, tool, **{named: ordered["job_id"]}))["notice"]
    again = await call(client, "create_song", recipe="Evenings", lyrics=WORDS)
    assert again["notice"].count(told) == 1
    plain = await call(client, "create_song", lyrics=WORDS, style="polka")
    assert "recipe" not in plain.get("notice", "")


async def test_what_a_call_says_itself_wins(desk: Desk, client: Client) -> None:
    source = clip_of(desk, style="ambient drones", model="sonic-v6-wild", lyrics=None, instrumental=True)
    await call(client, "save_recipe", name="Calm", clip_id=source)
    await call(client, "create_song", recipe="Calm", idea="Harbour at night", model="sonic-v6-mini")
    assert newest(desk).arguments == {
        "idea": "Harbour at night", "style": "ambient drones", "model": "sonic-v6-mini", "instrumental": True,
    }  # fmt: skip
    await call(client, "create_song", recipe="Calm", lyrics=WORDS)
    assert "instrumental" not in newest(desk).arguments
    sung = await call(client, "create_song", recipe="Calm", idea="A harbour in the morning", instrumental=False)
    assert "instrumental" not in newest(desk).arguments
    assert "instrumental" not in sung["notice"]


async def test_a_recipe_asks_about_the_price_as_the_call_would_without_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, confirm_above=9)
    async with connected(desk) as client:
        await call(client, "save_recipe", name="Evenings", clip_id=clip_of(desk, **SOUND))
        asked = await call(client, "create_song", recipe="Evenings", lyrics=WORDS)
        assert (asked["status"], asked["credits"]["cost"]) == ("needs_confirmation", 10)
        assert len(desk.orders()) == 1
        # The price that the person has agreed to is for what the recipe was then.
        other = clip_of(desk, style="polka")
        await call(client, "save_recipe", name="Evenings", clip_id=other)
        changed = await call(client, "create_song", recipe="Evenings", lyrics=WORDS, quote=asked["quote"])
        assert "other arguments" in changed["notice"]
        bought = await call(client, "create_song", lyrics=WORDS, quote=asked["quote"], **SOUND)
        assert bought["job_id"] == newest(desk).id


async def test_words_that_do_not_fit_are_stopped_with_the_style_of_the_recipe_too(desk: Desk, client: Client) -> None:
    await call(client, "save_recipe", name="Long", clip_id=clip_of(desk, style="warm " * 90))
    refused = await call(client, "create_song", recipe="Long", lyrics=WORDS, model="sonic-v4")
    assert refused["status"] == "failed"
    assert "the limit is 200 for sonic-v4" in refused["notice"]
    assert len(desk.orders()) == 1


async def test_an_order_stays_what_it_was_when_its_recipe_changes(desk: Desk, client: Client) -> None:
    waltz, bass = clip_of(desk, style="folk waltz"), clip_of(desk, style="drum and bass")
    await call(client, "save_recipe", name="Mine", clip_id=waltz)
    first = await call(client, "create_song", recipe="Mine", lyrics=WORDS)
    replaced = await call(client, "save_recipe", name="MINE", clip_id=bass)
    assert "folk waltz" in replaced["notice"]
    order = desk.journal.job(ACCOUNT, first["job_id"])
    assert order is not None
    assert order.arguments["style"] == "folk waltz"
    second = await call(client, "create_song", recipe="Mine", lyrics=WORDS)
    assert second["job_id"] != first["job_id"]
    assert [row["name"] for row in (await resource(client, "song://recipes"))["recipes"]] == ["MINE"]


async def test_an_unknown_recipe_is_refused_free_and_told_which_there_are(desk: Desk, client: Client) -> None:
    none = await call(client, "create_song", recipe="Missing", lyrics=WORDS)
    assert "There are none yet" in none["notice"]
    source = clip_of(desk, **SOUND)
    for number in range(23):
        await call(client, "save_recipe", name=f"Evening {number}", clip_id=source)
    refused = await call(client, "create_song", recipe="Missing", lyrics=WORDS)
    assert refused["status"] == "failed"
    assert "There is no recipe 'Missing'. There are 'Evening 22', " in refused["notice"]
    assert "and 3 more" in refused["notice"]
    assert "Nothing was sent or spent." in refused["notice"]
    assert len(desk.orders()) == 1


async def test_a_recipe_is_read_as_a_resource_and_shared_as_a_file(desk: Desk, client: Client, tmp_path: Path) -> None:
    name = "Été: l’eau / ایران"
    saved = await call(client, "save_recipe", name=name, clip_id=clip_of(desk, **SOUND))
    (file,) = saved["files"]
    shared = json.loads(Path(file["file"]).read_text(encoding="utf-8"))
    assert shared == {
        "format": "songwright recipe", "version": 1, "name": name, "from": "Song", "create_song": SOUND,
    }  # fmt: skip
    again = await call(client, "save_recipe", name=name, clip_id=f"{newest(desk).id}-1")
    assert again["files"] == saved["files"], "the same recipe is one file"
    rows = (await resource(client, "song://recipes"))["recipes"]
    assert rows == [{"name": name, "from": "Song", "style": SOUND["style"]}]
    assert await resource(client, f"song://recipes/{quote(name, safe='')}") == shared
    # Somebody else puts the file into a library of their own; the singer is another account's.
    friend = Desk(tmp_path / "friend")
    place = tmp_path / "friend" / "library" / "Recipes"
    place.mkdir(parents=True)
    (place / "From Ana.json").write_text(json.dumps(shared), encoding="utf-8")
    async with connected(friend) as theirs:
        imported = await call(theirs, "save_recipe", name="From Ana")
    assert imported["keeps"] == {field: value for field, value in SOUND.items() if field != "persona_id"}
    assert "persona-1" in imported["notice"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no json", "is not a recipe"),
        ("[" * 40_000, "is not a recipe"),
        ('{"create_song": {"style": "folk"}}', "is not a recipe"),
        ('{"format": "songwright recipe", "create_song": ["style"]}', "is not a recipe"),
        ('{"format": "songwright recipe", "create_song": {"lyrics": "la la"}}', "has nothing that create_song takes"),
        ('{"format": "songwright recipe", "create_song": {"weirdness": 7, "style": ["a"]}}', "has nothing"),
        ('{"format": "songwright recipe"}' + " " * 70_000, "is not a recipe"),
    ],
)
async def test_a_file_that_is_no_recipe_is_refused(desk: Desk, client: Client, text: str, why: str) -> None:
    place = desk.settings.library / "Recipes"
    place.mkdir(parents=True)
    (place / "Bad.json").write_text(text, encoding="utf-8")
    refused = await call(client, "save_recipe", name="Bad")
    assert refused["status"] == "failed"
    assert why in refused["notice"]
    assert (await resource(client, "song://recipes"))["recipes"] == []


async def test_a_file_keeps_nothing_but_what_a_recipe_may_keep(desk: Desk, client: Client) -> None:
    """No price, no yes to one, no words: only how it sounds and who sings."""
    place = desk.settings.library / "Recipes"
    place.mkdir(parents=True)
    sly = {"style": "folk\u202e\nwaltz", "quote": "q", "again": True, "force": True, "lyrics": "la", "title": "x"}
    (place / "Sly.json").write_text(json.dumps({"format": "songwright recipe", "create_song": sly}), encoding="utf-8")
    imported = await call(client, "save_recipe", name="Sly")
    assert imported["keeps"] == {"style": "folk waltz"}
    assert "5 unknown or empty entries" in imported["notice"]


async def test_a_missing_file_and_a_missing_clip_are_told_apart(desk: Desk, client: Client) -> None:
    without = await call(client, "save_recipe", name="../../secret")
    assert "There is no file" in without["notice"]
    assert str(desk.settings.library / "Recipes") in without["notice"]
    unknown = await call(client, "save_recipe", name="X", clip_id="nobody-knows")
    assert "There is no clip 'nobody-knows'" in unknown["notice"]


async def test_a_song_without_a_style_of_its_own_passes_on_the_one_that_the_service_chose(
    desk: Desk, client: Client
) -> None:
    saved = await call(client, "save_recipe", name="Chosen", clip_id=clip_of(desk))
    assert saved["keeps"] == {"style": "folk", "model": "sonic-v6"}
    assert "the service has chosen" in saved["notice"]


async def test_of_another_engine_only_the_words_about_the_sound_are_kept(desk: Desk, client: Client) -> None:
    job = desk.put("producer_create_song", "done", style="dusty soul", weirdness=0.9, model="FUZZ-2.0 Pro")
    saved = await call(client, "save_recipe", name="Soul", clip_id=f"{job.id}-1")
    assert saved["keeps"] == {"style": "dusty soul"}
    assert "producer_create_song made it" in saved["notice"]


async def test_a_recording_of_ones_own_has_no_recipe(desk: Desk, client: Client) -> None:
    job = desk.put("create_song", "done")
    bare = replace(clip(job, 3), clip_id="bare", style="", uploaded=True, model="")
    desk.journal.put_clips(job, [bare])
    refused = await call(client, "save_recipe", name="Own", clip_id="bare")
    assert "Nothing is known of what made the clip bare" in refused["notice"]


def test_recipes_belong_to_one_caller_and_are_not_endless(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = Recipes(store, account()), Recipes(store, replace(account(), tenant="other"))
    other_key = Recipes(store, account("another key"))
    assert mine.put(Recipe("Evenings", "Song", {"style": "folk"}), 1.0) is None
    assert theirs.get("Evenings") is None
    assert other_key.get("Evenings") is None
    monkeypatch.setattr(record, "MOST", 2)
    mine.put(Recipe("Straße\0", "", {"weirdness": 0.5}), 2.0)
    assert [recipe.name for recipe in mine.all()] == ["Straße\N{REPLACEMENT CHARACTER}", "Evenings"]
    with pytest.raises(ArgumentRefused, match="There are 2 recipes already"):
        mine.put(Recipe("Third", "", {}), 3.0)
    replaced = mine.put(Recipe("EVENINGS", "", {"style": "jazz"}), 4.0)
    assert replaced == Recipe("Evenings", "Song", {"style": "folk"})
    assert mine.get("evenings") == Recipe("EVENINGS", "", {"style": "jazz"})
