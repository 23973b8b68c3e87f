"""The sandbox sells whatever can be bought: each tool's plain order is taken, made and charged as it was quoted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from declared import BOUGHT, plain, plain_arguments, shown
from facts import KnownFacts, own_price
from sandbox_process import SandboxProcess

from songwright.server import contract
from songwright.server.core.operation import Family, Finish, Purchase

from .conftest import Account, Web, tone

OF_CLIPS = ("clip_id", "clip_ids", "source")
"""Arguments that name a clip, or a recording by link."""


def tools_of(family: Family) -> list[str]:
    """The tools of a family."""
    return [name for name, kind in BOUGHT.items() if kind.family is family]


class Shop:
    """One account, and of every family a song and an upload to go on from, bought with the tools themselves."""

    def __init__(self, account: Account, link: str) -> None:
        self.account, self._link = account, link
        self._clips: dict[tuple[Family, bool], list[str]] = {}

    def orders(self, name: str) -> Iterator[Purchase]:
        """The plain order, of a song and of an upload where it is about a clip."""
        kind, named = BOUGHT[name], [field for field in OF_CLIPS if field in plain_arguments(name)]
        if "source" in named or not named:
            yield plain(name, **({"source": self._link} if named else {}))
            return
        for uploaded in (False, True):
            clips = self.clips(kind.family, uploaded=uploaded)
            yield plain(name, **({"clip_ids": clips} if "clip_ids" in named else {"clip_id": clips[0]}))
        yield plain(name, clip_id=self.extension(kind.family))

    def extension(self, family: Family) -> str:
        """A clip that goes on from another one."""
        extends = next(name for name in tools_of(family) if "continue_at" in plain_arguments(name))
        song = self.clips(family, uploaded=False)[0]
        named = "source" if "source" in plain_arguments(extends) else "clip_id"
        return self.made(plain(extends, **{named: song}))[0]

    def clips(self, family: Family, *, uploaded: bool) -> list[str]:
        """Two clips of a family, made with the first of its tools that needs none."""
        if (family, uploaded) not in self._clips:
            maker = next(
                name
                for name in tools_of(family)
                if BOUGHT[name].uploads is uploaded and (uploaded or not set(OF_CLIPS) & set(plain_arguments(name)))
            )
            (order,) = self.orders(maker)
            self._clips[family, uploaded] = [self.made(order)[0] for _ in range(2)]
        return self._clips[family, uploaded]

    def sent(self, order: Purchase) -> tuple[int, dict[str, Any]]:
        """Status and answer of an order; `Account` holds it against the contract."""
        request = order.request(KnownFacts())
        answer = self.account.ask(request.method, request.path, dict(request.body or {}))
        return answer.status_code, answer.json()

    def made(self, order: Purchase, taken: tuple[int, dict[str, Any]] | None = None) -> list[str]:
        """What came of an order: ids of clips, or whatever else its declaration reads out of the answer."""
        status, answer = taken or self.sent(order)
        assert status == 200, answer
        if order.finish is Finish.POLLED:
            path = order.family.task_path.replace("{task_id}", answer["task_id"])
            while (look := self.account.ask("GET", path)).status_code == 202:
                pass
            assert look.status_code == 200, look.text
            told = shown(order, look.json())
            if told.good:
                assert all(clip.state != "failed" for clip in told.clips), look.text
                return [clip.clip_id for clip in told.good]
            answer = dict(told.facts)
        outcome = order.outcome(answer)
        assert outcome.ready, answer
        return [*outcome.uploaded, *(link.url for link in outcome.links), *map(str, outcome.facts)]


@pytest.fixture(scope="module")
def shop(sandbox: SandboxProcess) -> Iterator[Shop]:
    web, account = Web(), Account(sandbox)
    with account.http:
        yield Shop(account, web.put("voice.wav", tone(12)))
    web.close()


@pytest.mark.parametrize("name", BOUGHT)
def test_a_plain_order_is_made_and_charged_as_quoted(shop: Shop, name: str) -> None:
    refused = []
    for order in shop.orders(name):
        before = shop.account.credits()
        status, answer = shop.sent(order)
        if status == 400:  # it takes songs, or uploads, but not both
            refused.append(answer)
            continue
        if order.finish is Finish.ASK_AGAIN:
            while not (status == 200 and order.outcome(answer).ready):
                status, answer = shop.sent(order)
                assert status in (200, 202), answer
        assert shop.made(order, (status, answer)) or order.finish is not Finish.POLLED
        quoted = own_price(order)
        assert before - shop.account.credits() == quoted, f"{name} was quoted at {quoted}"
        return
    found = contract.match("POST", plain(name).request(KnownFacts()).path)
    pytest.fail(f"the sandbox refuses {name} ({found[0].id if found else 'no such path'}): {refused}")
