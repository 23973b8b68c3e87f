"""What the documents say is what the code does: tables, arrows, sentences, links, snippets."""

from __future__ import annotations

import argparse
import ast
import json
import re
import runpy
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from arrows import START, arrows

from songwright import prompts, tools
from songwright.sandbox.options import add_arguments
from songwright.server.cli.install import clients as known
from songwright.server.cli.main import parser
from songwright.server.contract import operations
from songwright.server.core.jobs import SENTENCES, Asked, State
from songwright.server.core.settings import PREFIX, Settings
from songwright.tools.shapes import Status

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "examples" / "README.md"])
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
README, CONTRIBUTING, STATES = TEXTS["README.md"], TEXTS["CONTRIBUTING.md"], TEXTS["docs/states.md"]
TOOLS = TEXTS["docs/tools.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def rows(text: str, first: str) -> list[list[str]]:
    """The cells of every row of the table whose head begins with this cell, without backticks."""
    lines = iter(text.splitlines())
    next(line for line in lines if line.startswith(f"| {first} |"))
    next(lines)
    table = []
    for line in lines:
        if not line.startswith("|"):
            break
        table.append([cell.strip().replace("`", "") for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return table


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    """The program that makes the documents' tables."""
    return runpy.run_path(str(ROOT / "dev" / "tables.py"))


# -- the documents say everything there is ----------------------------------------------------------------------------


def test_the_readme_is_one_page() -> None:
    assert len(README.splitlines()) <= 120


def test_every_generated_table_is_in_the_documents_once_and_up_to_date(tables: dict[str, Any]) -> None:
    marks = re.findall(r"<!-- (\w+), written by `make update` -->", "".join(TEXTS.values()))
    assert sorted(marks) == sorted(tables["TABLES"])
    assert {name for name, text in TEXTS.items() if tables["filled"](text) != text} == set(), "run `make update`"


def test_the_documents_name_every_tool_prompt_setting_and_status() -> None:
    variables = [row[0] for row in rows(TEXTS["docs/settings.md"], "variable")]
    assert [row[1] for row in rows(TOOLS, "toolset")] == list(tools.names())
    assert [row[0] for row in rows(TOOLS, "prompt")] == list(prompts.names())
    assert variables == [PREFIX + name.upper() for name in Settings.model_fields]
    assert {row[0] for row in rows(TEXTS["docs/waiting.md"], "status")} == set(get_args(Status))


def test_every_client_that_install_knows_is_in_the_table_with_its_file() -> None:
    told = {row[0]: (row[1], row[2]) for row in rows(TEXTS["docs/clients.md"], "name")}
    assert list(told) == [client.name for client in known.CLIENTS]
    for client in known.CLIENTS:
        title, files = told[client.name]
        assert title == client.title
        assert client.file(known.Machine("linux", Path("/home/ana"), {})).name in files


def test_every_command_and_every_make_target_is_explained() -> None:
    told = [row[0].split()[1] for row in rows(TEXTS["docs/command-line.md"], "command")]
    assert sorted(told) == sorted(commands())
    told = re.findall(r"make ([a-z-]+)", " ".join(row[0] for row in rows(CONTRIBUTING, "target")))
    assert sorted(told) == sorted(targets())


def test_the_index_leads_to_every_page_and_the_readme_to_the_index() -> None:
    linked = {target.split("#")[0] for target in LINK.findall(TEXTS["docs/README.md"])}
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")}
    assert pages - {"README.md"} <= linked
    assert "docs/README.md" in LINK.findall(README)


def test_every_operation_of_the_service_is_performed_by_a_tool_or_not_offered_for_a_reason() -> None:
    """The table may join operations that nothing performs; none may be missing."""
    told = {name: row for row in rows(TOOLS, "operation") for name in re.split(r",? ", row[0])}
    assert set(operations()) <= set(told)
    for name in operations():
        performer = re.split(r",? ", told[name][2])[0]
        assert performer in tools.names() or re.match(r"not offered: \S+ \w+", told[name][2]), name


def test_words_about_an_operation_belong_to_a_tool_that_declares_it_and_has_the_named_arguments(
    tables: dict[str, Any],
) -> None:
    for entry, words in tables["HOW"].items():
        found = [tools.load(name) for name in tools.names() if entry in tools.load(name).contract]
        assert found, entry
        for argument in re.findall(r"`(\w+)", words):
            assert all(argument in tool.model_fields for tool in found), f"{entry}: no argument {argument}"


def test_every_operation_a_tool_declares_names_the_tool_in_the_table() -> None:
    table = [(row[0], re.split(r",? ", row[0]), row[2]) for row in rows(TOOLS, "operation")]
    for name in tools.names():
        for entry in tools.load(name).contract:
            shown = entry.replace("/", " ")
            performers = [performed for cell, names, performed in table if shown in cell or entry in names]
            assert any(name in re.findall(r"\w+", performer) for performer in performers), (name, entry)


# -- what is quoted can be met ----------------------------------------------------------------------------------------


@cache
def sentences() -> tuple[str, ...]:
    """Every text in the sources, an f-string with a gap for each of its values."""
    found = []
    for path in (path for folder in ("server", "sandbox") for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.append("".join(str(p.value) if isinstance(p, ast.Constant) else " … " for p in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(re.sub(r"%\w", " … ", node.value))
    return tuple(" ".join(text.split()) for text in found)


@pytest.mark.parametrize(("name", "fewest"), [("README.md", 4), ("docs/troubleshooting.md", 11)])
def test_every_sentence_in_a_table_of_troubles_is_one_that_the_program_says(name: str, fewest: int) -> None:
    quotes = [row[0].strip('"') for row in rows(TEXTS[name], "it says") if row[0].startswith('"')]
    assert len(quotes) >= fewest
    for quote in quotes:
        parts = [re.escape(part.strip()) for part in quote.split("…") if part.strip()]
        pattern = re.compile(".*".join(parts))
        assert any(pattern.search(text) for text in sentences()), quote


def test_the_example_of_doctor_has_as_many_tools_as_are_listed() -> None:
    assert f" with {len(tools.chosen(tools.DEFAULT_TOOLSETS))} tools\n" in TEXTS["docs/troubleshooting.md"]


def test_the_settings_in_the_text_exist() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {f"{PREFIX}CONFIG"}
    assert {name: found for name, text in TEXTS.items() if (found := set(SETTING.findall(text)) - known)} == {}


def test_the_json_for_clients_parses_and_starts_songwright() -> None:
    blocks = re.findall(r"```json\n(.*?)```", README + TEXTS["docs/clients.md"], re.DOTALL)
    assert len(blocks) >= 4
    for block in blocks:
        content = json.loads(block)
        servers = content.get("mcpServers") or content.get("servers") or {"songwright": content}
        command = [servers["songwright"]["command"], *servers["songwright"].get("args", ())]
        assert command[-1].split("/")[-1] == "songwright"
        assert set(servers["songwright"].get("env", ())) <= {f"{PREFIX}API_KEY"}


# -- commands, files and links ----------------------------------------------------------------------------------------

SETTING = re.compile(rf"{PREFIX}[A-Z0-9_]+")
OURS = re.compile(r"^(?:bench|deploy|dev|docs|examples|prompts|sandbox|server|tests|tools)/[\w./-]+$")
"""A path of the tree, as a document names it in a code span."""
ELSE = {"server/x.py", "tools/sonic/get_key.py", "deploy/secrets", "tools/list"}
"""What only looks like a path of the tree: two that stand for any, one that people make, a method of the protocol."""


@cache
def commands() -> dict[str, argparse.ArgumentParser]:
    """Every command of the program with what reads its words; the sandbox has a reader of its own."""
    (action,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    add_arguments(action.choices["sandbox"])
    return dict(action.choices)


@cache
def targets() -> set[str]:
    """Every target of the Makefile."""
    return set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def spoken(text: str) -> Iterator[str]:
    """Every command line in a document: the lines of its code blocks, and its code spans."""
    for block in FENCE.findall(text):
        yield from (line.split(" #")[0].strip() for line in block.splitlines())
    yield from (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", FENCE.sub("", text)))


def unknown(line: str) -> str:
    """What a command line names that does not exist; empty where all of it does, or where it is none of ours."""
    words = line.split()
    program = words[0].split("/")[-1] if words else ""
    if program == "songwright" and len(words) > 1 and re.fullmatch("[a-z]+", words[1]):
        return _unknown_words(words[1], words[2:])
    if program == "make" and len(words) > 1 and words[1] not in targets():
        return words[1]
    if program in ("python", "python3") and len(words) > 1:
        module = words[2] if words[1] == "-m" and len(words) > 2 else ""
        place = module.replace(".", "/").removeprefix("songwright/") if module.startswith(("dev", "songwright")) else ""
        if place and not any((ROOT / f"{place}{end}").exists() for end in (".py", "/__main__.py", "/__init__.py")):
            return module
        if words[1].endswith(".py") and not (ROOT / words[1]).exists():
            return words[1]
    return ""


def _unknown_words(command: str, words: list[str]) -> str:
    reader = commands().get(command)
    if reader is None:
        return command
    readers = [reader]
    for action in reader._actions:
        if isinstance(action, argparse._SubParsersAction) and words and words[0].isalpha() and words[0].islower():
            if words[0] not in action.choices:
                return f"{command} {words[0]}"
            readers.append(action.choices[words[0]])
    options = {option for known in readers for action in known._actions for option in action.option_strings}
    options.add("--help")
    return next((word for word in words if word.startswith("--") and word not in options), "")


def heading(line: str) -> str:
    """The anchor that code hosts give a heading."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", line).lower()).strip().replace(" ", "-")


def anchors(page: Path) -> set[str]:
    """Every place of a page that a link can lead to."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return {heading(line) for line in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


@pytest.mark.parametrize("line", ["songwright sing", "songwright serve --loud", "make tea", "python -m dev.nothing"])
def test_a_command_that_does_not_exist_is_noticed(line: str) -> None:
    assert unknown(line)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_command_in_a_document_exists(name: str) -> None:
    assert [line for line in spoken(TEXTS[name]) if unknown(line)] == []


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_file_that_a_document_names_exists(name: str) -> None:
    spans = re.findall(r"`([^`\n]+)`", FENCE.sub("", TEXTS[name]))
    named = {span for span in spans if OURS.match(span)} - ELSE
    assert {path for path in named if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_link_inside_the_documents_leads_somewhere(name: str) -> None:
    dead = []
    for target in LINK.findall(FENCE.sub("", TEXTS[name])):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        page = (ROOT / name).parent / path if path else ROOT / name
        if not page.exists() or (anchor and anchor not in anchors(page)):
            dead.append(target)
    assert dead == []


def test_every_folder_of_the_layout_is_there_and_every_folder_is_in_the_layout() -> None:
    layout = re.search(r"## Where is what\n\n```\n(.*?)```", CONTRIBUTING, re.DOTALL)
    assert layout is not None
    told = {line.split()[0].rstrip("/") for line in layout[1].splitlines()}
    assert {folder for folder in told if not (ROOT / folder).is_dir()} == set()
    ours = {path.parent.name for path in ROOT.glob("*/*") if path.is_file() and not path.parent.name.startswith(".")}
    assert {folder for folder in ours if not re.search(r"egg-info|dist|build|__pycache__", folder)} <= told


def test_every_example_is_explained_and_run_by_the_gates() -> None:
    gate = (ROOT / "dev" / "gates" / "examples.py").read_text(encoding="utf-8")
    for folder in (ROOT / "examples").iterdir():
        if folder.is_dir() and folder.name != "__pycache__":
            assert f"]({folder.name}/song." in TEXTS["examples/README.md"], folder.name
            assert f'"{folder.name}": ' in gate, folder.name


def test_no_document_speaks_of_how_it_came_about() -> None:
    """The project speaks only of itself: no machines, tickets or conversations."""
    forbidden = re.compile(r"/(?:work|root|tmp)/|\.\./shared|issue #|\b(?:T[O]DO|the brief|this session|as an AI)\b")
    found = {name: match[0] for name, text in TEXTS.items() if (match := forbidden.search(text))}
    assert found == {}


def test_the_changelog_begins_with_the_current_version_and_tells_what_people_can_do() -> None:
    changelog = TEXTS["CHANGELOG.md"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = re.findall(r"^## ([\d.]+)", changelog, re.MULTILINE)
    assert versions[0] == project["version"]
    stories = re.findall(r"^- (.*)", changelog, re.MULTILINE)
    assert stories
    assert all(story.startswith("You ") for story in stories)


# -- the states of a job ----------------------------------------------------------------------------------------------


def test_the_states_page_lists_every_state_with_the_sentence_a_person_reads() -> None:
    assert {row[0]: row[1] for row in rows(STATES, "state")} == {str(state): SENTENCES[state] for state in State}


def test_the_states_page_lists_exactly_the_arrows_that_the_code_has() -> None:
    """Both ways: nothing drawn that cannot happen, nothing that can happen left out."""
    table = {(row[0], row[1]) for row in rows(STATES, "from")}
    assert table == arrows()


def test_the_drawing_has_the_arrows_of_the_table() -> None:
    drawn = re.findall(r"^ +(\S+) --> (\S+)", STATES, re.MULTILINE)
    ends = {source for source, target in drawn if target == "[*]"}
    moves = {(source.replace("[*]", START), target) for source, target in drawn if target != "[*]"}
    assert moves == {(row[0], row[1]) for row in rows(STATES, "from")}
    assert ends == {str(state) for state in State} - {source for source, _ in moves}


def test_nothing_leads_from_unknown_back_to_queued() -> None:
    """An order whose fate is unknown must never be sent again by the program."""
    assert (State.UNKNOWN.value, State.QUEUED.value) not in arrows()
    assert {source for source, target in arrows() if target == State.QUEUED} == {START, State.SENDING.value}


def test_the_states_page_explains_everything_that_can_become_of_a_request() -> None:
    assert [row[0] for row in rows(STATES, "word")] == [asked.value for asked in Asked]


def test_the_table_of_schedules_is_what_the_simulation_prints() -> None:
    printed = runpy.run_path(str(ROOT / "docs" / "decisions" / "polling_simulation.py"))["table"]()
    assert printed in TEXTS["docs/decisions/polling.md"]


# -- clients --------------------------------------------------------------------------------------------------------

MEASURED = TEXTS["docs/clients.md"]
CLIENTS = tomllib.loads((ROOT / "dev" / "gates" / "clients" / "clients.toml").read_text(encoding="utf-8"))["client"]


def test_every_client_that_the_gates_read_back_has_a_row() -> None:
    wanted = [(c["title"], over) for c in CLIENTS for over in (("stdio", "HTTP") if c.get("http") else ("stdio",))]
    assert [(row[0], row[2]) for row in rows(MEASURED, "client")] == wanted


def test_every_client_has_its_script_and_its_pins() -> None:
    folder = ROOT / "dev" / "gates" / "clients"
    own = {"sdk-2"}
    """Runs in the project's own environment: the server is built on the same package."""
    for client in CLIENTS:
        assert (folder / client["script"]).exists()
        python = client["script"].endswith(".py") and client["name"] not in own
        assert (folder / "pins" / f"{client['name']}.txt").exists() is python


def test_what_is_said_of_frameworks_was_measured_and_the_readme_leads_to_it() -> None:
    measured = {row[0]: (row[3], row[5]) for row in rows(MEASURED, "client")}
    told = {row[0]: (row[1], row[2]) for row in rows(MEASURED, "framework")}
    assert told == {name: found for name, found in measured.items() if found[1] != "none"}
    assert "docs/clients.md#agent-frameworks" in LINK.findall(README)
