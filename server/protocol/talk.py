"""The line to a person and to the client in between, during one call of a tool."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec

import anyio
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID, client_supports_apps
from mcp.server.mcpserver import Context
from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from pydantic import BaseModel, Field

from ..core import telemetry
from ..core.clock import Clock
from ..core.errors import SongwrightError
from ..core.jobs import SENTENCES, Job
from ..core.threads import in_thread
from ..orders.talk import Agreed
from .patience import Session
from .tasks import EARLY_SECONDS, followed
from .unheard import Unheard

P = ParamSpec("P")

CONFIRM = "confirm"
OWN_CLIENT = "songwright"
"""The name with which our own command line announces itself; it says by itself what the sandbox is."""
MODERN = "2026-07-28"
"""The first revision in which a question to the person travels in a tool's result."""
SESSION_HEADER = "mcp-session-id"
PAGES = "-pages"
"""Stands in the session's id of a client that renders pages of tools."""
LONGEST_NAME = 100
LONGEST_MARK = 600

log = logging.getLogger(__name__)


class AskFirst(Exception):
    """Ends a round of a call with a question; the client repeats the call with the answer."""

    def __init__(self, result: InputRequiredResult) -> None:
        super().__init__("the person is asked first")
        self.result = result


class Yes(BaseModel):
    """What the person fills in."""

    proceed: bool = Field(True, title="Spend the credits", description="Uncheck to keep them.")


class McpTalk:
    """The line to the person through an MCP client, in either protocol era."""

    def __init__(self, context: Context[Any, Any]) -> None:
        self._context = context
        self._last = -1.0
        self._session: Session | None = None
        self._spends = False
        self._unheard: Unheard | None = None
        self._clock: Clock | None = None
        self._tool = ""
        self._began = 0.0
        self._order: str | None = None

    def within(self, session: Session, *, spends: bool, known_as: Unheard, clock: Clock, tool: str) -> None:
        """Set whose call this is, once known, and the record of what that caller has not heard of."""
        self._session, self._spends = session, spends
        self._unheard, self._clock, self._tool = known_as, clock, tool
        self._began = clock.now()

    @property
    def client(self) -> str | None:
        """The name that the client announces; in the older era over HTTP it is in the session's id."""
        try:
            request = self._context.request_context
        except ValueError:
            return None
        announced = request.session.client_params
        return announced.client_info.name[:LONGEST_NAME] if announced else name_in(self.mark)

    @property
    def mark(self) -> str:
        """The id of the client's session, where the transport has one."""
        return (self._headers or {}).get(SESSION_HEADER, "")[:LONGEST_MARK]

    @property
    def pages(self) -> bool:
        """Whether the host renders pages of tools; in the older era over HTTP that is in the session's id too."""
        try:
            return client_supports_apps(self._context) or pages_in(self.mark)
        except (LookupError, ValueError):
            return False

    @property
    def piped(self) -> bool:
        """Whether this is the only client of the process."""
        return self._headers is None

    @property
    def _headers(self) -> Mapping[str, str] | None:
        try:
            return self._context.headers
        except ValueError:
            return None

    @property
    def _progress_asked(self) -> bool:
        try:
            meta = self._context.request_context.meta
        except ValueError:
            return False
        return meta is not None and meta.get("progress_token") is not None

    @property
    def revision(self) -> str | None:
        """The revision of the protocol that is spoken; None outside of a request."""
        return self._context.protocol_version

    def _can_ask(self) -> bool:
        try:
            capabilities = self._context.client_capabilities
        except (LookupError, ValueError):
            return False
        return capabilities is not None and capabilities.elicitation is not None

    def agreed_quote(self) -> str | None:
        """On the second round of a modern call: the quote of the question that was answered with yes."""
        answer = (self._context.input_responses or {}).get(CONFIRM)
        return self._context.request_state if isinstance(answer, ElicitResult) and _is_yes(answer) else None

    @telemetry.elsewhere
    async def agree(self, question: str, quote: str) -> Agreed:
        """Ask through the client's own dialogue where it has one."""
        answer = (self._context.input_responses or {}).get(CONFIRM)
        if isinstance(answer, ElicitResult):
            return Agreed.NO
        if not self._can_ask():
            return Agreed.CANNOT_ASK
        if (self._context.protocol_version or "") >= MODERN:
            params = ElicitRequestFormParams(message=question, requested_schema=Yes.model_json_schema())
            raise AskFirst(
                InputRequiredResult(input_requests={CONFIRM: ElicitRequest(params=params)}, request_state=quote)
            )
        try:
            said = await self._context.elicit(question, Yes)
        except Exception as error:  # noqa: BLE001 — whatever the client's side of it throws
            # A client that declares elicitation and cannot do it must not stand between a person and a quote.
            log.warning("the client could not ask the person: %s", type(error).__name__)
            return Agreed.CANNOT_ASK
        return Agreed.YES if said.action == "accept" and said.data.proceed else Agreed.NO

    def patience(self, seconds: float) -> float:
        """As long as this client is known to wait; one that follows tasks waits only for an early refusal."""
        if followed.get() is not None:
            return min(seconds, EARLY_SECONDS)
        if self._session is None:
            return seconds
        return self._session.seconds(seconds, spends=self._spends, progress=self._progress_asked)

    async def unheard(self) -> str | None:
        """An order by the same tool of which the client may know nothing."""
        if self._unheard is None or self._clock is None:
            return None
        return await in_thread(self._unheard.last, self._tool, self._began, self._clock.now())

    async def ordered(self, job_id: str) -> None:
        """The call has made an order; its client does not know of it before the answer."""
        self._order = job_id
        if self._unheard is not None:
            await self._noted(self._unheard.ordered, job_id, self._tool, self._began)

    async def answered(self, orders: Iterable[str]) -> None:
        """The answer names these orders."""
        if self._unheard is not None and (named := tuple(orders)):
            await self._noted(self._unheard.heard, named)

    async def cut_short(self) -> None:
        """The answer will not arrive."""
        if self._unheard is not None and self._order is not None:
            with anyio.CancelScope(shield=True):
                await self._noted(self._unheard.cut_short, self._order)

    @staticmethod
    async def _noted(note: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await in_thread(note, *args, **kwargs)
        except SongwrightError as error:
            # The order itself is on record, so an error here would be untrue.
            log.warning("could not record what the client has been told: %s", error)

    async def progress(self, job: Job, elapsed: float, expected: float) -> None:
        """A line the client may show; the number only ever grows."""
        value = min(max(elapsed, self._last + 0.01), max(expected, elapsed) * 0.99 if not job.settled else elapsed + 1)
        message = SENTENCES[job.state]
        if not job.settled:  # afterwards this would be its age
            late = elapsed > expected
            message += f" {elapsed:.0f} s{', longer than the usual' if late else ' of about'} {expected:.0f} s."
        await self._report(value, max(expected, elapsed), message)

    async def working(self, sentence: str, share: float) -> None:
        """A line the client may show about work on this machine."""
        await self._report(share * 100, 100.0, f"{sentence}, {share:.0%}.")

    async def _report(self, value: float, total: float, message: str) -> None:
        self._last = max(value, self._last + 0.001)
        try:
            await self._context.report_progress(self._last, total, message)
        except Exception as error:  # noqa: BLE001 — whatever the client's side of it throws
            # A client that has gone away just does not see progress.
            log.debug("progress could not be sent: %s", type(error).__name__)


def _is_yes(answer: ElicitResult) -> bool:
    return answer.action == "accept" and bool((answer.content or {}).get("proceed"))


def marked(name: str, unique: str, *, pages: bool = False) -> str:
    """A session id that contains the client's name, and whether it renders pages of tools, so that no replica has to
    remember either.
    """
    return f"{unique}{PAGES * pages}.{base64.urlsafe_b64encode(name[:LONGEST_NAME].encode()).decode().rstrip('=')}"


def renders_pages(capabilities: object) -> bool:
    """Whether capabilities that are still plain JSON say that a client renders pages of tools."""
    found: object = capabilities
    for name in ("extensions", EXTENSION_ID, "mimeTypes"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return isinstance(found, list) and APP_MIME_TYPE in found


def pages_in(mark: str) -> bool:
    """Whether a session id of ours says that its client renders pages of tools."""
    return mark.partition(".")[0].endswith(PAGES)


def name_in(mark: str) -> str | None:
    """The client's name in one of our session ids."""
    _, dot, text = mark.partition(".")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode() if dot else None
    except (binascii.Error, ValueError):
        return None
