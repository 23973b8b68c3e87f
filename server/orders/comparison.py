"""Takes compared: each is listened to, held against what was asked for, and the best is named with the reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..core.errors import ArgumentRefused
from ..core.jobs import Clip
from ..files.studio import needed
from .caller import Caller
from .material import Material, clips_of, material, on_disk
from .results import Result
from .unsung import unsung

if TYPE_CHECKING:
    from ..files.studio.takes import Measure

MOST = 8
"""Recordings that one comparison takes."""
_MANY_UNSUNG = 0.03
_LONG_UNSUNG = 4  # words in a row that are missing, as a line that was left out


def comparison(caller: Caller, songs: list[Material], going: Callable[[float], None]) -> Result:
    """The measurements of these recordings, and what follows. Blocks; `going` is told the share that is done."""
    needed("numpy", "av")
    from ..files.studio.listening import listen
    from ..files.studio.takes import Expected, measures, recommended, winners

    found: list[tuple[str, list[Measure]]] = []
    for index, song in enumerate(songs):
        with on_disk(caller, song) as path:
            heard = listen(path, lambda share, done=index: going((done + share) / len(songs)))  # type: ignore[misc]
        expected = Expected(_asked(caller, song.clip), song.clip.style)
        found.append((_name(song, songs), [*measures(heard, expected), *_unsung(caller, song.clip)]))
    advice = recommended(found)
    data: dict[str, Any] = {
        "status": "done",
        "recommendation": advice,
        "best": [songs[index].clip.clip_id for index in winners(found)],
        "takes": [
            {
                "clip_id": song.clip.clip_id,
                "name": name,
                **caller.results.place(song.sound),
                "measures": [_row(measure) for measure in measured],
            }
            for song, (name, measured) in zip(songs, found, strict=True)
        ],
    }
    if caller.account.sandbox:
        data["sandbox"] = True
    return Result(data, advice)


def meant(caller: Caller, ids: Iterable[str]) -> list[Material]:
    """The recordings of these orders or clips. Blocks."""
    clips = {clip.clip_id: clip for wanted in ids for clip in clips_of(caller, wanted)}
    if len(clips) > MOST:
        raise ArgumentRefused(
            f"That is {len(clips)} recordings; the limit is {MOST}. Name fewer clips. Nothing was spent.", field="ids"
        )
    return [material(caller, clip) for clip in clips.values()]


def _name(song: Material, songs: list[Material]) -> str:
    """Title and take; with the id's beginning where two have the same."""
    same = sum(other.name == song.name for other in songs) > 1
    return f"{song.name} [{song.clip.clip_id[:8]}]" if same else song.name


def _asked(caller: Caller, clip: Clip) -> float | None:
    """The length that was ordered, where one was. A part or a version of a song keeps the length of its source."""
    job = caller.journal.job(caller.account, clip.job_id)
    seconds = None if job is None or clip.part else job.arguments.get("seconds")
    return float(seconds) if isinstance(seconds, int | float) else None


def _unsung(caller: Caller, clip: Clip) -> list[Measure]:
    from ..files.studio.takes import Measure

    missing = unsung(caller, clip)
    if missing is None:
        return []
    share = missing.missing / missing.words
    if not missing.missing:
        return [Measure("words_not_sung", 0.0, "words", f"All {missing.words} words are sung.")]
    counts = share > _MANY_UNSUNG or missing.longest >= _LONG_UNSUNG
    says = f"{missing.missing} of {missing.words} words are not sung, such as “{missing.passage}”."
    return [Measure("words_not_sung", float(missing.missing), "words", says, 3 if counts else 0)]


def _row(measure: Measure) -> dict[str, Any]:
    value = {} if measure.value is None else {"value": float(measure.value)}  # the figures of NumPy are no JSON
    return {"name": measure.name, **value, "unit": measure.unit, "says": measure.says, "fault": measure.weight > 0}
