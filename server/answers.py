"""What every answer of the service means for the money: one table, read from top to bottom.

A paid order is sent again only when it provably did not leave or was refused for haste. Everything the table does not
know is doubt, and doubt is never resent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .errors import (
    CreditsRefused,
    Garbled,
    KeyRefused,
    RequestRefused,
    Retired,
    ServiceError,
    TooFast,
    WordsRefused,
)

SAID_LIMIT = 200
"""Characters of the service's own words that are passed on."""


class Kind(StrEnum):
    """What an answer means for the next step."""

    ANSWERED = "answered"
    """A success whose body can be read."""
    NOT_READY = "not ready"
    """Still in work; free to ask again."""
    REFUSED = "refused"
    """Certainly refused; nothing was charged."""
    HASTE = "haste"
    """Refused for haste; nothing was charged; the same call may be repeated later."""
    ENDED = "ended"
    """The task has failed; the service gives the credits back."""
    TROUBLE = "trouble"
    """A passing fault of a free read; ask again later."""
    DOUBT = "doubt"
    """Nobody can tell whether it was bought."""


@dataclass(frozen=True)
class Reply:
    """An answer as it came: status, parsed body where it is a JSON object, headers that matter."""

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
        return clean(text) or None


@dataclass(frozen=True)
class Meaning:
    """The verdict of the table."""

    kind: Kind
    problem: str = ""
    sentence: str = ""
    error: type[ServiceError] = ServiceError
    wait: float = 0.0


@dataclass(frozen=True)
class Line:
    """One row. None matches anything; `text` is searched, without regard to case, in type and words."""

    method: str | None
    statuses: tuple[int, ...] | range
    kind: Kind
    problem: str
    sentence: str
    error: type[ServiceError] = ServiceError
    family: str | None = None
    type: str | None = None
    text: str | None = None
    silent: str = ""
    """The sentence where the service has said nothing that could be shown; empty where `sentence` claims no words."""


_FREE = "Nothing was charged."
_CREDITS = r"credit|balance|quota|subscription|insufficient|payment"
_HASTE = r"\brate(?![a-z])|too (fast|many)|frequen|queue|qps|concurren"
_QUOTA = r"quota|usage"
_ANY_2XX = range(200, 300)
_ANY_4XX = range(400, 500)
_ANY = range(1000)

TABLE: tuple[Line, ...] = (
    Line(
        None, (401,), Kind.REFUSED, "key_refused",
        f"The service does not accept the API key. {_FREE} Check SONGWRIGHT_API_KEY; `songwright doctor` tests it.",
        KeyRefused,
    ),
    Line(
        None, (402,), Kind.REFUSED, "no_credits",
        f"The service says there are not enough credits. {_FREE} check_credits shows what is left.", CreditsRefused,
    ),
    Line(
        None, (403,), Kind.HASTE, "too_fast",
        f"The service is busy: its queue is full, or orders came too fast. {_FREE}", TooFast,
        family="nuro", text=_HASTE,
    ),
    Line(
        "POST", (403,), Kind.REFUSED, "no_credits",
        f"The service's usage limit for this account is reached. {_FREE} check_credits shows what is left.",
        CreditsRefused, family="nuro", text=_QUOTA,
    ),
    Line(
        "GET", (403, 500, 502, 503, 504), Kind.ENDED, "service_failed",
        "The service reports that this song failed. It gives the credits back by its own rules; check_credits shows "
        "the balance. Ask again to make it once more.", type="api_error|failed|timeout|forbidden|bad_request",
    ),
    Line(
        "GET", _ANY, Kind.ENDED, "service_failed",
        "The service reports that this song failed and that the credits were given back. Ask again to make it once "
        "more.", text="already_refunded",
    ),
    Line(
        None, (403,), Kind.REFUSED, "no_credits",
        "The service refuses: not enough credits, or no active subscription. "
        f"{_FREE} check_credits shows what is left.", CreditsRefused, text=_CREDITS,
    ),
    Line(
        "POST", (403,), Kind.REFUSED, "words_refused",
        f"The service refuses these words; its own words are in `service_said`. {_FREE} Change the lyrics or the "
        "description and call again.", WordsRefused,
        silent=f"The service refuses this order and does not say why. {_FREE} It refuses so for words it does not "
        "like, for missing credits and for orders from the wrong place: check_credits shows the balance; then change "
        "the lyrics or the description and call again.",
    ),
    Line(
        None, (405, 410), Kind.REFUSED, "retired",
        f"The service no longer offers this. {_FREE}", Retired,
    ),
    Line(
        None, (429,), Kind.HASTE, "too_fast",
        f"The service asks for patience: more than one order in three seconds. {_FREE}", TooFast,
    ),
    Line(
        "POST", (400, 413, 422), Kind.REFUSED, "request_refused",
        f"The service does not take these arguments; its own words are in `service_said`. {_FREE} Correct them and "
        "call again.", RequestRefused,
        silent=f"The service does not take these arguments and does not say why. {_FREE} Check them and call again.",
    ),
    Line(
        "POST", (404,), Kind.REFUSED, "request_refused",
        f"The service does not know what was asked for; its own words are in `service_said`. {_FREE}", RequestRefused,
        silent=f"The service does not know what was asked for, and says no more. {_FREE} Check the ids and call again.",
    ),
    Line("GET", (202,), Kind.NOT_READY, "", ""),
    Line(None, _ANY_2XX, Kind.NOT_READY, "", "", type="not_ready"),
    Line(
        "GET", (400, 404), Kind.TROUBLE, "task_unknown",
        "The service does not know this task.", RequestRefused,
    ),
    Line("GET", _ANY_2XX, Kind.ANSWERED, "", ""),
    Line("POST", _ANY_2XX, Kind.ANSWERED, "", ""),
    Line(
        "GET", _ANY, Kind.TROUBLE, "service_trouble",
        "The service has a passing trouble; it is asked again.",
    ),
    Line(
        "POST", _ANY, Kind.DOUBT, "answer_lost",
        "The service answered with an error that does not say whether the order was taken.",
    ),
)  # fmt: skip


def meaning(family: str, method: str, reply: Reply) -> Meaning:
    """The first row that fits. An answer that is no JSON object is doubt for an order, trouble for a read."""
    if reply.body is None and reply.status not in (401, 402, 403, 404, 405, 410, 429):
        return _no_answer(method)
    text = f"{reply.type} {reply.words or ''}"
    if (reply.body or {}).get("already_refunded") is True:
        text += " already_refunded"
    for line in TABLE:
        if (
            line.method in (None, method)
            and reply.status in line.statuses
            and line.family in (None, family)
            and (line.type is None or re.fullmatch(line.type, reply.type))
            and (line.text is None or re.search(line.text, text, re.IGNORECASE))
        ):
            sentence = line.sentence if reply.words else line.silent or line.sentence
            return Meaning(line.kind, line.problem, sentence, line.error, reply.retry_after or 0.0)
    raise AssertionError("the last rows of the table match everything")


def _no_answer(method: str) -> Meaning:
    if method == "GET":
        return Meaning(Kind.TROUBLE, "garbled", "The service answered with something that is no JSON object.", Garbled)
    return Meaning(
        Kind.DOUBT, "answer_lost",
        "The service answered the order with something that is no JSON object, a web page perhaps.", Garbled,
    )  # fmt: skip


def clean(text: str, limit: int = SAID_LIMIT) -> str:
    """Foreign text made safe to show: control and format characters out, white space folded, cut to the limit."""
    folded = " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in text).split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"
