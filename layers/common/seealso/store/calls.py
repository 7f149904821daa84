"""Calls of DynamoDB's low-level API, and the plain items in their answers."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seealso.store.values import Json, marshal_item, unmarshal_item


class Call(NamedTuple):
    """One operation of the low-level API with its request body."""

    operation: str
    body: Json


def batch_get(
    keys: Mapping[str, Sequence[Json]], only: Mapping[str, Sequence[str]] | None = None
) -> Call:
    """An eventually consistent BatchGetItem of plain keys by table; `only` names attributes.

    DynamoDB takes at most 100 keys and refuses a table without any, so those are left out.
    """
    tables: Json = {
        table: {"Keys": [marshal_item(key) for key in table_keys]}
        for table, table_keys in keys.items()
        if table_keys
    }
    for table, attributes in (only or {}).items():
        names = {f"#{attribute}": attribute for attribute in attributes}
        tables[table] |= {
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
        }
    return Call("BatchGetItem", {"RequestItems": tables})


def batch_items(answer: Json, table: str) -> list[Json]:
    """The plain items that a BatchGetItem's answer has of a table, in no order."""
    return [unmarshal_item(item) for item in answer.get("Responses", {}).get(table, [])]


def query_items(answer: Json) -> list[Json]:
    """The plain items of a Query's or Scan's answer, in its order."""
    return [unmarshal_item(item) for item in answer["Items"]]
