"""Lyrics with times: LRC, SubRip, WebVTT, SubStation Alpha, transcripts, and times written in front of lines."""

import re
from itertools import pairwise

from .rows import LONGEST_ROW, Row, Rows, Seen

_STAMP = r"(?:\d{1,2}:)?\d{1,3}[:：][0-5]\d(?:[.,:]\d{1,3})?"
_RANGE = rf"{_STAMP}(?:\s*(?:-->|->|→|[-–—~]|to)\s*{_STAMP})?"
_LRC = re.compile(rf"^\s*((?:\[\s*{_RANGE}\s*\]\s*)+)(.*)$")
_INNER = re.compile(rf"<\s*{_STAMP}\s*>\s?")
_LRC_TAG = re.compile(
    r"^\s*\[(?:ti|ar|al|au|by|offset|length|re|ve|la|id|tool|lr|kana|encoding|total|sign|qq|hash|#)\s*:[^\]]*\]\s*$",
    re.IGNORECASE,
)
_ARROW = re.compile(rf"^\s*\[?\s*{_STAMP}\s*(?:-->|->|→)\s*{_STAMP}\s*\]?(.*)$")
_SETTING = r"(?:align|position|line|size|vertical|region|[XY][12]):\S+"
_SETTINGS = re.compile(rf"^{_SETTING}(?:\s+{_SETTING})*$")
_DIALOGUE = re.compile(r"^Dialogue:\s*[^,]*(?:,[^,]*){8},(.*)$")
_LEADING = re.compile(rf"^\s*[(\[{{<]?({_RANGE})[)\]}}>]?(?:\s*[-–—:|.]\s+|\s+|$)(.*)$")
_TRAILING = re.compile(rf"^(.*\S)\s+[(\[{{]?({_STAMP})[)\]}}]?\s*$")
_DECIMAL = r"\d{1,4}\.\d{1,6}\s*(?:s\b)?"
_SECONDS = re.compile(
    rf"^\s*(?:[(\[]?{_DECIMAL}\s*(?:-|–|\t|→|,)\s*{_DECIMAL}[)\]]?\s*:?\s*"
    rf"|[(\[]\d{{1,4}}(?:\.\d{{1,6}})?\s?s(?:ec)?[)\]]\s*|\d{{1,4}}\.\d{{2,6}}\s*s?(?::|\t)\s*)(.*)$"
)
_ON_HEADING = re.compile(rf"\s*[(\[,:@-]*\s*{_STAMP}\s*(?:-->|->|→|[-–—~]|to)\s*{_STAMP}\s*[)\]]?")
_CAPTION = re.compile(
    r"^\s*[\[(*♪♫]*\s*(?:music|applause|laughter|cheering|musik|música|musique|musica|музыка|аплодисменты|音楽|音乐|음악|"
    r"(?:[a-z]+ ){0,2}music(?: playing| continues| fades)?)\s*[\])*♪♫]+\s*$",
    re.IGNORECASE,
)
_NOTES = re.compile(r"[♪♫♩♬]+")
_VOICE = re.compile(r"<v(?:\.[\w.]*)?\s+([^<>]{1,40})>")
_CUE_TAG = re.compile(r"</?(?:c|v|lang|ruby|rt|i|b|u)(?:\.[\w.]*)?(?:\s[^<>]{0,40})?>|\{\\[^{}]{0,80}\}")
_HEADER = re.compile(r"^\s*(?:WEBVTT\b.*|Kind: .*|Language: .*|X-TIMESTAMP-MAP.*)$")
_BLOCK = re.compile(r"^\s*(?:NOTE|STYLE|REGION)\b")
_SUBSTATION = re.compile(
    r"^\s*(?:\[(?:Script Info|V4\+? Styles|Events|Fonts)\]|(?:Format|Style|ScriptType|PlayRes[XY]|Collisions|Timer"
    r"|WrapStyle|ScaledBorderAndShadow|Comment|Title|Original Script)\s*:.*|;.*)$"
)
_ENOUGH = 3
_PART = 0.5
_PAUSE = 5.0  # seconds between two captions that separate stanzas


def untimed(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Remove times in any form; a line that is sung at two times is written twice."""
    for recognise in (_substation, _captions, _lrc, _clock, _seconds):
        done = recognise(rows)
        if done is not None:
            return done
    return _headings(rows)


def _seen(kind: str, line: int) -> list[Seen]:
    return [Seen(kind, f"These are {kind}: the times would be sung.", line)]


def _moment(stamp: str) -> float:
    """Seconds of a stamp."""
    parts = [part for part in re.split(r"[:：]", stamp.replace(",", ".")) if part]
    if len(parts) == 3 and "." not in stamp and len(parts[2]) == 2 and int(float(parts[0])) < 60 and len(parts[0]) == 2:
        return float(parts[0]) * 60 + float(parts[1]) + float(parts[2]) / 100  # mm:ss:xx of old LRC files
    total = 0.0
    for part in parts[-3:]:
        total = total * 60 + float(part)
    return total


def _substation(rows: Rows) -> tuple[Rows, list[Seen]] | None:
    out: Rows = []
    first: int | None = None
    for row in rows:
        if match := _DIALOGUE.match(row.text):
            first = first or row.number
            words = _CUE_TAG.sub("", match[1]).replace("\\h", " ")
            out.extend(Row(row.number, part.strip()) for part in re.split(r"\\[nN]", words) if part.strip())
        elif not _SUBSTATION.match(row.text):
            out.append(row)
    return (out, _seen("subtitles (SubStation Alpha)", first)) if first else None


def _captions(rows: Rows) -> tuple[Rows, list[Seen]] | None:
    """SubRip and WebVTT, also as speech recognisers print them: cues with an arrow between two times."""
    cues = [index for index, row in enumerate(rows) if len(row.text) <= LONGEST_ROW and _ARROW.match(row.text)]
    if not cues:
        return None
    web = any(row.text.lstrip("\ufeff ").startswith("WEBVTT") for row in rows[:3])
    out: Rows = []
    arrows, voice, skipping = set(cues), "", False
    ended: float | None = None
    for index, row in enumerate(rows):
        if index in arrows:
            skipping = False
            low, high = (_moment(stamp) for stamp in re.findall(_STAMP, row.text)[:2])
            if ended is not None and low - ended >= _PAUSE and out:
                out.append(Row(row.number, ""))
            ended = high
            rest = _ARROW.match(row.text)[1].strip()  # type: ignore[index]
            if rest and not _SETTINGS.match(rest):
                out.append(Row(row.number, rest))
            continue
        skipping = (skipping and not row.blank) or bool(web and _BLOCK.match(row.text))
        cue_name = index + 1 in arrows and (
            row.text.strip("\ufeff ").isdigit() or (web and index and rows[index - 1].blank)
        )
        if skipping or row.blank or cue_name or _HEADER.match(row.text.lstrip("\ufeff")):
            continue
        if _CAPTION.match(row.text):
            out.append(Row(row.number, ""))
            continue
        if (spoken := _VOICE.search(row.text)) and spoken[1] != voice:
            voice = spoken[1]
            out.append(Row(row.number, f"[{voice.strip()}]"))
        words = _NOTES.sub("", _INNER.sub("", _CUE_TAG.sub("", row.text)))
        words = re.sub(r"^\s*(?:>>|[-–—](?=\s?\w))\s*", "", words).strip()
        if words:
            out.append(Row(row.number, words))
    return out, _seen("subtitles (WebVTT)" if web else "subtitles (SRT)", rows[cues[0]].number)


def _lrc(rows: Rows) -> tuple[Rows, list[Seen]] | None:
    stamped = {
        index: m for index, row in enumerate(rows) if len(row.text) <= LONGEST_ROW and (m := _LRC.match(row.text))
    }
    tags = {index for index, row in enumerate(rows) if _LRC_TAG.match(row.text)}
    inner = sum(bool(_INNER.search(row.text)) for row in rows)
    if len(stamped) < 2 and not (stamped and tags) and len(tags) < 2 and inner < 2:
        return None
    entries: list[tuple[float, int, Rows]] = []
    waiting: Rows = []
    repeated = False
    latest = 0.0
    for index, row in enumerate(rows):
        if index in tags:
            continue
        match = stamped.get(index)
        if match is None:
            waiting.append(Row(row.number, _INNER.sub("", row.text)))
            continue
        times = [_moment(stamp) for stamp in re.findall(rf"\[\s*({_STAMP})", match[1])]
        words = Row(row.number, _NOTES.sub("", _INNER.sub("", match[2])).strip())
        repeated = repeated or len(times) > 1
        for place, latest in enumerate(times):
            entries.append((latest, len(entries), [*waiting, words] if place == 0 else [words]))
        waiting = []
    if repeated:
        entries.sort()
    out = [row for _, _, group in entries for row in group] + waiting
    first = rows[min((*stamped, *tags), default=0)].number
    return out, _seen("timed lyrics (LRC)", first)


def _clock(rows: Rows) -> tuple[Rows, list[Seen]] | None:
    """Times without square brackets, before, behind or above the lines. Clock times that are sung do not start at 0."""
    content = [
        index for index, row in enumerate(rows) if not row.blank and not row.text.lstrip().startswith(("[V", "[C"))
    ]
    for pattern, stamp, words in ((_LEADING, 1, 2), (_TRAILING, 2, 1)):
        found = {i: m for i in content if len(rows[i].text) <= LONGEST_ROW and (m := pattern.match(rows[i].text))}
        moments = [_moment(re.match(_STAMP, m[stamp])[0]) for m in found.values()]  # type: ignore[index]
        alone = sum(not m[words].strip() for m in found.values())
        if len(found) < _ENOUGH or (len(found) < _PART * len(content) and not alone * 2 >= len(found)):
            continue
        if moments[0] >= 60 or any(late < early for early, late in pairwise(moments)):
            continue
        out = [
            Row(row.number, found[i][words].strip()) if i in found else row
            for i, row in enumerate(rows)
            if i not in found or found[i][words].strip()
        ]
        return out, _seen("lines with times", rows[min(found)].number)
    return None


def _seconds(rows: Rows) -> tuple[Rows, list[Seen]] | None:
    content = [index for index, row in enumerate(rows) if not row.blank]
    found = {i: m for i in content if len(rows[i].text) <= LONGEST_ROW and (m := _SECONDS.match(rows[i].text))}
    if len(found) < _ENOUGH or len(found) < _PART * len(content):
        return None
    out = [Row(row.number, found[i][1].strip()) if i in found else row for i, row in enumerate(rows)]
    return out, _seen("lines with times", rows[min(found)].number)


def _headings(rows: Rows) -> tuple[Rows, list[Seen]]:
    """Ranges of time beside section names: "[Verse 1 0:12-0:45]"."""
    out: Rows = []
    first: int | None = None
    for row in rows:
        short = len(row.text) <= 80 and ("[" in row.text or ":" in row.text)
        words = _ON_HEADING.sub("", row.text) if short else row.text
        if words != row.text and re.fullmatch(r"\s*\[?[^\W\d_][\w -]{2,20}[\])]?\s*:?", words):
            first = first or row.number
            words = words.strip()
            words = f"{words}]" if words.count("[") > words.count("]") else words
            out.append(Row(row.number, words))
        else:
            out.append(row)
    return (out, _seen("section names with times", first)) if first else (rows, [])
