"""Threads that start at the same moment, each with a store of its own."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from seealso.errors import Refusal
from seealso.store import tables as store_tables
from seealso.store.tables import Store, reset_store
from tests.support.environment import new_container
from tests.support.tables import another

RACERS = 16


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


def outcome_names(outcomes: Sequence[object]) -> list[str]:
    """The outcomes of a race in words, sorted: `ok`, a problem's name, or what was raised."""
    return sorted(
        outcome.name
        if isinstance(outcome, Refusal)
        else repr(outcome)
        if isinstance(outcome, Exception)
        else "ok"
        for outcome in outcomes
    )


def at_once[T, R](do: Callable[[T], R], values: Iterable[T]) -> list[R]:
    """Do all at the same time, each in a container (a thread with a store) of its own."""

    def alone(value: T) -> R:
        try:
            return do(value)
        finally:
            new_container()

    each = list(values)
    with ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(alone, each))


@contextmanager
def in_thread[**P](work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> Iterator[None]:
    """Work at the same time as what is inside the `with`; a failure of it is raised here."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work(*args, **kwargs)
        except BaseException as failure:  # noqa: BLE001 it is raised in the test's thread
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    for failure in failures:
        raise failure
