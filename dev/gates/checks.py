"""Every gate by name: what it runs, and what it found."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import examples, fuzz, libraries, matrix, player, plugins, typescript
from .kit import Broken, Kit

Findings = Mapping[str, str]
"""What was examined → what is wrong with it; empty for what is right."""

REAL = (
    "server-stateless", "completion-complete", "tools-list", "resources-list", "sep-2164-resource-not-found",
    "prompts-list", "dns-rebinding-protection", "caching", "http-header-validation", "server-sse-multiple-streams",
    "input-required-result-unsupported-methods",
)  # fmt: skip
"""The scenarios that need no tools of the suite's own, so that they can be put to the server people get."""
REAL_OLD = ("server-initialize", "server-session-lifecycle", "ping", "tools-list", "resources-list", "prompts-list")
TASKS = tuple(
    f"tasks-{name}"
    for name in (
        "lifecycle", "capability-negotiation", "wire-fields", "request-state-removal", "mrtr-input", "request-headers",
        "dispatch-and-envelope", "required-task-error", "mrtr-composition",
    )
)  # fmt: skip
"""All but `tasks-status-notifications`, which the suite itself skips."""


@dataclass(frozen=True)
class Gate:
    """One third-party check."""

    name: str
    title: str
    run: Callable[[Kit], Findings]


def conformance(suite: str, server: str, *choices: tuple[str, ...]) -> Callable[[Kit], Findings]:
    """A conformance suite against one of the fixture's servers, once with each choice of scenarios."""

    def run(kit: Kit) -> Findings:
        found: dict[str, str] = {}
        program = kit.script(f"conformance-{suite}", "dist/index.js")
        with kit.serving(server) as address, tempfile.TemporaryDirectory() as folder:
            for choice in choices:
                done = kit.run([*program, "server", "--url", address, *choice, "--output-dir", folder])
                if done.returncode not in (0, 1):
                    raise Broken(done.stderr.strip()[-500:])
            for report in sorted(Path(folder).glob("*/checks.json")):
                scenario = re.sub(r"^server-|-\d{4}-\d\d-\d\dT.*$", "", report.parent.name)
                for check in json.loads(report.read_text(encoding="utf-8")):
                    if check["status"] in ("SUCCESS", "FAILURE"):
                        name = f"{scenario}: {check['id']}"
                        wrong = check.get("errorMessage", "no reason given") if check["status"] == "FAILURE" else ""
                        found[name] = found.get(name) or wrong[:300]
        if not found:
            raise Broken("the suite checked nothing")
        return found

    return run


def scenarios(names: Iterable[str], *more: str) -> tuple[tuple[str, ...], ...]:
    """Single scenarios, as choices."""
    return tuple(("--scenario", name, *more) for name in names)


def without_tasks(run: Callable[[Kit], Findings]) -> Callable[[Kit], Findings]:
    """A requirement set also runs the scenarios of extensions; those have their own server and gate."""
    return lambda kit: {name: wrong for name, wrong in run(kit).items() if not name.startswith("tasks-")}


def inspector(kit: Kit) -> Findings:
    """The Inspector reads every tool over stdio, in both eras, and calls one that is free."""
    program = [*kit.script("@modelcontextprotocol/inspector", "clients/launcher/build/index.js"), "--cli"]
    call = ("tools/call", "--tool-name", "check_style", "--tool-args-json", json.dumps({"style": "folk, 90 BPM"}))
    asks: Mapping[str, tuple[str, ...]] = {
        "tools/list --strict": ("tools/list", "--strict"),
        "prompts/list": ("prompts/list",),
        "resources/list": ("resources/list",),
        "resources/templates/list": ("resources/templates/list",),
        "tools/call check_style": call,
    }
    found = {}
    with tempfile.TemporaryDirectory() as home:
        alone = {"HOME": home, "SONGWRIGHT_STATE_DIR": f"{home}/state", "SONGWRIGHT_LIBRARY": f"{home}/library"}
        alone |= {"SONGWRIGHT_CONFIG": f"{home}/config.toml", "SONGWRIGHT_TOOLSETS": "all"}
        given = [part for name, value in alone.items() for part in ("-e", f"{name}={value}")]
        for era in ("legacy", "modern"):
            for ask, words in asks.items():
                server = [sys.executable, "-m", "songwright.server", *given]
                how = ["--method", *words, "--format", "json", "--protocol-era", era]
                done = kit.run([*program, *server, *how], HOME=home)
                failed = done.returncode != 0 or '"isError":true' in done.stdout
                found[f"{era} {ask}"] = (done.stderr.strip() or done.stdout)[-300:] if failed else ""
    return found


def tdqs(kit: Kit) -> Findings:
    """The lint of the Tool Definition Quality Score, over every tool."""
    listed = kit.run([sys.executable, "-m", "songwright.server", "tools", "--json", "--toolsets", "all"])
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder) / "tools.json"
        tools.write_text(listed.stdout, encoding="utf-8")
        command = [str(kit.python.with_name("tdqs")), "lint", "--file", str(tools), "--format", "json"]
        done = kit.run([*command, "--fail-on", "never"])
    if done.returncode:
        raise Broken(done.stderr.strip()[-500:])
    found = {}
    for tool in json.loads(done.stdout)["tools"]:
        found[tool["name"]] = ""
        for issue in tool["findings"]:
            found[f"{tool['name']} {issue['rule']}"] = issue["message"]
    return found


def bundle(kit: Kit) -> Findings:
    """The official validator, and a run as on a new machine: see dev/check_bundle.py."""
    done = kit.run([sys.executable, "-m", "dev.check_bundle"])
    said = done.stdout + done.stderr
    validated = "manifest: valid" in said
    return {
        "the official tool packs it": "" if validated else said[-400:],
        "it starts and composes": "" if done.returncode == 0 else said[-400:],
    }


GATES = (
    Gate(
        "conformance-2026-07-28", "Conformance 0.2.0-alpha.12, what 2026-07-28 requires",
        without_tasks(conformance("2026", "general", ("--requirements", "2026-07-28"))),
    ),
    Gate(
        "conformance-2025-11-25", "Conformance 0.2.0-alpha.12, what 2025-11-25 requires",
        without_tasks(conformance("2026", "general", ("--requirements", "2025-11-25"))),
    ),
    Gate(
        "conformance-2025", "Conformance 0.1.16, every scenario of the 2025 revisions",
        conformance("2025", "general", ("--suite", "all")),
    ),
    Gate(
        "conformance-tasks", "Conformance 0.2.0-alpha.12, the tasks extension",
        conformance("2026", "tasks", *scenarios(TASKS)),
    ),
    Gate(
        "conformance-real", "Conformance 0.2.0-alpha.12, the server as people get it",
        conformance("2026", "real", *scenarios(REAL), *scenarios(REAL_OLD, "--spec-version", "2025-11-25")),
    ),
    Gate("inspector", "Inspector 2.12.0, stdio, both eras", inspector),
    Gate("typescript", "TypeScript SDK 1.32.2 and 2.4.0, one song each over HTTP", typescript.songs),
    Gate("clients", "What reaches the model: SDKs and frameworks, old and new, docs/clients.md", matrix.read_back),
    Gate("examples", "The programs in examples/, each a song in an empty home", examples.songs),
    Gate("beets", "beets 2.14.1 imports the library", libraries.beets),
    Gate("tdqs", "Tool Definition Quality Score 0.1.0, lint", tdqs),
    Gate("contract", "Schemathesis 4.32.0, the sandbox against the contract", fuzz.contract),
    Gate(
        "plugin", "skillsaw 0.22.0, Claude Code 2.1.332, Gemini CLI 0.61.0, zizmor 1.32.0, the plugin's files",
        plugins.validators,
    ),
    Gate(
        "one-click", "Every command that a plugin, a registry or a link declares, a song each in an empty home",
        plugins.starts,
    ),
    Gate("player", "The player in Chromium 153 under AppBridge 2.0.4, with axe-core 4.14.1", player.checked),
    Gate("bundle", "MCP Bundle 2.1.2, validate, pack, run", bundle),
)  # fmt: skip
