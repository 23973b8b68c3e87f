"""Counts overused words and images of a language."""

import re
from collections import Counter
from functools import cache

from .bundled import toml

_END = r"(?!\w)"  # an entry without a star is a whole word


def worn_words(text: str, language: str, allowed: tuple[str, ...] = ()) -> Counter[str]:
    """The overused words a text contains, most frequent first, those `allowed` in the genre excepted.

    Empty for a language without a list.
    """
    entries, pattern = _patterns(language)
    met: Counter[str] = Counter()
    if pattern:
        for match in pattern.finditer(text.casefold().replace("’", "'")):
            met[entries[(match.lastindex or 1) - 1]] += 1
    for word in allowed:
        met.pop(word, None)
    return Counter(dict(met.most_common()))


@cache
def _patterns(language: str) -> tuple[tuple[str, ...], re.Pattern[str] | None]:
    """Longer entries first, one group each; a star at the end of an entry stands for any ending."""
    entries = sorted(toml("cliches").get(language, {}).get("words", []), key=len, reverse=True)
    if not entries:
        return (), None
    groups = (f"({re.escape(entry.rstrip('*'))}{'' if entry.endswith('*') else _END})" for entry in entries)
    return tuple(entry.rstrip("*") for entry in entries), re.compile(rf"(?<!\w)(?:{'|'.join(groups)})")
