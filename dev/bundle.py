"""Writes dist/songwright.mcpb: the bundle that desktop assistants install with a click.

It is a zip of the sources; the assistant's own uv installs the packages on the person's machine. So that those are the
packages Songwright was tested with, the pinned versions travel in the bundle's copy of pyproject.toml. The same sources
give the same bytes.
"""

from __future__ import annotations

import hashlib
import re
import sys
import tomllib
import zipfile
from pathlib import Path

BUNDLE = Path("dist/songwright.mcpb")
FILES = (
    "manifest.json",
    "start.py",
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "LICENSE",
)
FOLDERS = ("server", "sandbox", "tools", "prompts")
PAGES = "docs"
"""Of this folder only the text, so that a link from the README leads somewhere; pictures weigh too much."""

REGISTRY = Path("plugin/server.json")
"""Not part of the bundle, so that it can hold the bundle's checksum."""

_PIN = re.compile(r"^(?P<pin>[a-z0-9][\w.-]*==[^\s;]+(?: ; [^\\\n]+)?) \\$", re.MULTILINE)
_CHECKSUM = re.compile(r'("fileSha256": ")[0-9a-f]{64}(")')
_BEGINNING_OF_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest date a zip can hold; the real ones would make every bundle differ."""


def contents() -> list[Path]:
    """What goes into the bundle, relative to the top folder, in order."""
    inside = [path for folder in FOLDERS for path in Path(folder).rglob("*") if path.is_file()]
    sources = [path for path in inside if "__pycache__" not in path.parts and not path.name.startswith(".")]
    return sorted([*map(Path, FILES), *Path(PAGES).rglob("*.md"), *sources])


def pins(requirements: str) -> list[str]:
    """The pinned versions in a requirements file with hashes, each with the condition it is for."""
    return [match["pin"].strip() for match in _PIN.finditer(requirements)]


def with_pins(pyproject: str, requirements: str) -> str:
    """A pyproject.toml by which uv installs the pinned versions and nothing for developers."""
    listed = "".join(f"  {pin!r},\n" if '"' in pin else f'  "{pin}",\n' for pin in pins(requirements))
    text = f"{pyproject.rstrip()}\n\n[tool.uv]\ndefault-groups = []\nconstraint-dependencies = [\n{listed}]\n"
    tomllib.loads(text)  # a second [tool.uv] table, for example, must fail here and not at a person's first start
    return text


def build(bundle: Path = BUNDLE) -> Path:
    """Write the bundle, replacing an older one, and print where it is."""
    pyproject = Path("pyproject.toml")
    requirements = Path("requirements-dev.txt").read_text(encoding="utf-8")
    bundle.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in contents():
            entry = zipfile.ZipInfo(path.as_posix(), _BEGINNING_OF_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            data = path.read_bytes()
            if path == pyproject:
                data = with_pins(data.decode(), requirements).encode()
            archive.writestr(entry, data)
    return bundle


def note(bundle: Path) -> str:
    """Write the bundle's checksum where the registry of MCP servers reads it; the checksum."""
    found = hashlib.sha256(bundle.read_bytes()).hexdigest()
    text = REGISTRY.read_text(encoding="utf-8")
    REGISTRY.write_text(_CHECKSUM.sub(lambda match: match[1] + found + match[2], text), encoding="utf-8")
    return found


def main(arguments: list[str]) -> int:
    """Build it, at the path in the first argument if given, and print the path; without one, note its checksum too."""
    bundle = build(Path(arguments[0]) if arguments else BUNDLE)
    print(f"{bundle}: {bundle.stat().st_size / 1024:.0f} kB")
    if not arguments:
        print(f"{REGISTRY}: SHA-256 {note(bundle)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
