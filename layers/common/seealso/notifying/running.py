"""A run of the webhook: sends what is new, and remembers how far it has come.

The queue's index is in order of submission, so a position in it says which links were announced: a
run without anything new reads three small items and no link, whatever the size of the queue. Links
are announced a minute after their submission, when the index has all that were submitted before.

What was not accepted is not kept: a later attempt looks at the queue anew, and announces what has
come since as well. The position moves after the receiver has accepted a notice, so that a run that
is killed in between announces the same links twice, and none is left out.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from seealso.errors import VersionConflict
from seealso.notifying import messages
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables import notices, queue
from seealso.tables.notices import MAX_DELIVERIES, Delivery, State, Webhook
from seealso.tables.queue import Position
from seealso.times import rfc3339
from seealso.verifying.fetching import Fetched, FetchFailed

MAX_LINKS: Final = 100  # of one notice
MAX_NOTICES: Final = 10  # of one run: after a flood of submissions the others have to wait
# Longer than a submission and the index behind it may take.
SETTLED: Final = timedelta(minutes=1)
DIGEST_HOUR: Final = 6  # UTC
MAX_ANSWER: Final = 200  # characters of an answer that are kept
# After a first, second, ... failure in a row; the last one also after all others.
AFTER_FAILURE: Final = tuple(
    timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 80, 160, 320)
)

type Post = Callable[[Mapping[str, str], bytes], Fetched | FetchFailed]


class Tools(NamedTuple):
    """What a run works with; `post` sends headers and a body to `host`."""

    store: Store
    post: Post
    host: str
    clock: Callable[[], datetime]


class Report(NamedTuple):
    """How many notices the receiver has accepted, and how many attempts failed."""

    accepted: int = 0
    failed: int = 0


class _Notice(NamedTuple):
    """What is to be sent next, and the state once it was sent."""

    body: Json
    sent: State


def run(tools: Tools, lease_seconds: float) -> Report | None:
    """Send what there is to tell; None if another run is under way.

    `lease_seconds` is longer than any run.
    """
    webhook = notices.get_webhook(tools.store)
    if _next_notice(tools, webhook) is None:
        return Report()
    lease = notices.take_lease(tools.store, tools.clock(), lease_seconds)
    if lease is None:
        return None
    accepted = 0
    webhook = webhook._replace(state=lease.state)
    while accepted < MAX_NOTICES and (notice := _next_notice(tools, webhook)):
        state = _attempt(tools, webhook, notice)
        try:
            notices.save_state(tools.store, lease, state)
        except VersionConflict:  # this run was suspended for longer than its lease
            return Report(accepted, 1)
        if not state.deliveries[0].is_accepted:
            return Report(accepted, 1)
        accepted += 1
        webhook = webhook._replace(state=state)
    return Report(accepted)


def _next_notice(tools: Tools, webhook: Webhook) -> _Notice | None:
    """What the receiver should be told next; None if there is nothing, or it has to wait."""
    key, state, now = webhook.key, webhook.state, tools.clock()
    if key is None:  # an admin has to give it to the receiver first
        return None
    if webhook.test_asked_at > state.test_at:
        return _Notice(messages.test(now), state._replace(test_at=webhook.test_asked_at))
    if state.next_at > rfc3339(now):
        return None
    after = state.after or Position(key.made_at, "")
    until = rfc3339(now - SETTLED)
    if after.at <= until:
        found = queue.list_pending_since(tools.store, after, until, MAX_LINKS + 1)
        if links := found[:MAX_LINKS]:
            body = messages.new_links(links, now, has_more=len(found) > MAX_LINKS)
            last = Position(links[-1]["submitted_at"], links[-1]["link_id"])
            return _Notice(body, state._replace(after=last))
    day = now.date().isoformat()
    if now.hour >= DIGEST_HOUR and state.digest_day < day:
        oldest = queue.list_queue(tools.store, "pending", None, 1)
        body = messages.digest(
            queue.get_counts(tools.store), oldest[0]["submitted_at"] if oldest else None, now
        )
        return _Notice(body, state._replace(digest_day=day))
    return None


def _attempt(tools: Tools, webhook: Webhook, notice: _Notice) -> State:
    """The state after an attempt to send a notice."""
    assert webhook.key
    now = tools.clock()
    content, headers = messages.signed(notice.body, webhook.key, now)
    delivery = _delivery(notice.body["kind"], tools.post(headers, content), now)
    state = webhook.state._replace(
        host=tools.host,
        deliveries=(delivery, *webhook.state.deliveries)[:MAX_DELIVERIES],
    )
    if delivery.is_accepted:
        return notice.sent._replace(
            failures=0, next_at="", host=state.host, deliveries=state.deliveries
        )
    if delivery.kind == "test":  # it is not sent again by itself
        return state._replace(test_at=webhook.test_asked_at)
    failures = webhook.state.failures + 1
    pause = AFTER_FAILURE[min(failures, len(AFTER_FAILURE)) - 1]
    return state._replace(failures=failures, next_at=rfc3339(now + pause))


def _delivery(kind: str, answer: Fetched | FetchFailed, now: datetime) -> Delivery:
    if isinstance(answer, FetchFailed):
        return Delivery(rfc3339(now), kind, None, answer.kind, "")
    # The first bytes that may hold so many characters.
    text = answer.body[: 4 * MAX_ANSWER].decode("utf-8", "replace")[:MAX_ANSWER]
    shown = "".join(each if each.isprintable() else " " for each in text)
    return Delivery(rfc3339(now), kind, answer.status, None, shown)
