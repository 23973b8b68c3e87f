"""What a clip's file is called and what its tags say, from all that is known of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from ..core.jobs import Clip
from ..core.operation import Purchase
from ..journal.albums import Track
from .names import name_of
from .tags import SongTags

ARTIST = SongTags.artist
_TAKE = re.compile(r"(?:^|, )take (\d{1,5})$")
_CAPITALS = frozenset(["dnb", "ebm", "edm", "idm", "mpb", "r&b", "rnb", "uk", "us"])
_VARIATION_CHARACTERS, _VARIATION_BYTES = 24, 48


def label_of(clip: Clip, operation: Purchase | None, source: Clip | None, take: int) -> str:
    """What distinguishes a clip's files from those of its siblings and sources: "cover, bossa nova, take 1".

    A part is named after the take it comes from: "take 2, vocals".
    """
    if clip.part is not None:
        words = [label_with(source) if source else "", clip.part]
    else:
        version = operation.version if operation else ""
        style = _genre(operation.variation) if operation and version else ""
        variation = name_of(style, _VARIATION_CHARACTERS, _VARIATION_BYTES)
        words = [version, variation, f"take {take}" if take else ""]
    return ", ".join(word for word in words if word)


def label_with(clip: Clip) -> str:
    """The label of a clip, also of one that was saved before labels were."""
    return clip.label if clip.label is not None else f"take {clip.take}" if clip.take else ""


def name_with(clip: Clip) -> str:
    """A clip as a person knows it: "Lucía (take 1)"."""
    title, label = clip.title or clip.clip_id, label_with(clip)
    return f"{title} ({label})" if label else title


def tags_of(clip: Clip, track: Track | None, *, sandbox: bool) -> SongTags:
    """The tags of a clip's files; `track` is its place on the album it was put on.

    Until then the album is the song itself, so that other programs keep its takes together and apart from other songs.
    """
    label = label_with(clip)
    version, take = _without_take(label)
    if track is not None:
        plain, album, artist = track.alike == 1, track.album, track.artist
        number: int | None = track.number
        of: int | None = track.of
    else:
        plain, artist, of = not version, "", None
        number = None if clip.part else take or 1
        if clip.part and label != clip.part:
            version = f"{label.removesuffix(f', {clip.part}')}, stems"
        album = f"{clip.title} ({version})" if version else clip.title
    return SongTags(
        clip_id=clip.clip_id,
        title=clip.title if plain else name_with(clip),
        take=take,
        artist=artist or ARTIST,
        album=album,
        album_artist=artist or ARTIST,
        track=number,
        tracks=of,
        genre=_capitals(_genre(clip.style)),
        lyrics=clip.lyrics,
        style=clip.style,
        language=_language(clip.lyrics),
        prompt=clip.prompt,
        model=clip.model,
        seconds=clip.seconds,
        bpm=clip.bpm,
        created=datetime.fromtimestamp(clip.created_at, UTC).isoformat(timespec="seconds"),
        sandbox=sandbox,
    )


def _without_take(label: str) -> tuple[str, int | None]:
    """The version that a label names, and the take: "cover, bossa nova" and 1."""
    found = _TAKE.search(label)
    return (label[: found.start()], int(found[1])) if found else (label, None)


def _genre(style: str) -> str:
    from ..craft.genres import genre_tag  # loaded with the first song: a server that starts has no use for it

    return genre_tag(style)


def _language(lyrics: str) -> str | None:
    from ..craft.languages import detect

    return detect(lyrics)


def _capitals(genre: str) -> str:
    """As players show genres: "Bossa Nova", "UK Drill"."""
    if genre != genre.lower():
        return genre
    return " ".join(word.upper() if word in _CAPITALS else word.title() for word in genre.split())
