"""robots.txt and sitemaps: which pages they name, and what they cost."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.robotparser import RobotFileParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seealso.errors import Refusal
from seealso.http.handler import Route
from seealso.http.responses import Response
from seealso.limits import MAX_ID
from seealso.store.tables import Store
from seealso.tables.articles import Article, article_item
from seealso.tables.sites import Site
from seealso.web import sitemaps
from seealso.web.sitemaps import robots, sitemap_index, sitemap_part
from tests.support import engines
from tests.support.factories import put_items, put_site
from tests.web.random_articles import DOMAINS, Drawn, networks, newest_first
from tests.web.routes import BASE_URL, body_of, call, store_of
from tests.web.sitemap_schema import Located, read_index, read_sitemap

OWN, RENDERS_ITSELF, EMPTY, UNKNOWN = 3, 7, 20, 99
SITES = [
    Site(OWN, name="Ours"),
    Site(RENDERS_ITSELF, article_url="https://elsewhere.example.com/{id}"),
    Site(EMPTY, name="Without articles"),
]


def article(article_id: int, domain: int = OWN, date: str = "2026-02-25") -> Article:
    return Article(article_id, domain, f"Title {article_id}", "Text.", date)


def store_with(*articles: Article) -> Store:
    store = store_of(articles)
    for site in SITES:
        put_site(store, site)
    return store


def index(store: Store, domain: int = OWN) -> list[str]:
    return read_index(body_of(call(store, sitemap_index, {"domain": domain})))


def part(store: Store, number: int, domain: int = OWN) -> list[Located]:
    answer = call(store, sitemap_part, {"domain": domain, "part": number})
    return read_sitemap(body_of(answer))


def urls(store: Store, number: int, domain: int = OWN) -> list[str]:
    return [located.url for located in part(store, number, domain)]


def site_page(domain: int) -> str:
    return f"{BASE_URL}/s/{domain}"


def is_found(store: Store, route: Route, path: Mapping[str, object]) -> bool:
    try:
        return call(store, route, path).status == 200
    except Refusal as refusal:
        if refusal.name != "not-found":
            raise
        return False


# ---- sitemaps --------------------------------------------------------------------------------


# Ids about the edges of parts, so that articles meet there.
IDS = st.sampled_from([1, 1998, 1999, 2000, 2001, 3999, 4000, 9999, 10_000]) | st.integers(
    1, 12_000
)


@pytest.mark.slow
@given(network=networks(IDS))
def test_sitemaps_name_each_published_article_once(network: list[Drawn]) -> None:
    store = store_with(*[drawn.article for drawn in network])
    for domain in set(DOMAINS) - {RENDERS_ITSELF}:
        oldest_first = newest_first(network, domain)[::-1]
        if not oldest_first and domain != OWN:
            assert not is_found(store, sitemap_index, {"domain": domain})
            continue
        found: list[Located] = []
        for url in index(store, domain):
            prefix, _, number = url.rpartition("/")
            assert prefix == f"{BASE_URL}/sitemaps/{domain}"
            located = part(store, int(number), domain)
            found += [] if located == [Located(site_page(domain), None)] else located
        assert found == [
            Located(
                f"{BASE_URL}/a/{drawn.article.id}",
                drawn.moment.date()
                if len(drawn.article.date) == 10
                else drawn.moment.replace(microsecond=drawn.moment.microsecond // 1000 * 1000),
            )
            for drawn in oldest_first
        ]


def test_a_part_has_2000_ids_of_its_own_site() -> None:
    edges = [1999, 2000, 2001, 3999, 4000]
    store = store_with(*map(article, edges), article(2002, RENDERS_ITSELF))
    assert index(store) == [f"{BASE_URL}/sitemaps/{OWN}/{number}" for number in (0, 1, 2)]
    assert urls(store, 0) == [f"{BASE_URL}/a/1999"]
    assert urls(store, 1) == [f"{BASE_URL}/a/{each}" for each in (2000, 2001, 3999)]
    assert urls(store, 2) == [f"{BASE_URL}/a/4000"]


def test_the_highest_id_is_in_a_part() -> None:
    store = store_with(article(MAX_ID))
    (url,) = index(store)
    assert urls(store, int(url.rpartition("/")[2])) == [f"{BASE_URL}/a/{MAX_ID}"]


def test_a_part_between_articles_shows_the_sites_page() -> None:
    assert urls(store_with(article(1), article(4000)), 1) == [site_page(OWN)]


def test_a_site_without_articles_has_one_part_with_its_page() -> None:
    store = store_with()
    assert index(store, EMPTY) == [f"{BASE_URL}/sitemaps/{EMPTY}/0"]
    assert urls(store, 0, EMPTY) == [site_page(EMPTY)]


@pytest.mark.parametrize("number", ["0", "1", "5", "1073742", "2147483648", "-1", "x", "02"])
def test_parts_out_of_range_are_not_found(number: str) -> None:
    store = store_with(article(4000), article(9999))
    assert not is_found(store, sitemap_part, {"domain": OWN, "part": number})


@pytest.mark.parametrize("domain", [RENDERS_ITSELF, UNKNOWN, "x", -1, MAX_ID + 1])
def test_only_sites_whose_pages_are_ours_have_sitemaps(domain: object) -> None:
    store = store_with(article(1, RENDERS_ITSELF))
    assert not is_found(store, sitemap_index, {"domain": domain})
    assert not is_found(store, sitemap_part, {"domain": domain, "part": 0})


def test_an_index_has_the_50_000_newest_parts() -> None:
    found = index(store_with(article(1), article(MAX_ID)))
    newest = MAX_ID // 2000
    expected = range(newest - 49_999, newest + 1)
    assert found == [f"{BASE_URL}/sitemaps/{OWN}/{number}" for number in expected]


def test_an_index_fits_into_an_answer_with_long_addresses_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PUBLIC_URL", f"https://{'long-name.' * 24}example.com")
    answer = call(store_with(article(1), article(MAX_ID)), sitemap_index, {"domain": OWN})
    assert 4_900_000 < len(body_of(answer).encode()) < 5_001_000
    assert read_index(body_of(answer))[-1].endswith(f"/{MAX_ID // 2000}")


def test_dates_that_schemas_refuse_are_written_in_utc() -> None:
    (located,) = part(store_with(article(1, date="2026-02-25T10:00+23:00")), 0)
    assert located.modified == datetime(2026, 2, 24, 11, tzinfo=UTC)


# ---- robots.txt ------------------------------------------------------------------------------


def rules(store: Store) -> RobotFileParser:
    parser = RobotFileParser()
    parser.parse(body_of(call(store, robots)).splitlines())
    return parser


def test_robots_txt_names_the_sitemaps_of_sites_whose_pages_are_ours() -> None:
    expected = [f"{BASE_URL}/sitemaps/{domain}" for domain in (OWN, EMPTY)]
    assert rules(store_with()).site_maps() == expected


@pytest.mark.parametrize(
    ("path", "is_allowed"),
    [
        ("/", True),
        ("/a/1", True),
        ("/s/3", True),
        ("/s/3?cursor=abc", True),
        ("/s/3/feed.atom", True),
        ("/assets/site.css", True),
        ("/articles/1/links", True),  # the script of a page reads the API
        ("/sitemaps/3/0", True),
        ("/l/0123456789abcdef0123456789abcdef", False),
        ("/l/0123456789abcdef0123456789abcdef/withdraw", False),
        ("/admin/articles", False),
        ("/desk/signin", False),
    ],
)
def test_robots_txt_keeps_crawlers_from_what_is_not_for_them(path: str, is_allowed: bool) -> None:
    assert rules(store_with()).can_fetch("Examplebot", f"{BASE_URL}{path}") == is_allowed


def test_robots_txt_keeps_crawlers_from_the_form() -> None:
    # RobotFileParser knows no wildcards (RFC 9309, 2.2.3).
    assert "\nDisallow: /a/*/links\n" in body_of(call(store_with(), robots))


def test_robots_txt_has_as_many_sites_as_crawlers_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "_MAX_ROBOTS_BYTES", 1000)
    store = store_of([])
    for domain in range(MAX_ID - 30, MAX_ID + 1):
        put_site(store, Site(domain))
    body = body_of(call(store, robots))
    line = f"Sitemap: {BASE_URL}/sitemaps/{MAX_ID}\n"
    assert 1000 - 2 * len(line) < len(body.encode()) <= 1000
    assert f"{MAX_ID - 30}\n" in body


# ---- answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "content_type"),
    [
        (robots, "text/plain; charset=utf-8"),
        (sitemap_index, "application/xml; charset=utf-8"),
        (sitemap_part, "application/xml; charset=utf-8"),
    ],
)
def test_answers_are_cached_for_a_day_and_have_an_entity_tag(
    route: Route, content_type: str
) -> None:
    def get(headers: Mapping[str, str] | None = None) -> Response:
        return call(store, route, {"domain": OWN, "part": 0}, headers)

    store = store_with(article(1))
    full = get()
    assert full.headers["content-type"] == content_type
    assert full.headers["cache-control"] == "public, max-age=86400"
    current = get({"if-none-match": full.headers["etag"]})
    assert (current.status, current.body) == (304, None)
    put_site(store, Site(EMPTY + 1))
    store.client.call("DeleteItem", {"TableName": store.articles, "Key": {"id": {"N": "1"}}})
    # Part 0 shows the site's page now; its index is as it was.
    changed = get({"if-none-match": full.headers["etag"]})
    assert changed.status == (304 if route is sitemap_index else 200)


# ---- what they cost --------------------------------------------------------------------------

COUNTING = engines.params(only_long=engines.OTHERS, never=["moto"])


@pytest.mark.slow
@pytest.mark.parametrize("store", COUNTING, indirect=True)
def test_what_sitemaps_cost(store: Store) -> None:
    dated = "2026-02-25T10:00:00+01:00"
    made = [
        Article(each, domain, "T" * 60, "Text.", dated)
        for domain, ids in ((OWN, range(2000, 4001)), (RENDERS_ITSELF, range(4001, 4051)))
        for each in ids
    ]
    put_items(store, store.articles, map(article_item, made))
    for site in SITES:
        put_site(store, site)

    def usage(route: Route, domain: int, number: int) -> tuple[int, int, float]:
        store.site_cache.clear()
        counted = store.client.start()
        is_found(store, route, {"domain": domain, "part": number})
        return counted.requests, counted.round_trips, counted.read_units

    for route, domain, number, requests, round_trips, units in [
        (sitemap_part, OWN, 1, 3, 2, 34),  # of these 1 of the site and its newest article
        (sitemap_part, OWN, 0, 4, 3, 2),
        (sitemap_part, OWN, 3, 2, 1, 1),
        (sitemap_part, RENDERS_ITSELF, 1, 2, 1, 1),
        (sitemap_index, OWN, 1, 3, 2, 1.5),
        (robots, OWN, 1, 1, 1, 0.5),
    ]:
        counted = usage(route, domain, number)
        assert counted[:2] == (requests, round_trips), (route, domain, number)
        assert counted[2] <= units, (route, domain, number)
