"""store/batching.py: what readings need at the same time goes out in one round trip."""

import pytest

from seealso.errors import ReadLimitExceeded
from seealso.store.batching import Need, Reading, need_item, read_one, read_query, read_together
from seealso.store.tables import Store
from seealso.tables.articles import Article, import_articles
from seealso.tables.indexes import domain_query
from tests.support.fake_client import Database, fake_store


def store_of_ten(database: Database) -> Store:
    """A store with the articles 1 to 10 of domain 7; nothing counted yet."""
    store = fake_store(database)
    articles = [Article(number, 7, "A title", "Text.", "2026-02-25") for number in range(1, 11)]
    import_articles(store, articles)
    store.client.start()
    return store


@pytest.fixture
def store() -> Store:
    return store_of_ten(Database())


def reads(store: Store, *steps: list[int]) -> Reading[list[list[int | None]]]:
    """Items by id, some in each of several steps; what was found of each step."""
    found: list[list[int | None]] = []
    for ids in steps:
        answers = yield {number: need_item(store.articles, id=number) for number in ids}
        assert list(answers) == ids
        found.append([answers[number] and answers[number]["id"] for number in ids])
    return found


def test_a_reading_gets_back_what_it_named(store: Store) -> None:
    assert read_one(store, reads(store, [3, 99, 1])) == [[3, None, 1]]
    assert store.client.usage.requests == 1


def test_a_reading_that_needs_nothing_reads_nothing(store: Store) -> None:
    assert read_together(store, [reads(store), reads(store)]) == [[], []]
    assert store.client.usage.requests == 0


def test_readings_share_their_round_trips(store: Store) -> None:
    readings = [reads(store, [1], [2], [3]), reads(store, [4], [5]), reads(store, [6])]
    assert read_together(store, readings) == [[[1], [2], [3]], [[4], [5]], [[6]]]
    assert store.client.usage.requests == 3


def test_an_item_is_read_once(store: Store) -> None:
    readings = [reads(store, [1, 2], [3]), reads(store, [2, 1], [1, 3]), reads(store, [99], [99])]
    assert read_together(store, readings) == [[[1, 2], [3]], [[2, 1], [1, 3]], [[None], [None]]]
    assert store.client.usage.requests == 2


def test_more_than_100_items_are_read_in_turns(store: Store) -> None:
    (found,) = read_one(store, reads(store, [*range(1, 252)]))
    assert found == [*range(1, 11)] + [None] * 241
    assert store.client.usage.requests == 3


def test_calls_and_items_go_out_together(store: Store) -> None:
    def reading() -> Reading[tuple[int, int]]:
        needs: dict[str, Need] = {
            "one": need_item(store.articles, id=1),
            "all": domain_query(store, 7, 20),
        }
        answers = yield needs
        return answers["one"]["id"], len(answers["all"]["Items"])

    assert read_together(store, [reading(), reading()]) == [(1, 10), (1, 10)]
    assert store.client.usage.requests == 3  # two queries, one batch


@pytest.mark.parametrize(("limit", "requests"), [(1, 1), (3, 1), (4, 2), (10, 4), (11, 4)])
def test_a_query_is_read_on_until_the_limit(limit: int, requests: int) -> None:
    store = store_of_ten(Database({"ArticlesTable": 3}))
    found = read_one(store, read_query(domain_query(store, 7, limit).body, limit))
    assert [item["id"] for item in found] == [*range(10, 0, -1)][:limit]
    assert store.client.usage.requests == requests


def test_the_limit_of_read_units_is_the_clients(store: Store) -> None:
    store.client.start().read_units = 5.0
    with pytest.raises(ReadLimitExceeded):
        read_together(store, [reads(store, [1])], max_read_units=4.0)
