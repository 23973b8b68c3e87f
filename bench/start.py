"""From the start of the process to the first tools/list, and what is in memory then, against a server of one tool.

`python -m bench.start [rounds]`; the two are started in turn, so that a busy moment hits both.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from .common import ROOT, line, median, memory, processor, rounds, title

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "0"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
LEGACY = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "0"}}
ERAS: Mapping[str, list[dict[str, Any]]] = {
    "modern": [{"id": 1, "method": "tools/list", "params": {"_meta": META}}],
    "legacy": [
        {"id": 1, "method": "initialize", "params": LEGACY},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
    ],
}
SERVERS = {"one tool": "bench.one_tool", "songwright": "songwright.server"}


def start(module: str, era: str, home: str) -> tuple[float, float, float]:
    """Seconds until the tools are listed, processor seconds used for it, and MiB in memory then."""
    own = {"STATE_DIR": f"{home}/state", "LIBRARY": f"{home}/library", "CONFIG": f"{home}/config.toml"}
    environment = {**os.environ, "HOME": home, **{f"SONGWRIGHT_{name}": value for name, value in own.items()}}
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", module], cwd=ROOT, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        for message in ERAS[era]:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            process.stdin.flush()
            while "id" in message and json.loads(process.stdout.readline()).get("id") != message["id"]:
                pass
        figures = time.perf_counter() - began, processor(process.pid), memory(process.pid)
        process.stdin.close()
    return figures


def main() -> None:
    seen = defaultdict(list)
    with tempfile.TemporaryDirectory() as home:
        for _ in range(rounds(sys.argv[1:], 7) + 1):
            for era in ERAS:
                for name, module in SERVERS.items():
                    seen[name, era].append(start(module, era, home))
    title("start: process → first tools/list, median (the first round warms the disk cache and is left out)")
    for era in ERAS:
        least, ours = ([median(figures) for figures in zip(*seen[name, era][1:], strict=True)] for name in SERVERS)
        line(f"{era}: one tool, songwright", f"{least[0] * 1000:.0f}, {ours[0] * 1000:.0f} ms")
        line(f"{era}: songwright against one tool", f"{ours[0] / least[0]:.2f} ×", "≤ 1.15 ×")
        line(f"{era}: the same in processor time", f"{ours[1] / least[1]:.2f} ×", "≤ 1.15 ×")
        line(f"{era}: memory, one tool, songwright", f"{least[2]:.0f}, {ours[2]:.0f} MiB")
        line(f"{era}: more memory", f"{ours[2] - least[2]:+.1f} MiB", "≤ +15 MiB")


if __name__ == "__main__":
    main()
