"""The cost of the web clients' query for a page view, and its CPU time relative to GET."""

import io
import json
import os
import random
import statistics
import time
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from typing import Any

from bench import networks
from bench.pages import Row
from local.paths import ROOT
from seealso.store.tables import Store, reset_store
from seealso.tables.articles import Article, article_item, put_articles
from seealso.tables.skips import record_skips
from tests.support import environment, events, functions, tables

HEADING = "## GraphQL"
BUDGET = (3, 1, 2.0)  # requests, round trips, read units
RUN_BUDGET = (6, 3, 5.0)
SIZES = (1_000, 10_000, 100_000)
DOMAINS = 5
RUN = 100_000
VIEWS = 40
BLOCKS, BLOCK = 21, 40
QUERY = (ROOT / "data/page.graphql").read_text("utf-8")

_TEXT = """
The query that web clients send (data/page.graphql), with everything included, through the function:
the most expensive of {views} each. The article and its source have items of 4 KB.

| query | articles | domains | requests | round trips | read units | budget | holds |
|---|---:|---:|---:|---:|---:|---|---|
{rows}
The function's own work, from event to response and log line, for the same article and hints:
process CPU time, median of {blocks} interleaved blocks of {block}.

| | CPU ms | relative to GET |
|---|---:|---:|
| `GET /articles/{{id}}`, domain and source known | {get:.2f} | 1 |
| the query, its document seen before | {warm:.2f} | {ratio:.2f} |
| the query, its document new | {new:.2f} | {new_ratio:.2f} |
"""


def report(store: Store) -> tuple[str, bool]:
    """This part of docs/benchmarks.md, from measurements on empty tables; and if budgets hold."""
    rows: list[Row] = []
    endpoint = store.client.endpoint
    for size in SIZES:
        mixed = tables.make_store(endpoint)
        rows += _mixed(mixed, size)
        if size < SIZES[-1]:
            tables.drop(mixed)
    get, warm, new = _cpu(mixed)
    tables.drop(mixed)
    rows += _in_a_run(store)
    text = _TEXT.format(
        views=VIEWS,
        rows="".join(row.line() for row in rows),
        blocks=BLOCKS,
        block=BLOCK,
        get=statistics.median(get),
        warm=statistics.median(warm),
        ratio=_ratio(warm, get),
        new=statistics.median(new),
        new_ratio=_ratio(new, get),
    )
    return f"{HEADING}\n{text}", all(row.holds() for row in rows)


def _mixed(store: Store, size: int) -> list[Row]:
    articles = list(networks.mixed(size, DOMAINS))
    pages = _written(store, articles, random.Random(2).sample(articles[size // 10 :], VIEWS))
    ids = {article.id for article in articles}
    network = size, DOMAINS
    return [
        _most_expensive(store, "unchanged", network, map(_variables, pages), BUDGET),
        _most_expensive(
            store,
            "a foreign domain",
            network,
            (_variables(page) | {"domain": (page.domain + 1) % DOMAINS} for page in pages),
            BUDGET,
        ),
        _most_expensive(
            store,
            "an id that does not exist",
            network,
            (_variables(page) | {"id": page.id + 1} for page in pages if page.id + 1 not in ids),
            BUDGET,
        ),
    ]


def _in_a_run(store: Store) -> list[Row]:
    articles = networks.with_run(RUN)
    run = sorted(
        (article for article in articles if article.domain == 99), key=lambda article: article.id
    )
    chosen = [run[-1], *random.Random(3).sample(run[RUN // 2 :], VIEWS - 1)]
    pages = _written(store, articles, chosen)
    record_skips(store, sleep=lambda _: None)
    network = len(articles), len({article.domain for article in articles})
    absent = (_variables(page) | {"id": page.id + 1} for page in pages)
    return [
        _most_expensive(
            store, "in a skip range of its domain", network, map(_variables, pages), RUN_BUDGET
        ),
        _most_expensive(
            store, "in a skip range, an id that may not exist", network, absent, RUN_BUDGET
        ),
    ]


def _written(store: Store, articles: list[Article], chosen: list[Article]) -> list[Article]:
    """Writes the articles, and the chosen ones with 4 KB and a source of 4 KB: the chosen ones."""
    networks.write(store, store.articles, map(article_item, articles))
    source = articles[0]
    pages = [networks.of_4_kb(article, source.id) for article in chosen]
    put_articles(store, [*zip(pages, chosen, strict=True)])
    put_articles(store, [(networks.of_4_kb(source, None), source)])
    return pages


def _variables(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "domain": article.domain,
        "srcId": article.source_id,
        "hasSrc": True,
        "hasSelf": True,
    }


def _most_expensive(
    store: Store,
    name: str,
    size: tuple[int, int],
    views: Iterable[dict[str, Any]],
    budget: tuple[int, int, float],
) -> Row:
    """The most expensive of some queries; `size` is the number of articles and of domains."""
    requests, round_trips, units = 0, 0, 0.0
    _use(store)
    with redirect_stdout(io.StringIO()):  # the function's log lines
        for variables in views:
            cost = _checked_body(_post(QUERY, variables))["extensions"]["cost"]
            requests = max(requests, cost["requests"])
            round_trips = max(round_trips, cost["round_trips"])
            units = max(units, cost["read_units"])
    return Row(name, *size, requests, round_trips, units, budget)


def _use(store: Store) -> None:
    """Lets the functions reach the store's tables."""
    os.environ |= environment.variables(store)
    reset_store()


def _post(query: str, variables: dict[str, Any]) -> events.Event:
    body = {"query": query, "variables": variables, "extensions": {"cost": True}}
    headers = {"Content-Type": "application/json"}
    return events.event("POST /graphql", headers=headers, body=json.dumps(body))


def _checked_body(event: events.Event) -> Any:
    response = functions.handler("graphql")(event, None)
    body = json.loads(response["body"])
    assert len(body["data"]["linksbottom"]) == 3, body
    return body


# ---- CPU -------------------------------------------------------------------------------------


def _cpu(store: Store) -> tuple[list[float], list[float], list[float]]:
    """CPU time in ms of GET, of the query, and of a query that is new each time, for each block."""
    article = list(networks.mixed(SIZES[-1], DOMAINS))[-1]
    source = next(networks.mixed(1, DOMAINS))
    (page,) = _written(store, [source, article], [article])
    get_event = events.event(
        "GET /articles/{id}", {"id": str(page.id)}, f"domain={page.domain}&source={page.source_id}"
    )
    variables = _variables(page)
    _use(store)
    get_article, graphql = functions.handler("get_article"), functions.handler("graphql")
    numbers = iter(range(BLOCK * (BLOCKS + 1)))
    kinds: list[Callable[[], tuple[Any, events.Event]]] = [
        lambda: (get_article, get_event),
        lambda: (graphql, _post(QUERY, variables)),
        lambda: (graphql, _post(f"{QUERY}# {next(numbers)}", variables)),
    ]
    samples: list[list[float]] = [[], [], []]
    with redirect_stdout(io.StringIO()):
        for _ in range(BLOCKS + 1):
            for kind, sample in zip(kinds, samples, strict=True):
                requests = [kind() for _ in range(BLOCK)]
                started = time.process_time()
                responses = [handler(event, None) for handler, event in requests]
                sample.append((time.process_time() - started) * 1000 / BLOCK)
                assert {response["statusCode"] for response in responses} == {200}
    # Without the first block, which opens the connections and reads the site's policy.
    get, warm, new = (sample[1:] for sample in samples)
    return get, warm, new


def _ratio(these: list[float], those: list[float]) -> float:
    return statistics.median(this / that for this, that in zip(these, those, strict=True))
