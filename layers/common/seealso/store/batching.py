"""Readings that wait for the store together.

A *reading* is a generator that yields what it needs next, under names of its own choice, is sent
the answers under the same names, and returns what it has read. It looks like straight-line code,
and knows nothing of other readings:

    answers = yield {"article": need_item(store.articles, id=7), "newest": a_query_call}
    article = answers["article"]    # the plain item, None where there is none
    newest = answers["newest"]      # the answer to the call

What several readings need at the same time goes out in one round trip, with their items in one
BatchGetItem. Where the cost is limited, it goes out in waves instead: what a read costs is known
only afterwards, so that a wave is no larger than its worst case allows.
"""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from seealso.store.calls import Call, batch_get, batch_items, query_items
from seealso.store.tables import Store
from seealso.store.values import Json

# What BatchGetItem takes (AWS). A second one waits for the first: each may answer with 16 MB.
_MAX_KEYS = 100
# A wave may, in the worst case, bring the cost to twice the limit: by its calls or by its items.
_OVERSHOOT = 2.0
# By both together. The small lists of many page views do not delay the articles read beside them.
_OVERSHOOT_OF_BOTH = 2.2


class Item(NamedTuple):
    """An item by its key, read eventually consistently, and once however many readings need it."""

    table: str
    key: tuple[tuple[str, int | str], ...]  # pairs of attribute and value


def need_item(table: str, **key: int | str) -> Item:
    """The item of a key, such as need_item(store.articles, id=7)."""
    return Item(table, tuple(key.items()))


type Need = Call | Item
type Reading[T] = Generator[Mapping[Any, Need], Mapping[Any, Any], T]


class _Limit(NamedTuple):
    """What a client's request may cost, in read units, and what each need costs at most."""

    units: float
    worst_units: Callable[[Need], float]


def read_one[T](store: Store, reading: Reading[T]) -> T:
    """What one reading returns. Raises what read_together() raises."""
    return read_together(store, [reading])[0]


def read_together[T](
    store: Store,
    readings: Sequence[Reading[T]],
    max_read_units: float = math.inf,
    worst_units: Callable[[Need], float] = lambda _: 0.0,
) -> list[T]:
    """What the readings return, in their order.

    `worst_units` says what a need costs at most. Raises StoreError, StoreUnavailable, or
    ReadLimitExceeded after the wave in which the client's request has come to cost more than
    `max_read_units`.
    """
    limit = _Limit(max_read_units, worst_units)
    results: dict[int, T] = {}
    needs: dict[int, Mapping[Any, Need]] = {}
    items: dict[Item, Json | None] = {}
    for index, reading in enumerate(readings):
        try:
            needs[index] = next(reading)
        except StopIteration as end:
            results[index] = end.value
    while needs:
        all_answers = _answers(store, needs, items, limit)
        needs = {}
        for index, answers in all_answers.items():
            try:
                needs[index] = readings[index].send(answers)
            except StopIteration as end:
                results[index] = end.value
    return [results[index] for index in range(len(readings))]


def read_needs(needs: Mapping[Any, Need]) -> Reading[Mapping[Any, Any]]:
    """A reading of what is known from the start."""
    return (yield needs)


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
    limit: _Limit,
) -> dict[int, dict[Any, Any]]:
    """The answers to what each reading needs; `items` are those read so far, and grows."""
    wanted = [need for named in needs.values() for need in named.values()]
    calls = [need for need in wanted if isinstance(need, Call)]
    unread = [*dict.fromkeys(need for need in wanted if isinstance(need, Item))]
    unread = [item for item in unread if item not in items]
    call_answers: list[Json] = []
    while unread or len(call_answers) < len(calls):
        spent = store.client.usage.read_units
        wave, batch = _next_wave(calls[len(call_answers) :], unread, limit, spent)
        answers = store.client.send_all([*wave, *_batch_call(batch)], limit.units)
        call_answers += answers[: len(wave)]
        _keep_items(items, batch, answers[len(wave) :])
        del unread[: len(batch)]
    next_answer = iter(call_answers)
    return {
        index: {
            name: items[need] if isinstance(need, Item) else next(next_answer)
            for name, need in named.items()
        }
        for index, named in needs.items()
    }


def _next_wave(
    calls: Sequence[Call], items: Sequence[Item], limit: _Limit, spent: float
) -> tuple[Sequence[Call], Sequence[Item]]:
    """The calls and items to read next, at least one of them."""
    if limit.units == math.inf:
        return calls, items[:_MAX_KEYS]
    wave = _affordable(calls, _OVERSHOOT * limit.units - spent, limit)
    calls_units = sum(map(limit.worst_units, wave))
    together = _OVERSHOOT_OF_BOTH * limit.units - calls_units
    units_for_items = min(_OVERSHOOT * limit.units, together) - spent
    batch = _affordable(items[:_MAX_KEYS], units_for_items, limit)
    if wave or batch:
        return wave, batch
    # Under a low limit, even one of them may cost more than twice of it.
    return (calls[:1], []) if calls else ([], items[:1])


def _affordable[N: Need](needs: Sequence[N], units: float, limit: _Limit) -> Sequence[N]:
    """The first needs that together cost at most so many units in the worst case."""
    sums = accumulate(map(limit.worst_units, needs))
    return needs[: sum(total <= units for total in sums)]


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
