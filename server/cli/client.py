"""The command line as a real MCP client of Songwright's own server, for a person at a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TextIO

import anyio
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, Implementation

from ... import tools as registry
from ..app import program_version
from ..core import settings as settings_module
from ..core.errors import SongwrightError
from ..protocol.schema import published
from ..protocol.talk import OWN_CLIENT

ROUNDS = 60
"""How many times the terminal keeps waiting, each time as long as one call waits."""


class Progress:
    """One line that is rewritten on a terminal; in a pipe, a new line only when the phase changes."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._width = 0
        self._phase = ""

    async def show(self, progress: float, total: float | None, message: str | None) -> None:
        """Show the progress."""
        del progress, total
        text = message or "working"
        phase = text.split(".")[0]
        if self._live:
            self._out.write("\r" + text.ljust(self._width)[: max(_columns() - 1, 20)])
            self._width = len(text)
        elif phase != self._phase:
            self._out.write(f"{text}\n")
        self._phase = phase
        self._out.flush()

    def end(self) -> None:
        """End the line."""
        if self._live and self._width:
            self._out.write("\r" + " " * min(self._width, max(_columns() - 1, 20)) + "\r")
            self._out.flush()


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        return 80


@asynccontextmanager
async def _client(flags: Mapping[str, Any], *, yes: bool) -> AsyncIterator[Client]:
    """A connection to our own server process, over its standard input and output."""

    async def ask(context: Any, params: ElicitRequestParams) -> ElicitResult:
        del context
        if yes:
            return ElicitResult(action="accept", content={"proceed": True})
        if not sys.stdin.isatty():
            print(
                f"{params.message} This is not a terminal, so nobody was asked: pass --yes to agree.", file=sys.stderr
            )
            return ElicitResult(action="decline")
        said = await anyio.to_thread.run_sync(lambda: input(f"{params.message} [y/N] "), abandon_on_cancel=True)
        agreed = said.strip().lower() in ("y", "yes")
        return ElicitResult(action="accept", content={"proceed": True}) if agreed else ElicitResult(action="decline")

    words = []
    for name, value in flags.items():
        words += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    place = StdioServerParameters(
        command=sys.executable, args=["-m", "songwright.server", "serve", *words], env=dict(os.environ)
    )
    me = Implementation(name=OWN_CLIENT, version=program_version())
    async with Client(place, elicitation_callback=ask, client_info=me) as client:
        yield client


async def _called(client: Client, tool: str, arguments: Mapping[str, Any], progress: Progress) -> CallToolResult:
    """Call a tool and keep waiting until its order is settled, or its work on this machine is done."""
    result = await client.call_tool(tool, dict(arguments), progress_callback=progress.show)
    for _ in range(ROUNDS):
        data = result.structured_content or {}
        if result.is_error or data.get("status") not in ("working", "streaming"):
            break
        if "job_id" in data:
            tool, arguments = "wait_for_song", {"job_id": data["job_id"]}
        # Else it is work on this machine, which the same call joins.
        result = await client.call_tool(tool, dict(arguments), progress_callback=progress.show)
    return result


def _run(flags: Mapping[str, Any], tool: str, arguments: Mapping[str, Any], *, yes: bool) -> CallToolResult | None:
    """The result, or None when the person has interrupted."""
    progress = Progress(sys.stderr)

    async def work() -> CallToolResult:
        async with _client(flags, yes=yes) as client:
            return await _called(client, tool, arguments, progress)

    try:
        return anyio.run(work)
    except (KeyboardInterrupt, BaseExceptionGroup) as error:
        if not _holds(error, KeyboardInterrupt):
            raise
        return None
    except MCPError as error:
        raise SongwrightError(f"The server ended unexpectedly: {error}.") from None
    finally:
        progress.end()


def _holds(error: BaseException, kind: type[BaseException]) -> bool:
    """Whether an error is of this kind, or only wraps errors of this kind."""
    if isinstance(error, BaseExceptionGroup):
        return error.subgroup(kind) is not None
    return isinstance(error, kind)


def _interrupted() -> int:
    print(
        "\nInterrupted. Your order is not lost; it continues when Songwright runs again:\n"
        "  songwright call wait_for_song\n"
        "  songwright call list_songs",
        file=sys.stderr,
    )
    return 130


def call(flags: Mapping[str, Any], tool: str, arguments: Mapping[str, Any], *, yes: bool, as_json: bool) -> int:
    """`songwright call TOOL JSON`."""
    if tool not in registry.names():
        print(f"songwright: there is no tool {tool!r}; `songwright tools` lists them", file=sys.stderr)
        return 2
    result = _run({**flags, "toolsets": "all"}, tool, arguments, yes=yes)
    if result is None:
        return _interrupted()
    _print_json(result) if as_json else _print_data(result.structured_content or {})
    return 1 if result.is_error else 0


def compose(flags: Mapping[str, Any], wishes: Mapping[str, Any], *, yes: bool, as_json: bool) -> int:
    """`songwright compose IDEA`."""
    settings = settings_module.load(**flags)
    if not as_json:
        what = wishes.get("idea") or wishes.get("title") or "a song"
        if settings.sandbox:
            print(f'Composing "{what}" in the offline sandbox: a toy synthesizer. It costs no money.')
            print("Set SONGWRIGHT_API_KEY to have the AI Music API make it instead.", flush=True)
        else:
            print(f'Composing "{what}" at {settings.base_url}.', flush=True)
    result = _run(flags, "create_song", wishes, yes=yes)
    if result is None:
        return _interrupted()
    data = result.structured_content or {}
    if as_json:
        _print_json(result)
    elif result.is_error or data.get("status") != "done":
        _print_data(data)
    else:
        _print_song(data)
    return 0 if data.get("status") == "done" and not result.is_error else 1


def tools(flags: Mapping[str, Any], *, as_json: bool) -> int:
    """`songwright tools`."""
    settings = settings_module.load(**flags)
    names = registry.chosen(settings.toolsets)
    if as_json:
        print(json.dumps([published(name) for name in names], ensure_ascii=False, indent=1))
        return 0
    for name in names:
        operation = registry.load(name)
        facts = "; ".join(part for part in (operation.price_note or "free", operation.minutes) if part)
        print(f"{name:22} {operation.description().splitlines()[0]} ({facts})")
    hidden = [name for name in registry.names() if name not in names]
    if hidden:
        print(f"\nNot listed to assistants by SONGWRIGHT_TOOLSETS: {', '.join(hidden)}")
    return 0


def _print_json(result: CallToolResult) -> None:
    print(json.dumps(result.structured_content or {}, ensure_ascii=False, indent=1))


def _print_song(data: Mapping[str, Any]) -> None:
    clips = data.get("clips", [])
    print(f"\n{clips[0]['title'] if clips else 'Done'}")
    for number, clip in enumerate(clips, 1):
        seconds = round(clip.get("seconds", 0))
        where = clip.get("file") or clip.get("url", "")
        print(f"  take {number}  {seconds // 60}:{seconds % 60:02d}  {where}")
    credits_note = data.get("credits", {})
    kind = "play credits of the sandbox" if data.get("sandbox") else "credits"
    left = f", {credits_note['left']} left" if "left" in credits_note else ""
    print(f"Cost {credits_note.get('cost', 'an unknown number of')} {kind}{left}.")
    if data.get("notice"):
        print(data["notice"])


def _print_data(data: Mapping[str, Any]) -> None:
    """Any result, readable."""
    for name, value in data.items():
        if isinstance(value, list):
            print(f"{name}:")
            _print_rows(value, "  ")
        else:
            print(f"{name}: {_in_line(value)}")
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()


def _print_rows(rows: list[Any], indent: str) -> None:
    """A row for each; rows inside a row follow it, further in."""
    for row in rows:
        inner = {k: v for k, v in row.items() if _has_rows(v)} if isinstance(row, dict) else {}
        flat = {k: v for k, v in row.items() if k not in inner} if inner else row
        print(f"{indent}- {_in_line(flat)}")
        for name, value in inner.items():
            print(f"{indent}  {name}:")
            _print_rows(value, f"{indent}    ")


def _has_rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _in_line(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_in_line(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_in_line, value))
    return str(value)
