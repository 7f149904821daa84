"""A store that calls a function before each call, so that others can go first, or it can end."""

from collections.abc import Callable, Sequence

from seealso.errors import StoreError
from seealso.store.calls import Call
from seealso.store.client import Client, Retry
from seealso.store.tables import Store
from seealso.store.values import Json


class Killed(BaseException):
    """The process of whoever makes the call ends here."""


class _WatchedClient(Client):
    before: Callable[[Call], None]

    def _exchange(self, calls: Sequence[Call], deadline: float) -> list[Json | StoreError | Retry]:
        for call in calls:
            self.before(call)
        return super()._exchange(calls, deadline)


def watched(store: Store, before: Callable[[Call], None]) -> Store:
    """A store over the same tables; `before` is called with each call that is about to be sent."""
    mine = store.client
    client = _WatchedClient(mine.endpoint, mine.region, mine.credentials, 20.0)
    client.before = before
    return Store(
        client, store.articles, store.links, store.sites, store.skips, store.audit, store.transient
    )


def killed_at(store: Store, call_number: int) -> Store:
    """A store whose client is killed before the call of that number, from 0."""
    left = iter(range(call_number))

    def before(_: Call) -> None:
        if next(left, None) is None:
            raise Killed

    return watched(store, before)
