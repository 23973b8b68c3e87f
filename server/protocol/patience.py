"""How long a client waits for an answer, and who has given up.

A client that gave up does not say so, and its model may order the same song in other words. So everybody who is not
known to wait is answered at once with the order's id, and whoever shows that it did not wait is answered sooner.
"""

from __future__ import annotations

import tomllib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

STRANGERS_ORDER = 4.0
"""Seconds after which an unknown client is told of its order; agent frameworks give up after five."""
STRANGERS_WAIT = 20.0
"""Seconds that it waits for a song, which buys nothing."""
MARGIN = 0.75
"""The share of a client's limit after which it is answered."""
TOGETHER = 1.0
"""Calls within so many seconds were issued together, by a model that wants them all."""
UNHEARD = 4.0
"""Seconds after which a call that still waits may have been given up."""
HALVINGS = 4
SOONEST = 1.0
SESSIONS_KEPT = 10_000
SESSION_ENDS = 3600.0
"""Seconds of silence after which a returning client counts as new; over HTTP nobody says goodbye."""
_BRIDGED = " (via mcp-remote"
_JOINTS = " -/("


@dataclass(frozen=True)
class Known:
    """A client that waits, by the name it announces."""

    name: str
    limit: float


@cache
def _table() -> tuple[Known, ...]:
    data = tomllib.loads(files(__package__ or "").joinpath("clients.toml").read_text(encoding="utf-8"))
    return tuple(Known(name, float(row["limit"])) for row in data["clients"] for name in row["names"])


def known(name: str | None) -> Known | None:
    """The client of that name, or None for a name that is unknown or anybody's. The longest name that fits counts."""
    said = " ".join((name or "").lower().split(_BRIDGED)[0].split())
    fitting = [row for row in _table() if said == row.name or said.startswith(tuple(row.name + j for j in _JOINTS))]
    return max(fitting, key=lambda row: len(row.name), default=None)


@dataclass(eq=False)
class Call:
    """One call of a tool, from its beginning to its answer. Times are of a clock that never steps back."""

    wish: str
    """Tool and arguments, the same for the same call."""
    began: float


@dataclass(eq=False)
class Session:
    """What one client has shown since it connected."""

    now: Callable[[], float]
    client: Known | None = None
    halvings: int = 0
    """How often it has shown that it does not wait as long as was thought."""
    fresh: bool = True
    """The journal has not been asked yet what this client has shown before."""
    noticed: bool = False
    """It was told that songs come from the sandbox."""
    _open: list[Call] = field(default_factory=list)
    _cut_short: bool = False
    _seen: float = 0.0

    def __post_init__(self) -> None:
        self._seen = self.now()

    @property
    def over(self) -> bool:
        """Whether the client has been silent for long."""
        return not self._open and self.now() - self._seen > SESSION_ENDS

    def begin(self, wish: str) -> Call:
        """A call has come."""
        call = Call(wish, self.now())
        repeats = any(other.wish == wish and call.began - other.began > TOGETHER for other in self._open)
        # A client that cancels and then calls again had given up; one that cancels and is gone has only left.
        if repeats or self._cut_short:
            self.halvings = min(self.halvings + 1, HALVINGS)
        self._cut_short = False
        self._open.append(call)
        return call

    def ended(self, call: Call, *, cut_short: bool) -> None:
        """The call was answered, or it was cancelled and nobody has heard the answer."""
        self._open = [other for other in self._open if other is not call]
        self._seen = self.now()
        if cut_short and self.now() - call.began > TOGETHER:
            self._cut_short = True

    def seconds(self, most: float, *, spends: bool, progress: bool) -> float:
        """How long a call may wait, of at most `most` seconds."""
        base = most
        if self.client is not None:
            base = min(most, self.client.limit * MARGIN)
        elif spends:
            # Asking for progress is no sign of patience: agno asks, through its library, and gives up after 10 s.
            base = min(most, STRANGERS_ORDER)
        elif not progress:
            base = min(most, STRANGERS_WAIT)
        return min(base, max(base * 0.5**self.halvings, SOONEST))


class Sessions:
    """The sessions of this process: the one client of a pipe, or everybody who calls over HTTP."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._of: OrderedDict[Sequence[str], Session] = OrderedDict()

    def of(self, tenant: str, client: str | None, mark: str = "") -> Session:
        """The session of a tenant's client; `mark` tells two connections of the same client apart, where it can."""
        key = (tenant, client or "", mark)
        session = self._of.get(key)
        if session is None or session.over:
            session = self._of[key] = Session(self._now, known(client))
            while len(self._of) > SESSIONS_KEPT:
                self._of.popitem(last=False)
        self._of.move_to_end(key)
        return session
