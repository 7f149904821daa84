"""Links of any status, and the story of one."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from seealso.desk.access import Form, Visit, for_editors
from seealso.desk.deciding import ACTIONS, BULK, allowed, undo_of
from seealso.desk.lists import (
    NAMED_SITES,
    SHOWN,
    Place,
    query_number,
    query_text,
    site_choices,
    typed,
)
from seealso.desk.pages import desk_page
from seealso.desk.showing import queued, read_shown, shown, story
from seealso.editing.links import DECIDABLE
from seealso.errors import Refusal, link_not_found
from seealso.http.cursors import list_page
from seealso.http.handler import Route
from seealso.http.responses import Response
from seealso.store.batching import Reading, need_item, read_one, read_together
from seealso.store.tables import Store
from seealso.tables import articles, links, queue, sites
from seealso.tables.articles import Titled
from seealso.tables.links import Link
from seealso.tables.queue import HostPosition, Position, QueuedLink
from seealso.urls import UrlNotAcceptable, host_key

HOST_LINKS: Final = 100  # the newest of a link's host that are counted by status
ATTENTION: Final = "attention"  # of the choice of a status: published links to be looked at
CHOICES = {
    "published": "Published",
    ATTENTION: "Published, and to be looked at",
    "pending": "Pending",
    "lapsed": "Lapsed",
    "rejected": "Rejected",
    "removed": "Removed",
    "expired": "Expired",
    "withdrawn": "Withdrawn",
}


# ---- lists -----------------------------------------------------------------------------------


class Listing(NamedTuple):
    """A list: its words, the query parameters that select it, and how its pages are read.

    `pattern` and `position` are those of its cursors.
    """

    words: str
    fields: dict[str, str]
    read: Callable[[int, str | None], Reading[list[QueuedLink]]]
    pattern: str = queue.POSITION
    position: Callable[[QueuedLink], str] = queue.position


def links_page(visit: Visit) -> Response:
    """GET /desk/links: by status and site, by host or by article. Raises Refusal."""
    request, store = visit.request, visit.store
    listing = _listing(visit)
    name = "-".join(["desk-links", *(f"{key}-{value}" for key, value in listing.fields.items())])
    page = list_page(request, name, listing.pattern, limit=SHOWN)
    readings: list[Reading[Any]] = [
        listing.read(page.limit + 1, page.after),
        sites.read_sites(store, NAMED_SITES),
        _read_article(store, listing.fields.get("article")),
    ]
    found, named, article = read_together(store, readings)
    body = page.body("links", found, listing.position)
    fields = {"list": "links", **listing.fields}
    cursor, next_cursor = request.query_string("cursor"), body["next_cursor"]
    domain = query_number(request, "domain", 0)
    values = {
        "words": listing.words,
        "article": article,
        "links": read_one(store, read_shown(store, body["links"], visit.now)),
        "place": Place({**fields, "cursor": cursor} if cursor else fields),
        "first": Place(fields) if cursor else None,
        "next": Place({**fields, "cursor": next_cursor}) if next_cursor else None,
        "sites": site_choices(named, domain),
        "choices": CHOICES,
        "chosen": listing.fields,
        "actions": [
            (name, ACTIONS[name].imperative)
            for name in BULK
            if any(link["status"] in DECIDABLE[name] for link in body["links"])
        ],
        "domain": domain,
    }
    return desk_page(visit, "links.html", "Links", values)


def _read_article(store: Store, article_id: str | None) -> Reading[Titled | None]:
    """A list's article, and its site for read_shown(), in the round trips that its links take."""
    if article_id is None:
        return None
    article = yield from articles.read_title(store, int(article_id))
    if article is not None:
        yield from sites.read_policies(store, [article.domain])
    return article


def _listing(visit: Visit) -> Listing:
    request, store = visit.request, visit.store
    host, article_id = query_text(request, "host"), query_number(request, "article", 1)
    if host and article_id:
        raise Refusal("malformed-request", "Look for a host or for an article, not for both.")
    if host:
        key = _host_key(host)
        return Listing(
            f"Links of {key} and its subdomains, in any status",
            {"host": key},
            lambda limit, at: queue.read_host(store, key, limit, _at(HostPosition, at)),
            queue.HOST_POSITION,
            queue.host_position,
        )
    if article_id:
        return Listing(
            f"Links of article {article_id}, in any status",
            {"article": str(article_id)},
            lambda limit, at: queue.read_article(store, article_id, limit, _at(Position, at)),
        )
    status = query_text(request, "status") or "published"
    if status not in CHOICES:
        raise Refusal("malformed-request", f"status must be one of: {', '.join(CHOICES)}.")
    if status == ATTENTION:
        return Listing(
            "Published links of all sites to be looked at, the longest waiting first",
            {"status": status},
            lambda limit, at: queue.read_attention(store, limit, _at(Position, at)),
            position=queue.attention_position,
        )
    domain = query_number(request, "domain", 0)
    where = "of all sites" if domain is None else f"of site {domain}"
    fields = {"status": status} if domain is None else {"status": status, "domain": str(domain)}
    return Listing(
        f"{CHOICES[status]} links {where}, the newest first",
        fields,
        lambda limit, at: queue.read_status(
            store, status, domain, limit, _at(Position, at), is_newest_first=True
        ),
    )


def _at[P: (Position, HostPosition)](position: type[P], at: str | None) -> P | None:
    return position(*at.split()) if at else None


def _host_key(host: str) -> str:
    try:
        return host_key(host)
    except UrlNotAcceptable:
        detail = "host must be a host name such as example.com."
        raise Refusal.of_field("malformed-request", "host", detail) from None


# ---- one link --------------------------------------------------------------------------------


def link_page(visit: Visit) -> Response:
    """GET /desk/links/{link_id}. Raises Refusal `not-found`."""
    store = visit.store
    link, checks = links.get_checked_link(store, visit.request.path_link_id())
    if link is None:
        raise link_not_found()
    host = links.host_of(link.url) if link.url else None
    readings: list[Reading[Any]] = [
        sites.read_policies(store, [link.domain]),
        articles.read_title(store, link.article_id),
        _read_statuses(visit, host),
        _read_is_blocked(visit, link),
    ]
    policies, article, statuses, is_blocked = read_together(store, readings)
    site = policies[link.domain]
    values = {
        "shown": shown(queued(link), site, visit.now),
        "link": link,
        "next_check_at": link.check_at or checks.next_at,
        "story": story(link, checks),
        "article": article,
        "site": site,
        "host": host,
        "statuses": statuses,
        "counted": sum(statuses.values()),
        "limit": HOST_LINKS,
        "is_blocked": is_blocked,
        "allowed": allowed(link.status),
        "undo": undo_of(link) if visit.request.query_string("done") else None,
        **typed(Form({})),
    }
    return desk_page(visit, "link.html", "A link", values)


def _read_is_blocked(visit: Visit, link: Link) -> Reading[bool]:
    """Whether an ended link keeps its URL from being submitted again."""
    if link.status in links.CLAIM_HOLDERS:
        return False
    claim = (yield {"claim": need_item(visit.store.links, pk=link.claim)})["claim"]
    return claim is not None and bool(claim["link_id"] == link.link_id)


def _read_statuses(visit: Visit, host: str | None) -> Reading[Counter[str]]:
    if host is None:
        return Counter()
    return (yield from queue.read_host_statuses(visit.store, host, HOST_LINKS))


ROUTES: dict[str, Route] = {
    "GET /desk/links": for_editors(links_page),
    "GET /desk/links/{link_id}": for_editors(link_page),
}
