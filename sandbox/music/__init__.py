"""The sandbox's composer and renderer: briefs become scores, scores become sound.

A `Score` is small plain data (`to_json`); audio exists only as the result of `render`. Everything here is pure: bytes
and values in, bytes and values out, and the same brief always gives the same song.
"""

from __future__ import annotations

from .art import cover_art
from .codec import Audio, NotAudio, decode, encode, tiny
from .compose import compose
from .listen import recording
from .lyricist import title_of, write_lyrics
from .midifile import midi
from .operations import add_instrumental, add_vocals, cover, extend, mashup, sample
from .operations import replace_section as replace
from .render import Recordings, render, stems
from .report import bpm, notes, parts, timeline
from .score import PARTS, RATE, Brief, Note, Score, Word
from .tape import concat, remaster, stem, window

__all__ = [
    "PARTS",
    "RATE",
    "Audio",
    "Brief",
    "NotAudio",
    "Note",
    "Recordings",
    "Score",
    "Word",
    "add_instrumental",
    "add_vocals",
    "bpm",
    "compose",
    "concat",
    "cover",
    "cover_art",
    "decode",
    "encode",
    "extend",
    "mashup",
    "midi",
    "notes",
    "parts",
    "recording",
    "remaster",
    "render",
    "replace",
    "sample",
    "stem",
    "stems",
    "timeline",
    "tiny",
    "title_of",
    "window",
    "write_lyrics",
]
