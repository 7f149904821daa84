"""The page view: an article with everything that its page shows, in as few round trips as can be.

Its meaning is that of the query which web clients send (design.md, "The page view"):
the SAME_DOMAIN highest ids of the same domain without the article itself, the OTHER_DOMAINS highest
ids below it of any other domain, its source, and the published links in order of submission. All
reads are eventually consistent; only published articles are in the two indexes read here.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypedDict

from seealso.limits import OTHER_DOMAINS, SAME_DOMAIN
from seealso.store.batching import Item, Need, Reading, need_item, read_one
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables import sites
from seealso.tables.indexes import (
    ALL,
    SPARE,
    Ids,
    domain_query,
    read_domain,
    read_timeline,
    timeline_query,
)
from seealso.tables.pages import PageLink, page_key, page_links, places_left
from seealso.tables.sites import Site

# Articles of the timeline that are read at first, to find OTHER_DOMAINS of other domains.
WINDOW = OTHER_DOMAINS + SPARE


class ShownArticle(TypedDict):
    id: int
    domain: int
    title: str
    text: str
    date: str
    source_id: int | None


class SameDomainArticle(TypedDict):
    id: int
    title: str


class OtherDomainArticle(TypedDict):
    id: int
    domain: int
    title: str


class RelatedLists(TypedDict):
    """The body of GET /articles/{id}/related."""

    same_domain: list[SameDomainArticle]
    other_domains: list[OtherDomainArticle]
    source: OtherDomainArticle | None


class Page(RelatedLists):
    """The body of GET /articles/{id}."""

    article: ShownArticle
    links: list[PageLink]
    places_left: int


class PageWithSites(NamedTuple):
    """A page, and the sites of its article and of the articles of other domains."""

    page: Page
    sites: Mapping[int, Site]

    @property
    def site(self) -> Site:
        """The article's own."""
        return self.sites[self.page["article"]["domain"]]


class ListedArticle(TypedDict):
    id: int
    title: str
    date: str


def read_page(
    store: Store, article_id: int, domain: int | None = None, source_id: int | None = None
) -> Page | None:
    """The page of a published article; None if there is none.

    `domain` and `source_id` (0: no source) are hints of what the article has: with both right,
    everything is read in one round trip. A wrong one costs a second round trip, never a wrong page.
    """
    return read_one(store, _page(store, article_id, domain, source_id, {}))


def read_page_with_sites(store: Store, article_id: int) -> PageWithSites | None:
    """The page of a published article with the sites that it names; None if there is none.

    Two round trips: the sites are read in the second one.
    """
    known_sites: dict[int, sites.Site] = {}
    page = read_one(
        store, _page(store, article_id, None, None, known_sites, names_other_sites=True)
    )
    return PageWithSites(page, known_sites) if page else None


class PublicArticle(NamedTuple):
    """What a link to a published article needs."""

    id: int
    domain: int
    title: str


def read_public_article(store: Store, article_id: int) -> PublicArticle | None:
    """A published article, else None; what it costs does not depend on the text."""
    found = store.client.query_first(timeline_query(store, 1, Ids(article_id, article_id)).body, 1)
    return PublicArticle(article_id, found[0]["domain"], found[0]["title"]) if found else None


def read_related(store: Store, article_id: int) -> RelatedLists | None:
    """The related lists and the source of a published article; None if there is none."""
    return read_one(store, _related(store, article_id))


def list_domain(
    store: Store, domain: int, limit: int, below: int | None = None
) -> list[ListedArticle]:
    """A domain's published articles with ids under `below`, the highest first; at most `limit`."""
    ids = Ids(highest=below - 1) if below else ALL
    found = read_one(store, read_domain(store, domain, limit, ids))
    return [{"id": item["id"], "title": item["title"], "date": item["date"]} for item in found]


def _page(
    store: Store,
    article_id: int,
    domain_hint: int | None,
    source_hint: int | None,
    known_sites: dict[int, sites.Site],
    *,
    names_other_sites: bool = False,
) -> Reading[Page | None]:
    """The page; its site, and with `names_other_sites` those of its lists, go to `known_sites`."""
    answers = yield {
        "article": _article_item(store, article_id),
        "page": need_item(store.links, **page_key(article_id)),
        "timeline": timeline_query(store, WINDOW, Ids(highest=article_id - 1)),
        **_domain_needs(store, domain_hint, known_sites),
        **_source_need(store, article_id, source_hint),
    }
    article = _published(answers["article"])
    if article is None:
        return None
    domain, source_id = article["domain"], article.get("source_id")
    missing: dict[Any, Need] = {}
    if domain != domain_hint:
        missing |= _domain_needs(store, domain, known_sites)
    if source_id != source_hint:
        missing |= _source_need(store, article_id, source_id)
    if names_other_sites:
        newest = [int(item["domain"]["N"]) for item in answers["timeline"]["Items"]]
        others = [other for other in newest if other != domain][:OTHER_DOMAINS]
        missing |= site_needs(store, others, known_sites)
    if missing:
        answers = {**answers, **(yield missing)}
    keep_sites(store, answers, known_sites)
    other_domains = yield from _other_domains(store, article_id, domain, answers)
    if names_other_sites:
        # Only where the first window of the timeline had too few articles of other domains.
        domains = [article["domain"] for article in other_domains]
        if missing := site_needs(store, domains, known_sites):
            keep_sites(store, (yield missing), known_sites)
    source = _source(article, source_id, answers)
    return {
        "article": {
            "id": article_id,
            "domain": domain,
            "title": article["title"],
            "text": article["text"],
            "date": article["date"],
            "source_id": source["id"] if source else None,
        },
        "same_domain": (yield from _same_domain(store, article_id, domain, answers)),
        "other_domains": other_domains,
        "source": source,
        "links": page_links(answers["page"]),
        "places_left": places_left(answers["page"], known_sites[domain].cap),
    }


def _related(store: Store, article_id: int) -> Reading[RelatedLists | None]:
    # The text is not read: the timeline has the article itself and those below it.
    answers = yield {"timeline": timeline_query(store, WINDOW + 1, Ids(highest=article_id))}
    newest = yield from read_timeline(
        store, answers["timeline"], 1, Ids(highest=article_id), (), descending=True
    )
    if not newest or newest[0]["id"] != article_id:
        return None
    domain, source_id = newest[0]["domain"], newest[0].get("source_id")
    more = yield {
        ("domain", domain): domain_query(store, domain, SAME_DOMAIN + 1),
        **_source_need(store, article_id, source_id),
    }
    answers = {**answers, **more}
    # Only published articles are in the timeline.
    article = {**newest[0], "state": "published"}
    return {
        "same_domain": (yield from _same_domain(store, article_id, domain, answers)),
        "other_domains": (yield from _other_domains(store, article_id, domain, answers)),
        "source": _source(article, source_id, answers),
    }


# ---- what is needed --------------------------------------------------------------------------


def _article_item(store: Store, article_id: int) -> Item:
    return need_item(store.articles, id=article_id)


def _domain_needs(
    store: Store, domain: int | None, known_sites: dict[int, sites.Site]
) -> dict[Any, Need]:
    """What a page needs of its domain."""
    if domain is None:
        return {}
    return {
        ("domain", domain): domain_query(store, domain, SAME_DOMAIN + 1),
        **site_needs(store, [domain], known_sites),
    }


def site_needs(
    store: Store, domains: Iterable[int], known_sites: dict[int, sites.Site]
) -> dict[Any, Need]:
    """What is needed for the sites of some domains; those read recently go to `known_sites`."""
    needs: dict[Any, Need] = {}
    for domain in domains:
        if domain in known_sites:
            continue
        if site := sites.cached_site(store, domain):
            known_sites[domain] = site
        else:
            needs["site", domain] = sites.site_need(store, domain)
    return needs


def keep_sites(
    store: Store, answers: Mapping[Any, Any], known_sites: dict[int, sites.Site]
) -> None:
    for name, item in answers.items():
        if isinstance(name, tuple) and name[0] == "site":
            known_sites[name[1]] = sites.remember_site(store, name[1], item)


def _source_need(store: Store, article_id: int, source_id: int | None) -> dict[Any, Need]:
    """The source's item; an article that is its own source is read anyway."""
    if not source_id or source_id == article_id:
        return {}
    return {("source", source_id): _article_item(store, source_id)}


# ---- what is shown ---------------------------------------------------------------------------


def _published(item: Json | None) -> Json | None:
    return item if item is not None and item["state"] == "published" else None


def _source(
    article: Json, source_id: int | None, answers: Mapping[Any, Any]
) -> OtherDomainArticle | None:
    is_own_source = source_id == article["id"]
    source = _published(article if is_own_source else answers.get(("source", source_id)))
    return (
        {"id": source["id"], "domain": source["domain"], "title": source["title"]}
        if source
        else None
    )


def _same_domain(
    store: Store, article_id: int, domain: int, answers: Mapping[Any, Any]
) -> Reading[list[SameDomainArticle]]:
    found = yield from read_domain(
        store,
        domain,
        SAME_DOMAIN + 1,
        ALL,
        first=answers["domain", domain],
        shown=("id", "title"),
    )
    others = [item for item in found if item["id"] != article_id]
    return [{"id": item["id"], "title": item["title"]} for item in others[:SAME_DOMAIN]]


def _other_domains(
    store: Store, article_id: int, domain: int, answers: Mapping[Any, Any]
) -> Reading[list[OtherDomainArticle]]:
    """The highest articles of other domains below an article, from its first timeline query on."""
    found = yield from read_timeline(
        store,
        answers["timeline"],
        OTHER_DOMAINS,
        Ids(highest=article_id - 1),
        {domain},
        descending=True,
        shown=("id", "domain", "title"),
    )
    return [{"id": item["id"], "domain": item["domain"], "title": item["title"]} for item in found]
