"""A small DynamoDB in this process, for thousands of cases and for chosen interleavings.

It knows the operations and expressions that the data modules use, and no more: an unknown one is
an error. It is compared with a real engine in tests/store/test_fake_client.py.

Unlike the engines it can be as loose as DynamoDB says that it may be. Items of a transaction
become visible one after the other, since a Query reads what is committed, item by item (AWS
"Amazon DynamoDB Transactions: How it works", isolation levels): `between_items` is called there.
Until the transaction has ended, its items refuse other writes with a conflict.
"""

import re
import time
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from seealso.errors import StoreError
from seealso.store import protocol
from seealso.store.calls import Call
from seealso.store.client import Client, Retry, _failure
from seealso.store.tables import Store
from seealso.store.values import Json, unmarshal
from tests.support import tables

_CLAUSE = re.compile(
    r"(?P<absent>attribute_not_exists\((?P<attribute>[^\s)]+)\))"
    r"|(?P<negated>NOT )?(?P<member>[^\s()]+) IN \((?P<members>[^)]*)\)"
    r"|(?P<between>[^\s()]+) BETWEEN (?P<low>\S+) AND (?P<high>[^\s)]+)"
    r"|(?P<left>[^\s()]+) (?P<operator>=|<>|<=|>=|<|>) (?P<right>[^\s)]+)"
)
_ASSIGNMENT = re.compile(
    r"(?P<name>[#\w]+) = (?:if_not_exists\((?P<other>[#\w]+), (?P<default>:\w+)\) "
    r"(?P<sign>[+-]) )?(?P<value>:\w+)"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}

type Key = tuple[Any, ...]
type Answer = Json | StoreError | Retry


def _nothing() -> None:
    pass


@dataclass(slots=True)
class _Index:
    """How one index (or the table itself, under the name "") sorts and what it holds."""

    keys: list[str]
    projected: set[str] | None  # None: all attributes


@dataclass(slots=True)
class Table:
    """One table's items (typed), by their plain keys."""

    indexes: dict[str, _Index]
    items: dict[Key, Json] = field(default_factory=dict)
    # For each index that was queried since the last write: by partition, its sorted entries.
    _sorted: dict[str, dict[Any, list[tuple[Key, Json]]]] = field(default_factory=dict)

    def key(self, item: Json) -> Key:
        return tuple(unmarshal(item[name]) for name in self.indexes[""].keys)

    def write(self, key: Key, item: Json | None) -> None:
        if item is None:
            self.items.pop(key, None)
        else:
            self.items[key] = item
        self._sorted.clear()

    def partition(self, index_name: str, value: Any) -> list[tuple[Key, Json]]:
        """The entries (sort key and table key, item) of one partition of an index, in order."""
        if index_name not in self._sorted:
            index = self.indexes[index_name]
            by_partition: dict[Any, list[tuple[Key, Json]]] = {}
            for key, item in self.items.items():
                if all(name in item for name in index.keys):
                    first, *rest = [unmarshal(item[name]) for name in index.keys]
                    by_partition.setdefault(first, []).append(((*rest, *key), item))
            for entries in by_partition.values():
                entries.sort(key=lambda entry: entry[0])
            self._sorted[index_name] = by_partition
        return self._sorted[index_name].get(value, [])


class Database:
    """Tables for one or more fake clients. Not for threads that run at once."""

    def __init__(self, page_items: Mapping[str, int] | None = None) -> None:
        self.page_items = page_items or {}  # how many items of a table stand for a Query's 1 MB
        self.between_items: Callable[[], None] = _nothing
        self.tables = {name: Table(indexes) for name, indexes in _all_indexes().items()}
        self._held: set[tuple[str, Key]] = set()

    def answer(self, call: Call) -> Answer:
        """The answer to one call, as Client._exchange gives it."""
        body = call.body
        match call.operation:
            case "GetItem":
                return self._get(body)
            case "BatchGetItem":
                return self._batch_get(body)
            case "Query":
                return self._query(body)
            case "Scan":
                return {"Items": list(self.tables[body["TableName"]].items.values())}
            case "PutItem":
                return self._write([{"Put": body}], alone=True)
            case "DeleteItem":
                return self._write([{"Delete": body}], alone=True)
            case "UpdateItem":
                return self._write([{"Update": body}], alone=True)
            case "TransactWriteItems":
                return self._write(body["TransactItems"], alone=False)
        raise NotImplementedError(call.operation)

    def _get(self, body: Json) -> Answer:
        table = self.tables[body["TableName"]]
        item = table.items.get(table.key(body["Key"]))
        return {"Item": item} if item else {}

    def _batch_get(self, body: Json) -> Answer:
        found: Json = {}
        for name, wanted in body["RequestItems"].items():
            table = self.tables[name]
            keys = [table.key(key) for key in wanted["Keys"]]
            if len(set(keys)) < len(keys):
                return _refusal("ValidationException", "duplicate keys")
            found[name] = [table.items[key] for key in keys if key in table.items]
        return {"Responses": found}

    def _query(self, body: Json) -> Answer:
        table = self.tables[body["TableName"]]
        index_name = body.get("IndexName", "")
        index = table.indexes[index_name]
        condition = _conditions(body["KeyConditionExpression"], body)
        (partition,) = [each for name, _, each in condition if name == index.keys[0]]
        entries = table.partition(index_name, partition)
        low, high = 0, len(entries)
        for name, operator, value in condition:
            if name == index.keys[0]:
                continue
            assert name == index.keys[1]
            if operator in (">", ">="):
                low = max(low, bisect_left(entries, _edge(value, operator == ">"), key=_sort_key))
            else:
                end = bisect_left(entries, _edge(value, operator == "<="), key=_sort_key)
                high = min(high, end)
        if low > high and any(operator == ">=" for _, operator, _ in condition):
            return _refusal("ValidationException", "BETWEEN with its ends the wrong way round")
        chosen = entries[low:high]
        if not body.get("ScanIndexForward", True):
            chosen.reverse()
        if "ExclusiveStartKey" in body:
            start = self._position(table, index, body["ExclusiveStartKey"])
            backwards = not body.get("ScanIndexForward", True)
            chosen = [
                entry for entry in chosen if (entry[0] < start if backwards else entry[0] > start)
            ]
        cut = self.page_items.get(body["TableName"], len(chosen) + 1)
        limit = min(body.get("Limit", cut), cut)
        read, more = chosen[:limit], len(chosen) >= limit
        filters = _conditions(body.get("FilterExpression", ""), body)
        answer: Json = {
            "Items": [
                shown
                for _, item in read
                if (shown := _projected(table, index, item, body)) is not None
                and all(_holds(condition, item) for condition in filters)
            ]
        }
        if more and read:
            names = {*index.keys, *table.indexes[""].keys}
            answer["LastEvaluatedKey"] = {name: read[-1][1][name] for name in names}
        return answer

    @staticmethod
    def _position(table: Table, index: _Index, start: Json) -> Key:
        return (*(unmarshal(start[name]) for name in index.keys[1:]), *table.key(start))

    def _write(self, actions: list[Json], *, alone: bool) -> Answer:
        writes: list[tuple[str, Key, Json | None]] = []
        checks: list[tuple[str, Key]] = []
        reasons: list[Json] = []
        for action in actions:
            ((kind, body),) = action.items()
            name = body["TableName"]
            table = self.tables[name]
            key = table.key(body["Item"] if kind == "Put" else body["Key"])
            there = table.items.get(key)
            if (name, key) in self._held:
                if alone:
                    return Retry("TransactionConflictException")
                reasons.append({"Code": "TransactionConflict"})
                continue
            if not _met(body, there or {}):
                refused: Json = {"Code": "ConditionalCheckFailed"}
                if there and body.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                    refused["Item"] = there
                if alone:
                    return _refusal("ConditionalCheckFailedException", "", refused.get("Item"))
                reasons.append(refused)
                continue
            reasons.append({"Code": "None"})
            checks.append((name, key))
            if kind != "ConditionCheck":
                item = _updated(body, there) if kind == "Update" else body.get("Item")
                writes.append((name, key, item))
        if any(reason["Code"] != "None" for reason in reasons):
            return _refusal("TransactionCanceledException", "", reasons=reasons)
        assert len(set(checks)) == len(checks), "a transaction may name an item once"
        self._held |= set(checks)
        try:
            for position, (name, key, item) in enumerate(writes):
                if position:
                    self.between_items()
                self.tables[name].write(key, item)
        finally:
            self._held -= set(checks)
        is_told = alone and "ReturnValues" in next(iter(actions[0].values()))
        # More than those that were updated, which UPDATED_NEW leaves out.
        return {"Attributes": writes[0][2]} if is_told else {}


class FakeClient(Client):
    """The project's client over a Database; only the sockets are left out.

    `turn` is called before every call is answered, so a test can let others go first, or end the
    one who calls by raising.
    """

    def __init__(self, database: Database, turn: Callable[[], None]) -> None:
        super().__init__(
            "http://nowhere.invalid", tables.REGION, lambda: tables.CREDENTIALS, limit_seconds=20.0
        )
        self.database = database
        self.turn = turn

    def _exchange(self, calls: Sequence[Call], deadline: float) -> list[Answer]:
        assert time.monotonic() < deadline
        answers: list[Answer] = []
        for call in calls:
            self.turn()
            self.usage.requests += 1
            answers.append(self.database.answer(call))
        return answers


def fake_store(database: Database, turn: Callable[[], None] = _nothing) -> Store:
    """A store over a Database."""
    return Store(
        FakeClient(database, turn),
        "ArticlesTable",
        "LinksTable",
        "SitesTable",
        "SkipsTable",
        "AuditTable",
        "TransientTable",
    )


@cache
def _all_indexes() -> dict[str, dict[str, _Index]]:
    return {name: _indexes(definition) for name, definition in tables.table_definitions().items()}


def _indexes(definition: Json) -> dict[str, _Index]:
    keys = [each["AttributeName"] for each in definition["KeySchema"]]
    indexes = {"": _Index(keys, None)}
    for each in definition.get("GlobalSecondaryIndexes", []):
        own = [key["AttributeName"] for key in each["KeySchema"]]
        projection = each["Projection"]
        kept = (
            None
            if projection["ProjectionType"] == "ALL"
            else {*keys, *own, *projection.get("NonKeyAttributes", [])}
        )
        indexes[each["IndexName"]] = _Index(own, kept)
    return indexes


type _Condition = tuple[str, str, Any]


def _conditions(expression: str, body: Json) -> list[_Condition]:
    """The clauses of an expression, all joined by AND, as (attribute, operator, plain value)."""
    names: dict[str, str] = body.get("ExpressionAttributeNames", {})
    values: Json = body.get("ExpressionAttributeValues", {})
    found: list[_Condition] = []
    rest = expression
    while rest:
        clause = _CLAUSE.match(rest)
        assert clause is not None, f"not understood: {rest}"
        part = clause.groupdict()
        if part["absent"]:
            found.append((names.get(part["attribute"], part["attribute"]), "absent", None))
        elif part["member"]:
            name = names.get(part["member"], part["member"])
            among = [unmarshal(values[each]) for each in part["members"].split(", ")]
            found.append((name, "not in" if part["negated"] else "in", among))
        elif part["between"]:
            name = names.get(part["between"], part["between"])
            found.append((name, ">=", unmarshal(values[part["low"]])))
            found.append((name, "<=", unmarshal(values[part["high"]])))
        else:
            name = names.get(part["left"], part["left"])
            found.append((name, part["operator"], unmarshal(values[part["right"]])))
        rest = rest[clause.end() :].removeprefix(" AND ")
    return found


def _met(body: Json, item: Json) -> bool:
    """Whether a write's condition holds, if it has one."""
    expression = body.get("ConditionExpression", "")
    if not expression:
        return True
    holds, rest = _alternatives(expression, body, item)
    assert not rest, f"not understood: {rest}"
    return holds


def _alternatives(rest: str, body: Json, item: Json) -> tuple[bool, str]:
    """Whether terms joined by AND and OR hold, and what follows them."""
    alternatives, together = [], True
    while True:
        if rest.startswith("("):
            holds, rest = _alternatives(rest[1:], body, item)
            assert rest.startswith(")"), f"not understood: {rest}"
            rest = rest[1:]
        else:
            clause = _CLAUSE.match(rest)
            assert clause is not None, f"not understood: {rest}"
            holds = all(_holds(each, item) for each in _conditions(clause.group(), body))
            rest = rest[clause.end() :]
        together = together and holds
        if rest.startswith(" AND "):
            rest = rest.removeprefix(" AND ")
            continue
        alternatives.append(together)
        if not rest.startswith(" OR "):
            return any(alternatives), rest
        rest, together = rest.removeprefix(" OR "), True


def _updated(body: Json, there: Json | None) -> Json:
    """An item after an update that sets, removes and adds attributes of its own level."""
    names: dict[str, str] = body.get("ExpressionAttributeNames", {})
    values = body.get("ExpressionAttributeValues", {})
    item = {**(there or body["Key"])}
    words = re.split(r"(?:^| )(SET|REMOVE|ADD) ", body["UpdateExpression"])[1:]
    for verb, clause in zip(words[::2], words[1::2], strict=True):
        if verb == "REMOVE":
            for name in clause.split(", "):
                item.pop(names.get(name, name), None)
        elif verb == "ADD":
            name, value = clause.split(" ")
            item[name] = _sum(item.get(name, {"N": "0"}), values[value], 1)
        else:
            found = list(_ASSIGNMENT.finditer(clause))
            assert ", ".join(each.group() for each in found) == clause, clause
            before = dict(item)
            for each in found:
                value = values[each["value"]]
                if each["other"]:
                    number = before.get(each["other"], values[each["default"]])
                    value = _sum(number, value, 1 if each["sign"] == "+" else -1)
                item[names.get(each["name"], each["name"])] = value
    return item


def _sum(left: Json, right: Json, sign: int) -> Json:
    return {"N": str(int(left["N"]) + sign * int(right["N"]))}


def _holds(condition: _Condition, item: Json) -> bool:
    name, operator, value = condition
    if operator == "absent":
        return name not in item
    if name not in item:
        return operator == "<>"
    return _COMPARE[operator](unmarshal(item[name]), value)


def _projected(table: Table, index: _Index, item: Json, body: Json) -> Json:
    names: dict[str, str] = body.get("ExpressionAttributeNames", {})
    wanted = index.projected
    if "ProjectionExpression" in body:
        asked = {names.get(name, name) for name in body["ProjectionExpression"].split(", ")}
        assert wanted is None or asked <= wanted, "the index has no such attribute"
        wanted = asked
    return {name: value for name, value in item.items() if wanted is None or name in wanted}


def _sort_key(entry: tuple[Key, Json]) -> Key:
    return entry[0]


def _edge(value: Any, after: bool) -> Key:
    """Where the entries of a sort key begin, or where those after it do."""
    if isinstance(value, str):
        return (f"{value}\0",) if after else (value,)
    return (value + 1,) if after else (value,)


def _refusal(
    code: str, message: str, item: Json | None = None, reasons: list[Json] | None = None
) -> Answer:
    body: Json = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}
    if item is not None:
        body["Item"] = item
    if reasons is not None:
        body["CancellationReasons"] = reasons
    return _failure(protocol.Answer(400, body, keep_alive=True), time.time())
