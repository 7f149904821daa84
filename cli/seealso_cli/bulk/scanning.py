"""Reads whole tables, a page at a time."""

import threading
from collections.abc import Callable, Iterator

from seealso.store.calls import query_items
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso_cli.bulk.writer import retry_while_unavailable

type Notify = Callable[[str], None]


def scan_pages(
    store: Store, table: str, notify: Notify, *, page_size: int | None = None, only: str = ""
) -> Iterator[list[Json]]:
    """Yield all plain items of a table, unordered, in pages; `notify` gets notices of retries.

    Each page is strongly consistent. `only` names attributes, by default all. Raises
    StoreUnavailable, StoreError.
    """
    body: Json = {
        "TableName": table,
        "ConsistentRead": True,
        "ReturnConsumedCapacity": "TOTAL",
    }
    if page_size:
        body["Limit"] = page_size
    if only:
        names = {f"#{name}": name for name in only.split()}
        body |= {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
    while True:
        answer = retry_while_unavailable(
            lambda: store.client.call("Scan", body), notify, threading.Event()
        )
        yield query_items(answer)
        if "LastEvaluatedKey" not in answer:
            return
        body["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
