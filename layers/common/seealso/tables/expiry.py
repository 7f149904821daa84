"""What the hourly job does to links whose time is over: they expire, and ended ones are erased.

One link that cannot be changed does not keep the others from it: it is counted and named in the
log, and tried again by the next run. Safe to kill and to run twice at once.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from seealso.errors import StoreUnavailable, VersionConflict
from seealso.store.tables import Store
from seealso.tables import links
from seealso.tables.links import Cause, Link
from seealso.times import rfc3339

type OnFailure = Callable[[str, Exception], None]


class Report(NamedTuple):
    """How many links were changed, and how many could not be."""

    expired: int
    erased: int
    failed: int


def expire_and_erase(store: Store, now: datetime, link_days: int, on_failure: OnFailure) -> Report:
    """Expire the links that were pending or lapsed for too long; erase those that ended long ago.

    `link_days`: how long an ended link keeps its URL and title. `on_failure` gets the id of each
    link that could not be changed, and why. Raises StoreUnavailable.
    """

    def expire(link: Link) -> bool:
        # The index may still have a link that is no longer due.
        is_due = link.expires_at is not None and link.expires_at <= rfc3339(now)
        if is_due:
            links.expire(store, link, Cause(now, "schedule"))
        return is_due

    def erase(link: Link) -> bool:
        is_due = link.status not in links.CLAIM_HOLDERS and link.url is not None
        if is_due:
            links.erase(store, link)
        return is_due

    ended_by = now - timedelta(days=link_days)
    # A link whose first check is due is not among those that expire. Should the checks have
    # stopped, it expires all the same.
    unchecked = links.due_links(store, "check", now - timedelta(days=1))
    waiting = chain(links.due_links(store, "due", now), unchecked)
    expired, not_expired = _each(store, waiting, expire, on_failure)
    erased, not_erased = _each(store, links.due_links(store, "ended", ended_by), erase, on_failure)
    return Report(expired, erased, not_expired + not_erased)


def _each(
    store: Store,
    link_ids: Iterable[str],
    change: Callable[[Link], bool],
    on_failure: OnFailure,
) -> tuple[int, int]:
    """How many links were changed, and how many could not be."""
    changed = failed = 0
    for link_id in link_ids:
        try:
            link = links.get_link(store, link_id)
            changed += link is not None and change(link)
        except VersionConflict:
            continue  # someone else has just changed it; the next run looks again
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 whatever is wrong with one, the others go on
            failed += 1
            on_failure(link_id, error)
    return changed, failed
