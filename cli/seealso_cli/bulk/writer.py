"""Long-running writes to the store: on several threads, and waiting while it is busy."""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from seealso.errors import StoreError, StoreUnavailable
from seealso.store.client import REQUEST_SECONDS
from seealso.store.tables import Store
from seealso.tables.articles import Article, get_article, import_articles
from seealso_cli import network
from seealso_cli.bulk.positions import Position
from seealso_cli.stores import OpenStore

# At 40 ms from the store, 4 threads write twice as much as one. The timeline index is one
# partition, which takes 1,000 writes a second in all (AWS "Partitions and data distribution").
THREADS = 4
# Batches of at most 0.5 MB: enough for the other threads while the oldest batch is waited for.
MAX_PENDING = 4 * THREADS

# The client itself retries for stores.LIMIT_SECONDS; this is for longer failures.
MAX_WAIT_SECONDS = 300.0
FIRST_PAUSE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 30.0


def retry_while_unavailable[R](
    work: Callable[[], R], notify: Callable[[str], None], stopping: threading.Event
) -> R:
    """The result of `work`, which is retried while the store is unavailable.

    Raises StoreUnavailable after MAX_WAIT_SECONDS, or as soon as `stopping` is set.
    """
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            return work()
        except StoreUnavailable as unavailable:
            jittered = pause * random.uniform(0.5, 1.0)  # noqa: S311 jitter
            if time.monotonic() + jittered > deadline:
                raise
            notify(f"The store is busy ({unavailable}). Retrying in {jittered:.0f} s.")
            if stopping.wait(jittered):
                raise
            pause = min(pause * 2, MAX_PAUSE_SECONDS)


def describe_failure(error: StoreUnavailable | StoreError, open_store: OpenStore) -> str:
    """A sentence or two for the operator about the store's failure."""
    if isinstance(error, StoreUnavailable):
        # The client opens no connection before its first call.
        hint = network.direct_only(open_store().client.endpoint)
        return f"Could not reach the store: {error}.{hint}"
    if error.code == "ResourceNotFoundException":
        return "The store has no such table: check the table names and the region."
    return f"The store refused: {error}."


def check_store(open_store: OpenStore) -> None:
    """Check that the store responds, without waiting long. Raises StoreUnavailable, Refused."""
    store = open_store()
    store.client.limit_seconds = REQUEST_SECONDS
    try:
        get_article(store, 1)
    finally:
        store.client.close()


class Writer:
    """Imports batches of articles on several threads; write() blocks while many are pending.

    `new` and `updated` count the articles of the batches that are completely written, after those
    of the position that it begins at. All rows up to `position` are written.
    """

    def __init__(
        self,
        open_store: OpenStore,
        notify: Callable[[str], None],
        position: Position = Position(),  # noqa: B008 immutable
    ) -> None:
        self.new = position.new
        self.updated = position.updated
        self.position = position
        self._has_failed = False
        self._notify = notify
        self._stopping = threading.Event()
        # Oldest first, each with the number of rows up to its last one and their digest.
        self._pending: deque[tuple[Future[tuple[int, int]], int, str]] = deque()
        # Only one thread at a time can use a store.
        self._idle_stores: SimpleQueue[Store] = SimpleQueue()
        self._stores = [open_store() for _ in range(THREADS)]
        for store in self._stores:
            self._idle_stores.put(store)
        self._threads = ThreadPoolExecutor(THREADS)

    def write(self, batch: Sequence[Article], rows: int, digest: str) -> None:
        """Queue a batch: the last of the first `rows` rows, which have this digest.

        Raises the failure of an earlier one: StoreUnavailable, Refused.
        """
        while self._pending and (len(self._pending) >= MAX_PENDING or self._pending[0][0].done()):
            self._wait_for_oldest()
        self._pending.append((self._threads.submit(self._import, batch), rows, digest))

    def flush(self) -> None:
        """Wait until all batches are written. Raises StoreUnavailable, Refused."""
        while self._pending:
            self._wait_for_oldest()

    def _import(self, batch: Sequence[Article]) -> tuple[int, int]:
        store = self._idle_stores.get()
        try:
            return retry_while_unavailable(
                lambda: import_articles(store, batch), self._notify, self._stopping
            )
        finally:
            self._idle_stores.put(store)

    def _wait_for_oldest(self) -> None:
        wait([self._pending[0][0]])
        if failure := self._count(*self._pending[0]):
            raise failure
        # If Ctrl-C comes before this, __exit__ counts the batch again. The other way round, a batch
        # that failed would be forgotten, and the position would pass it.
        self._pending.popleft()

    def _count(
        self, future: Future[tuple[int, int]], rows: int, digest: str
    ) -> BaseException | None:
        """Count the articles of a finished batch, the next in order, or return its failure."""
        try:
            new, updated = future.result()
        except (StoreUnavailable, StoreError, CancelledError) as failure:
            self._has_failed = True
            return failure
        self.new += new
        self.updated += updated
        if not self._has_failed:
            self.position = Position(rows, digest, self.new, self.updated)
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
        for pending in self._pending:
            self._count(*pending)
        for store in self._stores:
            store.client.close()
