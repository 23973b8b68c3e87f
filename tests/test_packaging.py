"""What is given away is complete and clean: the wheel, the bundle, the pinned packages, the tree they are made from."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from songwright.server.core.settings import Settings

ROOT = Path(__file__).parents[1]
CODE = ("server", "sandbox", "tools", "prompts")
MADE = {".venv", ".git", "build", "dist", "__pycache__", "node_modules"}

LONGER: dict[str, tuple[int, str]] = {
    "tests/files/test_library.py": (680, "one table of hostile names and disks, easier to extend in one place"),
    "tests/web/test_issuer.py": (640, "one list of what a token, a key or an issuer can be wrong in"),
    "tests/web/test_webhook.py": (600, "one list of what a call back can be wrong in"),
}
"""Files that may have more than 500 lines: how many, and why they are not split."""


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def pinned() -> dict[str, list[Requirement]]:
    """The pins of requirements-dev.txt by name; a package may have one for each range of Pythons."""
    text = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    pins: dict[str, list[Requirement]] = {}
    for line in re.findall(r"^(\w[^\\\n]*) \\$", text, re.MULTILINE):
        pins.setdefault(Requirement(line).name, []).append(Requirement(line))
    return pins


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel and a source archive, built from a copy; a build in the tree would pick up what older ones left there."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for path in ROOT.iterdir():
        if path.is_file() and path.name != ".git":
            shutil.copy(path, copy)
    for name in ("docs", "examples", *CODE):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns(*MADE))
    run("-m", "build", "--sdist", "--wheel", "--no-isolation", "--quiet", "--outdir", str(out), str(copy))
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(built.glob("*.whl")))


def run(*command: str, cwd: Path = ROOT, **environment: str) -> str:
    """Run this Python and hand back what it printed; a failure shows its words."""
    done = subprocess.run(
        [sys.executable, *command], cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files_of(folder: Path) -> Iterator[Path]:
    """Every file that belongs to the project in a folder, without what is made from others."""
    for path in sorted(folder.iterdir()):
        made = path.name in MADE or path.name.endswith(("_cache", ".egg-info"))
        if path.is_dir() and not path.is_symlink() and not made and path.name != ".hypothesis":
            yield from files_of(path)
        elif path.is_file() and not made:
            yield path


def code_files() -> set[str]:
    return {path.relative_to(ROOT).as_posix() for name in CODE for path in files_of(ROOT / name)}


def test_every_folder_with_an_init_is_a_listed_package(project: dict[str, Any]) -> None:
    """Setuptools cannot discover renamed packages, so the list is written by hand."""
    folders = {Path(path).parent.as_posix().replace("/", ".") for path in code_files() if path.endswith("/__init__.py")}
    assert {f"songwright.{folder}" for folder in folders} == set(project["tool"]["setuptools"]["packages"])


def test_the_wheel_holds_every_file_of_the_code_folders_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    """A top-level `tools` or `prompts` would overwrite another program's in the same environment."""
    inside = {name for name in wheel.namelist() if not name.split("/")[0].endswith(".dist-info")}
    assert inside == {f"songwright/{path}" for path in code_files()}


def test_the_wheel_carries_its_data_its_types_and_its_licence(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert {Path(name).suffix for name in names} >= {".py", ".sql", ".toml", ".json", ".md"}
    assert {f"songwright/{name}/py.typed" for name in CODE} <= set(names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_command_starts_from_the_wheel_alone(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    wheel.extractall(site)
    elsewhere.mkdir()
    where = "import songwright.server.cli.main as cli; print(cli.__file__)"
    assert run("-c", where, cwd=elsewhere, PYTHONPATH=str(site)).startswith(str(site))
    assert "compose" in run("-m", "songwright.server", "--help", cwd=elsewhere, PYTHONPATH=str(site))


def test_the_entry_point_runs_as_a_script_from_any_folder(tmp_path: Path, manifest: dict[str, Any]) -> None:
    """Desktop assistants start it so; its folder comes first on the path, and so must not be a package's own."""
    script = ROOT / manifest["server"]["entry_point"]
    assert not (script.parent / "__init__.py").exists()
    assert "compose" in run(str(script), "--help", cwd=tmp_path)


def test_the_bundle_is_the_same_bytes_twice_and_pins_what_it_installs(
    tmp_path: Path, project: dict[str, Any], pinned: dict[str, list[Requirement]]
) -> None:
    bundles = [tmp_path / "one.mcpb", tmp_path / "another.mcpb"]
    for bundle in bundles:
        run("-m", "dev.bundle", str(bundle))
    assert bundles[0].read_bytes() == bundles[1].read_bytes()

    archive = zipfile.ZipFile(bundles[0])
    names = set(archive.namelist())
    others = {name for name in names - code_files() if not name.startswith("docs/")}
    assert others <= {
        "manifest.json",
        "start.py",
        "pyproject.toml",
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "LICENSE",
    }
    assert code_files() <= names

    uv = tomllib.loads(archive.read("pyproject.toml").decode())["tool"]["uv"]
    constrained = {Requirement(line).name for line in uv["constraint-dependencies"]}
    assert {Requirement(line).name for line in project["project"]["dependencies"]} <= constrained
    assert constrained == set(pinned)
    assert uv["default-groups"] == []


def test_every_link_of_the_readme_leads_somewhere_in_the_bundle_and_in_the_source_archive(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are read far from the folder they were made in."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    linked = {path for path in re.findall(r"\]\(([^)#\s]+)", readme) if "://" not in path}
    monkeypatch.chdir(ROOT)
    assert linked <= {path.as_posix() for path in runpy.run_path("dev/bundle.py")["contents"]()}
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        assert linked <= {name.partition("/")[2] for name in archive.getnames()}


def test_every_pinned_package_has_hashes_and_the_list_names_no_host() -> None:
    text = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    blocks = [block for block in re.split(r"\n(?=\w)", text) if not block.startswith("#")]
    assert len(blocks) > 20
    for block in blocks:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block
    assert not re.search(r"://|index-url|find-links|trusted-host", text)


def test_the_pins_are_what_pyproject_asks_for(project: dict[str, Any], pinned: dict[str, list[Requirement]]) -> None:
    """`make lock` was run after the last change; setuptools builds the editable install without isolation."""
    asked = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["studio"],
        *(line for line in project["project"]["optional-dependencies"]["sandbox"] if "songwright" not in line),
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]
    for line in asked:
        wanted = Requirement(line)
        assert wanted.name in pinned, f"{line} is not pinned: run `make lock`"
        for pin in pinned[wanted.name]:
            (version,) = (specifier.version for specifier in pin.specifier)
            assert version in wanted.specifier, f"{pin} is not {line}: run `make lock`"


def test_the_manifest_has_the_version_licence_and_python_of_the_project(
    project: dict[str, Any], manifest: dict[str, Any]
) -> None:
    ours = project["project"]
    assert (manifest["name"], manifest["version"]) == (ours["name"], ours["version"])
    assert manifest["license"] == ours["license"]
    assert manifest["compatibility"]["runtimes"]["python"] == ours["requires-python"]
    assert set(manifest["keywords"]) == set(ours["keywords"])


def test_the_manifest_asks_for_settings_that_exist_with_their_defaults(
    project: dict[str, Any], manifest: dict[str, Any]
) -> None:
    environment = manifest["server"]["mcp_config"]["env"]
    asked = manifest["user_config"]
    assert environment == {f"SONGWRIGHT_{name.upper()}": f"${{user_config.{name}}}" for name in asked}
    assert asked["api_key"]["sensitive"]
    assert not any(option["required"] for option in asked.values()), "it starts with nothing filled in"
    for name in ("confirm_above", "daily_credits"):
        assert asked[name]["default"] == Settings.model_fields[name].default
    assert tuple(asked["toolsets"]["default"].split(",")) == Settings.model_fields["toolsets"].default
    arguments = manifest["server"]["mcp_config"]["args"]
    assert arguments[arguments.index("--extra") + 1] in project["project"]["optional-dependencies"]


def test_schemas_manifest_and_documents_say_what_the_code_says() -> None:
    """They are derived from the declarations; somebody who changes one runs `make update`."""
    run("-m", "dev.update", "--check")


def test_every_wing_of_the_server_has_a_place_in_the_import_contract(project: dict[str, Any]) -> None:
    """The contract is only as good as its list: a wing that is not in it may import anything."""
    (wings,) = (rule for rule in project["tool"]["importlinter"]["contracts"] if rule["id"] == "wings")
    placed = {name.strip(" ()") for layer in wings["layers"] for name in re.split("[|:]", layer)}
    modules = {
        path.stem for path in (ROOT / "server").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert {f"songwright.server.{module}" for module in modules - {"__init__"}} <= placed


def test_no_python_file_has_more_than_500_lines() -> None:
    sizes = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in files_of(ROOT)
        if path.suffix == ".py"
    }
    assert {path: size for path, size in sizes.items() if size > LONGER.get(path, (500, ""))[0]} == {}


def test_no_file_names_a_machine_a_registry_or_something_left_to_do() -> None:
    """The project speaks only of itself, and nothing in it is half done."""
    left = re.compile(
        r"/(?:work|farm|root)/|\.\./shared"
        r"|pypi\.org|pythonhosted\.org|npmjs\.(?:com|org)"
        r"|\b(?:T[O]DO|F[I]XME|H[A]CK)\b|# *X{3}\b"
    )
    found = {}
    for path in files_of(ROOT):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if match := left.search(text):
            found[path.relative_to(ROOT).as_posix()] = match[0]
    assert found == {}
