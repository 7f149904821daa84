"""The audit: who changed what, when, and from what to what.

Each change by an editor has an entry, and so has each withdrawal by a submitter. An entry is
written in the transaction of its change, so that neither exists without the other. It expires
automatically (parameter AuditDays). No entry has a link's URL or title: these are erased when a
link is withdrawn, and entries stay.
"""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple, TypedDict

from seealso.errors import StoreError
from seealso.limits import MAX_AUDIT_VALUE_BYTES
from seealso.store.calls import Call
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.tables.links import Link
from seealso.times import rfc3339

# How a cursor writes an `entry`.
POSITION = r"[0-9TZ:.-]{20,30}#[0-9a-f]{20}"
# The table's one partition: editors write a few entries a second at most.
_ALL = "all"
# Of a link's change, what stays when the link is erased: neither a reason, which an editor wrote,
# nor anything that follows from its URL.
_IMPERSONAL = frozenset({"article_title", "status", "version"})
# An index follows its table within about a second.
_INDEX_DELAY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ChangeContext:
    """What the entries of one request share: who, when, under which request id."""

    actor: str
    at: datetime
    request_id: str
    kept_days: int


class AuditEntry(TypedDict):
    """An entry as it is shown; None for what it is not about."""

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


def audit_entry(
    store: Store,
    context: ChangeContext,
    action: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    article_id: int | None = None,
    link_id: str | None = None,
    domain: int | None = None,
) -> Json:
    """The entry of a change, as an action of the change's transaction."""
    # When it is written, not when the request began: a long purge lets others in between.
    written = time.time_ns()
    moment = datetime.fromtimestamp(written / 1e9, UTC)
    at = rfc3339(moment)
    item = {
        "log": _ALL,
        "entry": f"{at}#{written:016x}{os.urandom(2).hex()}",
        "at": at,
        "actor": context.actor,
        "action": action,
        "article_id": article_id,
        "link_id": link_id,
        "domain": domain,
        "request_id": context.request_id,
        "before": _shortened(before),
        "after": _shortened(after),
        "expires_at": int((moment + timedelta(days=context.kept_days)).timestamp()),
    }
    # Index keys may be absent, but not NULL.
    present = {name: value for name, value in item.items() if value is not None}
    return {"Put": {"TableName": store.audit, "Item": marshal_item(present)}}


def link_entry(
    store: Store,
    context: ChangeContext,
    action: str,
    link: Link,
    status: str,
    reason: str | None = None,
) -> Json:
    """The audit entry of a link's change of status."""
    after = {"status": status, "version": link.version + 1}
    return audit_entry(
        store,
        context,
        f"link.{action}",
        {
            "status": link.status,
            "version": link.version,
            "article_title": link.article_title,
        },
        after | ({"reason": reason} if reason else {}),
        article_id=link.article_id,
        link_id=link.link_id,
        domain=link.domain,
    )


class AuditFilter(NamedTuple):
    """Which entries to list: all of them, or those of one article, link or editor."""

    article_id: int | None = None
    link_id: str | None = None
    actor: str | None = None


def list_audit(
    store: Store, only: AuditFilter, limit: int, before: str | None = None
) -> list[AuditEntry]:
    """The latest entries first, at most `limit`; `before` is the last `entry` of the page before.

    At most one member of the filter may be set.
    """
    query: Json = {"TableName": store.audit, "ScanIndexForward": False}
    name, value = "log", _ALL
    for filter_name, filter_value in only._asdict().items():
        if filter_value is not None:
            name, value = filter_name, filter_value
            query["IndexName"] = f"{filter_name.removesuffix('_id')}-entry"
    query["KeyConditionExpression"] = "#name = :value"
    query["ExpressionAttributeNames"] = {"#name": name}
    values = {":value": value}
    if before is not None:
        query["KeyConditionExpression"] += " AND entry < :before"
        values[":before"] = before
    query["ExpressionAttributeValues"] = marshal_item(values)
    return [_entry(item) for item in store.client.query_first(query, limit)]


def redact_entries(store: Store, link_id: str) -> None:
    """Leave of a link's entries who changed it when, its article's title, status and version.

    One write for each entry, so that it is safe to kill and to call again. Raises StoreError,
    StoreUnavailable.
    """
    listed = {
        "TableName": store.audit,
        "IndexName": "link-entry",
        "KeyConditionExpression": "link_id = :link_id",
        "ExpressionAttributeValues": marshal_item({":link_id": link_id}),
    }
    since = rfc3339(datetime.now(UTC) - _INDEX_DELAY)
    not_listed_yet = {
        "TableName": store.audit,
        "ConsistentRead": True,
        "KeyConditionExpression": "#log = :all AND entry > :since",
        "FilterExpression": "link_id = :link_id",
        "ExpressionAttributeNames": {"#log": "log"},
        "ExpressionAttributeValues": marshal_item(
            {":all": _ALL, ":since": since, ":link_id": link_id}
        ),
    }
    found = [*store.client.query_all(listed), *store.client.query_all(not_listed_yet)]
    entries = {item["entry"]: item for item in found}
    calls = [
        _redaction(store, item)
        for item in entries.values()
        if not _IMPERSONAL.issuperset([*(item.get("before") or {}), *(item.get("after") or {})])
    ]
    for answer in store.client.try_all(calls):
        # An entry may have expired since it was read.
        if isinstance(answer, StoreError) and not answer.condition_failed():
            raise answer


def _redaction(store: Store, item: Json) -> Call:
    kept = {
        f":{name}": {key: value for key, value in item[name].items() if key in _IMPERSONAL}
        for name in ("before", "after")
        if item.get(name) is not None
    }
    return Call(
        "UpdateItem",
        {
            "TableName": store.audit,
            "Key": marshal_item({"log": item["log"], "entry": item["entry"]}),
            "UpdateExpression": "SET " + ", ".join(f"#{name[1:]} = {name}" for name in kept),
            "ConditionExpression": "link_id = :link_id",
            "ExpressionAttributeNames": {f"#{name[1:]}": name[1:] for name in kept},
            "ExpressionAttributeValues": marshal_item({**kept, ":link_id": item["link_id"]}),
        },
    )


def _entry(item: Json) -> AuditEntry:
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
    # An article's text always, so that its entries can be compared.
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    size = len(data.encode())
    if name != "text" and size <= MAX_AUDIT_VALUE_BYTES:
        return value
    return {"bytes": size, "sha256": sha256(data.encode()).hexdigest()}
