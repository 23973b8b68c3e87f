"""Names of artists in a text, and ordinary words that only look like them."""

import re
from functools import cache

from .bundled import lines, toml
from .genres import genre_names

_FRAME = (
    r"\b(?:in (?:the|a) (?:style|vein|manner|spirit|tradition|key) of|(?:sounds?|sounding|singing|sings|something) like"
    r"|reminiscent of|inspired by|influenced by|as (?:if )?sung by|[àa] la|channel(?:l?ing|s)|similar to"
    r"|à la manière de|im stil von|wie von|al estilo de|estilo|nello stile di|no estilo de|в стиле|у стилі)\s+"
)
_FRAMED = re.compile(
    _FRAME + r"(?:the\s+)?(?P<name>[^\W\d_][\w'’.-]*(?:\s+(?:&\s+|and\s+)?[A-Z][\w'’.-]*){0,3})", re.IGNORECASE
)
_LIKE = re.compile(r"\b[Ll]ike\s+(?P<name>[A-Z][\w'’-]+)")
_AFTER = r"(?:[- ]?(?:style|esque|like|inspired|vibes?|type beat|sound|era)\b|['’]s\b)"


def artist_names(text: str) -> list[str]:
    """The known artists that a text clearly names, as written; words that are also names do not count."""
    return [match[0] for match in _certain().finditer(text)]


def imitated(style: str) -> str | None:
    """The artist that a style description imitates; None when nobody is named.

    A name that is also a word ("Queen", "The Doors") counts where it is used as a name: alone between commas, after
    "in the style of", before "-style". An unknown capital counts only after such words, and not when it is the name
    of a place, a people, a period or a kind of music.
    """
    if found := artist_names(style):
        return found[0]
    if match := _as_name().search(style):
        return match["framed"] or match["alone"] or match["before"]
    for match in _FRAMED.finditer(style):
        if _unknown(match["name"]):
            return match[0]
    match = _LIKE.search(style)
    return match[0] if match and _unknown(match["name"]) else None


def _unknown(name: str) -> bool:
    """Whether a name after "in the style of" is a person's as far as letters can tell."""
    first = re.split(r"[\s'’-]", name)[0]
    return first[:1].isupper() and not first.isupper() and first.casefold() not in _ordinary()


@cache
def _ordinary() -> frozenset[str]:
    said = toml("style")["ordinary_capitals"]["words"].split()
    kinds = (word for name in genre_names() for word in name.split(" "))
    names = (entry["name"].casefold() for entry in toml("languages")["language"].values())
    return frozenset((*said, *kinds, *names))


@cache
def _certain() -> re.Pattern[str]:
    """Starred names of the list, in any case."""
    return re.compile(rf"(?<!\w)(?:{_alternatives(starred=True)})(?!\w)", re.IGNORECASE)


@cache
def _as_name() -> re.Pattern[str]:
    """The others where they are used as names. Longer ones first, so that "The Doors" is not taken for "Doors"."""
    names = _alternatives(starred=False)
    return re.compile(
        rf"(?i:{_FRAME})(?:the\s+)?(?P<framed>{names})(?!\w)"
        rf"|(?:^|[,;/+]\s*|\blike\s+|\bmeets\s+)(?P<alone>{names})(?=\s*(?:[,;/+.]|$|meets\b))"
        rf"|(?<![\w-])(?P<before>{names})(?={_AFTER})"
    )


def _alternatives(*, starred: bool) -> str:
    names = [name.rstrip("*") for name in lines("artists") if name.endswith("*") == starred]
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
