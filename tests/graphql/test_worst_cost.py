"""What a request costs at worst: with the longest titles and texts, as the reference counts.

A request may cost twice GraphqlReadUnits where its lists or its articles are as large as they can
be, and a tenth more where both are.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from local.paths import ROOT
from seealso.graphql.settings import settings
from seealso.limits import MAX_ARTICLE_TITLE, MAX_TEXT_BYTES
from seealso.store.calls import Call
from seealso.store.client import Usage
from seealso.store.tables import Store, current_store, reset_store
from seealso.store.values import marshal_item
from seealso.tables.articles import Article, article_item
from tests.support import engines, tables
from tests.support.environment import use_store
from tests.support.gateway import Response, request

# Others count units otherwise than AWS does.
COUNTING = [name for name in engines.names() if name in ("dynamodb-local", "address")]
READ_UNITS = 200
INDEX_ENTRIES = 2_000

TITLE = "\U0001f600" * MAX_ARTICLE_TITLE
TEXT = "x" * MAX_TEXT_BYTES
LONG_TITLES = range(1_000, 2_200)  # of domain 1, with one in 200 of domain 2
LONG_TEXTS = range(1, 101)  # of domain 3
SHORT = range(2_500, 2_600)  # of domain 4


def put(store: Store, articles: Sequence[Article], at_once: int) -> None:
    for some in batched(articles, at_once, strict=False):
        requests = [{"PutRequest": {"Item": marshal_item(article_item(each))}} for each in some]
        body = {"RequestItems": {store.articles: requests}}
        store.client.send_all([Call("BatchWriteItem", body)])


@pytest.fixture(scope="module")
def network(request: pytest.FixtureRequest, all_engines: Any) -> Iterator[Store]:
    """Articles with the longest titles, with the longest texts, and ordinary ones."""
    made = tables.make_store(all_engines.endpoint(request.param))
    made.client.limit_seconds = made.client.attempt_seconds = 60.0
    date = "2026-02-25T10:00:00.123456789+01:00"
    titled = [Article(n, 1 if n % 200 else 2, TITLE, "", date, 1) for n in LONG_TITLES]
    put(made, titled, 25)
    put(made, [Article(n, 3, TITLE, TEXT, date, 1) for n in LONG_TEXTS], 10)
    put(made, [Article(n, 4, f"Article {n}", "Text.", date) for n in SHORT], 25)
    yield made
    tables.drop(made)


@pytest.fixture
def _environment(network: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    use_store(network, monkeypatch)
    settings.cache_clear()
    yield
    reset_store()
    settings.cache_clear()


reading = pytest.mark.usefixtures("_environment")
on_the_reference = pytest.mark.parametrize("network", COUNTING, indirect=True, scope="module")


def post(query: str, variables: dict[str, Any] | None = None) -> Response:
    current_store().client.start()
    body = json.dumps({"query": query, "variables": variables})
    return request("POST", "/graphql", {"content-type": "application/json"}, body)


def usage() -> Usage:
    return current_store().client.usage


def cost(answer: Response) -> float:
    """The read units of the last request, which is refused if it exceeds the limit."""
    units = usage().read_units
    errors = answer.json().get("errors", [])
    assert [error["extensions"]["code"] for error in errors] in ([], ["too-expensive"])
    assert bool(errors) == (units > READ_UNITS)
    return units


def fields(count: int, arguments: str, columns: str = "id") -> str:
    """A query of this list so many times; `#` in its arguments is a number that differs."""
    lists = (f"qa_ai({arguments.replace('#', str(n))}) {{ {columns} }}" for n in range(count))
    return "{" + " ".join(f"a{n}: {each}" for n, each in enumerate(lists)) + "}"


def keys(count: int) -> str:
    """A query of articles by their keys, from 1 on."""
    articles = (f"a{n}: qa_ai_by_pk(id: {n}) {{ text }}" for n in range(1, count + 1))
    return "{" + " ".join(articles) + "}"


DOWN = "order_by: {id: desc}"
NONE_LEFT = f"where: {{domain: {{_nin: [1, 2, 3, 4]}}}}, {DOWN}"
ONE_IN_200 = f"where: {{domain: {{_nin: [1, 3, 4]}}}}, {DOWN}"
LISTS = {
    "timeline": fields(50, f"{DOWN}, limit: 100, offset: 9#"),
    "timeline, within the entries": fields(15, f"{DOWN}, limit: 100, offset: 2#"),
    "domain": fields(50, f"where: {{domain: {{_eq: 1}}}}, {DOWN}, limit: 100, offset: 9#"),
    "domain, within the entries": fields(
        15, f"where: {{domain: {{_eq: 1}}}}, {DOWN}, limit: 100, offset: 2#"
    ),
    "domain, by its articles": fields(
        50, "where: {domain: {_eq: 1}, id: {_neq: 11#}}, limit: 100", "text"
    ),
    "no article is left": fields(50, f"{NONE_LEFT}, limit: 1, offset: #"),
    "no article is left, upwards": fields(
        50, "where: {domain: {_nin: [1, 2, 3, 4]}, id: {_gt: 999}}, limit: 1, offset: #"
    ),
    "few articles are left": fields(50, f"{ONE_IN_200}, limit: 5, offset: #"),
    "large offset": fields(1, f"{DOWN}, limit: 100, offset: 1000"),
    "large offset, few articles are left": fields(1, f"{ONE_IN_200}, limit: 100, offset: 1000"),
}
IDS = [*LONG_TEXTS]
TEXTS = {
    "ids": fields(1, f"where: {{id: {{_in: {IDS}}}}}", "text"),
    "ids, without text": fields(1, f"where: {{id: {{_in: {IDS}}}}}", "id"),
    "keys": keys(50),
    "domain": fields(1, "where: {domain: {_eq: 3}}, limit: 100", "text"),
    "timeline": fields(1, "where: {id: {_lte: 12}}, limit: 12", "text"),
    # The first batch costs less than the limit, and the next might cost much more.
    "small and large": fields(1, f"where: {{id: {{_in: {[*SHORT[:6], *IDS[:94]]}}}}}, {DOWN}"),
}


@reading
@on_the_reference
@pytest.mark.parametrize("entries", [INDEX_ENTRIES, 1_000_000])
@pytest.mark.parametrize("case", LISTS)
def test_lists_of_the_longest_titles(
    case: str, entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHQL_INDEX_ENTRIES", str(entries))
    answer = post(LISTS[case])
    if "index entries" in answer.body:
        assert entries == INDEX_ENTRIES
        assert usage().requests == 0
    else:
        assert cost(answer) <= 2 * READ_UNITS


@reading
@on_the_reference
@pytest.mark.parametrize("case", TEXTS)
def test_the_longest_texts(case: str) -> None:
    units = cost(post(TEXTS[case]))
    assert READ_UNITS < units <= 2 * READ_UNITS


@reading
@on_the_reference
def test_lists_and_texts_in_one_round_trip() -> None:
    lists = fields(10, f"{DOWN}, limit: 25, where: {{id: {{_lt: 21##}}}}")
    texts = f"texts: qa_ai(where: {{id: {{_in: {IDS}}}}}) {{ text }}"
    units = cost(post(f"{lists[:-1]} {texts}}}"))
    assert usage().round_trips == 1
    assert 2 * READ_UNITS < units <= 2.2 * READ_UNITS


@reading
@on_the_reference
def test_ordinary_requests_are_answered() -> None:
    assert cost(post(fields(1, f"where: {{id: {{_in: {[*SHORT]}}}}}", "id text"))) <= 100
    assert usage().requests == 11  # each might have cost 38 units for every article
    query = fields(1, f"where: {{domain: {{_eq: 4}}}}, {DOWN}, limit: 100", "id title")
    assert cost(post(query)) <= 4
    assert (usage().requests, usage().round_trips) == (1, 1)


@reading
@pytest.mark.parametrize("network", ["moto"], indirect=True, scope="module")
class TestIndexEntries:
    """How many entries of an index a request may read is known before it reads any."""

    @pytest.mark.parametrize(
        ("query", "entries"),
        [
            (fields(20, f"{DOWN}, limit: 100, where: {{id: {{_neq: #}}}}"), 2_000),
            (fields(1, f"{DOWN}, limit: 100, offset: 1000"), 1_100),
            (fields(20, "limit: 1, where: {id: {_in: [1, 2, 3, 1#000]}}"), 80),
            (fields(2, "limit: 100, offset: 900, where: {domain: {_eq: #}}"), 2_000),
            # Equal lists are read once, and these read nothing.
            (fields(50, f"{DOWN}, limit: 100, offset: 1000"), 1_100),
            (fields(50, "limit: 0, offset: 9#"), 0),
            (fields(50, "limit: 100, offset: 9#, where: {id: {_lt: 5, _gt: 5}}"), 0),
            (fields(50, "where: {id: {_in: []}}"), 0),
            (
                "{" + " ".join(f"a{n}: qa_ai_by_pk(id: {n}) {{ id }}" for n in range(1, 51)) + "}",
                50,
            ),
        ],
        ids=lambda value: str(value)[:60],
    )
    def test_the_limit_may_be_reached(
        self, query: str, entries: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GRAPHQL_INDEX_ENTRIES", str(max(entries, 1)))
        assert "data" in post(query).json()
        if entries > 1:
            settings.cache_clear()
            monkeypatch.setenv("GRAPHQL_INDEX_ENTRIES", str(entries - 1))
            check_refused(post(query), entries, entries - 1)

    def test_the_default_is_2000(self) -> None:
        definition = cfn_yaml.load(str(ROOT / "template.yaml"))["Parameters"]["GraphqlIndexEntries"]
        assert definition["Default"] == INDEX_ENTRIES
        check_refused(post(fields(20, f"{DOWN}, limit: 100, offset: 1#")), 3_290, INDEX_ENTRIES)

    def test_attack_of_the_review(self) -> None:
        query = fields(50, f"{DOWN}, limit: 100, offset: 9#")
        assert len(query) < 4_000
        check_refused(post(query), 50 * 100 + sum(int(f"9{n}") for n in range(50)), INDEX_ENTRIES)


def check_refused(answer: Response, entries: int, limit: int) -> None:
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"path": "$", "code": "too-expensive"}
    start = f"The query may read {entries} index entries; the limit is {limit}."
    assert error["message"].startswith(start)
    assert "Use a smaller limit" in error["message"]
    assert usage().requests == 0
