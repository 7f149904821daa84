"""An article's page: what it shows, in which order, and the headers that it has."""

import json
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seealso.limits import MAX_ARTICLE_TITLE
from seealso.reading.page import read_page
from seealso.store.tables import Store, current_store
from seealso.tables.articles import Article, article_item, put_articles
from seealso.tables.sites import Site
from tests.support.content_security_policy import CONTENT_SECURITY_POLICY
from tests.support.environment import new_container
from tests.support.factories import page_item, put_item, put_site, submit_url
from tests.web.pages import get, links, named, text, tree

ID, DOMAIN, GERMAN, OTHER, BARE = 500, 7, 8, 3, 6

type Articles = list[Article]


def article(article_id: int, domain: int, source_id: int | None = None) -> Article:
    text = "One.\n\nTwo,\nthree."
    return Article(article_id, domain, f"Title {article_id}", text, "2026-02-25", source_id)


@pytest.fixture
def network(deployed_environment: Store) -> Store:
    """Ten articles of a site whose pages are ours, and some of other sites."""
    store = deployed_environment
    put_site(store, Site(DOMAIN, ["heat.example.com"], "Heat", publish="at_once"))
    put_site(store, Site(GERMAN, [], "Der Bach", publish="at_once", language="de-AT"))
    own = "https://cold.example.net/{id}.html"
    put_site(store, Site(OTHER, ["cold.example.net"], "Cold", own, publish="at_once"))
    articles = [article(number, DOMAIN) for number in range(491, 500)]
    articles += [article(ID, DOMAIN, source_id=480)]
    articles += [article(480, OTHER), article(481, BARE), article(482, GERMAN, source_id=481)]
    assert not any(put_articles(store, [(each, None) for each in articles]))
    new_container()
    return store


@pytest.mark.usefixtures("network")
def test_shows_the_article_and_what_to_read_next() -> None:
    page = tree(f"/a/{ID}")
    assert [text(title) for title in page.all("h1")] == [f"Title {ID}"]
    assert text(page.one("title")) == f"Title {ID} · Heat"
    assert text(page.one("time")) == "February 25, 2026"
    body = page.one("div", class_="text")
    assert [text(paragraph) for paragraph in named(body, "p")] == ["One.", "Two, three."]
    assert len(list(named(body, "br"))) == 1
    # The source is of another site, whose pattern is not read for it.
    assert links(page.one("span", class_="source")) == [("/a/480", "Title 480")]
    same = [(f"/a/{number}", f"Title {number}") for number in range(499, 491, -1)]
    assert links(page.section("More from Heat")) == same
    assert links(page.section("Elsewhere")) == [
        ("/a/482", "Title 482"),
        ("/a/481", "Title 481"),
        ("https://cold.example.net/480.html", "Title 480"),
    ]
    elsewhere = page.section("Elsewhere")
    assert elsewhere is not None
    names = [text(name) for name in named(elsewhere, "span")]
    assert names == ["Der Bach", f"Site {BARE}", "Cold"]


@pytest.mark.usefixtures("network")
def test_reads_the_sites_of_other_articles_in_the_second_round_trip() -> None:
    new_container()
    for _ in ("cold", "warm"):
        get(f"/a/{ID}")
        usage = current_store().client.usage
        # As for the page view with only the id known: the sites are in its second BatchGetItem.
        assert (usage.requests, usage.round_trips) == (4, 2)


@pytest.mark.usefixtures("network")
def test_describes_itself_to_machines() -> None:
    page = tree(f"/a/{ID}")
    assert page.one("link", rel="canonical").attrs["href"] == f"https://api.example.com/a/{ID}"
    assert page.one("link", rel="alternate").attrs["href"] == f"/s/{DOMAIN}/feed.atom"
    properties = {
        meta.attrs.get("property"): meta.attrs.get("content") for meta in page.all("meta")
    }
    assert properties["og:type"] == "article"
    assert properties["og:title"] == f"Title {ID}"
    assert properties["og:site_name"] == "Heat"
    assert page.one("meta", name="description").attrs["content"] == "One. Two, three."
    data = json.loads(text(page.one("script", type="application/ld+json")))
    assert data["@type"] == "Article"
    assert data["headline"] == f"Title {ID}"


@pytest.mark.usefixtures("network")
def test_names_the_page_of_a_site_that_renders_itself_as_canonical() -> None:
    canonical = tree("/a/480").one("link", rel="canonical")
    assert canonical.attrs["href"] == "https://cold.example.net/480.html"


def test_shows_published_links(network: Store) -> None:
    submit_url(network, ID, "https://blog.example.net/a/very/long/path?query=1")
    put_item(
        network,
        network.links,
        page_item(
            ID,
            {
                "link#a": ["https://www.a.example/x?y", None, 1, 1],
                "link#b": ["https://b.example/", "Their <b>title</b>", 2, 2],
            },
        ),
    )
    page = tree(f"/a/{ID}")
    shown = named(page.one("div", id_="links"), "li")
    assert [text(item) for item in shown] == [
        "www.a.example/x www.a.example Report www.a.example/x",
        "Their <b>title</b> b.example Report Their <b>title</b>",
    ]
    link, report = named(shown[0], "a")
    assert link.attrs["rel"] == "ugc nofollow noopener"
    assert report.attrs["href"] == "mailto:editors@example.org?subject=Link%20a"
    assert "3 places left." in text(page.one("form", id_="submit"))


@pytest.mark.parametrize(
    ("contact_url", "report_url"),
    [
        ("mailto:a@example.org", "mailto:a@example.org?subject=Link%20a"),
        (
            "mailto:a@example.org?subject=Hi&cc=b@example.org",
            "mailto:a@example.org?cc=b@example.org&subject=Link%20a",
        ),
        ("https://example.org/about", "https://example.org/about?link=a"),
        ("https://example.org/about?x=1#contact", "https://example.org/about?x=1&link=a#contact"),
    ],
)
def test_a_report_names_the_link(
    network: Store, monkeypatch: pytest.MonkeyPatch, contact_url: str, report_url: str
) -> None:
    monkeypatch.setenv("CONTACT_URL", contact_url)
    new_container()
    put_item(network, network.links, page_item(ID, {"link#a": ["https://a.net/", None, 1, 1]}))
    assert report_url in [href for href, _ in links(tree(f"/a/{ID}").section("Related links"))]


def test_says_when_the_page_is_full(network: Store) -> None:
    full = {f"link#{n}": [f"https://{n}.example.net/", None, n, n] for n in range(5)}
    put_item(network, network.links, page_item(ID, full))
    page = tree(f"/a/{ID}")
    assert page.all("form") == []
    assert "All places on this page are taken." in text(page.one("p", class_="full"))


@pytest.mark.usefixtures("network")
def test_form_has_the_wording_in_force_and_is_the_same_for_all_readers() -> None:
    page = tree(f"/a/{ID}")
    form = page.one("form", id_="submit")
    assert (form.attrs["method"], form.attrs["action"]) == ("post", f"/a/{ID}/links")
    labels = {label.attrs["for"]: text(label) for label in named(form, "label")}
    assert "right to share" in labels["has_right_to_share"]
    assert "link back" in labels["agrees_to_link_back"]
    assert "Up to 5 links per page." in text(page.one("p", id_="rule"))
    values = {field.attrs["name"]: field.attrs.get("value") for field in named(form, "input")}
    assert values["idempotency_key"] == ""
    others = {"user-agent": "another", "accept-language": "de", "cookie": "a=b"}
    assert get(f"/a/{ID}", **others).body == get(f"/a/{ID}").body


@pytest.mark.usefixtures("network")
def test_speaks_the_language_of_its_site() -> None:
    page = tree("/a/482")
    root = page.root
    assert (root.attrs["lang"], root.attrs["dir"]) == ("de-AT", "ltr")
    assert text(page.one("time")) == "25. Februar 2026"
    assert page.section("Related links") is None
    assert text(page.one("label", for_="url")) != "Address of your page"


def test_other_articles_have_their_sites_language_and_direction(network: Store) -> None:
    put_site(network, Site(OTHER, ["cold.example.net"], "حرارة", language="ar"))
    new_container()
    links_of_others = named(tree(f"/a/{ID}").section("Elsewhere"), "a")
    directions = [(link.attrs["lang"], link.attrs["dir"]) for link in links_of_others]
    assert directions == [("de-AT", "ltr"), ("en", "ltr"), ("ar", "rtl")]


@pytest.mark.parametrize(
    ("text", "text_format", "description"),
    [
        ("One.\n\nTwo.", "plain", "One. Two."),
        ("word " * 40, "plain", "word " * 31 + "word …"),
        ("長" * 400, "plain", "長" * 159 + "…"),
        ("x" * 400, "plain", "x" * 159 + "…"),
        (
            "# A *heading*\n\nSee [this](https://example.com/) & that.",
            "markdown",
            "A heading See this & that.",
        ),
    ],
)
def test_describes_itself_by_the_beginning_of_the_text(
    network: Store, text: str, text_format: str, description: str
) -> None:
    put_site(network, Site(DOMAIN, name="Heat", text_format=text_format))
    changed = replace(article(ID, DOMAIN), text=text, version=9)
    put_item(network, network.articles, article_item(changed))
    new_container()
    meta = tree(f"/a/{ID}").one("meta", name="description")
    assert meta.attrs["content"] == description


def test_a_site_may_take_no_links(network: Store) -> None:
    put_site(network, Site(DOMAIN, name="Heat", cap=0))
    new_container()
    page = tree(f"/a/{ID}")
    assert page.all("form") == []
    assert text(page.one("p", class_="full")) == "This site takes no links."


def test_words_without_a_catalog_are_marked_as_english(network: Store) -> None:
    put_site(network, Site(DOMAIN, name="حرارة", language="ar"))
    new_container()
    page = tree(f"/a/{ID}")
    assert (page.root.attrs["lang"], page.root.attrs["dir"]) == ("ar", "rtl")
    related = page.section("Related links")
    assert related is not None
    assert (related.attrs["lang"], related.attrs["dir"]) == ("en", "ltr")


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("target", ["/a/999", "/a/0", "/a/x", "/a/007", "/s/99", "/s/x"])
def test_what_is_unknown_is_a_page(target: str) -> None:
    page = tree(target, status=404)
    assert text(page.one("h1")) == "Not found"
    assert page.one("meta", name="robots").attrs["content"] == "noindex"


@pytest.mark.usefixtures("network")
def test_headers() -> None:
    response = get(f"/a/{ID}")
    policy = dict(
        part.split(" ", 1) for part in response.headers["content-security-policy"].split("; ")
    )
    assert policy == CONTENT_SECURITY_POLICY
    assert response.headers["cache-control"] == "public, max-age=30"
    assert response.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert response.headers["strict-transport-security"] == "max-age=63072000"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "last-modified" not in response.headers
    again = get(f"/a/{ID}", if_none_match=response.headers["etag"])
    assert (again.status, again.body) == (304, "")
    # Without it, the gateway sends application/json, which a cache might keep for the page.
    assert again.headers["content-type"] == response.headers["content-type"]
    assert again.headers["content-security-policy"] == response.headers["content-security-policy"]
    error = get("/a/999")
    assert error.headers["cache-control"] == "no-store"
    assert error.headers["content-security-policy"] == response.headers["content-security-policy"]


titles = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=MAX_ARTICLE_TITLE
).filter(str.strip)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=2_000)


@given(title=titles, body=texts, name=titles, text_format=st.sampled_from(["plain", "markdown"]))
@example("</title><script>x</script>", "</div><script>x</script>", "<b>", "plain")
@example("{{ 7 * 7 }}{% raw %}", "# <img src=x onerror=x>\n[a](javascript:x)", '"><b', "markdown")
def test_any_article_makes_a_valid_page_without_new_elements(
    network: Store, title: str, body: str, name: str, text_format: str
) -> None:
    site = Site(DOMAIN, name=name, text_format=text_format)
    put_site(network, site)
    current = read_page(network, ID)
    assert current is not None
    changed = replace(article(ID, DOMAIN), title=title, text=body, version=99)
    put_item(network, network.articles, article_item(changed))
    new_container()
    page = tree(f"/a/{ID}")
    assert text(page.one("h1")) == " ".join(title.split())
    scripts = [script.attrs.get("type") for script in page.all("script")]
    assert scripts == ["application/ld+json", "module"]
    for element in page.elements:
        assert element.name not in ("img", "iframe", "object", "style", "base")
        assert not any(attribute.startswith("on") for attribute in element.attrs)
        href = (element.attrs.get("href") or "").lower()
        assert not href.startswith(("javascript:", "data:"))
