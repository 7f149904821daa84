"""Links: what submitters sent for an article's page, and every change of a link's status.

A link's record, its claim (what makes its URL taken) and its page's counters change in one
transaction, conditional on the status and version that the change was decided for (design.md,
"Life of a link"). So counters always equal the links that they count, and a claim is held exactly
by a link that may hold one, whatever races or fails.

The page item has its published links as attributes `link#<link_id>` of its own level: an update
of a map's member would fail on a page that has no map yet. Each is a short list with its times as
numbers, so that a page of five usual links stays within the 1 KB that a write unit pays for.
"""

import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import batched
from typing import Any, Literal, NamedTuple, get_args

from seealso.errors import StoreError, VersionConflict
from seealso.store.calls import Call, batch_get, batch_items
from seealso.store.client import BACKOFF_SECONDS
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item, unmarshal_item
from seealso.tables import checks as checks_table
from seealso.tables.checks import (
    DUE,
    Checks,
    checks_key,
    checks_of,
    end_checks,
    forget_checks,
    put_checks,
    save_checks,
)
from seealso.tables.pages import page_key, places_left
from seealso.tables.sites import Site
from seealso.times import rfc3339

type Status = Literal[
    "pending", "published", "lapsed", "rejected", "expired", "withdrawn", "removed"
]

# What a check may change of a status.
type Change = Literal["publish", "lapse", "expire", "withdraw"]

STATUSES: tuple[Status, ...] = get_args(Status.__value__)
CLAIM_HOLDERS = frozenset({"pending", "published", "lapsed"})
MAX_HISTORY = 50  # entries that are kept
BY_SUBMITTER = "submitter"  # whose changes of a link those of its submitter are
BY_CHECK = "check"  # whose changes of a link those of a check are
# A lapsed link is published again if its link-back returns within this time.
LAPSED_DAYS = 30
# While an article is purged its page takes no new links for this long. A submission that was begun
# before is stored or refused by then: the function's own limit is 10 s (template.yaml).
CLOSED_SECONDS = 60

_TRANSITIONS: dict[str, frozenset[str]] = {
    "pending": frozenset({"published", "rejected", "expired", "withdrawn", "removed"}),
    "published": frozenset({"lapsed", "withdrawn", "removed"}),
    "lapsed": frozenset({"published", "expired", "withdrawn", "removed"}),
    "rejected": frozenset({"pending"}),
    "removed": frozenset({"pending"}),
}


@dataclass(frozen=True, slots=True)
class Link:
    """A submitted link's record; times are RFC 3339 in UTC."""

    link_id: str
    article_id: int
    domain: int
    url: str | None  # None once it is erased
    title: str | None
    status: Status
    version: int
    link_back: str  # unchecked, seen, missing or unreachable
    submitted_at: str
    published_at: str | None
    claim: str  # the pk of its claim
    consent: dict[str, Any]  # the version of the wording agreed to, and when; or by what it came
    token_hash: str
    article_title: str | None = None  # as of submission
    needs_editor: str | None = None  # why only an editor may publish it, such as `restored`
    expires_at: str | None = None  # while it is pending or lapsed
    policy: str = "approved"  # its site's `publish` at the time of submission
    link_back_at: str | None = None  # when `link_back` became what it is
    check_at: str | None = None  # when its first check is due; later ones are in checks.py
    final_claim: str | None = None  # the pk of the claim to where its URL redirects
    attention: str | None = None  # why editors should look at it, while it is published
    attention_at: str | None = None  # since when
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_webmention(self) -> bool:
        """Whether it came by webmention, from the page itself."""
        return self.consent.get("by") == "webmention"

    @property
    def last_change(self) -> dict[str, Any] | None:
        """The entry of the history with which it got its status.

        A link that has ended may have been erased after that (forget()).
        """
        history = self.history
        if self.url is None:
            while len(history) > 1 and history[-1]["status"] == history[-2]["status"]:
                history = history[:-1]
        return history[-1] if history else None


_FIELDS = tuple(member.name for member in fields(Link))
_WWW = re.compile(r"^www[0-9]*\.(?=.*\.)")
_NEVER_KNOWN = {"url": None, "title": None, "published_at": None}


class Cause(NamedTuple):
    """When, by whom and why a link's status is changed: an entry of its history."""

    at: datetime
    by: str  # an editor's user name, `submitter` or `schedule`
    reason: str | None = None
    tell_submitter: bool = False  # whether the submitter may read the reason


class LinkNotAdded(Exception):
    """A submitted link was not stored, or a stored one not published (errors.py)."""


class PageFull(LinkNotAdded):
    """Every place on the page is taken; `cap` is how many there are."""

    def __init__(self, cap: int) -> None:
        super().__init__(cap)
        self.cap = cap


class QueueFull(LinkNotAdded):
    """As many links are pending for the page as may be."""


class PageClosed(LinkNotAdded):
    """The page's article is being purged."""


class DuplicateLink(LinkNotAdded):
    """The URL is claimed by the link `link_id` on the page of `article_id`."""

    def __init__(self, link_id: str, article_id: int) -> None:
        super().__init__(link_id)
        self.link_id = link_id
        self.article_id = article_id


class AlreadySubmitted(LinkNotAdded):
    """The same submission is stored already: `link` is what has become of it."""

    def __init__(self, link: Link) -> None:
        super().__init__(link.link_id)
        self.link = link


# ---- pages -----------------------------------------------------------------------------------


def page_attribute(link: Link) -> tuple[str, list[str | int | None]]:
    """The attribute of the page item that shows a published link: its name and value."""
    return f"link#{link.link_id}", [
        link.url,
        link.title,
        _milliseconds(link.submitted_at),
        _milliseconds(link.published_at or link.submitted_at),
    ]


def close_page(store: Store, article_id: int, now: datetime) -> None:
    """Let a page take no new links for CLOSED_SECONDS: its article is being purged.

    A later article with the same id has an open page.
    """
    until = rfc3339(now + timedelta(seconds=CLOSED_SECONDS))
    store.client.call(
        "UpdateItem",
        {
            "TableName": store.links,
            "Key": marshal_item(page_key(article_id)),
            "UpdateExpression": "SET closed_until = :until",
            "ExpressionAttributeValues": marshal_item({":until": until}),
        },
    )


def page_is_empty(store: Store, article_id: int) -> Json:
    """The check, in a transaction, that a page has no published and no pending link."""
    return {
        "ConditionCheck": {
            "TableName": store.links,
            "Key": marshal_item(page_key(article_id)),
            "ConditionExpression": "(attribute_not_exists(published) OR published = :zero)"
            " AND (attribute_not_exists(pending) OR pending = :zero)",
            "ExpressionAttributeValues": marshal_item({":zero": 0}),
        }
    }


def _milliseconds(timestamp: str) -> int:
    return round(datetime.fromisoformat(timestamp).timestamp() * 1000)


# ---- reading ---------------------------------------------------------------------------------


def get_link(store: Store, link_id: str) -> Link | None:
    """The current link (strongly consistent); None if there is none."""
    item = store.client.get_item(store.links, {"pk": f"link#{link_id}"})
    return link_of(item) if item else None


def is_blocked(store: Store, link: Link) -> bool:
    """Whether an ended link keeps its URL from being submitted again."""
    claim = store.client.get_item(store.links, {"pk": link.claim})
    return claim is not None and claim["link_id"] == link.link_id


def get_checked_link(store: Store, link_id: str) -> tuple[Link | None, Checks]:
    """The current link with its checks, in one round trip (strongly consistent)."""
    answers = store.client.send_all(
        [
            Call(
                "GetItem",
                {"TableName": store.links, "Key": marshal_item(key), "ConsistentRead": True},
            )
            for key in ({"pk": f"link#{link_id}"}, checks_key(link_id))
        ]
    )
    link, checks = (
        unmarshal_item(answer["Item"]) if "Item" in answer else None for answer in answers
    )
    return link_of(link) if link else None, checks_of(link_id, checks)


def link_of(item: Json) -> Link:
    """The link of its plain item."""
    known = {name: item[name] for name in _FIELDS if name in item}
    return Link(**{**_NEVER_KNOWN, **known})


def link_item(link: Link) -> Json:
    """The link's plain item with the index keys that its status calls for."""
    # Without asdict(), which copies each member, a history of 50 entries among them.
    item: Json = {}
    for name in _FIELDS:
        value = getattr(link, name)
        if value is not None:
            item[name] = value
    item["domain_status"] = domain_status(link.domain, link.status)
    if link.url is not None:
        item |= host_keys(link.url, link.submitted_at)
    if link.check_at:
        item |= {"due": DUE, "due_at": link.check_at}
    elif link.expires_at:
        item |= {"due": "due", "due_at": link.expires_at}
    elif link.attention:
        item |= {"due": "attention", "due_at": link.attention_at}
    elif link.status not in CLAIM_HOLDERS and link.url is not None:
        # To be erased some time after it ended.
        item |= {"due": "ended", "due_at": link.history[-1]["at"]}
    return {"pk": f"link#{link.link_id}", **item}


def host_keys(url: str, submitted_at: str) -> dict[str, str]:
    """The keys of the index by host: a host and its subdomains are one stretch of it.

    Such as `example.com` and `com.example.blog.#2026-...`: the last two labels, then all labels
    reversed with the time.
    """
    host = host_of(url)
    return {"host_group": host_group(host), "host_at": f"{host_prefix(host)}#{submitted_at}"}


def host_of(url: str) -> str:
    """The host of a stored URL, which has no port or user, without `www.` as in urls.host_key()."""
    host = url.partition("://")[2].partition("/")[0]
    return _WWW.sub("", host.removesuffix("."), count=1)


def host_group(host: str) -> str:
    return ".".join(host.split(".")[-2:])


def host_prefix(host: str) -> str:
    """What the index's sort keys of a host and its subdomains begin with."""
    return "".join(f"{label}." for label in reversed(host.split(".")))


def domain_status(domain: int, status: str) -> str:
    """The key of the index of one site's links of a status."""
    return f"{domain}#{status}"


def due_links(store: Store, kind: str, until: datetime) -> Iterator[str]:
    """The ids of links that are due, the longest overdue first.

    `kind`: `due`, those that expire; `ended`, those that ended by then and are not erased;
    `attention`, published ones that editors should look at; `check`, those to be checked, of which
    those never checked are not among the ones that expire.
    """
    query = {
        "TableName": store.links,
        "IndexName": "due",
        "KeyConditionExpression": "due = :kind AND due_at <= :until",
        "ExpressionAttributeValues": marshal_item({":kind": kind, ":until": rfc3339(until)}),
    }
    return map(_link_id, store.client.query_all(query))


def claiming_links(store: Store, article_id: int) -> Iterator[Link]:
    """The current links of an article that hold a claim, in order of submission.

    A link that was added just now may not be in the index yet: page_is_empty() shows it.
    """
    query = {
        "TableName": store.links,
        "IndexName": "article-submitted",
        "KeyConditionExpression": "article_id = :article_id",
        "ExpressionAttributeValues": marshal_item({":article_id": article_id}),
    }
    link_ids = (_link_id(item) for item in store.client.query_all(query))
    for some_ids in batched(link_ids, 100, strict=False):
        keys = [{"pk": f"link#{link_id}"} for link_id in some_ids]
        call = batch_get({store.links: keys}, {store.links: ("pk", "status")})
        items = batch_items(store.client.send_all([call])[0], store.links)
        # An ended link stays ended. Of the others this eventually consistent read may be late.
        ended = {_link_id(item) for item in items if item["status"] not in CLAIM_HOLDERS}
        for link_id in some_ids:
            link = None if link_id in ended else get_link(store, link_id)
            if link is not None and link.status in CLAIM_HOLDERS:
                yield link


def _link_id(item: Json) -> str:
    return str(item["pk"]).partition("#")[2]


# ---- submitting ------------------------------------------------------------------------------


def add_link(store: Store, link: Link, site: Site) -> None:
    """Put a new link with its claim and count it on its page, or do nothing of it.

    Raises AlreadySubmitted, DuplicateLink, PageClosed, PageFull or QueueFull; only the transaction
    decides.
    """
    claim = {"pk": link.claim, "link_id": link.link_id, "article_id": link.article_id}
    actions = [
        _put_new(store, claim),
        _put_new(store, link_item(link)),
        _count_new(store, link, site),
    ]
    while True:
        try:
            store.client.transact(actions)
        except StoreError as error:
            if not any(error.condition_failed(index) for index in range(len(error.reasons))):
                raise
            of_claim, of_link, of_page = error.reasons
            if of_link.item is not None:
                raise AlreadySubmitted(link_of(of_link.item)) from None
            if of_claim.item is not None and of_claim.item["link_id"] != link.link_id:
                claimed_by = of_claim.item
                raise DuplicateLink(claimed_by["link_id"], claimed_by["article_id"]) from None
            if of_link.code != "None":
                # The same submission is being written at this moment, and the next try will find
                # it. Its own claim, or the place that it took, must not refuse it.
                time.sleep(random.uniform(1.0, 2.0) * BACKOFF_SECONDS)  # noqa: S311 jitter
                continue
            if not error.condition_failed(2):
                raise
            check_page(of_page.item, link.status, site, link.submitted_at)
            raise QueueFull from None
        return


def check_page(page_item: Json | None, status: Status, site: Site, at: str) -> None:
    """What _count_new() asks of a page that is to take a new link.

    Raises PageClosed, PageFull or QueueFull.
    """
    page_item = page_item or {}
    if page_item.get("closed_until", "") >= at:
        raise PageClosed
    if places_left(page_item, site.cap) == 0:
        raise PageFull(site.cap)
    if status == "pending" and page_item.get("pending", 0) >= site.pending_cap:
        raise QueueFull


def claim_key(scope: str, key_version: int, url_key: str) -> str:
    """The pk of the claim to a URL in a scope: the network, or one page."""
    return f"claim#{key_version}#{scope}#{sha256(url_key.encode()).hexdigest()}"


def claim_beside(link: Link, key_version: int, url_key: str) -> str:
    """The pk of the claim to another URL in the scope of the link's own claim."""
    return claim_key(link.claim.split("#")[2], key_version, url_key)


# ---- transitions -----------------------------------------------------------------------------
#
# Each is decided for the link as it was read, returns the updated link, and writes `also`, further
# actions, in the same transaction. Each raises VersionConflict if the link has changed since, and
# ValueError where its status cannot follow the link's.


def can_become(status: str, next_status: str) -> bool:
    """Whether a link of one status may get another (design.md, "Life of a link")."""
    return next_status in _TRANSITIONS.get(status, ())


def publish(store: Store, link: Link, cause: Cause, cap: int, also: Sequence[Json] = ()) -> Link:
    """Show a link on its page, which has `cap` places. Raises PageFull too."""
    shown = _updated(link, "published", cause, published_at=rfc3339(cause.at))
    updated = replace(shown, needs_editor=None)
    try:
        return _save(store, link, updated, [_publish_on_page(store, link, updated, cap), *also])
    except StoreError as error:
        if not error.condition_failed(1):
            raise
        raise PageFull(cap) from None


def lapse(store: Store, link: Link, cause: Cause, also: Sequence[Json] = ()) -> Link:
    """Hide a published link whose link-back is gone; it keeps its claim for LAPSED_DAYS."""
    expires_at = rfc3339(cause.at + timedelta(days=LAPSED_DAYS))
    updated = _updated(link, "lapsed", cause, expires_at=expires_at)
    return _save(store, link, updated, [*_leave_page(store, link), *also])


def expire(store: Store, link: Link, cause: Cause, also: Sequence[Json] = ()) -> Link:
    """End a link that was pending or lapsed for too long; its URL is free again."""
    return _end(store, link, "expired", cause, is_blocked=False, also=also)


def withdraw(store: Store, link: Link, cause: Cause, also: Sequence[Json] = ()) -> Link:
    """End a link as its submitter wishes; its URL is free again, and erased from the record."""
    return _end(store, link, "withdrawn", cause, is_blocked=False, also=also)


def reject(
    store: Store, link: Link, cause: Cause, *, keep_blocked: bool = True, also: Sequence[Json] = ()
) -> Link:
    """End a pending link as an editor decides; its URL stays blocked unless they say otherwise."""
    return _end(store, link, "rejected", cause, is_blocked=keep_blocked, also=also)


def restore(store: Store, link: Link, cause: Cause, site: Site, also: Sequence[Json] = ()) -> Link:
    """Make a rejected or removed link pending again, for an editor to decide about.

    Raises DuplicateLink if another link claims its URL, PageClosed or QueueFull where its page has
    no room, ValueError if its URL is erased.
    """
    if link.url is None:
        raise ValueError("an erased link cannot be restored")
    expires_at = rfc3339(cause.at + timedelta(days=site.pending_days))
    pending = _updated(link, "pending", cause, expires_at=expires_at)
    updated = replace(
        pending, published_at=None, needs_editor="restored", check_at=rfc3339(cause.at)
    )
    claims = [_take_claim(store, link, claim) for claim in claims_of(link)]
    actions = [_restore_on_page(store, link, cause, site), *claims, *also]
    try:
        return _save(store, link, updated, actions)
    except StoreError as error:
        for index in range(2, 2 + len(claims)):
            if error.condition_failed(index):
                claim = error.existing(index) or {}
                raise DuplicateLink(claim["link_id"], claim["article_id"]) from None
        if not error.condition_failed(1):
            raise
        page = error.existing(1) or {}
        if page.get("closed_until", "") >= rfc3339(cause.at):
            raise PageClosed from None
        raise QueueFull from None


def forget(store: Store, link: Link, cause: Cause, also: Sequence[Json] = ()) -> Link:
    """Erase an ended link as its submitter wishes, which its history records; it stays ended."""
    updated = replace(
        _erased(link),
        version=link.version + 1,
        history=_with_entry(link.history, _history_entry(cause, link.status)),
    )
    return _save(store, link, updated, [forget_checks(store, link.link_id), *also])


def remove(
    store: Store, link: Link, cause: Cause, *, keep_blocked: bool = True, also: Sequence[Json] = ()
) -> Link:
    """End a link of any status as an editor decides; its URL stays blocked like reject()'s."""
    return _end(store, link, "removed", cause, is_blocked=keep_blocked, also=also)


def erase(store: Store, link: Link) -> Link:
    """Forget the URL and title of an ended link; the hash in its claim's key stays."""
    if link.status in CLAIM_HOLDERS:
        raise ValueError(f"a {link.status} link is still shown or decided about")
    updated = replace(_erased(link), version=link.version + 1)
    return _save(store, link, updated, [forget_checks(store, link.link_id)])


# ---- checks ----------------------------------------------------------------------------------


def record_check(
    store: Store,
    link: Link,
    found: Link,
    checks: Checks,
    change: Change | None,
    cause: Cause,
    cap: int,
) -> Link:
    """Write what a check of a link has changed, all at once or not at all.

    `found` is the link with what was found of it, `change` what becomes of its status, and
    `checks` are written on the condition that they are as they were read. Raises VersionConflict,
    PageFull, and DuplicateLink if another link has claimed `found.final_claim`.
    """
    found = replace(found, check_at=None)
    if change is None and found == link:
        save_checks(store, checks)
        return link
    also = [put_checks(store, checks)]
    if found.final_claim and found.final_claim != link.final_claim:
        also.append(_take_claim(store, found, found.final_claim))
    try:
        match change:
            case "publish":
                return publish(store, found, cause, cap, also)
            case "lapse":
                return lapse(store, found, cause, also)
            case "expire":
                return _end_by_check(store, found, "expired", checks, cause)
            case "withdraw":
                return _end_by_check(store, found, "withdrawn", checks, cause)
        # Editors' decisions are not disturbed by what they are not about.
        is_same = found == replace(
            link,
            check_at=None,
            attention=found.attention,
            attention_at=found.attention_at,
        )
        updated = found if is_same else replace(found, version=link.version + 1)
        return _save(store, link, updated, also)
    except StoreError as error:
        reasons = error.reasons[-len(also) :]
        failed = [reason.code == "ConditionalCheckFailed" for reason in reasons]
        if failed[1:] == [True]:
            claim = reasons[1].item or {}
            raise DuplicateLink(claim["link_id"], claim["article_id"]) from None
        if failed[:1] == [True]:
            raise VersionConflict from None
        raise


def postpone_first_check(store: Store, link: Link, checks: Checks) -> None:
    """Let `checks` say from now on when the link's first check is due. Raises VersionConflict."""
    try:
        _save(store, link, replace(link, check_at=None), [put_checks(store, checks)])
    except StoreError as error:
        if not error.reasons or not error.condition_failed(1):
            raise
        raise VersionConflict from None


def end_as_duplicate(store: Store, link: Link, checks: Checks, cause: Cause) -> Link:
    """End a link whose URL leads to the page of another link; its own URL is free again.

    Raises VersionConflict.
    """
    status: Status = "rejected" if link.status == "pending" else "removed"
    return _end_by_check(store, link, status, checks, cause)


def _end_by_check(store: Store, link: Link, status: Status, checks: Checks, cause: Cause) -> Link:
    """End a link for what a check found; its URL is free again. Raises VersionConflict."""
    try:
        return _end(store, link, status, cause, is_blocked=False, also=[], checks=checks)
    except StoreError as error:
        if not any(error.condition_failed(index) for index in range(len(error.reasons))):
            raise
        raise VersionConflict from None


def request_check(store: Store, link: Link, now: datetime, *, is_resend: bool = False) -> str:
    """Make a check of a link due, and return when it is; `is_resend`: its webmention came again.

    Raises checks.TooSoon (of no resend), VersionConflict, and ValueError for a link that has ended.
    """
    if link.status not in CLAIM_HOLDERS:
        raise ValueError(f"a {link.status} link is not checked")
    if link.check_at and not is_resend:
        return link.check_at
    if link.check_at:
        # The first check may be under way, and have read the page as it was before.
        action = _put_updated(store, link, replace(link, check_at=None))
    else:
        action = _is_unchanged(store, link)
    try:
        checks_table.request_check(store, link.link_id, now, [action], is_resend=is_resend)
    except StoreError as error:
        if not error.reasons or not error.condition_failed(1):
            raise
        raise VersionConflict from None
    return rfc3339(now)


# ---- what the transitions share --------------------------------------------------------------


def claims_of(link: Link) -> tuple[str, ...]:
    """The pks of a link's claims: to its URL, and to where that was seen to lead."""
    return (link.claim, link.final_claim) if link.final_claim else (link.claim,)


def _end(
    store: Store,
    link: Link,
    status: Status,
    cause: Cause,
    *,
    is_blocked: bool,
    also: Sequence[Json],
    checks: Checks | None = None,
) -> Link:
    updated = _updated(link, status, cause)
    if status == "withdrawn":
        updated = _erased(updated)
        of_checks = [forget_checks(store, link.link_id, checks)]
    elif checks:
        of_checks = [put_checks(store, checks)]
    else:
        # A link that was never checked has none.
        of_checks = [] if link.check_at else [end_checks(store, link.link_id)]
    end_claim = _block_claim if is_blocked else _free_claim
    claims = [end_claim(store, link, claim) for claim in claims_of(link)]
    others = [*_leave_page(store, link), *of_checks, *also]
    try:
        return _save(store, link, updated, [*claims, *others])
    except StoreError as error:
        own = [
            claim
            for index, claim in enumerate(claims, 1)
            if not (error.reasons and error.condition_failed(index))
        ]
        if len(own) == len(claims):
            raise
        # Another link has the claim, as only a repair by hand can bring about: it stays as it is.
        return _save(store, link, updated, [*own, *others])


def _erased(link: Link) -> Link:
    return replace(link, url=None, title=None)


def _updated(
    link: Link,
    status: Status,
    cause: Cause,
    *,
    published_at: str | None = None,
    expires_at: str | None = None,
) -> Link:
    if not can_become(link.status, status):
        raise ValueError(f"{status} cannot follow {link.status}")
    return replace(
        link,
        status=status,
        version=link.version + 1,
        published_at=published_at or link.published_at,
        expires_at=expires_at,
        # The first check of a link that an editor publishes is still due.
        check_at=link.check_at if status in CLAIM_HOLDERS else None,
        attention=link.attention if status == "published" else None,
        attention_at=link.attention_at if status == "published" else None,
        history=_with_entry(link.history, _history_entry(cause, status)),
    )


def _with_entry(history: list[dict[str, Any]], entry: dict[str, Any]) -> list[dict[str, Any]]:
    """A history with one more entry. A full one loses the oldest of a check, else the oldest.

    Who controls a page can have it checked, and its link hidden and shown, as often as they like.
    """
    if len(history) < MAX_HISTORY:
        return [*history, entry]
    oldest = next((index for index, each in enumerate(history) if each["by"] == BY_CHECK), 0)
    return [*history[:oldest], *history[oldest + 1 :], entry]


def _history_entry(cause: Cause, status: Status) -> dict[str, Any]:
    entry: dict[str, Any] = {"at": rfc3339(cause.at), "status": status, "by": cause.by}
    if cause.reason:
        entry["reason"] = cause.reason
    if cause.tell_submitter:
        entry["tell_submitter"] = True
    return entry


def _save(store: Store, link: Link, updated: Link, actions: Sequence[Json]) -> Link:
    """Write the updated link over the one that was read, with the other actions or not at all."""
    try:
        store.client.transact([_put_updated(store, link, updated), *actions])
    except StoreError as error:
        conflicts = [error.condition_failed(index) for index in range(len(error.reasons))]
        # A reason of any kind means that someone else is writing the link at this moment.
        if any(conflicts) and error.reasons[0].code != "None":
            raise VersionConflict from None
        raise
    return updated


# ---- actions of the transactions -------------------------------------------------------------


def _put_new(store: Store, item: Json) -> Json:
    return {
        "Put": {
            "TableName": store.links,
            "Item": marshal_item(item),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def _is_unchanged(store: Store, link: Link) -> Json:
    return {
        "ConditionCheck": {
            "TableName": store.links,
            "Key": marshal_item({"pk": f"link#{link.link_id}"}),
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": marshal_item({":version": link.version}),
        }
    }


def _put_updated(store: Store, link: Link, updated: Link) -> Json:
    condition = "version = :version"
    values: Json = {":version": link.version}
    if link.check_at:
        # A check that has to wait moves this to checks.py without raising the version.
        condition += " AND check_at = :check_at"
        values[":check_at"] = link.check_at
    return {
        "Put": {
            "TableName": store.links,
            "Item": marshal_item(link_item(updated)),
            "ConditionExpression": condition,
            "ExpressionAttributeValues": marshal_item(values),
        }
    }


def _free_claim(store: Store, link: Link, pk: str) -> Json:
    return {"Delete": _own_claim(store, link, pk)}


def _block_claim(store: Store, link: Link, pk: str) -> Json:
    claim = _own_claim(store, link, pk)
    claim["UpdateExpression"] = "SET blocked = :true, link_id = :link_id, article_id = :article_id"
    claim["ExpressionAttributeValues"] |= marshal_item(
        {":true": True, ":article_id": link.article_id}
    )
    return {"Update": claim}


def _take_claim(store: Store, link: Link, pk: str) -> Json:
    """A claim that is the link's, blocked or not, or one that nobody has."""
    claim = _own_claim(store, link, pk)
    claim["UpdateExpression"] = "SET link_id = :link_id, article_id = :article_id REMOVE blocked"
    claim["ExpressionAttributeValues"] |= marshal_item({":article_id": link.article_id})
    claim["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return {"Update": claim}


def _own_claim(store: Store, link: Link, pk: str) -> Json:
    return {
        "TableName": store.links,
        "Key": marshal_item({"pk": pk}),
        # One that is missing, as after a restore of the table, ends all the same.
        "ConditionExpression": "attribute_not_exists(pk) OR link_id = :link_id",
        "ExpressionAttributeValues": marshal_item({":link_id": link.link_id}),
    }


def _count_new(store: Store, link: Link, site: Site) -> Json:
    """A new link on its page: it needs a free place even if it is pending."""
    values = {":one": 1, ":zero": 0, ":cap": site.cap, ":submitted_at": link.submitted_at}
    conditions = [
        _is_below("published", ":cap", site.cap),
        "(attribute_not_exists(closed_until) OR closed_until < :submitted_at)",
    ]
    if link.status == "published":
        return _update_page(
            store, link, ["#link = :link", _more("published")], conditions, values, shown=link
        )
    values[":pending_cap"] = site.pending_cap
    conditions.append(_is_below("pending", ":pending_cap", site.pending_cap))
    return _update_page(store, link, [_more("pending")], conditions, values)


def _publish_on_page(store: Store, link: Link, updated: Link, cap: int) -> Json:
    sets = ["#link = :link", _more("published")]
    if link.status == "pending":
        sets.append(_less("pending"))
    values = {":one": 1, ":zero": 0, ":cap": cap}
    return _update_page(
        store, link, sets, [_is_below("published", ":cap", cap)], values, shown=updated
    )


def _restore_on_page(store: Store, link: Link, cause: Cause, site: Site) -> Json:
    values = {":one": 1, ":zero": 0, ":pending_cap": site.pending_cap, ":now": rfc3339(cause.at)}
    conditions = [
        _is_below("pending", ":pending_cap", site.pending_cap),
        "(attribute_not_exists(closed_until) OR closed_until < :now)",
    ]
    return _update_page(store, link, [_more("pending")], conditions, values)


def _leave_page(store: Store, link: Link) -> list[Json]:
    """What a link's end changes on its page; a lapsed link is not counted there any more."""
    if link.status == "published":
        return [_update_page(store, link, [_less("published")], [], {":one": 1}, hidden=link)]
    if link.status == "pending":
        return [_update_page(store, link, [_less("pending")], [], {":one": 1})]
    return []


def _update_page(
    store: Store,
    link: Link,
    sets: Sequence[str],
    conditions: Sequence[str],
    values: Json,
    *,
    shown: Link | None = None,
    hidden: Link | None = None,
) -> Json:
    """The update of a link's page item; `#link` is the attribute of the link shown or hidden."""
    update: Json = {
        "TableName": store.links,
        "Key": marshal_item(page_key(link.article_id)),
        "UpdateExpression": f"SET {', '.join(sets)}" + (" REMOVE #link" if hidden else ""),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if on_page := shown or hidden:
        name, value = page_attribute(on_page)
        update["ExpressionAttributeNames"] = {"#link": name}
        if shown:
            values = {**values, ":link": value}
    update["ExpressionAttributeValues"] = marshal_item(values)
    if conditions:
        update["ConditionExpression"] = " AND ".join(conditions)
    return {"Update": update}


def _more(counter: str) -> str:
    return f"{counter} = if_not_exists({counter}, :zero) + :one"


def _less(counter: str) -> str:
    return f"{counter} = if_not_exists({counter}, :one) - :one"


def _is_below(counter: str, name: str, limit: int) -> str:
    # A page without the counter has counted none, which is below any limit but 0.
    absent = f"attribute_not_exists({counter}) OR " if limit else ""
    return f"({absent}{counter} < {name})"
