"""Songs put together as an album."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Effect, Operation
from ..shapes import ClipId, Shape, ToolResult

MOST_TRACKS = 100
NAME_LIMIT = 80


class TrackResult(Shape):
    """One track."""

    clip_id: str = Field(description="Its clip.")
    title: str = Field(description="Its title on the album.")
    file: str | None = Field(None, description="Where it is saved.")
    url: str | None = Field(None, description="Link to it, where it is on another machine.")
    missing: str | None = Field(None, description="Where its file was before it was moved or deleted.")


class RepeatResult(Shape):
    """Words that come in several songs."""

    words: str = Field(description="The passage.")
    tracks: list[int] = Field(description="The tracks that sing it.")


class NextTrack(Shape):
    """What would make another song fit."""

    style: str | None = Field(None, description="What most of the songs' styles have in common.")
    persona_id: str | None = Field(None, description="The one singer, for create_song.")
    singer: str | None = Field(None, description="What to do about the singer.")


class AlbumResult(ToolResult):
    """An album as it is now."""

    album: str = Field(description="Its name.")
    artist: str | None = Field(None, description="Its artist.")
    playlist: str | None = Field(None, description="The playlist's file, or a link to it.")
    tracks: list[TrackResult] = Field(description="In order.")
    next_track: NextTrack | None = Field(None, description="What would make another song fit.")
    repeats: list[RepeatResult] | None = Field(None, description="Passages that several songs share.")


class MakeAlbum(Operation):
    """Put songs on an album: tags their files, writes a playlist, says what singer and style suit the next song and
    what words the songs share.

    Again with all clip_ids to add, drop or reorder; without any to see it. Free.
    """

    label: ClassVar[str] = "Make album"
    effect: ClassVar[Effect] = Effect.CHANGES
    result: ClassVar[type[AlbumResult]] = AlbumResult

    name: str = Field(min_length=1, max_length=NAME_LIMIT, description="The album's.")
    clip_ids: tuple[ClipId, ...] = Field((), max_length=MOST_TRACKS, description="All its songs, in order.")
    artist: str | None = Field(None, max_length=NAME_LIMIT, description="Default Songwright.")

    def subject(self) -> str:
        """The name."""
        return f"album {self.name}"
