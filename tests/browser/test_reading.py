"""What a reader does: read an article, follow what is related, page through lists."""

import re

import pytest
from playwright.sync_api import Page, expect

from seealso.web.languages import language_of
from tests.browser import with_script, without_script
from tests.browser.network import LONG_TEXT, Network


def test_an_article_page_has_everything_the_article_has(page: Page, network: Network) -> None:
    page.goto(network.article_url("plain"))
    main = page.get_by_role("main")

    heading = main.get_by_role("heading", level=1)
    expect(heading).to_contain_text("Of kettles and houses, part")
    expect(page).to_have_title(re.compile(re.escape(heading.inner_text())))
    expect(main.get_by_role("time").first).to_have_text("March 7, 2026")
    for paragraph in LONG_TEXT.split("\n\n"):
        expect(main.get_by_text(paragraph).first).to_be_visible()
    expect(main.get_by_text("Based on")).to_be_visible()
    more = page.get_by_role("region", name="More from The plain site")
    expect(more.get_by_role("link")).to_have_count(8)
    elsewhere = page.get_by_role("region", name="Elsewhere")
    expect(elsewhere.get_by_role("listitem")).to_have_count(3)
    links = page.get_by_role("region", name="Related links")
    expect(links.get_by_text("No links yet.")).to_be_visible()
    expect(links.get_by_text("5 places left.")).to_be_visible()
    expect(
        links.get_by_text("Duplicate URLs are rejected. Up to 5 links per page.")
    ).to_be_visible()
    expect(page.get_by_role("contentinfo").locator("summary")).to_contain_text("GraphQL")


def test_a_reader_follows_the_source_and_related_articles(page: Page, network: Network) -> None:
    page.goto(network.article_url("plain"))
    for name in ("More from The plain site", "Elsewhere"):
        # One of the sites renders its articles itself.
        link = page.get_by_role("region", name=name).locator("a[href^='/a/']").first
        title = link.inner_text()
        link.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        page.go_back()
    link = page.get_by_text("Based on").get_by_role("link")
    title = link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_a_reader_pages_through_a_site(page: Page, network: Network) -> None:
    page.goto(network.site_url("listed"))
    listed = page.get_by_role("region", name="Articles").get_by_role("link")
    hrefs = [link.get_attribute("href") for link in listed.all()]
    pages = 1
    while (older := page.get_by_role("link", name="Older articles")).count():
        older.click()
        expect(page.get_by_role("link", name="Newest articles")).to_be_visible()
        hrefs += [link.get_attribute("href") for link in listed.all()]
        pages += 1
    ids = [int(str(href).rpartition("/")[2]) for href in hrefs]
    assert (pages, len(ids)) == (3, 75)
    assert ids == sorted(set(ids), reverse=True)

    page.get_by_role("link", name="Newest articles").click()
    assert page.url == network.site_url("listed")
    listed.first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("part 74")


def test_home_lists_newest_articles_and_sites(page: Page, network: Network) -> None:
    page.goto(network.url)
    newest = page.get_by_role("region", name="Newest articles").get_by_role("listitem")
    expect(newest).to_have_count(30)
    page.get_by_role("region", name="Sites").get_by_role(
        "link", name="The plain site"
    ).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The plain site")


def test_a_german_site_is_german(page: Page, network: Network) -> None:
    german = language_of("de")
    page.goto(network.article_url("german"))
    expect(page.locator("html")).to_have_attribute("lang", "de")
    main = page.get_by_role("main")
    expect(main.get_by_role("time").first).to_have_text("7. März 2026")
    expect(main.get_by_role("button", name=german.gettext("Submit link"))).to_be_visible()
    for element, text in (
        ("em", "auch die Tante nicht"),
        ("strong", "Buchenholz"),
        ("code", "April"),
    ):
        expect(main.locator(element, has_text=text).first).to_be_visible()
    expect(main.get_by_role("heading", name="Wer ihn brachte")).to_be_visible()
    expect(main.get_by_role("link", name="im Heimatmuseum")).to_have_attribute(
        "href", "https://museum.example.org/kessel"
    )
    english = re.compile(r"\b(Submit|Related|Elsewhere|More from|Based on|Skip to|places? left)\b")
    assert not english.search(page.locator("body").inner_text())


def test_arabic_runs_from_right_to_left_with_english_words(page: Page, network: Network) -> None:
    page.goto(network.article_url("arabic"))
    root = page.locator("html")
    expect(root).to_have_attribute("lang", "ar")
    expect(root).to_have_attribute("dir", "rtl")
    button = page.get_by_role("button", name="Submit link")
    expect(button).to_be_visible()
    assert button.evaluate("element => element.closest('[lang]').lang") == "en"
    assert button.evaluate("element => getComputedStyle(element).direction") == "ltr"


@pytest.mark.parametrize(
    "path", ["/a/2147483646", "/a/x", "/s/2147483646", "/s/x", f"/l/{32 * '0'}", "/problems/none"]
)
@without_script
def test_what_does_not_exist_is_a_page(page: Page, network: Network, path: str) -> None:
    answer = page.goto(network.url + path)
    assert answer is not None
    assert answer.status == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("main").get_by_role("link").first.click()
    expect(page.get_by_role("region", name="Newest articles")).to_be_visible()


@with_script
def test_the_foot_runs_the_query_in_the_page(page: Page, network: Network) -> None:
    page.goto(network.article_url("plain"))
    title = page.get_by_role("heading", level=1).inner_text()
    summary = page.get_by_role("contentinfo").locator("summary")
    expect(summary).to_have_text(re.compile(r"^GraphQL · \d+ ms$"))
    summary.click()
    foot = page.get_by_role("contentinfo")
    expect(foot.get_by_role("region", name="Query")).to_contain_text("linksarticle")
    foot.get_by_role("button", name="Run the query").click()
    expect(foot.get_by_role("region", name="Answer")).to_contain_text(f'"title": "{title}"')
    expect(foot.get_by_role("region", name="Answer")).to_contain_text('"round_trips"')


@without_script
def test_the_foot_shows_the_query_without_a_script(page: Page, network: Network) -> None:
    page.goto(network.article_url("plain"))
    foot = page.get_by_role("contentinfo")
    expect(foot.locator("summary")).to_have_text("GraphQL")
    foot.locator("summary").click()
    expect(foot.get_by_role("region", name="Query")).to_be_visible()
    expect(foot.get_by_role("button")).to_have_count(0)


@without_script
def test_an_article_is_printed_without_its_form(page: Page, network: Network) -> None:
    page.goto(network.article_url("plain"))
    page.emulate_media(media="print")
    expect(page.get_by_text(LONG_TEXT.partition("\n")[0]).first).to_be_visible()
    for hidden in ("Submit link", "Skip to content"):
        expect(page.get_by_text(hidden, exact=True)).to_be_hidden()
