"""`songwright doctor`: checks whether everything is in place, and says what to do if not."""

from __future__ import annotations

import json
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import anyio

from ..app import Songwright, program_version
from ..core import settings as settings_module
from ..core.errors import SongwrightError
from ..core.settings import Settings


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    what: str
    ok: bool
    found: str
    do: str = ""


def run(flags: Mapping[str, Any], *, as_json: bool) -> int:
    """Check and print; returns 0 when a song could be made right now."""
    findings = examine(flags)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            print(f"{'ok ' if finding.ok else 'NO '} {finding.what:10} {finding.found}")
            if finding.do:
                print(f"{'':15}{finding.do}")
    return 0 if all(finding.ok for finding in findings) else 1


def examine(flags: Mapping[str, Any]) -> list[Finding]:
    """Every finding, in the order in which a person would fix them."""
    findings = [_versions()]
    try:
        settings = settings_module.load(**flags)
    except SongwrightError as error:
        return [
            *findings,
            Finding("settings", ok=False, found=error.sentence, do="Correct it, then run `songwright doctor` again."),
        ]
    findings.append(_file())
    findings.append(_key(settings))
    if settings.sandbox:
        findings.append(_sandbox_parts())
    findings.append(_folder("library", settings.library, "SONGWRIGHT_LIBRARY"))
    findings.append(_folder("state", settings.state_dir, "SONGWRIGHT_STATE_DIR"))
    if all(finding.ok for finding in findings):
        findings.extend(anyio.run(_service, settings))
    findings.extend(_clients())
    return findings


def _versions() -> Finding:
    parts = [f"songwright {program_version()}", f"Python {platform.python_version()}"]
    for name in ("mcp", "httpx2", "pydantic"):
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            parts.append(f"{name} missing")
    parts.append(f"SQLite {sqlite3.sqlite_version}")
    old = sys.version_info < (3, 11)
    return Finding("versions", not old, ", ".join(parts), "Songwright needs Python 3.11 or newer." if old else "")


def _file() -> Finding:
    path = settings_module.config_file()
    return Finding("settings", ok=True, found=f"{path}" if path.exists() else f"defaults ({path} would be read)")


def _key(settings: Settings) -> Finding:
    if settings.offline:
        return Finding("key", ok=True, found="not asked for: SONGWRIGHT_OFFLINE or --offline chose the offline sandbox")
    if settings.sandbox:
        return Finding(
            "key", ok=True, found="none: songs come from the offline sandbox",
            do="For real songs store one: songwright install --new-key. SONGWRIGHT_API_KEY does it too.",
        )  # fmt: skip
    try:
        length = len(settings.key())
    except SongwrightError as error:
        return Finding("key", ok=False, found=error.sentence)
    where = "set" if settings.api_key is not None else "in the keychain"
    return Finding("key", ok=True, found=f"{where} ({length} characters), for {settings.base_url}")


def _clients() -> list[Finding]:
    """Each client of this machine that has Songwright in its configuration, and whether that starts."""
    from .install.clients import Machine
    from .install.connected import connections

    found = connections(Machine.here())
    if not found:
        return [
            Finding(
                "clients", ok=True, found="none has Songwright in its configuration",
                do="`songwright install` connects those on this machine.",
            )
        ]  # fmt: skip
    return [Finding("client", each.ok, f"{each.client.title}: {each.said}", each.do) for each in found]


def _sandbox_parts() -> Finding:
    from ...sandbox.launcher import not_installed

    if missing := not_installed():
        return Finding(
            "sandbox", ok=False, found=f"missing: {', '.join(missing)}",
            do='Install them with: pip install "songwright[sandbox]"',
        )  # fmt: skip
    return Finding("sandbox", ok=True, found="installed")


def _folder(what: str, path: Path, setting: str) -> Finding:
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as probe:
            probe.write(b"songwright")
    except OSError as error:
        return Finding(
            what, ok=False, found=f"{path}: {error.strerror or error}",
            do=f"Make it writable, or name another folder in {setting}.",
        )  # fmt: skip
    return Finding(what, ok=True, found=f"{path}")


async def _service(settings: Settings) -> list[Finding]:
    app = Songwright(settings)
    findings: list[Finding] = []
    try:
        async with app.running():
            caller = await app.caller()
            if await anyio.to_thread.run_sync(app.journal.forgetful):
                findings.append(_forgetful(settings))
            balance = await app.runner.balance(caller.account)
            jobs = await anyio.to_thread.run_sync(app.journal.unsettled, caller.account)
    except SongwrightError as error:
        said = f" The service said: {error.service_said}" if error.service_said else ""
        return [*findings, Finding("service", ok=False, found=error.sentence + said)]
    findings += [
        Finding("service", ok=True, found="answers" if not settings.sandbox else "the sandbox answers"),
        Finding(
            "balance", ok=balance.total > 0, found=f"{balance.total} credits",
            do="" if balance.total else "Buy credits on the service's website.",
        ),
    ]  # fmt: skip
    if jobs:
        findings.append(
            Finding(
                "journal", ok=jobs < 3, found=f"{jobs} unsettled order(s)",
                do='`songwright call list_songs \'{"state": "unknown"}\'` shows them; resolve_job settles one.',
            )
        )  # fmt: skip
    return findings


def _forgetful(settings: Settings) -> Finding:
    return Finding(
        "journal", ok=False,
        found=f"new, but {settings.library} holds songs that are not in it: the journal was moved, deleted or "
            f"emptied, or the library comes from another computer",
        do=f"Stop every Songwright and put the old journal.sqlite3 back into {settings.state_dir}. If you have no "
            f"old one, the next purchase asks once, and then all is well.",
    )  # fmt: skip
