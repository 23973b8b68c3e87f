"""A door before the service that lets everything through and notes when it came, from whom it cannot tell."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.request import ProxyHandler, Request, build_opener


class Turnstile:
    """`with Turnstile(base_url) as door:` then call the service at `door.base_url`; `door.calls` are (time, what)."""

    def __init__(self, base_url: str) -> None:
        calls: list[tuple[float, str]] = []
        opener = build_opener(ProxyHandler({}))
        # Answers of every status pass as they are; the stubs do not have this table.
        opener.process_response = {}  # type: ignore[attr-defined]

        class Through(BaseHTTPRequestHandler):
            def _pass(self) -> None:
                calls.append((time.monotonic(), f"{self.command} {self.path}"))
                size = int(self.headers.get("Content-Length") or 0)
                request = Request(base_url + self.path, self.rfile.read(size) or None, method=self.command)
                for name, value in self.headers.items():
                    if name.lower() not in ("host", "content-length", "connection"):
                        request.add_header(name, value)
                with opener.open(request, timeout=30) as answer:
                    body = answer.read()
                    self.send_response(answer.status)
                    self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            do_GET = _pass  # noqa: N815 — the library looks for this name
            do_POST = _pass  # noqa: N815 — and for this one

            def log_message(self, *_: object) -> None:
                """Nothing: standard error is for the test's own words."""

        self.calls = calls
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Through)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
