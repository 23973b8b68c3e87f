"""A bucket that speaks S3, for tests: moto's server as a process of its own, gone with the test process."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2
import pytest

SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("PORT", server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@dataclass
class Endpoint:
    """Where the server answers; `settings` are the variables that lead to it."""

    url: str

    @property
    def settings(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "an-id",
            "AWS_SECRET_ACCESS_KEY": "a-secret",
            "AWS_REGION": "us-east-1",
        }

    def bucket(self, name: str) -> str:
        """A new bucket's address."""
        assert httpx2.put(f"{self.url}/{name}").status_code == 200
        return f"s3://{name}"


@contextmanager
def running() -> Iterator[Endpoint]:
    """A server for as long as the block lasts. Skips, or in CI fails, where it is not installed."""
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("obstore") is None:
        sentence = "moto or obstore is missing, so buckets are not tested: make setup"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        port = next(line.split()[1] for line in process.stdout if line.startswith("PORT"))
        yield Endpoint(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.communicate()
