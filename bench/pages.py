"""What page views cost the store in networks of different sizes (design.md, "Budgets")."""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import networks, plots
from bench.goals import Part
from local import dynamodb_local
from local.paths import ROOT
from seealso.reading.page import read_page
from seealso.store.tables import Store
from seealso.tables.articles import Article, article_item, put_articles
from seealso.tables.skips import record_skips
from tests.support.tables import make_store

HEADING = "## Reads of a page view\n"
VIEWS = 40
RUN = 100_000
DOMAINS = (5, 1_000)

_TEXT = """
On DynamoDB Local, whose read units are those of AWS. Each row shows the most expensive of {views}
page views. The article and its source have items of 4 KB, titles about 60 characters; the page has
five links. Budgets (requests, round trips, read units) are those of design.md, "Budgets"; the
site's policy is in the container's cache, as it is for all but one view in 50 s (which costs 0.5
units more, and no request).

| page view | articles | domains | requests | round trips | read units | budget | holds |
|---|---:|---:|---:|---:|---:|---|---|
{rows}
![Read units and round trips of a page view by the number of articles](images/bench-growth.svg)
"""


@dataclass(frozen=True)
class Row:
    """The most expensive of some page views or queries, and their budget."""

    name: str
    articles: int
    domains: int
    requests: int
    round_trips: int
    units: float
    budget: tuple[int, int, float]

    def holds(self) -> bool:
        return all(
            measured <= allowed
            for measured, allowed in zip(
                (self.requests, self.round_trips, self.units), self.budget, strict=True
            )
        )

    def line(self) -> str:
        """The row of the Markdown table."""
        requests, round_trips, units = self.budget
        return (
            f"| {self.name} | {self.articles:,} | {self.domains:,} "
            f"| {self.requests} | {self.round_trips} | {self.units:g} "
            f"| {requests}, {round_trips}, {units:g} "
            f"| {'yes' if self.holds() else '**no**'} |\n"
        )


def report() -> Part:
    """This part of docs/benchmarks.md."""
    sizes = [1_000, 10_000, 100_000]
    if os.environ.get("FULL") == "1":
        sizes.append(1_000_000)
    rows: list[Row] = []
    for size in sizes:
        for domains in DOMAINS:
            measure = partial(_measure_mixed, count=size, domains=domains)
            # On disk, in the folder of TMPDIR: in memory it would need several GB.
            rows += _measured(measure, on_disk=size > 100_000)
    _plot_growth(rows)
    rows += _measured(partial(_measure_run, length=RUN))
    text = _TEXT.format(views=VIEWS, rows="".join(row.line() for row in rows))
    return Part(HEADING + text, all(row.holds() for row in rows))


def _measured(measure: Callable[[Store], list[Row]], *, on_disk: bool = False) -> list[Row]:
    """Measures on an engine of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        dynamodb_local.running(Path(folder), on_disk=on_disk) as endpoint,
    ):
        return measure(make_store(endpoint))


def _plot_growth(rows: list[Row]) -> None:
    most_domains = [row for row in rows if row.domains == DOMAINS[-1]]
    all_known, only_id = most_domains[::2], most_domains[1::2]
    plots.write_lines(
        ROOT / "docs/images/bench-growth.svg",
        f"A page view by the number of articles ({DOMAINS[-1]:,} domains)",
        [
            plots.Line("read units", [(row.articles, row.units) for row in only_id], 2.5),
            plots.Line(
                "round trips, all known", [(row.articles, row.round_trips) for row in all_known], 1
            ),
        ],
        "articles",
    )


def _measure_mixed(store: Store, count: int, domains: int) -> list[Row]:
    """Page views over a mixed network."""
    articles = list(networks.mixed(count, domains))
    _write(store, f"{count:,} articles, {domains:,} domains", articles)
    viewed = random.Random(2).sample(articles[count // 10 :], VIEWS)
    changes = []
    for article in viewed:
        source = articles[random.Random(article.id).randrange(count // 10)]
        changes += [(article, source.id), (source, None)]
    changed = {article.id: networks.of_4_kb(article, source_id) for article, source_id in changes}
    before = {article.id: article for article in articles}
    put_articles(store, [(article, before[article.id]) for article in changed.values()])
    networks.write_links(store, [article.id for article in viewed])
    pages = [changed[article.id] for article in viewed]
    return [
        _most_expensive(
            store, "id, domain and source known", count, domains, pages, True, (3, 1, 2.5)
        ),
        _most_expensive(store, "only the id known", count, domains, pages, False, (4, 2, 2.5)),
    ]


def _measure_run(store: Store, length: int) -> list[Row]:
    """Page views in and just above a long run of one domain, after the daily job."""
    articles = networks.with_run(length)
    _write(store, f"a run of {length:,}", articles)
    started = time.monotonic()
    print(f"  {record_skips(store, sleep=lambda _: None)}", end="", file=sys.stderr)
    print(f" {time.monotonic() - started:.0f} s", file=sys.stderr)
    run = sorted((article for article in articles if article.domain == 99), key=lambda a: a.id)
    viewed = [run[-1], *random.Random(3).sample(run[length // 2 :], VIEWS - 1)]
    pages = [networks.of_4_kb(article, run[0].id) for article in viewed]
    put_articles(store, list(zip(pages, viewed, strict=True)))
    networks.write_links(store, [article.id for article in viewed])
    return [
        _most_expensive(
            store, "in a skip range, all known", len(articles), 11, pages, True, (6, 3, 5)
        ),
        _most_expensive(
            store, "in a skip range, only the id known", len(articles), 11, pages, False, (7, 4, 5)
        ),
    ]


def _most_expensive(
    store: Store,
    name: str,
    count: int,
    domains: int,
    pages: list[Article],
    hints: bool,
    budget: tuple[int, int, float],
) -> Row:
    requests, round_trips, units = 0, 0, 0.0
    for article in pages:
        # A container reads the site once in 50 s; a warm one has it cached.
        read_page(store, article.id)
        usage = store.client.start()
        page = (
            read_page(store, article.id, article.domain, article.source_id or 0)
            if hints
            else read_page(store, article.id)
        )
        assert page is not None
        assert len(page["other_domains"]) == 3
        requests = max(requests, usage.requests)
        round_trips = max(round_trips, usage.round_trips)
        units = max(units, usage.read_units)
    return Row(name, count, domains, requests, round_trips, units, budget)


def _write(store: Store, name: str, articles: list[Article]) -> None:
    started = time.monotonic()
    networks.write(store, store.articles, map(article_item, articles))
    seconds = time.monotonic() - started
    rate = len(articles) / seconds
    print(f"{name}: written in {seconds:.0f} s, {rate:,.0f} articles/s", file=sys.stderr)
