"""The pages that list articles and sites: what they show, in which order, and how they continue."""

from collections.abc import Iterator

import pytest

from seealso.http.cursors import cursor_of
from seealso.store.tables import Store, current_store
from seealso.tables.articles import Article
from seealso.tables.sites import Site
from tests.support import gateway
from tests.support.environment import new_container
from tests.support.factories import put_site
from tests.web.pages import Tree, get, links, named, text, tree
from tests.web.routes import write

OURS, GERMAN, OWN, NAMELESS = 3, 4, 7, 9
BASE = "https://api.example.com"


@pytest.fixture
def store(deployed_environment: Store) -> Iterator[Store]:
    new_container()
    yield deployed_environment
    new_container()


@pytest.fixture
def network(store: Store) -> Store:
    """Two sites whose pages are ours, one that renders itself, and a domain without a site."""
    put_site(store, Site(OURS, name="Kiln"))
    put_site(store, Site(GERMAN, name="Der Bach", language="de"))
    put_site(store, Site(OWN, ["cold.example.net"], "Cold", "https://cold.example.net/{id}.html"))
    domains = {1: OURS, 2: GERMAN, 3: OWN, 4: NAMELESS, 5: OURS}
    write(store, [article(number, domain) for number, domain in domains.items()])
    return store


def article(article_id: int, domain: int, title: str = "", state: str = "published") -> Article:
    title = title or f"Title {article_id}"
    return Article(article_id, domain, title, "Text.", "2026-02-25T10:00:00Z", state=state)


def listed(page: Tree) -> list[str]:
    """The addresses of the articles in a page's list."""
    (articles,) = page.all("ol", class_="list")
    return [href or "" for item in named(articles, "li") for href, _ in links(item)[:1]]


def followed(target: str, rel: str = "next") -> Iterator[Tree]:
    """The page at a path, and those that its links lead to."""
    while target:
        page = tree(target)
        yield page
        target = next((link.attrs["href"] or "" for link in page.all("a", rel=rel)), "")


# ---- a site ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("network")
def test_a_site_lists_its_articles_from_the_newest() -> None:
    page = tree(f"/s/{OURS}")
    assert (text(page.one("h1")), text(page.one("title"))) == ("Kiln", "Kiln")
    (articles,) = page.all("ol", class_="list")
    assert links(articles) == [("/a/5", "Title 5"), ("/a/1", "Title 1")]
    times = [(time.attrs["datetime"], text(time)) for time in named(articles, "time")]
    assert times == [("2026-02-25", "February 25, 2026")] * 2
    assert page.all("nav", class_="pages") == []
    assert page.all("meta", name="robots") == []


@pytest.mark.usefixtures("network")
def test_a_site_names_its_address_and_its_feed() -> None:
    page = tree(f"/s/{OURS}?limit=1")
    assert page.one("link", rel="canonical").attrs["href"] == f"{BASE}/s/{OURS}"
    feed = page.one("link", rel="alternate").attrs["href"]
    assert feed == f"/s/{OURS}/feed.atom"
    assert get(feed).status == 200


@pytest.mark.usefixtures("network")
def test_a_site_that_renders_itself_lists_its_own_addresses() -> None:
    page = tree(f"/s/{OWN}")
    assert listed(page) == ["https://cold.example.net/3.html"]
    assert text(page.one("p", class_="about")) == "cold.example.net"


@pytest.mark.usefixtures("network")
def test_a_site_is_shown_in_its_language() -> None:
    page = tree(f"/s/{GERMAN}")
    assert page.root.attrs["lang"] == "de"
    assert text(page.one("time")) == "25. Februar 2026"


@pytest.mark.usefixtures("network")
def test_a_domain_without_a_site_has_a_number_for_a_name() -> None:
    page = tree(f"/s/{NAMELESS}")
    assert text(page.one("h1")) == f"Site {NAMELESS}"
    assert listed(page) == ["/a/4"]


@pytest.mark.parametrize("count", [30, 31, 60, 65])
def test_a_sites_pages_have_each_article_once(store: Store, count: int) -> None:
    put_site(store, Site(OURS, name="Kiln"))
    write(store, [article(number, OURS) for number in range(1, count + 1)])
    pages = list(followed(f"/s/{OURS}"))
    assert [len(listed(page)) for page in pages[:-1]] == [30] * (len(pages) - 1)
    found = [href for page in pages for href in listed(page)]
    assert found == [f"/a/{number}" for number in range(count, 0, -1)]


def test_older_pages_lead_back_and_are_not_indexed(store: Store) -> None:
    put_site(store, Site(OURS, name="Kiln"))
    write(store, [article(number, OURS) for number in range(1, 32)])
    first, second = followed(f"/s/{OURS}")
    assert first.all("a", rel="first") == []
    assert second.one("a", rel="first").attrs["href"] == f"/s/{OURS}"
    assert second.one("meta", name="robots").attrs["content"] == "noindex"
    assert second.all("link", rel="canonical") == []


def test_what_is_not_published_is_not_listed(network: Store) -> None:
    write(network, [article(6, OURS, state="draft")])
    assert listed(tree(f"/s/{OURS}")) == ["/a/5", "/a/1"]
    assert listed(tree("/"))[0] == "/a/5"


def test_titles_and_names_are_no_markup(network: Store) -> None:
    put_site(network, Site(OURS, name='<b title="a">&amp;'))
    write(network, [article(6, OURS, '"><script>x</script>{{ 7 }}')])
    new_container()
    for target in (f"/s/{OURS}", "/"):
        page = tree(target)
        assert page.all("b") == []
        assert [script.attrs["type"] for script in page.all("script")] == ["module"]
        shown = links(page.one("ol", class_="list"))
        assert shown[0] == ("/a/6", '"><script>x</script>{{ 7 }}')
    assert text(tree(f"/s/{OURS}").one("h1")) == '<b title="a">&amp;'


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(
    "target",
    [
        f"/s/{OURS}?cursor=x",
        f"/s/{OURS}?cursor={cursor_of(f'site-{GERMAN}', 2)}",  # of another site
        "/?cursor=x",
    ],
)
def test_a_malformed_request_is_answered_with_a_page(target: str) -> None:
    page = tree(target, status=400)
    assert page.one("meta", name="robots").attrs["content"] == "noindex"


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("path", [f"/s/{OURS}", "/"])
def test_the_length_of_a_list_is_the_pages_own(path: str) -> None:
    assert get(f"{path}?limit=1").body == get(path).body


# ---- the network -------------------------------------------------------------------------------


@pytest.mark.usefixtures("network")
def test_home_lists_the_newest_articles_with_their_sites() -> None:
    page = tree("/")
    assert listed(page) == ["/a/5", "/a/4", "https://cold.example.net/3.html", "/a/2", "/a/1"]
    (articles,) = page.all("ol", class_="list")
    of_site = [links(item)[1] for item in named(articles, "li")]
    assert of_site == [
        (f"/s/{OURS}", "Kiln"),
        (f"/s/{NAMELESS}", f"Site {NAMELESS}"),
        (f"/s/{OWN}", "Cold"),
        (f"/s/{GERMAN}", "Der Bach"),
        (f"/s/{OURS}", "Kiln"),
    ]
    languages = [
        links_of.attrs["lang"] for links_of in named(articles, "a") if links_of.attrs.get("lang")
    ]
    assert languages == ["en", "en", "en", "de", "en"]
    assert page.one("link", rel="canonical").attrs["href"] == f"{BASE}/"
    assert page.one("link", rel="alternate").attrs["href"] == "/feed.atom"


def test_home_has_the_30_newest_articles(store: Store) -> None:
    put_site(store, Site(OURS, name="Kiln"))
    write(store, [article(number, OURS) for number in range(1, 32)])
    assert listed(tree("/")) == [f"/a/{number}" for number in range(31, 1, -1)]


@pytest.mark.usefixtures("network")
def test_home_lists_the_sites() -> None:
    section = tree("/").section("Sites")
    assert links(section) == [
        (f"/s/{OURS}", "Kiln"),
        (f"/s/{GERMAN}", "Der Bach"),
        (f"/s/{OWN}", "Cold"),
    ]


def test_home_has_100_sites_a_page(store: Store) -> None:
    for domain in range(205):
        put_site(store, Site(domain, name=f"Site no. {domain}"))
    pages = list(followed("/"))
    assert [len(links(page.section("Sites"))) for page in pages] == [100, 100, 5]
    found = [href for page in pages for href, _ in links(page.section("Sites"))]
    assert found == [f"/s/{domain}" for domain in range(205)]
    assert pages[1].one("a", rel="first").attrs["href"] == "/"
    assert pages[0].all("meta", name="robots") == []
    assert pages[1].one("meta", name="robots").attrs["content"] == "noindex"


def test_home_of_an_empty_network(store: Store) -> None:
    page = tree("/")
    assert page.all("ol", class_="list") == []
    section = page.section("Sites")
    assert section is not None
    assert "No sites yet." in text(section)


def test_home_is_in_the_language_that_all_sites_have(store: Store) -> None:
    put_site(store, Site(GERMAN, name="Der Bach", language="de"))
    write(store, [article(2, GERMAN)])
    assert tree("/").root.attrs["lang"] == "de"
    put_site(store, Site(OURS, name="Kiln"))
    new_container()
    assert tree("/").root.attrs["lang"] == "en"


# ---- both --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(
    ("target", "cold", "warm"), [(f"/s/{OURS}", (2, 1), (1, 1)), ("/", (3, 2), (2, 1))]
)
def test_what_a_list_costs(target: str, cold: tuple[int, int], warm: tuple[int, int]) -> None:
    """Requests and round trips, without and with the sites in the container's cache."""
    for expected in (cold, warm):
        get(target)
        usage = current_store().client.usage
        assert (usage.requests, usage.round_trips) == expected


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("target", ["/", f"/s/{OURS}"])
def test_lists_may_be_cached_and_are_revalidated(target: str) -> None:
    full = get(target)
    assert full.headers["cache-control"] == "public, max-age=30"
    assert get(target, if_none_match=full.headers["etag"]).status == 304
    head = gateway.request("HEAD", target)
    assert (head.status, head.body, head.headers) == (200, "", full.headers)
