"""The rules of check_lyrics, in the order in which equally grave findings are told."""

from collections.abc import Callable, Iterator

from ..findings import Finding
from ..song import Song
from . import content, form, length, limits, metre, structure, tags, words

Rule = Callable[[Song], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    *limits.RULES,
    *form.RULES,
    *tags.RULES,
    *length.RULES,
    *structure.RULES,
    *metre.RULES,
    *words.RULES,
    *content.RULES,
)
