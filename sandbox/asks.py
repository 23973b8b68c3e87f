"""A request after the router: whose it is, which operation, with which arguments."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping

from ..server import contract
from .answers import Refusal, bad_request, refusal
from .records import Facts


@dataclasses.dataclass(frozen=True)
class Ask:
    """One request of one key; `key` is its hash."""

    operation: str
    key: str
    body: Facts
    params: Mapping[str, str]

    @property
    def task_type(self) -> str | None:
        """The kind of task within `create`; None for every other operation."""
        return str(self.body.get("task_type") or "create_music") if self.operation == "create" else None

    @property
    def family(self) -> str:
        """The engine of the service that it is for; `account` for operations without an engine."""
        return contract.operations()[self.operation].family

    @property
    def name(self) -> str:
        """Its name in prices, timetables and the store."""
        return self.task_type or self.operation


_HOOK_FIELDS = ("webhook_url", "callback_url")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(?=[:/]|$)")

_WORDS = (
    "prompt", "gpt_description_prompt", "infill_lyrics", "description", "title", "tags", "styles", "name", "lyrics",
    "sound", "instruction",
)  # fmt: skip
_FORBIDDEN = "forbiddenword"
_ARTISTS = ("Zelda Quillfeather", "The Velvet Tractors", "DJ Nonesuch", "Olga Blomberg-Nine")
"""Nobody's names: stand-ins for the real artists that the service does not let through."""


def check(ask: Ask) -> None:
    """Refuse what the contract or moderation does not allow; raises Refusal. Costs nothing."""
    if contract.operations()[ask.operation].request_schema is None:
        return
    problems = contract.check_request(ask.operation, _as_published(ask.body))
    if problems:
        raise bad_request("; ".join(problem.message for problem in problems))
    for refused in _moderated(ask.body):
        raise refused


def _as_published(body: Facts) -> Facts:
    """The body as the contract requires it; here webhooks may also go to plain http on loopback."""
    changed = dict(body)
    for name in _HOOK_FIELDS:
        if isinstance(body.get(name), str):
            changed[name] = _LOOPBACK.sub("https://sandbox.example", body[name])
    return changed


def _moderated(body: Facts) -> Iterator[Refusal]:
    for name in _WORDS:
        text = body.get(name)
        if not isinstance(text, str):
            continue
        if _FORBIDDEN in text.casefold():
            yield refusal(403, "forbidden", f'{name} contains inappropriate text: "{_FORBIDDEN}"')
        for artist in _ARTISTS:
            if artist.casefold() in text.casefold():
                yield refusal(403, "forbidden", f'{name} must not name artists: "{artist}"')
