"""Where tenants share the operator's key, an id of the service counts only for who was shown it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from declared import BOUGHT, clip_arguments, plain

from songwright.server.core.clock import SystemClock
from songwright.server.core.errors import ArgumentRefused, NotFound
from songwright.server.core.jobs import Account, Clip, Job
from songwright.server.core.operation import Purchase, Request
from songwright.server.journal.sqlite import SqliteStore
from songwright.server.journal.write import Journal, Order
from songwright.server.orders import ownership
from songwright.tools.sonic.create_persona import CreatePersona
from songwright.tools.sonic.create_song import CreateSong
from songwright.tools.sonic.extend_song import ExtendSong
from songwright.tools.sonic.mashup_songs import MashupSongs
from songwright.tools.sonic.upload_audio import UploadAudio

ANN = Account("ann", "https://api.example.test", "one-key", "aimusicapi", sandbox=False, shared=True)
BOB = replace(ANN, tenant="bob")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    store = SqliteStore(tmp_path / "journal.sqlite3")
    store.open()
    yield Journal(store, SystemClock())
    store.close()


def bought(journal: Journal, account: Account, operation: Purchase, task_id: str) -> Job:
    order = Order(account, operation, Request("POST", "/x", {}), 1, operation.search_words(), None)
    job = journal.ask(order).job
    assert job is not None
    bought = journal.bought(job.id, task_id, 0.0, "test")
    assert bought is not None
    return bought


def clip_of(journal: Journal, account: Account, clip_id: str) -> None:
    job = bought(journal, account, CreateSong(idea=f"song {clip_id}"), f"task-{clip_id}")
    clip = Clip(
        clip_id=clip_id, job_id=job.id, take=1, part=None, label=None, state="succeeded", title="Song", style="",
        lyrics="", prompt="", model="", seconds=60.0, bpm=None, audio_url=None, image_url=None, uploaded=False,
        reason=None, created_at=0.0,
    )  # fmt: skip
    journal.put_clips(job, [clip])


def answered(journal: Journal, account: Account, operation: Purchase, body: dict[str, Any]) -> None:
    order = Order(account, operation, Request("POST", "/x", {}), 1, operation.search_words(), None)
    job = journal.ask(order).job
    assert job is not None
    assert journal.bought_at_once(job.id, body, None) is not None


def test_a_clip_is_its_owners_to_work_with(journal: Journal) -> None:
    clip_of(journal, ANN, "clip-of-ann")
    ownership.check(journal, ANN, ExtendSong(source="clip-of-ann", continue_at=30, lyrics="More"))
    with pytest.raises(NotFound, match="nothing of yours with the id 'clip-of-ann'"):
        ownership.check(journal, BOB, ExtendSong(source="clip-of-ann", continue_at=30, lyrics="More"))


def test_one_foreign_clip_among_own_ones_is_enough_to_refuse(journal: Journal) -> None:
    clip_of(journal, ANN, "clip-of-ann")
    clip_of(journal, BOB, "clip-of-bob")
    with pytest.raises(NotFound, match="clip-of-ann"):
        ownership.check(journal, BOB, MashupSongs(clip_ids=("clip-of-bob", "clip-of-ann"), idea="both"))


def test_a_persona_sings_only_for_who_made_it(journal: Journal) -> None:
    persona = CreatePersona(clip_id="clip-of-ann", name="Ann")
    answered(journal, ANN, persona, {"data": {"persona_id": "persona_1"}})
    song = CreateSong(idea="a song", persona_id="persona_1")
    ownership.check(journal, ANN, song)
    with pytest.raises(NotFound, match="persona_1"):
        ownership.check(journal, BOB, song)


@pytest.mark.parametrize("guess", ["persona%", "personaX1", "%", "_________", 'x"%'])
def test_a_pattern_is_no_id(journal: Journal, guess: str) -> None:
    answered(journal, ANN, CreatePersona(clip_id="c", name="Ann"), {"data": {"persona_id": "persona_1"}})
    with pytest.raises(NotFound):
        ownership.check(journal, ANN, CreateSong(idea="a song", persona_id=guess))


def test_links_and_recordings_are_no_ids(journal: Journal) -> None:
    ownership.check(journal, BOB, ExtendSong(source="https://example.org/a.mp3", continue_at=30, lyrics="More"))
    ownership.check(journal, BOB, UploadAudio(source="My Song.mp3"))


def test_only_a_task_on_the_tenants_own_record_can_be_attached(journal: Journal) -> None:
    """The service knows tasks of its website and of lost orders too, and would show them to whoever names them."""
    bought(journal, ANN, CreateSong(idea="a song"), "task-of-ann")
    ownership.check_task(journal, ANN, "task-of-ann")
    said = []
    for task in ("task-of-ann", "task-of-nobody"):
        with pytest.raises(ArgumentRefused, match="You have no such task on record") as refused:
            ownership.check_task(journal, BOB, task)
        said.append(str(refused.value))
    assert said[0] == said[1]


def test_a_task_on_two_tenants_records_can_be_attached_by_neither(journal: Journal) -> None:
    for account in (ANN, BOB):
        bought(journal, account, CreateSong(idea="a song"), "task-of-both")
        with pytest.raises(ArgumentRefused):
            ownership.check_task(journal, BOB, "task-of-both")
        ownership.check_task(journal, ANN, "task-of-both") if account is ANN else None


@pytest.mark.parametrize(
    ("body", "shown", "fits"),
    [
        (
            {"prompt": "[Verse]\nRain", "title": "Rain"},
            {"data": [{"lyrics": "[Verse]\r\n rain ", "title": "rain"}]},
            True,
        ),
        ({"gpt_description_prompt": "a song of rain"}, {"data": {"gpt_description_prompt": "A song of rain"}}, True),
        (
            {"tags": "folk", "title": "A long title"},
            {"data": [{"full": {"title": "A long title", "tags": "folk"}}]},
            True,
        ),
        ({"tags": "a very long style that many like"}, {"data": [{"tags": "a very long style that many like"}]}, False),
        ({"tags": "folk", "title": "Rain"}, {"data": [{"tags": "folk", "title": "Snow"}]}, False),
        (
            {"prompt": "[Verse]\nRain", "tags": "a very long style that many like"},
            {"data": [{"lyrics": "[Verse]\nSnow", "tags": "a very long style that many like"}]},
            False,
        ),
        ({"lyrics": "Rain", "sound": "a long sound"}, {"data": [{"lyrics": "Snow", "sound": "a long sound"}]}, False),
        (
            {"prompt": "a brief", "auto_lyrics": True, "title": "Rain", "tags": "folk"},
            {"data": [{"lyrics": "words of the service", "title": "Rain", "tags": "Folk"}]},
            True,
        ),
        ({"prompt": "a brief", "auto_lyrics": True}, {"data": [{"lyrics": "a brief"}]}, False),
        ({"prompt": "[Verse]\nRain", "title": "Rain"}, {"data": [{"lyrics": "[Verse]\nSnow", "title": "Rain"}]}, False),
        ({"prompt": "[Verse]\nRain"}, {"data": [{"lyrics": "[Verse]\nRain and more"}]}, False),
        ({"prompt": "[Verse]\nRain"}, {"type": "not_ready"}, False),
        ({"continue_clip_id": "clip-1", "mv": "sonic-v6"}, {"data": [{"mv": "sonic-v6", "clip_id": "clip-1"}]}, False),
        ({}, {"data": [{"lyrics": ""}]}, False),
        (None, {"data": [{"lyrics": ""}]}, False),
    ],
)
def test_a_task_is_an_orders_own_when_the_service_shows_it_with_the_orders_own_words(
    journal: Journal, body: dict[str, Any] | None, shown: dict[str, Any], fits: bool
) -> None:
    job = replace(bought(journal, ANN, CreateSong(idea="a song"), "task-1"), body=body)
    assert ownership.shown_for(job, shown) is fits


NAMING_CLIPS = [name for name in BOUGHT if clip_arguments(name)]


@pytest.mark.parametrize("name", NAMING_CLIPS)
def test_every_argument_that_may_name_a_clip_is_held_against_its_owner(journal: Journal, name: str) -> None:
    """A source under another name would slip through: ownership goes by the names of arguments."""
    for clip_id in ("clip-1", "clip-2"):
        clip_of(journal, ANN, clip_id)
    for field, given in clip_arguments(name).items():
        order = plain(name, **{field: given})
        ownership.check(journal, ANN, order)
        with pytest.raises(NotFound, match="clip-1"):
            ownership.check(journal, BOB, order)


def test_arguments_that_may_name_a_clip_are_known_by_their_type_as_well_as_by_their_words() -> None:
    assert {"create_persona", "add_vocals", "add_instrumental", "mashup_songs", "extend_song"} <= set(NAMING_CLIPS)


def test_what_an_answer_only_repeats_is_no_id(journal: Journal) -> None:
    """A persona may be named like a foreign clip; the service repeats the name, and that proves nothing."""
    clip_of(journal, ANN, "clip-of-ann")
    answered(
        journal, BOB, CreatePersona(clip_id="c", name="clip-of-ann"),
        {"data": {"persona_id": "persona_2", "name": "clip-of-ann", "notes": ["clip-of-ann"]}},
    )  # fmt: skip
    ownership.check(journal, BOB, CreateSong(idea="a song", persona_id="persona_2"))
    with pytest.raises(NotFound, match="clip-of-ann"):
        ownership.check(journal, BOB, ExtendSong(source="clip-of-ann", continue_at=30, lyrics="More"))
