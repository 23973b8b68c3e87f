"""Standard input and output with clients of every habit, spoken to in raw JSON lines."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import warm
from mcp.server import MCPServer
from waiting import PATIENCE
from world import World

MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "0"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


def talk(world: World, *messages: dict[str, Any], **settings: object) -> list[dict[str, Any]]:
    """Send each message once the former request was answered; the answers, notifications left out."""
    process = subprocess.Popen(
        [sys.executable, "-m", "songwright.server"], env=world.environment(**settings), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    answers = []
    try:
        for message in messages:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            process.stdin.flush()
            while "id" in message:
                line = json.loads(process.stdout.readline())
                if line.get("id") == message["id"]:
                    answers.append(line)
                    break
    finally:
        process.stdin.close()
        assert process.wait(PATIENCE) == 0
        process.stdout.close()
    return answers


def initialize(version: str, number: int = 1) -> dict[str, Any]:
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "raw", "version": "0"}}
    return {"id": number, "method": "initialize", "params": params}


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_every_older_revision_is_served(world: World, version: str) -> None:
    plan = {"name": "plan_song", "arguments": {"genre": "folk", "seconds": 120}}
    first, listed, planned = talk(
        world, initialize(version), {"method": "notifications/initialized"}, {"id": 2, "method": "tools/list"},
        {"id": 3, "method": "tools/call", "params": plan},
    )  # fmt: skip
    assert first["result"]["protocolVersion"] == version
    assert "create_song" in [tool["name"] for tool in listed["result"]["tools"]]
    (block,) = planned["result"]["content"]
    told = json.loads(block["text"])
    assert next(iter(told)) == "summary"
    assert planned["result"].get("structuredContent") == (told if version >= "2025-06-18" else None)


def test_the_newest_revision_needs_no_handshake(world: World) -> None:
    (listed,) = talk(world, {"id": 1, "method": "tools/list", "params": {"_meta": MODERN}})
    assert "create_song" in [tool["name"] for tool in listed["result"]["tools"]]


def test_a_client_that_probes_and_then_shakes_hands_is_served(world: World) -> None:
    """Two shipped clients did exactly this, and the SDK alone refuses them for good."""
    probe, first, listed = talk(
        world,
        {"id": 1, "method": "server/discover", "params": {"_meta": MODERN}},
        initialize("2025-11-25", 2),
        {"method": "notifications/initialized"},
        {"id": 3, "method": "tools/list"},
    )[:3]
    assert "result" in probe
    assert first["result"]["protocolVersion"] == "2025-11-25"
    assert listed["result"]["tools"]


def test_a_client_that_probes_and_stays_modern_is_served(world: World) -> None:
    probe, listed = talk(
        world,
        {"id": 1, "method": "server/discover", "params": {"_meta": MODERN}},
        {"id": 2, "method": "tools/list", "params": {"_meta": MODERN}},
    )
    assert "result" in probe
    assert listed["result"]["tools"]


def test_the_legacy_switch_sends_probing_clients_back_to_the_handshake(world: World) -> None:
    probe, first = talk(
        world,
        {"id": 1, "method": "server/discover", "params": {"_meta": MODERN}},
        initialize("2025-11-25", 2),
        era="legacy",
    )
    assert probe["error"]["code"] == -32601
    assert first["result"]["protocolVersion"] == "2025-11-25"


@pytest.mark.parametrize("era", ["auto", "legacy"])
def test_anything_that_arrives_gets_an_answer(world: World, era: str) -> None:
    """The SDK passes over what it cannot read; whoever sent it would wait for ever."""
    half = (
        r'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"check_style","arguments":{"style":"\ud800"}}}'
    )
    lines = [
        "rubbish",
        "{}",
        '["a batch"]',
        '{"jsonrpc":"2.0","id":"x","method":5}',
        "[" * 100_000,
        json.dumps({"jsonrpc": "2.0", **initialize("2025-11-25")}),
        json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        half,
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "songwright.server"], env=warm.cold(world.environment(era=era)), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n".join([*lines, ""]))
    process.stdin.flush()
    # Whoever leaves before the last answer has come does not hear it, so the way in stays open until then.
    answers = [json.loads(process.stdout.readline())]
    while answers[-1].get("id") != 7:
        answers.append(json.loads(process.stdout.readline()))
    process.communicate(timeout=PATIENCE)
    refused = [(answer["id"], answer["error"]["code"]) for answer in answers if "error" in answer]
    assert refused == [(None, -32700), (None, -32600), (None, -32600), ("x", -32600), (None, -32700)]
    results = {answer["id"]: answer["result"] for answer in answers if "result" in answer}
    assert results[1]["protocolVersion"] == "2025-11-25"
    assert "style contains a letter that was lost" in results[7]["content"][0]["text"]
    assert process.returncode == 0


def test_the_sdk_still_has_what_we_reach_for() -> None:
    """The SDK has no public way to serve a stream pair; an update that takes this away must be seen here."""
    assert hasattr(MCPServer("probe")._lowlevel_server, "create_initialization_options")
