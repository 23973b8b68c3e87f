"""What a person is told of a project: what is an average in it, and how to open it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..files.studio.session import Session
from .bought import Offer

_STEADY = 1.0
"""Beats per minute between the slowest and the fastest stretch of a song that keeps its tempo."""


@dataclass(frozen=True)
class Origin:
    """Where a project's tempo and metre are from."""

    tempo: Literal["measured", "midi", "unknown"]
    metre_known: bool
    """Whether a MIDI file states it."""


def averages(session: Session, origin: Origin, span: tuple[float, float] | None, lossy: Sequence[str]) -> list[str]:
    """What in a project is an average, an assumption or rounded, as sentences."""
    said = [_tempo(session, origin, span)]
    said.append("Bar one begins with the first sample of the recording, which need not be the first beat of the music.")
    beats, unit = session.tempo.meter
    metre = "what the MIDI file states" if origin.metre_known else "an assumption"
    said.append(f"{beats}/{unit} time is {metre}.")
    if session.lines:
        said.append("Markers stand where a section's first word is sung, not at the beginning of its first bar.")
    if session.players:
        said.append("MIDI notes were heard by a program: their times are close to the recording's, not exact.")
    if sum(not sound.muted for sound in session.sounds) > 1:
        said.append("Together the stems are close to the mix, which is muted; they are not its exact parts.")
    if lossy:
        said.append(f"Decoded from compressed files: {', '.join(lossy)}. get_wav brings each without that loss.")
    return said


def _tempo(session: Session, origin: Origin, span: tuple[float, float] | None) -> str:
    bpm = f"{session.tempo.first:g}"
    if origin.tempo == "unknown":
        return f"The tempo is not known. {bpm} beats per minute is a placeholder, so bars do not fit the music."
    if origin.tempo == "midi":
        many = "its tempo changes are" if len(session.tempo.points) > 1 else f"{bpm} beats per minute is"
        return f"No tempo was measured: {many} what the MIDI file states."
    if span is None:
        return (
            f"One tempo for the whole song: {bpm} beats per minute is its average, and bars may drift from the music."
        )
    slowest, fastest = span
    if fastest - slowest <= _STEADY:
        return (
            f"One tempo for the whole song: {bpm} beats per minute is its average; no stretch was measured more than "
            f"{_STEADY:g} away from another."
        )
    return (
        f"One tempo for the whole song: {bpm} beats per minute is its average. It was measured between {slowest:g} and "
        f"{fastest:g}, so bars drift from the music."
    )


def readme(session: Session, name: str, said: Sequence[str], missing: Sequence[Offer], lost: Sequence[str]) -> str:
    """The text beside a project, for whoever opens the folder."""
    rows = [
        session.title,
        "",
        "How to open it",
        f"  {name}.dawproject  Bitwig Studio, Cubase, Studio One and other programs that read DAWproject;",
        "                     everything is inside, so it can be moved alone.",
        f"  {name}.rpp  REAPER; keep it in this folder, because it uses the files in audio.",
        "  Any other program: put the files of audio and midi on tracks of their own, all at the very beginning.",
        "Everything begins at bar one. Nothing has to be moved.",
        "",
        "Tracks",
        *[
            f"  {sound.name}: {sound.file}, {sound.seconds:.1f} s"
            + (" (muted: it would sound twice)" if sound.muted else "")
            for sound in session.sounds
        ],
        *[f"  {player.name}: {len(player.notes)} notes" for player in session.players],
        *([f"  Lyrics: {len(session.lines)} lines with their times"] if session.lines else []),
        "",
        "What is an average or an assumption",
        *[f"  {sentence}" for sentence in said],
    ]
    if missing:
        rows += ["", "What was not bought, and the tool of Songwright that gets it"]
        rows += [f"  {offer.what}: {offer.tool}" for offer in missing]
    if lost:
        rows += ["", "What was bought and is not in the library any more"]
        rows += [f"  {what}" for what in lost]
    return "\n".join([*rows, ""])
