"""Pages of the songwriting guide, for the tool, the resources and the prompts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...prompts import PromptText
from ..core.errors import NotFound


def guide(topic: str, genre: str | None = None, language: str | None = None, engine: str | None = None) -> str:
    """A page of the guide as Markdown. Raises `NotFound` for a topic that does not exist."""
    from ..craft import guide as page

    try:
        return page(topic, genre, language, engine)
    except ValueError as error:
        raise NotFound(str(error), field="topic") from None


def guide_choices(argument: str) -> tuple[str, ...]:
    """What can be said for an argument of the guide; nothing for what is none of its arguments."""
    from ..craft import every_genre, languages, topics

    known: dict[str, Callable[[], tuple[str, ...]]] = {
        "topic": topics,
        "genre": every_genre,
        "language": languages,
    }
    return known[argument]() if argument in known else ()


def companion(prompt: PromptText, given: Mapping[str, str]) -> str | None:
    """The page of the guide that goes along with a prompt; None when the page would be about nothing in particular.

    The prompt's file names the topic, and may name a genre, language or engine; what the person filled in wins.
    """
    if not prompt.guide:
        return None
    from ..craft.genres import genre as known_genre

    said = prompt.said(given)
    narrowed = {name: said.get(name) or prompt.guide.get(name) for name in ("genre", "language", "engine")}
    topic = prompt.guide["topic"]
    if topic == "genre" and known_genre(narrowed["genre"]) is None:
        return None
    if topic == "language" and narrowed["language"] is None:
        return None
    return guide(topic, **narrowed)
