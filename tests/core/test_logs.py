"""What an operator reads on standard error: one event after the other, none with a secret, none forged."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from opentelemetry import trace
from pydantic import SecretStr

from songwright.server.core.logs import (
    ALIKE_SECONDS,
    MOST_ALIKE,
    MOST_KINDS,
    MOST_MESSAGE,
    MOST_TRACEBACK,
    Seldom,
    about,
    set_up,
)
from songwright.server.core.settings import Settings

KEY = "sk-live-0123456789/äöü+secret"
TOKEN = "sw_" + "Zm9vYmFyYmF6" * 3
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl"
SEALED = "gAAAAABm" + "x9-_" * 30 + "=="
SETTINGS = {
    "api_key": SecretStr(KEY),
    "secret_keys": (SecretStr("first-secret-of-the-ring-0123456789"), SecretStr("second-one-of-the-ring-9876543210")),
    "database_url": SecretStr("postgresql://songs:hunter2hunter2@db.internal/songs"),
}

Written = Callable[[], str]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Written]]:
    """Sets logging up, and hands back what reads standard error; afterwards logging is as it was."""
    root, ours = logging.getLogger(), logging.getLogger("songwright")
    before = root.handlers[:], root.level, ours.level

    def begin(style: str = "text", level: str = "INFO") -> Written:
        stream = io.StringIO()
        monkeypatch.setattr(sys, "stderr", stream)
        set_up(Settings.model_validate({**SETTINGS, "log_format": style, "log_level": level}))
        return stream.getvalue

    yield begin
    logging.captureWarnings(False)
    root.handlers, root.level = before[0], before[1]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def say(message: str, *arguments: object, **more: Any) -> None:
    logging.getLogger("songwright.server.test").info(message, *arguments, **more)


def test_text_is_one_line_an_event_with_time_level_and_place(written: Callable[..., Written]) -> None:
    read = written()
    say("the balance is %d", 7)
    moment, rest = read().split(" ", 1)
    assert moment.endswith("Z")
    assert rest == "INFO songwright.server.test: the balance is 7\n"


def test_json_is_one_object_a_line(written: Callable[..., Written]) -> None:
    read = written("json")
    say("Lucía said %s", '"ja"\n')
    say("again")
    first, second = map(json.loads, read().splitlines())
    assert first.pop("time").endswith("Z")
    assert first == {"level": "INFO", "logger": "songwright.server.test", "message": 'Lucía said "ja" '}
    assert second["message"] == "again"


def test_a_line_knows_which_job_and_tenant_it_is_about(written: Callable[..., Written]) -> None:
    read = written("json")
    with about(tenant="t1"):
        with about(job="j1", tenant="t2"):
            say("inside")
        with about():
            say("cleared")
        say("outside")
    inside, cleared, outside = map(json.loads, read().splitlines())
    assert (inside["job"], inside["tenant"]) == ("j1", "t2")
    assert "tenant" not in cleared
    assert outside["tenant"] == "t1"
    assert "job" not in outside


def test_in_text_too_a_line_names_its_job(written: Callable[..., Written]) -> None:
    read = written()
    with about(job="j1", tenant="t1"):
        say("looked at")
    assert "songwright.server.test: [job j1] [tenant t1] looked at\n" in read()


def test_a_line_carries_the_trace_it_belongs_to(written: Callable[..., Written]) -> None:
    read = written("json")
    here = trace.SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=trace.TraceFlags(1))
    with trace.use_span(trace.NonRecordingSpan(here)):
        say("traced")
    assert json.loads(read())["trace_id"] == f"{0xABC:032x}"


def test_an_exception_is_one_field(written: Callable[..., Written]) -> None:
    read = written("json")
    try:
        raise ValueError("broken\nin two")
    except ValueError:
        say("a defect", exc_info=True)
    (line,) = read().splitlines()
    event = json.loads(line)
    assert event["message"] == "a defect"
    assert event["exception"].startswith("Traceback")
    assert event["exception"].endswith("ValueError: broken\nin two")


SECRETS = [
    KEY,
    quote(KEY, safe=""),
    "first-secret-of-the-ring-0123456789",
    "second-one-of-the-ring-9876543210",
    "hunter2hunter2",
    TOKEN,
    JWT,
    SEALED,
    "dXNlcjpwYXNzd29yZA",
    "s3cr3tvalue",
]
TOLD = [
    f"GET /x Authorization: Bearer {KEY}",
    f"{{'authorization': 'Basic {SECRETS[8]}'}}",
    f"[(b'Authorization', b'Basic {SECRETS[8]}=')]",
    f"bearer {TOKEN} refused",
    f"who is {TOKEN}?",
    f"a token {JWT} of another issuer",
    f"POST /hooks/0123abcd/{SECRETS[9]} 200",
    f"GET /files/{SEALED} 206",
    f"sealed {SEALED}",
    f"https://cdn.example.org/a.mp3?X-Amz-Signature={SECRETS[9]}&Expires=1",
    f"/a.mp3?sig={SECRETS[9]}",
    f'{{"webhook_secret": "{SECRETS[9]}", "api_key": "{SECRETS[9]}"}}',
    f"password={SECRETS[9]} token={SECRETS[9]}",
    "postgresql://songs:hunter2hunter2@db.internal/songs does not answer",
    f"the keys {SECRETS[2]} and {SECRETS[3]}",
    f"GET /x?key={quote(KEY, safe='')}",
    f"the path /{quote(KEY, safe='')}/x",
]


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize("text", TOLD)
def test_a_secret_is_never_told(written: Callable[..., Written], style: str, text: str) -> None:
    """As a message, as an argument of one, and in an exception."""
    read = written(style, "DEBUG")
    say(text)
    say("%s", text)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        say("failed", exc_info=True)
    out = read()
    assert out.count("***") >= 3
    assert [secret for secret in SECRETS if secret in out] == []


def test_what_is_no_secret_stays_readable(written: Callable[..., Written]) -> None:
    read = written()
    harmless = [
        "GET /api/v1/sonic/task/0b3c: 200",
        "the tools take 7400 tokens; is that a secret? Nobody's key was refused",
        "Authorization is missing",
        "https://docs.aimusicapi.ai/create",
        "saved /home/ana/files/Song (take 1).mp3",
        "basic stems, separated",
    ]
    for text in harmless:
        say(text)
    assert [line.split(": ", 1)[1] for line in read().splitlines()] == harmless


@pytest.mark.parametrize("style", ["text", "json"])
def test_text_of_strangers_cannot_look_like_an_event(written: Callable[..., Written], style: str) -> None:
    """Line ends of every alphabet, terminal escapes, and marks that turn the direction of writing."""
    read = written(style)
    forged = "2026-01-01T00:00:00.000Z ERROR songwright: all is lost"
    for end in ("\n", "\r", "\x1b[2K\r", "\u2028", "\x85", "\u202e"):
        say("the title is %s", f"x{end}{forged}")
        try:
            raise RuntimeError(f"x{end}{forged}")
        except RuntimeError:
            say("failed", exc_info=True)
    lines = read().splitlines()
    assert not [line for line in lines if line.startswith(forged[:10]) and line.split()[1] == "ERROR"]
    assert not [c for line in lines for c in line if not c.isprintable()]
    if style == "json":
        assert len(lines) == 12


def test_text_of_strangers_is_never_a_format_string(written: Callable[..., Written]) -> None:
    """A wrong log call tells itself, and says nothing of its arguments."""
    read = written()
    say("%s", "100 %d %s %(name)s")
    say("a title with %d in it", "seven")
    first, second = read().splitlines()
    assert first.endswith(": 100 %d %s %(name)s")
    assert "its arguments do not fit" in second


@pytest.mark.parametrize("style", ["text", "json"])
def test_length_is_bounded_and_the_end_of_a_traceback_is_kept(written: Callable[..., Written], style: str) -> None:
    read = written(style)
    say("%s", "x" * 1_000_000)
    try:
        raise RuntimeError("y" * 1_000_000 + " at last")
    except RuntimeError:
        say("failed", exc_info=True)
    out = read()
    assert len(out) < MOST_MESSAGE + MOST_TRACEBACK + 1_000
    assert "at last" in out


def test_the_http_libraries_do_not_tell_addresses(written: Callable[..., Written]) -> None:
    read = written("text", "DEBUG")
    logging.getLogger("httpx2").info("GET https://cdn.example.org/secret-path")
    assert read() == ""


def test_a_server_that_logs_json_writes_nothing_else() -> None:
    """From the first line on; a warning of Python's own is an event too."""
    program = (
        "import warnings, logging\n"
        "from songwright.server.core.logs import set_up\n"
        "from songwright.server.core.settings import Settings\n"
        "set_up(Settings(log_format='json', log_level='INFO'))\n"
        "warnings.warn('old', stacklevel=1)\n"
        "logging.getLogger('songwright').info('hello')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=dict(os.environ), capture_output=True, text=True, check=True
    )
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert [event["logger"] for event in events] == ["py.warnings", "songwright"]
    assert done.stdout == ""


# -- how much is told ---------------------------------------------------------------------------------------------


def complain(name: str, message: str, *arguments: object, traceback: bool = True) -> None:
    """What a library says of something that a stranger has done."""
    try:
        raise OSError(24, "Too many open files")
    except OSError:
        logging.getLogger(name).error(message, *arguments, exc_info=traceback)


def test_the_same_complaint_of_a_library_is_told_a_few_times_only(written: Callable[..., Written]) -> None:
    read = written()
    for n in range(10_000):
        complain("asyncio", "socket.accept() out of system resource: %d", n)
    assert read().count("out of system resource: ") == MOST_ALIKE
    assert len(read()) < 10_000
    complain("asyncio", "something else")
    assert "something else" in read()


def test_complaints_that_are_all_different_do_not_fill_the_disk_either(written: Callable[..., Written]) -> None:
    read = written()
    for n in range(3 * MOST_KINDS):
        complain("uvicorn.error", f"Invalid request number {n}", traceback=False)
    assert read().count("Invalid request") <= MOST_KINDS + MOST_ALIKE


def test_of_our_own_lines_none_is_left_out_only_tracebacks(written: Callable[..., Written]) -> None:
    """Each may be about another song that somebody has paid."""
    read = written()
    for n in range(50):
        complain("songwright.server.orders.runner", "job %d: a step failed because of a bug", n)
        complain("songwright.server.web.webhook", "job %d: a second receipt", n, traceback=False)
    assert read().count("a step failed because of a bug") == 50
    assert read().count("a second receipt") == 50
    assert read().count("Traceback") == MOST_ALIKE


def test_a_minute_later_it_is_told_again_and_how_often_it_was_not() -> None:
    now = 0.0
    seldom = Seldom(lambda: now)

    def said() -> str | None:
        record = logging.LogRecord("asyncio", logging.ERROR, "", 1, "no %s", ("socket",), None)
        return record.getMessage() if seldom.filter(record) else None

    assert [said() for _ in range(MOST_ALIKE + 5)] == ["no socket"] * MOST_ALIKE + [None] * 5
    now += ALIKE_SECONDS + 1
    assert [said(), said()] == ["no socket (and 5 like it before)", "no socket"]
