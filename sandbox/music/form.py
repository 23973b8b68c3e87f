"""The form: how many bars each section lasts, so that words, tempo and the requested length agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from .score import LONGEST, Brief
from .style import Plan
from .words import Block, Line, blocks

SHORTEST: Final = 10.0
# Without a requested length, a song with words is at least this long, and one without words about this long.
LEAST_SUNG, USUAL_PLAYED = 30.0, 75.0
_LEAST_RING, _RING = 0.8, 2.2

_PLAYED: Final = ("intro", "verse", "chorus", "verse", "bridge", "chorus")
_PLAYED_AGAIN: Final = ("solo", "verse", "chorus", "bridge")


@dataclass(frozen=True)
class Slot:
    """A section with its length; `lines` are sung, `per_line` bars each, from its first bar on."""

    kind: str
    tag: str
    bars: int
    lines: tuple[Line, ...] = ()
    per_line: int = 2


@dataclass(frozen=True)
class Form:
    """The whole form; `seconds` is the length of the song, including the final ringing."""

    slots: tuple[Slot, ...]
    tempo: float
    seconds: float
    fade_in: float = 0.0
    fade_out: float = 0.0

    @property
    def bars(self) -> int:
        """Bars of all sections together."""
        return sum(slot.bars for slot in self.slots)


def shape(brief: Brief, plan: Plan, *, part_of_song: bool = False) -> Form:
    """Decide the form; `part_of_song` leaves out what only a beginning has (an intro of its own)."""
    written = blocks(brief.lyrics)
    sung = not plan.instrumental and any(block.lines for block in written)
    tempo, bars = plan.tempo, 0
    seconds = None if brief.seconds is None else min(max(brief.seconds, SHORTEST if not part_of_song else 0.5), LONGEST)
    if seconds is not None:
        tempo, bars = _tempo_for(seconds, plan)
    bar = plan.meter * 60.0 / tempo
    slots = _sections(written, plan, bar, bars or None) if written else []
    if seconds is None:
        slots = _unhurried(slots, bar, sung=sung, part_of_song=part_of_song)
        while len(slots) > 1 and sum(slot.bars for slot in slots) * bar > LONGEST - _RING:
            slots = slots[:-1]
        seconds = min(sum(slot.bars for slot in slots) * bar + _RING, LONGEST)
    else:
        slots = _fitted(slots, bars, bar, sung=sung, part_of_song=part_of_song)
    if not sung:
        slots = [replace(slot, lines=()) for slot in slots]
    kinds = [block.kind for block in written]
    return Form(
        slots=tuple(slots),
        tempo=tempo,
        seconds=round(seconds, 3),
        fade_in=min(6.0, seconds / 4) if "fade in" in kinds else 0.0,
        fade_out=min(9.0, seconds / 4) if "fade out" in kinds else 0.0,
    )


def _tempo_for(seconds: float, plan: Plan) -> tuple[float, int]:
    """Return the tempo (nudged at most 5 % where nobody fixed it) and the bars that fill `seconds`."""
    bar = plan.meter * 60.0 / plan.tempo
    if plan.tempo_fixed:
        return plan.tempo, max(1, int((seconds - _LEAST_RING) / bar))
    ring = min(_RING, seconds / 5)
    bars = max(1, round((seconds - ring) / bar))
    exact = bars * plan.meter * 60.0 / (seconds - ring)
    tempo = min(max(exact, plan.tempo * 0.95), plan.tempo * 1.05)
    tempo = round(tempo, 2)
    while bars > 1 and bars * plan.meter * 60.0 / tempo > seconds - _LEAST_RING:
        bars -= 1
    return tempo, bars


def _per_line(lines: list[Line], meter: int, bar: float) -> int:
    """Return how many bars a line of usual length takes without hurry."""
    mean = sum(line.count for line in lines) / len(lines)
    aim = min(max(0.27 * mean + 1.9, 3.0), 6.5)
    options = (1, 2, 4) if meter == 4 else (2, 4)
    return min(options, key=lambda bars: max(bars * bar / aim, aim / (bars * bar)))


def _sections(written: list[Block], plan: Plan, bar: float, bars: int | None) -> list[Slot]:
    """Return the written sections with their bars, singing faster when they have to fit into `bars`."""
    lines = [line for block in written for line in block.lines]
    usual = _per_line(lines, plan.meter, bar) if lines else 2
    pace = usual
    if lines and bars is not None:
        silent = sum(_silent_bars(block.kind, bar) for block in written if not block.lines)
        paces = [p for p in (4, 2, 1) if p * bar <= 7.6 or p == 1]
        pace = next((p for p in paces if p * len(lines) + silent <= bars and p <= usual * 2), paces[-1])
    return [
        _section(block, plan.meter, bar, pace)
        for block in written
        if block.kind not in ("fade in", "fade out", "end") or block.lines
    ]


def _section(block: Block, meter: int, bar: float, pace: int) -> Slot:
    if not block.lines:
        return Slot(block.kind, block.tag, _silent_bars(block.kind, bar))
    # Sixteenths are as fast as the singer gets, with a little left for breath.
    crowded = max(line.count for line in block.lines) > pace * meter * 3.4
    per_line = pace * 2 if crowded else pace
    bars = per_line * len(block.lines)
    return Slot(block.kind, block.tag, bars + (bars % 2 if bars > 2 else 0), block.lines, per_line)


def _silent_bars(kind: str, bar: float) -> int:
    if kind in ("fade in", "fade out", "end"):
        return 0
    bars = {"solo": 8, "instrumental": 4, "intro": 4, "outro": 4}.get(kind, 4)
    return bars * 2 if bar < 1.5 else max(2, bars // 2) if bar > 3.2 else bars


def _unhurried(slots: list[Slot], bar: float, *, sung: bool, part_of_song: bool) -> list[Slot]:
    """Return the form of a song without a requested length."""
    if not sung:
        bars = max(4, round((USUAL_PLAYED if not part_of_song else 30.0) / bar))
        return _fitted(slots, bars, bar, sung=False, part_of_song=part_of_song)
    if not part_of_song:
        if slots[0].kind != "intro":
            slots = [Slot("intro", "", _silent_bars("intro", bar)), *slots]
        if slots[-1].kind not in ("outro", "end"):
            slots = [*slots, Slot("outro", "", max(1, _silent_bars("outro", bar) // 2))]
    least = round((LEAST_SUNG if not part_of_song else 6.0) / bar)
    bars = sum(slot.bars for slot in slots)
    return slots if bars >= least else _fitted(slots, least, bar, sung=True, part_of_song=part_of_song)


def _fitted(slots: list[Slot], bars: int, bar: float, *, sung: bool, part_of_song: bool) -> list[Slot]:
    """Return the sections made exactly `bars` long: cut from the end, or filled with music of their own kind."""
    if not sung and sum(slot.bars for slot in slots) < bars:
        slots = slots + _played(bars - sum(slot.bars for slot in slots), bar, again=bool(slots) or part_of_song)
    total = sum(slot.bars for slot in slots)
    if total > bars:
        return _cut(slots, bars)
    if total < bars:
        return _filled(slots, bars - total, bar, part_of_song=part_of_song)
    return slots


def _played(bars: int, bar: float, *, again: bool) -> list[Slot]:
    """Return sections without words for about `bars` bars; the last of several is the ending."""
    unit = 16 if bar < 1.5 else 8 if bar < 3.2 else 4
    kinds = list(_PLAYED_AGAIN if again else _PLAYED)
    result: list[Slot] = []
    left = bars
    while left > 0:
        kind = kinds.pop(0)
        if not kinds:
            kinds = list(_PLAYED_AGAIN)
        length = min(left, unit // 2 if kind in ("intro", "bridge") else unit)
        result.append(Slot(kind, "", length))
        left -= length
    if len(result) > 2:
        result[-1] = replace(result[-1], kind="outro")
    return result


def _cut(slots: list[Slot], bars: int) -> list[Slot]:
    """Return the sections shortened to `bars`: first what nobody sings, from the end, then words."""
    excess = sum(slot.bars for slot in slots) - bars
    result = list(slots)
    for index in range(len(result) - 1, -1, -1):
        if excess and not result[index].lines:
            taken = min(excess, result[index].bars - (1 if result[index].bars > 1 and bars > 8 else 0))
            result[index] = replace(result[index], bars=result[index].bars - taken)
            excess -= taken
    for index in range(len(result) - 1, -1, -1):
        if excess and result[index].lines:
            taken = min(excess, result[index].bars)
            result[index] = _shorter(result[index], result[index].bars - taken)
            excess -= taken
    return [slot for slot in result if slot.bars]


def _shorter(slot: Slot, bars: int) -> Slot:
    """Return a sung section cut to `bars`; a line that no longer fits whole is left out."""
    fitting = bars // slot.per_line
    if fitting == 0 and bars:
        return replace(slot, bars=bars, lines=slot.lines[:1], per_line=bars)
    return replace(slot, bars=bars, lines=slot.lines[:fitting])


def _filled(slots: list[Slot], missing: int, bar: float, *, part_of_song: bool) -> list[Slot]:
    """Return the sections lengthened by `missing` bars, as a band would: intro, another chorus, a solo before it."""
    unit = _silent_bars("intro", bar)
    result = list(slots)
    kinds = [slot.kind for slot in result]
    if "intro" not in kinds and not part_of_song:
        length = min(unit, missing) if missing < unit * 3 else unit
        result.insert(0, Slot("intro", "", length))
        missing -= length
    if missing and kinds[-1:] != ["outro"]:
        length = min(unit, missing)
        result.append(Slot("outro", "", length))
        missing -= length
    again = [slot for slot in slots if slot.kind in ("chorus", "hook") and slot.lines][-1:]
    again = again or [slot for slot in slots if slot.lines][-1:]
    repeats = 0
    while missing >= unit:
        if again and again[0].bars <= missing and not repeats % 2:
            # Words to the end: what is sung again stands last, before the way out.
            result.insert(max(1, len(result) - 1), again[0])
            missing -= again[0].bars
        else:
            length = min(missing, unit * 2)
            result.insert(_before_last_words(result), Slot("solo", "", length))
            missing -= length
        repeats += 1
    if missing >= 4 and len(result) > 1:
        result.insert(_before_last_words(result), Slot("instrumental", "", missing))
    elif missing:
        silent = [place for place, slot in enumerate(result) if not slot.lines] or [len(result) - 1]
        place = min(silent, key=lambda n: result[n].bars)
        result[place] = replace(result[place], bars=result[place].bars + missing)
    return result


def _before_last_words(slots: list[Slot]) -> int:
    """Return the place before the last sung section that is not the first; else before the ending."""
    sung = [place for place, slot in enumerate(slots) if slot.lines]
    return sung[-1] if len(sung) > 1 else max(1, len(slots) - 1)
