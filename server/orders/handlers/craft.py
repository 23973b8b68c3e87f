"""The tools of toolset craft. Their rules are in `craft`, which is loaded when it is first needed.

Reading tables and counting syllables would hold up everybody else, so it is done in a thread of its own.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ...core.threads import CRAFT, in_lane
from .. import reports, songcraft
from ..caller import Call, Caller
from ..results import Result

if TYPE_CHECKING:
    from ....tools.craft.check_lyrics import CheckLyrics
    from ....tools.craft.check_style import CheckStyle
    from ....tools.craft.plan_song import PlanSong
    from ....tools.craft.songwriting_guide import SongwritingGuide
    from ...craft import Calibration

RECENT_CLIPS = 60
"""How many of the newest clips the length estimate learns from."""
LEARNED = 500
"""Accounts whose calibration is remembered; it is worked out again when there is a new song."""
_learned: dict[bytes, Calibration | None] = {}
"""By a digest of the songs. Only the one thread for craft is here at a time."""


async def plan_song(call: Call, asked: PlanSong) -> Result:
    """How many words fit."""
    return await in_lane(CRAFT, call.caller.account.tenant, _plan, call.caller, asked)


def _plan(caller: Caller, asked: PlanSong) -> Result:
    from ...craft import plan_song as measured

    plan = measured(
        asked.genre,
        asked.seconds,
        bpm=asked.bpm,
        metre=asked.metre,
        language=asked.language,
        kind=asked.kind,
        calibration=calibration(caller),
    )
    return Result(reports.plan_data(plan), reports.measure(plan))


async def check_lyrics(call: Call, asked: CheckLyrics) -> Result:
    """How the words will be sung, and what in them would not be."""
    return await in_lane(CRAFT, call.caller.account.tenant, _lyrics, call.caller, asked)


def _lyrics(caller: Caller, asked: CheckLyrics) -> Result:
    from ...craft import check_lyrics as checked

    report = checked(
        asked.lyrics,
        model=asked.model or caller.limits.default_model,
        genre=asked.genre,
        language=asked.language,
        seconds=asked.seconds,
        bpm=asked.bpm,
        metre=asked.metre,
        title=asked.title,
        kind=asked.kind,
        names=asked.sounds() or None,
        reference=asked.reference,
        calibration=calibration(caller),
    )
    line = reports.summary(report.findings, report.more)
    if report.recognised:
        line = f"Recognised: {', '.join(report.recognised)}. {line}"
    if report.fixed_lyrics is not None:
        line += f" {reports.about_clean(report.fixed_lyrics)}"
    if report.estimate is not None:
        line += f" It will take about {report.estimate.low} to {report.estimate.high} seconds."
    return Result(reports.lyrics_data(report), line)


async def check_style(call: Call, asked: CheckStyle) -> Result:
    """What in a style contradicts itself, is too long, or is missing."""
    return await in_lane(CRAFT, call.caller.account.tenant, _style, call.caller, asked)


def _style(caller: Caller, asked: CheckStyle) -> Result:
    from ...craft import check_style as checked

    report = checked(
        asked.style,
        negative_style=asked.negative_style,
        model=asked.model or caller.limits.default_model,
        language=asked.language,
    )
    data = reports.style_data(report, asked.style, asked.negative_style)
    return Result(data, reports.summary(report.findings, report.more))


async def songwriting_guide(call: Call, asked: SongwritingGuide) -> Result:
    """A page of the guide."""
    return await in_lane(CRAFT, call.caller.account.tenant, _page, asked)


def _page(asked: SongwritingGuide) -> Result:
    text = songcraft.guide(asked.topic, asked.genre, asked.language, asked.engine)
    return Result({"topic": asked.topic, "text": text}, f"Songwriting guide: {asked.topic}.")


def calibration(caller: Caller) -> Calibration | None:
    """How long this person's songs turned out, against the estimate; None below five. Blocks.

    Only whole songs that were made from nothing but words are asked: a cover keeps its source's length and an
    extension has only a part of the words.
    """
    from ...craft import Calibration
    from ...craft.duration import bpm_of

    examples = [
        (row["lyrics"], row["bpm"] or bpm_of(row["style"]), row["style"] or None, row["seconds"])
        for row in caller.journal.recent_songs(caller.account, RECENT_CLIPS)
        if _is_sung(row["lyrics"])
    ]
    mark = hashlib.sha256(repr(examples).encode("utf-8", "surrogatepass")).digest()
    if mark not in _learned:
        _learned[mark] = Calibration.of(examples)
        while len(_learned) > LEARNED:
            del _learned[next(iter(_learned))]
    return _learned[mark]


def _is_sung(lyrics: str) -> bool:
    """Whether there is a line that is no tag."""
    return any(line.strip() and not line.lstrip().startswith("[") for line in lyrics.splitlines())
