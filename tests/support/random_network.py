"""Generated articles, what becomes of them, and page views compared with the oracle."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest

from seealso.limits import MAX_ID
from seealso.reading.page import list_domain, read_page, read_related
from seealso.store.tables import Store
from seealso.tables.articles import Article, import_articles, put_articles
from seealso.tables.skips import record_skips
from tests.support import oracle

LOWEST, HIGHEST = 1, 2**31 - 1
# Lengths of same-domain runs: about the windows of pages.py and the shortest run recorded.
RUNS = (1, 1, 1, 2, 3, 8, 24, 26, 30, 63, 64, 65, 90, 129, 131, 200)
BATCH = 100


@dataclass
class RandomNetwork:
    """Articles in a store, and the same in a dict."""

    store: Store
    random: Random
    domains: list[int]
    model: dict[int, Article] = field(default_factory=dict)
    writes: int = 0

    def put(self, articles: Sequence[Article]) -> None:
        """Write articles over what is there."""
        for start in range(0, len(articles), BATCH):
            batch = articles[start : start + BATCH]
            changes = [
                (
                    replace(each, version=was.version + 1 if was else 1),
                    was,
                )
                for each in batch
                for was in [self.model.get(each.id)]
            ]
            assert put_articles(self.store, changes) == [None] * len(batch)
            self.model |= {shall_be.id: shall_be for shall_be, _ in changes}

    def load(self, articles: Sequence[Article]) -> None:
        """Import articles: what is there keeps its state."""
        new = [each for each in articles if each.id not in self.model]
        counted = import_articles(self.store, articles)
        assert counted == (len(new), len(articles) - len(new))
        for each in articles:
            was = self.model.get(each.id)
            self.model[each.id] = (
                replace(each, state=was.state, version=was.version + 1) if was else each
            )

    def article(self, article_id: int, domain: int | None = None) -> Article:
        """A generated article; every one has another title."""
        rng = self.random
        self.writes += 1
        source = rng.choices(
            [None, article_id, rng.randint(LOWEST, MAX_ID), self.some_id()], [60, 5, 5, 30]
        )[0]
        return Article(
            id=article_id,
            domain=rng.choice(self.domains) if domain is None else domain,
            title=f"Title {self.writes}",
            text=f"Text {self.writes}",
            date="2026-02-25",
            source_id=source,
            state=rng.choices(["published", "draft", "deleted"], [90, 7, 3])[0],
        )

    def some_id(self) -> int:
        """An id that is there, or one beside it, or any."""
        rng = self.random
        if not self.model or rng.random() < 0.03:
            return rng.choice([LOWEST, MAX_ID, rng.randint(LOWEST, MAX_ID)])
        beside = rng.choices([0, -1, 1], [90, 5, 5])[0]
        return min(max(rng.choice(list(self.model)) + beside, LOWEST), MAX_ID)

    def change(self) -> None:
        """Something that an editor, an import or the job does."""
        rng = self.random
        there = list(self.model.values())
        some = rng.sample(there, min(len(there), rng.choice([1, 1, 2, 10])))
        match rng.choice(["add", "add", "hide", "publish", "move", "load", "record"]):
            case "add":
                self.put([self.article(each) for each in {self.some_id() for _ in range(3)}])
            case "hide":
                state = rng.choice(["draft", "deleted"])
                self.put([replace(each, state=state) for each in some])
            case "publish":
                self.put([replace(each, state="published") for each in some])
            case "move":
                self.put([replace(each, domain=rng.choice(self.domains)) for each in some])
            case "load":
                ids = {each.id for each in some} | {self.some_id() for _ in range(3)}
                self.load([replace(self.article(each), state="published") for each in sorted(ids)])
            case "record":
                record_skips(self.store, sleep=lambda _: None)

    def check_page(self) -> None:
        """Compare a page view and the lists of some article, with hints of every kind."""
        rng = self.random
        article_id = self.some_id()
        self.check_page_of(article_id)
        assert read_related(self.store, article_id) == oracle.related(self.model, article_id)
        listing = (
            rng.choice(self.domains),
            rng.choice([1, 2, 20, 100]),
            rng.choice([None, self.some_id()]),
        )
        assert list_domain(self.store, *listing) == oracle.domain_list(self.model, *listing)

    def check_page_of(self, article_id: int) -> None:
        """Compare the page view of one article."""
        rng = self.random
        there = self.model.get(article_id)
        domain_hint = rng.choice(
            [None, rng.choice(self.domains), 0, *([there.domain] * 2 if there else [])]
        )
        source_hint = rng.choice(
            [None, 0, self.some_id(), article_id, *([there.source_id] * 2 if there else [])]
        )
        shown = read_page(self.store, article_id, domain_hint, source_hint)
        assert shown == oracle.page(self.model, article_id), (article_id, domain_hint, source_hint)


def make_random_network(store: Store, seed: int, articles: int) -> RandomNetwork:
    """A network with runs of all lengths; sparse or dense, at either end or not."""
    rng = Random(seed)
    domain_count = rng.choice([1, 2, 2, 3, 3, 40])
    network = RandomNetwork(store, rng, rng.sample(range(50), domain_count))
    domains: list[int] = []
    while len(domains) < articles:
        domains += [rng.choice(network.domains)] * rng.choice(RUNS)
    del domains[articles:]
    # Leaving room at the top for the highest id.
    step = rng.choice([1, 1, 2, 50, MAX_ID // articles - 1])
    article_id = rng.choice([LOWEST, 1000, MAX_ID - articles * step])
    made: list[Article] = []
    for domain in domains:
        made.append(network.article(article_id, domain))
        article_id += rng.randint(1, step)
    if rng.random() < 0.5:
        made[-1] = replace(made[-1], id=MAX_ID)
    rng.shuffle(made)
    network.put(made)
    return network


def seeds(numbers: range, quick: int) -> list[Any]:
    """Parameters of a test; all but the first `quick` are left out of `make test-fast`."""
    return [
        *numbers[:quick],
        *(pytest.param(seed, marks=pytest.mark.slow) for seed in numbers[quick:]),
    ]
