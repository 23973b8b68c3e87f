"""Keep what made a song, for songs to come."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ...server.core.operation import Effect, Operation
from ..shapes import TITLE_LIMIT, ClipId, FileResult, ToolResult


class RecipeResult(ToolResult):
    """A recipe as it is kept."""

    recipe: str = Field(description="Its name, for `recipe` of create_song.")
    keeps: dict[str, str | float | bool] = Field(description="Arguments of create_song that it fills in.")
    files: list[FileResult] | None = Field(None, description="The file to share.")


class SaveRecipe(Operation):
    """Keep a liked song's style, singer, model and weights as a recipe for create_song, also as a file; free."""

    label: ClassVar[str] = "Save recipe"
    effect: ClassVar[Effect] = Effect.CHANGES
    result: ClassVar[type[RecipeResult]] = RecipeResult

    name: str = Field(min_length=1, max_length=TITLE_LIMIT, description="Replaces one of that name.")
    clip_id: ClipId | None = Field(None, description="Left out: import Recipes/name.json of the library.")
