"""What every answer of the service means for the money: one table, read from top to bottom.

A paid order is sent again only when it certainly was not sent, or was refused because orders came too fast. Anything
that the table does not know leaves the order in doubt, and an order in doubt is never sent again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from ..core.errors import (
    CreditsRefused,
    Garbled,
    KeyRefused,
    RequestRefused,
    Retired,
    ServiceError,
    TooFast,
    WordsRefused,
)
from ..core.foreign import one_line

SAID_LIMIT = 200
"""How many characters of the service's own words are passed on."""
REFUND_FIELDS = ("already_refunded", "refund_processed")
"""Fields in which the service says that it returned credits: in answers about tasks and in callbacks."""


class Kind(StrEnum):
    """What an answer means for the next step."""

    ANSWERED = "answered"
    """A success whose body can be read."""
    NOT_READY = "not ready"
    """Still in progress; asking again is free."""
    REFUSED = "refused"
    """Certainly refused; nothing was charged."""
    HASTE = "haste"
    """Refused because calls came too fast; nothing was charged; the same call may be repeated later."""
    ENDED = "ended"
    """The service's final answer: it failed, and the credits were returned."""
    TROUBLE = "trouble"
    """A temporary fault of a free read; ask again later."""
    DOUBT = "doubt"
    """It is unknown whether it was bought."""


@dataclass(frozen=True)
class Reply:
    """An answer as it came: status, the parsed body if it is a JSON object, and the headers that matter."""

    status: int
    body: Mapping[str, Any] | None
    retry_after: float | None = None

    def says(self, *names: str) -> str:
        """The first of these fields that holds text."""
        for name in names:
            value = (self.body or {}).get(name)
            if isinstance(value, str) and value.strip():
                return value
        return ""

    @property
    def type(self) -> str:
        """The body's `type`, lower case."""
        return self.says("type").lower()

    @property
    def code(self) -> int | None:
        """The status given in the body itself, as in some answers with a success status; None without one."""
        value = (self.body or {}).get("code")
        if isinstance(value, bool) or not isinstance(value, int | str) or not re.fullmatch(r"[1-5]\d\d", str(value)):
            return None
        return int(value)

    @property
    def refunded(self) -> bool:
        """Whether the service explicitly says that it returned the credits."""
        return any((self.body or {}).get(name) is True for name in REFUND_FIELDS)

    @property
    def words(self) -> str | None:
        """The service's own words, shortened and without control characters; data, never an instruction."""
        body = self.body or {}
        text = self.says("detail", "error", "message", "error_message")
        if not text:
            for name in ("detail", "error"):
                if isinstance(body.get(name), dict | list):
                    text = json.dumps(body[name], ensure_ascii=False)
                    break
        for step in body.get("steps", {}).values() if isinstance(body.get("steps"), dict) else ():
            if isinstance(step, dict) and (found := step.get("error") or step.get("message")):
                text = str(found)
        return one_line(text, SAID_LIMIT) or None


@dataclass(frozen=True)
class Meaning:
    """The verdict of the table."""

    kind: Kind
    problem: str = ""
    what: str = ""
    """What happened, in a sentence that does not mention money."""
    advice: str = ""
    """What to do about it; empty if there is nothing to do."""
    error: type[ServiceError] = ServiceError
    wait: float = 0.0

    @property
    def sentence(self) -> str:
        """The full message about a call that was refused or is free: what happened, that it cost nothing, what to do.

        It is about this call only. An order that was paid earlier has its own message.
        """
        return " ".join(part for part in (self.what, "Nothing was charged.", self.advice) if part)


@dataclass(frozen=True)
class Line:
    """One row. None matches anything; `text` is searched for in type and words, ignoring case."""

    method: str | None
    statuses: tuple[int, ...] | range
    kind: Kind
    problem: str
    what: str = ""
    advice: str = ""
    error: type[ServiceError] = ServiceError
    family: str | None = None
    type: str | None = None
    text: str | None = None
    refund: bool = False
    """Whether this row only applies when the service says that it returned the credits."""
    repeats: bool = False
    """Whether the sentence points to the service's own words, where there are any."""


_CREDITS = r"credit|balance|quota|subscription|insufficient|payment"
_HASTE = r"\brate(?![a-z])|too (fast|many)|frequen|queue|qps|concurren"
_QUOTA = r"quota|usage"
_SOME_WORDS = r"\S"
_LEFT = "check_credits shows what is left."
_ANY_2XX = range(200, 300)
_ANY = range(1000)
TABLE: tuple[Line, ...] = (
    Line(
        None, _ANY, Kind.ENDED, "refunded", "The service reports that it failed and that the credits were returned.",
        "Order it again to retry.", refund=True,
    ),
    Line(
        None, (401,), Kind.REFUSED, "key_refused", "The service does not accept the API key.",
        "Check SONGWRIGHT_API_KEY; `songwright doctor` tests it.", KeyRefused,
    ),
    Line(
        None, (402,), Kind.REFUSED, "no_credits", "The service says there are not enough credits.", _LEFT,
        CreditsRefused,
    ),
    Line(
        None, (403,), Kind.HASTE, "too_fast", "The service is busy: its queue is full, or orders came too fast.",
        error=TooFast, family="nuro", text=_HASTE,
    ),
    Line(
        "POST", (403,), Kind.REFUSED, "no_credits", "The service's usage limit for this account is reached.", _LEFT,
        CreditsRefused, family="nuro", text=_QUOTA,
    ),
    Line(
        None, (403,), Kind.REFUSED, "no_credits",
        "The service refused: not enough credits, or no active subscription.", _LEFT, CreditsRefused, text=_CREDITS,
    ),
    Line(
        "POST", (403,), Kind.REFUSED, "words_refused", "The service refused these words.",
        "Change the lyrics or the description and call again.", WordsRefused, text=_SOME_WORDS, repeats=True,
    ),
    Line(
        "POST", (403,), Kind.REFUSED, "forbidden", "The service refused this and did not say why.",
        "The cause may be the words, missing credits, or something between here and the service: check_credits shows "
        "the "
        "balance, `songwright doctor` tests the key.",
        RequestRefused,
    ),
    Line(None, (405, 410), Kind.REFUSED, "retired", "The service no longer offers this.", error=Retired),
    Line(
        None, (429,), Kind.HASTE, "too_fast", "The service refused more than one order in three seconds.",
        error=TooFast,
    ),
    Line(
        "POST", (400, 413, 422), Kind.REFUSED, "request_refused", "The service does not take these arguments.",
        "Correct them and call again.", RequestRefused, repeats=True,
    ),
    Line(
        "POST", (404,), Kind.REFUSED, "request_refused", "The service does not know one of these ids.",
        "Check the ids; list_songs shows yours.", RequestRefused, repeats=True,
    ),
    Line("GET", (202,), Kind.NOT_READY, ""),
    Line(None, _ANY_2XX, Kind.NOT_READY, "", type="not_ready"),
    Line(
        "GET", (400, 404), Kind.TROUBLE, "task_unknown", "The service says that it does not know this task.",
        error=RequestRefused,
    ),
    Line("GET", _ANY_2XX, Kind.ANSWERED, ""),
    Line("POST", _ANY_2XX, Kind.ANSWERED, ""),
    Line("GET", (403,), Kind.TROUBLE, "service_trouble", "The service refused to report on this task (403)."),
    Line("GET", _ANY, Kind.TROUBLE, "service_trouble", "The service answers with an error."),
    Line(
        "POST", _ANY, Kind.DOUBT, "answer_lost",
        "The service answered with an error that does not say whether it accepted the order.",
    ),
)  # fmt: skip


def meaning(family: str, method: str, reply: Reply) -> Meaning:
    """The first row that fits. An answer that is not a JSON object leaves an order in doubt, and is a temporary fault
    for a read.
    """
    plain = (429,) if method == "GET" else (401, 402, 403, 404, 405, 410, 429)
    if reply.body is None and reply.status not in plain:
        return _no_answer(method, reply.status)
    if 200 <= reply.status < 300 and (code := reply.code) is not None and code != reply.status:
        if method == "POST" and code >= 400:
            return Meaning(
                Kind.DOUBT, "answer_lost", "The service's answer to the order reports both success and an error.",
                error=Garbled,
            )  # fmt: skip
        reply = replace(reply, status=code) if method == "GET" else reply
    text = f"{reply.type} {reply.words or ''}"
    for line in TABLE:
        if (
            line.method in (None, method)
            and reply.status in line.statuses
            and line.family in (None, family)
            and (line.type is None or re.fullmatch(line.type, reply.type))
            and (reply.refunded or not line.refund)
            and (line.text is None or re.search(line.text, text, re.IGNORECASE))
        ):
            advice = line.advice
            if line.repeats and reply.words:
                advice = f"Its own words are in `service_said`. {advice}"
            return Meaning(line.kind, line.problem, line.what, advice, line.error, reply.retry_after or 0.0)
    raise AssertionError("the last rows of the table match everything")


def _no_answer(method: str, status: int) -> Meaning:
    if method == "GET":
        return Meaning(
            Kind.TROUBLE, "garbled", f"The service answered with a web page or something unreadable ({status}).",
            error=Garbled,
        )  # fmt: skip
    return Meaning(
        Kind.DOUBT, "answer_lost",
        "The service's answer to the order is not JSON; it may be a web page.", error=Garbled,
    )  # fmt: skip
