"""The budget of the page view's query (design.md), told by `extensions.cost`; and long runs.

The engines are those that count units as AWS does, or fewer (tests/reading/test_budgets.py).
"""

from collections.abc import Iterator
from typing import Any

import pytest

from seealso.store.tables import Store, reset_store
from seealso.tables.articles import import_articles
from seealso.tables.skips import record_skips
from tests.graphql.requests import PAGE, ask
from tests.support import engines, tables
from tests.support.environment import use_store
from tests.support.factories import item_of_4_kb

DOMAINS = (7, 3, 5, 1, 2)
SOURCE = 40
MIXED = range(30, 131)
RUN = range(200, 1_200)  # of domain 7; further articles of other domains on both sides
ABOVE = range(1_200, 1_260)


@pytest.fixture(scope="module")
def store(request: pytest.FixtureRequest, all_engines: Any) -> Iterator[Store]:
    """Articles of five domains in turn, a recorded run of one of them, and again five in turn."""
    made = tables.make_store(all_engines.endpoint(request.param))
    mixed = [(each, DOMAINS[each % 5]) for each in (*MIXED, *ABOVE)]
    articles = [item_of_4_kb(each, domain, SOURCE) for each, domain in mixed]
    articles += [item_of_4_kb(each, 7) for each in RUN]
    for start in range(0, len(articles), 100):
        import_articles(made, articles[start : start + 100])
    record_skips(made, sleep=lambda _: None)
    yield made
    tables.drop(made)


@pytest.fixture(autouse=True)
def _environment(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    use_store(store, monkeypatch)
    yield
    reset_store()


def asked(query: str, variables: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The data of an answer and its cost."""
    body = ask(query, variables, extensions={"cost": True}).json()
    return body["data"], body["extensions"]["cost"]


on_counting_engines = pytest.mark.parametrize(
    "store",
    engines.params(only_long=engines.OTHERS, never=["moto"]),
    indirect=True,
    scope="module",
)


@on_counting_engines
@pytest.mark.parametrize(
    ("article_id", "domain"), [(130, DOMAINS[0]), (130, 3), (130, 99), (5_000, 3), (131, 7)]
)
def test_the_page_query_is_one_round_trip(store: Store, article_id: int, domain: int) -> None:
    variables = {"id": article_id, "domain": domain, "srcId": SOURCE}
    data, cost = asked(PAGE, variables | {"hasSrc": True, "hasSelf": True})
    assert len(data["linksbottom"]) == 3
    assert cost["requests"] <= 4
    assert cost["round_trips"] == 1
    assert cost["read_units"] <= 3


@on_counting_engines
@pytest.mark.parametrize("article_id", [RUN[-1], RUN[500], 5_000])
def test_skips_a_recorded_range(store: Store, article_id: int) -> None:
    variables = {"id": min(article_id, RUN.stop), "domain": 7, "srcId": 0}
    data, cost = asked(PAGE, variables | {"hasSrc": False, "hasSelf": True})
    assert [each["id"] for each in data["linksbottom"]] == [129, 128, 127]
    assert cost["requests"] <= 8
    assert cost["round_trips"] <= 3
    assert cost["read_units"] <= 12


UPWARDS = """
query($id: Int!) {
  qa_ai(where: {id: {_gt: $id}, domain: {_nin: [7, 99]}}, limit: 3, order_by: {id: asc}) { id }
}
"""


@on_counting_engines
@pytest.mark.parametrize("below", [RUN[0] - 1, RUN[0], RUN[500]])
def test_skips_a_recorded_range_in_ascending_order(store: Store, below: int) -> None:
    data, cost = asked(UPWARDS, {"id": below})
    found = [each for each in ABOVE if DOMAINS[each % 5] != 7]
    assert [each["id"] for each in data["qa_ai"]] == found[:3]
    assert cost["requests"] <= 6
    assert cost["round_trips"] <= 3
    assert cost["read_units"] <= 12


@on_counting_engines
def test_reads_once_what_several_fields_need(store: Store) -> None:
    once = "qa_ai(where: {domain: {_eq: 3}}, limit: 5) { id text links { url } }"
    _, cost = asked(f"{{ {once} }}", {})
    _, again = asked("{ " + " ".join(f"a{number}: {once}" for number in range(9)) + " }", {})
    assert {**again, "server_ms": 0} == {**cost, "server_ms": 0}


@on_counting_engines
def test_thirty_top_level_fields_are_one_round_trip(store: Store) -> None:
    kinds = [
        "qa_ai(where: {id: {_eq: %d}}, limit: 1) { id title text date }",
        "qa_ai(where: {domain: {_eq: 3}, id: {_neq: %d}}, order_by: {id: desc}, limit: 8) { id }",
        "qa_ai(where: {domain: {_neq: 3}, id: {_lt: %d}}, order_by: {id: desc}, limit: 3) { id }",
    ]
    fields = [f"a{each}: {kinds[each % 3] % (each + 60)}" for each in range(30)]
    data, cost = asked("{" + " ".join(fields) + "}", {})
    assert len(data) == 30
    assert all(data.values())
    assert cost["round_trips"] == 1
    assert cost["requests"] == 21  # what names ids is one
