"""Random requests, answered as SQLite answers them over the same rows, or refused.

The test's name has the seed that makes its requests again.
"""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from seealso.graphql.settings import settings
from seealso.store import tables as store_tables
from seealso.store.tables import Store, current_store, reset_store
from seealso.store.values import marshal_item
from seealso.tables.pages import page_key
from seealso.tables.skips import record_skips
from tests.graphql.random_queries import (
    Form,
    Nearby,
    Request,
    invalid_request,
    served_request,
    unserved_request,
)
from tests.graphql.sqlite_oracle import ShownLink, answer, rows
from tests.support import engines, gateway, tables
from tests.support.environment import use_store
from tests.support.fake_client import Database, fake_store
from tests.support.random_network import RandomNetwork, make_random_network, seeds

# After how many items a Query ends early, as it does after 1 MB.
CUTS: tuple[dict[str, int], ...] = (
    {},
    {"ArticlesTable": 110, "SkipsTable": 2},
    {"ArticlesTable": 7, "SkipsTable": 1},
)
# Requests of each kind between two changes of the articles.
ASKED = 12
HEADERS = {"content-type": "application/json"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    use_store(fake_store(Database()), monkeypatch)
    # Several fields may have the largest offset.
    monkeypatch.setenv("GRAPHQL_INDEX_ENTRIES", "1000000")
    settings.cache_clear()
    yield
    settings.cache_clear()


@contextmanager
def serving(store: Store) -> Iterator[None]:
    """The functions read this store."""
    reset_store()
    store_tables._local.store = store
    try:
        yield
    finally:
        reset_store()


def add_links(network: RandomNetwork) -> dict[int, list[ShownLink]]:
    """Links on the pages of some articles, published or not."""
    rng = network.random
    made: dict[int, list[ShownLink]] = {}
    for article_id in rng.sample(sorted(network.model), len(network.model) // 2):
        made[article_id] = [
            ShownLink(
                link_id=f"{rng.getrandbits(64):016x}",
                url=f"https://example.com/{at}?of={article_id}",
                title=rng.choice([None, f"Link {at}", 'A "quoted" \N{EM DASH} \U0001f600']),
                submitted=1_770_000_000_000 + rng.randrange(5),
                published=1_770_000_000_000 + rng.randrange(10_000_000_000),
            )
            for at in range(rng.randint(0, 5))
        ]
        shown = {f"link#{each.link_id}": list(each[1:]) for each in made[article_id]}
        page = page_key(article_id) | {"published": len(shown), "pending": 0} | shown
        item = {"TableName": network.store.links, "Item": marshal_item(page)}
        network.store.client.call("PutItem", item)
    return made


def ask(request: Request) -> dict[str, Any]:
    """The answer to a request; its status is 200 whether it is served or refused."""
    response = gateway.request("POST", "/graphql", HEADERS, request.body)
    assert response.status == 200, f"{response.status} {response.body}\n{request}"
    body: dict[str, Any] = response.json()
    return body


def compare(store: Store, reader: Store, seed: int, articles: int, changes: int) -> None:
    """Ask, change the articles, ask again."""
    network = make_random_network(store, seed, articles)
    links = add_links(network)
    if seed % 2:
        record_skips(store, sleep=lambda _: None)
    ids = list(network.model)
    near = Nearby(network.random, ids, network.domains)
    forms = [Form(near) for _ in range(3)]
    telling = 0
    with serving(reader):
        for _ in range(changes):
            ids[:] = network.model
            requests = [served_request(near) for _ in range(ASKED)]
            requests += [network.random.choice(forms).served() for _ in range(ASKED)]
            with closing(rows(network.model.values(), links)) as database:
                for request in requests:
                    expected, body = answer(database, request), ask(request)
                    # As text, since members come in the order in which they are asked for.
                    assert json.dumps(body) == json.dumps({"data": expected}), f"{request}"
                    telling += any(expected.values())
            network.change()
            network.change()
    assert telling > changes * ASKED / 2, "no more than a quarter of the answers showed anything"


def compare_in_process(seed: int) -> None:
    database = Database(CUTS[seed % 3])
    # Some networks have more articles than may be skipped.
    articles = 1500 if seed % 8 == 0 else 300
    compare(fake_store(database), fake_store(database), seed, articles, changes=4)


@pytest.mark.parametrize("seed", seeds(range(24), quick=6))
def test_answers_match_sqlite(seed: int) -> None:
    compare_in_process(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1400))
def test_answers_match_sqlite_in_many_networks(seed: int) -> None:
    compare_in_process(seed)


# The last engine is DynamoDB Local wherever it can run.
@pytest.mark.parametrize("store", engines.names()[-1:], indirect=True)
@pytest.mark.parametrize("seed", range(100, 104))
def test_answers_match_sqlite_on_the_reference(store: Store, seed: int) -> None:
    compare(store, tables.another(store), seed, articles=200, changes=3)


def check_refused(request: Request, code: str) -> None:
    """Refused by each error it names, without data and before anything is read."""
    usage = current_store().client.start()
    body = ask(request)
    assert "data" not in body, f"{body}\n{request}"
    assert body["errors"], f"{body}\n{request}"
    for error in body["errors"]:
        assert error["message"], f"{body}\n{request}"
        assert error["extensions"]["code"] == code, f"{body}\n{request}"
        assert error["extensions"]["path"].startswith("$"), f"{body}\n{request}"
    requests = usage.requests + current_store().client.usage.requests
    assert requests == 0, f"read before it was refused\n{request}"


def check_refusals(seed: int, asked: int) -> None:
    network = make_random_network(fake_store(Database()), seed, articles=100)
    near = Nearby(network.random, list(network.model), network.domains)
    forms = [Form(near) for _ in range(3)]
    with serving(fake_store(Database())):
        for _ in range(asked):
            check_refused(unserved_request(near), "not-supported")
            check_refused(invalid_request(near), "validation-failed")
            check_refused(network.random.choice(forms).unserved(), "not-supported")


@pytest.mark.parametrize("seed", seeds(range(5), quick=3))
def test_refuses_other_shapes_and_values(seed: int) -> None:
    check_refusals(seed, asked=20)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1100))
def test_refuses_other_shapes_and_values_thousands_of_times(seed: int) -> None:
    check_refusals(seed, asked=20)
