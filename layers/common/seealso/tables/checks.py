"""Checks: what the last checks of a link's page found, and when the next one is due.

The item `checks#<link_id>` is written by whoever checks, on the condition that it is as it was
read, and its `due` key puts it into the index of what is due. A link's first check is due by the
link's own item (links.py): a submission has no units left for one more item, so that this one is
made when the first check is over or has to wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from seealso.errors import Refusal, StoreError, VersionConflict
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.times import rfc3339

MAX_KEPT: Final = 10  # checks whose evidence is kept
MAX_FAILURES: Final = 5  # of our own code in a row, after which a check is set aside
# A submitter or an editor may ask for a check this often.
REQUEST_INTERVAL: Final = timedelta(minutes=10)
# The partitions of the index of what is due.
DUE: Final = "check"
SET_ASIDE: Final = "failing"


class Counters(NamedTuple):
    """What earlier checks of a link leave for the next verdict (verifying/verdicts.py)."""

    misses: int = 0  # in a row; checks that reached no page neither count nor interrupt
    unreachable: int = 0  # checks in a row that reached no page
    unreachable_since: str | None = None  # the first of these
    was_seen: bool = False


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of a link; times are RFC 3339 in UTC.

    `evidence` has the newest check last. Each is a dict of `at`, `found` (a kind of verdicts.py),
    `codes` and, where there was one, `status`, `final_url`, `href`, `rel` and `canonical`.
    """

    link_id: str
    version: int = 0  # of the stored item; 0: none is stored
    due_at: str | None = None
    is_set_aside: bool = False  # after failures of our own code; `due_at` is when
    failures: int = 0  # of our own code in a row
    counters: Counters = field(default_factory=Counters)
    requested_at: str | None = None  # when someone last asked for a check
    resent_at: str | None = None  # when a webmention last came again; None once that is checked
    # The registrable domains of the page as it was last seen, and when the link was published
    # (`home_at`): see pipeline.py.
    last_domain: str | None = None
    home: str | None = None
    home_at: str | None = None
    evidence: Sequence[dict[str, Any]] = field(default_factory=tuple)

    @property
    def next_at(self) -> str | None:
        """When the next check is due; None if there is none."""
        return None if self.is_set_aside else self.due_at

    @property
    def last(self) -> dict[str, Any] | None:
        """The evidence of the last check."""
        return self.evidence[-1] if self.evidence else None


class TooSoon(Exception):
    """A check was asked for less than REQUEST_INTERVAL ago; `again_at` is when it may be."""

    def __init__(self, again_at: str) -> None:
        super().__init__(again_at)
        self.again_at = again_at

    def refusal(self, now: datetime) -> Refusal:
        """What whoever asked is told."""
        seconds = -((now - datetime.fromisoformat(self.again_at)) // timedelta(seconds=1))
        detail = "A check can be requested once in ten minutes. Try again later."
        return Refusal("rate-limited", detail, retry_after=max(seconds, 1))


_PLAIN = (
    "version",
    "due_at",
    "failures",
    "requested_at",
    "resent_at",
    "last_domain",
    "home",
    "home_at",
    "evidence",
)


def checks_key(link_id: str) -> Json:
    return {"pk": f"checks#{link_id}"}


def checks_of(link_id: str, item: Json | None) -> Checks:
    """The checks of their plain item; where there is none, those of a link never checked."""
    item = item or {}
    counters = {name: item[name] for name in Counters._fields if name in item}
    known = {name: item[name] for name in _PLAIN if name in item}
    return Checks(
        link_id,
        counters=Counters(**counters),
        is_set_aside=item.get("due") == SET_ASIDE,
        **known,
    )


def checks_item(checks: Checks) -> Json:
    item = {name: getattr(checks, name) for name in _PLAIN} | checks.counters._asdict()
    item["evidence"] = list(checks.evidence)
    if checks.due_at:
        item["due"] = SET_ASIDE if checks.is_set_aside else DUE
    stored = {name: value for name, value in item.items() if value is not None}
    return {**checks_key(checks.link_id), **stored}


def get_checks(store: Store, link_id: str) -> Checks:
    """The current checks of a link (strongly consistent)."""
    return checks_of(link_id, store.client.get_item(store.links, checks_key(link_id)))


def with_evidence(checks: Checks, entry: dict[str, Any]) -> Checks:
    """The checks after one more."""
    return replace(checks, evidence=[*checks.evidence, entry][-MAX_KEPT:])


def due_checks(store: Store, until: datetime, limit: int, kind: str = DUE) -> list[str]:
    """The ids of links of which a check is due, or (`kind` SET_ASIDE) set aside; oldest first."""
    found = store.client.query_first(_due_query(store, until, kind), limit)
    return list(dict.fromkeys(item["pk"].partition("#")[2] for item in found))


def _due_query(store: Store, until: datetime, kind: str) -> Json:
    return {
        "TableName": store.links,
        "IndexName": "due",
        "KeyConditionExpression": "due = :kind AND due_at <= :until",
        "ExpressionAttributeValues": marshal_item({":kind": kind, ":until": rfc3339(until)}),
    }


def oldest_due(store: Store, now: datetime) -> str | None:
    """Since when the longest overdue check has been due; None if none is due."""
    found = store.client.query_first(_due_query(store, now, DUE), 1)
    return str(found[0]["due_at"]) if found else None


def count_set_aside(store: Store) -> int:
    """How many checks wait for someone to look at them, after failures of our own code."""
    query: Json = {
        "TableName": store.links,
        "IndexName": "due",
        "Select": "COUNT",
        "KeyConditionExpression": "due = :kind",
        "ExpressionAttributeValues": marshal_item({":kind": SET_ASIDE}),
    }
    return sum(int(answer["Count"]) for answer in store.client.query_pages(query))


# ---- changes ---------------------------------------------------------------------------------


def put_checks(store: Store, checks: Checks) -> Json:
    """The action that writes what followed from `checks` as they were read, with that version."""
    put: Json = {
        "TableName": store.links,
        "Item": marshal_item(checks_item(replace(checks, version=checks.version + 1))),
        **_as_read(checks),
    }
    return {"Put": put}


def _as_read(checks: Checks) -> Json:
    """The condition that stored checks are those that were read."""
    if not checks.version:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": marshal_item({":version": checks.version}),
    }


def save_checks(store: Store, checks: Checks) -> None:
    """Write checks alone. Raises VersionConflict if someone has changed them since."""
    try:
        store.client.call("PutItem", put_checks(store, checks)["Put"])
    except StoreError as error:
        if not error.condition_failed():
            raise
        raise VersionConflict from None


def plan_check(store: Store, link_id: str, at: datetime) -> Json:
    """The action that makes a check of a link due, its misses forgotten: it is published anew."""
    return _update(
        store,
        link_id,
        "SET due = :due, due_at = :at, misses = :zero, failures = :zero",
        {":due": DUE, ":at": rfc3339(at), ":zero": 0},
    )


def end_checks(store: Store, link_id: str) -> Json:
    """The action after which no check of a link is due; what was found stays."""
    expression = "SET failures = :zero REMOVE due, due_at, resent_at"
    return _update(store, link_id, expression, {":zero": 0})


def forget_checks(store: Store, link_id: str, checks: Checks | None = None) -> Json:
    """The action that erases what was found; with `checks`, if they are as they were read."""
    key: Json = {"TableName": store.links, "Key": marshal_item(checks_key(link_id))}
    return {"Delete": key | (_as_read(checks) if checks else {})}


def request_check(
    store: Store, link_id: str, now: datetime, also: Sequence[Json], *, is_resend: bool = False
) -> None:
    """Make a check due at once, with the further actions.

    A webmention that comes again (`is_resend`) may do so at any time: how often a page is fetched
    is bounded all the same (verifying/politeness.py). Raises TooSoon, or StoreError with the
    reasons of the further actions, from index 1.
    """
    action = _update(
        store,
        link_id,
        "SET due = :due, due_at = :now, requested_at = :now, failures = :zero",
        {":due": DUE, ":now": rfc3339(now), ":zero": 0},
    )
    if is_resend:
        store.client.transact([_resend(store, link_id, now), *also])
        return
    action["Update"] |= {
        "ConditionExpression": "attribute_not_exists(requested_at) OR requested_at <= :before",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    action["Update"]["ExpressionAttributeValues"] |= marshal_item(
        {":before": rfc3339(now - REQUEST_INTERVAL)}
    )
    try:
        store.client.transact([action, *also])
    except StoreError as error:
        if not error.condition_failed(0):
            raise
        requested_at = (error.existing(0) or {})["requested_at"]
        again_at = datetime.fromisoformat(requested_at) + REQUEST_INTERVAL
        raise TooSoon(rfc3339(again_at)) from None


def _resend(store: Store, link_id: str, now: datetime) -> Json:
    return _update(
        store,
        link_id,
        # It neither forgets failures nor keeps editors from asking: anybody can send it.
        "SET due = :due, due_at = :now, resent_at = :now",
        {":due": DUE, ":now": rfc3339(now)},
    )


def retry_check(store: Store, link_id: str, now: datetime) -> bool:
    """Make a check that was set aside due again; False if it is not set aside any more."""
    action = _update(
        store,
        link_id,
        "SET due = :due, due_at = :now, failures = :zero",
        {":due": DUE, ":now": rfc3339(now), ":zero": 0, ":aside": SET_ASIDE},
    )
    action["Update"]["ConditionExpression"] = "due = :aside"
    try:
        store.client.call("UpdateItem", action["Update"])
    except StoreError as error:
        if not error.condition_failed():
            raise
        return False
    return True


def _update(store: Store, link_id: str, expression: str, values: Json) -> Json:
    """An update of a link's checks, which raises their version: a check under way starts anew."""
    return {
        "Update": {
            "TableName": store.links,
            "Key": marshal_item(checks_key(link_id)),
            "UpdateExpression": f"{expression} ADD version :one",
            "ExpressionAttributeValues": marshal_item({**values, ":one": 1}),
        }
    }
