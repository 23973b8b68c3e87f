"""The songwriting guide: short Markdown answers made of prompts/guide and the data of this package."""

import re
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from .bundled import toml
from .genres import Genre, genres
from .genres import genre as find_genre
from .languages import base, language_name
from .plan import plan_song, scheme_for

MOST_WORDS = 1_200
_TOPICS = (
    "start", "tags", "style", "structure", "rhyme", "pronunciation", "language", "genre", "cliches", "lengths",
    "moderation", "engines", "workflows", "fixing", "credits", "errors",
)  # fmt: skip
_WITH_CARD = frozenset(("start", "style", "structure", "rhyme", "lengths"))
_ENGINES = frozenset(("sonic", "producer", "others"))
_KEY = re.compile(r"\s*\{([a-z]+)\}\s*$")
_PACKAGE = f"{(__package__ or '').rpartition('.server')[0]}.prompts.guide"
_CARD_SECONDS = 180


def topics() -> tuple[str, ...]:
    """The topics of the guide, in reading order."""
    return _TOPICS


def guide(topic: str, genre: str | None = None, language: str | None = None, engine: str | None = None) -> str:
    """One topic as Markdown, at most 1,200 words.

    `genre` adds or chooses a genre card, `language` and `engine` (sonic, producer) narrow to the parts about them;
    unknown values are ignored. Raises ValueError for an unknown topic, listing the known ones.
    """
    name = topic.strip().casefold().replace(" ", "-")
    if name not in _TOPICS:
        close = get_close_matches(name, _TOPICS, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise ValueError(f"There is no topic {topic[:40]!r}.{hint} Topics: {', '.join(_TOPICS)}.")
    text = _chosen(_text(name), base(language), (engine or "").casefold() or None)
    found = find_genre(genre)
    if name == "genre":
        return genre_card(found) if found else f"{text}\n{_overview()}"
    if name == "cliches":
        text += _cliche_words(base(language) or "en", found)
    elif found and name in _WITH_CARD:
        text += f"\n## {found.name} in numbers\n\n{_card_lines(found)}"
    return text


@cache
def _text(name: str) -> str:
    return files(_PACKAGE).joinpath(f"{name}.md").read_text(encoding="utf-8")


def _chosen(text: str, language: str | None, engine: str | None) -> str:
    """Leave out sections marked for other languages or engines than the ones asked for."""
    parts = re.split(r"(?m)^(?=## )", text)
    keys = {match[1] for part in parts if (match := _KEY.search(part.partition("\n")[0]))}
    language = language if language in keys else None
    engine = engine if engine in keys & _ENGINES else None
    kept = []
    for part in parts:
        heading, _, body = part.partition("\n")
        match = _KEY.search(heading)
        wanted = (engine if match[1] in _ENGINES else language) if match else None
        if match and wanted and match[1] != wanted:
            continue
        kept.append(f"{_KEY.sub('', heading)}\n{body}")
    return "".join(kept)


def genre_card(found: Genre) -> str:
    """A genre on one card: tempo, form, rhyme, line lengths, a style to start from."""
    return f"# {found.name}\n\n{_card_lines(found)}"


def _card_lines(found: Genre) -> str:
    plan = plan_song(found.name, _CARD_SECONDS)
    form = " · ".join(f"{part.tag.strip('[]')} {part.lines or ''}".strip() for part in plan.sections)
    tempo = ", ".join(f"{low}-{high}" for low, high in found.bpm)
    rhyme = "free" if set(found.scheme) == {"X"} else scheme_for(found, max(found.verse, len(found.scheme)))
    rhyme += ", near rhymes welcome" if found.near else ", perfect rhymes" if found.perfect else ""
    rows = [
        f"- Tempo: {tempo} BPM in {found.metre}" + (", words at half of it" if found.half else ""),
        f"- Verse: {found.verse} lines of {found.syllables[0]} to {found.syllables[1]} syllables, rhymed {rhyme}",
        f"- Three minutes at {plan.bpm} BPM: {form} ({sum(part.lines for part in plan.sections)} lines)",
        f"- A style to start from: {found.sound}, {found.typical_bpm} BPM",
    ]
    if found.point:
        rows.append(f"- At heart: {found.point}")
    if found.may:
        rows.append(f"- Common here, though a cliché elsewhere: {', '.join(found.may)}")
    return "\n".join(rows) + "\n"


def _overview() -> str:
    rows = ["| genre | BPM | rhyme | lines | syllables |", "| --- | --- | --- | --- | --- |"]
    for name in genres():
        found = find_genre(name)
        assert found is not None  # the names come from the same file
        low, high = found.bpm[0]
        rhyme = "free" if set(found.scheme) == {"X"} else found.scheme
        rows.append(f"| {name} | {low}-{high} | {rhyme} | {found.verse} | {found.syllables[0]}-{found.syllables[1]} |")
    return "\n".join(rows) + "\n"


def _cliche_words(language: str, found: Genre | None) -> str:
    words = toml("cliches").get(language, {}).get("words")
    if not words:
        return f"\nThere is no list for {language_name(language)} yet; the questions above work in any language.\n"
    allowed = set(found.may) if found else set()
    plain = [word.rstrip("*") for word in words if word.rstrip("*") not in allowed]
    listed = f"\n## Counted in {language_name(language)}\n\n{', '.join(plain)}\n"
    return listed + (f"\nAt home in {found.name}: {', '.join(found.may)}\n" if found and found.may else "")
