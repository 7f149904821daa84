"""Articles: the item, its index keys, and the writes of editors and imports.

`listed_domain` and `feed` are there only while an article is published: so drafts and deleted
articles are in no public index, and no list needs a filter (design.md, "Tables"). Editors' lists
have an index of their own, by `domain_state`.
"""

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from seealso import runs
from seealso.dynamodb import Call, Json, Refused, Store, items, plain_item, typed_item

FEED = "all"
STATES = ("published", "draft", "deleted")
# The highest id so far is beside the runs' records: the articles' table has articles alone.
_HIGHEST_KEY = {"partition": "articles", "lo": 0}
_CONDITION = "ConditionalCheckFailed"


@dataclass(frozen=True, slots=True)
class Article:
    """An article; `source_id` is None where it came from no other."""

    id: int
    domain: int
    title: str
    text: str
    date: str
    source_id: int | None = None
    state: str = "published"
    version: int = 1


def article_item(article: Article) -> Json:
    """The article's plain item with the index keys that its state calls for."""
    item: Json = {
        "id": article.id,
        "domain": article.domain,
        "title": article.title,
        "text": article.text,
        "date": article.date,
        "state": article.state,
        "version": article.version,
        "domain_state": _domain_state(article.domain, article.state),
    }
    if article.source_id is not None:
        item["source_id"] = article.source_id
    if article.state == "published":
        item["listed_domain"] = article.domain
        item["feed"] = FEED
    return item


def _domain_state(domain: int, state: str) -> str:
    return f"{domain}#{state}"


def article_of(item: Json) -> Article:
    """The article of a plain item."""
    return Article(
        id=item["id"],
        domain=item["domain"],
        title=item["title"],
        text=item["text"],
        date=item["date"],
        source_id=item.get("source_id"),
        state=item["state"],
        version=item["version"],
    )


def get_article(store: Store, article_id: int) -> Article | None:
    """The article as it is now (strongly consistent), in whatever state; None if there is none."""
    item = store.client.get_item(store.articles, {"id": article_id})
    return article_of(item) if item else None


def put_articles(
    store: Store, changes: Sequence[tuple[Article, Article | None]]
) -> list[Refused | None]:
    """Write each article as it shall be, if it still is as it was when that was decided.

    `changes`: (shall be, was) pairs of different articles; `was` None: if it is not there.
    Returns for each change None, or the refusal with the item that is there now. Before an
    article becomes visible, long same-domain runs that it would break make way (runs.py).
    """
    with _made_way(store, [article for article, _ in changes]):
        outcomes = store.client.try_wave(
            [
                Call("PutItem", {**_put(store, article, was), "ReturnConsumedCapacity": "TOTAL"})
                for article, was in changes
            ]
        )
    refusals: list[Refused | None] = []
    for outcome in outcomes:
        if isinstance(outcome, Refused) and outcome.code != "ConditionalCheckFailedException":
            raise outcome
        refusals.append(outcome if isinstance(outcome, Refused) else None)
    return refusals


def import_articles(store: Store, articles: Sequence[Article]) -> tuple[int, int]:
    """Write imported articles (different ids); returns how many were new and how many were there.

    An article that is there gets the import's columns and a higher version, and keeps its state.
    """
    raise_highest(store, max(article.id for article in articles))
    pending: list[tuple[Article, Article | None]] = [(article, None) for article in articles]
    changed = 0
    while pending:
        writes = [(_imported_over(article, there), there) for article, there in pending]
        again: list[tuple[Article, Article | None]] = []
        for (article, there), refusal in zip(pending, put_articles(store, writes), strict=True):
            if refusal is None:
                changed += there is not None
            else:
                again.append((article, article_of(refusal.item) if refusal.item else None))
        pending = again
    return len(articles) - changed, changed


def _imported_over(article: Article, there: Article | None) -> Article:
    if there is None:
        return article
    return replace(article, state=there.state, version=there.version + 1)


class Changed(Exception):
    """The article is not as it was when the change was decided; `article` is what is there now."""

    def __init__(self, article: Article | None) -> None:
        super().__init__(article)
        self.article = article


def change_article(
    store: Store, article: Article, was: Article | None, also: Sequence[Json] = ()
) -> None:
    """Write one article over what was there (None: nothing), with further transaction actions.

    All of it is written or nothing. Raises Changed.
    """
    with _made_way(store, [article]):
        _transact(store, {"Put": _put(store, article, was)}, also)


def remove_article(store: Store, article: Article, also: Sequence[Json] = ()) -> None:
    """Remove an article for good, with further transaction actions. Raises Changed.

    Refused is raised where one of the further actions is refused.
    """
    delete = {
        "TableName": store.articles,
        "Key": typed_item({"id": article.id}),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        **_unchanged(article),
    }
    _transact(store, {"Delete": delete}, also)


def _transact(store: Store, action: Json, also: Sequence[Json]) -> None:
    try:
        store.client.transact([action, *also])
    except Refused as refused:
        if not refused.reasons or refused.reasons[0].code != _CONDITION:
            raise
        there = refused.reasons[0].item
        raise Changed(article_of(there) if there else None) from None


# ---- ids -------------------------------------------------------------------------------------


def new_id(store: Store, largest: int) -> int | None:
    """An id above all that were given before; None where there is none up to the largest.

    An article may be there all the same, if its own id was given by hand in the same moment.
    """
    try:
        answer = store.client.call(
            "UpdateItem",
            {
                "TableName": store.runs,
                "Key": typed_item(_HIGHEST_KEY),
                "UpdateExpression": "ADD highest :one",
                "ConditionExpression": "attribute_not_exists(highest) OR highest < :largest",
                "ExpressionAttributeValues": typed_item({":one": 1, ":largest": largest}),
                "ReturnValues": "UPDATED_NEW",
                "ReturnConsumedCapacity": "TOTAL",
            },
        )
    except Refused as refused:
        if refused.code != "ConditionalCheckFailedException":
            raise
        return None
    highest: int = plain_item(answer["Attributes"])["highest"]
    return highest


def raise_highest(store: Store, article_id: int) -> None:
    """Let new ids begin above this one; before it is written, so that none is given twice."""
    try:
        store.client.call(
            "PutItem",
            {
                "TableName": store.runs,
                "Item": typed_item({**_HIGHEST_KEY, "highest": article_id}),
                "ConditionExpression": "attribute_not_exists(highest) OR highest < :id",
                "ExpressionAttributeValues": typed_item({":id": article_id}),
                "ReturnConsumedCapacity": "TOTAL",
            },
        )
    except Refused as refused:
        if refused.code != "ConditionalCheckFailedException":
            raise


# ---- lists -----------------------------------------------------------------------------------


class Listed(NamedTuple):
    """An article as an editor's list shows it."""

    id: int
    domain: int
    title: str
    date: str
    state: str
    version: int


def list_articles(
    store: Store, domain: int, states: Iterable[str], limit: int, below: int | None = None
) -> list[Listed]:
    """A domain's articles in these states with ids under `below`, the highest first.

    At most `limit`; one query for each state, all in one wave.
    """
    answers = store.client.wave(
        [_listed(store, _domain_state(domain, state), limit, below) for state in states]
    )
    # While the index follows a change of state, an article may be in it twice.
    found: dict[int, Listed] = {}
    for item in (each for answer in answers for each in items(answer)):
        state = item["domain_state"].partition("#")[2]
        listed = Listed(item["id"], domain, item["title"], item["date"], state, item["version"])
        if listed.id not in found or found[listed.id].version < listed.version:
            found[listed.id] = listed
    return [found[article_id] for article_id in sorted(found, reverse=True)[:limit]]


def _listed(store: Store, domain_state: str, limit: int, below: int | None) -> Call:
    body: Json = {
        "TableName": store.articles,
        "IndexName": "admin-domain",
        "KeyConditionExpression": "domain_state = :domain_state",
        "ExpressionAttributeValues": typed_item({":domain_state": domain_state}),
        "ScanIndexForward": False,
        "Limit": limit,
        "ReturnConsumedCapacity": "TOTAL",
    }
    if below is not None:
        body["KeyConditionExpression"] += " AND id < :below"
        body["ExpressionAttributeValues"] |= typed_item({":below": below})
    return Call("Query", body)


# ---- writing ---------------------------------------------------------------------------------


@contextlib.contextmanager
def _made_way(store: Store, articles: Iterable[Article]) -> Iterator[None]:
    """Long same-domain runs make way for what is written inside (runs.py)."""
    places = [(article.id, article.domain) for article in articles if article.state == "published"]
    started = time.time()
    runs.make_way(store, places)
    try:
        yield
    finally:
        if time.time() - started > runs.WRITE_SECONDS:
            # Too late to rely on what was read; now that they are visible, any run gives way.
            runs.make_way(store, places)


def _put(store: Store, article: Article, was: Article | None) -> Json:
    return {
        "TableName": store.articles,
        "Item": typed_item(article_item(article)),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        **({"ConditionExpression": "attribute_not_exists(id)"} if was is None else _unchanged(was)),
    }


def _unchanged(was: Article) -> Json:
    return {
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": typed_item({":version": was.version}),
    }
