"""The two services that plans are run against: the sandbox over real HTTP, and the one on paper."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from sandbox_process import SandboxProcess

from songwright.server.files.downloads import Fetcher

from .laws import Books
from .lives import Home, Service
from .paper import Paper
from .places import Place

REFUSED = {"status": 403, "body": {"type": "forbidden", "message": "these words are not allowed"}}

SANDBOX_FAULTS: Mapping[str, tuple[tuple[str, str, dict[str, Any]], ...]] = {
    "ok": (),
    "lose_after": (("create", "lose_after", {}),),
    "lose_before": (("create", "lose_before", {}),),
    "error_after": (("create", "error_after", {}),),
    "error_before": (("create", "error_before", {}),),
    "too_fast": (("create", "too_fast", {}),),
    "html": (("create", "html", {}),),
    "fail_task": (("create", "fail_task", {}),),
    "dead_link": (("file", "dead_link", {"times": 2}),),
    "refused": (("create", "refuse", REFUSED),),
    "busy_looks": (("task", "refuse", {"status": 503, "times": 2}),),
}
"""What the service does to a plan's one song: operation, fault, details."""

ENDS: Mapping[str, str] = {
    "ok": "done",
    "too_fast": "done",
    "dead_link": "done",
    "busy_looks": "done",
    "lose_after": "unknown",
    "lose_before": "unknown",
    "error_after": "unknown",
    "error_before": "unknown",
    "html": "unknown",
    "fail_task": "failed",
    "refused": "failed",
}
"""How the song ends where nobody dies."""


@dataclass
class Case:
    """A home in front of a service that misbehaves in one way, and the service's books for it."""

    home: Home
    books: Callable[[], Books]


def on_sandbox(sandbox: SandboxProcess, behaviour: str, place: Place) -> Case:
    """A fresh key at the sandbox."""
    key = f"plan-{secrets.token_hex(6)}"
    for operation, do, details in SANDBOX_FAULTS[behaviour]:
        sandbox.fault(key, operation, do, **details)

    def books() -> Books:
        charges = sandbox.books(key)["charges"]
        sales = [charge for charge in charges if charge["refund_of"] is None]
        return Books(tuple(c["task_id"] for c in sales), frozenset(c["task_id"] for c in sales if c["refunded"]))

    service = Service(sandbox.base_url, key, _http, lambda: Fetcher(loopback_ok=True, transport=_http()))
    return Case(Home(place, service), books)


def _http() -> httpx2.AsyncBaseTransport:
    """Plain HTTP as the project speaks it; without the certificates, whose loading would take half of a plan's time."""
    return httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_keepalive_connections=0), trust_env=False, verify=False)


PAPER_SCRIPTS: Mapping[str, Mapping[str, list[str]]] = {
    "ok": {},
    "not_sent": {"script": ["not_sent"]},
    "garbage": {"script": ["garbage"]},
    "no_task": {"script": ["no_task"]},
    "html_after": {"script": ["html_after"]},
    "dead_link": {"file_script": ["ok", "dead", "dead"]},
    "cut_file": {"file_script": ["cut", "ok", "error"]},
    "busy_looks": {"look_script": ["lost", "error", "html", "too_fast"]},
    **{
        name: {"script": [name]}
        for name in (
            "lose_after",
            "lose_before",
            "error_after",
            "error_before",
            "too_fast",
            "html",
            "fail_task",
            "refused",
        )
    },
}
"""The same on paper, where more can be done."""


def on_paper(behaviour: str, place: Place, looks_needed: int = 1) -> Case:
    """A service of its own."""
    paper = Paper(looks_needed=looks_needed)
    for name, lines in PAPER_SCRIPTS[behaviour].items():
        getattr(paper, name).extend(lines)
    return Case(Home(place, service_on(paper)), lambda: books_of(paper))


def service_on(paper: Paper, key: str = "paper") -> Service:
    """How a process reaches it."""
    return Service(
        "https://api.paper.test",
        key,
        paper.transport,
        lambda: Fetcher(transport=paper.transport(), resolve=paper.resolve),
    )


def books_of(paper: Paper) -> Books:
    """Its charges."""
    return Books(
        tuple(charge.task_id for charge in paper.charges),
        frozenset(charge.task_id for charge in paper.charges if charge.refunded),
    )
