"""Who sings: "ANNA:" and "Both:" become tags, so that nobody sings the names.

Colons are ordinary in songs. A name counts as a label where the text has several of them that take turns, or where
the word can be nothing else.
"""

import re
from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise

from ..bundled import toml
from .rows import Row, Rows, Seen

_LABEL = re.compile(
    r"^\s*[*_]{0,3}(?P<name>[^\W\d_][\w.'’-]{0,19}(?: (?:&|\+|and|und|y|et|e|и)? ?[^\W\d_][\w.'’-]{0,19}){0,2})"
    r"\s*(?P<cue>\([^()]{1,30}\))?\s*[*_]{0,3}\s*[:：]\s*[*_]{0,3}\s*(?P<words>.*)$"
)
_ENOUGH = 2


@cache
def _known() -> dict[str, str]:
    return {name: tag for tag, names in toml("headings")["singers"].items() for name in names}


def labelled(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Write labels of singers as tags on their own lines."""
    met = {
        i: m
        for i, row in enumerate(rows)
        if ":" in row.text[:60] or "：" in row.text[:60]
        if (m := _LABEL.match(row.text))
    }
    names = _labels(met)
    if not names:
        return rows, []
    out: Rows = []
    first = 0
    for index, row in enumerate(rows):
        match = met.get(index)
        if match is None or match["name"].casefold() not in names:
            out.append(row)
            continue
        first = first or row.number
        tag = _known().get(match["name"].casefold(), match["name"])
        cue = f" - {match['cue'][1:-1].strip()}" if match["cue"] else ""
        out.append(Row(row.number, f"[{tag}{cue}]"))
        if match["words"]:
            out.append(Row(row.number, match["words"]))
    shown = ", ".join(f"{rows[i].text.strip()[:16]}" for i, m in met.items() if m["name"].casefold() in names)[:60]
    why = f"Names of singers would be sung ({shown}): put them in square brackets on their own lines."
    marked = any(rows[i].text.lstrip().startswith(("*", "_")) for i, m in met.items() if m["name"].casefold() in names)
    return out, [
        Seen("singer labels", why, first, "F2", "stop") if marked else Seen("singer labels", why, first, "F4", "warn")
    ]


def _labels(met: dict[int, re.Match[str]]) -> set[str]:
    counts = Counter(match["name"].casefold() for match in met.values())
    alone: Counter[str] = Counter()
    said: defaultdict[str, set[str]] = defaultdict(set)
    shouted: set[str] = set()
    for match in met.values():
        name = match["name"].casefold()
        alone[name] += not match["words"]
        said[name].add(match["words"].casefold())
        if match["name"].isupper() and len(match["name"]) > 1:
            shouted.add(name)
    sung = {name.casefold() for name in toml("headings")["not_singers"]["words"]}
    known = {name for name in counts if name in _known()}
    generic = known if len(known) >= _ENOUGH or any(alone[n] or n in shouted for n in known) else set()
    capital = {
        m["name"].casefold()
        for m in met.values()
        if all(w[:1].isupper() or w in "&+" or w in _AND for w in m["name"].split())
    }
    others = {name for name in capital - known - sung if not sung & set(name.split())}
    if len(others) > 1:
        generic |= {name for name in known if _known()[name] in ("Both", "All")}
    taking_turns = {
        name
        for name in others
        if (name in shouted and sum(counts[n] for n in shouted & others) >= _ENOUGH)
        or (alone[name] and sum(alone[n] for n in others) >= _ENOUGH)
        or (counts[name] >= _ENOUGH and len(said[name]) >= _ENOUGH)
    }
    order = [name for name in (m["name"].casefold() for m in met.values()) if name in taking_turns]
    changes = 1 + sum(one != other for one, other in pairwise(order))
    turns = changes > len(taking_turns) > 1 or any(name in shouted or alone[name] for name in taking_turns)
    if generic and len(generic | taking_turns) + len(others) > 1:
        # If there is a "Both:", every name in the same position is a singer, even one who sings once.
        return generic | others
    return generic | (taking_turns if turns else set())


_AND = frozenset(("and", "und", "y", "et", "e", "и"))
