"""The queue: submitted links by status, the oldest first, for the editors who decide on them."""

from collections import Counter
from collections.abc import Iterable
from itertools import batched
from typing import NamedTuple, TypedDict

from seealso.store.batching import Reading, need_item, read_one, read_query
from seealso.store.calls import Call, batch_get, batch_items
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item, unmarshal_item
from seealso.tables.links import (
    domain_status,
    host_group,
    host_keys,
    host_prefix,
)

MAX_KEYS = 100  # of a BatchGetItem


class QueuedLink(TypedDict):
    """A link as the queue shows it; times are RFC 3339 in UTC."""

    link_id: str
    article_id: int
    domain: int
    url: str | None  # None once it is erased
    title: str | None
    status: str
    link_back: str
    link_back_at: str | None
    submitted_at: str
    published_at: str | None
    article_title: str | None  # as of submission
    needs_editor: str | None
    expires_at: str | None
    attention: str | None  # why editors should look at it, while it is published
    attention_at: str | None
    version: int


# How a cursor writes a Position.
POSITION = r"[0-9TZ:.-]{20,30} [0-9a-f]{32}"


class Position(NamedTuple):
    """Where in the queue a link is: by its submission, or since when editors should look at it."""

    at: str
    link_id: str


# How a cursor writes a HostPosition.
HOST_POSITION = r"[a-z0-9.-]{1,254}#[0-9TZ:.-]{20,30} [0-9a-f]{32}"


class HostPosition(NamedTuple):
    """Where in the index by host a link is."""

    host_at: str
    link_id: str


def host_position(link: QueuedLink) -> str:
    """A link's HostPosition as a cursor has it."""
    assert link["url"] is not None
    return f"{host_keys(link['url'], link['submitted_at'])['host_at']} {link['link_id']}"


def list_queue(
    store: Store, status: str, domain: int | None, limit: int, after: Position | None = None
) -> list[QueuedLink]:
    """Links of a status, the oldest first, of all sites or of one; at most `limit`.

    `after` is the position of the previous page's last link. One query, no filter.
    """
    return read_one(store, read_status(store, status, domain, limit, after))


def read_status(
    store: Store,
    status: str,
    domain: int | None,
    limit: int,
    after: Position | None = None,
    *,
    is_newest_first: bool = False,
) -> Reading[list[QueuedLink]]:
    """The reading of list_queue(), or of the same list from its other end."""
    query = _status_query(store, status, domain, after)
    if is_newest_first:
        query["ScanIndexForward"] = False
    return [_queued(item, status) for item in (yield from read_query(query, limit))]


def list_pending_since(store: Store, after: Position, until: str, limit: int) -> list[QueuedLink]:
    """Pending links of all sites behind a position and submitted by a time, at most `limit`.

    The oldest first; behind a position without a link are all from its time on. What it costs does
    not depend on how many others are pending.
    """
    query = _status_query(store, "pending", None, after if after.link_id else None)
    query["KeyConditionExpression"] += " AND submitted_at BETWEEN :from AND :until"
    query["ExpressionAttributeValues"] |= marshal_item({":from": after.at, ":until": until})
    return [_queued(item, "pending") for item in store.client.query_first(query, limit)]


def list_newest_pending(store: Store, domain: int | None, limit: int) -> list[QueuedLink]:
    """Pending links, the newest first, of all sites or of one; at most `limit`."""
    query = _status_query(store, "pending", domain, None) | {"ScanIndexForward": False}
    return [_queued(item, "pending") for item in store.client.query_first(query, limit)]


def list_host(
    store: Store, host: str, limit: int, after: HostPosition | None = None
) -> list[QueuedLink]:
    """Links of any status of a host and its subdomains, by host and time; at most `limit`."""
    return read_one(store, read_host(store, host, limit, after))


def read_host(
    store: Store, host: str, limit: int, after: HostPosition | None = None
) -> Reading[list[QueuedLink]]:
    """The reading of list_host()."""
    prefix = host_prefix(host)
    query: Json = {
        "TableName": store.links,
        "IndexName": "host",
        "KeyConditionExpression": "host_group = :group AND begins_with(host_at, :prefix)",
        "ExpressionAttributeValues": marshal_item({":group": host_group(host), ":prefix": prefix}),
    }
    # DynamoDB refuses a start that is outside of what is asked for, as of a made-up cursor.
    if after is not None and after.host_at.startswith(prefix):
        key = {"host_group": host_group(host), "host_at": after.host_at}
        query["ExclusiveStartKey"] = marshal_item({**key, "pk": f"link#{after.link_id}"})
    return [_queued(item, item["status"]) for item in (yield from read_query(query, limit))]


def read_host_statuses(store: Store, host: str, limit: int) -> Reading[Counter[str]]:
    """How many of the newest links of a host, without its subdomains, have each status."""
    query: Json = {
        "TableName": store.links,
        "IndexName": "host",
        "KeyConditionExpression": "host_group = :group AND begins_with(host_at, :prefix)",
        "ExpressionAttributeValues": marshal_item(
            {":group": host_group(host), ":prefix": f"{host_prefix(host)}#"}
        ),
        "ProjectionExpression": "#status",
        "ExpressionAttributeNames": {"#status": "status"},
        "ScanIndexForward": False,
    }
    items = yield from read_query(query, limit)
    return Counter(item["status"] for item in items)


def read_article(
    store: Store, article_id: int, limit: int, after: Position | None = None
) -> Reading[list[QueuedLink]]:
    """Links of any status of an article, in order of submission; at most `limit`."""
    query: Json = {
        "TableName": store.links,
        "IndexName": "article-submitted",
        "KeyConditionExpression": "article_id = :article_id",
        "ExpressionAttributeValues": marshal_item({":article_id": article_id}),
    }
    if after is not None:
        key = {"article_id": article_id, "submitted_at": after.at, "pk": f"link#{after.link_id}"}
        query["ExclusiveStartKey"] = marshal_item(key)
    keys = yield from read_query(query, limit)
    return [*(yield from read_links(store, map(_link_id, keys))).values()]


def read_links(store: Store, link_ids: Iterable[str]) -> Reading[dict[str, QueuedLink]]:
    """Links by their ids, eventually consistent, in this order; those that there are."""
    needs = {each: need_item(store.links, pk=f"link#{each}") for each in link_ids}
    items = (yield needs) if needs else {}
    return {each: _queued(items[each], items[each]["status"]) for each in needs if items[each]}


def list_attention(store: Store, limit: int, after: Position | None = None) -> list[QueuedLink]:
    """Published links that editors should look at, the longest waiting first; at most `limit`."""
    return read_one(store, read_attention(store, limit, after))


def read_attention(
    store: Store, limit: int, after: Position | None = None
) -> Reading[list[QueuedLink]]:
    """The reading of list_attention()."""
    query: Json = {
        "TableName": store.links,
        "IndexName": "due",
        "KeyConditionExpression": "due = :attention",
        "ExpressionAttributeValues": marshal_item({":attention": "attention"}),
    }
    if after is not None:
        key = {"due": "attention", "due_at": after.at, "pk": f"link#{after.link_id}"}
        query["ExclusiveStartKey"] = marshal_item(key)
    keys = yield from read_query(query, limit)
    found = yield from read_links(store, map(_link_id, keys))
    # The index may still have one that is no longer there.
    return sorted((link for link in found.values() if link["attention"]), key=attention_position)


def attention_position(link: QueuedLink) -> str:
    """A link's Position among those that editors should look at, as a cursor has it."""
    return f"{link['attention_at']} {link['link_id']}"


def position(link: QueuedLink) -> str:
    """A link's Position as a cursor has it."""
    return f"{link['submitted_at']} {link['link_id']}"


def _link_id(item: Json) -> str:
    return str(item["pk"]).removeprefix("link#")


def _queued(item: Json, status: str) -> QueuedLink:
    return {
        "link_id": _link_id(item),
        "article_id": item["article_id"],
        "domain": item["domain"],
        "url": item.get("url"),
        "title": item.get("title"),
        "status": status,
        "link_back": item["link_back"],
        "link_back_at": item.get("link_back_at"),
        "submitted_at": item["submitted_at"],
        "published_at": item.get("published_at"),
        "article_title": item.get("article_title"),
        "needs_editor": item.get("needs_editor"),
        "expires_at": item.get("expires_at"),
        "attention": item.get("attention"),
        "attention_at": item.get("attention_at"),
        "version": item["version"],
    }


def count_pending(store: Store) -> dict[int, int]:
    """How many links are pending on each site that has any, by its domain.

    It reads the whole queue, which costs the same units as counting without sites.
    """
    query = _status_query(store, "pending", None, None) | {"ProjectionExpression": "#domain"}
    query["ExpressionAttributeNames"] |= {"#domain": "domain"}
    return dict(Counter(item["domain"] for item in store.client.query_all(query)))


class PendingCounts(NamedTuple):
    """What the hourly job counted: pending links by their site's domain."""

    counted_at: str
    by_domain: dict[int, int]


_COUNTS = {"pk": "counts#pending"}


def save_counts(store: Store, counts: PendingCounts) -> None:
    """Keep what was counted, for those who show it and must not count themselves."""
    by_domain = {str(domain): number for domain, number in counts.by_domain.items()}
    item = {**_COUNTS, "counted_at": counts.counted_at, "by_domain": by_domain}
    store.client.call("PutItem", {"TableName": store.transient, "Item": marshal_item(item)})


def get_counts(store: Store) -> PendingCounts | None:
    """What the hourly job counted last; None before its first run."""
    return read_one(store, read_counts(store))


def read_counts(store: Store) -> Reading[PendingCounts | None]:
    """The reading of get_counts()."""
    # Not with others in a BatchGetItem, which no role may send to this table.
    get = {"TableName": store.transient, "Key": marshal_item(_COUNTS)}
    answer = (yield {"counts": Call("GetItem", get)})["counts"]
    if "Item" not in answer:
        return None
    item = unmarshal_item(answer["Item"])
    by_domain = {int(domain): number for domain, number in item["by_domain"].items()}
    return PendingCounts(item["counted_at"], by_domain)


def oldest_for_editors(store: Store) -> str | None:
    """When the longest pending link was submitted that only an editor can publish; None: no such.

    A site with the policy `verified` leaves the others to checks of their link-back.
    """
    query = _status_query(store, "pending", None, None) | {"Limit": MAX_KEYS}
    pending = store.client.query_all(query)
    for some in batched(pending, MAX_KEYS, strict=False):
        keys = [{"pk": item["pk"]} for item in some]
        (answer,) = store.client.send_all([batch_get({store.links: keys})])
        waiting = [
            str(item["submitted_at"])
            for item in batch_items(answer, store.links)
            if item["status"] == "pending"  # the index may be behind
            and (item.get("policy") != "verified" or "needs_editor" in item)
        ]
        if waiting:
            return min(waiting)
    return None


def _status_query(store: Store, status: str, domain: int | None, after: Position | None) -> Json:
    """The query for links of a status, the oldest first, behind a position."""
    name, value = "status", status
    if domain is not None:
        name, value = "domain_status", domain_status(domain, status)
    query: Json = {
        "TableName": store.links,
        "IndexName": "status-submitted" if domain is None else "domain-status-submitted",
        "KeyConditionExpression": "#key = :key",
        "ExpressionAttributeNames": {"#key": name},
        "ExpressionAttributeValues": marshal_item({":key": value}),
    }
    if after is not None:
        key = {name: value, "submitted_at": after.at, "pk": f"link#{after.link_id}"}
        query["ExclusiveStartKey"] = marshal_item(key)
    return query
