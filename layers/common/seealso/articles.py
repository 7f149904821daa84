"""Articles: the item, its index keys, and the writes of editors and imports.

`listed_domain` and `feed` are there only while an article is published: so drafts and deleted
articles are in no public index, and no list needs a filter (design.md, "Tables").
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from seealso import runs
from seealso.dynamodb import Call, Json, Refused, Store, plain_item, typed_item

FEED = "all"


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
    }
    if article.source_id is not None:
        item["source_id"] = article.source_id
    if article.state == "published":
        item["listed_domain"] = article.domain
        item["feed"] = FEED
    return item


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
    answer = store.client.call(
        "GetItem",
        {
            "TableName": store.articles,
            "Key": typed_item({"id": article_id}),
            "ConsistentRead": True,
            "ReturnConsumedCapacity": "TOTAL",
        },
    )
    return article_of(plain_item(answer["Item"])) if "Item" in answer else None


def put_articles(
    store: Store, changes: Sequence[tuple[Article, Article | None]]
) -> list[Refused | None]:
    """Write each article as it shall be, if it still is as it was when that was decided.

    `changes`: (shall be, was) pairs of different articles; `was` None: if it is not there.
    Returns for each change None, or the refusal with the item that is there now. Before an
    article becomes visible, long same-domain runs that it would break make way (runs.py).
    """
    places = [
        (article.id, article.domain) for article, _ in changes if article.state == "published"
    ]
    started = time.time()
    runs.make_way(store, places)
    try:
        outcomes = store.client.try_wave([_put(store, article, was) for article, was in changes])
    finally:
        if time.time() - started > runs.WRITE_SECONDS:
            # Too late to rely on what was read; now that they are visible, any run gives way.
            runs.make_way(store, places)
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


def _put(store: Store, article: Article, was: Article | None) -> Call:
    body: Json = {
        "TableName": store.articles,
        "Item": typed_item(article_item(article)),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        "ReturnConsumedCapacity": "TOTAL",
    }
    if was is None:
        body["ConditionExpression"] = "attribute_not_exists(id)"
    else:
        body["ConditionExpression"] = "version = :version"
        body["ExpressionAttributeValues"] = typed_item({":version": was.version})
    return Call("PutItem", body)
