"""Stems and their WAVs are bought once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk, Flow
from desk import client as connected
from world import said

pytestmark = pytest.mark.anyio


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, Flow())
    yield made
    made.store.close()


async def test_stems_that_are_here_are_not_bought_again_for_their_wavs(desk: Desk) -> None:
    """Twenty credits for what one credit a part brings; the same order again is still answered with what it made."""
    song = f"{desk.put('create_song', 'done').id}-1"
    stems = desk.put("separate_stems", "done", clip_id=song)
    for number in (1, 2):
        desk.journal.put_lineage(stems, f"{stems.id}-{number}", {"stem of": (song,)})
    orders = len(desk.orders())
    async with connected(desk) as caller:
        refused = said(await caller.call_tool("separate_stems", {"clip_id": song, "format": "wav"}))
        assert refused["status"] == "failed"
        assert "Call get_wav with the clip_id of each part" in refused["summary"]
        assert "Nothing was sent or spent." in refused["summary"]
        assert len(desk.orders()) == orders
        full = said(await caller.call_tool("separate_stems", {"clip_id": song, "format": "wav", "parts": "full"}))
        assert full["status"] == "needs_confirmation", "other parts are another purchase"
        whole = desk.put("separate_stems", "done", clip_id=song, format="wav")
        desk.journal.put_lineage(whole, f"{whole.id}-1", {"stem of": (song,)})
        again = said(await caller.call_tool("separate_stems", {"clip_id": song, "format": "wav"}))
        assert (again["status"], again["replayed"]) == ("done", True)
