"""Everything that a table holds."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from seealso.store.calls import Call
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from tests.support.tables import table_definitions


def scan(store: Store, table: str) -> list[Json]:
    """All current items of a table, plain, in no order."""
    return list(store.client.query_all({"TableName": table, "ConsistentRead": True}, "Scan"))


def everything(store: Store) -> dict[str, list[Json]]:
    """Every item of every table, by the table's name, in a stable order."""
    tables = (store.articles, store.links, store.sites, store.skips, store.audit, store.transient)
    return {table: sorted(scan(store, table), key=repr) for table in tables}


@contextmanager
def unchanged(store: Store) -> Iterator[None]:
    """What is inside the `with` changes no item of any table."""
    before = everything(store)
    yield
    assert everything(store) == before


def delete_items(store: Store, table: str, items: Iterable[Json] | None = None) -> None:
    """Delete these plain items of a table, by default all of it."""
    keys = _key_names(table)
    store.client.send_all(
        [
            Call(
                "DeleteItem",
                {"TableName": table, "Key": marshal_item({name: item[name] for name in keys})},
            )
            for item in (scan(store, table) if items is None else items)
        ]
    )


def _key_names(table: str) -> list[str]:
    (logical_id,) = (each for each in table_definitions() if table.endswith(each))
    return [each["AttributeName"] for each in table_definitions()[logical_id]["KeySchema"]]
