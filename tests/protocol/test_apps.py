"""The player inside a host that renders pages of tools: who is shown what, in both eras, over a pipe and over HTTP."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import declared
import pytest
from hosts import MIME, UI, WAYS, asked, host, refused, told
from mcp import Client, StdioServerParameters
from mcp.client.extension import advertise
from mcp_types import TextResourceContents
from stage import Stage
from world import World

from songwright import tools
from songwright.server.core.operation import Finish, Purchase
from songwright.server.protocol import schema
from songwright.server.protocol.apps import NAMES, page
from songwright.server.protocol.talk import marked, name_in, pages_in, renders_pages
from songwright.tools.shapes import SongResult

pytestmark = pytest.mark.anyio

PLAYER = "ui://songwright/player.html"
OTHER = advertise("io.modelcontextprotocol/ui", {"mimeTypes": ["text/plain"]})


def page_of(tool: Any) -> dict[str, Any]:
    found: dict[str, Any] = (tool.meta or {}).get("ui", {})
    return found


# -- who is shown what -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
async def test_a_host_with_pages_is_told_which_tools_open_the_player(stage: Stage, way: tuple[str, str]) -> None:
    async with host(stage, way) as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        read = (await client.read_resource(PLAYER)).contents[0]
        resources = [str(resource.uri) for resource in (await client.list_resources()).resources]
    opening = {name for name, tool in listed.items() if page_of(tool) == {"resourceUri": PLAYER}}
    assert opening == {name for name in tools.names() if tools.load(name).player}
    assert {"play_song", "create_song", "wait_for_song", "extend_song", "cover_song"} <= opening
    for name in NAMES:
        assert page_of(listed[name]) == {"resourceUri": PLAYER, "visibility": ["app"]}
    assert isinstance(read, TextResourceContents)
    assert (read.mime_type, read.text) == (MIME, page())
    assert (read.meta or {})["ui"]["csp"] == {"connectDomains": [], "resourceDomains": []}
    assert PLAYER in resources


@pytest.mark.parametrize(("way", "pages"), [*((way, None) for way in WAYS), (WAYS[0], OTHER), (WAYS[3], OTHER)])
async def test_a_host_without_pages_sees_nothing_of_them(stage: Stage, way: tuple[str, str], pages: Any) -> None:
    async with host(stage, way, pages=pages) as client:
        listed = (await client.list_tools()).tools
        resources = [str(resource.uri) for resource in (await client.list_resources()).resources]
    assert [tool.name for tool in listed] == list(tools.names())
    told = json.dumps([tool.model_dump(by_alias=True, mode="json") for tool in listed])
    assert "ui://" not in told
    assert '"ui"' not in told
    assert PLAYER not in resources


async def test_every_host_gets_the_same_answers_to_the_byte(stage: Stage) -> None:
    job = stage.song()
    first, second = stage.clips(job)
    stage.journal.keep(stage.account, job, second.clip_id)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("list_songs", {}), ("get_song", {"id": job.id}), ("wait_for_song", {"job_id": job.id}),
        ("play_song", {"id": first.clip_id}), ("cancel_job", {"job_id": "nobody's"}), ("no_such_tool", {}),
    ]  # fmt: skip
    said: list[list[Any]] = []
    for pages in (UI, None):
        async with host(stage, pages=pages) as client:
            results = [await client.call_tool(name, arguments) for name, arguments in calls]
        said.append([(r.content, r.structured_content, r.is_error) for r in results])
    assert said[0] == said[1]


async def test_what_was_not_compared_says_nothing_of_a_choice(stage: Stage) -> None:
    """Answers are as they were before there was a player, until somebody keeps a take."""
    job = stage.song()
    async with host(stage, pages=None) as client:
        for name, arguments in (("list_songs", {}), ("get_song", {"id": job.id}), ("wait_for_song", {})):
            assert "kept" not in str((await asked(client, name, **arguments)).content)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_server_of_its_own_tells_the_same_over_its_standard_output(world: World, mode: str) -> None:
    place = StdioServerParameters(
        command=sys.executable, args=["-m", "songwright.server"], env=world.environment(toolsets="library")
    )
    for extensions in ([UI], []):
        async with Client(place, mode=mode, extensions=extensions) as client:
            listed = {tool.name: page_of(tool) for tool in (await client.list_tools()).tools}
            said = refused(await asked(client, "song_sheet", id="nobody's"))
        assert listed["play_song"] == ({"resourceUri": PLAYER} if extensions else {})
        assert set(NAMES) <= set(listed) if extensions else not set(NAMES) & set(listed)
        assert "list_songs" in said["sentence"]


def test_a_tool_opens_the_player_exactly_when_its_answer_is_a_song() -> None:
    """From the declarations: what is bought and polled is a song, unless it only adds to one or is a voice."""
    opening = {name for name in tools.names() if tools.load(name).player}
    for name in tools.names():
        form = schema.published(name)
        assert (form.get("_meta", {}).get("ui") == {"resourceUri": PLAYER}) == (name in opening)
        assert "ui" not in schema.without_page(form).get("_meta", {})
        kind = tools.load(name)
        if issubclass(kind, Purchase):
            song = kind.finish is Finish.POLLED and kind.result is SongResult and not kind.uploads
            assert (name in opening) == (song and name != "producer_download_clip"), name
    assert opening - set(declared.SPENDING) == {"wait_for_song", "play_song"}


def test_a_session_of_the_older_era_says_who_it_is_and_whether_it_has_pages() -> None:
    for name in ("claude-ai", "Ünïcode 雨", "-pages"):
        for pages in (True, False):
            mark = marked(name, "0123abcd", pages=pages)
            assert (name_in(mark), pages_in(mark)) == (name, pages)
    can = {"extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": [MIME]}}}
    assert renders_pages(can)
    strange: list[Any] = [None, [], "x", {}, {"extensions": None}, {"extensions": []}, {"extensions": {"x": can}}]
    assert not any(map(renders_pages, strange))
    assert not renders_pages({"extensions": {"io.modelcontextprotocol/ui": {"mimeTypes": MIME}}})


# -- the tools that a model calls ------------------------------------------------------------------------------------


async def test_play_song_is_useful_without_a_player(stage: Stage) -> None:
    older, newer = stage.song("Older"), stage.song("Newer")
    async with host(stage, pages=None) as client:
        newest = told(await asked(client, "play_song"))
        second = told(await asked(client, "play_song", id=stage.clips(older)[1].clip_id))
    assert newest["job_id"] == newer.id
    assert newest["summary"] == "Newer: done, take 1, 1:00; take 2, 1:00."
    assert [Path(row["file"]).parent for row in newest["clips"]] == [stage.root] * 2
    assert f"songwright play {newer.id}" in newest["notice"]
    assert [row["clip_id"] for row in second["clips"]] == [c.clip_id for c in reversed(stage.clips(older))]


async def test_a_kept_take_is_listed_first_and_marked_until_another_is_kept(stage: Stage) -> None:
    job = stage.song()
    first, second = (clip.clip_id for clip in stage.clips(job))
    async with host(stage, pages=None) as client:
        for keep, other in ((second, first), (first, second)):
            kept = told(await asked(client, "keep_take", clip_id=keep))
            assert "is kept" in kept["summary"]
            (song,) = told(await asked(client, "list_songs"))["songs"]
            assert (song["clips"], song["kept"]) == ([keep, other], True)
            assert song["file"] == str(stage.root / f"{keep}.wav")
            for named in (job.id, keep):
                rows = told(await asked(client, "get_song", id=named))["clips"]
                assert [row["clip_id"] for row in rows if row.get("kept")] == [keep]
            assert not any(row.get("kept") for row in told(await asked(client, "get_song", id=other))["clips"])
    assert all((stage.root / f"{clip_id}.wav").exists() for clip_id in (first, second))


async def test_only_a_take_can_be_kept(stage: Stage) -> None:
    job = stage.song()
    apart = stage.apart(stage.clips(job)[0].clip_id)
    growing = stage.working(stream="https://files.example/growing.mp3")
    async with host(stage) as client:
        for named in (job.id, f"{apart.id}-vocals", "nobody's", stage.clips(growing)[0].clip_id):
            said = await asked(client, "keep_take", clip_id=named)
            assert said.is_error
            assert "Nothing was changed." in told(said)["notice"]
