"""A web server on loopback whose pages a test writes."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MP3 = b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x64" + bytes(5000)
Page = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """A real web server on loopback whose pages a test writes; remembers the headers it was asked with."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        site = self
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.path, dict(self.headers)))
                page = site.pages.get(self.path)
                if page is None:
                    self.send_error(404)
                else:
                    page(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A client that hangs up is what several tests are about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.005,), daemon=True)
        self.thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def page(body: bytes, status: int = 200, declared: int | None = -1, **headers: str) -> Page:
    """A page; `declared` None leaves its length out, another number lies about it."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if declared is not None:
            handler.send_header("Content-Length", str(len(body) if declared < 0 else declared))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(MP3)
    pace = threading.Event()
    for _ in range(200):
        handler.wfile.write(b"\0")
        handler.wfile.flush()
        pace.wait(0.02)
