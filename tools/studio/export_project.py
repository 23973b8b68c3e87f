"""A song as a project for music programs."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Effect, Operation
from ..shapes import ClipId, FileResult, Shape, Status, ToolResult


class ProjectTrack(Shape):
    """A track of the project."""

    name: str = Field(description="Its name.")
    holds: str = Field(description="audio, notes or lyrics.")
    muted: bool | None = Field(None, description="True where it would sound twice: unmute it to compare.")


class MissingPart(Shape):
    """Something that the project could hold and that was never bought."""

    what: str = Field(description="What it is.")
    call: str = Field(description="The call that gets it; export again afterwards.")
    credits: int | None = Field(None, description="What that costs.")


class ProjectResult(ToolResult):
    """A folder with the song as projects and files."""

    status: Status = Field(description="done, or working while it is made; failed when it was refused.")
    folder: str | None = Field(None, description="The folder, where it is on this machine.")
    files: list[FileResult] | None = Field(None, description="What to open, first the projects.")
    tracks: list[ProjectTrack] | None = Field(None, description="What is in the projects.")
    bpm: float | None = Field(None, description="Tempo of the first bar.")
    averages: list[str] | None = Field(None, description="What is an average, an assumption or rounded.")
    missing: list[MissingPart] | None = Field(None, description="What was not bought; nothing was bought for it now.")


class ExportProject(Operation):
    """Save a song as a DAWproject and a REAPER project: stems, MIDI, tempo, sections, lyrics, aligned at bar one.

    Uses what was bought and names what is missing with its price; buys nothing. Free. To cut, fade or change tempo use
    it in a music program.
    """

    label: ClassVar[str] = "Export project"
    effect: ClassVar[Effect] = Effect.CHANGES
    result: ClassVar[type[ProjectResult]] = ProjectResult

    clip_id: ClipId
