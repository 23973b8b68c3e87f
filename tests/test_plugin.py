"""What is installed with one click says what the code says, starts Songwright, and is of one version everywhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import anyio
import install_links
import jsonschema
import pytest
import warm
from mcp import Client, StdioServerParameters

from songwright import prompts, tools
from songwright.server.core.settings import PREFIX, Settings
from songwright.server.craft.guide import topics
from songwright.tools.shapes import Status

ROOT = Path(__file__).parents[1]
PLUGIN = ROOT / "plugin"
SKILL = PLUGIN / "skills" / "songwriting" / "SKILL.md"
PAGES = sorted(SKILL.parent.rglob("*.md"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSION: str = PROJECT["project"]["version"]
ENTRIES = [*PLUGIN.rglob("*.json"), *(ROOT / ".claude-plugin").glob("*.json"), ROOT / "manifest.json"]


def loaded(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def members(node: Any) -> Iterator[tuple[str, Any]]:
    """Every member of every object in a document, by name."""
    if isinstance(node, dict):
        yield from node.items()
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from members(part)


# -- one version ------------------------------------------------------------------------------------------------------


def test_every_file_names_the_version_of_the_project() -> None:
    """In a field of its own, a requirement, an address, the tag of an image, the heading of the changelog."""
    told = {path: value for path in ENTRIES for name, value in members(loaded(path)) if name == "version"}
    assert len(told) >= 6
    assert set(told.values()) == {VERSION}
    texts = {path: path.read_text(encoding="utf-8") for path in PLUGIN.rglob("*") if path.is_file()}
    for path, text in texts.items():
        pinned = re.findall(r"songwright(?:\[\w+\])?==([\w.]+)|/download/v([\w.]+)/|ghcr\.io/[\w/-]+:([\w.]+)", text)
        assert {version for found in pinned for version in found if version} <= {VERSION}, path
    assert re.findall(r'^  version: "(.*)"$', texts[SKILL], re.MULTILINE) == [VERSION]
    assert re.findall(r"^## (\S+),", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[0] == VERSION


def test_the_version_in_the_changelog_has_a_date() -> None:
    heading = re.search(r"^## .*$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert heading is not None
    assert re.fullmatch(r"## \d+\.\d+\.\d+, \d{4}-\d\d-\d\d", heading[0])


def test_every_file_names_the_repository_that_releases_come_from() -> None:
    repository = PROJECT["tool"]["songwright"]["repository"]
    files = [*ENTRIES, *PLUGIN.glob("docker/*"), PLUGIN / "README.md"]
    for path in files:
        named = re.findall(r"(?:github\.com/|ghcr\.io/|io\.github\.)([\w-]+/[\w-]+)", path.read_text(encoding="utf-8"))
        assert set(named) <= {repository}, path


def test_package_and_image_prove_that_they_belong_to_the_registry_s_entry() -> None:
    """The registry looks for its own name in the package's description and in the image's labels."""
    name = loaded(PLUGIN / "server.json")["name"]
    assert f"<!-- mcp-name: {name} -->" in README
    label = f'LABEL io.modelcontextprotocol.server.name="{name}"'
    assert label in (ROOT / "Dockerfile").read_text(encoding="utf-8")


# -- what a click does ------------------------------------------------------------------------------------------------

LINKS = install_links.links(README)


def test_the_readme_has_a_link_for_each_of_four_hosts_on_one_line() -> None:
    assert list(LINKS) == ["Add to Cursor", "Install in VS Code", "Add to Goose", "Add to LM Studio"]
    (line,) = (line for line in README.splitlines() if "cursor.com" in line)
    assert all(link in line for link in LINKS.values())


@pytest.mark.parametrize("name", LINKS)
def test_a_link_installs_the_package_under_its_name_and_holds_no_key(name: str) -> None:
    installed = install_links.installed(LINKS[name])
    assert installed.name == "songwright"
    assert installed.command == ["uvx", "--from", "songwright[sandbox]", "songwright", "serve"]
    assert "sandbox" in PROJECT["project"]["optional-dependencies"]
    assert "songwright" in PROJECT["project"]["scripts"]
    assert set(installed.environment.values()) <= {""}
    assert set(installed.environment) <= {f"{PREFIX}API_KEY"}


def test_what_each_link_starts_serves_songwright(tmp_path: Path) -> None:
    """uvx would fetch the package and run its command `songwright`; here that command runs from this checkout."""
    starts: list[install_links.Installed] = []
    for installed in map(install_links.installed, LINKS.values()):
        starts += [installed] if installed not in starts else []

    async def served(number: int, start: install_links.Installed) -> None:
        words = start.command[start.command.index("songwright") + 1 :]
        environment = {**dict(start.environment), "HOME": str(tmp_path / str(number)), warm.ASKED: ""}
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "songwright.server", *words], env=environment, cwd=tmp_path
        )
        async with Client(server, mode="legacy") as client:
            assert client.server_info is not None
            assert client.server_info.version == VERSION
            assert {tool.name for tool in (await client.list_tools()).tools} >= {"create_song", "wait_for_song"}

    async def all_at_once() -> None:
        async with anyio.create_task_group() as group:
            for number, start in enumerate(starts):
                group.start_soon(served, number, start)

    anyio.run(all_at_once)


def test_a_person_who_fills_in_nothing_is_asked_by_no_file_for_a_key() -> None:
    """Without one there is the sandbox; only the image has none."""
    registry = loaded(PLUGIN / "server.json")
    needed = {
        package["registryType"]: [asked["name"] for asked in package["environmentVariables"] if asked["isRequired"]]
        for package in registry["packages"]
        if "environmentVariables" in package
    }
    assert needed == {"pypi": [], "oci": [f"{PREFIX}API_KEY"]}
    claude = loaded(PLUGIN / ".claude-plugin" / "plugin.json")["userConfig"]
    assert not any(asked["required"] for asked in claude.values())


def test_every_question_is_about_a_setting_and_only_the_key_is_hidden() -> None:
    registry = loaded(PLUGIN / "server.json")["packages"]
    questions = loaded(PLUGIN / ".claude-plugin" / "plugin.json")["userConfig"]
    asked = [
        *((row["name"], row["isSecret"]) for package in registry for row in package.get("environmentVariables", ())),
        *((row["envVar"], row["sensitive"]) for row in loaded(PLUGIN / "gemini-extension.json")["settings"]),
        *((PREFIX + name.upper(), row.get("sensitive", False)) for name, row in questions.items()),
    ]
    filled = loaded(PLUGIN / ".mcp.json")["mcpServers"]["songwright"]["env"]
    assert filled == {PREFIX + name.upper(): f"${{user_config.{name}}}" for name in questions}
    assert {name.removeprefix(PREFIX).lower() for name, _ in asked} <= set(Settings.model_fields)
    assert {name for name, hidden in asked if hidden} == {f"{PREFIX}API_KEY"}
    assert {hidden for name, hidden in asked if name == f"{PREFIX}API_KEY"} == {True}


# -- the form for ChatGPT ---------------------------------------------------------------------------------------------

HINTS = ("readOnlyHint", "openWorldHint", "destructiveHint")


def test_the_form_for_chatgpt_gives_every_listed_tool_the_hints_that_the_server_lists() -> None:
    form = loaded(PLUGIN / "chatgpt-app-submission.json")
    assert set(form["tools"]) == set(tools.chosen(tools.DEFAULT_TOOLSETS))
    for name, stated in form["tools"].items():
        listed = loaded(ROOT / "tools" / tools.folder(name) / f"{name}.json")["annotations"]
        assert stated["annotations"] == {hint: listed[hint] for hint in HINTS}


def text(longest: int | None = None) -> dict[str, Any]:
    """Something to read."""
    return {"type": "string", "pattern": r"\S"} | ({"maxLength": longest} if longest else {})


def record(**parts: dict[str, Any]) -> dict[str, Any]:
    """An object with all of these members."""
    return {"type": "object", "required": list(parts), "properties": parts}


def case(tools_triggered: dict[str, Any]) -> dict[str, Any]:
    nothing = {"type": "null"}
    return record(
        description=text(4000), user_prompt=text(), expected_output=text(), tools_triggered=tools_triggered,
        file_attachment_urls=nothing, expected_output_url=nothing,
    )  # fmt: skip


FORM = record(
    schema_version={"const": 1},
    app_info=record(
        display_name=text(30), subtitle=text(30), description=text(4000), category={"enum": ["ENTERTAINMENT"]}
    ),
    tools={
        "additionalProperties": record(
            annotations=record(**{hint: {"type": "boolean"} for hint in HINTS}),
            justifications=record(
                read_only_justification=text(), open_world_justification=text(), destructive_justification=text()
            ),
        )
    },
    # The schema asks for five and three at least; the instructions for the form say that it takes no more.
    test_cases={"minItems": 5, "maxItems": 5, "items": case(text())},
    negative_test_cases={"minItems": 3, "maxItems": 3, "items": case({"type": "null"})},
)
"""What the form takes, as chatgpt-app-submission.v1 describes it, and stricter where we know better."""


def test_the_form_for_chatgpt_has_the_shape_the_lengths_and_the_cases_that_it_takes() -> None:
    form = loaded(PLUGIN / "chatgpt-app-submission.json")
    jsonschema.Draft202012Validator(FORM).validate(form)
    assert form["$schema"] == "https://developers.openai.com/apps-sdk/schemas/chatgpt-app-submission.v1.json"
    for tried in form["test_cases"]:
        assert set(tried["tools_triggered"].split(", ")) <= set(form["tools"])


# -- the skill --------------------------------------------------------------------------------------------------------


def test_the_skill_is_named_like_its_folder_and_short_enough_to_be_loaded() -> None:
    page = SKILL.read_text(encoding="utf-8")
    head = dict(re.findall(r"^(\w+): (.+)$", page.split("---")[1], re.MULTILINE))
    assert head["name"] == SKILL.parent.name
    assert re.fullmatch(r"[a-z0-9-]{1,64}", head["name"])
    assert 100 < len(head["description"]) <= 1024
    assert len(page.splitlines()) < 500


def test_every_prompt_and_every_topic_of_the_guide_is_a_page_that_the_skill_leads_to() -> None:
    linked = set(re.findall(r"\]\(references/([\w-]+)\.md\)", SKILL.read_text(encoding="utf-8")))
    assert linked == {page.stem for page in PAGES if page != SKILL}
    assert linked >= {*prompts.names(), *topics()} - {"write_song", "start"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_tool_page_and_status_that_the_skill_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (page.parent / target).is_file(), target
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", text))
    arguments = {name for tool in tools.names() for name in tools.load(tool).model_fields}
    results = {"job_id", "clip_id", "persona_id", "vox_audio_id"}
    assert named <= {*tools.names(), *prompts.names(), *arguments, *results, *get_args(Status)}
    assert "{{" not in text


def test_the_skill_says_before_the_song_what_costs_and_how_nothing_is_bought_twice() -> None:
    text = SKILL.read_text(encoding="utf-8")
    before, _, _ = text.partition("## The song")
    free = re.search(r"Free: (.*?)\.\n", before, re.DOTALL)
    assert free is not None
    told = set(re.findall(r"`(\w+)`", free[1]))
    assert told == {name for name in tools.chosen(tools.DEFAULT_TOOLSETS) if not tools.load(name).price_note}
    assert f"more than {Settings.model_fields['confirm_above'].default} credits" in before
    assert f"a new song costs {tools.load('create_song').price_note.split(';')[0]} credits" in before
    rows = {row.strip(" `") for row in re.findall(r"^\| (`[^|]+) \|", before, re.MULTILINE)}
    assert {status for row in rows for status in re.findall(r"\w+", row)} == set(get_args(Status))
    for word in ("quote", "again", "job_id", "wait_for_song", "list_songs", "resolve_job"):
        assert f"`{word}`" in before, word


def test_the_skill_has_the_steps_of_the_prompt_word_for_word() -> None:
    """They were tried blind against others; a skill that says them in its own way would be another text."""
    steps = prompts.load("write_song").text.partition("\n1. ")[2]
    assert steps in SKILL.read_text(encoding="utf-8")


# -- the workflow that publishes --------------------------------------------------------------------------------------


def test_every_action_of_the_release_is_pinned_by_a_commit_and_nothing_but_the_run_s_own_token_is_secret() -> None:
    used = re.findall(r"uses: (\S+)@(\S+) # (v[\d.]+)", WORKFLOW)
    assert len(used) == WORKFLOW.count("uses: ")
    assert all(re.fullmatch("[0-9a-f]{40}", commit) for _, commit, _ in used)
    assert set(re.findall(r"secrets\.(\w+)", WORKFLOW)) == {"GITHUB_TOKEN"}


def test_a_release_under_another_tag_or_from_another_repository_is_refused_with_both_reasons() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dev.plugin.release", "v99.0.0"],
        cwd=ROOT, env=os.environ | {"GITHUB_REPOSITORY": "somebody/else"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert f"The tag is v99.0.0, and the version {VERSION}." in done.stderr
    assert "This is somebody/else" in done.stderr
    assert "dist/" not in done.stdout


def test_only_jobs_that_publish_may_ask_for_an_identity_and_they_build_nothing() -> None:
    jobs = dict(re.findall(r"^  (\w+):\n((?:    .*\n|\n)+)", WORKFLOW.partition("\njobs:\n")[2], re.MULTILINE))
    assert set(jobs) == {"build", "index", "image", "page", "registry"}
    trusted = {name for name, text in jobs.items() if "id-token: write" in text}
    assert trusted == {"index", "registry"}
    assert not any("checkout" in jobs[name] or "make " in jobs[name] for name in trusted)
    assert "permissions: {}" in WORKFLOW
