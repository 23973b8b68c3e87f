"""Finding songs again among many, on both databases: by words however they are written, and a page at a time."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from journals import account, order

from songwright.server.core.errors import ArgumentRefused
from songwright.server.core.jobs import LOCAL_TENANT, Clip, Job, SavedFile, State
from songwright.server.journal import read
from songwright.server.journal.read import Page
from songwright.server.journal.sqlite import SqliteStore, queries
from songwright.server.journal.upkeep import FREE_KEPT
from songwright.server.journal.write import Change, Journal
from songwright.server.service.answers import TABLE, Kind

MANY = 3_000
LYRICS = " ".join(f"word{n:05}" for n in range(480))  # 4.8 KB


def made(journal: Journal, title: str, *clips: Clip) -> Job:
    job = journal.ask(order(title)).job
    assert job is not None
    journal.put_clips(job, [Clip(**{**clip.__dict__, "job_id": job.id}) for clip in clips])
    return job


def clip(clip_id: str, **facts: Any) -> Clip:
    plain: dict[str, Any] = {
        "job_id": "", "take": 1, "part": None, "label": None, "state": "succeeded", "title": "", "style": "",
        "lyrics": "", "prompt": "", "model": "", "seconds": 60.0, "bpm": None, "audio_url": None, "image_url": None,
        "uploaded": False, "reason": None, "created_at": 1.0,
    }  # fmt: skip
    return Clip(clip_id=clip_id, **{**plain, **facts})


def search(journal: Journal, words: str = "", **more: Any) -> Page:
    asked: dict[str, Any] = {"state": "", "since": 0.0, "until": 1e12, "songs": False, "limit": 10, **more}
    return journal.search(account(), words=words, **asked)


def titles(page: Page) -> list[str]:
    return [song.title for song in page.songs]


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Lucía's Lullaby", "lucia lullaby"),
        ("Lucia\u0301 again", "LUCÍA"),
        ("Straße", "STRASSE"),
        ("Smørrebrød", "smorrebrod"),
        ("Ёлка", "елка"),
        ("İstanbul", "istanbul"),
        ("雨の夜に歩く", "夜に"),
        ("Rainy day", "rain"),
        ("می\u200cخواهم", "میخواهم"),
        ("ميخواهم", "می\u200cخواهم"),
        ("Picnic \U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("100 % sure_thing", "100 % e_t"),
        ("back\\slash", "k\\s"),
    ],
)
def test_a_song_is_found_however_its_words_are_written(journal: Journal, title: str, words: str) -> None:
    made(journal, title)
    made(journal, "Something else")
    assert titles(search(journal, words)) == [title]


@pytest.mark.parametrize("words", ["100%sure", "s_re", "sleep-walk", "boats sleepy"])
def test_signs_in_a_search_stand_for_themselves_and_every_word_has_to_occur(journal: Journal, words: str) -> None:
    made(journal, "100 sure boats sleep")
    assert titles(search(journal, words)) == []


def test_what_the_service_made_of_an_order_is_found_by_its_words_too(journal: Journal) -> None:
    made(journal, "An idea", clip("a", title="Harbour", style="bossa nova", lyrics="[Verse]\nthe Lamp has closed"))
    for words in ("harbour", "BOSSA", "lamp closed", "idea"):
        found = search(journal, words)
        assert [(song.title, song.clips) for song in found.songs] == [("Harbour", ("a",))], words


def test_a_list_shows_whole_songs_first_and_where_the_first_is_saved(journal: Journal) -> None:
    job = made(
        journal, "Three", clip("own", take=0, part="upload", uploaded=True), clip("two", take=2, title="B"),
        clip("one", take=1, title="A"), clip("part", take=1, part="vocals"),
    )  # fmt: skip
    journal.put_file(job, _file("one", "audio", "A.mp3"))
    journal.put_file(job, _file("one", "cover", "A.jpg"))
    journal.put_file(job, _file("two", "audio", "B.mp3"))
    (song,) = search(journal).songs
    assert (song.title, song.clips) == ("A", ("one", "two", "part", "own"))
    assert song.audio == _file("one", "audio", "A.mp3")


def test_the_take_that_was_kept_comes_first_and_keeping_another_replaces_it(journal: Journal) -> None:
    job = made(
        journal, "Two", clip("one", take=1, title="A"), clip("two", take=2, title="A"), clip("part", part="vocals")
    )
    other = made(journal, "Other", clip("else", title="B"))
    for kept, rest in (("two", "one"), ("one", "two"), ("one", "two")):
        journal.keep(account(), job, kept)
        _, song = search(journal).songs
        assert (song.clips, song.kept) == ((kept, rest, "part"), True)
        assert [journal.kept(account(), clip_id) for clip_id in (kept, rest, "else")] == [True, False, False]
    assert not search(journal).songs[0].kept
    assert not journal.kept(account("another key"), "one")
    assert journal.newest_song(account()) == other


def test_pages_follow_each_other_and_all_know_how_many_there_are(journal: Journal) -> None:
    for number in range(7):
        made(journal, f"Song {number}")
    seen = []
    for offset in (0, 3, 6):
        page = search(journal, limit=3, offset=offset)
        assert page.total == 7
        seen += titles(page)
    assert seen == [f"Song {number}" for number in reversed(range(7))]
    for offset in (7, 10**6, 10**30):
        assert search(journal, offset=offset) == Page((), 7)


def test_more_words_than_a_search_takes_are_refused_with_their_number(journal: Journal) -> None:
    with pytest.raises(ArgumentRefused, match="9 words; a search takes 8"):
        search(journal, "ab cd ef gh ij kl mn op qr")
    assert titles(search(journal, "a ab abc abcd abcde b bc bcd bcde c")) == [], "these are one word"


def test_many_orders_are_listed_and_searched_in_little_memory(journal: Journal) -> None:
    """A page is read, not the library: neither lyrics nor the other rows come into this process."""
    many(journal, MANY)
    search(journal)
    tracemalloc.start()
    try:
        assert search(journal).total == MANY
        page = search(journal, "word00001 word00479", limit=50)
        assert (page.total, len(page.songs), page.cut) == (MANY, 50, False)
        assert search(journal, "wordless").total == 0
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20, "their words alone are fourteen times that"


def test_a_search_by_words_ends_at_the_newest_so_many_orders_and_says_so(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "SEARCHED", 20)
    many(journal, 25)
    found = search(journal, "word00001", songs=False)
    assert (found.total, found.cut) == (20, True)
    assert not search(journal, "word00001", until=19.5).cut
    assert not search(journal).cut


def test_a_list_reads_its_index_and_no_table(journal: Journal) -> None:
    if not isinstance(journal.store, SqliteStore):
        pytest.skip("what a plan says differs by database")
    made(journal, "Any")
    with journal.store.reading() as tx:
        asked: dict[str, Any] = {"tenant": "t", "key_id": "k", "since": 0, "until": 1, "newer": 5}
        plan = tx._run(f"EXPLAIN QUERY PLAN {queries()['older_than']}", asked)[0]
    assert "USING COVERING INDEX jobs_listed" in str(plan)


def test_orders_of_an_older_songwright_are_found_after_a_start(journal: Journal) -> None:
    for number in range(5):
        made(journal, f"Élan {number}", clip(f"c{number}", lyrics="Señorita"))
    with journal.store.transaction("key") as tx:
        tx._run("DELETE FROM search_texts", {})
    assert search(journal, "elan").total == 0
    while journal.index_old(2):
        pass
    assert search(journal, "elan").total == 5
    assert search(journal, "senorita").total == 5


# -- what is free to make -----------------------------------------------------------------------------------------


def test_orders_that_were_withdrawn_do_not_pile_up(journal: Journal) -> None:
    kept = made(journal, "Bought")
    for number in range(FREE_KEPT + 10):
        job = journal.ask(order(f"Song {number}")).job
        assert job is not None
        assert journal.withdraw(account(), job.id) is not None
    made(journal, "Another")
    found = search(journal, limit=50)
    assert found.total == FREE_KEPT + 2
    assert journal.job(account(), kept.id) is not None
    assert titles(found)[:2] == ["Another", f"Song {FREE_KEPT + 9}"]
    assert journal.store.rows("without_search_text", limit=5) == []
    with journal.store.reading() as tx:
        (row,) = tx._run("SELECT COUNT(*) AS n FROM search_texts", {})[0]
    assert row["n"] == FREE_KEPT + 2


def test_withdrawing_under_one_key_after_the_other_is_no_way_around(journal: Journal) -> None:
    for number in range(FREE_KEPT + 10):
        job = journal.ask(order(f"Song {number}", f"key {number}")).job
        assert job is not None
        journal.withdraw(account(f"key {number}"), job.id)
    journal.ask(order("Another"))
    with journal.store.reading() as tx:
        (row,) = tx._run("SELECT COUNT(*) AS n FROM jobs", {})[0]
    assert row["n"] == FREE_KEPT + 1


@pytest.mark.parametrize("problem", ["given_up", "answer_lost", "a problem of tomorrow"])
def test_an_order_whose_money_is_in_doubt_is_never_forgotten(journal: Journal, problem: str) -> None:
    doubtful = made(journal, "Doubtful")
    journal.move(doubtful, Change(State.FAILED, problem=problem))
    proven = made(journal, "Proven")
    journal.move(proven, Change(State.FAILED, problem="no_credits"))
    with journal.store.transaction("key") as tx:
        tx.do("receipt", job_id=proven.id, remote_id="task", now=1.0, via="answer")
    for number in range(FREE_KEPT + 10):
        job = journal.ask(order(f"Song {number}")).job
        assert job is not None
        journal.withdraw(account(), job.id)
    journal.prune_free(LOCAL_TENANT)
    assert journal.job(account(), doubtful.id) is not None
    assert journal.job(account(), proven.id) is not None


def test_every_certain_refusal_of_the_service_is_known_to_be_free() -> None:
    refusals = {line.problem for line in TABLE if line.method != "GET" and line.kind in (Kind.REFUSED, Kind.HASTE)}
    assert {problem for problem in refusals if f"'{problem}'" not in queries()["prune_free"]} == set()


def test_what_was_made_of_a_clip_is_found_the_newest_first_and_only_the_callers_own(journal: Journal) -> None:
    for title in ("Older", "Newer"):
        job = made(journal, title, clip(f"{title} vocals"), clip(f"{title} drums", take=2))
        for name in ("vocals", "drums"):
            journal.put_lineage(job, f"{title} {name}", {"stem of": ("song",), "covers": ("tune",)})
    found = journal.derived(account(), "song", "stem of")
    assert [one.clip_id for one in found] == ["Newer vocals", "Newer drums", "Older vocals", "Older drums"]
    assert journal.derived(account("another"), "song", "stem of") == []
    assert journal.derived(account(), "tune", "stem of") == []


def test_a_fulfilled_order_is_found_by_what_it_asked_for(journal: Journal) -> None:
    asked = order("Tin Roof")
    job = journal.ask(asked).job
    assert job is not None
    identity = asked.operation.identity()
    assert journal.fulfilled(account(), identity) is None
    journal.claim(account().key_id, 0.0, 0.0)
    bought = journal.bought(job.id, "task", 0.0, "test")
    assert bought is not None
    journal.move(bought, Change(State.DONE))
    found = journal.fulfilled(account(), identity)
    assert found is not None
    assert found.id == job.id
    assert journal.fulfilled(account("another"), identity) is None


def many(journal: Journal, number: int) -> None:
    """So many orders with long lyrics, one of each second from the first on."""
    assert journal.ask(order("Pattern")).job is not None
    with journal.store.transaction("key") as tx:
        tx._run("UPDATE jobs SET created_at = 0, words = :text, body = :text, arguments = '{}'", {"text": LYRICS})
        names = [name for name in tx._run("SELECT * FROM jobs", {})[0][0] if name not in ("id", "created_at", "born")]
        tx._run(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :last) "
            f"INSERT INTO jobs (id, created_at, {', '.join(names)}) "
            f"SELECT 'job' || n, n, {', '.join(names)} FROM jobs, n",
            {"last": number - 1},
        )
        tx._run("DELETE FROM search_texts", {})
        columns = "tenant, key_id, created_at"
        tx._run(
            f"INSERT INTO search_texts (job_id, {columns}, text) SELECT id, {columns}, :text FROM jobs",
            {"text": LYRICS},
        )


def _file(clip_id: str, kind: str, path: str) -> SavedFile:
    return SavedFile(clip_id, kind, path, 10, "00")
