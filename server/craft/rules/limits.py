"""L: what the service refuses or an engine cannot do."""

from collections.abc import Iterator

from ..bundled import toml
from ..findings import Finding
from ..languages import language_name
from ..song import Song

_NEARLY_FULL = 0.9


def lyrics_length(song: Song) -> Iterator[Finding]:
    """L1: characters of the lyric against the model's limit."""
    limit, chars = song.limits.lyrics, len(song.given)
    if limit is None:
        return
    if chars > limit:
        yield Finding("L1", "stop", f"{chars} characters; this model takes {limit}. Cut {chars - limit}.")
    elif chars > limit * _NEARLY_FULL:
        yield Finding("L1", "note", f"{chars} of {limit} characters are used.")


def title_length(song: Song) -> Iterator[Finding]:
    """L2: characters of the title."""
    if song.title and len(song.title) > song.limits.title:
        yield Finding("L2", "stop", f"The title has {len(song.title)} characters; {song.limits.title} are accepted.")


def emptiness(song: Song) -> Iterator[Finding]:
    """L3: nothing to sing, or words where nobody sings."""
    if song.kind == "instrumental" and song.lyric.lines:
        yield Finding("L3", "warn", "Lyrics are given for an instrumental: they will not be sung.")
    if not song.lyric.lines and not song.lyric.tags:
        yield Finding("L3", "stop", "The lyric is empty. Write lines, or ask for an instrumental.")


def seconds_range(song: Song) -> Iterator[Finding]:
    """L4: the requested length."""
    low, high = toml("limits")["sonic"]["seconds_low"], toml("limits")["sonic"]["seconds_high"]
    if song.engine != "sonic" or song.seconds is None:
        return
    if song.seconds != int(song.seconds) or not low <= song.seconds <= high:
        yield Finding("L4", "stop", f"seconds must be a whole number from {low} to {high}, not {song.seconds:g}.")


def producer_reach(song: Song) -> Iterator[Finding]:
    """L5: languages and lengths of the producer family."""
    if song.engine != "producer":
        return
    facts = toml("limits")["producer"]
    if song.language and song.language not in facts["languages"]:
        why = f"The producer engine is not documented to sing {language_name(song.language)}; the sonic family is."
        yield Finding("L5", "warn", why)
    if song.seconds and song.seconds > facts["seconds_usual"]:
        yield Finding("L5", "warn", f"The producer engine makes about {facts['seconds_usual']} seconds at most.")


RULES = (lyrics_length, title_length, emptiness, seconds_range, producer_reach)
