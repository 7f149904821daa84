"""Nothing that anyone can type becomes a script or an element of a page."""

import json
import re
from itertools import batched
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser import with_script
from tests.browser.forms import TITLE, fill, new_url, problem, send
from tests.browser.http import get
from tests.browser.network import Network, article, site
from tests.support.script_payloads import TEXTS, URLS

# The ids of sites and articles with payloads, above those of network.py.
_OFFSET = 500_000
_WATCH = """
    window.ran = [];
    for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => ran.push(name);
    document.addEventListener('securitypolicyviolation', (event) => ran.push(event.blockedURI));
"""


# A browser takes 20 s for all of them. What renders texts is tested with more (tests/web).
every_text = pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.long)])


@pytest.fixture
def watched(page: Page) -> Page:
    """A page that notes each payload that runs, or that the CSP has to stop."""
    page.add_init_script(_WATCH)
    return page


def check_harmless(page: Page, elements: set[str]) -> None:
    """Nothing has run, and the page's elements are those that pages have."""
    assert page.evaluate("ran") == []
    found = page.evaluate(
        """[...document.querySelectorAll('*')].map((element) => [
            element.localName, element.namespaceURI, element.getAttributeNames(),
            element.href ?? element.action ?? ''])"""
    )
    for name, namespace, attributes, target in found:
        assert name in elements, name
        assert namespace == "http://www.w3.org/1999/xhtml", name
        assert not [each for each in attributes if each.startswith("on") or each == "style"], name
        assert re.match(r"$|https?:|mailto:|tel:", str(target)), target


ELEMENTS = {
    *("html", "head", "meta", "title", "link", "script", "body", "header", "main", "footer", "nav"),
    *("article", "section", "h1", "h2", "h3", "h4", "p", "br", "ul", "ol", "li", "dl", "dt", "dd"),
    *("a", "time", "span", "div", "details", "summary", "pre", "code"),
    *("form", "label", "input", "button"),
}
MARKDOWN = {"em", "strong", "blockquote", "hr", "h5", "h6"}


@pytest.fixture(scope="session")
def payloads(network: Network) -> dict[str, list[int]]:
    """By text format, articles whose titles and texts are payloads, on a site named by one."""
    sites, articles, ids = [], [], {}
    for number, text_format in enumerate(("plain", "markdown")):
        first = network.domain("plain") + _OFFSET + number
        name = TEXTS[number][:100]
        sites.append(site(first, name=name, text_format=text_format))
        # In turn: a long run of one site would be a skip range, for which a load waits.
        ids[text_format] = [first + 2 * each for each in range(len(TEXTS))]
        for article_id, text in zip(ids[text_format], TEXTS, strict=True):
            articles.append(article(article_id, first, text, _body(text), first))
    network.load(sites, articles)
    return ids


@with_script
@every_text
@pytest.mark.parametrize("text_format", ["plain", "markdown"])
def test_titles_and_texts_of_articles_are_text(
    watched: Page, network: Network, payloads: dict[str, list[int]], text_format: str, step: int
) -> None:
    allowed = ELEMENTS | (MARKDOWN if text_format == "markdown" else set())
    for article_id, text in list(zip(payloads[text_format], TEXTS, strict=True))[::step]:
        watched.goto(f"{network.url}/a/{article_id}")
        check_harmless(watched, allowed)
        assert _shown(watched.locator("h1").text_content()) == _shown(text)
        data = json.loads(str(watched.locator("[type='application/ld+json']").text_content()))
        assert _shown(data["headline"]) == _shown(text)
        if text_format == "plain":
            shown = _shown(watched.locator("article .text").text_content())
            assert shown.count(_shown(text)) == 4
    for path in ("/", f"/s/{payloads[text_format][0]}"):
        watched.goto(network.url + path)
        check_harmless(watched, ELEMENTS)


def _body(text: str) -> str:
    """The text of an article with the payload in places that Markdown treats differently."""
    return f"{text}\n\nBefore {text} after\n\n> {text}\n\n* {text}"


def _shown(text: str | None) -> str:
    return " ".join(str(text).split())


@with_script
@every_text
def test_titles_of_links_are_text(watched: Page, network: Network, step: int) -> None:
    for texts in batched(TEXTS[::step], 5, strict=False):
        article_url = network.article_url("plain")
        watched.goto(article_url)
        titles = [_shown(text)[:200] for text in texts]
        for title in titles:
            answer = watched.request.post(
                f"{article_url}/links",
                form={
                    "url": new_url(),
                    "title": title,
                    "has_right_to_share": "true",
                    "agrees_to_link_back": "true",
                },
            )
            assert answer.ok
            watched.goto(answer.url)
            check_harmless(watched, ELEMENTS)
            expect(watched.get_by_text(title, exact=True)).to_be_visible()
        watched.goto(article_url)
        watched.reload()
        check_harmless(watched, ELEMENTS)
        links = watched.get_by_role("region", name="Related links").get_by_role("listitem")
        assert [link.get_by_role("link").first.text_content() for link in links.all()] == titles


@with_script
@pytest.mark.parametrize("url", URLS)
def test_urls_of_links_are_refused_or_harmless(watched: Page, network: Network, url: str) -> None:
    article_url = network.article_url("plain")
    watched.goto(article_url)
    fill(watched, url, "Harmless")
    send(watched)
    status = watched.get_by_role("region", name="Your link is")
    expect(problem(watched).or_(status)).to_be_visible()
    check_harmless(watched, ELEMENTS)
    watched.goto(article_url)
    watched.reload()
    check_harmless(watched, ELEMENTS)


@with_script
@every_text
def test_what_was_typed_comes_back_as_text(watched: Page, network: Network, step: int) -> None:
    article_url = network.article_url("plain")
    watched.goto(article_url)
    for text in TEXTS[::step]:
        # As without a script: the whole page comes back.
        with watched.expect_navigation():
            typed = watched.evaluate(_TYPE_AND_SEND, text)
        expect(problem(watched)).to_be_visible()
        check_harmless(watched, ELEMENTS)
        assert watched.get_by_label(TITLE).input_value() == typed


# Returns the title as the browser's field has it. The answer comes after this script has ended.
_TYPE_AND_SEND = """(text) => {
    const form = document.querySelector('form');
    form.elements.url.value = form.elements.title.value = text;
    setTimeout(() => form.submit());
    return form.elements.title.value;
}"""


def test_paths_and_query_parameters_are_not_shown(network: Network) -> None:
    for text in TEXTS:
        value = quote(text, safe="")
        for path in ("/problems/", "/a/", "/s/", "/?cursor=", f"/l/{32 * '0'}?token="):
            answer = get(network.url + path + value)
            assert answer.status == (400 if "cursor" in path else 404)
            assert "alert(1)" not in answer.body
