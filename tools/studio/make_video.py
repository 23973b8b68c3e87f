"""A video of a song."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ...server.core.operation import Effect, Operation
from ..shapes import ClipId, FileResult, ToolResult


class VideoResult(ToolResult):
    """A video, and what it shows."""

    files: list[FileResult] = Field(description="The video.")
    seconds: float = Field(description="Length.")
    width: int = Field(description="Pixels.")
    height: int = Field(description="Pixels.")
    lines: int = Field(description="How many lines of words it shows; 0 where none are timed.")


class MakeVideo(Operation):
    """Make an MP4 of a song with its cover, waveform and words, on this machine; free.

    The words need get_lyrics_timeline; without it there is cover, waveform and title. Takes up to the song's length: if
    the answer is `working`, call again with the same arguments.
    """

    label: ClassVar[str] = "Make video"
    effect: ClassVar[Effect] = Effect.CHANGES
    result: ClassVar[type[VideoResult]] = VideoResult

    clip_id: ClipId
    kind: Literal["lyric", "karaoke"] = Field(
        "lyric",
        description="lyric: line by line; karaoke: word by word. The voice stays; for none pass the band stem's "
        "clip_id.",
    )
    format: Literal["16:9", "9:16", "1:1"] = Field("16:9", description="Its shape.")
