"""The audit: who changed what, when, and from what to what; one line for each editor's change.

A line is written in the transaction of its change, so that neither is there without the other.
It goes by itself after a time (parameter AuditDays).
"""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypedDict

from seealso.dynamodb import Json, Store, items, typed_item
from seealso.links import rfc3339

# The table's one partition: editors write a few lines a second at most.
_ALL = "all"
# Bytes of JSON; of longer values a line has the length and the SHA-256.
LONGEST_VALUE = 1024


@dataclass(frozen=True, slots=True)
class Act:
    """What the lines of one request share: who, when, under which request id."""

    actor: str
    at: datetime
    request_id: str
    kept_days: int


class AuditLine(TypedDict):
    """A line of the audit as it is shown; None for what it is not about."""

    entry: str
    at: str
    actor: str
    action: str
    article_id: int | None
    link_id: str | None
    domain: int | None
    request_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def audit_line(
    store: Store,
    act: Act,
    action: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    article_id: int | None = None,
    link_id: str | None = None,
    domain: int | None = None,
) -> Json:
    """The line of a change, as an action of the change's transaction."""
    # When it is written, not when the request began: a long purge lets others in between.
    written = time.time_ns()
    at = rfc3339(datetime.fromtimestamp(written / 1e9, UTC))
    line = {
        "log": _ALL,
        "entry": f"{at}#{written:016x}{os.urandom(2).hex()}",
        "at": at,
        "actor": act.actor,
        "action": action,
        "article_id": article_id,
        "link_id": link_id,
        "domain": domain,
        "request_id": act.request_id,
        "before": _shortened(before),
        "after": _shortened(after),
        "expires_at": int((act.at + timedelta(days=act.kept_days)).timestamp()),
    }
    # Index keys may be absent, but not NULL.
    there = {name: value for name, value in line.items() if value is not None}
    return {"Put": {"TableName": store.audit, "Item": typed_item(there)}}


def read_audit(
    store: Store,
    limit: int,
    *,
    article_id: int | None = None,
    link_id: str | None = None,
    actor: str | None = None,
    before: str | None = None,
) -> list[AuditLine]:
    """Lines under an `entry`, the latest first, at most `limit`: of all, or of one of the three."""
    index: str | None = None
    name, value = "log", _ALL
    keys: dict[str, Any] = {"article_id": article_id, "link_id": link_id, "actor": actor}
    for each, wanted in keys.items():
        if wanted is not None:
            name, value, index = each, wanted, f"{each.removesuffix('_id')}-entry"
    body: Json = {
        "TableName": store.audit,
        "KeyConditionExpression": "#name = :value",
        "ExpressionAttributeNames": {"#name": name},
        "ExpressionAttributeValues": typed_item({":value": value}),
        "ScanIndexForward": False,
        "Limit": limit,
        "ReturnConsumedCapacity": "TOTAL",
    }
    if index:
        body["IndexName"] = index
    if before is not None:
        body["KeyConditionExpression"] += " AND entry < :before"
        body["ExpressionAttributeValues"] |= typed_item({":before": before})
    return [_line(item) for item in items(store.client.call("Query", body))]


def _line(item: Json) -> AuditLine:
    return {
        "entry": item["entry"],
        "at": item["at"],
        "actor": item["actor"],
        "action": item["action"],
        "article_id": item.get("article_id"),
        "link_id": item.get("link_id"),
        "domain": item.get("domain"),
        "request_id": item["request_id"],
        "before": item.get("before"),
        "after": item.get("after"),
    }


def _shortened(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    return {name: _short(name, value) for name, value in values.items()}


def _short(name: str, value: Any) -> Any:
    # An article's text always, so that its lines can be compared.
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    size = len(data.encode())
    if name != "text" and size <= LONGEST_VALUE:
        return value
    return {"bytes": size, "sha256": sha256(data.encode()).hexdigest()}
