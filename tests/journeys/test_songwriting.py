"""From an idea to an order with the free help on the way: a real client, a real server, the sandbox as the service."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from declared import ordered
from mcp_types import ResourceTemplateReference
from world import World, said

from songwright import tools
from songwright.server import craft
from songwright.server.app import Songwright
from songwright.server.core.errors import ArgumentRefused
from songwright.server.core.operation import Effect
from songwright.server.core.settings import load
from songwright.server.orders import preflight
from songwright.server.protocol import schema
from songwright.server.protocol.build import instructions

CRAFT = tools.TOOLSETS["craft"]
CRAFT_WEIGHT = 950
"""Tokens that a model reads for the four local tools."""
TYPICAL_ANSWER = 1500
"""Bytes of a usual answer of a check or a plan."""
INSTRUCTIONS_LIMIT = 700
STYLE = "folk, warm female alto, nylon guitar, upright bass, tender, 88 BPM"
LYRICS = """[Verse 1]
The kettle sings before the sun
Your boots still wait beside the door
I fold the shirt you never wore
And count the buttons one by one
[Chorus]
Come home the slow way
Come home by the lane
I left the porch light burning
For you and the rain
[Verse 2]
The postman knows me by my name
He shakes his head from down the street
I feed the dog, I warm the wheat
And every evening ends the same
[Chorus]
Come home the slow way
Come home by the lane
I left the porch light burning
For you and the rain
[Outro]
Come home the slow way
"""
PLANTED = (
    LYRICS.replace("[Verse 1]", "Verse 1:").replace("one by one", "1 by 1").replace("The postman", "**The postman**")
)
"""A heading that would be sung, digits, and Markdown."""
COMPOSING: dict[str, dict[str, Any]] = {
    "create_song": {},
    "cover_song": {"source": "clip-1"},
    "extend_song": {"source": "clip-1"},
    "sample_song": {"source": "clip-1", "start_seconds": 1, "end_seconds": 9},
    "mashup_songs": {"clip_ids": ["clip-1", "clip-2"]},
    "replace_section": {"clip_id": "clip-1", "start_seconds": 1, "end_seconds": 20},
    "add_vocals": {"clip_id": "clip-1"},
    "add_instrumental": {"clip_id": "clip-1"},
}
"""Every purchase that composes, with what it cannot do without besides the words."""
SONGS = sorted((Path(__file__).parents[1] / "craft" / "lyrics").glob("*.txt"))


def rules(report: dict[str, Any], level: str) -> set[str]:
    return {finding["id"] for finding in report["findings"] if finding["level"] == level}


def size(answer: dict[str, Any]) -> int:
    return len(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode())


# -- the way to a song ------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_song_is_planned_checked_mended_and_ordered(world: World) -> None:
    async with world.client() as client:
        plan = said(await client.call_tool("plan_song", {"genre": "folk", "seconds": 120}))
        low, high = plan["lines"]
        assert low <= sum(section["lines"] for section in plan["sections"]) <= high
        assert plan["total"]["low"] <= 120 <= plan["total"]["high"]

        report = said(await client.call_tool("check_lyrics", {"lyrics": PLANTED, "genre": "folk", "bpm": plan["bpm"]}))
        assert report["ok"] is False
        assert rules(report, "stop") == {"F4", "F2"}
        assert "P1" in rules(report, "warn")
        fixes = {finding["line"]: finding["fix"] for finding in report["findings"] if "fix" in finding}
        rows = PLANTED.splitlines()
        mended = "\n".join(fixes.get(number, row) for number, row in enumerate(rows, 1)).replace("1 by 1", "one by one")
        assert mended == LYRICS.rstrip("\n")

        again = said(await client.call_tool("check_lyrics", {"lyrics": mended, "genre": "folk", "bpm": plan["bpm"]}))
        assert again["ok"] is True
        assert not rules(again, "warn")
        style = said(await client.call_tool("check_style", {"style": STYLE + ", no drums"}))
        assert style["packed_style"] == STYLE
        assert style["packed_negatives"] == "drums"
        assert world.charges() == []
        assert said(await client.call_tool("list_songs", {"everything": True}))["total"] == 0

        order = {"lyrics": mended, "style": STYLE, "negative_style": "drums", "title": "The Slow Way"}
        song = said(await client.call_tool("create_song", order))
        assert song["status"] == "done"
        assert "preflight" not in song
    assert len(world.charges()) == 1


@pytest.mark.anyio
async def test_warnings_travel_with_the_song_at_most_three(world: World) -> None:
    """They never block: the genre or the person may be right."""
    order = {"lyrics": LYRICS.replace("one by one", "1 by 1"), "style": "pop like Billie Eilish, no drums, no choir"}
    async with world.client() as client:
        song = said(await client.call_tool("create_song", order))
        repeat = said(await client.call_tool("create_song", order))
    assert song["status"] == "done"
    assert 1 <= len(song["preflight"]) <= 3
    assert song["preflight"][0].startswith("lyrics, line 5: ")
    assert repeat["preflight"] == song["preflight"]
    assert repeat["replayed"] is True


@pytest.mark.anyio
async def test_warnings_are_read_before_a_dear_song_is_agreed_to(world: World) -> None:
    order = {"lyrics": LYRICS.replace("one by one", "1 by 1"), "style": STYLE}
    async with world.client(confirm_above=10) as client:
        offer = said(await client.call_tool("create_song", order))
    assert offer["status"] == "needs_confirmation"
    assert len(offer["preflight"]) == 1


@pytest.mark.anyio
async def test_a_stop_blocks_and_costs_nothing_and_force_overrides_it(world: World) -> None:
    order = {"lyrics": PLANTED, "style": STYLE}
    async with world.client() as client:
        refused = await client.call_tool("create_song", order)
        assert refused.is_error
        notice = said(refused)["notice"]
        assert 'lyrics, line 1: "Verse 1" without square brackets would be sung; write [Verse 1] [F4]' in notice
        assert "lyrics, line 12" in notice
        assert "Nothing was sent or spent" in notice
        assert "force: true" in notice
        assert world.charges() == []
        assert said(await client.call_tool("list_songs", {"everything": True}))["total"] == 0
        forced = said(await client.call_tool("create_song", {**order, "force": True}))
    assert forced["status"] == "done"
    assert any("[F4]" in warning for warning in forced["preflight"])
    assert len(world.charges()) == 1


@pytest.mark.anyio
async def test_two_second_clips_teach_nothing_about_lengths(world: World) -> None:
    """The sandbox's fast songs last about two seconds whatever is sung; how a real clip teaches is tested in craft."""
    asked = {"lyrics": LYRICS, "genre": "folk", "bpm": 88}
    async with world.client() as client:
        before = said(await client.call_tool("check_lyrics", asked))["estimate"]
        for number in range(3):
            order = {"lyrics": LYRICS, "style": STYLE, "title": f"Take {number}"}
            song = said(await client.call_tool("create_song", order))
            assert song["clips"][0]["seconds"] < 10
        assert said(await client.call_tool("check_lyrics", asked))["estimate"] == before


# -- the guide --------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_the_guide_is_the_same_page_through_both_doors(world: World) -> None:
    async with world.client() as client:
        for topic in craft.topics():
            page = said(await client.call_tool("songwriting_guide", {"topic": topic}))
            resource = (await client.read_resource(f"song://guide/{topic}")).contents[0]
            assert resource.text == page["text"]  # type: ignore[union-attr]
            assert page["text"].startswith("# ")
            assert len(page["text"].split()) <= 1200
        card = said(await client.call_tool("songwriting_guide", {"topic": "genre", "genre": "bossa nova"}))
        assert card["text"].startswith("# bossa-nova")
        wrong = await client.call_tool("songwriting_guide", {"topic": "chords"})
        assert wrong.is_error
        assert "rhyme" in said(wrong)["notice"]


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_page_can_be_read_for_a_genre_and_a_language(world: World, mode: str) -> None:
    """As the tool shows it, in both protocol eras; the order of the two does not matter, and either may be left out."""
    asked = {"topic": "genre", "genre": "bossa nova", "language": "pt-BR"}
    async with world.client(mode=mode) as client:
        page = said(await client.call_tool("songwriting_guide", asked))
        for query in ("genre=bossa%20nova&language=pt-BR", "language=pt-BR&genre=bossa%20nova"):
            resource = (await client.read_resource(f"song://guide/genre?{query}")).contents[0]
            assert resource.text == page["text"]  # type: ignore[union-attr]
        language = (await client.read_resource("song://guide/language?language=pt-BR")).contents[0]
        told = said(await client.call_tool("songwriting_guide", {"topic": "language", "language": "pt-BR"}))
        assert language.text == told["text"]  # type: ignore[union-attr]


@pytest.mark.anyio
async def test_what_the_guide_can_be_asked_is_offered_while_one_types(world: World) -> None:
    async with world.client() as client:
        (uri,) = (
            row.uri_template
            for row in (await client.list_resource_templates()).resource_templates
            if row.name == "guide"
        )
        place = ResourceTemplateReference(uri=uri)
        topics = await client.complete(place, {"name": "topic", "value": "st"})
        assert topics.completion.values == ["start", "style", "structure"]
        genres = await client.complete(place, {"name": "genre", "value": "Boss"})
        assert genres.completion.values == ["bossa-nova"]
        languages = await client.complete(place, {"name": "language", "value": "es"})
        assert languages.completion.values == ["es-ES", "es-MX"]
        with pytest.raises(Exception, match="chords"):
            await client.read_resource("song://guide/chords")


def test_the_tools_know_the_topics_and_kinds_that_the_checks_know() -> None:
    published = schema.published("songwriting_guide")["inputSchema"]["properties"]
    assert tuple(published["topic"]["enum"]) == craft.topics()
    kinds = schema.published("plan_song")["inputSchema"]["properties"]["kind"]["enum"]
    assert tuple(kinds) == get_args(craft.Kind)


# -- what an assistant reads first ------------------------------------------------------------------------------------


def test_the_instructions_are_short_and_name_the_way(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_key = instructions(Songwright(load()))
    assert len(without_key) <= INSTRUCTIONS_LIMIT
    assert "sandbox" in without_key
    steps = ["drafts", "check_lyrics", "price", "create_song", "wait_for_song", "compare"]
    places = [without_key.index(step) for step in steps]
    assert places == sorted(places)
    assert "plan_song" not in without_key  # a plan first moulds what is not there yet
    monkeypatch.setenv("SONGWRIGHT_API_KEY", "secret")
    assert "sandbox" not in instructions(Songwright(load()))


def test_the_instructions_say_which_toolsets_are_off_and_name_no_tool_of_theirs(alone: Path) -> None:
    text = instructions(Songwright(load(toolsets="sonic")))
    assert "craft" in text
    assert "library" not in text.split("off:")[0]
    assert "check_lyrics" not in text
    assert len(text) <= INSTRUCTIONS_LIMIT


@pytest.mark.anyio
async def test_the_instructions_reach_the_client(world: World) -> None:
    async with world.client() as client:
        assert client.instructions is not None
        assert client.instructions.startswith("Songwright makes songs")


# -- light, quick and quiet -------------------------------------------------------------------------------------------


def test_the_four_tools_are_light_and_only_read() -> None:
    assert schema.weight(CRAFT) <= CRAFT_WEIGHT
    for name in CRAFT:
        assert tools.load(name).effect is Effect.LOCAL
        hints = schema.published(name)["annotations"]
        assert (hints["readOnlyHint"], hints["openWorldHint"]) == (True, False)


@pytest.mark.anyio
async def test_usual_answers_are_small(world: World) -> None:
    async with world.client() as client:
        for song in SONGS:
            asked = {"lyrics": song.read_text(encoding="utf-8"), "seconds": 120}
            assert size(said(await client.call_tool("check_lyrics", asked))) <= TYPICAL_ANSWER
        planted = said(await client.call_tool("check_lyrics", {"lyrics": PLANTED, "seconds": 60, "genre": "rock"}))
        assert size(planted) <= TYPICAL_ANSWER
        for genre in ("pop", "hip-hop", "musical"):
            plan = said(await client.call_tool("plan_song", {"genre": genre, "seconds": 240}))
            assert size(plan) <= TYPICAL_ANSWER


@pytest.mark.anyio
async def test_a_storm_of_faults_stays_short_and_hides_no_stop(world: World) -> None:
    storm = "\n".join(f"Verse {n}:\n**line {n} & co at 7:30**\n(softly) neon shadows x4" for n in range(1, 8))
    async with world.client() as client:
        report = said(await client.call_tool("check_lyrics", {"lyrics": storm}))
        refused = await client.call_tool("create_song", {"lyrics": storm})
    stops = {finding["id"]: finding["why"] for finding in report["findings"] if finding["level"] == "stop"}
    assert stops.keys() == {"F2", "F4"}
    assert all("7 " in why for why in stops.values())
    assert len(report["findings"]) <= 8
    assert report["more"]
    assert report["clean_lyrics"].count("[Verse") == 7
    assert len(said(refused)["notice"]) < 900


SHEET = """Paper Kite
Capo 2

Verse 1:
G              Em
We tied the string to Sunday
C                 D7
And let the river choose"""
SONG = "[Verse 1]\nWe tied the string to Sunday\nAnd let the river choose"


@pytest.mark.anyio
async def test_what_was_pasted_is_stopped_named_and_handed_back_as_a_song(world: World) -> None:
    order = {"lyrics": SHEET, "style": STYLE}
    async with world.client() as client:
        refused = await client.call_tool("create_song", order)
        notice = said(refused)["notice"]
        assert refused.is_error
        assert "chord sheet" in notice
        assert "check_lyrics, which gives the clean lyric as clean_lyrics" in notice
        assert world.charges() == []
        report = said(await client.call_tool("check_lyrics", {"lyrics": SHEET}))
        assert "chord sheet" in report["recognised"]
        assert report["clean_lyrics"] == SONG
        song = said(await client.call_tool("create_song", {**order, "lyrics": report["clean_lyrics"]}))
        assert song["status"] == "done"
        forced = said(await client.call_tool("create_song", {**order, "force": True}))
        assert "chord sheet" in forced["preflight"][0]
    assert len(world.charges()) == 2


@pytest.mark.anyio
async def test_what_is_no_lyric_is_stopped_with_what_to_do_instead(world: World) -> None:
    async with world.client() as client:
        for lyrics, words in (
            ("Write me a song about our dog Bruno", "`idea`"),
            ("indie folk, female vocals, 92 BPM, warm, close", "`style`"),
            ("https://docs.example.com/d/abc", "paste the words"),
        ):
            notice = said(await client.call_tool("create_song", {"lyrics": lyrics, "style": STYLE}))["notice"]
            assert words in notice
            assert "clean_lyrics" not in notice
            assert "clean_lyrics" not in said(await client.call_tool("check_lyrics", {"lyrics": lyrics}))
    assert world.charges() == []


@pytest.mark.anyio
async def test_a_clean_lyric_never_makes_an_answer_too_big(world: World) -> None:
    """Five thousand characters are what a purchase takes, in Chinese three bytes each."""
    line = "外 婆 的 窗 台 晒 着 月 光"
    whole = "[Verse]\n" + f"{line}\n" * 290
    tag = "[Chorus]\n" + "窗外的雨一直下到天亮我没有睡\n" * 330
    async with world.client() as client:
        for lyrics in (whole, tag + "x2 (x2)\n", f"Sure! Here is your song:\n\n{tag}", "Chorus x2\n" * 900, SHEET * 60):
            report = said(await client.call_tool("check_lyrics", {"lyrics": lyrics}))
            assert size(report) < 24_000


def test_a_starting_server_loads_no_tables() -> None:
    """The checks are loaded when they are first needed."""
    program = (
        "import sys, songwright.server.protocol.build, songwright.server.protocol.stdio; from songwright import tools;"
        "from songwright.server.protocol import schema; [schema.published(n) for n in tools.names()];"
        "print([m for m in sys.modules if m.startswith('songwright.server.craft')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- the check before a purchase leaves honest songs in peace ---------------------------------------------------------


def test_everything_that_composes_is_checked_and_can_be_forced() -> None:
    spending = [name for name in tools.names() if tools.load(name).effect is Effect.SPENDS]
    checked = {name for name in spending if "force" in tools.load(name).model_fields}
    assert checked >= set(COMPOSING)
    assert {name for name in checked if tools.folder(name) == "sonic"} == set(COMPOSING)


@pytest.mark.parametrize("song", SONGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", COMPOSING)
def test_no_honest_song_is_blocked(name: str, song: Path) -> None:
    words = {"lyrics": song.read_text(encoding="utf-8")} if "lyrics" in tools.load(name).model_fields else {}
    order = ordered(name, {**COMPOSING[name], **words, "style": STYLE})
    assert len(preflight.preflight(order)) <= 3


def test_what_is_ordered_without_own_words_is_left_alone() -> None:
    for given in ({"idea": "a lullaby for Lucía"}, {"instrumental": True, "style": "ambient pads"}):
        assert preflight.preflight(ordered("create_song", given)) == ()
    assert preflight.preflight(ordered("get_bpm", {"clip_id": "clip-1"})) == ()


@pytest.mark.parametrize("name", ["producer_create_song", "riffusion_create_song"])
def test_another_family_is_stopped_in_the_same_words_as_sonic(name: str) -> None:
    order = {"lyrics": PLANTED, "style": STYLE}
    with pytest.raises(ArgumentRefused) as sonic:
        preflight.preflight(ordered("create_song", order))
    with pytest.raises(ArgumentRefused) as other:
        preflight.preflight(ordered(name, order))
    assert str(other.value) == str(sonic.value)
    assert "[F4]" in preflight.preflight(ordered(name, {**order, "force": True}))[0]


def test_words_around_a_stretch_are_checked_under_their_own_name() -> None:
    order = {**COMPOSING["replace_section"], "lyrics": "We met by the door", "song_lyrics": PLANTED}
    with pytest.raises(ArgumentRefused, match=r"song_lyrics, line 1: .*\[F4\]") as refused:
        preflight.preflight(ordered("replace_section", order))
    assert refused.value.field == "song_lyrics"


def test_a_style_that_excludes_what_it_asks_for_is_stopped_by_name() -> None:
    order = {"source": "clip-1", "style": "solo piano, calm", "negative_style": "piano"}
    with pytest.raises(ArgumentRefused, match=r"style: Both asked for and excluded: piano \[Y9\]") as refused:
        preflight.preflight(ordered("cover_song", order))
    assert refused.value.field == "style"
    assert preflight.preflight(ordered("cover_song", {**order, "force": True}))[0].endswith("[Y9]")
