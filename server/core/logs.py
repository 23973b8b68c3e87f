"""Logs go to standard error as text or JSON lines, one event after the other, and never contain a secret.

`about` names what the lines of a block are about: the job, the tenant, the trace.
Text that comes from outside is data: it is shortened, stays on its line and cannot look like another event.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import SecretStr

from .written import moment

if TYPE_CHECKING:
    from .settings import Settings

MOST_MESSAGE = 4_000
"""Characters of one message that are kept."""
MOST_TRACEBACK = 12_000
"""Characters of one traceback that are kept; its end says what happened, so the beginning goes first."""
SHORTEST_SECRET = 8
"""A configured secret shorter than this is not looked for: it would match parts of ordinary words."""
HIDDEN = "***"
MOST_ALIKE = 10
"""How many complaints of one kind are logged in a minute."""
ALIKE_SECONDS = 60.0
MOST_KINDS = 1_000

_NAMES = "api[-_]?key|token|secret|password|passwd|signature|credential"
_PATTERNS = (
    (r"://[^/\s@'\"]*@", f"://{HIDDEN}@"),
    (r"(/hooks/[^/\s]+/)[^\s'\"?]+", rf"\1{HIDDEN}"),
    (r"(/files/)[\w=-]{32,}", rf"\1{HIDDEN}"),
    # Signed links carry the signature in their query.
    (r"(\w/?\?)[\w.~%-]+=[^\s'\"]*", rf"\1{HIDDEN}"),
    (r"(?i)(authorization['\"]?\s*[:=,]\s*b?['\"]?)(?:[a-z]+\s+)?[^\s'\",;)}\]]+", rf"\1{HIDDEN}"),
    (r"(?i)(\bbearer\s+)[^\s'\",;)}\]]+", rf"\1{HIDDEN}"),
    (rf"(?i)((?:{_NAMES})['\"]?\s*[:=]\s*b?['\"]?)[^\s'\",;&)}}\]]+", rf"\1{HIDDEN}"),
    (r"\bsw_[\w-]{16,}", f"sw_{HIDDEN}"),
    (r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*", HIDDEN),
    (r"\bgAAAA[\w-]{20,}={0,2}", HIDDEN),
)
"""Anything that looks like a key, a password, a token of ours or of an OAuth server, a signed link or sealed text."""

_about: ContextVar[Mapping[str, str]] = ContextVar("songwright_about")


@contextmanager
def about(*, job: str | None = None, tenant: str | None = None) -> Iterator[None]:
    """Name what the lines within are about; this replaces what an outer block has named."""
    known = {name: value for name, value in (("job", job), ("tenant", tenant)) if value is not None}
    mark = _about.set(known)
    try:
        yield
    finally:
        _about.reset(mark)


class Redactor:
    """Removes secrets from text: anything that looks like one, and the configured ones wherever they occur."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        exact = {form for text in secrets if len(text) >= SHORTEST_SECRET for form in (text, quote(text, safe=""))}
        longest_first = sorted(exact, key=len, reverse=True)
        self._exact = [(re.escape(text), HIDDEN) for text in longest_first]

    @cached_property
    def _rules(self) -> list[tuple[re.Pattern[str], str]]:
        # Built for the first line: most desktop servers never write one, and building these would slow their start.
        return [(re.compile(pattern), instead) for pattern, instead in (*self._exact, *_PATTERNS)]

    def __call__(self, text: str) -> str:
        """The text without them."""
        for pattern, instead in self._rules:
            text = pattern.sub(instead, text)
        return text


class Seldom(logging.Filter):
    """Keeps a log short that strangers could make grow: it logs the same complaint a few times a minute, then only
    counts. Our own lines always appear, at worst without their traceback; a library's may be left out.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._lock = threading.Lock()
        self._began = float("-inf")
        self._told: Counter[tuple[str, str, str]] = Counter()
        self._before: Counter[tuple[str, str, str]] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this record is logged."""
        ours = record.name.startswith("songwright")
        if record.levelno < logging.WARNING or (ours and not record.exc_info):
            return True
        kind = record.exc_info[0] if record.exc_info else None
        alike = (record.name, str(record.msg)[:200], kind.__name__ if kind else "")
        with self._lock:
            if self._now() - self._began > ALIKE_SECONDS:
                self._began, self._before, self._told = self._now(), self._told, Counter()
            if alike not in self._told and len(self._told) >= MOST_KINDS:
                alike = (record.name, "", "")  # each has its own text, but they are alike
            self._told[alike] += 1
            often, left_out = self._told[alike], self._before.pop(alike, 0) - MOST_ALIKE
        if often <= MOST_ALIKE:
            if left_out > 0:
                record.msg = f"{record.msg} (and {left_out} like it before)"
            return True
        if ours:
            record.exc_info = record.exc_text = None
        return ours


class _Lines(logging.Formatter):
    """What both formats do with a record."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 — the name is logging's
        """When it happened, in UTC, to the millisecond."""
        del datefmt
        return moment(record.created, "milliseconds")

    def _message(self, record: logging.LogRecord) -> str:
        try:
            text = record.getMessage()
        except Exception as error:  # noqa: BLE001 — a wrong log call must not end the work it reports on
            text = f"{record.msg!r} (its arguments do not fit: {type(error).__name__})"
        return _one_line(self._redact(text[: 10 * MOST_MESSAGE]))[:MOST_MESSAGE]

    def _traceback(self, record: logging.LogRecord) -> str:
        parts = [self.formatException(record.exc_info)] if record.exc_info and record.exc_info[0] else []
        parts += [self.formatStack(record.stack_info)] if record.stack_info else []
        text = self._redact("\n".join(parts)[-10 * MOST_TRACEBACK :])
        return "\n".join(_one_line(line) for line in text[-MOST_TRACEBACK:].splitlines())


class TextLines(_Lines):
    """For people: one line per event, with its traceback indented below."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as text."""
        known = "".join(f" [{name} {value}]" for name, value in _known().items() if name != "trace_id")
        head = f"{self.formatTime(record)} {record.levelname} {record.name}:{known} {self._message(record)}"
        # Indented, so that no foreign text within it can pass for another event.
        return "\n    ".join([head, *self._traceback(record).splitlines()])


class JsonLines(_Lines):
    """For collectors: one JSON object per event; `exception` holds a whole traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line of ASCII."""
        event: dict[str, Any] = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": self._message(record),
            **_known(),
        }
        if traceback := self._traceback(record):
            event["exception"] = traceback
        return json.dumps(event)


def _known() -> dict[str, str]:
    """What this line is about: job, tenant, trace."""
    known = {name: _one_line(value)[:200] for name, value in _about.get({}).items()}
    # OpenTelemetry's interface comes with the SDK; a program that logs before the SDK is loaded has no trace anyway.
    if (trace := sys.modules.get("opentelemetry.trace")) is not None:
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            known["trace_id"] = trace.format_trace_id(context.trace_id)
    return known


def _one_line(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def secrets_of(settings: Settings) -> list[str]:
    """Every secret in the settings, so that none is ever logged."""
    found = [value for _, value in settings]
    found += [part for value in found if isinstance(value, tuple) for part in value]
    return [value.get_secret_value() for value in found if isinstance(value, SecretStr)]


def set_up(settings: Settings) -> None:
    """Log to standard error as the settings say; may be called again, and replaces what was set up before.

    The HTTP libraries log whole addresses, so they are kept quiet.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Seldom())
    lines = JsonLines if settings.log_format == "json" else TextLines
    handler.setFormatter(lines(Redactor(secrets_of(settings))))
    # A warning by Python itself would be the only line that is not JSON.
    logging.captureWarnings(settings.log_format == "json")
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in ("httpx2", "httpcore2", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("songwright", "mcp"):
        logging.getLogger(name).setLevel(settings.log_level)
