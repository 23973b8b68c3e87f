"""Scissors and glue: operations that only move pieces of a score, and never change a note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from .report import heard_lyrics
from .score import PARTS, RATE, Piece, Polish, Score, Source

_EDGE: Final = 0.005
_TAIL: Final = 0.03


def window(score: Score, start: float, end: float) -> Score:
    """Return only the stretch from `start` to `end` seconds; ValueError when nothing of the song lies in it."""
    start, end = max(0.0, start), min(end, score.seconds)
    if end - start < 0.01:
        raise ValueError(f"there is nothing between {start:.2f} and {end:.2f} seconds of a song of {score.seconds:.2f}")
    return _with_lyrics(
        tidy(replace(score, seconds=_exact(end - start), pieces=tuple(shifted(cut(score, start, end), -start))))
    )


def concat(first: Score, at: float, second: Score) -> Score:
    """Return `first` up to `at` seconds followed by all of `second`; the length is the sum.

    What the first song plays at the cut rings on for a thirtieth of a second under the beginning of the second.
    """
    at = min(max(0.0, at), first.seconds)
    head = [_ringing(first, piece, at) for piece in cut(first, 0.0, at)]
    tail = [replace(piece, source=piece.source + len(first.sources)) for piece in shifted(second.pieces, at)]
    joined = replace(
        first,
        seconds=_exact(at + second.seconds),
        sources=first.sources + second.sources,
        pieces=(*head, *tail),
        style=first.style or second.style,
    )
    return _with_lyrics(tidy(joined))


def patched(
    score: Score, start: float, end: float, patch: Iterable[Piece], sources: tuple[Source, ...], fade: float
) -> Score:
    """Return the song with `patch` (pieces at times of the song, of `sources`) heard from `start` to `end`.

    All crossfading happens inside the window: outside, every sample stays as it was.
    """
    fade = min(fade, (end - start) / 3)
    before = (
        [_faded_out(p, fade) if _ends(p, start + fade) else p for p in cut(score, 0.0, start + fade)]
        if start > 0
        else []
    )
    after = [
        _faded_in(p, fade) if abs(p.at - (end - fade)) < 1e-6 else p for p in cut(score, end - fade, score.seconds)
    ]
    middle = [replace(p, source=p.source + len(score.sources), fade_in=fade, fade_out=fade) for p in patch]
    pieces = (*before, *middle, *(after if end < score.seconds - 1e-6 else []))
    return _with_lyrics(tidy(replace(score, sources=score.sources + sources, pieces=pieces)))


def stem(score: Score, part: str) -> Score:
    """Return the song with only `part` let out; "instrumental" is all but vocals. ValueError for an unknown part."""
    if part != "instrumental" and part not in PARTS:
        raise ValueError(f"there is no part {part!r}; the parts are {', '.join(PARTS)}")
    wanted = tuple(p for p in PARTS if p != "vocals") if part == "instrumental" else (part,)
    pieces = tuple(
        replace(p, solo=wanted if p.solo is None else tuple(x for x in p.solo if x in wanted)) for p in score.pieces
    )
    return _with_lyrics(replace(score, pieces=pieces))


def remaster(score: Score, strength: Polish = "normal") -> Score:
    """Return the song mastered again, brighter and louder: "subtle", "normal" or "high"; the notes stay."""
    if strength not in ("subtle", "normal", "high"):
        raise ValueError(f"the strength is subtle, normal or high, not {strength!r}")
    return replace(score, pieces=tuple(replace(piece, polish=strength) for piece in score.pieces))


def cut(score: Score, start: float, end: float) -> list[Piece]:
    """Return what is heard between two times, still at its own time; new edges get a fade too short to hear."""
    result = []
    for piece in score.pieces:
        a, b = max(start, piece.at), min(end, piece.at + piece.seconds)
        if b - a < 1e-4:
            continue
        begin = piece.begin + a - piece.at
        fade_in = piece.fade_in if a == piece.at else _EDGE
        fade_out = piece.fade_out if b == piece.at + piece.seconds else _EDGE
        result.append(replace(piece, begin=begin, end=begin + b - a, at=a, fade_in=fade_in, fade_out=fade_out))
    return result


def shifted(pieces: Iterable[Piece], by: float) -> list[Piece]:
    """Return pieces moved in time by so many seconds."""
    return [replace(piece, at=piece.at + by) for piece in pieces]


def tidy(score: Score) -> Score:
    """Return the score without sources that nobody hears any more, each source named once."""
    kept: list[Source] = []
    places: dict[int, int] = {}
    for piece in score.pieces:
        if piece.source not in places:
            source = score.sources[piece.source]
            if source not in kept:
                kept.append(source)
            places[piece.source] = kept.index(source)
    return replace(
        score, sources=tuple(kept), pieces=tuple(replace(piece, source=places[piece.source]) for piece in score.pieces)
    )


def _with_lyrics(score: Score) -> Score:
    return replace(score, lyrics=heard_lyrics(score))


def _exact(seconds: float) -> float:
    """Return a length in whole samples."""
    return round(seconds * RATE) / RATE


def _ends(piece: Piece, at: float) -> bool:
    return abs(piece.at + piece.seconds - at) < 1e-6


def _faded_out(piece: Piece, fade: float) -> Piece:
    return replace(piece, fade_out=min(fade, piece.seconds))


def _faded_in(piece: Piece, fade: float) -> Piece:
    return replace(piece, fade_in=min(fade, piece.seconds))


def _ringing(score: Score, piece: Piece, at: float) -> Piece:
    """Let a piece that was cut at `at` ring on a moment, if its source goes on."""
    more = min(_TAIL, score.sources[piece.source].seconds - piece.end)
    if not _ends(piece, at) or more < 0.002:
        return piece
    return replace(piece, end=piece.end + more, fade_out=more)
