"""Writing to the store for long: by a few threads, and with patience while it is busy."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from seealso.articles import Article, get_article, import_articles
from seealso.dynamodb import REQUEST_SECONDS, Refused, Store, StoreUnavailable
from seealso_cli.stack import OpenStore

# At 40 ms from the store they write twice as much as one; a single index partition, which the feed
# is, takes 1,000 writes a second from all of them (AWS "Partitions and data distribution").
THREADS = 4

# The client itself tries for target.LIMIT_SECONDS; this is for all that lasts longer.
PATIENCE_SECONDS = 300.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0


def patiently[R](
    work: Callable[[], R], note: Callable[[str], None], stopping: threading.Event
) -> R:
    """What the work returns, tried again while the store is unavailable.

    Raises StoreUnavailable after PATIENCE_SECONDS, or as soon as `stopping` is set.
    """
    give_up = time.monotonic() + PATIENCE_SECONDS
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return work()
        except StoreUnavailable as unavailable:
            jittered = pause * random.uniform(0.5, 1.0)  # noqa: S311 jitter
            if time.monotonic() + jittered > give_up:
                raise
            note(f"The store is busy ({unavailable}); trying again in {jittered:.0f} s.")
            if stopping.wait(jittered):
                raise
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def unusable(error: StoreUnavailable | Refused) -> str:
    """The store's failure in the operator's words."""
    if isinstance(error, StoreUnavailable):
        return f"The store does not answer: {error}."
    if error.code == "ResourceNotFoundException":
        return "The store has no table of that name: check the tables' names and the region."
    return f"The store refused: {error}."


def check_store(open_store: OpenStore) -> None:
    """See at once whether the store answers. Raises StoreUnavailable, Refused."""
    store = open_store()
    store.client.limit_seconds = REQUEST_SECONDS
    try:
        get_article(store, 1)
    finally:
        store.client.close()


class Writer:
    """Imports batches of articles; the caller waits while more than a few are on their way.

    `new` and `changed` count the articles of the batches that are wholly written.
    """

    def __init__(self, open_store: OpenStore, note: Callable[[str], None]) -> None:
        self.new = 0
        self.changed = 0
        self._note = note
        self._stopping = threading.Event()
        self._pending: set[Future[tuple[int, int]]] = set()
        # A store is for one thread at a time.
        self._stores: SimpleQueue[Store] = SimpleQueue()
        self._all_stores = [open_store() for _ in range(THREADS)]
        for store in self._all_stores:
            self._stores.put(store)
        self._threads = ThreadPoolExecutor(THREADS)

    def write(self, batch: Sequence[Article]) -> None:
        """Have the batch written. Raises what an earlier one met: StoreUnavailable, Refused."""
        while len(self._pending) >= 2 * THREADS:
            self._collect(FIRST_COMPLETED)
        self._pending.add(self._threads.submit(self._import, batch))

    def flush(self) -> None:
        """Wait until all is written. Raises StoreUnavailable, Refused."""
        while self._pending:
            self._collect(FIRST_COMPLETED)

    def _import(self, batch: Sequence[Article]) -> tuple[int, int]:
        store = self._stores.get()
        try:
            return patiently(lambda: import_articles(store, batch), self._note, self._stopping)
        finally:
            self._stores.put(store)

    def _collect(self, until: str) -> None:
        done, self._pending = wait(self._pending, return_when=until)
        failures = [failure for future in done if (failure := self._count(future))]
        if failures:
            raise failures[0]

    def _count(self, future: Future[tuple[int, int]]) -> BaseException | None:
        try:
            new, changed = future.result()
        except (StoreUnavailable, Refused, CancelledError) as failure:
            return failure
        self.new += new
        self.changed += changed
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._threads.shutdown(cancel_futures=True)
        for future in self._pending:
            self._count(future)
        for store in self._all_stores:
            store.client.close()
