"""Links: what strangers submitted for an article's page, and each change of a link's status.

A link's record, its claim (what makes its URL taken) and its page's counters change in one
transaction, conditional on the status and version that the change was decided for (design.md,
"Life of a link"). So counters always equal the links that they count, and a claim is held exactly
by a link that may hold one, whatever races or fails.

The page item has its published links as attributes `link#<link_id>` of its own level: an update
of a map's member would fail on a page that has no map yet. Each is a short list with its times as
numbers, so that a page of five usual links stays within the 1 KB that a write unit pays for.
"""

import contextlib
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal, TypedDict, get_args

from seealso.dynamodb import (
    BACKOFF_SECONDS,
    Json,
    Refused,
    Store,
    items,
    typed_item,
)
from seealso.sites import Site

type Status = Literal[
    "pending", "published", "lapsed", "rejected", "expired", "withdrawn", "removed"
]

STATUSES: tuple[Status, ...] = get_args(Status.__value__)
# Which counter of the page a status stands in.
_COUNTERS = {"pending": "waiting", "published": "published"}
HOLD_CLAIM = frozenset({"pending", "published", "lapsed"})
# The reason of a cancelled transaction whose condition did not hold.
_CONDITION = "ConditionalCheckFailed"
# A lapsed link is published again if its link-back returns within this time.
LAPSED_DAYS = 30

_MOVES: dict[str, frozenset[str]] = {
    "pending": frozenset({"published", "rejected", "expired", "withdrawn", "removed"}),
    "published": frozenset({"lapsed", "withdrawn", "removed"}),
    "lapsed": frozenset({"published", "expired", "withdrawn", "removed"}),
}


class PageLink(TypedDict):
    """A published link as an article's page shows it."""

    link_id: str
    url: str
    title: str | None
    published_at: str


@dataclass(frozen=True, slots=True)
class Link:
    """A submitted link's record; times are RFC 3339 in UTC."""

    link_id: str
    article_id: int
    domain: int
    url: str
    title: str | None
    status: Status
    version: int
    link_back: str  # unchecked, seen or missing
    submitted_at: str
    published_at: str | None
    claim: str  # the pk of its claim
    consent: dict[str, Any]  # the version of the wording agreed to, and when
    token_hash: str
    due_at: str | None = None  # when it expires, while it is pending or lapsed
    history: list[dict[str, Any]] = field(default_factory=list)


_FIELDS = tuple(each.name for each in fields(Link))


class PageFull(Exception):
    """No place is free on the page; `cap` is how many there are."""

    def __init__(self, cap: int) -> None:
        super().__init__(cap)
        self.cap = cap


class QueueFull(Exception):
    """As many links wait for the page as may wait."""


class PageClosed(Exception):
    """The page's article is being purged."""


class Duplicate(Exception):
    """The URL is taken by the link `link_id` on the page of `article_id`."""

    def __init__(self, link_id: str, article_id: int) -> None:
        super().__init__(link_id)
        self.link_id = link_id
        self.article_id = article_id


class AlreadySubmitted(Exception):
    """The very link is there already: `link` is what became of it."""

    def __init__(self, link: Link) -> None:
        super().__init__(link.link_id)
        self.link = link


class Changed(Exception):
    """The link is no longer as it was when the change was decided."""


# ---- pages -----------------------------------------------------------------------------------


def page_key(article_id: int) -> Json:
    """The key of an article's page item: its published links and their counters."""
    return {"pk": f"page#{article_id}"}


def page_links(page_item: Json | None) -> list[PageLink]:
    """The published links of a page in order of submission; none where nothing was submitted."""
    links = [
        (name.removeprefix("link#"), *shown)
        for name, shown in (page_item or {}).items()
        if name.startswith("link#")
    ]
    links.sort(key=lambda link: (link[3], link[0]))
    return [
        {"link_id": link_id, "url": url, "title": title, "published_at": _time(published)}
        for link_id, url, title, _, published in links
    ]


def shown_on_page(link: Link) -> tuple[str, list[str | int | None]]:
    """The attribute of the page item that shows a published link: its name and value."""
    return f"link#{link.link_id}", [
        link.url,
        link.title,
        _milliseconds(link.submitted_at),
        _milliseconds(link.published_at or link.submitted_at),
    ]


def _milliseconds(time_of_day: str) -> int:
    return round(datetime.fromisoformat(time_of_day).timestamp() * 1000)


def _time(milliseconds: int) -> str:
    return rfc3339(datetime.fromtimestamp(milliseconds / 1000, UTC))


def places_left(page_item: Json | None, cap: int) -> int:
    """How many places a page has free; lowering a site's cap removes no link, so never below 0."""
    return max(cap - int((page_item or {}).get("published", 0)), 0)


# ---- reading ---------------------------------------------------------------------------------


def get_link(store: Store, link_id: str) -> Link | None:
    """The link as it is now (strongly consistent); None if there is none."""
    item = store.client.get_item(store.links, {"pk": f"link#{link_id}"})
    return link_of(item) if item else None


def link_of(item: Json) -> Link:
    """The link of its plain item."""
    known = {name: item[name] for name in _FIELDS if name in item}
    return Link(**{"title": None, "published_at": None, **known})


def domain_status(domain: int, status: str) -> str:
    """What the links of a status on one site have in common: the key of its queue."""
    return f"{domain}#{status}"


def link_item(link: Link) -> Json:
    """The link's plain item with the index keys that its status calls for."""
    item = {name: value for name, value in asdict(link).items() if value is not None}
    item["domain_status"] = domain_status(link.domain, link.status)
    if link.due_at:
        item["due"] = "due"
    return {"pk": f"link#{link.link_id}", **item}


def due_links(store: Store, now: datetime, limit: int = 100) -> list[str]:
    """The ids of links whose time is over, the longest overdue first."""
    answer = store.client.call(
        "Query",
        {
            "TableName": store.links,
            "IndexName": "due",
            "KeyConditionExpression": "due = :due AND due_at <= :now",
            "ExpressionAttributeValues": typed_item({":due": "due", ":now": rfc3339(now)}),
            "Limit": limit,
            "ReturnConsumedCapacity": "TOTAL",
        },
    )
    return [item["pk"].removeprefix("link#") for item in items(answer)]


def rfc3339(moment: datetime) -> str:
    """A time as all of this project's answers and items have it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ---- submitting ------------------------------------------------------------------------------


def add_link(store: Store, link: Link, site: Site) -> None:
    """Put a new link with its claim and count it on its page, or nothing of it.

    Raises AlreadySubmitted, Duplicate, PageClosed, PageFull or QueueFull; only the transaction
    decides.
    """
    claim = {"pk": link.claim, "link_id": link.link_id, "article_id": link.article_id}
    actions = [
        _put_new(store, claim),
        _put_new(store, link_item(link)),
        _page_update(store, link, None, site.cap, site.waiting_cap),
    ]
    while True:
        try:
            store.client.transact(actions)
        except Refused as refused:
            if all(reason.code != _CONDITION for reason in refused.reasons):
                raise
            of_claim, of_link, of_page = refused.reasons
            if of_link.item is not None:
                raise AlreadySubmitted(link_of(of_link.item)) from None
            if of_claim.item is not None and of_claim.item["link_id"] != link.link_id:
                raise Duplicate(of_claim.item["link_id"], of_claim.item["article_id"]) from None
            if of_link.code != "None":
                # The same submission is being written just now, which the next try will meet: its
                # claim, or the place that it took, must not refuse it to itself.
                time.sleep(random.uniform(1.0, 2.0) * BACKOFF_SECONDS)  # noqa: S311 jitter
                continue
            if of_page.code != _CONDITION:
                raise
            if (of_page.item or {}).get("closed_until", "") >= link.submitted_at:
                raise PageClosed from None
            if places_left(of_page.item, site.cap) == 0:
                raise PageFull(site.cap) from None
            raise QueueFull from None
        return


def claim_key(scope: str, key_version: int, url_key: str) -> str:
    """The pk of the claim to a URL in a scope: the network, or one page."""
    return f"claim#{key_version}#{scope}#{sha256(url_key.encode()).hexdigest()}"


# ---- changes ---------------------------------------------------------------------------------


def may_follow(status: str, following: str) -> bool:
    """Whether a link of one status may get another."""
    return following in _MOVES.get(status, ())


def change_link(
    store: Store,
    link: Link,
    status: Status,
    now: datetime,
    by: str,
    *,
    reason: str | None = None,
    cap: int = 0,
    keep_blocked: bool = True,
    also: Sequence[Json] = (),
) -> Link:
    """Give a link another status; returns the link as it is then.

    `link` is what the change was decided for; `by` names who decided and `reason` why, for its
    history; `cap` is how many places the page has, which only publishing asks; `also` are further
    actions of the same transaction.
    withdrawn and expired free the URL; rejected and removed keep it blocked, unless
    `keep_blocked` is False. Raises Changed if the link has changed since, PageFull if it is to
    be published and no place is free, ValueError for a status that cannot follow.
    """
    if not may_follow(link.status, status):
        raise ValueError(f"{status} cannot follow {link.status}")
    event = {"at": rfc3339(now), "status": status, "by": by}
    changed = replace(
        link,
        status=status,
        version=link.version + 1,
        published_at=rfc3339(now) if status == "published" else link.published_at,
        due_at=rfc3339(now + timedelta(days=LAPSED_DAYS)) if status == "lapsed" else None,
        history=[*link.history, event | ({"reason": reason} if reason else {})],
    )
    actions = [_put_changed(store, changed, link)]
    if status not in HOLD_CLAIM:
        blocked = status in ("rejected", "removed") and keep_blocked
        actions.append(_end_claim(store, link, blocked))
    if link.status in _COUNTERS or status in _COUNTERS:
        actions.append(_page_update(store, changed, link.status, cap=cap))
    try:
        store.client.transact([*actions, *also])
    except Refused as refused:
        codes = [reason.code for reason in refused.reasons]
        if _CONDITION not in codes:
            raise
        if codes[0] != "None":
            raise Changed(link.link_id) from None
        if status == "published":
            raise PageFull(cap) from None
        raise
    return changed


def expire_due(store: Store, now: datetime) -> int:
    """Expire the links that are pending or lapsed for as long as they may be; returns how many.

    Safe to kill and to run beside itself: a link that has changed since is left to the next time.
    """
    expired = 0
    while True:
        before = expired
        for link_id in due_links(store, now):
            link = get_link(store, link_id)
            # The index may still have a link that is not due any more.
            if link is None or link.due_at is None or link.due_at > rfc3339(now):
                continue
            with contextlib.suppress(Changed):
                change_link(store, link, "expired", now, by="schedule")
                expired += 1
        if expired == before:
            return expired


# ---- writing ---------------------------------------------------------------------------------


def _page_update(
    store: Store, link: Link, before: str | None, cap: int, waiting_cap: int = 0
) -> Json:
    """The update of a page's counters and published links for a link whose status was `before`.

    None stands for a new link, which needs room on the page even if it waits.
    """
    after = link.status
    sets: list[str] = []
    removes: list[str] = []
    conditions: list[str] = []
    name, shown = shown_on_page(link)
    names = {"#link": name}
    values: Json = {":one": 1}
    if after == "published":
        sets.append("#link = :link")
        values[":link"] = shown
    else:
        removes.append("#link")
    if counter := _COUNTERS.get(before or ""):
        sets.append(f"{counter} = {counter} - :one")
    if counter := _COUNTERS.get(after):
        sets.append(f"{counter} = if_not_exists({counter}, :zero) + :one")
        # DynamoDB refuses values that no expression uses.
        values[":zero"] = 0
    if after == "published" or before is None:
        conditions.append(_below("published", ":cap", cap))
        values[":cap"] = cap
    if before is None:
        conditions.append("(attribute_not_exists(closed_until) OR closed_until < :submitted_at)")
        values[":submitted_at"] = link.submitted_at
    if before is None and after == "pending":
        conditions.append(_below("waiting", ":waiting_cap", waiting_cap))
        values[":waiting_cap"] = waiting_cap
    update: Json = {
        "TableName": store.links,
        "Key": typed_item(page_key(link.article_id)),
        "UpdateExpression": f"SET {', '.join(sets)}"
        + (f" REMOVE {', '.join(removes)}" if removes else ""),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": typed_item(values),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if conditions:
        update["ConditionExpression"] = " AND ".join(conditions)
    return {"Update": update}


def _below(counter: str, name: str, limit: int) -> str:
    # A page without the counter has counted none, which is below any limit but 0.
    absent = f"attribute_not_exists({counter}) OR " if limit else ""
    return f"({absent}{counter} < {name})"


def _put_new(store: Store, item: Json) -> Json:
    return {
        "Put": {
            "TableName": store.links,
            "Item": typed_item(item),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def _put_changed(store: Store, changed: Link, link: Link) -> Json:
    return {
        "Put": {
            "TableName": store.links,
            "Item": typed_item(link_item(changed)),
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": typed_item({":version": link.version}),
        }
    }


def _end_claim(store: Store, link: Link, blocked: bool) -> Json:
    action: Json = {
        "TableName": store.links,
        "Key": typed_item({"pk": link.claim}),
        "ConditionExpression": "link_id = :link_id",
        "ExpressionAttributeValues": typed_item({":link_id": link.link_id}),
    }
    if not blocked:
        return {"Delete": action}
    action["UpdateExpression"] = "SET blocked = :true"
    action["ExpressionAttributeValues"] |= typed_item({":true": True})
    return {"Update": action}
