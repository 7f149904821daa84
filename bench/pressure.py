"""Many submissions at a time: how many a second, how long they take, and what is refused."""

import math
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from seealso.errors import Refusal, StoreUnavailable
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables.pages import page_key, page_links
from tests.support import tables

SECONDS = 4.0
THREADS = (1, 4, 16)

type Submit = Callable[[Store, int], object]


class Outcome(NamedTuple):
    """Of some threads' submissions: what became of each, and the seconds that each took.

    `became` counts "accepted", the names of refusals, and "unavailable" for those that the store
    kept too busy for (503).
    """

    became: Counter[str]
    seconds: list[float]
    elapsed: float

    @property
    def rate(self) -> float:
        """Accepted submissions per second."""
        return self.became["accepted"] / self.elapsed

    def percentile(self, percent: int) -> float:
        """The seconds within which this part of the submissions was answered."""
        return statistics.quantiles(self.seconds, n=100)[percent - 1]

    @property
    def refused(self) -> str:
        """What was not accepted, in words."""
        others = [f"{number} {name}" for name, number in self.became.items() if name != "accepted"]
        return ", ".join(others) or "none"


def submissions(
    store: Store,
    threads: int,
    submit: Submit,
    page: Callable[[], int],
    *,
    each: float = math.inf,
) -> Outcome:
    """Submissions of some threads to the pages that `page` names, for SECONDS or `each` of them."""
    seconds: list[float] = []
    became: Counter[str] = Counter()
    failures: list[BaseException] = []
    barrier = threading.Barrier(threads)

    def submitter() -> None:
        container = tables.another(store)
        own: list[tuple[str, float]] = []
        try:
            barrier.wait()
            end = time.monotonic() + SECONDS
            while time.monotonic() < end and len(own) < each:
                before = time.monotonic()
                outcome = _outcome(container, submit, page())
                own.append((outcome, time.monotonic() - before))
            became.update(outcome for outcome, _ in own)
            # The first one of a container reads the policies and the day's key.
            seconds.extend(taken for _, taken in own[1:])
        except BaseException as failure:  # noqa: BLE001 raised below, in the caller's thread
            failures.append(failure)
            barrier.abort()
        finally:
            container.client.close()

    running = [threading.Thread(target=submitter) for _ in range(threads)]
    started = time.monotonic()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if failures:
        raise failures[0]
    return Outcome(became, seconds, time.monotonic() - started)


def published_links(store: Store, article_id: int) -> tuple[int, int]:
    """How many links a page shows, and how many its counter says."""
    item: Json = store.client.get_item(store.links, page_key(article_id)) or {}
    return len(page_links(item)), int(item.get("published", 0))


def _outcome(store: Store, submit: Submit, article_id: int) -> str:
    try:
        submit(store, article_id)
    except Refusal as refusal:
        return refusal.name
    except StoreUnavailable:
        return "unavailable"
    return "accepted"
