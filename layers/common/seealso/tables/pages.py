"""Pages: what an article's page shows of its links, for readers.

How links get onto a page and off it is in links.py, which reads do not import.
"""

from datetime import UTC, datetime
from typing import TypedDict

from seealso.store.values import Json
from seealso.times import rfc3339


class PageLink(TypedDict):
    """A published link as an article's page shows it."""

    link_id: str
    url: str
    title: str | None
    published_at: str


def page_key(article_id: int) -> Json:
    """The key of an article's page item: its published links and its counters."""
    return {"pk": f"page#{article_id}"}


def page_links(page_item: Json | None) -> list[PageLink]:
    """The published links of a page in order of submission; none where nothing was submitted."""
    links = [
        (name.removeprefix("link#"), *shown)
        for name, shown in (page_item or {}).items()
        if name.startswith("link#")
    ]
    links.sort(key=lambda link: (link[3], link[0]))
    return [
        {"link_id": link_id, "url": url, "title": title, "published_at": _time(published)}
        for link_id, url, title, _, published in links
    ]


def places_left(page_item: Json | None, cap: int) -> int:
    """How many places a page has free; lowering a site's cap removes no link, so never below 0."""
    return max(cap - int((page_item or {}).get("published", 0)), 0)


def _time(milliseconds: int) -> str:
    return rfc3339(datetime.fromtimestamp(milliseconds / 1000, UTC))
