"""Faults on command: rules that make the sandbox slow, forgetful, wrong or uncooperative.

A rule names an operation of the contract (`create`, `task`, `stems_full` …), a task type (`remaster`), `look` (any
family's look at a task), `file`, `file.mp3`, `webhook`, the id of one task or clip, or `*`; what to `do`; how many
times (`times`, null = for ever), after skipping the first `after` requests; and for whose key (`key`, `*` = everybody).

`slow` and `slow_after` hold an answer back for so many `seconds`, or until the rules are cleared.
`refuse` and `answer` take a `status` and a `body`: an object is sent as JSON, a text as a web page, null as nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from .records import Fate, key_hash

BEFORE = frozenset(
    {"slow", "refuse", "lose_before", "error_before", "too_fast", "html", "no_credits", "retired", "hang_before"}
)
"""Happen before anything is looked at; nothing is charged."""
AFTER = frozenset(
    {"slow_after", "lose_after", "error_after", "hang_after", "garbage", "html_after", "unknown_fields", "answer"}
)
"""The request is served and charged; then its answer comes late, damaged or never, or another one instead."""
FATES = frozenset({"fail_task", "fail_take", "fail_takes", "two_sets"})
"""What will become of the task that this request makes: it fails, or its first take does, or every take of it; or
stems come as two candidate sets.

`refund` says whether its credits come back (a failed task's do, if nothing is said), `says` whether its looks tell so
(as it is, if nothing is said); `status` and `body` choose the look that tells of a failed task.
"""
MONEY = frozenset({"charge_again"})
"""A repeated ask that should be free (midi, download) is charged like the first."""
FILES = frozenset({"slow", "refuse", "lose_before", "error_before", "too_fast", "dead_link", "truncate", "html_file"})
"""What can happen to the download of a file."""
HOOKS = frozenset({"duplicate", "replay", "drop", "slow", "forge", "stale", "unsigned"})
"""What can happen to a webhook: told twice, sent again as it was, never, late; signed wrongly, long ago, not at all."""
KINDS = BEFORE | AFTER | FATES | MONEY | FILES | HOOKS


class BadRule(ValueError):
    """A fault rule is invalid; the message names the part."""


@dataclasses.dataclass
class Rule:
    """One rule; `times` and `after` count down as it meets requests."""

    operation: str
    do: str
    key: str
    times: int | None
    after: int
    details: Mapping[str, Any]

    def number(self, name: str, default: float) -> float:
        """A numeric detail such as `seconds` or `status`."""
        return float(self.details.get(name, default))

    @property
    def fate(self) -> Fate:
        """What it decides for a task; for rules of FATES."""
        refund = bool(self.details.get("refund", self.do == "fail_task"))
        says = bool(self.details.get("says", refund))
        return Fate(self.do, refund, says, int(self.number("status", 500)), self.details.get("body"))


def _rule(fields: object, default_key: str) -> Rule:
    if not isinstance(fields, Mapping):
        raise BadRule("a rule is an object with operation and do")
    details = dict(fields)
    operation, do = details.pop("operation", "*"), details.pop("do", None)
    key, times, after = details.pop("key", default_key), details.pop("times", 1), details.pop("after", 0)
    if do not in KINDS:
        raise BadRule(f"do must be one of {', '.join(sorted(KINDS))}; it is {do!r}")
    if not isinstance(operation, str) or not isinstance(key, str):
        raise BadRule("operation and key must be strings")
    if times is not None and (not isinstance(times, int) or times < 1):
        raise BadRule("times must be a positive whole number, or null for ever")
    if not isinstance(after, int) or after < 0:
        raise BadRule("after must be a whole number of requests to skip")
    for name in ("seconds", "status", "retry_after"):
        if not isinstance(details.get(name, 0), int | float):
            raise BadRule(f"{name} must be a number")
    return Rule(operation, do, key if key == "*" else key_hash(key), times, after, details)


def parse(rules: object, *, default_key: str = "*") -> list[Rule]:
    """Rules from decoded JSON (one object or a list of them); raises BadRule."""
    listed = rules if isinstance(rules, list) else [rules]
    return [_rule(fields, default_key) for fields in listed]


def parse_flag(text: str) -> list[Rule]:
    """Rules from a flag: JSON, or `operation:do` with `:name=value` parts behind it. Raises BadRule."""
    if text.lstrip().startswith(("{", "[")):
        try:
            return parse(json.loads(text))
        except json.JSONDecodeError as error:
            raise BadRule(f"a fault is not JSON: {error}") from error
    operation, *parts = text.split(":")
    if not parts:
        raise BadRule(f"a fault is written operation:do; {text!r} is not")
    fields: dict[str, Any] = {"operation": operation, "do": parts[0]}
    for part in parts[1:]:
        name, _, value = part.partition("=")
        try:
            fields[name] = json.loads(value)
        except json.JSONDecodeError:
            fields[name] = value
    return parse(fields)


class Faults:
    """The rules in force, in the order they were given."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules = list(rules)
        self._cleared = asyncio.Event()

    def add(self, rules: Iterable[Rule]) -> None:
        """Add rules after the present ones."""
        self._rules.extend(rules)

    def clear(self) -> None:
        """Behave again; an answer that is being held back goes out now."""
        self._rules.clear()
        cleared, self._cleared = self._cleared, asyncio.Event()
        cleared.set()

    async def hold_back(self, rule: Rule) -> None:
        """Let the seconds of a slow rule pass, or what is left of them until the rules are cleared."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._cleared.wait(), rule.number("seconds", 2.0))

    def draw(self, key: str, names: Collection[str], kinds: Collection[str]) -> list[Rule]:
        """The faults for this request: every matching `slow`, then at most one other rule. Counts them as used."""
        drawn: list[Rule] = []
        for rule in list(self._rules):
            if rule.do not in kinds or rule.key not in ("*", key) or rule.operation not in ("*", *names):
                continue
            if rule.after > 0:
                rule.after -= 1
                continue
            if rule.do != "slow" and any(other.do != "slow" for other in drawn):
                continue
            self._use(rule)
            drawn.append(rule)
        return sorted(drawn, key=lambda rule: rule.do != "slow")

    def _use(self, rule: Rule) -> None:
        if rule.times is None:
            return
        rule.times -= 1
        if rule.times == 0:
            self._rules.remove(rule)
