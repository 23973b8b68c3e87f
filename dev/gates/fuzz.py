"""Schemathesis: the sandbox answers everything, sense and nonsense, as the service's contract says."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .kit import Broken, Kit

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "negative_data_rejection",
)  # fmt: skip
WHOLE = r"^/api/v1/sonic/(create|batch)$"
"""Described by conditions between fields, for which Schemathesis cannot make random data: edges and examples only."""
RUNS: Mapping[str, tuple[str, ...]] = {
    "random data": ("--phases", "examples,coverage,fuzzing", "--exclude-path-regex", WHOLE, "--max-examples", "20"),
    "songs and batches": ("--phases", "examples,coverage", "--include-path-regex", WHOLE),
}
FAMILIES = r"^/api/v1/(sonic|get-credits)"
"""The default tools' part of the contract: the other families answer by edition, which one document cannot say."""
SEED = 7


def contract(kit: Kit) -> Mapping[str, str]:
    """Every operation of the sonic family and the account: examples, every edge of every field, random data."""
    from songwright.server.contract import document

    program = str(kit.python.with_name("schemathesis"))
    found = {}
    with tempfile.TemporaryDirectory() as folder, kit.sandbox(Path(folder), credits=10_000_000) as service:
        described = Path(folder) / "contract.json"
        described.write_text(json.dumps(document()), encoding="utf-8")
        common = [program, "run", str(described), "--url", service.base_url, "--no-color", "--seed", str(SEED)]
        common += ["--header", f"Authorization: Bearer {service.key}", "--checks", ",".join(CHECKS)]
        for name, choice in RUNS.items():
            family = () if "--include-path-regex" in choice else ("--include-path-regex", FAMILIES)
            done = kit.run([*common, *choice, *family])
            found[name] = _wrong(done.stdout + done.stderr, done.returncode)
    return found


def _wrong(said: str, code: int) -> str:
    if not re.search(r"\b[1-9]\d* (generated|test cases)", said):
        raise Broken(f"nothing was generated: {said[-500:]}")
    if code == 0:
        return ""
    begins = said.find("= FAILURES =")
    return said[begins : begins + 1500] if begins >= 0 else said[-1500:]
