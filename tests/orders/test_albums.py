"""What an album says of its next track: the singer, the style, and passages that come again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk import ACCOUNT, Desk, Flow, client
from desk import clip as made_clip
from world import said

from songwright.server.core.jobs import State
from songwright.server.core.operation import Purchase, Request
from songwright.server.journal.write import Change, Order
from songwright.tools.sonic.create_persona import CreatePersona
from songwright.tools.sonic.create_song import CreateSong

pytestmark = pytest.mark.anyio


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, Flow())
    yield made
    made.store.close()


def sung(desk: Desk, title: str, style: str, lyrics: str, **asked: Any) -> list[str]:
    """A finished song of two takes; its clip ids."""
    order = CreateSong(lyrics=lyrics, title=title, style=style, **asked)
    job = _finished(desk, order, None)
    clips = [replace(made_clip(job, take), title=title, style=style, lyrics=lyrics) for take in (1, 2)]
    desk.journal.put_clips(job, clips)
    return [clip.clip_id for clip in clips]


def _finished(desk: Desk, order: Purchase, answer: dict[str, Any] | None) -> Any:
    job = desk.journal.ask(Order(ACCOUNT, order, Request("POST", "/x", {}), 1, "", None, again=True)).job
    assert job is not None
    assert desk.journal.claim(ACCOUNT.key_id, 0.0, 0.0) is not None
    got = desk.journal.bought_at_once(job.id, answer) if answer else desk.journal.bought(job.id, job.id, 0.0, "test")
    assert got is not None
    done = desk.journal.move(got, Change(State.DONE, answer=answer))
    assert done is not None
    return done


async def album(desk: Desk, *clip_ids: str) -> dict[str, Any]:
    async with client(desk) as caller:
        return said(await caller.call_tool("make_album", {"name": "Night", "clip_ids": list(clip_ids)}))


async def test_the_style_that_most_songs_share_is_proposed(desk: Desk) -> None:
    one = sung(desk, "Boats", "Folk, warm, harp, 72 BPM", "the boats come home")
    two = sung(desk, "Rain", "harp, folk, rain", "rain on a roof")
    three = sung(desk, "Sea", "folk, warm", "the sea")
    told = await album(desk, *one, two[0], three[0])
    assert told["next_track"]["style"] == "folk, warm, harp"


async def test_the_one_singer_is_named_or_how_to_get_one(desk: Desk) -> None:
    one = sung(desk, "Boats", "folk", "the boats come home")
    two = sung(desk, "Rain", "folk", "rain on a roof")
    told = (await album(desk, one[0], two[0]))["next_track"]
    assert "persona_id" not in told
    assert told["singer"] == (
        f'No singer is saved. create_persona with clip_id "{one[0]}" keeps its voice for 1 credit.'
    )
    _finished(desk, CreatePersona(name="Ana", clip_id=two[0]), {"data": {"persona_id": "ana"}})
    assert (await album(desk, one[0], two[0]))["next_track"] | {"style": ""} == {
        "style": "", "persona_id": "ana", "singer": f"The voice of clip {two[0]}.",
    }  # fmt: skip
    three = sung(desk, "Sea", "folk", "the sea", persona_id="bea")
    told = (await album(desk, one[0], three[0], three[1]))["next_track"]
    assert (told["persona_id"], told["singer"]) == ("bea", "Sings 2 of the 3 songs with words.")


async def test_passages_that_come_again_are_told_with_their_tracks(desk: Desk) -> None:
    line = "we left the harbour lamp alight"
    one = sung(desk, "Boats", "folk", f"the boats\n{line}")
    two = sung(desk, "Rain", "folk", f"[Chorus]\n{line}, love")
    three = sung(desk, "Sea", "folk", "the sea")
    told = await album(desk, one[0], three[0], two[0])
    assert told["repeats"] == [{"words": line, "tracks": [1, 3]}]


async def test_a_song_on_two_albums_says_which_one_its_tags_name(desk: Desk) -> None:
    one = sung(desk, "Boats", "folk", "the boats")
    await album(desk, one[0])
    async with client(desk) as caller:
        told = said(await caller.call_tool("make_album", {"name": "Best of", "clip_ids": [one[0]]}))
    assert "Boats is on Best of, Night; its tags name Best of." in told["notice"]
    assert "Not saved here, so not in the playlist: Boats" in told["notice"]


async def test_the_summary_says_only_what_was_done(desk: Desk) -> None:
    one, two = (f"{desk.put('create_song', 'done').id}-1" for _ in range(2))
    async with client(desk) as caller:
        for file in desk.settings.library.glob("*.mp3"):
            file.unlink()
        made = said(await caller.call_tool("make_album", {"name": "Night", "clip_ids": [one, two]}))
        shown = said(await caller.call_tool("make_album", {"name": "Night"}))
    assert made["summary"] == (
        "Album Night: 2 songs, tagged and listed in a playlist, but 2 of them without a file here."
    )
    assert shown["summary"] == "Album Night: 2 songs, listed in a playlist, but 2 of them without a file here."
