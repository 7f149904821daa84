"""What the widget shows: related articles, links, and its own content until all is there."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from seealso.store.tables import Store
from tests.support import factories
from tests.widget.pages import API, ARTICLE, ELEMENT, NO_SITE, OTHER_SITE, SOURCE, Embedding

OWN_HOST, FOREIGN_HOST = "kettles.example.com", "diary.example.org"
PAGE = f"/articles/{ARTICLE}"
without_script = pytest.mark.parametrize("embedding", [False], indirect=True)


def shown(widget: Locator) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each section's heading, with the text of its items and where they lead."""
    return [
        (
            section.get_by_role("heading").first.inner_text(),
            [
                (item.inner_text(), item.get_by_role("link").get_attribute("href") or "")
                for item in section.get_by_role("listitem").all()
            ],
        )
        for section in widget.locator("section").all()
    ]


def test_all_lists_are_shown(embedding: Embedding, store: Store) -> None:
    factories.put_item(store, store.links, factories.page_item(ARTICLE, factories.PAGE_LINKS))
    widget = embedding.open(FOREIGN_HOST)
    expect(widget.get_by_role("heading", name="Related links")).to_be_visible()
    assert shown(widget) == [
        ("More from The $& Kettle", [("Handles of beech", "https://kettles.example.com/read/100")]),
        (
            "Elsewhere",
            [
                ("Von Pfannen\nPfannen", f"{API}/a/{OTHER_SITE}"),
                ("Of spoons\nSite 5", f"{API}/a/{NO_SITE}"),
                ("Töpfe\nPfannen", f"{API}/a/{SOURCE}"),
            ],
        ),
        (
            "Related links",
            [
                ("Of one's own\nexample.com", "https://example.com/a"),
                ("example.com/b\nexample.com", "https://example.com/b"),
            ],
        ),
    ]
    expect(widget.get_by_text("Based on Töpfe")).to_be_visible()
    expect(widget.get_by_role("link", name="Von Pfannen")).to_have_attribute("lang", "de")
    link = widget.get_by_role("link", name="Of one's own")
    expect(link).to_have_attribute("rel", "ugc nofollow noopener")
    # Its place in the page shows nothing of its own any more.
    expect(widget.get_by_role("link", name="What to read next")).to_be_hidden()


def test_elsewhere_a_link_leads_to_the_form(embedding: Embedding) -> None:
    widget = embedding.open(FOREIGN_HOST)
    link = widget.get_by_role("link", name="Submit a link from your own page")
    expect(link).to_have_attribute("href", f"{API}/a/{ARTICLE}#submit")
    expect(widget.get_by_role("textbox")).to_have_count(0)
    assert not embedding.asked("GET", "/consent")


def test_each_widget_of_a_page_loads_once(embedding: Embedding) -> None:
    second = f'<see-also article="{OTHER_SITE}" api="{API}/"></see-also>'
    embedding.open(FOREIGN_HOST, ELEMENT + second)
    expect(embedding.page.get_by_role("heading", name="Related links")).to_have_count(2)
    assert len(embedding.asked("GET", PAGE)) == 1
    assert len(embedding.asked("GET", f"/articles/{OTHER_SITE}")) == 1


def test_the_api_is_by_default_where_the_script_is_from(embedding: Embedding) -> None:
    widget = embedding.open(FOREIGN_HOST, f'<see-also article="{ARTICLE}"></see-also>')
    expect(widget.get_by_role("heading", name="Related links")).to_be_visible()


def test_another_article_is_shown_when_the_attribute_changes(embedding: Embedding) -> None:
    widget = embedding.open(FOREIGN_HOST)
    expect(widget.get_by_role("heading", name="More from The $& Kettle")).to_be_visible()
    widget.evaluate(f"(e) => {{ e.setAttribute('article', {OTHER_SITE}); e.lang = 'de'; }}")
    expect(widget.get_by_role("heading", name="Mehr von Pfannen")).to_be_visible()
    expect(widget.get_by_role("heading", name="Kettle")).to_have_count(0)
    assert len(embedding.asked("GET", f"/articles/{OTHER_SITE}")) == 1


def test_a_widget_that_is_removed_stops_loading(embedding: Embedding) -> None:
    embedding.answer(PAGE, lambda _route: None)  # never
    with embedding.page.expect_request(f"{API}{PAGE}"):
        widget = embedding.open(FOREIGN_HOST)
    with embedding.page.expect_event("requestfailed"):
        widget.evaluate("(e) => e.remove()")
    assert not embedding.asked("GET", "/sites")


@without_script
def test_without_script_the_page_has_its_own_link(embedding: Embedding) -> None:
    widget = embedding.open(OWN_HOST)
    link = widget.get_by_role("link", name="What to read next")
    expect(link).to_be_visible()
    expect(link).to_have_attribute("href", f"{API}/a/{ARTICLE}")


@pytest.mark.parametrize("path", [PAGE, "/sites?domain=*"])
def test_if_loading_fails_the_page_has_its_own_link(embedding: Embedding, path: str) -> None:
    embedding.answer(path, lambda route: route.abort())
    with embedding.page.expect_console_message(lambda each: each.text.startswith("see-also:")):
        widget = embedding.open(OWN_HOST)
    expect(widget.get_by_role("link", name="What to read next")).to_be_visible()


def test_if_loading_fails_later_the_former_article_is_gone(embedding: Embedding) -> None:
    widget = embedding.open(FOREIGN_HOST)
    expect(widget.get_by_role("heading", name="Related links")).to_be_visible()
    widget.evaluate("(e) => e.setAttribute('article', '999')")
    expect(widget.get_by_role("link", name="What to read next")).to_be_visible()
    expect(widget.get_by_role("heading")).to_have_count(0)


def test_without_the_wording_there_is_all_but_the_form(embedding: Embedding) -> None:
    embedding.answer("/consent?language=en", lambda route: route.fulfill(status=503))
    widget = embedding.open(OWN_HOST)
    expect(widget.get_by_role("link", name="Submit a link from your own page")).to_be_visible()
    assert [heading for heading, _ in shown(widget)][1:] == ["Elsewhere", "Related links"]


@pytest.mark.parametrize(
    ("page_lang", "widget_lang", "article", "heading"),
    [
        ("de-AT", "", ARTICLE, "Weiterführende Links"),
        ("en", "de", ARTICLE, "Weiterführende Links"),
        ("de", "EN-gb", ARTICLE, "Related links"),
        ("fr", "", OTHER_SITE, "Related links"),
        ("", "", OTHER_SITE, "Weiterführende Links"),  # as the site is
        ("", "", ARTICLE, "Related links"),
    ],
)
def test_the_words_are_in_the_language_around(
    embedding: Embedding, page_lang: str, widget_lang: str, article: int, heading: str
) -> None:
    lang = f' lang="{widget_lang}"' if widget_lang else ""
    widget = embedding.open(
        FOREIGN_HOST,
        f'<see-also article="{article}" api="{API}"{lang}></see-also>',
        f' lang="{page_lang}"' if page_lang else "",
    )
    expect(widget.get_by_role("heading", name=heading)).to_be_visible()
    language = "de" if heading.startswith("Weiter") else "en"
    expect(widget.locator("[part=content]")).to_have_attribute("lang", language)


HOSTILE = [
    "<script>hacked()</script>",
    "<img src=x onerror=hacked()>",
    '"><svg/onload=hacked()>',
    "{number} %(site)s $& $' ${hacked()}",
    "javascript:hacked()",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_others_have_typed_stays_text(embedding: Embedding, text: str) -> None:
    """Even if the API sent it, which it does not (tests/submitting)."""
    url = "javascript:hacked()//{id}"
    linked = {"link_id": "x", "url": url, "title": text, "published_at": ""}
    related = {"id": 7, "domain": 1, "title": text}
    _reply(
        embedding,
        PAGE,
        {
            "article": related,
            "same_domain": [{"id": 8, "title": text}],
            "other_domains": [related],
            "source": related,
            "links": [linked, {**linked, "title": None}],
            "places_left": 1,
        },
    )
    site = {"domain": 1, "hosts": [], "name": text, "article_url": url, "language": text}
    _reply(embedding, "/sites?domain=1", {"sites": [site], "next_cursor": None})
    widget = embedding.open(FOREIGN_HOST)
    expect(widget.get_by_role("heading", name="Related links")).to_be_visible()
    found = widget.locator("a").evaluate_all("(all) => all.map((a) => [a.textContent, a.href])")
    assert [each for each in found if each[0] == text] == [[text, ""]] * 4
    assert widget.locator("h2").first.inner_text() == f"More from {text}"
    assert {href for _, href in found} == {"", f"{API}/a/7#submit", f"{API}/a/{ARTICLE}"}
    assert widget.locator("script, img, svg").count() == 0


def _reply(embedding: Embedding, path: str, body: Any) -> None:
    headers = {"access-control-allow-origin": "*", "content-type": "application/json"}
    embedding.answer(path, lambda route: route.fulfill(headers=headers, body=json.dumps(body)))
