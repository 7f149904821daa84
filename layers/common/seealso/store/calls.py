"""Calls of DynamoDB's low-level API, and the plain items in their answers."""

from collections.abc import Iterable, Mapping, Sequence

from seealso.store.values import Json, from_json, marshal_item, to_json, unmarshal_item


class Call:
    """One operation of the low-level API with its request body."""

    __slots__ = ("_body", "_text", "limit", "operation")

    def __init__(self, operation: str, body: Json) -> None:
        self.operation = operation
        self.limit: int | None = body.get("Limit")
        self._body = body
        self._text: str | None = None

    @classmethod
    def prepared(cls, operation: str, text: str, limit: int) -> "Call":
        """A call whose body is written already, with all that client.py would add to it.

        A Query takes 21 k instructions so, and 91 k from a dictionary; a page view takes 2,100 k.
        """
        call = cls(operation, {"Limit": limit})
        call._text = text
        return call

    @property
    def is_prepared(self) -> bool:
        return self._text is not None

    @property
    def body(self) -> Json:
        """The body, which may be changed: a prepared one is then written anew."""
        if self._text is not None:
            self._body, self._text = from_json(self._text), None
        return self._body

    @property
    def text(self) -> str:
        """The body in JSON."""
        return self._text or to_json(self._body)


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


def query_items(answer: Json, names: Iterable[str] | None = None) -> list[Json]:
    """The plain items of a Query's or Scan's answer, in its order; as unmarshal_item()."""
    return [unmarshal_item(item, names) for item in answer["Items"]]
