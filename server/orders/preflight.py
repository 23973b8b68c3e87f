"""The check of a purchase's words before it is made: free, by the same rules as check_lyrics and check_style.

The rules themselves are in `craft`, which knows only texts, and are loaded when they are first needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ..core.errors import ArgumentRefused
from ..core.operation import Checked, Purchase
from .envelope import cut
from .reports import FIX_CUT
from .results import Result

if TYPE_CHECKING:
    from ..craft import Finding

MOST_WARNINGS = 3
"""Warnings that travel in the result of a purchase."""
_MENDED = frozenset({"F1", "F2", "F3", "F4", "F5", "F7", "F8", "F10"})
"""Rules whose stops are mended by the clean lyric of check_lyrics."""
_PARTS = ("extend_song", "replace_section")
"""Endings of the names of purchases whose lyrics are only part of a song."""
_CHECKED_BY_THE_DECLARATION = frozenset({"L1", "L2", "L4", "Y1"})
"""Limits that differ by tool or by catalogue; the operation itself enforces them."""


def preflight(operation: Purchase) -> tuple[str, ...]:
    """Warnings about the texts of a purchase that composes, at most three; nothing for any other.

    Raises `ArgumentRefused` for what would be refused or wasted for certain, unless the purchase says `force`, because
    a rule that is wrong for once must not stand in a person's way. Blocks.
    """
    stops, warnings = _checked(operation)
    if stops and isinstance(operation, Checked) and not operation.force:
        said = "; ".join(_said(told) for told in stops[:MOST_WARNINGS])
        left = len(stops) - MOST_WARNINGS
        further = f"; and {left} more" if left > 0 else ""
        mend = "call check_lyrics, which gives the clean lyric as clean_lyrics" if _mendable(stops) else "repair it"
        raise ArgumentRefused(
            f"{said}{further}. Nothing was sent or spent. {mend.capitalize()}, or call again with force: true to "
            f"order it as it is. check_lyrics and check_style are free.",
            field=stops[0].field,
        )
    return _told(stops, warnings)


def _mendable(stops: Sequence[Told]) -> bool:
    """Whether the clean lyric has what is needed; not beside a stop that only a person can do something about."""
    return all(told.finding.id in _MENDED for told in stops)


def warnings_of(operation: Purchase) -> tuple[str, ...]:
    """What `preflight` says of a purchase that was made: it refuses nothing any more, whatever the rules are today."""
    return _told(*_checked(operation))


class Told(NamedTuple):
    """A finding and the argument it is about."""

    field: str
    finding: Finding


def _checked(operation: Purchase) -> tuple[Sequence[Told], Sequence[Told]]:
    """The stops and the warnings about the texts of a purchase that composes; none for any other."""
    if not isinstance(operation, Checked):
        return (), ()
    from ..craft import preflight as check

    given = {name: getattr(operation, name) for name in type(operation).model_fields}
    found = check(
        given.get("lyrics"),
        given.get("style"),
        negative_style=given.get("negative_style"),
        title=given.get("title"),
        model=given.get("model"),
        engine=operation.family,
        instrumental=bool(given.get("instrumental")),
        partial=operation.tool_name().endswith(_PARTS),
        seconds=given.get("seconds"),
    )
    stops = [Told(_field(finding), finding) for finding in found.stops]
    if around := given.get("song_lyrics"):
        # The words around a stretch are not sung again, so in them only text that is certainly no lyric matters.
        stops += [Told("song_lyrics", finding) for finding in check(around, None, partial=True).stops]
    kept = [told for told in stops if told.finding.id not in _CHECKED_BY_THE_DECLARATION]
    return kept, [Told(_field(finding), finding) for finding in found.warnings]


def _told(stops: Sequence[Told], warnings: Sequence[Told]) -> tuple[str, ...]:
    return tuple(_said(told) for told in (*stops, *warnings))[:MOST_WARNINGS]


def with_warnings(result: Result, warnings: tuple[str, ...]) -> Result:
    """The result of a purchase, with what the check before it had to say."""
    return replace(result, data={**result.data, "preflight": list(warnings)}) if warnings else result


def _field(finding: Finding) -> str:
    # An artist's name in lyrics is at most a note; what speaks here was found in the style.
    return "style" if finding.id.startswith("Y") or finding.id == "C4" else "lyrics"


def _said(told: Told) -> str:
    """A finding in one line: where, what, how to fix it, and the rule's id."""
    field, finding = told
    where = f"{field}, line {finding.line}" if finding.line is not None else field
    return f"{where}: {finding.why.rstrip('.')}{_remedy(told)} [{finding.id}]"


def _remedy(told: Told) -> str:
    """The fix, unless the finding contains it; for a style only one that fits, because a cut one misleads."""
    field, finding = told
    if finding.fix is None or (finding.fix and finding.fix in finding.why):
        return ""
    if not finding.fix:
        return " (fix: take the line out)"
    if field == "style" and len(finding.fix) > FIX_CUT:
        return ""
    return f" (fix: {cut(' / '.join(finding.fix.splitlines()), FIX_CUT)})"
