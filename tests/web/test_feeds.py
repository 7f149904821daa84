"""Atom feeds: what they show, their validators, and what they cost."""

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seealso.errors import Refusal
from seealso.http.handler import Route
from seealso.http.responses import Response
from seealso.limits import MAX_ID
from seealso.settings import SettingsError
from seealso.store.client import Usage
from seealso.store.tables import Store
from seealso.tables.articles import Article, article_item
from seealso.tables.sites import Site
from seealso.web import feeds
from seealso.web.feeds import network_feed, site_feed
from tests.support import engines
from tests.support.environment import variables
from tests.support.factories import put_items, put_site
from tests.support.tables import another
from tests.web.atom import Feed, read_feed
from tests.web.random_articles import DOMAINS, Drawn, networks, newest_first
from tests.web.routes import BASE_URL, body_of, call, store_of, write

STACK = UUID("51af3dc0-da77-11e4-872e-1234567db123")
IDS = st.integers(1, MAX_ID)
SITES = [
    Site(3, name="Kiln & <Co>", language="de-AT"),
    Site(7, name="Elsewhere", article_url="https://elsewhere.example.com/read?n={id}&x=1"),
]


@pytest.fixture(autouse=True)
def stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK_UUID", str(STACK))


def article(article_id: int, date: str = "2026-02-25", **columns: Any) -> Article:
    made = {"domain": 3, "title": f"Title {article_id}", "text": "Text.", **columns}
    return Article(id=article_id, date=date, **made)


def with_sites(store: Store) -> Store:
    for site in SITES:
        put_site(store, site)
    return store


def site(store: Store, domain: int = 3, headers: Mapping[str, str] | None = None) -> Response:
    return call(store, site_feed, {"domain": domain}, headers)


def urn(name: str) -> str:
    return f"urn:uuid:{uuid5(STACK, name)}"


def in_xml(text: str) -> str:
    """What of a text can be in XML (XML 1.0, section 2.2)."""
    ranges = [(0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF)]
    return "".join(
        character
        for character in text
        if character in "\t\n\r" or any(low <= ord(character) <= high for low, high in ranges)
    )


# ---- what a feed shows -----------------------------------------------------------------------


@pytest.mark.slow
@given(network=networks(IDS))
def test_a_sites_feed_has_its_20_newest_articles(network: list[Drawn]) -> None:
    store = with_sites(store_of([drawn.article for drawn in network]))
    for domain, name, language, url in [
        (3, "Kiln & <Co>", "de-AT", f"{BASE_URL}/a/{{}}"),
        (7, "Elsewhere", "en", "https://elsewhere.example.com/read?n={}&x=1"),
    ]:
        feed = read_feed(body_of(site(store, domain)))
        newest = newest_first(network, domain)[:20]
        assert feed._replace(entries=[], updated=newest_moment(newest)) == Feed(
            id=urn(f"site/{domain}"),
            title=name,
            updated=newest_moment(newest),
            url=f"{BASE_URL}/s/{domain}",
            self_url=f"{BASE_URL}/s/{domain}/feed.atom",
            author=name,
            language=language,
            entries=[],
        )
        assert_entries(feed, newest)
        assert [entry.url for entry in feed.entries] == [
            url.format(drawn.article.id) for drawn in newest
        ]
        assert {(entry.author, entry.language) for entry in feed.entries} <= {(name, language)}


@pytest.mark.slow
@given(network=networks(IDS))
def test_the_networks_feed_has_its_30_newest_articles(network: list[Drawn]) -> None:
    feed = read_feed(
        body_of(call(with_sites(store_of([each.article for each in network])), network_feed))
    )
    newest = newest_first(network)[:30]
    assert (feed.id, feed.url, feed.self_url) == (
        urn("network"),
        f"{BASE_URL}/",
        f"{BASE_URL}/feed.atom",
    )
    assert_entries(feed, newest)
    names = {3: ("Kiln & <Co>", "de-AT"), 5: ("Site 5", "en"), 7: ("Elsewhere", "en")}
    assert [(entry.author, entry.language) for entry in feed.entries] == [
        names[drawn.article.domain] for drawn in newest
    ]


def assert_entries(feed: Feed, newest: list[Drawn]) -> None:
    assert feed.updated == newest_moment(newest)
    assert [(entry.id, entry.title, entry.updated) for entry in feed.entries] == [
        (
            urn(f"article/{drawn.article.id}"),
            in_xml(drawn.article.title),
            in_milliseconds(drawn.moment),
        )
        for drawn in newest
    ]


def newest_moment(newest: list[Drawn]) -> datetime:
    return in_milliseconds(newest[0].moment) if newest else datetime(1970, 1, 1, tzinfo=UTC)


def in_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def test_ids_do_not_depend_on_the_host_name(monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of([article(1)])
    first = read_feed(body_of(site(store)))
    monkeypatch.setenv("PUBLIC_URL", "https://www.example.org")
    moved = read_feed(body_of(site(store)))
    assert (moved.id, moved.entries[0].id) == (first.id, first.entries[0].id)
    assert moved.entries[0].url == "https://www.example.org/a/1"


def test_ids_differ_between_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of([article(1)])
    first = read_feed(body_of(site(store)))
    monkeypatch.setenv("STACK_UUID", "61af3dc0-da77-11e4-872e-1234567db123")
    other = read_feed(body_of(site(store)))
    assert {first.id, first.entries[0].id}.isdisjoint({other.id, other.entries[0].id})


def test_an_id_in_the_environment_that_is_no_uuid_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STACK_UUID", "seealso")
    with pytest.raises(SettingsError, match="STACK_UUID"):
        feeds.stack_uuid()


def test_tests_use_an_id_of_the_form_that_stacks_have(moto_store: Store) -> None:
    assert UUID(variables(moto_store)["STACK_UUID"])


@pytest.mark.parametrize("domain", ["5", "2147483647", "2147483648", "-1", "x", "05"])
def test_unknown_sites_are_not_found(domain: str) -> None:
    with pytest.raises(Refusal) as refused:
        call(with_sites(store_of([article(1)])), site_feed, {"domain": domain})
    assert refused.value.name == "not-found"


def test_a_domain_with_articles_needs_no_stored_site() -> None:
    assert read_feed(body_of(site(store_of([article(1)])))).title == "Site 3"


def test_headers() -> None:
    headers = site(store_of([article(1)])).headers
    assert set(headers) - {"vary"} == {"cache-control", "content-type", "etag", "last-modified"}
    assert headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert headers["cache-control"] == "public, max-age=300"
    # The entity tag comes from the newest article alone, so it is weak.
    assert headers["etag"].startswith('W/"')


# ---- conditional requests --------------------------------------------------------------------

FEEDS = pytest.mark.parametrize("route", [site_feed, network_feed])


def answer(store: Store, route: Route, headers: Mapping[str, str] | None = None) -> Response:
    return call(store, route, {"domain": 3}, headers)


@FEEDS
def test_a_client_with_the_current_entity_tag_gets_304(route: Route) -> None:
    store = with_sites(store_of([article(1), article(2)]))
    full = answer(store, route)
    tag = full.headers["etag"]
    for value in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        current = answer(store, route, {"if-none-match": value})
        assert (current.status, current.body) == (304, None)
        assert current.headers == full.headers
    packed = tag[:-1] + '-gz"'
    for value in ('"other"', packed):
        assert answer(store, route, {"if-none-match": value}) == full
    of_gzip = answer(store, route, {"if-none-match": packed, "accept-encoding": "gzip"})
    assert (of_gzip.status, of_gzip.headers["etag"]) == (304, packed)


@FEEDS
def test_a_new_article_changes_the_entity_tag(route: Route) -> None:
    store = with_sites(store_of([article(1)]))
    tag = answer(store, route).headers["etag"]
    write(store, [article(2)])
    changed = answer(store, route, {"if-none-match": tag})
    assert len(read_feed(body_of(changed)).entries) == 2
    assert changed.headers["etag"] != tag


def test_a_change_of_the_site_changes_the_entity_tag() -> None:
    store = with_sites(store_of([article(1)]))
    tag = site(store).headers["etag"]
    put_site(store, Site(3, name="New name"))
    store.site_cache.clear()
    assert read_feed(body_of(site(store, headers={"if-none-match": tag}))).title == "New name"


@FEEDS
@pytest.mark.parametrize(
    ("date", "modified"),
    [
        ("2026-02-25", "Wed, 25 Feb 2026 00:00:00 GMT"),
        ("2026-02-25T10:00:00.9+01:00", "Wed, 25 Feb 2026 09:00:00 GMT"),
        ("0001-01-01", "Mon, 01 Jan 0001 00:00:00 GMT"),
    ],
)
def test_last_modified_is_the_date_of_the_newest_article(
    route: Route, date: str, modified: str
) -> None:
    store = with_sites(store_of([article(1, "2026-03-01"), article(2, date)]))
    assert answer(store, route).headers["last-modified"] == modified
    assert answer(store, route, {"if-modified-since": modified}).status == 304


@FEEDS
def test_the_highest_id_may_have_an_older_date(route: Route) -> None:
    store = with_sites(store_of([article(1, "2026-03-01")]))
    modified = answer(store, route).headers["last-modified"]
    write(store, [article(2, "2026-02-25")])
    changed = answer(store, route, {"if-modified-since": modified})
    assert len(read_feed(body_of(changed)).entries) == 2


@FEEDS
def test_if_none_match_goes_before_if_modified_since(route: Route) -> None:
    store = with_sites(store_of([article(1)]))
    headers = answer(store, route).headers
    current = {"if-none-match": headers["etag"], "if-modified-since": "yesterday"}
    assert answer(store, route, current).status == 304
    changed = {"if-none-match": '"other"', "if-modified-since": headers["last-modified"]}
    assert answer(store, route, changed).status == 200


@FEEDS
@pytest.mark.parametrize("form", ["%Y-%m-%d", "9998-%m-%d", "9999-12-31T23:59:59-23:59"])
def test_while_more_articles_may_get_the_same_date_nothing_is_unmodified_since_it(
    route: Route, form: str
) -> None:
    store = with_sites(store_of([article(1, datetime.now(UTC).strftime(form))]))
    modified = answer(store, route).headers["last-modified"]
    moment = datetime.strptime(modified, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - moment).total_seconds() < 60
    past = {"if-modified-since": "Wed, 25 Feb 2026 00:00:00 GMT"}
    assert answer(store, route, past).status == 200


@FEEDS
def test_an_empty_feed_is_valid_and_has_an_entity_tag(route: Route) -> None:
    store = with_sites(store_of([]))
    empty = answer(store, route)
    feed = read_feed(body_of(empty))
    assert (feed.entries, feed.updated) == ([], datetime(1970, 1, 1, tzinfo=UTC))
    assert "last-modified" not in empty.headers
    assert answer(store, route, {"if-none-match": empty.headers["etag"]}).status == 304
    since = {"if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}
    assert answer(store, route, since).status == 200


# ---- what they cost --------------------------------------------------------------------------

# DynamoDB Local counts true read units; moto counts a BatchGetItem as if it were consistent.
COUNTING = engines.params(only_long=engines.OTHERS, never=["moto"])


def cost(store: Store, route: Route, *requests: Mapping[str, str]) -> list[Usage]:
    """What each request costs, one after the other, in a new container."""
    own = another(store)
    tallies = []
    with closing(own.client):
        for headers in requests:
            tallies.append(own.client.start())
            answer(own, route, headers)
    return tallies


@pytest.mark.parametrize("store", COUNTING, indirect=True)
def test_what_feeds_cost(store: Store) -> None:
    made = [
        article(each, domain=DOMAINS[each % 3], title="T" * 60, text="x" * 4000)
        for each in range(1, 101)
    ]
    put_items(store, store.articles, map(article_item, made))
    with_sites(store)
    current = {"if-none-match": answer(store, site_feed).headers["etag"]}
    new, cached = cost(store, site_feed, current, current)
    assert (new.requests, new.round_trips) == (2, 1)
    assert new.read_units <= 1
    assert (cached.requests, cached.round_trips) == (1, 1)
    assert cached.read_units <= 0.5
    new, cached = cost(store, site_feed, {}, {})
    assert (new.requests, new.round_trips) == (2, 1)
    assert new.read_units <= 1
    assert (cached.requests, cached.round_trips) == (1, 1)
    assert cached.read_units <= 0.5

    current = {"if-none-match": answer(store, network_feed).headers["etag"]}
    new, cached = cost(store, network_feed, current, current)
    assert (new.requests, new.round_trips) == (2, 2)
    assert new.read_units <= 1
    assert (cached.requests, cached.round_trips) == (1, 1)
    assert cached.read_units <= 0.5
    (new,) = cost(store, network_feed, {})
    assert (new.requests, new.round_trips) == (2, 2)
    assert new.read_units <= 1 + 0.5 * len(DOMAINS)
