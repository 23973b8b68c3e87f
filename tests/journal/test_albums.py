"""Albums on record, in both databases."""

from __future__ import annotations

from journals import account, order

from songwright.server.core.jobs import Clip, Job, SavedFile
from songwright.server.journal.albums import Album
from songwright.server.journal.write import Journal


def song(journal: Journal, title: str, *clip_ids: str) -> Job:
    job = journal.ask(order(title)).job
    assert job is not None
    journal.put_clips(job, [Clip(clip_id, job_id=job.id, title=title, created_at=1.0) for clip_id in clip_ids])
    return job


def test_an_album_keeps_its_order_and_is_found_however_its_name_is_written(journal: Journal) -> None:
    song(journal, "Boats", "a", "b")
    journal.put_album(account(), Album("Straße  am Meer", "Harbour", ("b", "a")))
    for name in ("Straße am Meer", "STRASSE AM MEER", " straße\tam meer"):
        assert journal.album(account(), name) == Album("Straße  am Meer", "Harbour", ("b", "a"))
    journal.put_album(account(), Album("straße am meer", "", ("a",)))
    assert journal.album(account(), "Straße am Meer") == Album("straße am meer", "", ("a",))


def test_nobody_else_has_a_persons_albums(journal: Journal) -> None:
    journal.put_album(account(), Album("Night", "", ("a",)))
    assert journal.album(account("another key"), "Night") is None
    assert journal.tracks_of(account("another key"), "a") == []


def test_a_clip_knows_its_albums_the_last_one_first_and_who_shares_its_title(journal: Journal) -> None:
    song(journal, "Boats", "a", "b")
    song(journal, "Rain", "c")
    journal.put_album(account(), Album("Zenith", "", ("c", "a")))
    journal.put_album(account(), Album("Acme", "Harbour", ("a", "c", "b")))
    told = [
        (track.album, track.artist, track.number, track.of, track.alike) for track in journal.tracks_of(account(), "a")
    ]
    assert told == [("Acme", "Harbour", 1, 3, 2), ("Zenith", "", 2, 2, 1)]


def test_a_file_that_was_moved_has_one_place(journal: Journal) -> None:
    job = song(journal, "Boats", "a")
    journal.put_file(job, SavedFile("a", "audio", "Boats.mp3", 9, "00"))
    journal.move_file(account(), SavedFile("a", "audio", "Favourites/Boats.mp3", 8, "01"))
    assert [file.path for file in journal.files(account(), "a")] == ["Favourites/Boats.mp3"]


def test_search_texts_are_made_again_after_an_update_that_folds_otherwise(journal: Journal) -> None:
    """What 0010_albums.sql leaves to the upkeep."""
    song(journal, "می\u200cخواهم", "a")
    with journal.store.transaction() as tx:
        for row in tx.all("without_search_text", limit=10):
            raise AssertionError(row)
        tx.do("forget_search_text", job_id=journal.job_ids(account(), 1)[0])
    while journal.index_old():
        pass
    page = journal.search(account(), words="میخواهم", state="", since=0.0, until=1e12, songs=False, limit=10)
    assert [found.clips for found in page.songs] == [("a",)]
