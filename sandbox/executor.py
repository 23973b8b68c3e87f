"""The store behind one thread: callers wait, the event loop never does."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from .store import Store

P = ParamSpec("P")
T = TypeVar("T")


class Executor:
    """Runs methods of one `Store` one after the other: `await executor(Store.balance, key)`."""

    def __init__(self, store: Store) -> None:
        self._books = store
        self._thread = concurrent.futures.ThreadPoolExecutor(max_workers=1, thread_name_prefix="books")

    async def __call__(self, method: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the method on the store and pass on what it returns or raises.

        A cancelled caller does not stop it: what has begun is written.
        """
        work = functools.partial(method, self._books, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        """Finish what is queued, then close the store."""
        self._thread.submit(self._books.close).result()
        self._thread.shutdown()
