"""The player's page as it is committed: what can be said of it without a browser. `make gates` opens it in one."""

from __future__ import annotations

import re
import runpy
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

LARGEST = 30_000
PLAYER = runpy.run_path(str(Path(__file__).parents[2] / "dev" / "player" / "__init__.py"))
"""What builds the page; the folder is on nobody's path."""
PAGE = PLAYER["PAGE"].read_text(encoding="utf-8")
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in PLAYER["SOURCES"]}
PLACE = '<script type="application/json" id="place">null</script>'
VOID = {"meta", "input", "br", "img", "path"}


class Elements(HTMLParser):
    """Reads a page, and notices what is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag brings."""
        given = dict(attrs)
        self.attributes |= set(given)
        self.scripts += tag == "script"
        if name := given.get("id"):
            self.ids[name] += 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """A tag closes the last one that is open."""
        if tag not in VOID:
            assert self.open.pop() == tag


def elements() -> Elements:
    """The page, read."""
    found = Elements()
    found.feed(PAGE)
    found.close()
    return found


def test_hosts_fetch_a_small_page() -> None:
    assert len(PAGE.encode()) <= LARGEST


def test_the_page_is_what_its_sources_make() -> None:
    assert f"<!--dev/player {PLAYER['stamp']()}-->" in PAGE, "run python -m dev.player"


def test_the_page_is_well_formed_and_names_everything_once() -> None:
    found = elements()
    assert found.open == []
    assert set(found.ids.values()) == {1}
    used = set(re.findall(r"\bui\.(\w+)", "".join(SOURCES.values()))) - {"fonts"}
    assert used <= set(found.ids)


def test_the_page_asks_for_nothing_from_anywhere() -> None:
    assert not {"src", "href", "srcset", "action", "data", "poster", "background"} & elements().attributes
    assert not re.search(
        r"https?://|@import|url\(|\bimport\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|Worker\(", PAGE
    )


def test_its_only_request_goes_to_the_place_that_its_own_server_names() -> None:
    calls = re.findall(r"\bfetch\(.*", SOURCES["link.js"])
    assert [call.split(",")[0] for call in calls] == ["fetch(`${place.base}/${tool.slice(5)}`"]
    assert not any("fetch(" in text for name, text in SOURCES.items() if name != "link.js" and name.endswith(".js"))
    assert PAGE.count(PLACE) == 1


def test_no_policy_about_scripts_stands_in_its_way() -> None:
    found = elements()
    assert not [name for name in found.attributes if name.startswith("on")]
    assert "style" not in found.attributes
    assert found.scripts == 2


@pytest.mark.parametrize(
    "markup", ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "srcdoc",
               "createContextualFragment", "eval(", "new Function", "javascript:"],
)  # fmt: skip
def test_the_text_of_a_song_never_becomes_markup_or_a_program(markup: str) -> None:
    assert markup not in PAGE
    assert not any(markup in text for text in SOURCES.values())


def test_pictures_are_only_shown_when_they_came_along() -> None:
    assert 'picture.startsWith("data:image/") ? make("img"' in SOURCES["view.js"]
    assert sum(text.count('"img"') for text in SOURCES.values()) == 1


def test_nothing_that_the_browser_or_the_server_names_is_renamed_when_the_page_is_made_small() -> None:
    own = set(re.findall(r'"(\w+)"', SOURCES["build.mjs"].split("const OWN = [")[1].split("]")[0]))
    by_name = {"mute", "solo"}
    answers = {
        "job_id", "status", "sentence", "elapsed", "expected", "title", "style", "cost", "sandbox",
        "language", "kept", "takes", "clip_id", "take", "seconds", "bpm", "key", "cover", "peaks", "sections",
        "name", "start", "end", "lines", "text", "words", "section", "audio", "bytes", "mime", "stream",
        "stems", "part", "label", "file", "url", "data", "offset", "length", "done", "retry_after", "base",
        "token", "id", "keep", "error", "message", "mute",
    }  # fmt: skip
    assert not own & (answers | by_name)
