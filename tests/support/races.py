"""Sixteen racers at once over one store, and the pages that they race for."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from seealso.errors import Refusal
from seealso.store import tables as store_tables
from seealso.store.calls import Call
from seealso.store.tables import Store, reset_store
from seealso.store.values import Json, marshal_item
from seealso.submitting.parsing import Submission
from seealso.submitting.submitting import Receipt, Rules, submit
from seealso.tables.articles import Article, put_articles
from tests.support.invariants import scan
from tests.support.tables import another

RACERS = 16
# Domains: one that publishes at once, one that wants approval.
AT_ONCE, APPROVED = 7, 3
CAP, WAITING_CAP = 5, 7
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Racers:
    """Threads with a store of their own each, let go at the same moment."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._stores = [another(store) for _ in range(RACERS)]
        self._barrier = threading.Barrier(RACERS, timeout=60)
        self._pool = ThreadPoolExecutor(RACERS)

    def race[T](self, actions: Sequence[Callable[[Store], T]]) -> list[T | Exception]:
        """What each of sixteen actions, all at once, returned or raised."""
        assert len(actions) == RACERS

        def run(mine: Store, action: Callable[[Store], T]) -> T | Exception:
            self._barrier.wait()
            try:
                return action(mine)
            except Exception as refused:  # noqa: BLE001 judged by whoever started the race
                return refused

        return list(self._pool.map(run, self._stores, actions))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._pool.map(self._leave, range(RACERS))
        self._pool.shutdown()
        for mine in self._stores:
            mine.client.close()

    def _leave(self, _number: int) -> None:
        # A handler of this thread has made a store of the thread's own.
        self._barrier.wait()
        if made := getattr(store_tables._local, "store", None):
            made.client.close()
            reset_store()


def make_network(
    store: Store,
    articles: Sequence[tuple[int, int]],
    cap: int = CAP,
    pending_cap: int = WAITING_CAP,
) -> None:
    """The two sites, and published articles as (id, domain) pairs."""
    for domain, publish in ((AT_ONCE, "at_once"), (APPROVED, "approved")):
        site: Json = {
            "domain": domain,
            "cap": cap,
            "publish": publish,
            "pending_cap": pending_cap,
            "pending_days": 14,
        }
        store.client.call("PutItem", {"TableName": store.sites, "Item": marshal_item(site)})
    refusals = put_articles(
        store,
        [
            (Article(each, domain, f"Title {each}", "Text.", "2026-11-23"), None)
            for each, domain in articles
        ],
    )
    assert not any(refusals)


def submit_url(store: Store, article_id: int, url: str, key: str | None = None) -> Receipt:
    """Submit a URL the way that the function does."""
    return submit(
        store,
        article_id,
        Submission(url, None),
        key,
        "192.0.2.7",
        NOW,
        Rules(1_000_000, "network"),
    )


def names(outcomes: Sequence[object]) -> list[str]:
    """The outcomes of a race in words, sorted: `ok`, a problem's name, or what was raised."""
    return sorted(
        outcome.name
        if isinstance(outcome, Refusal)
        else repr(outcome)
        if isinstance(outcome, Exception)
        else "ok"
        for outcome in outcomes
    )


def forget_links(store: Store) -> None:
    """Empty the links table for the next round."""
    store.client.send_all(
        [
            Call("DeleteItem", {"TableName": store.links, "Key": marshal_item({"pk": item["pk"]})})
            for item in scan(store, store.links)
        ]
    )
