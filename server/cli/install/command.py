"""The two commands, as a person at a terminal meets them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...core import settings as settings_module
from ...core.errors import SongwrightError
from ...core.settings import PREFIX, Settings
from . import edits, forms, keys
from .book import Book
from .clients import CLIENTS, NAME, REMOTE, Client, Machine, named
from .connected import entry_of
from .edits import Edit, Target
from .forms import FileRefused
from .launch import Launch, NotStarted, own_launch, try_out

_KEY, _BASE_URL = f"{PREFIX}API_KEY", f"{PREFIX}BASE_URL"
_VARIABLES = ("env", "envs")
_OURS = ("type", "source", "command", "cmd", "args")
"""Members that say how Songwright is started; whatever else an entry holds is the person's choice."""


@dataclass(frozen=True)
class Wishes:
    """What was said on the command line."""

    clients: Sequence[str] = ()
    yes: bool = False
    dry_run: bool = False
    new_key: bool = False
    key_from_input: bool = False


@dataclass(frozen=True)
class _Left:
    """A client whose file is left alone, and why."""

    client: Client
    file: str
    why: str
    lines: str


def install(wishes: Wishes, machine: Machine, launch: Launch | None = None) -> int:
    """Connect the clients; 1 when one that was named, or all of them, could not be.

    They will start Songwright as it was started now, or with another command line.
    """
    settings = settings_module.load()
    book = Book(settings.state_dir)
    launch = launch or own_launch(machine.environment)
    chosen = _chosen(wishes.clients) or [client for client in CLIENTS if client.found(machine)]
    if not chosen:
        print(f"No client was found here. Songwright knows {_list(client.title for client in CLIENTS)}.")
        print("Name one to connect it all the same: songwright install cursor")
        return 1
    planned, left = _planned(chosen, machine, launch, book)
    print(f"Clients will start Songwright with\n  {launch}\n")
    for edit in planned:
        _show(edit)
    for refusal in left:
        print(f"{refusal.client.title}  {refusal.file}\n  Left alone: {refusal.why}")
        if refusal.lines:
            print(f"  Add this to it yourself:\n{_indented(refusal.lines, '    ')}")
    if others := [client.title for client in CLIENTS if client not in chosen and not wishes.clients]:
        print(f"Not found here: {_list(others)}.")
    needed = [edit for edit in planned if not edit.needless]
    asks = _wants_key(wishes)
    status = 1 if left and (wishes.clients or not planned) else 0
    if wishes.dry_run:
        print("\nThis was a dry run: nothing was written.")
        return status
    if not needed and not asks:
        return status
    if needed and not _agreed(wishes, f"\nWrite to {_files(len(needed))}? What is there is backed up first."):
        print("Nothing was written.")
        return 1
    if needed:
        print("\nStarting it once, to see whether it works ...", flush=True)
        try:
            started = try_out(launch)
        except NotStarted as error:
            raise NotStarted(f"{error.sentence} Nothing was written.") from None
        print(f"It starts: Songwright {started.version} with {started.tools} tools.")
    stored = _keep_key(wishes, _keys_in(needed), book)
    if not stored:
        status = 1
    for edit in needed:
        if not stored and _keys_in([edit]):
            print(f"{edit.target.title} was left alone: its entry holds a key, which would be lost.", file=sys.stderr)
            continue
        try:
            backup = edits.write(edit, book)
        except FileRefused as refused:
            print(f"{edit.target.title} was left alone: {refused}", file=sys.stderr)
            status = 1
            continue
        kept = f" The file as it was: {backup}" if backup else ""
        print(f"{edit.target.title} is connected. {_client(edit).then}{kept}")
    print('\nThen ask it for a song: "A waltz for my grandmother\'s ninetieth, two minutes."')
    print("`songwright doctor` checks everything; `songwright uninstall` takes this away again.")
    return status


def uninstall(wishes: Wishes, machine: Machine) -> int:
    """Take away what `install` has written; 1 when something could not be taken away."""
    book = Book(settings_module.load().state_dir)
    ours = [client for client in CLIENTS if client.name in book.receipts]
    chosen = _chosen(wishes.clients) or ours
    for client in chosen:
        if client not in ours:
            print(f"{client.title} was not connected by `songwright install`, so nothing is taken away there.")
    going, left = [], False
    for client in (client for client in chosen if client in ours):
        try:
            going.append(edits.removing(_target(client, machine), book))
        except FileRefused as refused:
            print(f"{client.title}  {book.receipts[client.name].file}\n  Left alone: {refused}", file=sys.stderr)
            left = True
    for edit in going:
        _show(edit)
    last = len(going) == len(ours) and (going or not wishes.clients)
    key = last and (keys.SETTINGS in book.receipts or book.keychain is not None)
    if key:
        print("The API key that was stored goes too.")
    if not going and not key:
        print("There is nothing to take away.")
        return int(left)
    if wishes.dry_run:
        print("\nThis was a dry run: nothing was taken away.")
        return int(left)
    if not _agreed(wishes, "\nTake this away?"):
        print("Nothing was taken away.")
        return 1
    for edit in going:
        try:
            edits.take_away(edit, book)
        except FileRefused as refused:
            print(f"{edit.target.title} was left alone: {refused}", file=sys.stderr)
            left = True
        else:
            print(f"{edit.target.title} is no longer connected. {_client(edit).then}")
    if key and not left:
        try:
            if to_do := keys.forget(book):
                print(to_do, file=sys.stderr)
                left = True
        except FileRefused as refused:
            print(f"The settings file was left alone: {refused}", file=sys.stderr)
            left = True
    return int(left)


def _chosen(names: Sequence[str]) -> list[Client]:
    unknown = [name for name in names if named(name) is None]
    if unknown:
        raise SongwrightError(
            f"{unknown[0]!r} is no client that Songwright knows. It knows {_list(client.name for client in CLIENTS)}."
        )
    return [client for client in CLIENTS if client.name in names]


def _target(client: Client, machine: Machine) -> Target:
    return Target(client.name, client.title, client.file(machine), client.form)


def _client(edit: Edit) -> Client:
    found = named(edit.target.name)
    assert found is not None
    return found


def _planned(clients: Sequence[Client], machine: Machine, launch: Launch, book: Book) -> tuple[list[Edit], list[_Left]]:
    planned, left = [], []
    for client in clients:
        target, entry = _target(client, machine), client.entry(launch)
        try:
            older = forms.get(target.content(), client.path)
            if isinstance(older, dict) and any(name in older for name in REMOTE):
                raise FileRefused(f'its entry "{NAME}" leads to a server at an address. Remove it first.')
            planned.append(edits.adding(target, client.path, _merged(older, entry), book))
        except FileRefused as refused:
            left.append(_left(client, machine, entry, refused))
    return planned, left


def _left(client: Client, machine: Machine, entry: dict[str, Any], refused: FileRefused) -> _Left:
    """Why a file is left alone, and what a person could add to it, unless that is there or the file is broken."""
    try:
        there = entry_of(client, machine) == entry
    except FileRefused:
        there = False
    why = f"{refused} Songwright is in it already." if there else refused.sentence
    return _Left(client, str(client.file(machine)), why, "" if there else client.form.shown(client.path, entry))


def _merged(older: Any, entry: dict[str, Any]) -> dict[str, Any]:
    """Our entry with what a person has set in an older one, except a key, which goes to a safer place."""
    if not isinstance(older, dict):
        return entry
    merged = {**entry, **older, **{name: entry[name] for name in _OURS if name in entry}}
    for name in _VARIABLES:
        if isinstance(older.get(name), dict):
            merged[name] = {**older[name], **entry.get(name, {})}
            if _key_of(merged[name]):
                del merged[name][_KEY]
            if not merged[name] and name not in entry:
                del merged[name]
    return merged


def _key_of(variables: Any) -> str:
    """The key in an entry's variables that may go to a safer place; empty for none.

    One that stands beside an address of its own is for that address alone, so it stays there.
    """
    if not isinstance(variables, dict) or _filled(variables.get(_BASE_URL)):
        return ""
    return str(variables[_KEY]) if _filled(variables.get(_KEY)) else ""


def _filled(value: Any) -> bool:
    """Whether it is a value itself, and not the name of a place where the client keeps one."""
    return isinstance(value, str) and bool(value.strip()) and "${" not in value


def _keys_in(needed: Sequence[Edit]) -> list[str]:
    """The keys that the entries hold which are replaced, each once."""
    entries = [edit.older for edit in needed if isinstance(edit.older, dict)]
    held = (_key_of(entry.get(name)) for entry in entries for name in _VARIABLES)
    return [key for key in dict.fromkeys(held) if key]


def _wants_key(wishes: Wishes) -> bool:
    return wishes.new_key or wishes.key_from_input or not keys.stored()


def _keep_key(wishes: Wishes, found: Sequence[str], book: Book) -> bool:
    """Find out the key and store it, unless there is one already; false when it could not be stored."""
    if not _wants_key(wishes):
        print(f"The API key is stored {keys.stored()}.")
        if found:
            print("It is used from now on, instead of the one in the entry that is replaced.")
        return True
    if wishes.key_from_input:
        key = keys.from_input()
    elif found and not wishes.new_key:
        key = keys.checked(found[0])
    elif sys.stdin.isatty() and (wishes.new_key or not wishes.yes):
        key = keys.asked()
    else:
        key = ""
    if not key and (where := keys.stored()):
        print(f"The API key stays as it is, stored {where}.")
        return True
    if not key:
        print("Without a key, songs come from the offline sandbox. `songwright install --new-key` asks for one later.")
        return True
    try:
        print(f"The API key is stored {keys.save(key, book)}.")
    except FileRefused as refused:
        print(f"The API key was not stored. {keys.settings_target().file} was left alone: {refused}", file=sys.stderr)
        return False
    if [other for other in found if other != key]:
        print("It is used from now on, instead of another one in an entry that is replaced.")
    return True


def _agreed(wishes: Wishes, question: str) -> bool:
    if wishes.yes:
        return True
    if wishes.key_from_input or not sys.stdin.isatty():
        raise SongwrightError("This is not a terminal, so nobody was asked: pass --yes to agree. Nothing was written.")
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _show(edit: Edit) -> None:
    new = " (new file)" if edit.now is None else ""
    print(f"{edit.target.title}  {edit.target.file}{new}")
    if edit.needless:
        print("  is connected already" if edit.value is not None else "  has no entry any more")
        return
    shown: Callable[[Any], str] = lambda value: edit.target.form.shown(edit.path, value)  # noqa: E731
    if edit.older is not None:
        print(_indented(shown(_masked(edit.older)), "  - "))
    if edit.value is not None:
        print(_indented(shown(_masked(edit.value)), "  + "))
    elif edit.after is None:
        print("  The file goes too: there was none before.")


def _masked(entry: Any) -> Any:
    """An entry to look at. Its variables may be anything, so only our own settings that hold no secret are shown."""
    if not isinstance(entry, dict):
        return entry
    masked = {
        name: {key: value if _is_public(key) else "…" for key, value in entry[name].items()}
        for name in _VARIABLES
        if isinstance(entry.get(name), dict)
    }
    return {**entry, **masked}


def _is_public(variable: str) -> bool:
    setting = Settings.model_fields.get(variable.removeprefix(PREFIX).lower())
    known = variable.startswith(PREFIX) and setting is not None and "Secret" not in str(setting.annotation)
    return known or variable == f"{PREFIX}CONFIG"


def _indented(text: str, by: str) -> str:
    return "\n".join(f"{by}{line}" for line in text.splitlines())


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


def _list(names: Any) -> str:
    return ", ".join(names)
