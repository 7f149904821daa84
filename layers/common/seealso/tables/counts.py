"""Counts of links that editors see before they decide: bounded, so that no count costs much."""

from typing import NamedTuple

from seealso.store.batching import Reading
from seealso.store.calls import Call, query_items
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.tables.links import domain_status, host_group, host_prefix

# Links that are looked at.
MAX_PENDING = 500
MAX_OF_HOST = 100


class PendingCount(NamedTuple):
    """How many links are pending; with `has_more`, at least so many."""

    pending: int
    has_more: bool


def read_pending_count(store: Store, domain: int) -> Reading[PendingCount]:
    """How many links are pending at a site, of the first MAX_PENDING."""
    query: Json = {
        "TableName": store.links,
        "IndexName": "domain-status-submitted",
        "KeyConditionExpression": "domain_status = :pending",
        "ExpressionAttributeValues": marshal_item({":pending": domain_status(domain, "pending")}),
        "Select": "COUNT",
        "Limit": MAX_PENDING,
    }
    answer = (yield {"count": Call("Query", query)})["count"]
    return PendingCount(answer["Count"], "LastEvaluatedKey" in answer)


class HostCount(NamedTuple):
    """Links of a host and its subdomains by status; with `has_more`, of the first ones alone."""

    published: int
    pending: int
    has_more: bool


def read_host_count(store: Store, host: str) -> Reading[HostCount]:
    """How many links a host and its subdomains have, of the first MAX_OF_HOST."""
    query: Json = {
        "TableName": store.links,
        "IndexName": "host",
        "KeyConditionExpression": "host_group = :group AND begins_with(host_at, :prefix)",
        "ExpressionAttributeValues": marshal_item(
            {":group": host_group(host), ":prefix": host_prefix(host)}
        ),
        "ProjectionExpression": "#status",
        "ExpressionAttributeNames": {"#status": "status"},
        "Limit": MAX_OF_HOST,
    }
    answer = (yield {"links": Call("Query", query)})["links"]
    statuses = [item["status"] for item in query_items(answer)]
    has_more = "LastEvaluatedKey" in answer
    return HostCount(statuses.count("published"), statuses.count("pending"), has_more)
