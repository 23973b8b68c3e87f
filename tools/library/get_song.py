"""Everything about one song."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, model_validator

from ...server.core.operation import Effect, Operation
from ..shapes import AnyId, TakesResult, as_named


class SongFacts(TakesResult):
    """A song with where it comes from."""

    operation: str | None = Field(None, description="The tool that made it.")
    asked: str | None = Field(None, description="What was asked for.")
    created: str | None = Field(None, description="When it was ordered, UTC.")
    model: str | None = Field(None, description="Model that made it.")
    sources: dict[str, list[str]] | None = Field(None, description="Clips it descends from, by relation.")


class GetSong(Operation):
    """Look up one order or clip at once: state, cost, model, each take's length, file and clip_id; free.

    Also what was asked, when, what a clip was made from, and the id of a persona. A paid song that is not here,
    whatever its state, or whose file was moved or deleted, is looked for again, free. Takes a clip_id, a job_id, or the
    id of a task made elsewhere with the same key (a clip from there only by its task), which is then adopted: followed,
    saved and listed like one made here, free. To wait for an unfinished one use wait_for_song, to search by words
    list_songs.
    """

    label: ClassVar[str] = "Get song"
    effect: ClassVar[Effect] = Effect.READS
    result: ClassVar[type[SongFacts]] = SongFacts
    contract: ClassVar[tuple[str, ...]] = ("task",)

    id: AnyId = Field(description="Clip, job or task id.")
    lyrics: bool = Field(False, description="Also what is sung.")

    @model_validator(mode="before")
    @classmethod
    def _as_results_name_it(cls, given: Any) -> Any:
        return as_named(given, "id", "clip_id", "job_id", "task_id")
