"""The check that runs by itself before money is spent: only certain losses stop, and at most three warnings speak."""

from typing import NamedTuple

from .bundled import toml
from .check import check_lyrics
from .duration import bpm_of, metre_of
from .findings import Finding, Kind
from .genres import genre_words
from .song import engine_of, limits_for
from .style import check_style

MOST_WARNINGS = 3
_ABOUT_LYRICS_ALONE = frozenset(("T1", "T4", "D1", "D2"))
"""Warnings about the form of a whole song; they say nothing about a part that continues or repairs one."""


class Preflight(NamedTuple):
    """What stops the call, and the gravest warnings (at most three)."""

    stops: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


def preflight(
    lyrics: str | None,
    style: str | None,
    *,
    negative_style: str | None = None,
    title: str | None = None,
    description: str | None = None,
    model: str | None = None,
    engine: str = "sonic",
    instrumental: bool = False,
    partial: bool = False,
    language: str | None = None,
    genre: str | None = None,
    seconds: float | None = None,
    bpm: float | None = None,
    kind: Kind = "song",
) -> Preflight:
    """Check the texts of one paid call. None means that the call does not carry that text.

    `description` is a brief for which the service writes the lyrics; `partial` says that the lyrics are a part of a
    song (an extension, a replaced section). Genre and tempo are read from the style where they are not given.
    """
    engine = engine_of(model, engine)
    findings: list[Finding] = []
    if lyrics is not None and lyrics.strip() and instrumental:
        findings.append(Finding("L3", "warn", "Lyrics are given for an instrumental: they will not be sung."))
    elif lyrics is not None and not instrumental:
        checked = check_lyrics(
            lyrics,
            model=model,
            engine=engine,
            genre=genre or _genre_name(style),
            language=language,
            seconds=None if partial else seconds,
            bpm=bpm or (bpm_of(style) if style else None),
            metre=metre_of(style) if style else None,
            title=None if partial else title,
            kind="continuation" if partial else kind,
        )
        findings += [item for item in checked.findings if not (partial and item.id in _ABOUT_LYRICS_ALONE)]
    if lyrics is None or instrumental or partial:
        findings += _texts(title, model, engine, seconds)
    if description is not None:
        findings += _brief(description, engine)
    if style is not None:
        findings += check_style(
            style, negative_style=negative_style, model=model, engine=engine, language=language
        ).findings
    unique = {(finding.id, finding.line): finding for finding in reversed(findings)}
    ordered = list(reversed(unique.values()))
    return Preflight(
        tuple(finding for finding in ordered if finding.level == "stop"),
        tuple(finding for finding in ordered if finding.level == "warn")[:MOST_WARNINGS],
    )


def _genre_name(style: str | None) -> str | None:
    """The genre a style names. That a style says "instrumental" of a part does not make the song one."""
    named = genre_words(style or "")
    return named[0] if named else None


def _texts(title: str | None, model: str | None, engine: str, seconds: float | None) -> list[Finding]:
    """The limits that hold without lyrics."""
    findings = []
    limits = limits_for(model, engine)
    if title and len(title) > limits.title:
        findings.append(Finding("L2", "stop", f"The title has {len(title)} characters; {limits.title} are accepted."))
    facts = toml("limits")["sonic"]
    low, high = facts["seconds_low"], facts["seconds_high"]
    if engine == "sonic" and seconds is not None and not (low <= seconds <= high and seconds == int(seconds)):
        findings.append(Finding("L4", "stop", f"seconds must be a whole number from {low} to {high}, not {seconds:g}."))
    return findings


def _brief(description: str, engine: str) -> list[Finding]:
    limit = toml("limits")["sonic"]["description"]
    if engine != "sonic":
        return []
    if not description.strip():
        return [Finding("L3", "stop", "The description is empty. Say what the song is about, or write lyrics.")]
    if len(description) > limit:
        return [Finding("L1", "stop", f"The description has {len(description)} characters; {limit} are accepted.")]
    return []
