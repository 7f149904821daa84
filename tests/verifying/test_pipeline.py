"""Runs of checks: what is due, the lease, politeness, failures, crashes, and others meanwhile."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from seealso.editing import links as moderation
from seealso.editing.links import Decision
from seealso.errors import StoreUnavailable
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.submitting.deciding import Rules
from seealso.submitting.submitting import submit
from seealso.tables import links, pages
from seealso.tables.articles import Article, put_articles
from seealso.tables.audit import ChangeContext
from seealso.tables.checks import (
    MAX_FAILURES,
    SET_ASIDE,
    Checks,
    due_checks,
    get_checks,
    retry_check,
    save_checks,
)
from seealso.tables.links import Link, get_link
from seealso.tables.sites import Site
from seealso.times import rfc3339
from seealso.verifying import pipeline
from seealso.verifying.finding import Finding
from seealso.verifying.pipeline import AFTER_FAILURE, Report, check_and_report, check_now, run
from seealso.verifying.politeness import HOST_PAUSE, PAIR_PAUSE, registrable_domain
from tests.support.factories import NOW, attempt, put_item, put_site
from tests.support.fake_client import Database, fake_store
from tests.support.fake_pages import MISSING, STATUS, FakePages, Page, run_all
from tests.support.invariants import check
from tests.support.scan import scan, unchanged

AT_ONCE, APPROVED, VERIFIED = 1, 2, 3  # articles, each of its own domain
URL = "https://blog.example.org/page"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world() -> FakePages:
    return FakePages(NOW, {URL: Page()})


@pytest.fixture
def quick() -> Store:
    """Tables in this process."""
    made = fake_store(Database())
    fill(made)
    return made


def fill(store: Store) -> None:
    for domain, publish in ((AT_ONCE, "at_once"), (APPROVED, "approved"), (VERIFIED, "verified")):
        put_site(store, Site(domain, publish=publish, cap=2), ["spam.example.net"])
    put_articles(
        store,
        [
            (Article(each, each, "Title", "Text.", "2026-11-23"), None)
            for each in (AT_ONCE, APPROVED, VERIFIED)
        ],
    )


def submitted(store: Store, article: int, url: str = URL, title: str | None = None) -> str:
    receipt = submit(store, attempt(article, url, NOW, title), None, Rules(10**6, "network"))
    return receipt.link.link_id


def stored(store: Store, link_id: str) -> Link:
    link = get_link(store, link_id)
    assert link
    return link


def change_item(store: Store, link: Link, **changes: Any) -> None:
    """Give a link's item other values."""
    put_item(store, store.links, links.link_item(replace(link, **changes)))


def one_run(store: Store, world: FakePages, fetches_per_hour: int = 60) -> Report:
    return run_all(world.tools(lambda: store, fetches_per_hour))


def context(world: FakePages) -> ChangeContext:
    return ChangeContext("editor", world.now, "request", 365)


# ---- on every engine -------------------------------------------------------------------------


def test_a_links_life_on_each_engine(store: Store, world: FakePages) -> None:
    """Submitted, seen and published; gone, lapsed and back; removed, restored and withdrawn."""
    fill(store)
    world.pages[URL] = Page(url="https://www.blog.example.org/final")
    link_id = submitted(store, VERIFIED)
    assert due_checks(store, NOW, 10) == [link_id]
    one_run(store, world)
    link = stored(store, link_id)
    assert (link.status, link.link_back, link.title) == ("published", "seen", "The page")
    assert link.final_claim
    assert get_checks(store, link_id).next_at == rfc3339(NOW + 7 * DAY)
    check(store)

    world.pages[URL] = Page(finding=MISSING)
    for days in (7, 1):
        assert stored(store, link_id).status == "published"
        world.forward(days=days)
        one_run(store, world)
    assert (stored(store, link_id).status, stored(store, link_id).link_back) == (
        "lapsed",
        "missing",
    )
    check(store)

    world.pages[URL] = Page()
    world.forward(days=1)
    one_run(store, world)
    link = stored(store, link_id)
    assert link.status == "published"
    check(store)

    removed = moderation.remove(store, context(world), link_id, link.version, Decision("No."))
    assert get_checks(store, link_id).due_at is None
    check(store)
    moderation.restore(store, context(world), link_id, removed.version)
    one_run(store, world)
    assert stored(store, link_id).status == "pending"
    assert stored(store, link_id).link_back == "seen"
    check(store)

    links.request_check(store, stored(store, link_id), world.now)
    world.forward(minutes=10)
    one_run(store, world)
    links.withdraw(store, stored(store, link_id), links.Cause(world.now, "submitter"))
    check(store)
    keys = sorted(item["pk"] for item in scan(store, store.links))
    assert keys == [f"link#{link_id}", f"page#{VERIFIED}"]


def test_failures_on_each_engine(store: Store, world: FakePages) -> None:
    fill(store)
    link_id = submitted(store, AT_ONCE)
    world.pages[URL] = Page(failure="crash")
    for pause in (timedelta(0), *AFTER_FAILURE):
        assert due_checks(store, world.now + pause - timedelta(seconds=1), 10) == []
        world.now += pause + timedelta(minutes=10)
        one_run(store, world)
        check(store)
    assert due_checks(store, world.now + 100 * DAY, 10) == []
    assert due_checks(store, world.now, 10, SET_ASIDE) == [link_id]
    assert len(world.failures) == 5
    # A link's life goes on without its checks.
    assert stored(store, link_id).status == "published"
    assert retry_check(store, link_id, world.now)
    assert not retry_check(store, link_id, world.now)
    world.pages[URL] = Page()
    world.forward(minutes=10)
    one_run(store, world)
    assert stored(store, link_id).link_back == "seen"
    assert get_checks(store, link_id).failures == 0
    check(store)


# ---- the lease -------------------------------------------------------------------------------


def test_one_run_at_a_time(quick: Store, world: FakePages) -> None:
    submitted(quick, AT_ONCE)
    during: list[Report | None] = []
    tools = world.tools(lambda: quick)
    world.meanwhile = lambda _: during.append(run(tools, 300, lambda: True))
    assert one_run(quick, world) == Report(checked=1)
    assert during == [None]


def test_a_lease_ends_with_its_run_or_its_time(quick: Store, world: FakePages) -> None:
    lease = pipeline._take_lease(quick, world.now, 300)
    assert lease
    assert pipeline._take_lease(quick, world.now + timedelta(seconds=299), 300) is None
    later = pipeline._take_lease(quick, world.now + timedelta(seconds=300), 300)
    assert later
    # The run that had it before does not end what another has by now.
    pipeline._return_lease(quick, lease)
    assert pipeline._take_lease(quick, world.now + timedelta(seconds=301), 300) is None
    pipeline._return_lease(quick, later)
    assert pipeline._take_lease(quick, world.now + timedelta(seconds=301), 300)


def test_a_run_without_work_writes_nothing(quick: Store, world: FakePages) -> None:
    with unchanged(quick):
        assert one_run(quick, world) == Report()


def test_what_a_run_has_no_time_for_is_left_for_the_next(quick: Store, world: FakePages) -> None:
    submitted(quick, AT_ONCE)
    report = run(world.tools(lambda: quick), 300, lambda: False)
    assert report == Report()
    assert one_run(quick, world) == Report(checked=1)


# ---- politeness ------------------------------------------------------------------------------


def next_at(store: Store, link_id: str) -> str | None:
    return stored(store, link_id).check_at or get_checks(store, link_id).next_at


def test_checks_of_one_host_are_put_off_one_after_the_other(quick: Store, world: FakePages) -> None:
    put_site(quick, Site(AT_ONCE, publish="at_once", cap=20))
    ids = [submitted(quick, AT_ONCE, f"https://blog.example.org/{number}") for number in range(5)]
    report = one_run(quick, world)
    assert (report.checked, report.waiting) == (1, 4)
    assert len(world.fetched) == 1
    free = NOW + HOST_PAUSE
    waits = sorted(at for each in ids if (at := next_at(quick, each)) and at < rfc3339(NOW + HOUR))
    assert waits == [rfc3339(free + number * pipeline.RUN_PAUSE) for number in range(4)]
    for number in range(1, 5):
        world.forward(minutes=1)
        assert one_run(quick, world) == Report(checked=1), number
    assert len(set(world.fetched)) == 5
    check(quick)


def test_many_checks_of_one_host_do_not_keep_others_waiting(quick: Store, world: FakePages) -> None:
    put_site(quick, Site(AT_ONCE, publish="at_once", cap=20))
    made = submitted(quick, AT_ONCE)
    item = next(item for item in scan(quick, quick.links) if item["pk"] == f"link#{made}")
    for link_id in (f"{number:032}" for number in range(500)):
        put_item(quick, quick.links, {**item, "pk": f"link#{link_id}", "link_id": link_id})
    world.forward(minutes=1)
    other = "https://other.example.net/"
    world.pages[other] = Page()
    honest = submitted(quick, APPROVED, other)
    report = one_run(quick, world)
    assert (report.checked, report.waiting) == (2, 500)
    assert stored(quick, honest).link_back == "seen"


def test_a_page_that_must_wait_counts_for_no_fetch(quick: Store, world: FakePages) -> None:
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    for _ in range(3):
        world.forward(seconds=20)
        save_checks(quick, replace(get_checks(quick, link_id), due_at=rfc3339(world.now)))
        assert one_run(quick, world) == Report(waiting=1)
    (count,) = [
        item["fetches"] for item in scan(quick, quick.transient) if "#domain#" in item["pk"]
    ]
    assert count == len(world.fetched) == 1


def test_hosts_of_one_domain_share_the_hours_fetches(quick: Store, world: FakePages) -> None:
    put_site(quick, Site(AT_ONCE, publish="at_once", cap=20))
    ids = [submitted(quick, AT_ONCE, f"https://{name}.example.org/") for name in "abc"]
    assert one_run(quick, world, fetches_per_hour=2) == Report(checked=2, waiting=1)
    (waiting,) = [each for each in ids if stored(quick, each).link_back == "unchecked"]
    assert next_at(quick, waiting) == rfc3339(NOW.replace(minute=0) + HOUR)
    world.now = NOW.replace(minute=0) + HOUR
    assert one_run(quick, world, fetches_per_hour=2).checked >= 1
    assert stored(quick, waiting).link_back != "unchecked"


def test_a_page_is_checked_for_an_article_once_in_ten_minutes(
    quick: Store, world: FakePages
) -> None:
    first = submitted(quick, APPROVED)
    one_run(quick, world)
    links.withdraw(quick, stored(quick, first), links.Cause(world.now, "submitter"))
    world.forward(minutes=9)
    second = submitted(quick, APPROVED)
    assert one_run(quick, world) == Report(waiting=1)
    assert next_at(quick, second) == rfc3339(NOW + timedelta(minutes=10))
    check(quick)
    world.forward(minutes=1)
    assert one_run(quick, world) == Report(checked=1)


def test_a_redirect_to_a_busy_host_puts_a_check_off(quick: Store, world: FakePages) -> None:
    """As soon as the host is free it is made, although it had begun."""
    other = "https://short.example.net/1"
    world.pages[other] = Page(url=URL)
    submitted(quick, AT_ONCE)
    one_run(quick, world)
    world.forward(seconds=5)
    link_id = submitted(quick, APPROVED, other)
    assert one_run(quick, world) == Report(waiting=1)
    assert next_at(quick, link_id) == rfc3339(NOW + HOST_PAUSE)
    world.forward(seconds=15)
    assert one_run(quick, world) == Report(checked=1)


def test_a_host_is_asked_again_within_one_check(quick: Store, world: FakePages) -> None:
    world.pages[URL] = Page(url="https://blog.example.org/moved")
    submitted(quick, AT_ONCE)
    assert one_run(quick, world) == Report(checked=1)


def test_permits_expire(quick: Store, world: FakePages) -> None:
    submitted(quick, AT_ONCE)
    one_run(quick, world)
    kept = [item for item in scan(quick, quick.transient) if item["pk"].startswith("fetch#")]
    assert sorted(item["pk"].split("#")[1] for item in kept) == ["domain", "host", "pair"]
    for item in kept:
        assert NOW.timestamp() < item["expires_at"] <= (NOW + 3 * HOUR).timestamp()


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.example.co.uk", "example.co.uk"),
        ("a.b.example.org.", "example.org"),
        ("example.org", "example.org"),
        ("someone.github.io", "someone.github.io"),
        ("github.io", "github.io"),
    ],
)
def test_registrable_domains(host: str, domain: str) -> None:
    assert registrable_domain(host) == domain


# ---- what others do meanwhile ----------------------------------------------------------------


def test_an_editor_may_decide_while_a_page_is_fetched(quick: Store, world: FakePages) -> None:
    link_id = submitted(quick, APPROVED)
    world.meanwhile = lambda _: moderation.approve(quick, context(world), link_id, 1)
    one_run(quick, world)
    link = stored(quick, link_id)
    assert (link.status, link.link_back) == ("published", "seen")
    assert get_checks(quick, link_id).next_at == rfc3339(NOW + 7 * DAY)
    check(quick)


def test_a_link_may_end_while_its_page_is_fetched(quick: Store, world: FakePages) -> None:
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    world.forward(days=7)
    world.meanwhile = lambda _: links.withdraw(
        quick, stored(quick, link_id), links.Cause(world.now, "submitter")
    )
    assert one_run(quick, world) == Report(dropped=1)
    assert stored(quick, link_id).status == "withdrawn"
    check(quick)


def test_a_check_that_was_asked_for_meanwhile_is_still_made(quick: Store, world: FakePages) -> None:
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    world.forward(days=7)

    def ask(_: str) -> None:
        world.meanwhile = None
        links.request_check(quick, stored(quick, link_id), world.now)

    world.meanwhile = ask
    assert one_run(quick, world) == Report(checked=1)
    checks = get_checks(quick, link_id)
    assert (checks.requested_at, checks.next_at) == (rfc3339(world.now),) * 2
    assert checks.last
    assert checks.last["at"] == rfc3339(world.now)
    world.forward(minutes=11)
    assert one_run(quick, world) == Report(checked=1)
    assert get_checks(quick, link_id).next_at == rfc3339(world.now + 7 * DAY)


def test_two_checks_at_a_time_count_as_one(quick: Store, world: FakePages) -> None:
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    world.forward(days=7)
    world.pages[URL] = Page(finding=MISSING)

    def overtake(_: str) -> None:
        world.meanwhile = None
        world.forward(seconds=16)
        assert check_now(world.tools(lambda: quick), link_id) == "checked"

    world.meanwhile = overtake
    assert one_run(quick, world) == Report(dropped=1)
    assert get_checks(quick, link_id).counters.misses == 1
    assert stored(quick, link_id).status == "published"


def test_a_webmention_that_comes_again_meanwhile_is_still_looked_at(
    quick: Store, world: FakePages
) -> None:
    """The check that was under way is not its own."""
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    link = stored(quick, link_id)
    change_item(quick, link, consent={"by": "webmention", "at": rfc3339(NOW)})
    world.forward(days=7)
    world.pages[URL] = Page(410, STATUS)

    def resend(_: str) -> None:
        world.meanwhile = None
        links.request_check(quick, stored(quick, link_id), world.now, is_resend=True)

    world.meanwhile = resend
    one_run(quick, world)
    checks = get_checks(quick, link_id)
    assert (stored(quick, link_id).status, checks.resent_at) == ("lapsed", rfc3339(world.now))
    assert checks.next_at == rfc3339(world.now)


def test_a_webmention_that_comes_twice_is_still_a_withdrawal(
    quick: Store, world: FakePages
) -> None:
    """The second one comes while the first one's check is under way."""
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    change_item(quick, stored(quick, link_id), consent={"by": "webmention", "at": rfc3339(NOW)})
    world.pages[URL] = Page(410, STATUS)
    world.forward(minutes=11)
    links.request_check(quick, stored(quick, link_id), world.now, is_resend=True)
    world.forward(minutes=1)

    def resend(_: str) -> None:
        world.meanwhile = None
        links.request_check(quick, stored(quick, link_id), world.now, is_resend=True)

    world.meanwhile = resend
    one_run(quick, world)
    assert stored(quick, link_id).status == "withdrawn"
    check(quick)


def test_a_webmention_that_comes_again_during_the_first_check_is_looked_at_once_more(
    quick: Store, world: FakePages
) -> None:
    """The check that is under way may have read the page as it was before."""
    link_id = submitted(quick, AT_ONCE)
    change_item(quick, stored(quick, link_id), consent={"by": "webmention", "at": rfc3339(NOW)})

    def resend(_: str) -> None:
        world.meanwhile = None
        links.request_check(quick, stored(quick, link_id), world.now, is_resend=True)

    world.meanwhile = resend
    assert one_run(quick, world).checked == 1
    checks = get_checks(quick, link_id)
    assert (checks.next_at, checks.resent_at) == (rfc3339(world.now),) * 2
    world.pages[URL] = Page(410, STATUS)
    world.forward(minutes=11)
    one_run(quick, world)
    assert stored(quick, link_id).status == "withdrawn"
    check(quick)


def test_a_restored_webmention_has_not_come_again(quick: Store, world: FakePages) -> None:
    """What was sent before it was removed says nothing about it now."""
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    change_item(quick, stored(quick, link_id), consent={"by": "webmention", "at": rfc3339(NOW)})
    links.request_check(quick, stored(quick, link_id), world.now, is_resend=True)
    version = stored(quick, link_id).version
    moderation.remove(quick, context(world), link_id, version, Decision("A mistake."))
    moderation.restore(quick, context(world), link_id, version + 1)
    moderation.approve(quick, context(world), link_id, version + 2)
    world.pages[URL] = Page(410, STATUS)
    world.forward(minutes=11)
    one_run(quick, world)
    assert stored(quick, link_id).status == "lapsed"
    check(quick)


def test_a_link_for_which_there_is_no_place_is_tried_daily(quick: Store, world: FakePages) -> None:
    put_site(quick, Site(VERIFIED, publish="verified", cap=1))
    other = "https://other.example.org/"
    link_id, second = submitted(quick, VERIFIED), submitted(quick, VERIFIED, other)
    world.pages[other] = Page()
    one_run(quick, world)
    found = {stored(quick, each).status: each for each in (link_id, second)}
    assert set(found) == {"published", "pending"}
    assert next_at(quick, found["pending"]) == rfc3339(NOW + DAY)
    check(quick)
    shown = stored(quick, found["published"])
    links.withdraw(quick, shown, links.Cause(world.now, "submitter"))
    world.forward(days=1)
    one_run(quick, world)
    assert stored(quick, found["pending"]).status == "published"
    check(quick)


# ---- crashes and failures --------------------------------------------------------------------


def test_a_check_that_runs_twice_changes_nothing(quick: Store, world: FakePages) -> None:
    """As if the index still had it, and the lease did not hold."""
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    with unchanged(quick):
        again = pipeline._Check(world.tools(lambda: quick), pipeline._Waits(), link_id)
        assert again.run() == "dropped"


def test_a_store_that_does_not_answer_is_no_failure(quick: Store, world: FakePages) -> None:
    link_id = submitted(quick, AT_ONCE)

    def fail(_: str) -> None:
        raise StoreUnavailable("throttled")

    world.meanwhile = fail
    assert one_run(quick, world) == Report(left=1)
    assert next_at(quick, link_id) == rfc3339(NOW)
    assert get_checks(quick, link_id) == Checks(link_id)


def test_one_that_fails_does_not_keep_the_others(quick: Store, world: FakePages) -> None:
    broken = "https://broken.example.com/"
    world.pages[broken] = Page(failure="crash")
    bad, good = submitted(quick, AT_ONCE, broken), submitted(quick, AT_ONCE)
    assert one_run(quick, world) == Report(checked=1, failed=1)
    assert stored(quick, good).link_back == "seen"
    assert next_at(quick, bad) == rfc3339(NOW + AFTER_FAILURE[0])
    assert [link_id for link_id, _ in world.failures] == [bad]


def test_a_crash_of_the_sandbox_is_our_failure(quick: Store, world: FakePages) -> None:
    world.pages[URL] = Page(finding=Finding("other", ("crashed",)))
    link_id = submitted(quick, AT_ONCE)
    assert one_run(quick, world) == Report(failed=1)
    assert stored(quick, link_id).link_back == "unchecked"


def test_a_page_that_crashes_the_sandbox_again_and_again_is_unreachable(
    quick: Store, world: FakePages
) -> None:
    """Whoever wrote it must not be rid of checks by that."""
    world.pages[URL] = Page(finding=Finding("other", ("crashed",)))
    link_id = submitted(quick, AT_ONCE)
    for pause in (*AFTER_FAILURE, timedelta()):
        one_run(quick, world)
        world.now += max(pause, PAIR_PAUSE) if pause else pause
    checks = get_checks(quick, link_id)
    assert stored(quick, link_id).link_back == "unreachable"
    assert (checks.is_set_aside, checks.failures) == (False, 0)
    assert checks.next_at == rfc3339(world.now + HOUR)


def test_a_verdict_that_cannot_be_written_is_our_failure(
    quick: Store, world: FakePages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a fault of our own")

    link_id = submitted(quick, AT_ONCE)
    monkeypatch.setattr(links, "record_check", fail)
    for pause in (*AFTER_FAILURE, timedelta()):
        assert one_run(quick, world) == Report(failed=1)
        world.now += max(pause, PAIR_PAUSE)
    checks = get_checks(quick, link_id)
    assert (checks.failures, checks.is_set_aside) == (MAX_FAILURES, True)
    assert due_checks(quick, world.now, 10, SET_ASIDE) == [link_id]


# ---- what is found ---------------------------------------------------------------------------


def test_evidence_has_the_last_ten_checks(quick: Store, world: FakePages) -> None:
    world.pages[URL] = Page(
        url=f"{URL}?{'x' * 600}",
        finding=Finding("seen", href="https://a.example/1", rel="nofollow", canonical="https://c/"),
    )
    link_id = submitted(quick, AT_ONCE)
    for _ in range(12):
        one_run(quick, world)
        world.forward(days=7)
    checks = get_checks(quick, link_id)
    assert [entry["at"] for entry in checks.evidence] == [
        rfc3339(NOW + number * 7 * DAY) for number in range(2, 12)
    ]
    assert checks.last == {
        "at": rfc3339(NOW + 77 * DAY),
        "found": "seen",
        "codes": [],
        "status": 200,
        "final_url": f"{URL}?{'x' * 600}"[:512],
        "href": "https://a.example/1",
        "rel": "nofollow",
        "canonical": "https://c/",
    }


def test_checks_raise_the_version_only_when_something_changes(
    quick: Store, world: FakePages
) -> None:
    link_id = submitted(quick, AT_ONCE)
    versions = []
    for page in (Page(), Page(), Page(503, STATUS), Page(503, STATUS), Page(), Page()):
        world.pages[URL] = page
        one_run(quick, world)
        versions.append(stored(quick, link_id).version)
        world.forward(days=7)
    assert versions == [2, 2, 3, 3, 4, 4]


def test_a_link_without_a_title_takes_the_pages(quick: Store, world: FakePages) -> None:
    titled = "https://titled.example.org/"
    world.pages[titled] = Page()
    without, own = submitted(quick, VERIFIED), submitted(quick, VERIFIED, titled, "My own")
    one_run(quick, world)
    assert stored(quick, without).title == "The page"
    assert stored(quick, own).title == "My own"
    shown = {link["link_id"]: link["title"] for link in pages.page_links(page(quick, VERIFIED))}
    assert shown == {without: "The page", own: "My own"}


def page(store: Store, article: int) -> Json | None:
    return store.client.get_item(store.links, pages.page_key(article))


@pytest.mark.parametrize(
    "wall", [Page(finding=Finding("wall", ("anubis",))), Page(503, STATUS), Page(404, STATUS)]
)
def test_walls_and_error_pages_give_no_title(quick: Store, world: FakePages, wall: Page) -> None:
    world.pages[URL] = wall
    link_id = submitted(quick, APPROVED)
    one_run(quick, world)
    assert stored(quick, link_id).title is None


def test_a_link_that_was_shown_without_a_title_takes_none(quick: Store, world: FakePages) -> None:
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    assert stored(quick, link_id).title is None


def test_a_page_that_redirects_to_another_links_page_is_a_duplicate(
    quick: Store, world: FakePages
) -> None:
    first = submitted(quick, AT_ONCE)
    pending, published = "https://a.example.net/", "https://b.example.net/"
    world.pages |= {pending: Page(url=URL), published: Page(url=URL)}
    one_run(quick, world)
    for article, url, status in ((APPROVED, pending, "rejected"), (AT_ONCE, published, "removed")):
        world.forward(minutes=1)
        link_id = submitted(quick, article, url)
        one_run(quick, world)
        assert stored(quick, link_id).status == status
        assert stored(quick, link_id).history[-1]["reason"] == "duplicate"
        last = get_checks(quick, link_id).last
        assert last
        assert last["codes"] == ["duplicate"]
        check(quick)
        submitted(quick, article, url)  # its URL is free again
    assert stored(quick, first).status == "published"


def test_a_pending_link_that_leads_to_another_domain_needs_an_editor(
    quick: Store, world: FakePages
) -> None:
    world.pages[URL] = Page(url="https://blog.example.net/page")
    link_id = submitted(quick, VERIFIED)
    one_run(quick, world)
    link = stored(quick, link_id)
    assert (link.status, link.link_back, link.needs_editor) == ("pending", "seen", "moved")
    check(quick)
    # What the editor has seen and approved is not worth another look.
    moderation.approve(quick, context(world), link_id, link.version)
    world.forward(days=7)
    one_run(quick, world)
    assert stored(quick, link_id).attention is None


def test_editors_are_shown_published_links_that_moved(quick: Store, world: FakePages) -> None:
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    world.pages[URL] = Page(url="https://parking.example.net/")
    world.forward(days=7)
    one_run(quick, world)
    link = stored(quick, link_id)
    assert (link.status, link.attention, link.version) == ("published", "moved", 2 + 1)
    assert link.attention_at == rfc3339(world.now)
    check(quick)
    world.forward(days=7)
    one_run(quick, world)
    assert stored(quick, link_id) == link
    world.pages[URL] = Page()
    world.forward(days=7)
    one_run(quick, world)
    assert stored(quick, link_id).attention is None
    check(quick)


def lapsed(store: Store, world: FakePages, link_id: str) -> None:
    before, world.pages[URL] = world.pages[URL], Page(finding=MISSING)
    for days in (7, 1):
        world.forward(days=days)
        one_run(store, world)
    assert stored(store, link_id).status == "lapsed"
    world.pages[URL] = before
    world.forward(days=1)


def test_editors_are_shown_lapsed_links_that_come_back_elsewhere(
    quick: Store, world: FakePages
) -> None:
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    lapsed(quick, world, link_id)
    world.pages[URL] = Page(url="https://casino.example.net/")
    one_run(quick, world)
    link = stored(quick, link_id)
    assert (link.status, link.attention) == ("published", "moved")
    check(quick)


@pytest.mark.parametrize("page", [Page(finding=MISSING), Page(failure="dns")])
def test_a_link_that_was_not_seen_before_it_lapsed_has_not_moved(
    quick: Store, world: FakePages, page: Page
) -> None:
    world.pages[URL] = page
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    lapsed(quick, world, link_id)
    world.pages[URL] = Page()
    for days in (0, 7, 7):
        world.forward(days=days)
        one_run(quick, world)
        link = stored(quick, link_id)
        assert (link.status, link.attention) == ("published", None)


def test_a_history_is_bounded_however_often_a_link_lapses(quick: Store, world: FakePages) -> None:
    link_id = submitted(quick, APPROVED)
    moderation.approve(quick, context(world), link_id, 1)
    for number in range(2 * links.MAX_HISTORY):
        world.pages[URL] = Page(410, STATUS) if number % 2 else Page()
        world.forward(minutes=11)
        if number:
            links.request_check(quick, stored(quick, link_id), world.now)
        one_run(quick, world)
    history = stored(quick, link_id).history
    assert len(history) == links.MAX_HISTORY
    # What people decided is kept, and what was last.
    assert (history[0]["by"], history[0]["status"]) == ("editor", "published")
    assert (history[-1]["by"], history[-1]["status"]) == ("check", "lapsed")
    assert [each["at"] for each in history] == sorted(each["at"] for each in history)


def test_editors_are_shown_published_links_long_unreachable(quick: Store, world: FakePages) -> None:
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    world.pages[URL] = Page(failure="dns")
    world.forward(days=7)
    attention = []
    for _ in range(10):
        one_run(quick, world)
        attention.append(stored(quick, link_id).attention)
        world.forward(days=1)
    assert attention == [*[None] * 7, *["unreachable"] * 3]
    check(quick)


def test_a_blocked_hosts_page_is_missing(quick: Store, world: FakePages) -> None:
    """Blocked since the submission, or where the page redirects to."""
    world.pages[URL] = Page(url="https://shop.spam.example.net/")
    link_id = submitted(quick, APPROVED)
    one_run(quick, world)
    assert stored(quick, link_id).link_back == "missing"
    last = get_checks(quick, link_id).last
    assert last
    assert last["codes"] == ["blocked-host"]
    assert world.fetched == []


def test_one_link_can_be_checked_now(quick: Store, world: FakePages) -> None:
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    world.forward(minutes=1)
    assert check_now(world.tools(lambda: quick), link_id) == "checked"
    assert len(get_checks(quick, link_id).evidence) == 2
    assert check_now(world.tools(lambda: quick), "0" * 32) == "dropped"
    check(quick)


def test_a_check_made_now_that_has_to_wait_leaves_the_next_one_as_it_was(
    quick: Store, world: FakePages
) -> None:
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    with unchanged(quick):
        assert check_now(world.tools(lambda: quick), link_id) == "waiting"


def test_a_check_made_now_reports_what_it_found(quick: Store, world: FakePages) -> None:
    link_id = submitted(quick, AT_ONCE)
    one_run(quick, world)
    world.forward(minutes=1)
    world.pages[URL] = Page(410, STATUS)
    report = {"result": "checked", "status": "lapsed", "found": "gone", "codes": ["gone"]}
    assert check_and_report(world.tools(lambda: quick), link_id) == report
    none: Json = {"result": "dropped", "status": None, "found": None, "codes": []}
    assert check_and_report(world.tools(lambda: quick), "0" * 32) == none
