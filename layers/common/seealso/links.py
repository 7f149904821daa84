"""Links: what strangers submitted for an article's page."""

from typing import TypedDict

from seealso.dynamodb import Json


class PageLink(TypedDict):
    """A published link as an article's page shows it."""

    link_id: str
    url: str
    title: str | None
    published_at: str


def page_key(article_id: int) -> Json:
    """The key of an article's page item: its published links and their counters."""
    return {"pk": f"page#{article_id}"}


def page_links(page_item: Json | None) -> list[PageLink]:
    """The published links of a page in order of submission; none where nothing was submitted."""
    links = (page_item or {}).get("links", {})
    in_order = sorted(links.items(), key=lambda each: (each[1]["submitted_at"], each[0]))
    return [
        {
            "link_id": link_id,
            "url": link["url"],
            "title": link.get("title"),
            "published_at": link["published_at"],
        }
        for link_id, link in in_order
    ]


def places_left(page_item: Json | None, cap: int) -> int:
    """How many places a page has free; lowering a site's cap removes no link, so never below 0."""
    return max(cap - int((page_item or {}).get("published", 0)), 0)
