"""The page view: one article with everything that its page shows, in as few waves as can be.

Its meaning is that of the query which web clients send (design.md, "The page view"):
the 8 highest ids of the same domain without the article itself, the 3 highest ids below it of any
other domain, its source, and the published links in order of submission. All reads are eventually
consistent; only published articles are in the two indexes read here.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, TypedDict

from seealso import runs, sites
from seealso.articles import FEED
from seealso.dynamodb import Call, Json, Store, batch_get, batch_got, items, typed, typed_item
from seealso.links import PageLink, page_key, page_links, places_left

SAME_DOMAIN = 8
OTHER_DOMAINS = 3
# Articles read at first in search of 3 of other domains: more than 3 in nearly every mixed feed,
# and with ordinary titles within the 4 KB of half a read unit.
WINDOW = 25
# After it, inside what no run's record covers: runs there are shorter than runs.SHORTEST, so three
# articles of other domains are met within this many, once the job has been there.
FURTHER_WINDOW = 2 * runs.SHORTEST + 1
RECORDS_READ = 100
GAPS_READ = 3


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
        "other_domains": _other_domains(store, article["domain"], reading.feed),
        "source": source,
        "links": page_links(reading.page_item),
        "places_left": places_left(reading.page_item, reading.caps[article["domain"]]),
    }


def read_related(store: Store, article_id: int) -> RelatedLists | None:
    """The related lists and the source of a published article; None if there is none.

    Its text is not read: the feed has the article itself and those below it.
    """
    feed = store.client.call(*_feed_query(store, article_id + 1, WINDOW + 1))
    article, *_ = [*items(feed), None]
    if article is None or article["id"] != article_id:
        return None
    calls = [_domain_query(store, article["domain"], SAME_DOMAIN + 1)]
    known = {article_id: article}
    source_id = article.get("source_id")
    if source_id and source_id != article_id:
        calls.append(batch_get({store.articles: [{"id": source_id}]}))
    listed, *got = store.client.wave(calls)
    for answer in got:
        known |= _published(answer, store)
    return {
        "same_domain": _same_domain(listed, article_id),
        "other_domains": _other_domains(store, article["domain"], feed, besides=article_id),
        "source": _source(article, known),
    }


def read_domain_articles(
    store: Store, domain: int, limit: int, below: int | None = None
) -> DomainArticles:
    """A domain's published articles with ids under `below`, the highest first; at most `limit`."""
    found = items(store.client.call(*_domain_query(store, domain, limit + 1, below)))
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
            calls["feed"] = _feed_query(store, self.article_id, WINDOW)
        if domain is not None and domain not in self.listed:
            calls["domain"] = _domain_query(store, domain, SAME_DOMAIN + 1)
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
    store: Store, domain: int, feed: Json, besides: int | None = None
) -> list[OtherDomainArticle]:
    """The highest articles of other domains in the feed from the first answer downwards.

    Where a long run of the article's own domain fills the first window, its records are stepped
    over (runs.py) and the gaps between them read, in two more waves. Without records the windows
    grow: dearer, and as right.
    """
    found = [item for item in items(feed) if item["domain"] != domain and item["id"] != besides]
    below = _next_below(feed)
    window = FURTHER_WINDOW
    while len(found) < OTHER_DOMAINS and below is not None:
        gaps, below = _gaps_below(store, domain, below)
        answers = store.client.wave(
            [_feed_query(store, top, window, bottom, domain) for bottom, top in gaps]
        )
        for answer in answers:
            found += items(answer)
            if (unread := _next_below(answer)) is not None:
                below = unread
                break
        window *= 8
    return [
        {"id": item["id"], "domain": item["domain"], "title": item["title"]}
        for item in found[:OTHER_DOMAINS]
    ]


def _gaps_below(store: Store, domain: int, below: int) -> tuple[list[tuple[int, int]], int | None]:
    """Where articles of other domains can be under an id: (bottom, top) pairs, both exclusive.

    At most GAPS_READ of them, the highest first, and the id under which there may be more, or
    None. Between two ranges that the job has left apart there is an article of another domain.
    """
    answer = store.client.call(*runs.runs_below(store, domain, below, RECORDS_READ))
    # Of ids under this one, or of none, the answer says nothing.
    unread = int(answer["LastEvaluatedKey"]["lo"]["N"]) if "LastEvaluatedKey" in answer else None
    gaps: list[tuple[int, int]] = []
    top = below
    known = [each for run in runs.runs_of(answer) for each in runs.known_ranges(run)]
    for lo, hi in [*known, (0, (unread or 1) - 1)]:
        if hi < top - 1:
            if len(gaps) == GAPS_READ:
                return gaps, top
            gaps.append((hi, top))
        top = min(top, lo)
    return gaps, unread


def _next_below(answer: Json) -> int | None:
    key = answer.get("LastEvaluatedKey")
    return int(key["id"]["N"]) if key else None


def _feed_query(
    store: Store, below: int, limit: int, above: int = 0, without_domain: int | None = None
) -> Call:
    """The highest published articles between two ids, both exclusive, of all domains but one."""
    body: Json = {
        "TableName": store.articles,
        "IndexName": "feed-id",
        "KeyConditionExpression": "#feed = :feed AND #id < :below",
        "ExpressionAttributeNames": {"#feed": "feed", "#id": "id"},
        "ExpressionAttributeValues": {":feed": typed(FEED), ":below": typed(below)},
        "ScanIndexForward": False,
        "Limit": limit,
        "ReturnConsumedCapacity": "TOTAL",
    }
    if above:
        # A key condition takes one comparison of the sort key: BETWEEN, with both ends inclusive.
        body["KeyConditionExpression"] = "#feed = :feed AND #id BETWEEN :low AND :high"
        body["ExpressionAttributeValues"] = typed_item(
            {":feed": FEED, ":low": above + 1, ":high": below - 1}
        )
    if without_domain is not None:
        body["FilterExpression"] = "#domain <> :domain"
        body["ExpressionAttributeNames"]["#domain"] = "domain"
        body["ExpressionAttributeValues"][":domain"] = typed(without_domain)
    return Call("Query", body)


def _domain_query(store: Store, domain: int, limit: int, below: int | None = None) -> Call:
    """A domain's highest published articles, under an id if one is given."""
    body: Json = {
        "TableName": store.articles,
        "IndexName": "domain-id",
        "KeyConditionExpression": "#domain = :domain",
        "ExpressionAttributeNames": {"#domain": "listed_domain"},
        "ExpressionAttributeValues": {":domain": typed(domain)},
        "ScanIndexForward": False,
        "Limit": limit,
        "ReturnConsumedCapacity": "TOTAL",
    }
    if below is not None:
        body["KeyConditionExpression"] += " AND #id < :below"
        body["ExpressionAttributeNames"]["#id"] = "id"
        body["ExpressionAttributeValues"][":below"] = typed(below)
    return Call("Query", body)
