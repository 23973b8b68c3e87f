"""The command line: serve, install, compose, play, call, tools, doctor, tenants, health, sandbox. It may print."""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import SongwrightError
from . import tenants

if TYPE_CHECKING:
    from ..app import Songwright
    from ..web.app import Hosted

_FLAGS = ("library", "state_dir", "toolsets", "log_level", "era", "model", "wait_seconds", "offline")
_HTTP_FLAGS = ("host", "port", "public_url", "role")
"""Settings that have their own flag."""

_ABOUT = """\
Songwright composes songs for AI assistants, over the Model Context Protocol.

Without a command it serves on standard input and output, which is how clients start it. Without an API key
(SONGWRIGHT_API_KEY) songs come from an offline sandbox and cost nothing real.
"""


def parser() -> argparse.ArgumentParser:
    """Every command and option."""
    top = argparse.ArgumentParser(
        prog="songwright", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("--version", action="store_true", help="print the version and exit")
    _common(top)
    commands = top.add_subparsers(dest="command", metavar="COMMAND")

    serve = commands.add_parser(
        "serve", help="serve an assistant on standard input and output (the default), or many with --http"
    )
    _common(serve)
    _http(serve)

    compose = commands.add_parser("compose", help="compose one song from an idea and wait for it")
    _common(compose)
    compose.add_argument("idea", nargs="*", help="what the song is about")
    compose.add_argument("--lyrics", type=Path, metavar="FILE", help="sing these words instead (- for standard input)")
    compose.add_argument("--style", help="genre, mood, instruments, tempo")
    compose.add_argument("--title", help="title")
    compose.add_argument("--seconds", type=int, help="length to aim at, 10 to 360")
    compose.add_argument("--instrumental", action="store_true", help="no voice")
    compose.add_argument("--again", action="store_true", help="buy another even if the same song was just made")
    compose.add_argument("--yes", action="store_true", help="agree to the price without being asked")
    compose.add_argument("--json", action="store_true", help="print the result as JSON")

    call = commands.add_parser("call", help="call any tool with JSON arguments")
    _common(call)
    call.add_argument("tool", help="the tool's name; `songwright tools` lists them")
    call.add_argument("arguments", nargs="?", default="{}", help="arguments as a JSON object")
    call.add_argument("--yes", action="store_true", help="agree to a price without being asked")
    call.add_argument("--json", action="store_true", help="print the whole result as JSON")

    _connecting(commands.add_parser("install", help="connect the assistants on this machine, after showing how"))
    _connecting(commands.add_parser("uninstall", help="take away what install has written"), removes=True)

    listing = commands.add_parser("tools", help="list the tools, what they cost and how long they take")
    _common(listing)
    listing.add_argument("--json", action="store_true", help="print the published schemas")

    doctor = commands.add_parser("doctor", help="check key, service, balance, folders and versions")
    _common(doctor)
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")

    play = commands.add_parser("play", help="listen to a song in the browser and compare its takes")
    _common(play)
    play.add_argument("song", nargs="*", help="title, clip id or job id; else the newest song")
    play.add_argument("--no-browser", action="store_true", help="print the address instead of opening it")

    tenants.add_commands(commands)

    health = commands.add_parser(
        "health", help="check that a server on this machine answers; exit status 1 if it does not"
    )
    health.add_argument("--port", default=argparse.SUPPRESS, metavar="N", help="its port")

    commands.add_parser("sandbox", help="serve the offline service for other programs", add_help=False)
    return top


def _connecting(to: argparse.ArgumentParser, *, removes: bool = False) -> None:
    to.add_argument("clients", nargs="*", metavar="CLIENT", help="such as cursor; all that are found if none is named")
    to.add_argument("--yes", action="store_true", help="do it without being asked")
    to.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    if not removes:
        to.add_argument("--new-key", action="store_true", help="ask for the API key even if one is stored")
        to.add_argument("--key-from-input", action="store_true", help="read the API key from standard input")


def _http(to: argparse.ArgumentParser) -> None:
    group = to.add_argument_group("serving over HTTP", "more settings are SONGWRIGHT_… variables")
    hidden = argparse.SUPPRESS
    group.add_argument("--http", action="store_true", help="serve over HTTP, for assistants on other machines too")
    group.add_argument("--host", default=hidden, metavar="ADDRESS", help="address to listen on")
    group.add_argument("--port", default=hidden, metavar="N", help="port to listen on; 0 picks a free one")
    group.add_argument("--public-url", default=hidden, metavar="URL", help="its public address")
    group.add_argument("--role", default=hidden, choices=("all", "web", "worker"), help="what this replica does")


def _common(to: argparse.ArgumentParser) -> None:
    group = to.add_argument_group("settings", "each overrides its SONGWRIGHT_… variable")
    hidden = argparse.SUPPRESS
    group.add_argument("--library", default=hidden, metavar="DIR", help="folder for finished songs")
    group.add_argument("--state-dir", default=hidden, metavar="DIR", help="folder of the journal")
    group.add_argument("--toolsets", default=hidden, metavar="NAMES", help="toolsets or tools to list, or all")
    group.add_argument("--model", default=hidden, metavar="NAME", help="model for new songs")
    group.add_argument("--wait-seconds", default=hidden, metavar="N", help="how long one call waits for a song")
    group.add_argument("--era", default=hidden, choices=("auto", "legacy"), help="protocol era to answer")
    group.add_argument("--log-level", default=hidden, metavar="LEVEL", help="DEBUG, INFO, WARNING or ERROR")
    group.add_argument(
        "--offline", action="store_true", default=hidden, help="use the offline sandbox even if a key is set"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status."""
    try:
        try:
            return _main(list(sys.argv[1:] if arguments is None else arguments))
        finally:
            with contextlib.suppress(ValueError):  # closed already
                sys.stdout.flush()
    except BrokenPipeError:
        # The reader has closed the pipe, as `head` does. Discard the rest of the output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _main(words: list[str]) -> int:
    try:
        if words[:1] == ["sandbox"]:
            return _sandbox(words[1:])
        given = parser().parse_args(words)
        if given.version:
            from ..app import program_version

            print(f"songwright {program_version()}")
            return 0
        return _run(given)
    except SongwrightError as error:
        print(f"songwright: {error.sentence}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _sandbox(words: list[str]) -> int:
    """Serve the offline service until interrupted, for programs that want its address."""
    from ...sandbox.launcher import not_installed
    from ...sandbox.options import Options, add_arguments, from_arguments

    asked = argparse.ArgumentParser(
        prog="songwright sandbox",
        description="Serve the AI Music API offline, on loopback, with a toy synthesizer; any key is accepted.",
    )
    add_arguments(asked)
    if not any(word.split("=")[0] == "--state-dir" for word in words) and not {"-h", "--help"} & set(words):
        from ..core.settings import load

        words = ["--state-dir", str(load().state_dir), *words]
    if not any(word.split("=")[0] == "--idle-seconds" for word in words):
        words = [*words, "--idle-seconds", "0"]
    options = from_arguments(asked.parse_args(words))
    if missing := not_installed():
        raise SongwrightError(
            f'The sandbox is not installed ({", ".join(missing)} missing): pip install "songwright[sandbox]"'
        )
    from ...sandbox.faults import BadRule
    from ...sandbox.serve import InUse, run

    def ready(running: Options) -> None:
        print(f"The sandbox answers at {running.base_url} with any key. Ctrl-C ends it.")
        print(f"SONGWRIGHT_BASE_URL={running.base_url} SONGWRIGHT_API_KEY=any-key songwright", flush=True)

    try:
        run(options, ready=ready)
    except (BadRule, InUse, OSError) as error:
        raise SongwrightError(str(error)) from None
    return 0


def _run(given: argparse.Namespace) -> int:
    flags = {name: getattr(given, name) for name in (*_FLAGS, *_HTTP_FLAGS) if hasattr(given, name)}
    if getattr(given, "http", False):
        return _serve_http(flags)
    if given.command is None and sys.stdin is not None and sys.stdin.isatty():
        from .welcome import welcome

        return welcome(flags)
    if given.command in (None, "serve"):
        return _serve(flags)
    if given.command == "tenants":
        from ..core.settings import load

        return tenants.run(given, load(**flags))
    if given.command in ("install", "uninstall"):
        return _connect(given)
    if given.command == "health":
        from ..core.settings import load
        from .health import ask

        return ask(load(**flags))
    if given.command == "play":
        from .player import play

        return play(flags, " ".join(given.song).strip(), browser=not given.no_browser)
    from . import client

    if given.command == "tools":
        return client.tools(flags, as_json=given.json)
    if given.command == "doctor":
        from .doctor import run as examine

        return examine(flags, as_json=given.json)
    if given.command == "call":
        return client.call(flags, given.tool, _object(given.arguments), yes=given.yes, as_json=given.json)
    return client.compose(flags, _wishes(given), yes=given.yes, as_json=given.json)


def _connect(given: argparse.Namespace) -> int:
    from .install.clients import Machine
    from .install.command import Wishes, install, uninstall

    wishes = Wishes(
        given.clients,
        given.yes,
        given.dry_run,
        getattr(given, "new_key", False),
        getattr(given, "key_from_input", False),
    )
    return (install if given.command == "install" else uninstall)(wishes, Machine.here())


def _serve(flags: dict[str, Any]) -> int:
    # Starting produces no garbage, and looking for it takes a tenth of the start.
    gc.disable()
    import anyio

    from ..app import Songwright
    from ..core import settings as settings_module
    from ..core.logs import set_up
    from ..protocol.build import build
    from ..protocol.stdio import serve

    settings = settings_module.load(**flags)
    set_up(settings)
    app = Songwright(settings)
    server = build(app)
    set_up(settings)  # the SDK has set up its own meanwhile
    gc.freeze()
    gc.enable()

    async def run() -> None:
        await serve(server, settings.era, app.runner.drain)

    try:
        with _exporting(app, "stdio"):
            anyio.run(run)
    except* (BrokenPipeError, ConnectionResetError):
        # The client is gone; its orders are in the journal and continue at the next start.
        logging.getLogger(__name__).info("the client has closed the connection")
    logging.shutdown()
    return 0


def _serve_http(flags: dict[str, Any]) -> int:
    import anyio

    from ..core import settings as settings_module
    from ..core.logs import set_up
    from ..web.app import Hosted
    from ..web.serve import serve

    settings = settings_module.load(**flags)
    set_up(settings)
    app = Hosted(settings)
    with _exporting(app, settings.role):
        anyio.run(serve, app)
    logging.shutdown()
    return 0


def _exporting(app: Songwright | Hosted, role: str) -> AbstractContextManager[None]:
    """Traces and metrics while it serves, if the environment asks for them."""
    if not any(name.startswith("OTEL_") for name in os.environ):
        return nullcontext()
    from ..app import program_version
    from .exporter import exporting

    return exporting(app.store, app.clock, version=program_version(), role=role)


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise SongwrightError(f"The arguments are not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise SongwrightError('The arguments must be a JSON object, like {"idea": "a lullaby"}.')
    return value


def _wishes(given: argparse.Namespace) -> dict[str, Any]:
    """The command line's request, as arguments of create_song."""
    wishes: dict[str, Any] = {}
    if given.lyrics is not None:
        try:
            wishes["lyrics"] = sys.stdin.read() if str(given.lyrics) == "-" else given.lyrics.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SongwrightError(f"The lyrics in {given.lyrics} cannot be read: {error}.") from None
    idea = " ".join(given.idea).strip()
    if idea:
        wishes["idea"] = idea
    for name in ("style", "title", "seconds"):
        if getattr(given, name) is not None:
            wishes[name] = getattr(given, name)
    for name in ("instrumental", "again"):
        if getattr(given, name):
            wishes[name] = True
    if not wishes:
        raise SongwrightError('Say what the song is about: songwright compose "a sea shanty about tea".')
    return wishes
