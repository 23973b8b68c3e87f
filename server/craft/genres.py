"""About two hundred genres: tempo, metre, form, line lengths, and their names in many languages."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from .bundled import toml

MOODS = (
    "happy", "playful", "tender", "romantic", "nostalgic", "wistful", "sad", "bitter", "angry", "defiant", "proud",
    "hopeful", "triumphant", "calm", "sleepy", "dreamy", "mysterious", "dark", "tense", "epic", "funny", "ironic",
    "solemn", "sensual",
)  # fmt: skip
_BROAD = "genres"
_FILES = (_BROAD, "genres_pop", "genres_dance", "genres_rock", "genres_roots", "genres_world", "genres_more")
_ONLY_FOR_LOOKING_UP = ("also", "exact", "source")
_LONGEST_GENRE = 24
_SEPARATORS = re.compile(r"[,;/|()\n]|\.\s")
_NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")  # scripts that write words without a space between them


@dataclass(frozen=True, slots=True)
class Genre:
    """What is usual in a genre: `bpm` ranges, most usual first; lines of a `verse`; words that `may` be used here.

    `pace` is how long a line takes beside the same one in pop, `share` the part of a song in which somebody sings,
    `like` the broad genre it belongs to, `kind` what a plan takes it for where it is no plain song.
    """

    name: str
    bpm: tuple[tuple[int, int], ...]
    like: str
    sound: str
    metre: str = "4/4"
    scheme: str = "XAXA"
    verse: int = 4
    syllables: tuple[int, int] = (6, 10)
    template: str = "pop"
    kind: str = "song"
    point: str = ""
    pace: float = 1.0
    share: float = 0.75
    rap: bool = False
    half: bool = False
    near: bool = False
    perfect: bool = False
    may: tuple[str, ...] = ()

    @property
    def typical_bpm(self) -> int:
        """The middle of the most usual tempo range."""
        low, high = self.bpm[0]
        return (low + high) // 2

    def usual_bpm(self, bpm: float, slack: float = 0.25) -> bool:
        """Whether a tempo lies within the genre's ranges, give or take `slack`; also its half or double where both are
        in use for one feel."""
        tempos = (bpm, bpm * 2, bpm / 2) if self.half or self.rap else (bpm,)
        return any(low * (1 - slack) <= tempo <= high * (1 + slack) for low, high in self.bpm for tempo in tempos)


_ANY = Genre(name="", bpm=((80, 120), (50, 180)), like="pop", sound="")


class Recognised(NamedTuple):
    """What a description was understood as: `kind` where a word said more than the genre, `rest` what was not known."""

    genre: Genre | None
    kind: str
    rest: str


def genres() -> tuple[str, ...]:
    """The names of the 36 broad genres, which prompts offer."""
    return tuple(toml(_BROAD)["genre"])


@cache
def every_genre() -> tuple[str, ...]:
    """The names of all genres, the broad ones first."""
    return tuple(name for file in _FILES for name in toml(file)["genre"])


def moods() -> tuple[str, ...]:
    """The 24 moods that prompts offer."""
    return MOODS


def genre(text: str | None) -> Genre | None:
    """The genre a person means by "Hip Hop", "dark uk drill" or "valse musette"; None when no part of it is known."""
    return recognise(text).genre


def recognise(text: str | None) -> Recognised:
    """The genre and kind a description speaks of.

    The first genre named counts, and of several in a row the last, since "jazz rap" is a rap. A word that says what the
    song is for ("punk jingle") gives the kind and leaves the genre to the other one.
    """
    plain = _plain(text or "")
    if not plain:
        return Recognised(None, "song", "")  # most lyrics come without a genre, and the tables are large
    if name := _exact().get(plain.replace("-", " ")):
        found = _by_name(name)
        return Recognised(found, found.kind, "")
    for part in _SEPARATORS.split(plain):
        if row := _first_row(part):
            met = [_by_name(_inside()[_spaced(match[0])]) for match in row]
            rest = part[: row[0].start()] + part[row[-1].end() :]
            kind = next((found.kind for found in reversed(met) if found.kind != "song"), "song")
            plainly = [found for found in met if found.kind == "song"] or met
            return Recognised(plainly[-1], kind, " ".join(rest.split(" ")).strip(" -"))
    return Recognised(None, "song", plain.strip())


def for_kind(found: Genre | None, kind: str) -> Genre:
    """What is usual for a kind of song in a genre.

    Without a genre the kind's own one counts, and for a plain song a nameless one that commits itself to little.
    """
    changes: dict[str, Any] = dict(toml("kinds")["kind"].get(kind, {}))
    own = changes.pop("genre", None)
    base = found or (_by_name(own) if own else _ANY)
    low, high = changes.pop("bpm", (0, 400))
    tempos = tuple((max(a, low), min(b, high)) for a, b in base.bpm if a < high and b > low) or ((low, high),)
    facts: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in changes.items()}
    return replace(base, bpm=tempos, rap=base.rap or kind == "rap", **facts)


def genre_words(text: str) -> list[str]:
    """The genres a description names, in order and without repeats; "instrumental" is none by itself."""
    plain = _plain(text)
    found = [_inside()[_spaced(match[0])] for match in _named(plain)]
    return list(dict.fromkeys(name for name in found if _by_name(name).kind != "instrumental"))


def genre_tag(style: str) -> str:
    """The genre of a style description, for tags and names: "bossa nova" of "Bossa Nova, warm female voice, 95 BPM".

    The first short item where no genre is known; empty where that is no genre either, such as a tempo.
    """
    for part in _SEPARATORS.split(_plain(style)):
        if row := [match for match in _first_row(part) if match[0] != "instrumental"]:
            named, known = part[row[0].start() : row[-1].end()], _inside()[_spaced(row[-1][0])]
            # Folded letters are no spelling: then the table's own name is, with its accents.
            own = not named.isascii() or len(named) > _LONGEST_GENRE or _plain(known) == named
            return known if own else named
    item = " ".join(_SEPARATORS.split(style)[0].split())
    return item if len(item) <= _LONGEST_GENRE and not any(letter.isdigit() for letter in item) else ""


def genre_names() -> tuple[str, ...]:
    """Everything that people call a genre, in small letters without accents, its words apart."""
    return tuple(_exact())


def _first_row(part: str) -> list[re.Match[str]]:
    """The first genre named in a part of a description, with those that follow it directly."""
    row: list[re.Match[str]] = []
    for match in _named(part):
        if row and part[row[-1].end() : match.start()].strip(" -"):
            break
        row.append(match)
    return row


def _plain(text: str) -> str:
    """Without case, accents and double spaces."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("_", " "))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(unicodedata.normalize("NFC", bare).replace("’", "'").split(" ")).strip(" .-")


def _spaced(name: str) -> str:
    return " ".join(name.replace("-", " ").split())


@cache
def _inside() -> dict[str, str]:
    """What counts anywhere in a description, as `_spaced` writes it, and the genre it means."""
    found = {}
    for file in _FILES:
        for name, entry in toml(file)["genre"].items():
            for word in (name, *entry["also"]):
                found[_spaced(_plain(word))] = name
    return found


@cache
def _exact() -> dict[str, str]:
    """What may be the whole description."""
    found = dict(_inside())
    for file in _FILES:
        for name, entry in toml(file)["genre"].items():
            found |= {_spaced(_plain(word)): name for word in entry.get("exact", ())}
    return found


def _named(text: str) -> Iterator[re.Match[str]]:
    """Every name in a text, the longest first; a space in a name may be a hyphen in the text.

    One expression of all names takes longer to make than a whole check, so it has only those whose letters are there.
    """
    letters = _spaced(text)
    names = sorted((name for name in _inside() if name in letters), key=len, reverse=True)
    if not names:
        return iter(())
    spaced = "|".join(re.escape(name).replace(r"\ ", r"[\s-]+") for name in names if not _NO_SPACES.search(name))
    joined = "|".join(re.escape(name) for name in names if _NO_SPACES.search(name))
    whole = "|".join(part for part in (spaced and rf"(?<![\w-])(?:{spaced})(?![\w-])", joined) if part)
    return re.finditer(whole, text)


@cache
def _by_name(name: str) -> Genre:
    file = next(file for file in _FILES if name in toml(file)["genre"])
    entry: dict[str, Any] = toml(file)["genre"][name]
    facts: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    facts["bpm"] = tuple((low, high) for low, high in entry["bpm"])
    facts.setdefault("like", name)
    return Genre(name=name, **{key: value for key, value in facts.items() if key not in _ONLY_FOR_LOOKING_UP})
