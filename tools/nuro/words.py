"""The words that the nuro family knows, as its pages list them."""

from __future__ import annotations

from typing import Literal

# fmt: off
SongGenre = Literal[
    "Folk", "Pop", "Rock", "Chinese Style", "Hip Hop/Rap", "R&B/Soul", "Punk", "Electronic", "Jazz", "Reggae", "DJ",
    "Pop Punk", "Disco", "Future Bass", "Pop Rap", "Trap Rap", "R&B Rap", "Chinoiserie Electronic", "GuFeng Music",
    "Pop Rock", "Jazz Pop", "Bossa Nova", "Contemporary R&B",
]
SongMood = Literal[
    "Happy", "Dynamic/Energetic", "Sentimental/Melancholic/Lonely", "Inspirational/Hopeful", "Nostalgic/Memory",
    "Excited", "Sorrow/Sad", "Chill", "Romantic", "Miss", "Groovy/Funky", "Dreamy/Ethereal", "Calm/Relaxing",
]
Timbre = Literal[
    "Warm", "Bright", "Husky", "Electrified voice", "Sweet", "Cute", "Loud and sonorous", "Powerful", "Sexy/Lazy",
]
Genre = Literal[
    "corporate", "dance/edm", "orchestral", "chill out", "rock", "hip hop", "folk", "funk", "ambient", "holiday",
    "jazz", "kids", "world", "travel", "commercial", "advertising", "driving", "cinematic", "upbeat", "epic",
    "inspiring", "business", "video game", "dark", "pop", "trailer", "modern", "electronic", "documentary",
    "soundtrack", "fashion", "acoustic", "movie", "tv", "high tech", "industrial", "dance", "video", "vlog",
    "marketing", "game", "radio", "promotional", "sports", "party", "summer", "beauty",
]
Mood = Literal[
    "positive", "uplifting", "energetic", "happy", "bright", "optimistic", "hopeful", "cool", "dreamy", "fun",
    "light", "powerful", "calm", "confident", "joyful", "dramatic", "peaceful", "playful", "soft", "groovy",
    "reflective", "easy", "relaxed", "lively", "smooth", "romantic", "intense", "elegant", "mellow", "emotional",
    "sentimental", "cheerful happy", "contemplative", "soothing", "proud", "passionate", "sweet", "mystical",
    "tranquil", "cheerful", "casual", "beautiful", "ethereal", "melancholy", "sad", "aggressive", "haunting",
    "adventure", "serene", "sincere", "funky", "funny",
]
Instrument = Literal[
    "piano", "drums", "guitar", "percussion", "synth", "electric guitar", "acoustic guitar", "bass guitar", "brass",
    "violin", "cello", "flute", "organ", "trumpet", "ukulele", "saxophone", "double bass", "harp", "glockenspiel",
    "synthesizer", "keyboard", "marimba", "bass", "banjo", "strings",
]
Theme = Literal[
    "inspirational", "motivational", "achievement", "discovery", "every day", "love", "technology", "lifestyle",
    "journey", "meditation", "drama", "children", "hope", "fantasy", "holiday", "health", "family", "real estate",
    "media", "kids", "science", "education", "progress", "world", "vacation", "training", "christmas", "sales",
]
SectionName = Literal["intro", "verse", "chorus", "inst", "bridge", "outro"]
# fmt: on
