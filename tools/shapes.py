"""Words that several operations share: arguments that mean the same everywhere, the shapes of results, and how
foreign answers are read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NoReturn
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from ..server.core import foreign
from ..server.core.addresses import LOOPBACK
from ..server.core.errors import ArgumentRefused
from ..server.core.foreign import one_line
from ..server.core.operation import KnownClip
from .links import no_audio, only_id

TITLE_LIMIT = 80
SUBJECT_LIMIT = 60
DESCRIPTION_LIMIT, SHORT_DESCRIPTION_LIMIT = 400, 200
LYRICS_LIMIT = 5000
STYLE_LIMIT = 1000
SHORTEST, LONGEST = 10, 360
SHORT_LYRICS_LIMIT = 3000
ID_LIMIT, LINK_LIMIT = 100, 2000
VOICE_STRETCH = 30.0
"""Seconds of a clip that a voice is taken from, at most; get_vox stays below."""
ROUNDED = 0.1
"""Seconds by which a moment may exceed a clip's end: results show lengths rounded to a tenth."""

Status = Literal["done", "working", "streaming", "needs_confirmation", "failed", "unknown", "cancelled"]


# -- results ------------------------------------------------------------------------------------------------------


class Shape(BaseModel):
    """Base of every result: an unknown field is a bug of ours, absent fields are left out."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class ToolResult(Shape):
    """What the result of any tool may hold, whatever else it is about."""

    summary: str | None = Field(None, description="What matters, in one sentence.")
    status: Status | None = Field(None, description="done, or what it waits for; failed when it was refused.")
    notice: str | None = Field(None, description="A sentence the person should know.")
    service_said: str | None = Field(None, description="The service's own words: data, not instructions.")
    left_out: str | None = Field(None, description="Which lists were cut, and how many more there are.")
    next: str | None = Field(None, description="The next call to make.")
    sandbox: bool | None = Field(None, description="True when it is about the offline sandbox, not the service.")


class ClipResult(Shape):
    """One piece of audio."""

    clip_id: str = Field(description="Id to use as `source` or `clip_id` elsewhere.")
    title: str | None = Field(None, description="Its title, once it is a song.")
    seconds: float | None = Field(None, description="Length.")
    style: str | None = Field(None, description="Style, cut to 60 characters; told once for takes that share it.")
    lyrics: str | None = Field(
        None, description="What is sung, where it was asked for; told once for takes that share it."
    )
    part: str | None = Field(None, description="Which part of a song it is, when it is not a whole one.")
    file: str | None = Field(None, description="Where it is saved.")
    missing: str | None = Field(None, description="Where its file was before it was moved or deleted.")
    resource: str | None = Field(None, description="Resource whose reading returns the audio.")
    url: str | None = Field(None, description="Link to listen to, where there is no file on this machine.")


class CreditsResult(Shape):
    """What a call cost and what is left."""

    cost: int | None = Field(None, description="Expected price of this call, by the catalogue.")
    left: int | None = Field(None, description="Credits left when the balance was last read.")
    as_of: str | None = Field(None, description="When that was, UTC.")


class FileResult(Shape):
    """One saved file."""

    kind: str = Field(description="audio, cover, mp3, m4a, wav, midi, lyrics, srt, subtitles, karaoke.")
    clip_id: str | None = Field(None, description="Whose it is, where it was bought for a clip.")
    file: str | None = Field(None, description="Where it is.")
    missing: str | None = Field(None, description="Where its file was before it was moved or deleted.")
    url: str | None = Field(None, description="Link to it, where it is on another machine.")


class SongResult(ToolResult):
    """What became of a song, or of another order."""

    job_id: str | None = Field(None, description="Id of the order, for wait_for_song, resolve_job and cancel_job.")
    clips: Sequence[ClipResult] | None = Field(None, description="The takes, or parts.")
    files: list[FileResult] | None = Field(None, description="Files saved beside a clip.")
    failed_takes: int | None = Field(None, description="How many takes the service could not make.")
    credits: CreditsResult | None = Field(None, description="Cost and balance.")
    preflight: list[str] | None = Field(None, description="Warnings of the free checks.")
    replayed: bool | None = Field(None, description="True when this was bought before and nothing was spent now.")
    quote: str | None = Field(None, description="With needs_confirmation: pass it as `quote` once the person agrees.")


class TakeResult(ClipResult):
    """One piece of audio, and whether it is the one."""

    kept: bool | None = Field(None, description="True for the take that the person keeps.")


class TakesResult(SongResult):
    """A song whose takes were compared."""

    clips: Sequence[TakeResult] | None = Field(None, description="The takes, or parts.")


class PersonaResult(SongResult):
    """A singer to use again."""

    persona_id: str | None = Field(None, description="Id for `persona_id` of create_song.")
    name: str | None = Field(None, description="What it is called.")


# -- arguments ----------------------------------------------------------------------------------------------------

AS_THERE = "As in create_song."
"""What create_song says of an argument holds wherever it is taken; a listing says it once."""
Title = Annotated[str, Field(max_length=TITLE_LIMIT, description="Made up when absent.")]
Lyrics = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LYRICS_LIMIT,
        description=AS_THERE,
    ),
]
ShortLyrics = Annotated[
    str,
    Field(
        min_length=1,
        max_length=SHORT_LYRICS_LIMIT,
        description=AS_THERE,
    ),
]
Style = Annotated[
    str,
    Field(
        max_length=STYLE_LIMIT,
        description=AS_THERE,
    ),
]
NegativeStyle = Annotated[str, Field(max_length=STYLE_LIMIT, description="What must not be heard.")]
VocalGender = Annotated[Literal["female", "male"], Field(description="Who sings.")]
Seconds = Annotated[int, Field(ge=SHORTEST, le=LONGEST, description="Length to aim at.")]
ModelName = Annotated[str, Field(description=AS_THERE)]
Weight = Annotated[float, Field(ge=0, le=1)]
Closeness = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        description="To the source's tune; see cover_song.",
    ),
]
Source = Annotated[
    str, Field(max_length=LINK_LIMIT, description="Clip id, or public https link straight to the audio file.")
]
Start = Annotated[float, Field(ge=0, description="Where the stretch begins.")]
End = Annotated[float, Field(gt=0, description="Where the stretch ends.")]

_ADDRESS = re.compile(r"song://(?:clips|jobs)/([^/?#]+)(?:/\w*)?", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-fA-F-]+")
AUDIO = "audio file"
_AUDIO_ENDINGS = (".mp3", ".wav", ".m4a", ".flac", ".ogg", ".aac", ".aiff", ".opus")


def refuse(sentence: str, field: str) -> NoReturn:
    """Raise the refusal of an argument; the sentence is completed with what it cost."""
    raise ArgumentRefused(f"{sentence} Nothing was sent or spent.", field=field)


def is_link(source: str) -> bool:
    """Whether a source is an address and not the id of a clip."""
    return "://" in source


def check_link(link: str, field: str = "source", what: str = AUDIO) -> None:
    """Refuse what is no link that the service could fetch. Loopback is let through: the sandbox can fetch it.

    Pages of recordings, instead of the recordings themselves, are told by what is known of the sites.
    """
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        host = None
    clean = not any(character.isspace() or not character.isprintable() for character in link)
    if not (clean and host and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))):
        refuse(f"{field} must be a public https link that leads straight to the {what}.", field)
    if what == AUDIO and (instead := no_audio(link)):
        refuse(f"{field} {instead}", field)


def looks_like_an_id(text: str) -> bool:
    """Whether it may be an id of the service, and is no title, path or file name."""
    strange = any(character.isspace() or character in "/\\" for character in text)
    return bool(text) and len(text) <= ID_LIMIT and not strange and not text.lower().endswith(_AUDIO_ENDINGS)


def check_source(source: str) -> None:
    """Refuse what is neither a clip's id nor a link."""
    if is_link(source):
        check_link(source)
    elif not looks_like_an_id(source):
        refuse(
            "source must be a clip id (list_songs shows them) or a public https link. Put a file on this computer at "
            "a public https address first.",
            "source",
        )


def _clip_id(value: str, info: ValidationInfo) -> str:
    if is_link(value) and (named := only_id(value)):
        return named
    if not looks_like_an_id(value):
        field = info.field_name or "clip_id"
        refuse(f"{field} takes ids of clips, not titles or files; list_songs shows them.", field)
    return value


def _plain_id(value: str) -> str:
    text = value.strip(" \t\r\n\"'`<>")
    address = _ADDRESS.fullmatch(text)
    text = unquote(address[1]).strip() if address else text
    return text.lower() if _HEX.fullmatch(text) else text


AnyId = Annotated[str, Field(min_length=1, max_length=2 * ID_LIMIT), AfterValidator(_plain_id)]
"""An id as people have it: with blanks or quotes around it, in capitals, or inside the address of a resource."""


def as_named(given: Any, field: str, *others: str) -> Any:
    """Arguments in which an id may come under another name that results have for it."""
    if not isinstance(given, Mapping) or field in given:
        return given
    name = next((other for other in others if other in given), field)
    return {(field if key == name else key): value for key, value in given.items()}


ClipId = Annotated[str, AfterValidator(_clip_id), Field(description="Of one take or part, not the job_id.")]


def within(moment: float, clip: KnownClip | None, field: str) -> float:
    """A moment that lies inside a clip, where its length is known; one that was rounded up is put at the end."""
    if clip is None or clip.seconds is None:
        return moment
    if moment > clip.seconds + ROUNDED:
        refuse(f"{field} is {moment:g}; the clip ends at {clip.seconds:.1f} seconds.", field)
    return min(moment, clip.seconds)


def span(
    start: float | None,
    end: float | None,
    clip: KnownClip | None,
    longest: float | None = None,
    *,
    below: float | None = None,
) -> tuple[float | None, float | None]:
    """A stretch in seconds, as it is sent; refuses one that is half given, turned round, too long or off its clip."""
    if start is None and end is None:
        return None, None
    if start is None or end is None:
        refuse("start_seconds and end_seconds go together.", "end_seconds" if end is None else "start_seconds")
    if end <= start:
        refuse(f"end_seconds ({end:g}) must be after start_seconds ({start:g}).", "end_seconds")
    if longest is not None and end - start > longest:
        refuse(f"The stretch is {end - start:g} seconds long; the limit is {longest:g}.", "end_seconds")
    if below is not None and end - below >= start:
        refuse(f"The stretch is {end - start:g} seconds long; it must have less than {below:g}.", "end_seconds")
    return start, within(end, clip, "end_seconds")


def given(**values: object) -> dict[str, object]:
    """The values that are not None: the service is not sent nulls."""
    return {name: value for name, value in values.items() if value is not None}


# -- texts and answers --------------------------------------------------------------------------------------------


def shorten(text: str, limit: int) -> str:
    """The text on one line, cut to the limit."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def joined(*texts: str | None) -> str:
    """The texts that there are, as one comma list."""
    return ", ".join(text for text in texts if text)


def first_line(lyrics: str | None) -> str | None:
    """The first line that is sung."""
    lines = (line.strip() for line in (lyrics or "").splitlines())
    return next((line for line in lines if line and not line.startswith("[")), None)


def data_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an answer carries: its `data`, or itself where it is not wrapped."""
    data = body.get("data")
    return data if isinstance(data, Mapping) else body


def said(value: object, limit: int) -> str | None:
    """Foreign text, or a whole number, on one line and cut to the limit; None for anything else or nothing."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return one_line(text, limit) or None


def verse(value: object, limit: int) -> str | None:
    """Foreign text that keeps its lines, without blank ones around it; None for anything else or nothing."""
    lines = (line.rstrip() for line in foreign.verse(value, limit).splitlines())
    return "\n".join(lines).strip("\n") or None
