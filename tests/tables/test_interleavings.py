"""Long same-domain runs under chosen interleavings of writers and jobs, with crashes.

Writers and jobs take turns at every call to the store, in an order drawn from the seed, and some
of them are killed at a call. Transactions become visible item by item. After every single call,
page views must be the oracle's, and active records true and apart. Runs, windows and pages are
made small, so that a few dozen articles have many records.

Time is simulated as the protocol assumes it (skips.py): the job's wait ends no sooner than every
write that was under way when it began.
"""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from seealso.reading import page
from seealso.store import client as store_client
from seealso.store.tables import Store
from seealso.store.values import unmarshal_item
from seealso.tables import articles, indexes, skips
from seealso.tables.articles import Article
from tests.support import oracle
from tests.support.fake_client import Database, fake_store

IDS = 60


class Killed(BaseException):
    """An actor's process ends here."""


class Actor:
    """A writer or a job in a thread that runs only when it is given a turn."""

    def __init__(self, work: Callable[["Actor"], None], killed_at: int | None) -> None:
        self.calls = 0
        self.killed_at = killed_at
        self.operations = 0  # begun and ended: odd while one is under way
        self.ready: Callable[[], bool] = lambda: True
        self.ended = False
        self.failure: BaseException | None = None
        self._mine = threading.Semaphore(0)
        self._theirs = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(work,))
        self._thread.start()

    def _run(self, work: Callable[["Actor"], None]) -> None:
        self._mine.acquire()
        try:
            work(self)
        except Killed:
            pass
        except BaseException as failure:  # noqa: BLE001 it is raised in the test's thread
            self.failure = failure
        self.ended = True
        self._theirs.release()

    def step(self) -> None:
        """Let it go on to its next call, or to its end."""
        self._mine.release()
        self._theirs.acquire()
        if self.ended:
            self._thread.join()
        if self.failure is not None:
            raise self.failure

    def turn(self) -> None:
        """Called in its thread before each of its calls: let others go first."""
        self.calls += 1
        self.pause()
        if self.killed_at is not None and self.calls >= self.killed_at:
            raise Killed

    def pause(self) -> None:
        """Called in its thread within a transaction, which ends even if the caller is killed."""
        self._theirs.release()
        self._mine.acquire()

    def kill(self) -> None:
        """End it at its next call, whatever else happens."""
        self.killed_at = 0
        while not self.ended:
            with contextlib.suppress(Exception):
                self.step()

    def is_me(self) -> bool:
        return self._thread is threading.current_thread()


def play(seed: int) -> None:
    """One history: some writers and jobs at once over the same articles."""
    rng = Random(seed)
    database = Database({"ArticlesTable": 10, "SkipsTable": rng.choice([1, 2, 5, 1000])})
    truth = fake_store(database)
    domains = rng.choice([[1, 2], [1, 1, 1, 2], [1, 2, 3]])
    dense = rng.sample(range(1, IDS), rng.choice([20, 45, IDS - 1]))
    main = rng.choice(domains)
    articles.put_articles(
        truth,
        [
            (_article(each, main if rng.random() < 0.95 else rng.choice(domains)), None)
            for each in dense
        ],
    )
    for _ in range(rng.choice([0, 1, 1, 2])):
        skips.record_skips(truth, sleep=lambda _: None)

    actors: list[Actor] = []

    def under_way() -> list[tuple[Actor, int]]:
        return [(actor, actor.operations) for actor in actors if actor.operations % 2]

    def job(actor: Actor) -> None:
        def sleep(_: float) -> None:
            writing = under_way()
            actor.ready = lambda: all(
                each.operations != operation or each.ended for each, operation in writing
            )
            actor.turn()
            actor.ready = lambda: True

        skips.record_skips(fake_store(database, actor.turn), sleep)

    def writer(actor: Actor) -> None:
        store = fake_store(database, actor.turn)
        own = Random(f"{seed} {actors.index(actor)}")
        for _ in range(own.choice([1, 2, 4])):
            ids = own.sample(range(1, IDS), own.choice([1, 1, 2, 5]))
            actor.operations += 1
            if own.random() < 0.3:
                articles.import_articles(store, [_article(e, own.choice(domains)) for e in ids])
            else:
                _edit(store, truth, own, ids, domains)
            actor.operations += 1

    for work in [job] * rng.choice([1, 1, 2]) + [writer] * rng.choice([1, 2, 3]):
        killed_at = rng.randint(1, 25) if rng.random() < 0.3 else None
        actors.append(Actor(work, killed_at))
    database.between_items = lambda: next(each for each in actors if each.is_me()).pause()
    try:
        while going := [actor for actor in actors if not actor.ended and actor.ready()]:
            rng.choice(going).step()
            _check(database, truth, rng)
        assert all(actor.ended for actor in actors)
    finally:
        for actor in actors:
            actor.kill()
    database.between_items = lambda: None
    skips.record_skips(truth, sleep=lambda _: None)
    model = _model(database)
    for article_id in model:
        _check_page(database, truth, article_id, model)
    records = sorted(_records(database))
    assert all(below.proposed < above.lo for below, above in pairwise(records))


def _article(article_id: int, domain: int) -> Article:
    return Article(article_id, domain, f"Title {article_id}", "", "2026-02-25")


def _edit(store: Store, truth: Store, rng: Random, ids: list[int], domains: list[int]) -> None:
    """Move, hide, show or add articles, as an editor who has just looked at them."""
    # The look itself is no turn: which version an editor saw makes no difference to records.
    was = {each: articles.get_article(truth, each) for each in ids}
    changes: list[tuple[Article, Article | None]] = [
        (
            replace(
                there or _article(each, 0),
                domain=rng.choice(domains),
                state=rng.choice(["published", "published", "draft", "deleted"]),
                version=there.version + 1 if there else 1,
            ),
            there,
        )
        for each, there in was.items()
    ]
    articles.put_articles(store, changes)


def _model(database: Database) -> dict[int, Article]:
    items = database.tables["ArticlesTable"].items.values()
    return {each.id: each for each in (articles.article_of(unmarshal_item(item)) for item in items)}


def _records(database: Database) -> list[skips.SkipRange]:
    items = database.tables["SkipsTable"].items.values()
    return [
        skips._skip_range(item)
        for item in map(unmarshal_item, items)
        if item["partition"] == "skips"
    ]


def _check(database: Database, truth: Store, rng: Random) -> None:
    model = _model(database)
    for run in _records(database):
        foreign_articles = [
            each.id
            for lo, hi in skips.skippable_ranges(run)
            for each in model.values()
            if lo <= each.id <= hi and each.state == "published" and each.domain != run.domain
        ]
        assert not foreign_articles, f"{run} has {foreign_articles} of other domains"
    _check_page(database, truth, rng.randint(1, IDS), model)


def _check_page(
    database: Database, truth: Store, article_id: int, model: dict[int, Article]
) -> None:
    between_items, database.between_items = database.between_items, lambda: None
    shown = page.read_page(truth, article_id)
    database.between_items = between_items
    assert shown == oracle.page(model, article_id)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skips, "MIN_SKIP", 3)
    monkeypatch.setattr(page, "WINDOW", 3)
    monkeypatch.setattr(indexes, "_FURTHER_WINDOW", 9)
    monkeypatch.setattr(indexes, "_RECORDS_READ", 3)
    monkeypatch.setattr(store_client, "BACKOFF_SECONDS", 0.0)


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_no_interleaving_gives_a_wrong_page(first: int) -> None:
    for seed in range(first, first + 50):
        try:
            play(seed)
        except Exception as failure:
            failure.add_note(f"seed {seed}")
            raise
