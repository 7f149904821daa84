"""The page view: one article with everything that its page shows, in as few waves as can be.

Its meaning is that of the query which web clients send (design.md, "The page view"):
the 8 highest ids of the same domain without the article itself, the 3 highest ids below it of any
other domain, its source, and the published links in order of submission. All reads are eventually
consistent; only published articles are in the two indexes read here.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, TypedDict

from seealso import sites
from seealso.dynamodb import Call, Json, Store, batch_get, batch_got, items
from seealso.links import PageLink, page_key, page_links, places_left
from seealso.lists import ALL, SPARE, Ids, domain_query, feed_query, read_domain, read_feed
from seealso.waves import read_alone

SAME_DOMAIN = 8
OTHER_DOMAINS = 3
# Articles of the feed read at first in search of OTHER_DOMAINS of other domains.
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
    source: SameDomainArticle | None


class Page(RelatedLists):
    """The body of GET /articles/{id}."""

    article: ShownArticle
    links: list[PageLink]
    places_left: int


class ListedArticle(TypedDict):
    id: int
    title: str
    date: str


class DomainArticles(NamedTuple):
    """One page of a domain's list; `next_below` is None on the last one."""

    articles: list[ListedArticle]
    next_below: int | None


def read_page(
    store: Store, article_id: int, domain: int | None = None, source_id: int | None = None
) -> Page | None:
    """The page of a published article; None if there is none.

    `domain` and `source_id` (0: no source) are hints of what the article has: with both right,
    all is read in one wave; a wrong one costs a second wave, never a wrong page.
    """
    reading = _Reading(store, article_id)
    reading.read(domain, source_id)
    article = reading.articles.get(article_id)
    if article is None:
        return None
    reading.read(article["domain"], article.get("source_id"))
    source = _source(article, reading.articles)
    return {
        "article": {
            "id": article_id,
            "domain": article["domain"],
            "title": article["title"],
            "text": article["text"],
            "date": article["date"],
            "source_id": source["id"] if source else None,
        },
        "same_domain": _same_domain(reading.listed[article["domain"]], article_id),
        "other_domains": _other_domains(store, article["domain"], reading.feed, article_id),
        "source": source,
        "links": page_links(reading.page_item),
        "places_left": places_left(reading.page_item, reading.caps[article["domain"]]),
    }


def read_related(store: Store, article_id: int) -> RelatedLists | None:
    """The related lists and the source of a published article; None if there is none.

    Its text is not read: the feed has the article itself and those below it.
    """
    feed = store.client.call(*feed_query(store, WINDOW + 1, Ids(highest=article_id)))
    article, *_ = [*items(feed), None]
    if article is None or article["id"] != article_id:
        return None
    calls = [domain_query(store, article["domain"], SAME_DOMAIN + 1)]
    known = {article_id: article}
    source_id = article.get("source_id")
    if source_id and source_id != article_id:
        calls.append(batch_get({store.articles: [{"id": source_id}]}))
    listed, *got = store.client.wave(calls)
    for answer in got:
        known |= _published(answer, store)
    return {
        "same_domain": _same_domain(listed, article_id),
        "other_domains": _other_domains(store, article["domain"], feed, article_id),
        "source": _source(article, known),
    }


def read_domain_articles(
    store: Store, domain: int, limit: int, below: int | None = None
) -> DomainArticles:
    """A domain's published articles with ids under `below`, the highest first; at most `limit`."""
    ids = Ids(highest=below - 1) if below else ALL
    found = read_alone(store, read_domain(store, domain, limit + 1, ids))
    return DomainArticles(
        [
            {"id": item["id"], "title": item["title"], "date": item["date"]}
            for item in found[:limit]
        ],
        found[limit - 1]["id"] if len(found) > limit else None,
    )


@dataclass(slots=True)
class _Reading:
    """What has been read so far for one page; what is there is not asked for again."""

    store: Store
    article_id: int
    articles: dict[int, Json] = field(default_factory=dict)  # published ones, by id
    page_item: Json | None = None
    feed: Json = field(default_factory=dict)  # the answer to the first feed query
    listed: dict[int, Json] = field(default_factory=dict)  # answers to domain queries, by domain
    caps: dict[int, int] = field(default_factory=dict)  # sites' caps, by domain
    asked: set[int] = field(default_factory=set)

    def read(self, domain: int | None, source_id: int | None) -> None:
        """Read in one wave what is missing of the article, its page, its domain and its source."""
        store = self.store
        first = not self.asked
        wanted = {self.article_id, source_id or self.article_id} - self.asked
        self.asked |= wanted
        keys: dict[str, list[Json]] = {
            store.articles: [{"id": each} for each in wanted],
            store.links: [page_key(self.article_id)] if first else [],
            store.sites: [],
        }
        if domain is not None and domain not in self.caps:
            if site := sites.cached_site(store, domain):
                self.caps[domain] = site.cap
            else:
                keys[store.sites].append({"domain": domain})
        calls: dict[str, Call] = {}
        if any(keys.values()):
            calls["items"] = batch_get(keys)
        if first:
            calls["feed"] = feed_query(store, WINDOW, Ids(highest=self.article_id - 1))
        if domain is not None and domain not in self.listed:
            calls["domain"] = domain_query(store, domain, SAME_DOMAIN + 1)
        if not calls:
            return
        answers = dict(zip(calls, store.client.wave(list(calls.values())), strict=True))
        if "items" in answers:
            got = answers["items"]
            self.articles |= _published(got, store)
            if first:
                self.page_item = next(iter(batch_got(got, store.links)), None)
            if keys[store.sites] and domain is not None:
                item = next(iter(batch_got(got, store.sites)), None)
                self.caps[domain] = sites.remember_site(store, domain, item).cap
        if first:
            self.feed = answers["feed"]
        if "domain" in answers and domain is not None:
            self.listed[domain] = answers["domain"]


def _published(answer: Json, store: Store) -> dict[int, Json]:
    return {
        item["id"]: item
        for item in batch_got(answer, store.articles)
        if item["state"] == "published"
    }


def _source(article: Json, known: dict[int, Json]) -> SameDomainArticle | None:
    source = known.get(article.get("source_id", 0))
    return {"id": source["id"], "title": source["title"]} if source else None


def _same_domain(listed: Json, article_id: int) -> list[SameDomainArticle]:
    others = [item for item in items(listed) if item["id"] != article_id]
    return [{"id": item["id"], "title": item["title"]} for item in others[:SAME_DOMAIN]]


def _other_domains(
    store: Store, domain: int, feed: Json, article_id: int
) -> list[OtherDomainArticle]:
    """The highest articles of other domains below an article, from its first feed query on."""
    reading = read_feed(
        store, feed, OTHER_DOMAINS, Ids(highest=article_id - 1), {domain}, descending=True
    )
    return [
        {"id": item["id"], "domain": item["domain"], "title": item["title"]}
        for item in read_alone(store, reading)[:OTHER_DOMAINS]
    ]
