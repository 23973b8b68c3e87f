"""Signed links to files: what they open, and everything that they do not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from http_world import HttpWorld, Replica

LYRICS = "[00:01.00]Sleep, Lucía"


@dataclass
class Delivery:
    """A tenant's folder, and links into it."""

    place: HttpWorld
    server: Replica
    tenant: str

    @property
    def folder(self) -> Path:
        return self.place.library / "tenants" / self.tenant

    def keep(self, name: str, text: str = LYRICS) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def link(self, path: str, *, tenant: str | None = None, seconds: float = 60) -> str:
        """A link as only somebody with the secret can make it."""
        return self.place.sealer.link({"tenant": tenant or self.tenant, "path": path}, seconds)

    def get(self, link: str) -> httpx2.Response:
        return httpx2.get(f"{self.server.url}/files/{link}")


@pytest.fixture
def shelf(shared: HttpWorld, server: Replica, request: pytest.FixtureRequest) -> Delivery:
    """A tenant with one file."""
    found = Delivery(shared, server, shared.tenant(request.node.name[:60])[0])
    found.keep("Song.lrc")
    return found


def refused(answer: httpx2.Response) -> bool:
    """Refused like every other link that opens nothing."""
    assert "expired, or the file is no longer there" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code == 404


def test_a_link_opens_its_file_without_a_token(shelf: Delivery) -> None:
    answer = shelf.get(shelf.link("Song.lrc"))
    assert (answer.status_code, answer.text) == (200, LYRICS)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == 'inline; filename="Song.lrc"'
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert shelf.server.tells(rf"GET /files/{{token}} 200 \d+ ms {shelf.tenant}$")


@pytest.mark.parametrize("at", [0, 9, 40, -30, -2, -1])
def test_a_link_with_any_character_changed_opens_nothing(shelf: Delivery, at: int) -> None:
    link = shelf.link("Song.lrc")
    at %= len(link)
    changed = link[:at] + ("A" if link[at] != "A" else "B") + link[at + 1 :]
    assert refused(shelf.get(changed))


@pytest.mark.parametrize("link", ["x", "gAAAAA", "%C3%A9", "%00", "=" * 50, "a" * 20_000])
def test_what_was_never_a_link_opens_nothing(shelf: Delivery, link: str) -> None:
    assert refused(shelf.get(link))
    assert "Traceback" not in shelf.server.log()


def test_an_old_link_opens_nothing(shelf: Delivery) -> None:
    assert refused(shelf.get(shelf.link("Song.lrc", seconds=-1)))


@pytest.mark.parametrize("purpose", ["seal", "hook_token", "hook_secret"])
def test_what_was_made_for_another_purpose_opens_nothing(shelf: Delivery, purpose: str) -> None:
    made = getattr(shelf.place.sealer, purpose)('{"facts":{"tenant":"local","path":"x"},"until":1e12}')
    assert refused(shelf.get(made))


def test_no_link_leads_out_of_the_tenants_folder(shelf: Delivery) -> None:
    """Even one that our own secret has signed: neighbours, the journal, the whole machine."""
    neighbour = Delivery(shelf.place, shelf.server, shelf.place.tenant("neighbour")[0])
    neighbour.keep("Theirs.lrc")
    (shelf.folder / "out.lrc").symlink_to(neighbour.folder / "Theirs.lrc")
    (shelf.folder / "folder").mkdir()
    for path in (
        f"../{neighbour.tenant}/Theirs.lrc", "../../../state/journal.sqlite3", "/etc/passwd", "out.lrc", "folder", "",
        ".", "folder/../Song.lrc", "..\\Song.lrc", "Song.lrc/", "Song.lrc\0.mp3",
    ):  # fmt: skip
        assert refused(shelf.get(shelf.link(path))), path
    for tenant in ("..", "../..", "/", "", "nobody", "local/../.."):
        assert refused(shelf.get(shelf.link("Song.lrc", tenant=tenant or " "))), tenant


def test_a_link_to_a_file_that_was_deleted_opens_nothing(shelf: Delivery) -> None:
    (shelf.folder / "Song.lrc").unlink()
    assert refused(shelf.get(shelf.link("Song.lrc")))


def test_a_link_of_a_tenant_whose_access_was_withdrawn_opens_nothing(shelf: Delivery) -> None:
    """Whoever had the token in the meantime has the links as well."""
    link = shelf.link("Song.lrc")
    shelf.place.tenants.revoke(shelf.tenant)
    assert refused(shelf.get(link))


def test_a_file_that_a_browser_could_run_is_only_handed_out(shelf: Delivery) -> None:
    """The library makes no such file; a person may have put one there."""
    shelf.keep("page.html", "<script>alert(1)</script>")
    answer = shelf.get(shelf.link("page.html"))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_link_can_only_be_read(shelf: Delivery) -> None:
    for method in ("POST", "PUT", "DELETE"):
        answer = httpx2.request(method, f"{shelf.server.url}/files/{shelf.link('Song.lrc')}")
        assert answer.status_code == 405
