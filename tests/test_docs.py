"""What the documents say is what the code does: tables, arrows, sentences, links, snippets."""

from __future__ import annotations

import ast
import json
import re
import runpy
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from arrows import START, arrows

from songwright import prompts, tools
from songwright.server.cli.main import parser
from songwright.server.contract import document, operations
from songwright.server.core.jobs import SENTENCES, Asked, State
from songwright.server.core.settings import PREFIX, Settings
from songwright.tools.shapes import Status

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
STATES = (ROOT / "docs" / "states.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


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
    """The program that makes the README's tables."""
    return runpy.run_path(str(ROOT / "dev" / "tables.py"))


# -- the README says everything there is ----------------------------------------------------------------------------


def test_the_readme_has_every_generated_table_and_each_is_up_to_date(tables: dict[str, Any]) -> None:
    assert set(re.findall(r"<!-- (\w+), written by `make update` -->", README)) == set(tables["TABLES"])
    assert tables["filled"](README) == README, "run `make update`"


def test_the_readme_names_every_tool_prompt_setting_and_status() -> None:
    assert [row[1] for row in rows(README, "toolset")] == list(tools.names())
    assert [row[0] for row in rows(README, "prompt")] == list(prompts.names())
    assert [row[0] for row in rows(README, "variable")] == [PREFIX + name.upper() for name in Settings.model_fields]
    assert {row[0] for row in rows(README, "status")} == set(get_args(Status))


def test_the_readme_explains_every_command() -> None:
    (commands,) = (action for action in parser()._actions if action.dest == "command")
    assert commands.choices is not None
    told = [row[0].split()[1] for row in rows(README, "command")]
    assert sorted(told) == sorted(commands.choices)


def test_the_readme_explains_every_make_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))
    told = re.findall(r"make ([a-z-]+)", " ".join(row[0] for row in rows(README, "target")))
    assert sorted(told) == sorted(targets)


def test_every_operation_of_the_service_is_performed_by_a_tool_or_not_offered_for_a_reason() -> None:
    """The table may join operations that nothing performs; none may be missing."""
    told = {name: row for row in rows(README, "operation") for name in re.split(r",? ", row[0])}
    assert set(operations()) <= set(told)
    task_types = document()["components"]["schemas"]["sonic.field.task_type"]["enum"]
    assert set(task_types) <= set(told)
    for name in (*operations(), *task_types):
        performer = told[name][2].split()[0]
        assert performer in tools.names() or re.match(r"not offered: \S+ \w+", told[name][2]), name


def test_the_tool_for_an_operation_declares_it_and_has_the_named_arguments(tables: dict[str, Any]) -> None:
    for key, (name, words) in tables["HOW"].items():
        tool = tools.load(name)
        assert key.split("/")[0] in tool.contract, key
        for argument in re.findall(r"`(\w+)", words):
            assert argument in tool.model_fields, f"{key}: {name} has no {argument}"


def test_every_operation_a_tool_declares_names_the_tool_in_the_table() -> None:
    table = rows(README, "operation")
    for name in tools.names():
        for operation in tools.load(name).contract:
            performers = [row[2] for row in table if operation in re.split(r",? ", row[0])]
            assert any(name in re.findall(r"\w+", performer) for performer in performers), (name, operation)


# -- what is quoted can be met ----------------------------------------------------------------------------------------


def sentences() -> Iterator[str]:
    """Every text in the sources, an f-string with a gap for each of its values."""
    for path in (path for folder in ("server", "sandbox") for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(str(p.value) if isinstance(p, ast.Constant) else " … " for p in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield re.sub(r"%\w", " … ", node.value)


def test_every_sentence_in_the_table_of_troubles_is_one_that_the_program_says() -> None:
    said = [" ".join(text.split()) for text in sentences()]
    quotes = [row[0].strip('"') for row in rows(README, "it says") if row[0].startswith('"')]
    assert len(quotes) > 10
    for quote in quotes:
        parts = [re.escape(part.strip()) for part in quote.split("…") if part.strip()]
        pattern = re.compile(".*".join(parts))
        assert any(pattern.search(text) for text in said), quote


def test_the_settings_in_the_text_exist() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {f"{PREFIX}CONFIG"}
    for page in PAGES:
        named = set(re.findall(rf"{PREFIX}[A-Z_]+", page.read_text(encoding="utf-8")))
        assert named <= known, page.name


def test_the_json_in_the_readme_parses_and_starts_songwright() -> None:
    blocks = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    assert len(blocks) >= 3
    for block in blocks:
        content = json.loads(block)
        servers = content.get("mcpServers") or content.get("servers") or {"songwright": content}
        command = [servers["songwright"]["command"], *servers["songwright"].get("args", ())]
        assert command[-1].split("/")[-1] == "songwright"
        assert set(servers["songwright"].get("env", ())) <= {f"{PREFIX}API_KEY"}


def test_every_link_inside_the_documents_leads_to_a_file() -> None:
    dead = {}
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                dead[f"{page.relative_to(ROOT)}: {target}"] = page
    assert dead == {}


def test_every_folder_and_file_of_the_layout_is_there() -> None:
    layout = re.search(r"## For developers\n\n```\n(.*?)```", README, re.DOTALL)
    assert layout is not None
    for line in layout[1].splitlines():
        assert (ROOT / line.split()[0]).is_dir(), line


def test_no_document_speaks_of_how_it_came_about() -> None:
    """The project speaks only of itself: no machines, tickets or conversations."""
    forbidden = re.compile(r"/(?:work|root|tmp)/|\.\./shared|issue #|\b(?:T[O]DO|the brief|this session|as an AI)\b")
    found = {page.name: match[0] for page in PAGES if (match := forbidden.search(page.read_text(encoding="utf-8")))}
    assert found == {}


def test_the_changelog_begins_with_the_current_version_and_tells_what_people_can_do() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
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
    page = (ROOT / "docs" / "decisions" / "polling.md").read_text(encoding="utf-8")
    printed = runpy.run_path(str(ROOT / "docs" / "decisions" / "polling_simulation.py"))["table"]()
    assert printed in page


# -- clients --------------------------------------------------------------------------------------------------------

MEASURED = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
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


def test_the_readme_says_of_frameworks_what_was_measured() -> None:
    measured = {row[0]: (row[3], row[5]) for row in rows(MEASURED, "client")}
    told = {row[0]: (row[1], row[2]) for row in rows(README, "framework")}
    assert told == {name: found for name, found in measured.items() if found[1] != "none"}
