"""check_lyrics: everything that can be said about a lyric before money is spent."""

from collections.abc import Mapping
from dataclasses import replace

from .duration import Calibration, bpm_of, metre_of
from .findings import Finding, Kind, Report, SectionStats, Stats, choose
from .fixes import Repaired, repair
from .genres import recognise
from .lyric import read
from .plan import kind_of
from .rhyme import can_rhyme
from .rules import RULES, limits
from .song import Song, engine_of, limits_for
from .syllables import bounded

_MOST_CLICHES = 8
_ABOUT_A_WHOLE_SONG = frozenset(("T1", "S6", "D2", "D3"))
"""What says nothing about a part that continues another song."""
_MOST_CHARS = 10_000  # twice the longest limit: what comes after is not read


def check_lyrics(
    lyrics: str,
    *,
    model: str | None = None,
    genre: str | None = None,
    language: str | None = None,
    seconds: float | None = None,
    bpm: float | None = None,
    metre: str | None = None,
    title: str | None = None,
    kind: Kind = "song",
    names: Mapping[str, str] | None = None,
    reference: str | None = None,
    calibration: Calibration | None = None,
    engine: str = "sonic",
) -> Report:
    """Check a lyric against what the service accepts, what gets sung wrongly, and what songs usually do.

    `seconds` is the wanted length, `bpm` beats per minute, `metre` such as 3/4; a `genre` that names them ("slow waltz,
    68 BPM, 3/4") does where they are not given. `names` maps proper names to how they sound, `reference` is the
    original of an adaptation, line by line. Line numbers in findings belong to `lyrics` as given; it is never changed.
    `ok` is true when nothing stops the song.
    """
    repaired = repair(lyrics[:_MOST_CHARS])
    known = recognise(genre)
    song = Song(
        given=lyrics,
        lyric=read(repaired.text, repaired.numbers),
        limits=limits_for(model, engine),
        kind=kind_of(kind, known),
        engine=engine_of(model, engine),
        genre=known.genre,
        said_language=language,
        seconds=seconds,
        bpm=bpm or bpm_of(genre or ""),
        metre=metre or metre_of(genre or ""),
        title=title,
        names=names,
        reference=read(repair(reference[:_MOST_CHARS]).text) if reference else None,
        calibration=calibration,
    )
    with bounded(song.lyric.text, song.language):
        return _report(song, repaired)


def _report(song: Song, repaired: Repaired) -> Report:
    # A text that is not a lyric has no lines whose words or rhymes could be judged.
    rules = limits.RULES if repaired.hopeless else RULES
    findings = [*repaired.findings, *(finding for rule in rules for finding in rule(song))]
    if song.kind == "continuation":
        findings = [finding for finding in findings if finding.id not in _ABOUT_A_WHOLE_SONG]
    shown, more = choose(_one_per_line(findings))
    return Report(
        ok=not any(finding.level == "stop" for finding in findings),
        findings=shown,
        stats=_stats(song),
        estimate=song.estimate if song.lyric.lines else None,
        more=more,
        recognised=repaired.recognised,
        fixed_lyrics=repaired.text if _offered(repaired, song.given) else None,
    )


def _offered(repaired: Repaired, lyrics: str) -> bool:
    """Whether the repaired text is usable: not when it is not a lyric, nor when it was cut off."""
    return bool(repaired.findings) and not repaired.hopeless and len(lyrics) <= _MOST_CHARS and repaired.text != lyrics


def _one_per_line(findings: list[Finding]) -> list[Finding]:
    """The same rule about the same line is reported once."""
    seen: dict[tuple[str, int | None, str], Finding] = {}
    for finding in findings:
        key = (finding.id, finding.line, finding.why if finding.line is None else "")
        if key in seen and finding.fix is not None:
            seen[key] = replace(finding, level=seen[key].level)
        seen.setdefault(key, finding)
    return list(seen.values())


def _stats(song: Song) -> Stats:
    judged = can_rhyme(song.language)
    sections = tuple(
        SectionStats(
            tag=section.label,
            lines=len(section.lines),
            syllables=song.syllables[place],
            rhyme=song.scheme_of(section) if judged and len(section.lines) > 1 else "",
        )
        for place, section in enumerate(song.lyric.sections)
        if section.lines
    )
    return Stats(
        chars=len(song.given),
        words=len(song.lyric.words),
        lines=len(song.lyric.lines),
        syllables=sum(sum(counts) for counts in song.syllables.values()),
        language=song.dialect,
        sections=sections,
        cliches=tuple(list(song.worn)[:_MOST_CLICHES]),
    )
