"""The player inside hosts that render pages of tools (MCP Apps): its page, and the two tools that only the page calls.

The page asks for no address, so a host need not let it reach any: sound comes in stretches through the host. The two
tools are no operations, because no model should read about them; every call finds only what is the caller's own.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from mcp.server.apps import APP_MIME_TYPE, Apps, ResourceCsp
from mcp.server.mcpserver.resources import FunctionResource
from mcp_types import CallToolResult, TextContent, Tool
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..core.errors import SongwrightError, StorageError, TooMuch
from ..core.written import compact
from ..orders.allowance import LEAST
from ..orders.caller import Caller
from ..orders.envelope import whole
from .freight import room_for
from .schema import PLAYER
from .schema import compact as plain

log = logging.getLogger(__name__)

SHEET, AUDIO = "song_sheet", "song_audio"
NAMES = (SHEET, AUDIO)
LONGEST_ID = 200
CROWDED_SECONDS = 1.0
"""When to ask again for what has no room on the way at the moment."""
_FAULT = "The player met a bug of Songwright's; its log says more. The song and its files are safe."
_STORAGE = "Songwright's records or files cannot be reached at the moment. The song is safe. Try again in a minute."


class SheetAsked(BaseModel):
    """What `song_sheet` takes."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    id: str = Field(min_length=1, max_length=LONGEST_ID, description="Clip or job id.")


class AudioAsked(BaseModel):
    """What `song_audio` takes."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    clip_id: str = Field(min_length=1, max_length=LONGEST_ID, description="Clip id.")
    part: str | None = Field(None, max_length=LONGEST_ID, description="A stem, or `stream`; else the mix.")
    offset: int = Field(0, ge=0, le=1 << 40, description="First byte.")
    length: int = Field(256 * 1024, ge=1, le=256 * 1024, description="Bytes, at most.")


_ASKED: Mapping[str, type[SheetAsked | AudioAsked]] = {SHEET: SheetAsked, AUDIO: AudioAsked}
_SAID = {SHEET: ("Song sheet", "What the player shows of a song."), AUDIO: ("Song audio", "Bytes of a song to play.")}


@cache
def page() -> str:
    """The player, one page without anything around it."""
    return files(__package__ or "").joinpath("player.html").read_text(encoding="utf-8")


def extension() -> Apps:
    """The page as a resource, for the hosts that ask for it; it may reach no address at all."""
    apps = Apps()
    nowhere = ResourceCsp(connect_domains=[], resource_domains=[]).model_dump(by_alias=True, exclude_none=True)
    apps.add_resource(
        FunctionResource(
            uri=PLAYER,
            name="player",
            title="Player",
            description="Plays a song and compares its takes.",
            mime_type=APP_MIME_TYPE,
            meta={"ui": {"csp": nowhere}},
            fn=page,
        )
    )
    return apps


@cache
def forms() -> tuple[Tool, ...]:
    """The tools of the page, as `tools/list` sends them to hosts that have pages."""
    made = []
    for name, kind in _ASKED.items():
        schema = plain(kind.model_json_schema())
        schema.pop("description", None)
        title, said = _SAID[name]
        form: dict[str, Any] = {
            "name": name,
            "title": title,
            "description": said,
            "inputSchema": schema,
            "annotations": {
                "title": title, "readOnlyHint": True, "destructiveHint": False, "idempotentHint": True,
                "openWorldHint": False,
            },
            "_meta": {"ui": {"resourceUri": PLAYER, "visibility": ["app"]}},
        }  # fmt: skip
        made.append(Tool.model_validate(form))
    return tuple(made)


async def answered(
    caller: Caller, tool: str, arguments: Mapping[str, Any], *, guest: bool = False
) -> tuple[dict[str, Any], bool]:
    """What a page's question is answered with, and whether it is a refusal, which has a `sentence`."""
    from ..orders import sheet

    try:
        asked = _ASKED[tool].model_validate(dict(arguments))
        if isinstance(asked, SheetAsked):
            return await sheet.sheet(caller, asked.id, guest=guest), False
        if not room_for(max(asked.length, LEAST)):
            raise TooMuch("Much is on its way to you already.", retry_after=CROWDED_SECONDS)
        return await sheet.audio(caller, asked.clip_id, asked.part, asked.offset, asked.length, guest=guest), False
    except ValidationError as error:
        names = sorted({".".join(map(str, problem["loc"]))[:60] for problem in error.errors(include_url=False)})
        return refusal(SongwrightError(f"{tool} does not take this: {', '.join(names)}.")), True
    except SongwrightError as error:
        log.info("%s: %s", tool, type(error).__name__)
        return refusal(error), True
    except Exception:
        log.exception("%s: an unexpected fault", tool)
        return refusal(SongwrightError(_FAULT)), True


def refusal(error: SongwrightError) -> dict[str, Any]:
    """A refusal as a page reads it."""
    said = error.sentence
    if isinstance(error, StorageError):
        # It names a folder or a database: that is for the log, and not for a page or whoever has a link.
        log.error("%s", error)
        said = _STORAGE
    told: dict[str, Any] = {"status": "failed", "sentence": said}
    return told | ({"retry_after": error.retry_after} if isinstance(error, TooMuch) else {})


def rendered(told: Mapping[str, Any], *, refused: bool, structured: bool) -> CallToolResult:
    """The answer as MCP content; its text is only a sentence where the revision has structured content."""
    text = told.get("sentence", "Sound.") if structured else compact(told)
    return CallToolResult(content=[TextContent(text=whole(str(text)))], structured_content=dict(told), is_error=refused)
