"""S: the form of the song. Form is taste; what is left to say is a title that nobody will hear."""

from collections.abc import Iterator

from ..bundled import toml
from ..findings import Finding
from ..languages import WORD
from ..song import Song

_CONTENT_LETTERS = 3


def title_is_sung(song: Song) -> Iterator[Finding]:
    """S6: a title of which no word is sung; articles, case and endings do not matter."""
    if not song.title or not song.lyric.lines or song.kind == "spoken":
        return
    words = _plain(song.title)
    content = [word for word in words if word not in toml("words")["articles"]] or words
    # Echoes count, and so do parts of words: writing without spaces, endings that change, "Firefly" for "fireflies".
    sung = " ".join(word for line in song.lyric.lines for word in _plain(line.text))
    if content and not any(_stem(word) in sung for word in content):
        yield Finding("S6", "note", "No word of the title is sung; people search for the words they hear.")


def _plain(text: str) -> list[str]:
    return [word.casefold().replace("’", "'").strip("'") for word in WORD.findall(text)]


def _stem(word: str) -> str:
    return word[: max(_CONTENT_LETTERS, len(word) - 2)]


RULES = (title_is_sung,)
