"""The queue: submitted links by status, the oldest first, for the editors who decide on them."""

from typing import TypedDict

from seealso.dynamodb import Json, Store, items, typed_item
from seealso.links import domain_status


class QueuedLink(TypedDict):
    """A link as the queue shows it; times are RFC 3339 in UTC."""

    link_id: str
    article_id: int
    domain: int
    url: str
    title: str | None
    status: str
    link_back: str
    submitted_at: str
    published_at: str | None
    version: int


def queue(
    store: Store, status: str, domain: int | None, limit: int, after: tuple[str, str] | None = None
) -> list[QueuedLink]:
    """Links of a status, the oldest first, of all sites or of one domain; at most `limit`.

    `after` is (submitted_at, link_id) of the last one of the part before. One query, no filter.
    """
    name, value = "status", status
    if domain is not None:
        name, value = "domain_status", domain_status(domain, status)
    body: Json = {
        "TableName": store.links,
        "IndexName": "status-submitted" if domain is None else "domain-status-submitted",
        "KeyConditionExpression": "#key = :key",
        "ExpressionAttributeNames": {"#key": name},
        "ExpressionAttributeValues": typed_item({":key": value}),
        "Limit": limit,
        "ReturnConsumedCapacity": "TOTAL",
    }
    if after is not None:
        submitted_at, link_id = after
        last = {name: value, "submitted_at": submitted_at, "pk": f"link#{link_id}"}
        body["ExclusiveStartKey"] = typed_item(last)
    return [_queued(item, status) for item in items(store.client.call("Query", body))]


def _queued(item: Json, status: str) -> QueuedLink:
    return {
        "link_id": item["pk"].removeprefix("link#"),
        "article_id": item["article_id"],
        "domain": item["domain"],
        "url": item["url"],
        "title": item.get("title"),
        "status": status,
        "link_back": item["link_back"],
        "submitted_at": item["submitted_at"],
        "published_at": item.get("published_at"),
        "version": item["version"],
    }


def count_pending(store: Store) -> int:
    """How many links wait for an editor, in the whole network."""
    body: Json = {
        "TableName": store.links,
        "IndexName": "status-submitted",
        "Select": "COUNT",
        "KeyConditionExpression": "#status = :pending",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": typed_item({":pending": "pending"}),
        "ReturnConsumedCapacity": "TOTAL",
    }
    counted: int = 0
    while True:
        answer = store.client.call("Query", body)
        counted += int(answer["Count"])
        if "LastEvaluatedKey" not in answer:
            return counted
        body["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
