"""Readings that wait for the store together.

A *reading* is a generator that yields what it needs next, under names of its own choice, is sent
the answers under the same names, and returns what it has read. It looks like straight-line code,
and knows nothing of other readings:

    answers = yield {"article": need_item(store.articles, id=7), "newest": a_query_call}
    article = answers["article"]    # the plain item, None where there is none
    newest = answers["newest"]      # the answer to the call

What several readings need at the same time goes out in one round trip, with their items in one
BatchGetItem.
"""

import math
from collections.abc import Generator, Mapping, Sequence
from itertools import batched
from typing import Any, NamedTuple

from seealso.store.calls import Call, batch_get, batch_items, query_items
from seealso.store.tables import Store
from seealso.store.values import Json

# What BatchGetItem takes (AWS). A second one waits for the first: each may answer with 16 MB.
_MAX_KEYS = 100


class Item(NamedTuple):
    """An item by its key, read eventually consistently, and once however many readings need it."""

    table: str
    key: tuple[tuple[str, int | str], ...]  # pairs of attribute and value


def need_item(table: str, **key: int | str) -> Item:
    """The item of a key, such as need_item(store.articles, id=7)."""
    return Item(table, tuple(key.items()))


type Need = Call | Item
type Reading[T] = Generator[Mapping[Any, Need], Mapping[Any, Any], T]


def read_one[T](store: Store, reading: Reading[T]) -> T:
    """What one reading returns. Raises what read_together() raises."""
    return read_together(store, [reading])[0]


def read_together[T](
    store: Store, readings: Sequence[Reading[T]], max_read_units: float = math.inf
) -> list[T]:
    """What the readings return, in their order.

    Raises StoreError, StoreUnavailable, or ReadLimitExceeded if the client's request comes to
    cost more than `max_read_units`.
    """
    results: dict[int, T] = {}
    needs: dict[int, Mapping[Any, Need]] = {}
    items: dict[Item, Json | None] = {}
    for index, reading in enumerate(readings):
        try:
            needs[index] = next(reading)
        except StopIteration as end:
            results[index] = end.value
    while needs:
        all_answers = _answers(store, needs, items, max_read_units)
        needs = {}
        for index, answers in all_answers.items():
            try:
                needs[index] = readings[index].send(answers)
            except StopIteration as end:
                results[index] = end.value
    return [results[index] for index in range(len(readings))]


def read_query(query: Json, limit: int) -> Reading[list[Json]]:
    """The first plain items of a Query: `limit` of them, fewer only where there are no more."""
    found: list[Json] = []
    query = {**query, "Limit": limit}
    while True:
        answer = (yield {"query": Call("Query", query)})["query"]
        found += query_items(answer)
        if len(found) >= limit or "LastEvaluatedKey" not in answer:
            return found[:limit]
        query = {**query, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _answers(
    store: Store,
    needs: Mapping[int, Mapping[Any, Need]],
    items: dict[Item, Json | None],
    max_read_units: float,
) -> dict[int, dict[Any, Any]]:
    """The answers to what each reading needs; `items` are those read so far, and grows."""
    wanted = [need for named in needs.values() for need in named.values()]
    calls = [need for need in wanted if isinstance(need, Call)]
    unread = {need: None for need in wanted if isinstance(need, Item) and need not in items}
    first_batch, *more_batches = [*batched(unread, _MAX_KEYS, strict=False)] or [()]
    answers = store.client.send_all([*calls, *_batch_call(first_batch)], max_read_units)
    call_answers, batch_answers = answers[: len(calls)], answers[len(calls) :]
    _keep_items(items, first_batch, batch_answers)
    for batch in more_batches:
        _keep_items(items, batch, store.client.send_all(_batch_call(batch), max_read_units))
    next_answer = iter(call_answers)
    return {
        index: {
            name: items[need] if isinstance(need, Item) else next(next_answer)
            for name, need in named.items()
        }
        for index, named in needs.items()
    }


def _batch_call(batch: Sequence[Item]) -> list[Call]:
    keys: dict[str, list[Json]] = {}
    for needed in batch:
        keys.setdefault(needed.table, []).append(dict(needed.key))
    return [batch_get(keys)] if keys else []


def _keep_items(
    items: dict[Item, Json | None], batch: Sequence[Item], answers: Sequence[Json]
) -> None:
    items |= dict.fromkeys(batch)
    attributes = {needed.table: [name for name, _ in needed.key] for needed in batch}
    for answer in answers:
        for table, names in attributes.items():
            for found in batch_items(answer, table):
                items[Item(table, tuple((name, found[name]) for name in names))] = found
