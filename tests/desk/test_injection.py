"""Nothing that submitters, their pages or editors write becomes markup on the screens of links."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from justhtml import Element, JustHTML

from seealso.store.tables import Store
from seealso.tables.articles import Article, put_articles
from seealso.tables.checks import Checks, checks_item
from seealso.tables.links import link_item
from seealso.tables.sites import Site
from tests.support.desk import Browser, sign_in_admin
from tests.support.desk_links import SITED, link_id, pending_link
from tests.support.factories import put_items, put_site
from tests.support.html import elements
from tests.support.payloads import PAYLOADS
from tests.support.script_payloads import TEXTS, URLS

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
AT = "2026-11-26T10:00:00.000Z"
ALL = [*dict.fromkeys([*TEXTS, *PAYLOADS, *URLS])]
ELEMENTS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "link",
        "script",
        "body",
        "header",
        "main",
        "nav",
        "section",
    ),
    *("h1", "h2", "h3", "p", "ul", "ol", "li", "dl", "dt", "dd", "div", "a", "time", "span", "bdi"),
    *(
        "form",
        "label",
        "input",
        "select",
        "option",
        "button",
        "details",
        "summary",
        "kbd",
        "strong",
    ),
    *("q", "progress", "table", "thead", "tbody", "tr", "th", "td"),
}
SCREENS = [
    "/desk",
    "/desk?link={0}&done=link-reject",
    "/desk/links?status=pending",
    "/desk/links?status=rejected",
    "/desk/links?article=2",
    "/desk/links/{0}",
    "/desk/links/{1}",
    "/desk/links/chosen?action=approve&link={0}.1&link={1}.1",
    "/desk/overview",
]


def check_harmless(html: str) -> None:
    """The elements are those of our templates; no attribute is a script's or a style."""
    document = JustHTML(html, sanitize=False, collect_errors=True)
    assert document.errors == []
    for element in elements(document.root):
        assert element.name in ELEMENTS, element.name
        for name, value in element.attrs.items():
            assert not name.startswith("on"), name
            assert name != "style"
            if name in ("href", "src", "action", "formaction"):
                _check_target(element, str(value))
    scripts = [each for each in elements(document.root) if each.name == "script"]
    assert len(scripts) == 1
    assert str(scripts[0].attrs["src"]).startswith("/assets/desk.")


def _check_target(element: Element, value: str) -> None:
    assert value.startswith(("/", "#", "https://", "http://")), value
    assert not value.startswith("//")
    if value.startswith("http"):
        assert element.attrs.get("rel") == "noopener noreferrer", value


def link_with(number: int, payload: str, **changes: Any) -> list[Any]:
    """The items of a link and its checks, with a payload wherever others write."""
    url = payload if payload in URLS else f"https://blog.example.net/{payload}"
    members = {
        "url": url,
        "title": payload,
        "article_title": payload,
        "article_id": 2,
        "domain": SITED,
        "history": [
            {
                "at": "2026-11-26T10:00:00.000Z",
                "status": "rejected",
                "by": payload,
                "reason": payload,
            }
        ],
    }
    found: dict[str, Any] = {"at": AT, "found": "missing", "status": 200}
    shown = dict.fromkeys(("href", "rel", "canonical", "final_url"), payload)
    evidence = [
        {**found, **shown, "codes": [code]}
        for code in ("near-miss", "other-article", "mention-only")
    ]
    item = link_item(pending_link(number, NOW, **{**members, **changes}))
    # In no index of hosts: some of these are none.
    item |= {"host_group": "example.net", "host_at": "net.example.blog.#2026"}
    return [item, checks_item(Checks(link_id(number), version=1, evidence=evidence))]


@pytest.fixture
def browser(deployed_environment: Store) -> Browser:
    return sign_in_admin(deployed_environment)


def test_what_others_write_is_text_on_every_screen(
    deployed_environment: Store, browser: Browser
) -> None:
    """All payloads at once: screens have many fields, and parsing takes long."""
    store = deployed_environment
    joined = " ".join(ALL)
    put_site(store, Site(SITED, name=joined[:200]))
    written = Article(2, SITED, joined[:300], "Text.", "2026-02-25", state="draft")
    put_articles(store, [(written, None)])
    items = link_with(0, joined) + link_with(1, joined, status="rejected", expires_at=None)
    put_items(store, store.links, items)
    for target in SCREENS:
        response = browser.get(target.format(link_id(0), link_id(1)))
        assert response.status == 200, target
        check_harmless(response.body)


def test_what_the_editor_types_comes_back_as_text(
    deployed_environment: Store, browser: Browser
) -> None:
    put_items(deployed_environment, deployed_environment.links, link_with(0, "x"))
    typed = " ".join(ALL)
    action = f"/desk/links/{link_id(0)}/reject"
    names = ("reason", "list", "status", "domain", "host", "article", "cursor", "tell_submitter")
    fields = [("version", "1"), *((name, typed) for name in names)]
    answers = [
        browser.post(action, fields),
        browser.post(
            "/desk/links/chosen", [("action", "reject"), ("link", f"{link_id(0)}.1"), *fields]
        ),
    ]
    for answer in answers:
        assert answer.status in (409, 422)
        check_harmless(answer.body)


def test_what_an_address_says_is_not_shown(browser: Browser) -> None:
    value = quote(" ".join(ALL), safe="")
    for query in (
        *("?host=", "?article=", "?status=", "?domain=", "?cursor="),
        *("/chosen?action=", "/chosen?action=approve&link=", "/"),
    ):
        answer = browser.get(f"/desk/links{query}{value}")
        assert answer.status in (400, 404)
        assert "alert(1)" not in answer.body


def test_a_url_is_a_link_only_if_it_is_http(deployed_environment: Store, browser: Browser) -> None:
    items = [item for number, url in enumerate(URLS) for item in link_with(number, url)]
    put_items(deployed_environment, deployed_environment.links, items)
    for number, url in enumerate(URLS):
        body = browser.get(f"/desk/links/{link_id(number)}").body
        check_harmless(body)
        assert ("Open the page" in body) == url.startswith("https://")
