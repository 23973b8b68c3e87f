"""`python -m dev.plugin.release TAG`: what a release publishes besides the packages, written to dist/.

Checks first that the tag, the changelog and every file name the same version, and that this is the repository which the
files name: the package, the bundle and the registry's entry are public once they are out.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from pathlib import Path

from . import registries
from .facts import ROOT, Facts, dumps, facts

DIST = ROOT / "dist"
HEADING = re.compile(r"^## (?P<version>[\d.]+), (?P<date>.+)$", re.MULTILINE)


def refused(known: Facts, tag: str, changelog: str, repository: str | None) -> list[str]:
    """Every reason not to publish, as a sentence; none when all is well."""
    reasons = []
    if tag != f"v{known.version}":
        reasons.append(f"The tag is {tag}, and the version {known.version}.")
    if repository not in (None, known.repository):
        reasons.append(f"This is {repository}; pyproject.toml says that releases come from {known.repository}.")
    heading = HEADING.search(changelog)
    if heading is None or heading["version"] != known.version:
        reasons.append(f"CHANGELOG.md does not begin with {known.version}.")
    else:
        try:
            dt.date.fromisoformat(heading["date"])
        except ValueError:
            reasons.append(f"CHANGELOG.md has no date for {known.version}, but: {heading['date']}.")
    return reasons


def main(arguments: list[str]) -> int:
    """Write the registry's and Docker's entries for the built bundle; 1 with sentences when nothing may go out."""
    known = facts()
    (tag,) = arguments
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    reasons = refused(known, tag, changelog, os.environ.get("GITHUB_REPOSITORY"))
    for reason in reasons:
        print(reason, file=sys.stderr)
    if reasons:
        return 1
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    written = {
        "server.json": dumps(registries.server(known, registries.digest(DIST / "songwright.mcpb"))),
        "docker-server.yaml": registries.docker(known, head.stdout.strip()),
    }
    for name, text in written.items():
        Path(DIST, name).write_text(text, encoding="utf-8")
        print(f"dist/{name} written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
