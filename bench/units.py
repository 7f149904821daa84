"""Write units by DynamoDB's documented rules, from snapshots of the tables before and after.

DynamoDB Local reports for a transaction 4 units for each KB begun of all its items together, and
the same for each index. AWS charges what is computed here: 1 unit for each KB begun of the larger
of the item before and after, twice that in a transaction, and 1 for each KB begun of each index
entry that is put or removed; an entry whose key changes is both (AWS, "Read and write operations",
"Amazon DynamoDB Transactions: How it works", "Using Global Secondary Indexes").
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from unittest.mock import patch

from seealso.errors import StoreError
from seealso.store.calls import Call
from seealso.store.client import Client
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item, unmarshal_item
from tests.support import tables

_KB = 1024

type Key = tuple[str, str]
type Snapshot = dict[Key, Json]


class _Index(NamedTuple):
    keys: set[str]
    projected: set[str] | None  # None: all attributes


def snapshot(store: Store) -> Snapshot:
    """Every plain item of every table, by the table's logical id and the item's key."""
    return {
        (logical_id, _key(logical_id, item)): item
        for logical_id in tables.table_definitions()
        for item in store.client.query_all(
            {"TableName": _table(store, logical_id), "ConsistentRead": True}, "Scan"
        )
    }


def write_units(store: Store, before: Snapshot, after: Snapshot, calls: Sequence[Call]) -> int:
    """The write units of the changes that `calls` made between two snapshots."""
    logical_ids = {_table(store, name): name for name in tables.table_definitions()}
    outside_transactions: set[Key] = set()
    for call in calls:
        body = call.body
        if call.operation in ("PutItem", "UpdateItem", "DeleteItem"):
            logical_id = logical_ids[body["TableName"]]
            item = unmarshal_item(body.get("Key") or body["Item"])
            outside_transactions.add((logical_id, _key(logical_id, item)))
    units = 0
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old != new:
            units += _kilobytes(old, new) * (1 if key in outside_transactions else 2)
            units += sum(_entry_units(index, old, new) for index in _indexes(key[0]))
    return units


def _key(logical_id: str, item: Json) -> str:
    return repr([item[name] for name in _names(tables.table_definitions()[logical_id])])


@contextmanager
def recorded_calls() -> Iterator[list[Call]]:
    """The calls that all clients make until the end of the `with` statement."""
    recorded: list[Call] = []
    try_all = Client.try_all

    def recording(
        client: Client, calls: Sequence[Call], max_read_units: float = math.inf
    ) -> list[Json | StoreError]:
        recorded.extend(calls)
        return try_all(client, calls, max_read_units)

    with patch.object(Client, "try_all", recording):
        yield recorded


def _table(store: Store, logical_id: str) -> str:
    name: str = getattr(store, logical_id.removesuffix("Table").lower())
    return name


def _indexes(logical_id: str) -> list[_Index]:
    definition = tables.table_definitions()[logical_id]
    indexes = []
    for index in definition.get("GlobalSecondaryIndexes", []):
        keys = set(_names(index))
        projection = index["Projection"]
        projected = {*_names(definition), *keys, *projection.get("NonKeyAttributes", [])}
        indexes.append(_Index(keys, None if projection["ProjectionType"] == "ALL" else projected))
    return indexes


def _names(definition: Json) -> list[str]:
    """The names of a table's or an index's key attributes."""
    return [key["AttributeName"] for key in definition["KeySchema"]]


def _entry_units(index: _Index, old_item: Json | None, new_item: Json | None) -> int:
    old, new = _entry(index, old_item), _entry(index, new_item)
    if old == new:
        return 0
    if old and new and all(old[key] == new[key] for key in index.keys):
        return _kilobytes(old, new)
    return sum(_kilobytes(entry) for entry in (old, new) if entry)


def _entry(index: _Index, item: Json | None) -> Json | None:
    if item is None or not index.keys <= item.keys():
        return None
    if index.projected is None:
        return item
    return {name: value for name, value in item.items() if name in index.projected}


def _kilobytes(*items: Json | None) -> int:
    """The KB begun of the largest of the items."""
    return max(math.ceil(item_bytes(item) / _KB) for item in items if item)


def item_bytes(item: Json) -> int:
    """The size of a plain item (AWS, "DynamoDB item sizes and formats")."""
    return _size(marshal_item(item))


def _size(item: Json) -> int:
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Json) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return math.ceil(len(content) / 2) + 1
        case "M":
            return 3 + len(content) + _size(content)
        case "L":
            return 3 + len(content) + sum(map(_value_size, content))
    return 1
