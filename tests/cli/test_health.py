"""What a container's health check is told: a server that answers, one that is ill, one that hangs, none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from songwright.server.cli import health
from songwright.server.core.errors import SongwrightError
from songwright.server.core.settings import Settings


@contextmanager
def answering(status: int) -> Iterator[int]:
    """The port of a server that answers every request so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_a_server_that_answers_is_well_wherever_it_listens(host: str) -> None:
    """An address that means "everywhere" is asked on this machine."""
    with answering(200) as port:
        assert health.ask(Settings(host=host, port=port)) == 0


def test_a_server_that_is_ill_is_told_with_its_status() -> None:
    with answering(500) as port, pytest.raises(SongwrightError, match="status 500"):
        health.ask(Settings(port=port))


def test_nobody_there_is_told_with_the_place() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(SongwrightError, match=f"Nothing answers at 127.0.0.1 port {port}"):
        health.ask(Settings(port=port))


def test_a_server_that_hangs_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor must hear of it in time, not wait with it."""
    monkeypatch.setattr(health, "SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(SongwrightError, match="TimeoutError"):
        health.ask(Settings(port=silent.getsockname()[1]))
