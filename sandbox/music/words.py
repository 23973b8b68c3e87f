"""Lyrics become sections, lines, words and syllables, whatever the script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from .scripts import is_han, is_hangul, is_kana, listed, romanise

_TAG = re.compile(r"\[([^\[\]\n]{1,80})\]")
_BACKING = re.compile(r"[(（]([^()（）\n]*)[)）]")
_NUCLEUS = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøœùúûüýÿāăąēĕėęěīĭįıōŏőūŭůűų]+")
_VOICELESS_E = re.compile(r"[^aeiouylr]e[sd]?$")

# First match wins, so the longer names stand first.
_KINDS: Final[tuple[tuple[str, str], ...]] = (
    (r"fade[ -]?in", "fade in"),
    (r"fade[ -]?(out|to)", "fade out"),
    (r"pre[ -]?chorus|pre[ -]?estribillo|pre[ -]?refrão|lift|build", "pre-chorus"),
    (r"post[ -]?chorus", "hook"),
    (r"solo", "solo"),
    (r"chorus|refrain|estribillo|coro|refrão|refrain|припев|サビ|副歌|후렴", "chorus"),
    (r"hook|drop|tag", "hook"),
    (r"intro|opening|вступление|イントロ|前奏|인트로", "intro"),
    (r"outro|coda|ending|концовка|アウトロ|尾奏|아웃트로", "outro"),
    (r"^(the )?end$|^fin$|^stop$", "end"),
    (r"bridge|middle|puente|pont|brücke|ponte|бридж|мост|ブリッジ|桥段|브릿지", "bridge"),
    (r"instrumental|interlude|break|riff|melod(y|ic) (inter|break)", "instrumental"),
    (r"verse|verso|estrofa|strophe|couplet|rap|куплет|ヴァース|Aメロ|主歌|벌스|spoken", "verse"),
)


@dataclass(frozen=True)
class SungWord:
    """A word as written (with what clings to it), its syllables as they sound, and the space after it."""

    text: str
    syllables: tuple[str, ...]
    space: str = " "


@dataclass(frozen=True)
class Line:
    """One line of lyrics; `echo` is what the backing singers answer (text in round brackets)."""

    words: tuple[SungWord, ...]
    echo: tuple[SungWord, ...] = ()

    @property
    def count(self) -> int:
        """How many syllables the lead voice sings."""
        return sum(len(word.syllables) for word in self.words)


@dataclass(frozen=True)
class Block:
    """A section of the lyrics as written: normalised kind, the tag's own words, the lines."""

    kind: str
    tag: str
    lines: tuple[Line, ...] = ()


def kind_of(tag: str) -> str:
    """Return the kind of section a tag asks for; "" for a tag that is only an instruction."""
    text = tag.lower().strip()
    for pattern, kind in _KINDS:
        if re.search(pattern, text):
            return kind
    return ""


def blocks(lyrics: str) -> list[Block]:
    """Split lyrics into sections by their tags, or by empty lines when there are none."""
    text = lyrics.replace("\r\n", "\n").replace("\r", "\n")
    found = _tagged(text) if _TAG.search(text) else _untagged(text)
    return [block for block in found if block.lines or block.tag]


def _tagged(text: str) -> list[Block]:
    result: list[Block] = []
    pieces = _TAG.split(text)
    opening = _lines(pieces[0])
    if opening:
        result.append(Block("verse", "", opening))
    for tag, body in zip(pieces[1::2], pieces[2::2], strict=True):
        kind = kind_of(tag)
        lines = _lines(body)
        if not kind and result and lines:
            # An instruction in the middle of a section ("[whispered]") is not a new section.
            last = result.pop()
            result.append(Block(last.kind, last.tag, last.lines + lines))
        elif kind or lines:
            result.append(Block(kind or "verse", tag.strip(), lines))
    return result


def _untagged(text: str) -> list[Block]:
    bodies = [body for body in re.split(r"\n\s*\n", text) if _lines(body)]
    keys = [" ".join(body.lower().split()) for body in bodies]
    return [
        Block("chorus" if keys.count(key) > 1 else "verse", "", _lines(body))
        for body, key in zip(bodies, keys, strict=True)
    ]


def _lines(body: str) -> tuple[Line, ...]:
    lines: list[Line] = []
    for raw in body.split("\n"):
        for part in _shortened(raw):
            echo = tuple(word for inner in _BACKING.findall(part) for word in sung_words(inner))
            words = sung_words(_BACKING.sub(" ", part))
            if words:
                lines.append(Line(words, echo))
            elif echo:
                lines.append(Line(echo))
    return tuple(lines)


def _shortened(raw: str) -> list[str]:
    """Cut a line nobody could sing in one breath at its commas, or anywhere when it has none."""
    words = raw.split()
    count = sum(len(syllables(word)) for word in words)
    if count <= 22:
        return [raw]
    if len(words) == 1:
        return [raw[i : i + 14] for i in range(0, len(raw), 14)]
    middle = len(words) // 2
    stops = [i + 1 for i, word in enumerate(words[:-1]) if word[-1] in ",;:.!?—"]
    cut = min(stops, key=lambda i: abs(i - middle)) if stops else middle
    return _shortened(" ".join(words[:cut])) + _shortened(" ".join(words[cut:]))


def sung_words(text: str) -> tuple[SungWord, ...]:
    """Return the words of one line; unspaced scripts are cut into single syllables."""
    result: list[SungWord] = []
    for token in text.split():
        pieces = _unspaced(token)
        for index, piece in enumerate(pieces):
            sounds = syllables(piece)
            space = " " if index == len(pieces) - 1 else ""
            if sounds:
                result.append(SungWord(piece, sounds, space))
            elif result:
                result[-1] = replace(result[-1], text=result[-1].text + result[-1].space + piece, space=space)
    return tuple(result)


def _unspaced(token: str) -> list[str]:
    """Cut Chinese and Japanese text at every character that is sung on a note of its own."""
    if not any(is_han(c) or is_kana(c) for c in token):
        return [token]
    pieces: list[str] = []
    for char in token:
        clings = pieces and (char in "ーっッゃゅょャュョぁぃぅぇぉァィゥェォんン" or not char.isalnum())
        latin = pieces and char.isascii() and pieces[-1][-1:].isascii()
        if clings or latin:
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def syllables(word: str) -> tuple[str, ...]:
    """Return how a word is sung, one rough Latin spelling per syllable; empty when it has no letters."""
    kept = [c for c in unicodedata.normalize("NFC", word) if unicodedata.category(c)[0] in "LM" or c.isdigit()]
    letters = "".join(kept)
    if not letters:
        return ()
    if any(is_hangul(c) or is_han(c) or is_kana(c) for c in letters):
        return _by_character(letters)
    if letters.isdigit():
        return tuple(_DIGITS[int(d)] for d in letters[:8])
    sound = romanise(letters)
    return _split(sound) if sound else ("la",)


def written(word: str, sounds: Sequence[str]) -> tuple[str, ...]:
    """Return the word as written, cut where its sung syllables meet: as many pieces as `sounds`, some perhaps empty."""
    if len(sounds) < 2:
        return (word,)
    spoken = [len(_DIGITS[int(c)]) if c in "0123456789" else len(romanise(c)) if c.isalpha() else 0 for c in word]
    scale = sum(spoken) / max(1, sum(map(len, sounds)))
    pieces: list[str] = []
    start, read, due = 0, 0, 0.0
    for sound in sounds[:-1]:
        due += len(sound) * scale
        end = start
        while end < len(word) and read + spoken[end] / 2 < due:
            read += spoken[end]
            end += 1
        pieces.append(word[start:end])
        start = end
    return (*pieces, word[start:])


_DIGITS: Final = ("zi", "wan", "tu", "tri", "for", "faiv", "siks", "sev", "eit", "nain")


def _by_character(letters: str) -> tuple[str, ...]:
    sounds: list[str] = []
    for piece in _unspaced(letters) if not any(is_hangul(c) for c in letters) else list(letters):
        sound = romanise(piece)
        if sound:
            sounds.append(sound)
    return tuple(sounds) or ("la",)


def _split(sound: str) -> tuple[str, ...]:
    """Split a spelled word at its vowel groups, giving each middle consonant to the vowel after it."""
    groups = [m.span() for m in _NUCLEUS.finditer(sound)]
    if groups and groups[0] == (0, 1) and sound[0] == "y" and len(groups) > 1:
        groups = groups[1:]
    if (
        len(groups) > 1
        and _VOICELESS_E.search(sound)
        and not sound.endswith(("ted", "ded", "ses", "zes", "ches", "shes"))
    ):
        groups = groups[:-1]
    if len(groups) < 2:
        return (sound,)
    cuts: list[int] = []
    for (_, end), (start, _) in pairwise(groups):
        between = start - end
        cuts.append(end + max(0, between - 1) if sound[end:start][-2:] not in _CLUSTERS else start - 2)
    pieces = [sound[a:b] for a, b in zip([0, *cuts], [*cuts, len(sound)], strict=True)]
    return tuple(piece for piece in pieces if piece)


_CLUSTERS: Final = frozenset(listed("br cr dr fr gr pr tr bl cl fl gl pl sl sh ch th ph wh st sp sk ts kh zh"))
