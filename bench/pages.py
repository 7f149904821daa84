"""The page view's part of the budget table (design.md, "Budgets")."""

import random
import sys
import time
from dataclasses import dataclass

from bench import networks
from seealso.reading.page import read_page
from seealso.store.tables import Store
from seealso.tables.articles import Article, article_item, put_articles
from seealso.tables.skips import record_skips

VIEWS = 40


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


def measure_mixed(store: Store, count: int, domains: int) -> list[Row]:
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


def measure_run(store: Store, length: int) -> list[Row]:
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
