"""Songs as programs and messengers write them:

RTF, LaTeX, ABC, OpenSong, OpenLyrics, CSV, chats, numbered lines. Each reader checks whether a text has its form and
returns the words as rows; it leaves any other text alone.
"""

import csv
import html
import re
from collections.abc import Callable
from itertools import pairwise

from ..findings import Level
from ..languages import WORD, detect
from ..pronunciation import readings
from ..syllables import count
from .rows import LONGEST_ROW, Row, Rows, Seen

_MOST_RICH = 20_000
_RICH_HIDDEN = re.compile(r"\{\\(?:\*|fonttbl|colortbl|stylesheet|info|pict)(?:[^{}]|\{[^{}]*\})*\}")
_RICH_WORD = re.compile(
    r"\\(?:'([\da-fA-F]{2})|u(-?\d{1,6})\s?\??|(par|line|sect|page)\b\s?|([a-z]{1,32})-?\d*\s?|([\\{}~]))"
)
_TEX_BEGIN = re.compile(r"\\begin\s*\{?\s*(verse|chorus|bridge|refrain|intro|outro|prechorus)\*?\s*\}?")
_TEX_CHORD = re.compile(r"\\(?:\[[^\[\]]{0,16}\]|chord\{[^{}]{0,16}\}|\^)")
_TEX_COMMAND = re.compile(r"\\[a-zA-Z]+\*?(?:\[[^\[\]]{0,120}\]|\{[^{}]{0,120}\})*")
_TUNE = re.compile(r"^\s*X:\s*\d+\s*$")
_WORDS_OF_TUNE = re.compile(r"^\s*([wW]):\s?(.*)$")
_DOTTED = re.compile(r"^\.\s*(?:[A-H][#b]?[^\s]{0,8}(?:\s+|$))+$")
_VERSE = re.compile(r"<verse\b[^<>]{0,80}?name=[\"']([a-z])(\d*)[a-z]?[\"'][^<>]{0,80}>", re.IGNORECASE)
_PROPERTIES = re.compile(r"<(title|titles|properties|authors?|songbooks?|themes?)\b[^<>]{0,200}>.*?</\1>", re.DOTALL)
_ANY_TAG = re.compile(r"</?[a-z][\w:.-]{0,30}(?:\s[^<>]{0,300})?/?>|<\?xml[^<>]{0,200}\?>", re.IGNORECASE)
_BOARD = re.compile(
    r"\[/?(?:b|i|u|s|center|quote|color|size|font|url|spoiler|code|list|indent|ch|tab)(?:=[^\[\]]{0,80})?\]",
    re.IGNORECASE,
)
_DATE = r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4},?\s+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[\s\u202f]?[AaPp]\.?[Mm]\.?)?"
_MESSAGE = re.compile(rf"^[\u200e\u200f]?(?:\[{_DATE}\]|{_DATE}\s+[-–—])\s*[^:\[\]]{{1,40}}:\s*(.*)$")
_MESSAGE_HEAD = re.compile(
    rf"^[^:\[\]]{{1,40}}(?:,?\s+\[{_DATE}\]|\s+\d{{1,2}}:\d{{2}}\s?[AP]M"
    r"|,?\s+(?:today|yesterday) at \d{1,2}:\d{2}.{0,3})$",
    re.IGNORECASE,
)
_MARK = re.compile(r"(?<=\S)[ \t]?(?:\[(?:\d{1,2}|[a-z])\]|[¹²³⁴-⁹]{1,2})(?=[\s.,;!?]|$)")
_NOTE = re.compile(r"^\s*(?:\[(?:\d{1,2}|[a-z])\]|[¹²³⁴-⁹]{1,2})\s*\S")
_WIKI = re.compile(
    r"'{2,5}|^[:*#]+\s*(?=\S)|^\s*={2,5}\s*(?:lyrics|songtext|letra|paroles|testo)\s*={2,5}\s*$", re.IGNORECASE
)
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|]{1,60}\|)?([^\[\]|:]{1,60})\]\]")
_QUOTED = re.compile(r"^\s*[\"'](.*)[\"']([,;]?)\s*$")
_COUNTED = re.compile(r"^\s*(\d{1,3})(?:[:|.)\t]\s*|\s+|$)(.*)$")
_DEGREES = re.compile(r"^\s*(?:[b#]?[1-7](?:m|°|\+|-|maj7|7|sus[24]?)?(?:/[1-7])?(?:\s+|\s*$)){1,12}$")
_TEXT_COLUMN = re.compile(r"lyrics?|text|words|lines?|letra|paroles|testo|текст|歌词|歌詞|가사", re.IGNORECASE)
_SHORT = {
    "V": "Verse", "C": "Chorus", "CH": "Chorus", "PC": "Pre-Chorus", "P": "Pre-Chorus", "PRE": "Pre-Chorus",
    "B": "Bridge", "BR": "Bridge", "I": "Intro", "O": "Outro", "E": "End", "T": "Tag", "H": "Hook",
}  # fmt: skip
"""What song books and projection programs write in brackets. B, C and E are chords too, so one that is none decides."""
_SHORT_TAG = re.compile(r"^\s*\[([A-Za-z]{1,3})[\s.-]?(\d{0,2})\]\s*$")
_READING = re.compile(r"([\u3400-\u9fff々]+)[（(]([\u3041-\u309f\u30a1-\u30ff]{1,12})[)）]")
_SCRIPT = re.compile(r"[\u0370-\u1fff\u3041-\u9fff\uac00-\ud7a3]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_VOWELS = re.compile(r"[aeiouyāēīōūâêîôûèéëï]+", re.IGNORECASE)
_ENGLISH = 0.75
"""Part of the words that an English dictionary knows; it knows many short syllables of other languages too."""
_ENOUGH = 3


def without_format(rows: Rows) -> tuple[Rows, list[Seen]]:
    """The rows without what a program or a messenger wrote around the words."""
    seen: list[Seen] = []
    for kind, level, read in _READERS:
        if (made := read(rows)) is None:
            continue
        first = next((row.number for row in rows if not row.blank and row not in made), rows[0].number)
        why = _WHY.get(kind, f"This is {kind}: everything besides the words would be sung too.")
        seen.append(Seen(kind, why, first, "F8", level))
        rows = made
    return rows, seen


def _rich_text(rows: Rows) -> Rows | None:
    text = "\n".join(row.text for row in rows)
    if not text.lstrip().startswith("{\\rtf") or len(text) > _MOST_RICH:
        return None

    def plainly(match: re.Match[str]) -> str:
        byte, point, ends, _, sign = match.groups()
        if byte:
            return bytes([int(byte, 16)]).decode("cp1252", "replace")
        if point:
            return chr(int(point) % 0x10000)
        return "\n" if ends else sign or ""

    number = rows[0].number
    text = re.sub(r"(\\[a-z]+-?\d*)\n", r"\1 ", text).replace("\n", "")  # line ends only end commands
    inner = _RICH_WORD.sub(plainly, _RICH_HIDDEN.sub("", text))
    return [Row(number, line.strip()) for line in re.sub(r"(?<!\\)[{}]", "", inner).split("\n")]


def _tex(rows: Rows) -> Rows | None:
    if not any(_TEX_BEGIN.search(row.text) for row in rows):
        return None
    out: Rows = []
    for row in rows:
        if match := _TEX_BEGIN.search(row.text):
            out += [Row(row.number, ""), Row(row.number, f"[{match[1].title()}]")]
        words = _TEX_COMMAND.sub("", _TEX_CHORD.sub("", row.text)) if not match else row.text[match.end() :]
        words = words.replace("\\\\", "").replace("~", " ").strip(" {}\\")
        out += [Row(row.number, words)] if words else []
    return out


def _abc(rows: Rows) -> Rows | None:
    found = {index: match for index, row in enumerate(rows) if (match := _WORDS_OF_TUNE.match(row.text))}
    if not found or not any(_TUNE.match(row.text) for row in rows):
        return None
    small = any(match[1] == "w" for match in found.values())
    out = []
    for index, match in found.items():
        if small and match[1] == "W":
            continue  # the later verses of a tune whose first is set under the notes
        words = re.sub(r"[*_|]", " ", match[2].replace("-", "").replace("~", " "))
        out.append(Row(rows[index].number, " ".join(words.split())))
    return out + [
        Row(rows[index].number, match[2].strip()) for index, match in found.items() if small and match[1] == "W"
    ]


def _dotted(rows: Rows) -> Rows | None:
    """OpenSong: chords behind a full stop, words behind a space."""
    chords = {index for index, row in enumerate(rows) if len(row.text) <= LONGEST_ROW and _DOTTED.match(row.text)}
    if len(chords) < 2:
        return None
    return [Row(row.number, row.text.strip()) for index, row in enumerate(rows) if index not in chords]


def _open_lyrics(rows: Rows) -> Rows | None:
    text = "\n".join(row.text for row in rows)
    if len(_VERSE.findall(text)) < 1 or "</verse>" not in text:
        return None
    text = _VERSE.sub(
        lambda match: f"\n\n[{_SHORT.get(match[1].upper(), 'Verse')}{match[2] and ' ' + match[2]}]\n", text
    )
    text = _PROPERTIES.sub("", re.sub(r"<chord\b[^<>]{0,80}/?>|</chord>", "", text))
    text = _ANY_TAG.sub("", re.sub(r"\s*<br\s*/?>\s*|</lines>", "\n", text))
    return [Row(rows[0].number, html.unescape(line.strip())) for line in text.strip().split("\n")]


def _board(rows: Rows) -> Rows | None:
    if not any(
        re.search(r"\[/(?:b|i|u|s|center|quote|color|size|url|code|ch)\]", row.text, re.IGNORECASE) for row in rows
    ):
        return None
    return [Row(row.number, _BOARD.sub("", row.text).rstrip()) for row in rows]


def _wiki(rows: Rows) -> Rows | None:
    if not any(re.match(r"'''.+'''", row.text) or _WIKI_LINK.search(row.text) for row in rows):
        return None
    kept = [row for row in rows if not re.match(r"^\s*\[\[\w+:[^\[\]]{1,80}\]\]\s*$", row.text)]
    out = []
    for row in kept:
        alone = _WIKI_LINK.fullmatch(row.text.strip())
        words = _WIKI_LINK.sub(r"\1", _WIKI.sub("", row.text))
        out.append(Row(row.number, f"[{alone[1]}]" if alone else words))
    return out


def _footnotes(rows: Rows) -> Rows | None:
    if sum(len(_MARK.findall(row.text)) for row in rows if len(row.text) <= LONGEST_ROW) < 2:
        return None
    return [Row(row.number, _MARK.sub("", row.text)) for row in rows if not _NOTE.match(row.text)]


def _quoted(rows: Rows) -> Rows | None:
    """Every line in quotation marks with a comma after it, as in a list in a program."""
    found = {index: match for index, row in enumerate(rows) if (match := _QUOTED.match(row.text[:LONGEST_ROW]))}
    if len(found) <= _ENOUGH or len(found) < sum(not row.blank for row in rows):
        return None
    if sum(bool(match[2]) for match in found.values()) < len(found) - 1:
        return None
    return [Row(row.number, found[i][1]) if i in found else row for i, row in enumerate(rows)]


def _messages(rows: Rows) -> Rows | None:
    heads = {i for i, row in enumerate(rows) if len(row.text) <= 100 and _MESSAGE_HEAD.match(row.text)}
    if len(heads) > 1:
        return [row for index, row in enumerate(rows) if index not in heads]
    found = {i: m for i, row in enumerate(rows) if len(row.text) <= LONGEST_ROW and (m := _MESSAGE.match(row.text))}
    filled = sum(not row.blank for row in rows)
    if len(found) < 2 or len(found) * 4 < filled:
        return None
    return [Row(row.number, found[i][1] if i in found else row.text) for i, row in enumerate(rows)]


def _table(rows: Rows) -> Rows | None:
    """Comma or tab separated columns of which one holds the words and says so in the first row."""
    filled = [row for row in rows if not row.blank]
    if len(filled) <= _ENOUGH or any(len(row.text) > LONGEST_ROW for row in filled):
        return None
    for mark in (",", "\t", ";"):
        cells = list(csv.reader((row.text for row in filled), delimiter=mark))
        width = len(cells[0])
        named = [place for place, name in enumerate(cells[0]) if _TEXT_COLUMN.fullmatch(name.strip())]
        if 1 < width <= 8 and named and all(len(row) == width for row in cells):
            return [Row(row.number, line[named[0]].strip()) for row, line in zip(filled[1:], cells[1:], strict=True)]
    return None


def _counted(rows: Rows) -> Rows | None:
    """Every row, including blank ones and tags, with its number in front, as editors show them."""
    found = [_COUNTED.match(row.text) for row in rows if len(row.text) <= LONGEST_ROW and not row.blank]
    matches = [match for match in found if match]
    if len(found) <= _ENOUGH or len(matches) < len(found):
        return None
    if [int(match[1]) for match in matches] != list(range(1, len(matches) + 1)):
        return None
    tagged = any(not match[2].strip() or match[2].lstrip().startswith("[") for match in matches)
    numbers = [row.number for row in rows if not row.blank]
    return [Row(n, match[2]) for n, match in zip(numbers, matches, strict=True)] if tagged else None


def _degrees(rows: Rows) -> Rows | None:
    """Scale degrees above the words, as Nashville players write chords; "1 2 3 4" counts a band in."""
    found = {
        index
        for index, (row, below) in enumerate(pairwise(rows))
        if _DEGREES.match(row.text) and not below.blank and re.search(r"[^\W\d_]{2}", below.text)
    }
    steps = [re.findall(r"[1-7]", rows[index].text) for index in found]
    counting = [int(two) - int(one) == 1 for one, two in (pair for row in steps for pair in pairwise(row))]
    if len(found) < 2 or not any(len(row) > 1 for row in steps) or all(counting):
        return None
    return [row for index, row in enumerate(rows) if index not in found]


def _short_tags(rows: Rows) -> Rows | None:
    found = {i: m for i, row in enumerate(rows) if (m := _SHORT_TAG.match(row.text)) and m[1].upper() in _SHORT}
    if not any(m[2] or m[1].upper() not in ("B", "C", "E") for m in found.values()) or len(found) < 2:
        return None
    return [
        Row(row.number, f"[{_SHORT[found[i][1].upper()]}{found[i][2] and ' ' + found[i][2]}]") if i in found else row
        for i, row in enumerate(rows)
    ]


def _readings(rows: Rows) -> Rows | None:
    """Kana in brackets after kanji give their reading: an engine would sing both."""
    if sum(len(_READING.findall(row.text)) for row in rows) < 2:
        return None
    return [Row(row.number, _READING.sub(r"\2", row.text)) for row in rows]


def _romanised(rows: Rows) -> Rows | None:
    """Every line repeated below it in Latin letters."""
    filled = [index for index, row in enumerate(rows) if not row.blank and not row.text.lstrip().startswith(("[", "("))]
    latin = [bool(_LATIN.search(rows[i].text)) and not _SCRIPT.search(rows[i].text) for i in filled]
    other = [bool(_SCRIPT.search(rows[i].text)) and not _LATIN.search(rows[i].text) for i in filled]
    if len(filled) < 2 * _ENOUGH or len(filled) % 2 or not (all(other[::2]) and all(latin[1::2])):
        return None
    below = set(filled[1::2])
    words = [word.casefold() for i in below for word in WORD.findall(rows[i].text)]
    if sum(bool(readings(word)) for word in words) > _ENGLISH * len(words):
        return None  # a song in two languages
    spoken = detect("\n".join(rows[i].text for i in filled[::2]))
    for above, under in zip(filled[::2], filled[1::2], strict=True):
        syllables = count(rows[above].text, spoken)
        if not 0.7 * syllables.low - 1 <= len(_VOWELS.findall(rows[under].text)) <= syllables.high + 1:
            return None
    return [row for index, row in enumerate(rows) if index not in below]


_READERS: tuple[tuple[str, Level, Callable[[Rows], Rows | None]], ...] = (
    ("formatted text (RTF)", "stop", _rich_text),
    ("a LaTeX song", "stop", _tex),
    ("a tune (ABC)", "stop", _abc),
    ("an OpenLyrics song", "stop", _open_lyrics),
    ("messages of a chat", "stop", _messages),
    ("columns of a table", "stop", _table),
    ("forum marks (BBCode)", "stop", _board),
    ("numbered lines", "stop", _counted),
    ("quoted lines", "stop", _quoted),
    ("wiki text", "stop", _wiki),
    ("footnotes", "stop", _footnotes),
    ("chords above words (OpenSong)", "stop", _dotted),
    ("chords as numbers", "stop", _degrees),
    ("short section names", "warn", _short_tags),
    ("readings in brackets", "stop", _readings),
    ("lines and their romanisation", "warn", _romanised),
)
_WHY = {
    "short section names": "Section names are shortened as in song books: an engine may ignore or sing them.",
    "readings in brackets": "Kana in brackets give the reading of the kanji before them: both would be sung.",
    "lines and their romanisation": "Every line is here twice, the second time in Latin letters: both would be sung.",
    "footnotes": "Marks of footnotes would be sung.",
    "chords as numbers": "The numbers above the words are chords and would be sung.",
}
