"""Which clients have Songwright in their configuration, however it came there, and whether it starts from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import forms
from .clients import CLIENTS, REMOTE, Client, Machine
from .forms import JSON, FileRefused
from .launch import Launch, NotStarted, Started, try_out


@dataclass(frozen=True)
class Connection:
    """One client that is configured, and what became of its command."""

    client: Client
    ok: bool
    said: str
    do: str = ""


def connections(machine: Machine) -> list[Connection]:
    """Every client with an entry of ours; each command is started once, however many clients have it."""
    tried: dict[str, Started | NotStarted] = {}
    found = []
    for client in CLIENTS:
        try:
            entry = entry_of(client, machine)
        except FileRefused as refused:
            if client.found(machine):
                said = f"{client.file(machine)} cannot be read: {refused}"
                found.append(Connection(client, ok=False, said=said, do="Correct the file; the client reads it too."))
            continue
        if isinstance(entry, dict):
            found.append(_tried(client, entry, tried))
    return found


def entry_of(client: Client, machine: Machine) -> Any:
    """Our entry in a client's file as it stands; None when there is none. Raises `FileRefused`.

    It is only read here, so comments, links and marks do not matter.
    """
    try:
        text = client.file(machine).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise FileRefused(f"{error}.") from None
    try:
        content = client.form.parsed(text)
    except FileRefused:
        if client.form != JSON:
            raise
        from .json_form import read_loosely

        loose = read_loosely(text)
        if loose is None:
            raise
        content = loose
    return forms.get(content, client.path)


def _tried(client: Client, entry: dict[str, Any], tried: dict[str, Started | NotStarted]) -> Connection:
    if any(name in entry for name in REMOTE):
        return Connection(client, ok=True, said="has a server at an address, which is not tried here")
    launch = _launch_of(entry)
    if launch is None:
        return Connection(client, ok=False, said="its entry has no command", do=_again(client))
    key = repr(launch)
    if key not in tried:
        try:
            tried[key] = try_out(launch)
        except NotStarted as error:
            tried[key] = error
    result = tried[key]
    if isinstance(result, NotStarted):
        return Connection(client, ok=False, said=result.sentence, do=_again(client))
    return Connection(client, ok=True, said=f"starts Songwright {result.version} with {result.tools} tools")


def _launch_of(entry: dict[str, Any]) -> Launch | None:
    command, args = entry.get("command", entry.get("cmd")), entry.get("args") or []
    variables = entry.get("env", entry.get("envs")) or {}
    if not isinstance(command, str) or not isinstance(args, list) or not isinstance(variables, dict):
        return None
    env = {str(name): str(value) for name, value in variables.items()}
    return Launch(command, tuple(str(word) for word in args), env)


def _again(client: Client) -> str:
    return f"`songwright install {client.name}` writes it again."
