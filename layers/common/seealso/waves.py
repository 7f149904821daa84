"""Readings that wait for the store together.

A *reading* is a generator that yields what it needs next (calls, or items by their keys), is sent
the answers in the same order, and returns what it has read. What several readings need at the same
time goes out in one wave, with their items in one BatchGetItem.
"""

from collections.abc import Generator, Sequence
from itertools import batched
from typing import Any, NamedTuple

from seealso.dynamodb import Call, Json, Store, batch_get, batch_got

# What BatchGetItem takes (AWS). A second one waits for the first: each may answer with 16 MB.
_MOST_KEYS = 100


class Item(NamedTuple):
    """An item by its key, such as (table, "id", 7); its answer is plain, None where there is none.

    It is read once, however many readings need it.
    """

    table: str
    attribute: str
    key: int | str


type Need = Call | Item
type Reading[T] = Generator[Sequence[Need], Sequence[Any], T]


def read_together[T](store: Store, readings: Sequence[Reading[T]]) -> list[T]:
    """What the readings return. Raises what Client.wave raises."""
    results: dict[int, T] = {}
    waiting: dict[int, Sequence[Need]] = {}
    known: dict[Item, Json | None] = {}
    for index, reading in enumerate(readings):
        try:
            waiting[index] = next(reading)
        except StopIteration as end:
            results[index] = end.value
    while waiting:
        answered = _answered(store, waiting, known)
        waiting = {}
        for index, answers in answered.items():
            try:
                waiting[index] = readings[index].send(answers)
            except StopIteration as end:
                results[index] = end.value
    return [results[index] for index in range(len(readings))]


def read_alone[T](store: Store, reading: Reading[T]) -> T:
    """What one reading returns. Raises what Client.wave raises."""
    return read_together(store, [reading])[0]


def _answered(
    store: Store, waiting: dict[int, Sequence[Need]], known: dict[Item, Json | None]
) -> dict[int, Sequence[Any]]:
    """The answers to what each reading needs; `known` are the items read so far, and grows."""
    needs = [need for each in waiting.values() for need in each]
    calls = [need for need in needs if isinstance(need, Call)]
    unknown = {need: None for need in needs if isinstance(need, Item) and need not in known}
    first, *others = [*batched(unknown, _MOST_KEYS, strict=False)] or [()]
    answers = store.client.wave([*calls, *_batch(first)])
    _remember(known, first, answers[len(calls) :])
    for each in others:
        _remember(known, each, store.client.wave(_batch(each)))
    of_calls = iter(answers)
    return {
        index: [known[need] if isinstance(need, Item) else next(of_calls) for need in each]
        for index, each in waiting.items()
    }


def _batch(wanted: Sequence[Item]) -> list[Call]:
    keys: dict[str, list[Json]] = {}
    for item in wanted:
        keys.setdefault(item.table, []).append({item.attribute: item.key})
    return [batch_get(keys)] if keys else []


def _remember(
    known: dict[Item, Json | None], wanted: Sequence[Item], answers: Sequence[Json]
) -> None:
    known |= dict.fromkeys(wanted)
    tables = {item.table: item.attribute for item in wanted}
    for answer in answers:
        for table, attribute in tables.items():
            for found in batch_got(answer, table):
                known[Item(table, attribute, found[attribute])] = found
