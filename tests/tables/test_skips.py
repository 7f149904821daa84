"""Long same-domain runs on the engines: right at every moment, and within their budget after it.

Chosen interleavings, in process and by the hundred, are in test_interleavings.py.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from seealso.reading import page
from seealso.store.calls import Call
from seealso.store.tables import Store
from seealso.tables import articles, skips
from seealso.tables.articles import Article, put_articles
from seealso.tables.skips import record_skips
from tests.support import engines, oracle
from tests.support.interception import Killed, killed_at, watched
from tests.support.races import in_thread
from tests.support.tables import another

# moto sorts and copies all articles at each query: minutes here. In process, see above.
pytestmark = pytest.mark.parametrize(
    "store", engines.params(only_long=engines.OTHERS, never=["moto"]), indirect=True
)

type Articles = dict[int, Article]

# Of the page view of an article above a long run (design.md, "Budgets").
MORE_REQUESTS, MORE_ROUND_TRIPS, READ_UNITS = 4, 2, 12.0
REQUESTS, ROUND_TRIPS = 3, 1


def article(article_id: int, domain: int) -> Article:
    title = f"Article {article_id} of domain {domain}".ljust(60, ".")
    return Article(article_id, domain, title, "Text", "2026-02-25")


def made(*stretches: tuple[range, int]) -> Articles:
    return {each: article(each, domain) for ids, domain in stretches for each in ids}


def load(store: Store, model: Articles) -> None:
    """Write new articles by four writers at once, in no order."""
    shuffled = list(model.values())
    Random(len(model)).shuffle(shuffled)
    with ExitStack() as stack:
        for writer in range(4):
            own = another(store)
            stack.callback(own.client.close)
            mine = shuffled[writer::4]
            stack.enter_context(in_thread(_put_all, own, mine))


def _put_all(store: Store, new: list[Article]) -> None:
    for start in range(0, len(new), 32):
        batch = new[start : start + 32]
        assert put_articles(store, [(each, None) for each in batch]) == [None] * len(batch)


def at_once(_: float) -> None:
    """No wait: nobody writes meanwhile, and the engines' indexes do not lag."""


def records(store: Store) -> list[skips.SkipRange]:
    return skips._records(store, 1, 2**31 - 1)


def check_records(store: Store, model: Articles) -> None:
    """Records are apart, and what readers rely on is true."""
    found = records(store)
    assert all(below.proposed < above.lo for below, above in pairwise(found)), found
    for run in found:
        foreign_articles = [
            each.id
            for lo, hi in skips.skippable_ranges(run)
            for each in model.values()
            if lo <= each.id <= hi and each.state == "published" and each.domain != run.domain
        ]
        assert not foreign_articles, run


def check_pages(store: Store, model: Articles, *ids: int) -> None:
    for article_id in ids:
        assert page.read_page(store, article_id) == oracle.page(model, article_id), article_id


def check_budget(store: Store, model: Articles, article_id: int) -> None:
    """The budget of a page view with id, domain and source known, above a long run."""
    domain = model[article_id].domain
    own = another(store)
    with closing(own.client):
        usage = own.client.start()
        shown = page.read_page(own, article_id, domain, 0)
    assert shown == oracle.page(model, article_id)
    assert usage.requests <= REQUESTS + MORE_REQUESTS, usage
    assert usage.round_trips <= ROUND_TRIPS + MORE_ROUND_TRIPS, usage
    assert usage.read_units <= READ_UNITS, usage


# ---- the budget ------------------------------------------------------------------------------

# Domain 7 is the reader's; the highest id is read. Between and below its runs are others.
SHAPES = {
    "one run": made((range(1, 40), 3), (range(101, 1001), 7)),
    "nothing below": made((range(101, 1001), 7)),
    "runs just too short below": made(
        (range(1, 64), 7),
        (range(70, 71), 3),
        (range(100, 163), 7),
        (range(170, 171), 3),
        (range(200, 263), 7),
        (range(270, 271), 3),
        (range(301, 1001), 7),
    ),
    "one of another domain between runs": made(
        (range(1, 40), 3),
        (range(101, 200), 7),
        (range(200, 201), 3),
        (range(201, 400), 7),
        (range(400, 401), 4),
        (range(401, 600), 7),
        (range(600, 601), 5),
        (range(601, 1001), 7),
    ),
    "long runs of others between runs": made(
        (range(1, 200), 3),
        (range(201, 400), 7),
        (range(401, 600), 3),
        (range(601, 800), 7),
        (range(801, 900), 4),
        (range(901, 1001), 7),
    ),
    "two long runs of each, taking turns": made(
        *((range(start, start + 100), 7 - start // 100 % 2) for start in range(100, 1000, 100)),
        (range(1000, 1001), 7),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_page_above_long_runs_keeps_its_budget(store: Store, shape: str) -> None:
    model = SHAPES[shape]
    load(store, model)
    record_skips(store, at_once)
    check_records(store, model)
    for article_id in sorted(model)[-1:-30:-10]:
        check_budget(store, model, article_id)


def test_the_job_reads_a_timeline_of_several_pages(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(skips, "TIMELINE_PAGE", 50)
    model = made((range(1, 10), 3), (range(101, 401), 7))
    load(store, model)
    assert record_skips(store, at_once).activated == 1
    check_records(store, model)
    check_budget(store, model, 400)


def test_a_run_that_grew_between_jobs_keeps_its_budget(store: Store) -> None:
    model = made((range(1, 10), 3), (range(101, 301), 7))
    load(store, model)
    record_skips(store, at_once)
    for start in range(301, 801, 100):
        more = made((range(start, start + 100), 7))
        load(store, more)
        model |= more
        record_skips(store, at_once)
    assert len(records(store)) == 1
    check_budget(store, model, 800)


def test_the_next_job_closes_holes_of_moved_articles(store: Store) -> None:
    model = made((range(1, 10), 3), (range(101, 1001), 7))
    load(store, model)
    record_skips(store, at_once)
    foreign_articles = {each: article(each, 4) for each in (300, 500, 501, 700, 850, 900)}
    was = {each: model[each] for each in foreign_articles}
    moved = {each: replace(foreign_articles[each], version=2) for each in foreign_articles}
    assert put_articles(store, [(moved[each], was[each]) for each in moved]) == [None] * 6
    model |= moved
    check_pages(store, model, 1000, 901, 851, 502, 300)
    back = {each: replace(was[each], version=3) for each in was}
    assert put_articles(store, [(back[each], moved[each]) for each in back]) == [None] * 6
    model |= back
    check_pages(store, model, 1000, 901, 851, 502, 300)
    for _ in range(2):
        record_skips(store, at_once)
    check_records(store, model)
    check_budget(store, model, 1000)


# ---- at every moment -------------------------------------------------------------------------


def test_pages_are_right_between_all_calls_of_the_job(store: Store) -> None:
    model = SHAPES["one of another domain between runs"]
    load(store, model)

    def look(_: Call) -> None:
        check_pages(store, model, 1000, 601)

    with closing(watched(store, look).client) as client:
        record_skips(
            Store(
                client,
                store.articles,
                store.links,
                store.sites,
                store.skips,
                store.audit,
                store.transient,
            ),
            at_once,
        )
    check_budget(store, model, 1000)


def test_a_job_killed_at_any_call_leaves_what_the_next_one_can_use(store: Store) -> None:
    model = SHAPES["one of another domain between runs"]
    load(store, model)
    for step in range(200):
        with closing(killed_at(store, step).client) as client:
            job = Store(
                client,
                store.articles,
                store.links,
                store.sites,
                store.skips,
                store.audit,
                store.transient,
            )
            try:
                record_skips(job, at_once)
                break
            except Killed:
                pass
        check_pages(store, model, 1000, 601)
        check_records(store, model)
        if step % 3 == 2:
            # Something for the next job to do.
            foreign = article(610 + step, 5)
            was = model[foreign.id]
            foreign = replace(foreign, version=was.version + 1)
            assert put_articles(store, [(foreign, was)]) == [None]
            model = model | {foreign.id: foreign}
    else:
        raise AssertionError("the job never came to its end")
    check_records(store, model)
    check_budget(store, model, 1000)


def test_proposals_of_a_killed_job_are_taken_up(store: Store) -> None:
    model = SHAPES["one run"]
    load(store, model)

    def killed(_: float) -> None:
        raise Killed

    with pytest.raises(Killed):
        record_skips(store, killed)
    assert [(run.lo, run.hi, run.proposed) for run in records(store)] == [(101, 100, 1000)]
    waits: list[float] = []
    report = record_skips(store, waits.append)
    assert (report.proposed, report.activated) == (0, 1)
    assert waits == [skips.WAIT_SECONDS]
    check_budget(store, model, 1000)


def test_a_job_with_nothing_new_does_not_wait(store: Store) -> None:
    load(store, SHAPES["one run"])
    record_skips(store, at_once)
    waits: list[float] = []
    report = record_skips(store, waits.append)
    assert report == (0, 0, 0, 0)
    assert not waits


def test_a_job_within_another_jobs_wait_leaves_one_set_of_records(store: Store) -> None:
    model = SHAPES["long runs of others between runs"]
    load(store, model)
    reports: list[skips.JobReport] = []

    def meanwhile(_: float) -> None:
        reports.append(record_skips(store, at_once))

    reports.append(record_skips(store, meanwhile))
    inner, outer = reports
    assert (inner.proposed, inner.activated) == (0, 6)
    assert (outer.proposed, outer.activated) == (6, 0)
    check_records(store, model)
    check_budget(store, model, 1000)


def test_a_job_that_another_one_overtook_proposes_nothing(store: Store) -> None:
    model = SHAPES["one run"]
    load(store, model)
    overtaken = False

    def overtake(call: Call) -> None:
        nonlocal overtaken
        if call.operation == "TransactWriteItems" and not overtaken:
            overtaken = True
            record_skips(store, at_once)

    with closing(watched(store, overtake).client) as client:
        job = Store(
            client,
            store.articles,
            store.links,
            store.sites,
            store.skips,
            store.audit,
            store.transient,
        )
        assert record_skips(job, at_once).proposed == 0
    check_records(store, model)
    check_budget(store, model, 1000)


@pytest.mark.parametrize("moment", ["before the proposal", "during the wait", "after the job"])
def test_a_foreign_article_within_a_range_is_shown(store: Store, moment: str) -> None:
    model = SHAPES["one run"]
    load(store, model)
    foreign = article(500, 5)

    def write() -> None:
        moved = replace(foreign, version=2)
        assert put_articles(other, [(moved, model[500])]) == [None]

    def before(call: Call) -> None:
        if moment == "before the proposal" and call.operation == "TransactWriteItems":
            other.client.close()
            if articles.get_article(other, 500) == model[500]:
                write()

    def during(_: float) -> None:
        if moment == "during the wait":
            write()

    other = another(store)
    with closing(other.client), closing(watched(store, before).client) as client:
        record_skips(
            Store(
                client,
                store.articles,
                store.links,
                store.sites,
                store.skips,
                store.audit,
                store.transient,
            ),
            during,
        )
        if moment == "after the job":
            write()
    model = model | {500: replace(foreign, version=2)}
    check_records(store, model)
    check_pages(store, model, 1000, 501, 500, 499)


def test_what_is_hidden_within_a_run_takes_nothing_from_its_record(store: Store) -> None:
    model = SHAPES["one run"]
    load(store, model)
    record_skips(store, at_once)
    before = records(store)
    hidden = [replace(model[each], state="draft", version=2) for each in (500, 600)]
    put_articles(store, [(each, model[each.id]) for each in hidden])
    strange_draft = replace(article(5000, 3), state="draft")
    put_articles(store, [(strange_draft, None), (replace(article(50, 7), id=700_000), None)])
    assert records(store) == before


def test_a_writer_that_was_too_slow_makes_way_afterwards(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = SHAPES["one run"]
    load(store, model)
    monkeypatch.setattr(skips, "WRITE_SECONDS", 0.0)

    def the_job_first(call: Call) -> None:
        if call.operation == "PutItem":
            # As if it had all happened between the writer's look at the records and this write.
            record_skips(store, at_once)

    with closing(watched(store, the_job_first).client) as client:
        slow = Store(
            client,
            store.articles,
            store.links,
            store.sites,
            store.skips,
            store.audit,
            store.transient,
        )
        foreign = replace(article(500, 5), version=2)
        assert put_articles(slow, [(foreign, model[500])]) == [None]
    model = model | {500: foreign}
    check_records(store, model)
    check_pages(store, model, 1000, 501)


class Writing:
    """Which writes are under way, for a job's wait that is as short as may be."""

    def __init__(self) -> None:
        self._under_way: set[object] = set()
        self.done = threading.Event()

    @contextmanager
    def one(self) -> Iterator[None]:
        token = object()
        self._under_way.add(token)
        try:
            yield
        finally:
            self._under_way.discard(token)

    def wait(self, _: float) -> None:
        before = set(self._under_way)
        while before & set(self._under_way):
            time.sleep(0.002)


def test_writers_and_jobs_that_race_leave_true_records(store: Store) -> None:
    """Three writers within the runs, two jobs, a reader: what nobody touches is always shown."""
    untouched = made((range(3, 1000, 180), 3))
    model = made((range(1, 600), 7), (range(600, 610), 4), (range(610, 1001), 7)) | untouched
    load(store, model)
    writing = Writing()

    def write(number: int) -> None:
        rng = Random(number)
        own = another(store)
        with closing(own.client):
            for _ in range(12):
                # Each has ids of its own, so that what it last wrote is what is there.
                ids = {rng.randrange(300) * 3 + number + 1 for _ in range(rng.choice([1, 2, 8]))}
                changes = []
                for each in ids - untouched.keys():
                    was = model.get(each)
                    domain = rng.choice([7, 7, 7, 5])
                    shall_be = replace(
                        article(each, domain),
                        version=was.version + 1 if was else 1,
                        state=rng.choice(["published", "published", "draft"]),
                    )
                    changes.append((shall_be, was))
                with writing.one():
                    assert put_articles(own, changes) == [None] * len(changes)
                model.update({each.id: each for each, _ in changes})

    def jobs() -> None:
        own = another(store)
        with closing(own.client):
            while not writing.done.is_set():
                record_skips(own, writing.wait)

    def read() -> None:
        own = another(store)
        with closing(own.client):
            while not writing.done.is_set():
                shown = page.read_page(own, 1000)
                assert shown is not None
                ids = [each["id"] for each in shown["other_domains"]]
                assert len(ids) == 3
                assert {each for each in untouched if each > ids[-1]} <= set(ids)

    with in_thread(jobs), in_thread(jobs), in_thread(read):
        try:
            with in_thread(write, 0), in_thread(write, 1), in_thread(write, 2):
                pass
        finally:
            writing.done.set()
    check_records(store, model)
    published = [each.id for each in model.values() if each.state == "published"]
    check_pages(store, model, 1000, *Random(1).sample(published, 20))
    record_skips(store, at_once)
    check_records(store, model)
    check_pages(store, model, 1000, *Random(2).sample(published, 20))


# ---- records ---------------------------------------------------------------------------------


def known(store: Store) -> list[tuple[int, int]]:
    """What readers may step over, the highest range first in each record."""
    return [each for run in records(store) for each in skips.skippable_ranges(run)]


def test_a_foreign_article_makes_a_hole_in_a_record(store: Store) -> None:
    load(store, SHAPES["one run"])
    record_skips(store, at_once)
    skips.exclude_from_skips(store, [(300, 5), (320, 7), (340, 4), (990, 5), (5000, 3)])
    assert known(store) == [(991, 1000), (341, 989), (301, 339), (101, 299)]
    skips.exclude_from_skips(store, [(101, 5), (300, 4), (1000, 5)])
    assert known(store) == [(991, 999), (341, 989), (301, 339), (102, 299)]
    assert len(records(store)) == 1


def test_a_record_that_is_broken_too_often_ends_before(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(store, SHAPES["one run"])
    record_skips(store, at_once)
    monkeypatch.setattr(skips, "MAX_HOLES", 2)
    skips.exclude_from_skips(store, [(500, 5), (700, 5)])
    assert known(store) == [(701, 1000), (501, 699), (101, 499)]
    skips.exclude_from_skips(store, [(300, 5)])
    assert known(store) == [(101, 299)]
    skips.exclude_from_skips(store, [(110, 5), (120, 5), (130, 5)])
    assert records(store) == []


def test_holes_that_nothing_is_in_are_closed(store: Store) -> None:
    model = SHAPES["one run"]
    load(store, model)
    record_skips(store, at_once)
    skips.exclude_from_skips(store, [(300, 5), (500, 5)])
    foreign = replace(article(500, 5), version=2)
    assert put_articles(store, [(foreign, model[500])]) == [None]
    record_skips(store, at_once)
    assert known(store) == [(501, 1000), (101, 499)]
    check_budget(store, model | {500: foreign}, 1000)


def test_a_proposal_ends_before_a_foreign_article(store: Store) -> None:
    model = SHAPES["one run"]
    load(store, model)

    def exclude_from_skips(_: float) -> None:
        skips.exclude_from_skips(store, [(500, 5)])

    report = record_skips(store, exclude_from_skips)
    assert (report.proposed, report.activated, report.withdrawn) == (1, 0, 0)
    assert records(store) == []


def test_a_false_record_is_deleted_by_the_next_job(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = SHAPES["one run"]
    load(store, model)
    record_skips(store, at_once)
    foreign = replace(article(500, 5), version=2)
    with monkeypatch.context() as patch:
        # As if the writer had slept for an hour before its write, and been killed after it.
        patch.setattr(skips, "exclude_from_skips", lambda *_: None)
        assert put_articles(store, [(foreign, model[500])]) == [None]
    assert record_skips(store, at_once).contradicted == 1
    record_skips(store, at_once)
    assert known(store) == [(101, 499), (501, 1000)]
    check_budget(store, model | {500: foreign}, 1000)


def test_articles_of_the_records_own_domain_break_nothing(store: Store) -> None:
    load(store, SHAPES["one run"])
    record_skips(store, at_once)
    before = records(store)
    skips.exclude_from_skips(store, [(each, 7) for each in range(90, 1010)])
    assert records(store) == before
