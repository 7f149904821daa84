"""The probes: a healthy network passes, and each kind of wrong or slow answer fails by name."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from local.paths import ROOT
from seealso.probing.probes import (
    ARTICLES,
    MEDIAN_SECONDS,
    SLOWEST_SECONDS,
    Answer,
    ProbeFailed,
    Request,
    probe,
)
from seealso.store.tables import Store
from seealso.tables.articles import Article, import_articles
from seealso.tables.sites import Site
from tests.support import gateway
from tests.support.factories import put_site

QUERY = (ROOT / "data/page.graphql").read_text("utf-8")
NEWEST = 40
GRAPHQL, READ, PREVIEW = (
    *("POST /graphql", "GET /articles/{id}"),
    "POST /articles/{id}/links/preview",
)

type Spoil = Callable[[Request, Answer], Answer]


# The answers of the healthy network; asking for them anew in each test would take half a minute.
recorded: dict[str, Answer] = {}


def ask(request: Request) -> Answer:
    """An answer of the real handlers, as if it had taken 10 ms."""
    method, _, path = request.route.partition(" ")
    target = path.format(**{name: quote(value) for name, value in request.path.items()})
    body = None if request.body is None else json.dumps(request.body)
    headers = {"content-type": "application/json"} if body else {}
    response = gateway.request(method, f"{target}?{request.query}", headers, body)
    return Answer(response.status, response.body, 0.01)


def spoiled(spoil: Spoil) -> list[str]:
    return probe(lambda request: spoil(request, recorded[repr(request)]), QUERY)


def only(route: str, change: Callable[[Answer], Answer]) -> Spoil:
    """Changes the answers of one route."""
    return lambda request, answer: change(answer) if request.route == route else answer


def edited(edit: Callable[[Any], None]) -> Callable[[Answer], Answer]:
    def change(answer: Answer) -> Answer:
        body = json.loads(answer.body)
        edit(body)
        return answer._replace(body=json.dumps(body))

    return change


@pytest.fixture
def network(request: pytest.FixtureRequest) -> None:
    """A site with one article, one with 29, and ten articles of a domain without a site."""
    if recorded:
        return
    store: Store = request.getfixturevalue("deployed_environment")
    for domain in (3, 7):
        put_site(store, Site(domain))
    domains = {1: 3, **dict.fromkeys(range(12, NEWEST + 1), 7)}
    articles = [
        Article(each, domains.get(each, 5), "A title", "", "2026-02-25")
        for each in range(1, NEWEST + 1)
    ]
    import_articles(store, articles)

    def record(sent: Request) -> Answer:
        return recorded.setdefault(repr(sent), ask(sent))

    probe(record, QUERY)


@pytest.mark.usefixtures("network")
def test_a_healthy_network_passes() -> None:
    asked: list[str] = []

    def count(request: Request, answer: Answer) -> Answer:
        asked.append(request.route)
        return answer

    assert spoiled(count) == [
        "home page: 10 ms",
        "editors' routes, closed to others: 10 ms",
        "the desk, closed to others: 10 ms",
        f"{ARTICLES} articles: median 10 ms, slowest 10 ms",
        "the network's query, as article 22 shows it: 10 ms",
        "preview of a submission (pending): 10 ms",
    ]
    assert asked.count(READ) == ARTICLES + 1


@pytest.mark.usefixtures("deployed_environment")
def test_a_stack_without_articles_passes() -> None:
    assert probe(ask, QUERY)[-1].startswith("no articles")


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(
    "route",
    [
        *("GET /", "GET /sites", "GET /domains/{domain}/articles", "GET /admin/articles"),
        *(READ, GRAPHQL, PREVIEW),
    ],
)
def test_an_error_of_any_function_fails(route: str) -> None:
    with pytest.raises(ProbeFailed, match=r"answered 502: Internal") as failed:
        spoiled(only(route, lambda _: Answer(502, "Internal Server Error", 0.01)))
    assert str(failed.value).startswith(route.partition("{")[0])
    with pytest.raises(ProbeFailed, match=r"took 3\.1 s"):
        spoiled(only(route, lambda answer: answer._replace(seconds=SLOWEST_SECONDS + 0.1)))


@pytest.mark.usefixtures("network")
def test_page_views_that_are_slow_on_the_whole_fail() -> None:
    slow = only(READ, lambda answer: answer._replace(seconds=MEDIAN_SECONDS + 0.1))
    with pytest.raises(ProbeFailed, match=r"took 0\.60 s, the median of 20"):
        spoiled(slow)


@pytest.mark.usefixtures("network")
def test_a_first_request_may_be_slow() -> None:
    seconds = iter([SLOWEST_SECONDS])
    cold = only(READ, lambda answer: answer._replace(seconds=next(seconds, 0.01)))
    assert "20 articles: median 10 ms, slowest 3000 ms" in spoiled(cold)


def another_article(page: Any) -> None:
    page["article"]["id"] += 1


def another_domain(page: Any) -> None:
    page["article"]["domain"] += 1


def fewer_related(page: Any) -> None:
    del page["other_domains"][1:]


def no_self(answer: Any) -> None:
    answer["data"]["self"] = []


def another_order(answer: Any) -> None:
    answer["data"]["linksbottom"].reverse()


def another_url(preview: Any) -> None:
    preview["url"] = "https://elsewhere.example.net/"


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(
    ("route", "edit", "message"),
    [
        (READ, another_article, "GET /articles/1 answered with article 2 of domain 3, not"),
        (READ, another_domain, "GET /articles/1 answered with article 1 of domain 4, not"),
        (READ, fewer_related, "POST /graphql found .* whose page has"),
        (GRAPHQL, no_self, "POST /graphql found .* whose page has"),
        (GRAPHQL, another_order, "POST /graphql found .* whose page has"),
        (GRAPHQL, lambda answer: answer.pop("data"), "POST /graphql answered with errors"),
        (PREVIEW, another_url, "answered 200: .*elsewhere"),
    ],
)
def test_a_wrong_answer_fails(route: str, edit: Callable[[Any], None], message: str) -> None:
    with pytest.raises(ProbeFailed, match=message):
        spoiled(only(route, edited(edit)))


@pytest.mark.usefixtures("network")
def test_an_answer_that_is_no_json_or_no_whole_page_fails() -> None:
    with pytest.raises(ProbeFailed, match="not JSON: "):
        spoiled(only(READ, lambda answer: answer._replace(body=answer.body[:-1])))
    with pytest.raises(ProbeFailed, match="GET / answered with no complete page"):
        spoiled(only("GET /", lambda answer: answer._replace(body=answer.body[:100])))


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("route", ["GET /sites", READ, GRAPHQL, PREVIEW])
def test_an_answer_of_another_shape_fails(route: str) -> None:
    with pytest.raises(ProbeFailed):
        spoiled(only(route, lambda answer: answer._replace(body="[]")))


@pytest.mark.usefixtures("network")
def test_routes_of_editors_that_are_open_fail() -> None:
    open_to_all = only("GET /admin/articles", lambda answer: answer._replace(status=200))
    with pytest.raises(ProbeFailed, match="GET /admin/articles answered 200"):
        spoiled(open_to_all)


@pytest.mark.usefixtures("network")
def test_an_article_that_is_published_in_between_does_not_fail() -> None:
    """Lists that differ are compared once more."""
    edits: list[Callable[[Any], None]] = [another_order]

    def once(answer: Answer) -> Answer:
        return edited(edits.pop())(answer) if edits else answer

    assert "the network's query, as article 22 shows it: 10 ms" in spoiled(only(GRAPHQL, once))


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(("name", "passes"), [("rate-limited", True), ("conflict", False)])
def test_a_preview_may_be_refused_by_what_others_have_submitted(name: str, passes: bool) -> None:
    refused = Answer(429 if passes else 409, json.dumps({"type": f"/problems/{name}"}), 0.01)
    if passes:
        assert f"preview of a submission ({name}): 10 ms" in spoiled(
            only(PREVIEW, lambda _: refused)
        )
    else:
        with pytest.raises(ProbeFailed, match="/problems/conflict"):
            spoiled(only(PREVIEW, lambda _: refused))
