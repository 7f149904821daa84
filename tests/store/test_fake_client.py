"""The fake of tests/support/fake_client.py answers as a real engine does, call by call."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest

from seealso.errors import StoreError
from seealso.store.calls import Call
from seealso.store.client import Client, Retry
from seealso.store.tables import Store
from seealso.store.values import Json
from tests.support import engines, fake_client, tables
from tests.support.random_network import make_random_network


class Compared(Client):
    """A client that sends every call to an engine and to the fake, and compares their answers."""

    fake: fake_client.Database
    names: dict[str, str]

    def _exchange(self, calls: Sequence[Call], deadline: float) -> list[Json | StoreError | Retry]:
        answers = Client._exchange(self, calls, deadline)
        for call, answer in zip(calls, answers, strict=True):
            renamed = Call(call.operation, _renamed(call.body, self.names))
            theirs = _bare(_renamed(answer, self.names))
            assert _bare(self.fake.answer(renamed)) == theirs, renamed
        return answers


# The last engine is DynamoDB Local wherever it can run, the reference.
@pytest.mark.parametrize("store", engines.names()[-1:], indirect=True)
@pytest.mark.parametrize("seed", range(4))
def test_the_fake_answers_as_an_engine_does(store: Store, seed: int) -> None:
    client = Compared(store.client.endpoint, tables.REGION, store.client.credentials, 20.0)
    client.fake = fake_client.Database()
    fake = fake_client.fake_store(client.fake)
    client.names = {
        store.articles: fake.articles,
        store.links: fake.links,
        store.sites: fake.sites,
        store.skips: fake.skips,
    }
    compared = tables.another(store)
    compared.client = client
    with closing(client):
        network = make_random_network(compared, seed, articles=300)
        for _ in range(15):
            network.check_page()
            network.change()


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """A body with other tables' names."""
    match value:
        case dict():
            return {names.get(name, name): _renamed(each, names) for name, each in value.items()}
        case list():
            return [_renamed(each, names) for each in value]
        case str():
            return names.get(value, value)
    return value


def _bare(answer: Json | StoreError | Retry) -> Any:
    """What an answer says, without what the fake leaves out and without order where none is."""
    if isinstance(answer, Retry):
        return answer
    if isinstance(answer, StoreError):
        return answer.code, answer.item, [reason.code for reason in answer.reasons]
    left_out = {"ConsumedCapacity", "Count", "ScannedCount", "UnprocessedKeys"}
    bare = {name: each for name, each in answer.items() if name not in left_out}
    if "Responses" in bare:
        bare["Responses"] = {
            name: sorted(found, key=str) for name, found in bare["Responses"].items() if found
        }
    return bare
