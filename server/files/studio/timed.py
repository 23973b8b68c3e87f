"""Timed lyrics as other programs read them: LRC, SubRip, WebVTT, and ASS for karaoke.

None of these formats has an escape for everything that means something in it. Where a lyric holds such a character, its
full-width twin is written: it looks the same, is found again by compatibility folding (NFKC), and is no markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise
from math import floor
from typing import Final

from ...core.sung import SungLine, SungWord

SHORTEST: Final = 0.1
"""Seconds that a line is shown at least: it has to end after it begins."""
BREAK: Final = 3.0
"""Seconds without singing after which players are told to show nothing."""
_JOINERS: Final = "\u200c\u200d"
"""Invisible and yet part of words: without them Persian and some emoji are written wrongly."""

_LRC_MARKUP: Final = re.compile(r"[\[\]]|<(?=\s*\d+\s*:)")
_CUE_MARKUP: Final = re.compile(r"\{|\\(?=[Nnh])|(?<=\d):(?=\d+[:.,]\d)")
"""What players and editors that read cues into ASS would take for its markup, and what looks like a moment."""
_SRT_MARKUP: Final = re.compile(rf"{_CUE_MARKUP.pattern}|<(?=\s*/?\s*[A-Za-z])|(?<=-)>")
_ASS_MARKUP: Final = re.compile(r"[{}\\]")

_ASS_HEAD: Final = """\
[Script Info]
Title: {title}
ScriptType: v4.00+
WrapStyle: 0
ScaledBorderAndShadow: yes
PlayResX: 1920
PlayResY: 1080

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,80,&H0030D0FF,&H00FFFFFF,&H00202020,&H80000000,0,0,0,0,100,100,0,0,1,4,1,2,80,80,100,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def texts(
    lines: Sequence[SungLine], *, title: str = "", artist: str = "", seconds: float | None = None
) -> Mapping[str, str]:
    """The files of a timeline, by ending; none where nothing is sung. `seconds` is the length of the song."""
    sung = tidy(lines, seconds)
    if not sung:
        return {}
    return {
        ".lrc": lrc(sung, title=title, artist=artist, seconds=seconds),
        ".srt": srt(sung),
        ".vtt": vtt(sung),
        ".ass": ass(sung, title=title),
    }


def tidy(lines: Iterable[SungLine], seconds: float | None = None) -> list[SungLine]:
    """The lines in the order of their times, inside the song; each with its words in order and inside it.

    A line without words of its own becomes one word. A word's text ends with a blank where one follows.
    """
    limit = None if seconds is None else floor(seconds * 100) / 100
    found = list[SungLine]()
    for line in sorted(lines, key=lambda line: line.start):
        pieces = _spaced(line.words) or _spaced([SungWord(line.text, line.start, line.end)])
        if pieces:
            found.append(line._replace(words=tuple(pieces)))
    sung = list[SungLine]()
    for line, after in zip(found, [*found[1:], None], strict=False):
        start = max(line.start, 0.0)
        if limit is not None:
            start = max(min(start, limit - SHORTEST), 0.0)
        end = line.end if after is None else min(line.end, after.start)
        end = max(end, start + SHORTEST)
        if limit is not None:
            end = max(min(end, limit), start)
        words = _inside(line.words, start, end)
        sung.append(SungLine("".join(word.text for word in words), start, end, line.section, line.place, words))
    return sung


def _spaced(words: Iterable[SungWord]) -> list[SungWord]:
    """Words without what is invisible, each blank between two of them at the end of the first."""
    found, blank = list[SungWord](), False
    for word in words:
        text = _visible(word.text)
        if (blank or text[:1] == " ") and found:
            found[-1] = found[-1]._replace(text=f"{found[-1].text.rstrip()} ")
        blank = text[-1:] == " "
        if text.strip():
            found.append(word._replace(text=text.strip()))
    return found


def _visible(text: str) -> str:
    """On one line, without control and direction characters; single blanks, also at the ends."""
    seen = "".join(
        " " if letter.isspace() else letter
        for letter in text
        if letter.isspace() or letter.isprintable() or letter in _JOINERS
    )
    return re.sub(" +", " ", seen)


def _inside(words: Sequence[SungWord], start: float, end: float) -> tuple[SungWord, ...]:
    """Words whose moments grow and lie inside a line, which begins with the first of them."""
    found, latest = list[SungWord](), start
    for index, word in enumerate(words):
        latest = start if index == 0 else min(max(word.start, latest), end)
        found.append(SungWord(word.text, latest, min(max(word.end, latest), end)))
    for index, (word, after) in enumerate(pairwise(found)):
        found[index] = word._replace(end=min(word.end, after.start))
    return tuple(found)


# -- LRC ----------------------------------------------------------------------------------------------------------


def lrc(sung: Sequence[SungLine], *, title: str = "", artist: str = "", seconds: float | None = None) -> str:
    """Enhanced LRC: a moment before each line and before each word, and where nothing is sung an empty line."""
    named = {"ti": title, "ar": artist, "length": "" if seconds is None else _minutes(int(seconds))}
    rows = [f"[{key}:{plain}]" for key, text in named.items() if (plain := _lrc_text(text).strip())]
    end, section = sung[0].start, 0
    for line in sung:
        if line.start - end >= BREAK:
            rows.append(f"[{_hundredths(end)}]")
        if line.section is not None and line.place != section:
            rows.append(f"[section:{_lrc_text(line.section).strip()}]")
        rows.append(f"[{_hundredths(line.start)}]{_lrc_line(line)}")
        end, section = line.end, line.place
    return "\n".join([*rows, f"[{_hundredths(end)}]", ""])


def _lrc_line(line: SungLine) -> str:
    if len(line.words) == 1:
        return _lrc_text(line.text)  # the line's own moment says it all
    words = "".join(f"<{_hundredths(word.start)}>{_lrc_text(word.text)}" for word in line.words)
    return f"{words}<{_hundredths(line.words[-1].end)}>"


def _lrc_text(text: str) -> str:
    return _LRC_MARKUP.sub(_twin, _visible(text))


def _minutes(seconds: int) -> str:
    return f"{seconds // 60:02d}:{seconds % 60:02d}"


def _hundredths(seconds: float) -> str:
    whole, rest = divmod(round(seconds * 100), 100)
    return f"{_minutes(whole)}.{rest:02d}"


# -- SubRip and WebVTT ----------------------------------------------------------------------------------------------


def srt(sung: Sequence[SungLine]) -> str:
    """SubRip: a numbered cue a line."""
    return "\n".join(
        f"{number}\n{_clock(line.start, ',')} --> {_clock(line.end, ',')}\n{_SRT_MARKUP.sub(_twin, line.text)}\n"
        for number, line in enumerate(sung, 1)
    )


def vtt(sung: Sequence[SungLine]) -> str:
    """WebVTT: a cue a line, and in it the moment before each word but the first. A note lists the sections."""
    sections = [
        f"{_clock(line.start)} {escape(_CUE_MARKUP.sub(_twin, _visible(line.section or '')), quote=False)}"
        for line in _firsts(sung)
    ]
    note = ["\n".join(["NOTE Sections", *sections, ""])] if sections else []
    return "\n".join(["WEBVTT\n", *note, *map(_cue, sung)])


def _cue(line: SungLine) -> str:
    shown, latest, stamps = "", line.start, 0
    for word in line.words:
        # Moments in a cue lie inside it and grow; a word without one of its own is shown with the word before it.
        if round(latest * 1000) < round(word.start * 1000) < round(line.end * 1000):
            shown, latest, stamps = f"{shown}<{_clock(word.start)}>", word.start, stamps + 1
        shown += escape(_CUE_MARKUP.sub(_twin, word.text), quote=False)
    if stamps == 2 and round(line.end * 1000) - round(latest * 1000) > 1:
        # pysubs2 takes any line with exactly two moments for the head of a cue.
        shown += f"<{_clock(line.end - 0.001)}>"
    return f"{_clock(line.start)} --> {_clock(line.end)}\n{shown}\n"


def _clock(seconds: float, point: str = ".") -> str:
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"


# -- ASS ------------------------------------------------------------------------------------------------------------


def ass(sung: Sequence[SungLine], *, title: str = "") -> str:
    """ASS: a line of karaoke each, whose words light up in turn; a comment begins each section."""
    rows = [
        (line.start, _ass_row("Comment", line, line.start, _ass_text(line.section or ""))) for line in _firsts(sung)
    ]
    rows += [(line.start, _ass_row("Dialogue", line, line.end, _karaoke(line))) for line in sung]
    ordered = [row for _, row in sorted(rows, key=lambda row: row[0])]
    return "\n".join([_ASS_HEAD.format(title=_ass_text(title).strip()) + ordered[0], *ordered[1:], ""])


def _ass_row(kind: str, line: SungLine, end: float, text: str) -> str:
    actor = _ass_text(line.section or "").replace(",", "，")
    return f"{kind}: 0,{_ass_clock(line.start)},{_ass_clock(end)},Default,{actor},0,0,0,,{text}"


def _karaoke(line: SungLine) -> str:
    begins = [round(word.start * 100) for word in line.words]
    ends = [*begins[1:], round(line.end * 100)]
    return "".join(
        f"{{\\k{end - begin}}}{_ass_text(word.text)}" for begin, end, word in zip(begins, ends, line.words, strict=True)
    )


def _ass_text(text: str) -> str:
    return _ASS_MARKUP.sub(_twin, _visible(text))


def _ass_clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds * 100), 6000)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest // 100:02d}.{rest % 100:02d}"


# -- what they share --------------------------------------------------------------------------------------------------


def _firsts(sung: Iterable[SungLine]) -> list[SungLine]:
    """The lines with which a section begins."""
    found, section = list[SungLine](), 0
    for line in sung:
        if line.section is not None and line.place != section:
            found.append(line)
        section = line.place
    return found


def _twin(found: re.Match[str]) -> str:
    """The full-width form of an ASCII character."""
    return chr(ord(found[0]) + 0xFEE0)
