"""The skill that agents load by themselves: our prompts and guide as files, with what must be known before spending."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from songwright import prompts, tools
from songwright.server.core.operation import Effect
from songwright.server.core.settings import Settings
from songwright.server.craft.guide import guide, topics

from ..tables import table
from .facts import Facts

FRAME = Path(__file__).with_name("skill.md")
FOLDER = "skills/songwriting"
MAIN = "write_song"
"""The prompt whose steps are the skill's own."""
PLACE = re.compile(r"\{\{(\w+)\}\}")
CUT_OFF = "cut off"
"""Clients split a prompt's arguments; nothing is lost on the way to a skill."""
ATTACHED = "table that comes along (else `songwriting_guide`, topic fixing)"
"""How a prompt speaks of the page that an assistant gets with it."""
QUESTIONS: Mapping[str, str] = {
    "tags": "which square brackets work, and which get sung",
    "style": "how to describe the sound; what to leave out",
    "structure": "which form, how many lines",
    "rhyme": "rhyme, schemes, stresses, syllables",
    "pronunciation": "names, numbers, words with two sounds",
    "language": "writing in another language than English",
    "genre": "what a genre expects: tempo, rhyme, line lengths",
    "cliches": "what to write in place of a worn phrase",
    "lengths": "how many lines fit the seconds",
    "moderation": "what gets refused, and what to write instead",
    "engines": "which model or engine for what",
    "workflows": "everything after the first song, as recipes",
    "fixing": "something is wrong with a take",
    "credits": "how to spend little",
    "errors": "what a failure means and what to do",
}
"""The pages of the guide by the question that each answers. `start` is missing: the skill itself says that."""
MORE = {"genre": "\nThe card of a genre: `songwriting_guide` with the topic `genre` and the genre's name.\n"}
"""What a page says of the tool that answers the same question in more detail."""


def files(facts: Facts) -> Iterator[tuple[str, str]]:
    """Every file by its path in the plugin."""
    yield f"{FOLDER}/SKILL.md", main(facts)
    for name in jobs():
        yield f"{FOLDER}/references/{name}.md", job(name)
    for topic in QUESTIONS:
        yield f"{FOLDER}/references/{topic}.md", guide(topic) + MORE.get(topic, "")
    yield f"{FOLDER}/references/prices.md", prices()


def main(facts: Facts) -> str:
    """The page that is loaded first. Raises `KeyError` for a place in the frame that nothing fills."""
    if missing := {*topics()} ^ {"start", *QUESTIONS}:
        raise ValueError(f"topics of the guide without a question in dev/plugin/skill.py, or the reverse: {missing}")
    opening, steps = parts(MAIN)
    places = {
        "license": str(facts.project["license"]),
        "version": facts.version,
        "free": ", ".join(f"`{name}`" for name in tools.chosen(tools.DEFAULT_TOOLSETS) if free(name)),
        "song": price("create_song"),
        "confirm_above": str(Settings.model_fields["confirm_above"].default),
        "opening": opening,
        "steps": steps,
        "jobs": "".join(f"| {prompts.load(name).description} | [{name}](references/{name}.md) |\n" for name in jobs()),
        "topics": "".join(f"| {asked} | [{topic}](references/{topic}.md) |\n" for topic, asked in QUESTIONS.items()),
    }
    return PLACE.sub(lambda place: places[place[1]], FRAME.read_text(encoding="utf-8"))


def jobs() -> list[str]:
    """The prompts that have a page of their own."""
    return [name for name in prompts.names() if name != MAIN]


def parts(name: str) -> tuple[str, str]:
    """What a prompt begins with, and its steps; without the lines that its arguments fill in."""
    blocks = prompts.load(name).text.split("\n\n")
    kept = [block for block in blocks if not PLACE.search(block.replace("|", "}}")) and CUT_OFF not in block]
    return kept[0], "\n\n".join(kept[1:])


def job(name: str) -> str:
    """A prompt as a page."""
    prompt = prompts.load(name)
    opening, steps = parts(name)
    known = ", ".join(argument.name.replace("_", " ") for argument in prompt.arguments)
    page = f"# {prompt.title}\n\n{opening}\n\nFirst find in our conversation, or ask for: {known}.\n\n{steps}\n"
    if topic := prompt.guide.get("topic"):
        page += f"\nIt helps to have read: [{topic}]({topic}.md)\n"
    return page.replace(ATTACHED, "table in [fixing](fixing.md)")


def free(name: str) -> bool:
    """Whether a call never spends anything."""
    return tools.load(name).effect is not Effect.SPENDS and not tools.load(name).price_note


def price(name: str) -> str:
    """What a tool costs, as a half sentence."""
    return f"{tools.load(name).price_note.split(';')[0]} credits"


def prices() -> str:
    """What every tool that is listed by default costs."""
    names = [name for name in tools.chosen(tools.DEFAULT_TOOLSETS) if not free(name)]
    rows = ((f"`{name}`", tools.load(name).price_note or "free", tools.load(name).minutes) for name in names)
    told = "The credits that Songwright knows. Each answer says what a call really cost.\n"
    return f"# What a call costs\n\n{told}\n{table(('tool', 'credits', 'takes'), rows)}"
