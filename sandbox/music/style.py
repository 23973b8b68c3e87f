"""Read a style line: which genre, how fast, which key, who plays and who stays silent."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from .dice import dice
from .genre import Genre
from .genres import GENRES
from .score import NOTE_NAMES, Brief, Chair

DEFAULT_GENRE: Final = "pop"
SLOWEST, FASTEST = 40, 220

# Words for an instrument: the part it belongs to, its patch, and how it plays when the genre has nobody for it.
INSTRUMENTS: Final[tuple[tuple[str, Chair], ...]] = (
    ("electric piano|rhodes|wurlitzer", Chair("keyboard", "electric piano", "comp", -2, -0.2)),
    ("music box|celesta", Chair("keyboard", "music box", "roll", -3, -0.1)),
    ("bells?|glockenspiel", Chair("keyboard", "bells", "drops", -5, 0.2)),
    ("vibraphone|vibes|marimba|xylophone", Chair("keyboard", "vibraphone", "comp", -4, 0.2)),
    ("harpsichord|clavinet", Chair("keyboard", "clavinet", "pick", -5, -0.3)),
    ("organ|hammond", Chair("keyboard", "organ", "pad", -7, 0.3)),
    ("accordion", Chair("keyboard", "accordion", "pad", -5, 0.2)),
    ("piano|keys|keyboards?|pianist", Chair("keyboard", "piano", "block", -1, -0.2)),
    ("distorted guitars?|heavy guitars?|heavy riffs?", Chair("guitar", "distortion", "chug", -2, -0.3)),
    ("electric guitars?|overdriven guitars?", Chair("guitar", "overdrive", "power", -4, -0.3)),
    (
        "nylon(?:-string)? guitars?|classical guitars?|spanish guitars?",
        Chair("guitar", "nylon guitar", "fingerpick", -1, -0.2),
    ),
    ("ukulele", Chair("guitar", "ukulele", "strum", -2, -0.2)),
    ("banjo|mandolin", Chair("guitar", "banjo", "fingerpick", -3, 0.3)),
    ("harp|kora|zither|koto|sitar", Chair("guitar", "nylon guitar", "fingerpick", -2, 0.3)),
    ("acoustic guitars?|steel guitars?|fingerpick\\w*", Chair("guitar", "steel guitar", "fingerpick", -1, -0.2)),
    ("guitars?", Chair("guitar", "clean guitar", "strum", -3, -0.3)),
    ("fiddle|violin solo", Chair("strings", "fiddle", "answer", -4, 0.3)),
    ("pizzicato", Chair("strings", "pizzicato", "riff", -5, 0.3)),
    ("strings?|violins?|cellos?|viola|orchestra|string section", Chair("strings", "strings", "pad", -5, 0.25)),
    ("saxophones?|sax", Chair("woodwinds", "saxophone", "answer", -3, 0.2)),
    ("flutes?|pan ?flute|whistle|recorder", Chair("woodwinds", "flute", "answer", -4, 0.2)),
    ("clarinets?|oboe|bassoon|woodwinds?", Chair("woodwinds", "clarinet", "answer", -4, -0.2)),
    ("trumpets?|brass|trombones?|horn section|horns?", Chair("brass", "brass", "hits", -4, 0.25)),
    ("choir|choral", Chair("synth", "choir pad", "pad", -5, 0.0)),
    ("synths?|synthesi[sz]ers?|analog synth", Chair("synth", "analog pad", "pad", -5, 0.0)),
    ("pads?", Chair("synth", "warm pad", "pad", -6, 0.0)),
    ("arpeggio\\w*|arps?", Chair("synth", "pluck", "arp", -6, 0.3)),
    ("808s?", Chair("bass", "808 bass", "sub", 0, 0.0)),
    ("upright bass|double bass|contrabass", Chair("bass", "upright", "walk", 0, 0.0)),
    ("bass(?:line)?|bass guitar", Chair("bass", "finger bass", "push", 0, 0.0)),
    ("congas?|bongos?|percussion|shakers?|tambourine|claves", Chair("percussion", "", "hand", 0, 0.0)),
    ("drums?|drum kit|drum machine|beats?", Chair("drums", "", "beat", 0, 0.0)),
)

_MINOR_WORDS = re.compile(
    r"\b(sad|dark|melanchol\w*|moody|haunting|gloomy|angry|mysterious|somber|heartbreak|bitter\w*|tense|menacing|triste|traurig|lonely)\b"
)
_MAJOR_WORDS = re.compile(
    r"\b(happy|uplifting|bright|cheerful|joy\w*|sunny|fun|feel-?good|triumphant|sweet|playful|warm|hopeful|celebrat\w*|alegre|fröhlich)\b"
)
_SLOW_WORDS = re.compile(r"\b(slow|ballad|calm|gentle|relax\w*|dreamy|sleepy|mellow|soft|peaceful|intimate)\b")
_FAST_WORDS = re.compile(r"\b(fast|upbeat|energetic|driving|up-?tempo|frantic|hyper|party)\b")
_BPM = re.compile(r"(\d{2,3}(?:\.\d+)?)\s*-?\s*bpm|\bbpm\s*:?\s*(\d{2,3})", re.IGNORECASE)
_KEY = re.compile(r"(?:\bin\s+|\bkey(?: of)?:?\s+|^|,\s*)([A-G])([#♯b♭]?)[\s-]*(major|minor|maj|min)\b", re.IGNORECASE)
_FEMALE = re.compile(r"\b(female|woman|women|girl|soprano|alto|mezzo\w*)\b")
_MALE = re.compile(r"\b(male|man|men|boy|baritone|tenor|bass voice|crooner)\b")
_WALTZ = re.compile(r"\b(waltz|3/4|6/8)\b")
_FOUR = re.compile(r"\b4/4\b")


@dataclass(frozen=True)
class Plan:
    """A style line understood: everything about the band that is decided before the first note."""

    name: str
    genre: Genre
    tempo: float
    tempo_fixed: bool
    tonic: int
    mode: str
    scale: str
    meter: int
    chairs: tuple[Chair, ...]
    lead: str
    gender: str
    instrumental: bool
    backing: bool


def genre_of(style: str) -> str | None:
    """Return the genre a style line names first (of two at one place, the longer word), or None."""
    text = style.lower()
    best: tuple[int, int, str] | None = None
    for name, genre in GENRES.items():
        for word in genre.words:
            found = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)
            if found and (best is None or (found.start(), -len(word)) < best[:2]):
                best = (found.start(), -len(word), name)
    if best is not None:
        return best[2]
    if re.search(r"\bpiano\b", text):
        return "classical"
    if re.search(r"\b(guitar|ballad)\b", text):
        return "folk"
    return None


def asked_tempo(style: str) -> float | None:
    """Return the beats per minute a style line spells out, kept within what can be played."""
    found = _BPM.search(style)
    if found is None:
        return None
    return min(max(float(found[1] or found[2]), SLOWEST), FASTEST)


def read_style(brief: Brief, *, genre_name: str | None = None) -> Plan:
    """Turn the brief's style into a plan; `genre_name` is used when the style names no genre."""
    style = brief.style
    text = style.lower()
    name = genre_of(style) or genre_name or DEFAULT_GENRE
    genre = GENRES[name]
    chance = dice("plan", name, style, brief.seed, brief.title, brief.lyrics[:200])
    tempo = asked_tempo(style)
    tonic, mode = _key(style, genre, text, chance.random(), int(chance.integers(12)))
    meter = 3 if _WALTZ.search(text) else 4 if _FOUR.search(text) else genre.meter
    chairs = _seat(genre, text, brief.negative_style.lower())
    instrumental = brief.instrumental or _refused(
        "vocals?|voice|singing|singer|lyrics", text, brief.negative_style.lower()
    )
    return Plan(
        name=name,
        genre=genre,
        tempo=tempo if tempo is not None else _tempo(genre, text, chance.random()),
        tempo_fixed=tempo is not None,
        tonic=tonic,
        mode=mode,
        scale=_scale(genre, mode),
        meter=meter,
        chairs=chairs,
        lead=_lead(genre, chairs, text),
        gender=_gender(brief),
        instrumental=instrumental,
        backing=genre.backing or "choir" in text or "harmon" in text or "backing vocal" in text,
    )


def _key(style: str, genre: Genre, text: str, throw: float, fallback: int) -> tuple[int, str]:
    found = _KEY.search(style)
    if found:
        letter = NOTE_NAMES.index(found[1].upper())
        shift = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}[found[2].lower()]
        return (letter + shift) % 12, "minor" if found[3].lower().startswith("min") else "major"
    minor = throw < genre.minor
    if _MINOR_WORDS.search(text):
        minor = True
    elif _MAJOR_WORDS.search(text) and genre.minor < 0.8:
        minor = False
    if genre.minor == 0.0:
        minor = False
    return fallback, "minor" if minor else "major"


def _scale(genre: Genre, mode: str) -> str:
    if not genre.scale:
        return mode
    if genre.scale.endswith("pentatonic"):
        return f"{mode} pentatonic"
    return genre.scale


def _tempo(genre: Genre, text: str, throw: float) -> float:
    low, high = genre.tempo
    if _SLOW_WORDS.search(text):
        high = low + (high - low) // 3
    elif _FAST_WORDS.search(text):
        low = high - (high - low) // 3
    return float(round(low + (high - low) * throw))


def _refused(words: str, text: str, negative: str) -> bool:
    if re.search(rf"\b(?:no|without|zero)\s+(?:\w+\s+)?(?:{words})\b", text):
        return True
    return re.search(rf"\b(?:{words})\b", negative) is not None


def _seat(genre: Genre, text: str, negative: str) -> tuple[Chair, ...]:
    """Return the genre's band with the requested instruments added and the refused ones removed."""
    chairs = {chair.part: chair for chair in genre.band}
    if genre.drums:
        chairs["drums"] = Chair("drums", genre.kit, "beat")
    asked: set[str] = set()
    for words, chair in INSTRUMENTS:
        if _refused(words, text, negative):
            if chair.part not in asked:
                chairs.pop(chair.part, None)
            if chair.part == "drums":
                chairs.pop("percussion", None)
        elif chair.part not in asked and re.search(rf"(?<![\w&])(?:{words})(?![\w&])", _without_genres(text)):
            asked.add(chair.part)
            chairs[chair.part] = _hire(chairs.get(chair.part), chair, genre)
    if not set(chairs) - {"drums", "percussion", "fx"}:
        chairs["keyboard"] = Chair("keyboard", "piano", "block")
    return tuple(chairs.values())


def _hire(seated: Chair | None, asked: Chair, genre: Genre) -> Chair:
    """Give the asked instrument the seat; a seated colleague's manner of playing is the genre's, so it stays."""
    if asked.part in ("drums", "percussion"):
        kit = genre.kit if genre.kit != "none" else "studio"
        return seated or replace(asked, patch=kit)
    if seated is None:
        return asked
    if seated.patch.split()[-1] == asked.patch.split()[-1] and asked.patch in ("clean guitar", "finger bass"):
        return replace(seated, level=min(seated.level + 2, 2))
    manner = asked.manner if seated.manner in ("answer", "drops", "rise", "wind") else seated.manner
    return replace(asked, manner=manner, level=max(seated.level, asked.level))


def _without_genres(text: str) -> str:
    """Blank out genre names that contain an instrument ("drum and bass", "steel drum")."""
    for phrase in (
        "drum and bass",
        "drum & bass",
        "drum n bass",
        "string quartet",
        "lo-fi beats",
        "study beats",
        "breakbeat",
    ):
        text = text.replace(phrase, " ")
    return text


def _lead(genre: Genre, chairs: tuple[Chair, ...], text: str) -> str:
    for words, chair in INSTRUMENTS:
        if re.search(rf"\b(?:{words})\s+(?:solo|lead|melody)|\b(?:solo|lead)\s+(?:{words})\b", text):
            return chair.part
    for part in ("woodwinds", "brass"):
        if any(chair.part == part for chair in chairs) and all(chair.part != part for chair in genre.band):
            return part
    return genre.lead


def asked_gender(brief: Brief) -> str | None:
    """Return "f" or "m" when the brief asks for a voice, in its field or in its style."""
    if brief.vocal_gender in ("f", "m"):
        return brief.vocal_gender
    text = brief.style.lower()
    if _FEMALE.search(text):
        return "f"
    return "m" if _MALE.search(text) else None


def _gender(brief: Brief) -> str:
    asked = asked_gender(brief)
    if asked is not None:
        return asked
    return "f" if dice("gender", brief.voice or "", brief.seed, brief.style).random() < 0.55 else "m"
