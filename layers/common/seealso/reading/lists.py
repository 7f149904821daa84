"""Lists for people: a site's articles, and the network's newest with its sites.

As in the page view (page.py), reads that do not depend on one another go out together, and sites
come from the container's cache where they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypedDict

from seealso.reading.page import ListedArticle, keep_sites, site_needs
from seealso.store.batching import Reading, read_one, read_query, read_together
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables import sites
from seealso.tables.indexes import ALL, Ids, domain_query, read_domain, timeline_query


class SiteList(NamedTuple):
    """A site and some of its articles, the highest ids first."""

    site: sites.Site
    articles: list[ListedArticle]


class NetworkArticle(TypedDict):
    id: int
    title: str
    date: str
    domain: int


class Home(NamedTuple):
    """The network's newest articles with their sites, and some of its sites by domain."""

    articles: list[NetworkArticle]
    sites: Mapping[int, sites.Site]
    listed_sites: list[sites.Site]


def read_site_list(
    store: Store, domain: int, limit: int, below: int | None = None
) -> SiteList | None:
    """A site's published articles with ids under `below`, at most `limit`, in one round trip.

    None if nothing is known of the domain: it has no stored site, and no article here.
    """
    ids = Ids(highest=below - 1) if below else ALL
    found = read_one(store, _site_list(store, domain, limit, ids))
    return found if found.site.version or found.articles else None


def read_newest(store: Store, limit: int) -> tuple[list[NetworkArticle], Mapping[int, sites.Site]]:
    """The network's newest articles, at most `limit`, in one query, and then their sites."""
    items = read_one(store, _newest(store, limit))
    return _with_sites(store, items, [])


def read_home(store: Store, articles: int, listed_sites: int, above: int = -1) -> Home:
    """The newest articles, and sites with domains above one, so many of each at most."""
    newest, listed = read_together(
        store,
        [_newest(store, articles), read_query(sites.list_query(store, above), listed_sites)],
    )
    found = [sites.site_of(item["domain"], item) for item in listed]
    return Home(*_with_sites(store, newest, found), found)


def _newest(store: Store, limit: int) -> Reading[list[Json]]:
    return read_query(timeline_query(store, limit, ALL).body, limit)


def _with_sites(
    store: Store, newest: Sequence[Json], listed: Iterable[sites.Site]
) -> tuple[list[NetworkArticle], Mapping[int, sites.Site]]:
    """Articles of the timeline, and their sites; some sites have just been read."""
    articles: list[NetworkArticle] = [
        {"id": item["id"], "title": item["title"], "date": item["date"], "domain": item["domain"]}
        for item in newest
    ]
    known_sites = {site.domain: site for site in listed}
    read_one(store, _sites(store, {article["domain"] for article in articles}, known_sites))
    return articles, known_sites


def _sites(
    store: Store, domains: Iterable[int], known_sites: dict[int, sites.Site]
) -> Reading[None]:
    if needs := site_needs(store, domains, known_sites):
        keep_sites(store, (yield needs), known_sites)


def _site_list(store: Store, domain: int, limit: int, ids: Ids) -> Reading[SiteList]:
    known_sites: dict[int, sites.Site] = {}
    answers = yield {
        "articles": domain_query(store, domain, limit, ids),
        **site_needs(store, [domain], known_sites),
    }
    keep_sites(store, answers, known_sites)
    found = yield from read_domain(store, domain, limit, ids, first=answers["articles"])
    articles: list[ListedArticle] = [
        {"id": item["id"], "title": item["title"], "date": item["date"]} for item in found
    ]
    return SiteList(known_sites[domain], articles)
