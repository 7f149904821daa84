"""Write units by the documented rules, from what the tables hold before and after.

DynamoDB Local reports for a transaction 4 units for each KB begun of all its items together, and
the same for each index; AWS charges what is worked out here: 1 unit for each KB begun of the larger
of the item before and after, twice that in a transaction, and 1 for each KB begun of each index
entry that is put or removed; an entry whose key changes is both (AWS, "Read and write operations",
"Amazon DynamoDB Transactions: How it works", "Using Global Secondary Indexes").
"""

import math
from collections.abc import Sequence
from typing import NamedTuple
from unittest.mock import patch

from seealso.errors import StoreError
from seealso.store.calls import Call, query_items
from seealso.store.client import Client
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item, unmarshal_item
from tests.support import tables

_KB = 1024

type Key = tuple[str, str]
type Snapshot = dict[Key, Json]


class _Index(NamedTuple):
    keys: set[str]
    kept: set[str] | None  # None: all


def snapshot(store: Store) -> Snapshot:
    """Every item of every table, plain, by table and key."""
    found: Snapshot = {}
    for logical_id in tables.table_definitions():
        body = {"TableName": _name(store, logical_id), "ConsistentRead": True}
        for item in query_items(store.client.call("Scan", body)):
            found[logical_id, _key(logical_id, item)] = item
    return found


def write_units(store: Store, before: Snapshot, after: Snapshot, calls: Sequence[Call]) -> int:
    """The units of all that changed, by the calls that changed it."""
    logical_ids = {_name(store, each): each for each in tables.table_definitions()}
    alone: set[Key] = set()
    for operation, body in calls:
        if operation in ("PutItem", "UpdateItem", "DeleteItem"):
            logical_id = logical_ids[body["TableName"]]
            item = unmarshal_item(body.get("Key") or body["Item"])
            alone.add((logical_id, _key(logical_id, item)))
    units = 0
    for key in before.keys() | after.keys():
        was, now = before.get(key), after.get(key)
        if was != now:
            units += _kilobytes(was, now) * (1 if key in alone else 2)
            units += sum(_entry_units(index, was, now) for index in _indexes(key[0]))
    return units


def _key(logical_id: str, item: Json) -> str:
    schema = tables.table_definitions()[logical_id]["KeySchema"]
    return repr([item[each["AttributeName"]] for each in schema])


class Recorded:
    """The calls that all clients make while this is entered."""

    def __init__(self) -> None:
        self.made: list[Call] = []

    def __enter__(self) -> "Recorded":
        made, try_all = self.made, Client.try_all

        def recording(
            client: Client, calls: Sequence[Call], max_read_units: float = math.inf
        ) -> list[Json | StoreError]:
            made.extend(calls)
            return try_all(client, calls, max_read_units)

        self._patch = patch.object(Client, "try_all", recording)
        self._patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.stop()


def _name(store: Store, logical_id: str) -> str:
    name: str = getattr(store, logical_id.removesuffix("Table").lower())
    return name


def _indexes(logical_id: str) -> list[_Index]:
    definition = tables.table_definitions()[logical_id]
    own = {each["AttributeName"] for each in definition["KeySchema"]}
    found = []
    for index in definition.get("GlobalSecondaryIndexes", []):
        keys = {each["AttributeName"] for each in index["KeySchema"]}
        whole = index["Projection"]["ProjectionType"] == "ALL"
        kept = own | keys | set(index["Projection"].get("NonKeyAttributes", []))
        found.append(_Index(keys, None if whole else kept))
    return found


def _entry_units(index: _Index, was: Json | None, now: Json | None) -> int:
    old, new = _entry(index, was), _entry(index, now)
    if old == new:
        return 0
    if old and new and all(old[key] == new[key] for key in index.keys):
        return _kilobytes(old, new)
    return sum(_kilobytes(entry) for entry in (old, new) if entry)


def _entry(index: _Index, item: Json | None) -> Json | None:
    if item is None or not index.keys <= item.keys():
        return None
    return {name: value for name, value in item.items() if not index.kept or name in index.kept}


def _kilobytes(*items: Json | None) -> int:
    return max(math.ceil(_bytes(marshal_item(item)) / _KB) for item in items if item)


def _bytes(item: Json) -> int:
    """The size of a typed item (AWS, "DynamoDB item sizes and formats")."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Json) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return math.ceil(len(content) / 2) + 1
        case "M":
            return 3 + len(content) + _bytes(content)
        case "L":
            return 3 + len(content) + sum(_value_bytes(each) for each in content)
    return 1
