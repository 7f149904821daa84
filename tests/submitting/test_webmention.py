"""Webmentions: what a receiver must do (W3C Webmention, 3.2), and what becomes of them here."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from seealso.store.tables import Store, current_store
from seealso.tables import links, sites
from seealso.tables.links import Link, get_link
from seealso.tables.sites import Site
from seealso.times import rfc3339
from seealso.verifying.pipeline import RUN_PAUSE
from tests.submitting import sample_network
from tests.submitting.conftest import Clock
from tests.submitting.sample_network import BLOCKED, DRAFT, MISSING, OTHER, SHOWN, WAITING
from tests.support.fake_pages import MISSING as NO_LINK
from tests.support.fake_pages import STATUS, FakePages, Page, run_all
from tests.support.gateway import Response, get
from tests.support.invariants import check
from tests.support.races import at_once
from tests.support.requests import (
    ADDRESS,
    FORM,
    admin,
    at_fault,
    call,
    fields,
    post,
    posted,
    problem,
)

API = "https://api.example.com"
SOURCE = "https://blog.example.org/my-page"
TARGET = f"https://heat.example.com/a/{SHOWN}"
GONE, NOT_FOUND, DOWN = Page(410, STATUS), Page(404, STATUS), Page(failure="timeout")
UNLINKED = Page(finding=NO_LINK)


def send(
    source: str = SOURCE, target: str = TARGET, address: str = ADDRESS, **more: str
) -> Response:
    body = urlencode({"source": source, "target": target, **more})
    return call("POST /webmention", {}, {"Content-Type": FORM}, body, address)


def received(source: str = SOURCE, target: str = TARGET) -> Link:
    """The link that a webmention became."""
    response = send(source, target)
    assert response.status == 201
    body = response.json()
    assert response.headers["location"] == body["status_url"] == f"{API}/l/{body['link_id']}"
    return stored(body["link_id"])


def stored(link_id: str) -> Link:
    link = get_link(current_store(), link_id)
    assert link
    assert body_status(link_id) == link.status
    return link


def body_status(link_id: str) -> str:
    status: str = call("GET /links/{link_id}", {"link_id": link_id}).json()["status"]
    return status


def look(clock: Clock, page: Page, **passed: float) -> None:
    """Check what is due after some time."""
    clock.forward(**(passed or {"minutes": 11}))
    pages = FakePages(clock.time, {SOURCE: page})
    run_all(pages.tools(current_store))
    assert pages.failures == []
    check(current_store())


# ---- what is taken ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        TARGET,
        f"http://www.heat.example.com/a/{SHOWN}/?utm_source=mail#comments",
        f"https://heat.example.com./a/{SHOWN}",
        f"{API}/a/{SHOWN}",
        f"{API}/a/{SHOWN}#related-links",
    ],
)
def test_it_becomes_a_pending_link_that_an_editor_decides_about(
    anywhere: Store, clock: Clock, target: str
) -> None:
    link = received(target=target)
    assert (link.article_id, link.url, link.status) == (SHOWN, SOURCE, "pending")
    assert link.needs_editor == "webmention"
    assert link.consent == {"by": "webmention", "at": rfc3339(clock.time)}
    assert link.title is None
    check(anywhere)
    look(clock, Page())
    link = stored(link.link_id)
    assert (link.status, link.link_back, link.title) == ("pending", "seen", "The page")


def test_a_site_may_take_those_whose_page_was_seen(network: Store, clock: Clock) -> None:
    sample_network.put_site(network, webmentions="verified", publish="approved")
    link = received()
    assert (link.status, link.needs_editor, link.policy) == ("pending", None, "verified")
    look(clock, Page())
    link = stored(link.link_id)
    assert (link.status, link.title) == ("published", "The page")


def test_editors_see_how_it_came(network: Store) -> None:
    link = received()
    for shown in (
        admin("GET", f"/links/{link.link_id}").json(),
        admin("GET", f"/links?status=pending&domain={link.domain}").json()["links"][0],
    ):
        assert shown["needs_editor"] == "webmention"


def test_an_article_without_a_site_takes_them_at_its_own_page(network: Store) -> None:
    assert received(target=f"{API}/a/{WAITING}").article_id == WAITING


def test_its_fields_may_come_with_others(network: Store) -> None:
    assert send(vouch="https://example.com/", url=SOURCE).status == 201


def test_nobody_has_a_token_for_it(network: Store) -> None:
    link = received()
    for token in ("", link.token_hash):
        headers = {"Authorization": f"Bearer {token}"}
        response = call("DELETE /links/{link_id}", {"link_id": link.link_id}, headers)
        assert response.status in (401, 403)
        page = get(f"/l/{link.link_id}?token={token}")
        assert "Withdraw" not in page.body


# ---- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target", "field"),
    [
        (SOURCE, "", "target"),
        ("", TARGET, "source"),
        (SOURCE, "/a/101", "target"),
        (SOURCE, "ftp://heat.example.com/a/101", "target"),
        (SOURCE, "mailto:me@example.com", "target"),
        (SOURCE, "https://heat.example.com/", "target"),
        (SOURCE, "https://heat.example.com/a/0101", "target"),
        (SOURCE, "https://heat.example.com/b/101", "target"),
        (SOURCE, "https://heat.example.com:8443/a/101", "target"),
        (SOURCE, "https://other.example.com/a/101", "target"),
        (SOURCE, f"https://heat.example.com/a/{WAITING}", "target"),  # of another site
        (SOURCE, f"https://heat.example.com/a/{DRAFT}", "target"),
        (SOURCE, f"https://heat.example.com/a/{MISSING}", "target"),
        (SOURCE, f"{API}/a/{MISSING}", "target"),
        (SOURCE, f"{API}/a/{2**31}", "target"),
        (SOURCE, TARGET + "?" + "x" * 3_000, "target"),
        ("data:text/html,hello", TARGET, "source"),
        ("file:///etc/passwd", TARGET, "source"),
        ("javascript:alert(1)", TARGET, "source"),
        ("https://192.0.2.1/", TARGET, "source"),
        ("http://localhost/", TARGET, "source"),
        ("https://me:pw@example.org/", TARGET, "source"),
        ("not a url", TARGET, "source"),
        (f"https://{BLOCKED}/page", TARGET, "source"),
        (TARGET, TARGET, "source"),
        (f"http://heat.example.com/a/{SHOWN}?fbclid=1", TARGET, "source"),
        (f"https://heat.example.com/a/{OTHER}", TARGET, "source"),
        (f"https://www.heat.example.com/a/{OTHER}", TARGET, "source"),
        (f"https://www2.heat.example.com/a/{OTHER}", TARGET, "source"),
        (f"https://heat.example.com./a/{OTHER}", TARGET, "source"),
        (f"https://api.example.com./a/{OTHER}", TARGET, "source"),
        (f"{API}/a/{OTHER}", TARGET, "source"),
    ],
)
def test_what_the_sender_did_wrong_is_said(
    network: Store, source: str, target: str, field: str
) -> None:
    before = sample_network.uncounted(network)
    response = send(source, target)
    assert sample_network.uncounted(network) == before
    assert (response.status, problem(response)) == (400, "webmention-refused")
    assert at_fault(response) == [field]
    assert "location" not in response.headers


def test_a_field_that_comes_twice_is_refused(network: Store) -> None:
    body = f"{urlencode({'source': SOURCE, 'target': TARGET})}&source=https%3A%2F%2Fexample.com"
    response = call("POST /webmention", {}, {"Content-Type": FORM}, body)
    assert (response.status, at_fault(response)) == (400, ["source"])


def test_only_forms_are_read(network: Store) -> None:
    response = call("POST /webmention", {}, {"Content-Type": "application/json"}, "{}")
    assert (response.status, problem(response)) == (415, "unsupported-media-type")


def test_a_site_may_take_none(network: Store, clock: Clock) -> None:
    before = received()
    sample_network.put_site(network, webmentions="off")
    response = send("https://example.net/")
    assert (response.status, at_fault(response)) == (400, ["target"])
    # Those that it has can still be taken back.
    assert send().status == 201
    assert stored(before.link_id).status == "pending"


@pytest.mark.usefixtures("network")
def test_its_limit_is_that_of_submissions(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUBMITS_PER_TEN_MINUTES", "2")
    request.getfixturevalue("clock")  # a window that does not end during the test
    posted(SHOWN, "https://example.net/")
    assert [send().status, send().status] == [201, 429]
    assert send(address="192.0.2.99").status == 201


def test_a_full_page_and_a_full_queue_take_none(network: Store) -> None:
    sample_network.put_site(network, cap=1, pending_cap=1)
    received()
    assert problem(send("https://example.net/")) == "queue-full"
    posted(SHOWN, "https://example.net/")
    assert problem(send("https://example.com/")) == "page-full"
    # What is known is still known.
    assert send().status == 201


@pytest.mark.parametrize("article_id", [SHOWN, OTHER])
def test_what_came_by_the_form_is_a_duplicate(network: Store, article_id: int) -> None:
    posted(article_id, SOURCE)
    response = send()
    assert (response.status, problem(response)) == (409, "duplicate-link")


def test_a_source_has_one_target(network: Store) -> None:
    received()
    response = send(target=f"https://heat.example.com/a/{OTHER}")
    assert (response.status, problem(response)) == (409, "duplicate-link")


def test_those_that_come_at_once_become_one_link(anywhere: Store) -> None:
    answers = at_once(lambda _: send(), range(6))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.headers["location"] for answer in answers}) == 1
    check(anywhere)


def test_one_that_comes_with_a_submission_is_the_same_or_a_duplicate(anywhere: Store) -> None:
    def come(number: int) -> Response:
        return send() if number % 2 else post(SHOWN, fields(SOURCE))

    answers = at_once(come, range(6))
    accepted = {answer.json()["link_id"] for answer in answers if answer.status == 201}
    assert len(accepted) == 1
    assert {problem(answer) for answer in answers if answer.status != 201} == {"duplicate-link"}
    check(anywhere)


# ---- updates and ends ------------------------------------------------------------------------


@pytest.mark.parametrize("page", [UNLINKED, NOT_FOUND, GONE, Page(failure="blocked-host")])
def test_one_without_a_link_expires_at_its_first_check(
    anywhere: Store, clock: Clock, page: Page
) -> None:
    link = received()
    look(clock, page)
    assert stored(link.link_id).status == "expired"
    assert "No link to the article was found" in get(f"/l/{link.link_id}").body
    # Its URL and its place are free.
    again = received()
    assert again.link_id != link.link_id
    check(anywhere)


def test_one_whose_page_is_not_reached_waits(network: Store, clock: Clock) -> None:
    link = received()
    look(clock, DOWN)
    assert (stored(link.link_id).status, stored(link.link_id).link_back) == (
        "pending",
        "unreachable",
    )
    look(clock, UNLINKED, hours=1)
    assert stored(link.link_id).status == "expired"


def test_one_that_was_seen_stays_when_the_link_goes(network: Store, clock: Clock) -> None:
    link = received()
    look(clock, Page())
    received()
    look(clock, UNLINKED)
    assert stored(link.link_id).status == "pending"


def published(store: Store, clock: Clock) -> Link:
    sample_network.put_site(store, webmentions="verified")
    link = received()
    look(clock, Page())
    assert stored(link.link_id).status == "published"
    return link


def test_a_status_page_says_how_a_published_one_is_withdrawn(network: Store, clock: Clock) -> None:
    """Only there does sending it again withdraw it."""
    link = published(network, clock)
    assert "send the webmention again" in get(f"/l/{link.link_id}").body
    clock.forward(days=7)
    look(clock, GONE, hours=1)
    assert stored(link.link_id).status == "lapsed"
    assert "send the webmention again" not in get(f"/l/{link.link_id}").body


def test_sent_again_it_is_the_same_link_and_checked_again(anywhere: Store, clock: Clock) -> None:
    link = published(anywhere, clock)
    assert received(target=f"{API}/a/{SHOWN}").link_id == link.link_id
    status = call("GET /links/{link_id}", {"link_id": link.link_id}).json()
    assert status["next_check_at"] == rfc3339(clock.time)
    look(clock, Page())
    assert stored(link.link_id).status == "published"
    check(anywhere)


def test_its_page_is_asked_for_every_ten_minutes_at_most(network: Store, clock: Clock) -> None:
    link = published(network, clock)
    for _ in range(3):
        received()
        clock.forward(minutes=1)
    pages = FakePages(clock.time, {SOURCE: Page()})
    assert run_all(pages.tools(current_store)).waiting == 1
    assert pages.fetched == []
    status = call("GET /links/{link_id}", {"link_id": link.link_id}).json()
    checked_at = rfc3339(clock.time - timedelta(minutes=3))
    assert status["checked_at"] == checked_at
    assert status["next_check_at"] >= rfc3339(clock.time + timedelta(minutes=7) - RUN_PAUSE)


def test_a_resend_ends_a_link_whose_page_is_gone(anywhere: Store, clock: Clock) -> None:
    link = published(anywhere, clock)
    received()
    look(clock, GONE)
    ended = stored(link.link_id)
    assert (ended.status, ended.url, ended.title) == ("withdrawn", None, None)
    assert "Your link is withdrawn" in get(f"/l/{link.link_id}").body
    assert sample_network.kept(anywhere, "checks") == []
    assert received().link_id != link.link_id
    check(anywhere)


@pytest.mark.parametrize("page", [UNLINKED, NOT_FOUND])
def test_a_resend_ends_a_link_at_the_second_miss_in_a_row(
    network: Store, clock: Clock, page: Page
) -> None:
    link = published(network, clock)
    received()
    look(clock, page)
    assert (stored(link.link_id).status, stored(link.link_id).link_back) == (
        "published",
        "missing",
    )
    received()
    look(clock, page)
    assert stored(link.link_id).status == "withdrawn"


def test_a_link_that_is_seen_between_misses_stays(network: Store, clock: Clock) -> None:
    link = published(network, clock)
    for page in (UNLINKED, Page(), UNLINKED):
        received()
        look(clock, page)
    assert stored(link.link_id).status == "published"


def test_checks_that_nobody_asked_for_let_it_lapse(network: Store, clock: Clock) -> None:
    link = published(network, clock)
    look(clock, UNLINKED, days=7)
    look(clock, UNLINKED, days=1)
    assert stored(link.link_id).status == "lapsed"
    received()
    look(clock, Page())
    assert stored(link.link_id).status == "published"


def test_a_resend_whose_page_is_not_reached_ends_nothing(network: Store, clock: Clock) -> None:
    link = published(network, clock)
    received()
    look(clock, DOWN)
    assert (stored(link.link_id).status, stored(link.link_id).link_back) == (
        "published",
        "unreachable",
    )
    look(clock, GONE, hours=1)  # by the schedule
    assert stored(link.link_id).status == "lapsed"


def test_one_that_an_editor_refused_is_a_duplicate(network: Store, clock: Clock) -> None:
    link = received()
    links.reject(network, link, links.Cause(clock.time, "editor"))
    response = send()
    assert (response.status, problem(response)) == (409, "duplicate-link")


# ---- how senders find us ---------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_articles_page_names_the_endpoint(network: Store, method: str) -> None:
    del method  # a HEAD is a GET without its body, for every route
    page = get(f"/a/{SHOWN}")
    assert page.headers["link"] == f'<{API}/webmention>; rel="webmention"'
    assert f'<link rel="webmention" href="{API}/webmention">' in page.body
    current = get(f"/a/{SHOWN}", {"If-None-Match": page.headers["etag"]})
    assert (current.status, current.headers["link"]) == (304, page.headers["link"])


def test_a_site_without_webmentions_names_none(network: Store) -> None:
    sample_network.put_site(network, webmentions="off")
    page = get(f"/a/{SHOWN}")
    assert "link" not in page.headers
    assert "webmention" not in page.body


def test_two_sites_on_one_host_have_articles_of_their_own(network: Store) -> None:
    other = Site(9, ["heat.example.com"], "Cold", "https://heat.example.com/cold/{id}")
    record = sites.SiteRecord(other, ())
    sites.save_record(network, record, sites.get_record(network, 9), [])
    assert received().domain == 8
    response = send("https://example.net/", f"https://heat.example.com/cold/{SHOWN}")
    assert at_fault(response) == ["target"]
