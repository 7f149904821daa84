"""JSON-LD of an article: its members, and that nothing in it ends its element."""

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seealso.reading.page import ShownArticle
from seealso.web.structured_data import json_ld

SITE = {"@type": "Organization", "name": "Kiln", "url": "https://api.example.com/s/3"}


def made(title: str = "Slip", date: str = "2026-02-25", **changes: Any) -> str:
    article = ShownArticle(id=1, domain=3, title=title, text="Text.", date=date, source_id=None)
    members: dict[str, Any] = {
        "site_name": SITE["name"],
        "site_url": SITE["url"],
        "url": "https://api.example.com/a/1",
        "source_url": None,
        "language": "de",
        **changes,
    }
    return str(json_ld(article, **members))


def test_an_article_has_the_members_that_search_engines_recommend() -> None:
    source_url = "https://elsewhere.example.com/2"
    assert json.loads(made(source_url=source_url)) == {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": "Slip",
        "datePublished": "2026-02-25",
        "inLanguage": "de",
        "url": "https://api.example.com/a/1",
        "mainEntityOfPage": "https://api.example.com/a/1",
        "author": SITE,
        "publisher": SITE,
        "isBasedOn": source_url,
    }
    assert "isBasedOn" not in json.loads(made())


@pytest.mark.parametrize(
    ("date", "shown"),
    [
        ("2026-02-25", "2026-02-25"),
        ("2026-02-25 10:00", "2026-02-25T10:00:00"),
        ("2026-02-25T10:00:00,5+0130", "2026-02-25T10:00:00.500000+01:30"),
        ("2026-02-25T10:00Z", "2026-02-25T10:00:00+00:00"),
    ],
)
def test_dates_are_iso_8601_with_the_offset_that_is_known(date: str, shown: str) -> None:
    assert json.loads(made(date=date))["datePublished"] == shown


class Scripts(HTMLParser):
    """The elements of a page, and the text in the script."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 of the base
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "-->",
    "]]>",
    "&lt;/script&gt;",
    '"}</SCRIPT >',
    "\u2028alert(1)\u2029",
    "\\u003c/script>",
    "\x00\x08\x7f\ufeff",
]


@given(title=st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"])))
def test_no_string_ends_the_script(title: str) -> None:
    changes = {"site_name": title, "source_url": f"https://example.com/{title}"}
    text = made(title, **changes)
    assert not set(text) & set("<>&\u2028\u2029")
    page = Scripts()
    page.feed(f'<script type="application/ld+json">{text}</script><p>')
    assert page.tags == ["script", "p"]
    data = json.loads(page.text)
    assert (data["headline"], data["publisher"]["name"]) == (title, title)
    assert data["isBasedOn"] == changes["source_url"]
