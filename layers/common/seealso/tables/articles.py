"""Articles: the item, its index keys, and the writes of editors and imports.

`listed_domain` and `timeline` are there only while an article is published: so drafts and deleted
articles are in no public index, and no list needs a filter (design.md, "Tables"). Editors' lists
have an index of their own, by `domain_state`.
"""

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from seealso.columns import COLUMNS
from seealso.errors import StoreError, VersionConflict
from seealso.store.batching import Reading, read_query, read_together
from seealso.store.calls import Call, query_items
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item, unmarshal_item
from seealso.tables import skips
from seealso.tables.indexes import TIMELINE

STATES = ("published", "draft", "deleted")
UNPUBLISHED = ("draft", "deleted")
# An id above this was given by hand, perhaps by mistake: new ids go on from the others, since one
# at the very end would leave none.
MAX_COUNTED_ID = 2_000_000_000
# The highest id so far is in the table of skip ranges: the articles' table has articles alone.
_HIGHEST_KEY = {"partition": "articles", "lo": 0}


@dataclass(frozen=True, slots=True)
class Article:
    """An article: the columns of columns.py, its state and its version.

    `source_id` is None where it came from no other.
    """

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
    columns = {column.name: getattr(article, column.name) for column in COLUMNS}
    item: Json = {
        **{name: value for name, value in columns.items() if value is not None},
        "state": article.state,
        "version": article.version,
        "domain_state": _domain_state(article.domain, article.state),
    }
    if article.state == "published":
        item["listed_domain"] = article.domain
        item["timeline"] = TIMELINE
    else:
        item["unpublished"] = article.state
    return item


def _domain_state(domain: int, state: str) -> str:
    return f"{domain}#{state}"


def article_of(item: Json) -> Article:
    """The article of a plain item."""
    columns = {column.name: item[column.name] for column in COLUMNS if column.name in item}
    return Article(**columns, state=item["state"], version=item["version"])


def get_article(store: Store, article_id: int) -> Article | None:
    """The current article (strongly consistent), in any state; None if there is none."""
    item = store.client.get_item(store.articles, {"id": article_id})
    return article_of(item) if item else None


def put_articles(
    store: Store, changes: Sequence[tuple[Article, Article | None]]
) -> list[VersionConflict | None]:
    """Write each article if the current one is still the one that the change was decided for.

    `changes`: pairs (new article, article it replaces) of different articles; None: only if there
    is none. Returns for each change None, or the conflict with the current article. Before an
    article becomes visible it is excluded from the skip ranges that it would break (skips.py).
    """
    with _excluded_from_skips(store, [article for article, _ in changes]):
        outcomes = store.client.try_all(
            [Call("PutItem", _put(store, article, replaced)) for article, replaced in changes]
        )
    return [_conflict(outcome) for outcome in outcomes]


def _conflict(outcome: Json | StoreError) -> VersionConflict | None:
    if not isinstance(outcome, StoreError):
        return None
    if not outcome.condition_failed():
        raise outcome
    return VersionConflict(article_of(outcome.item) if outcome.item else None)


def import_articles(store: Store, articles: Sequence[Article]) -> tuple[int, int]:
    """Write imported articles (different ids); returns how many were new and how many existed.

    An existing article gets the import's columns and a higher version, and keeps its state.
    """
    pending: list[tuple[Article, Article | None]] = [(article, None) for article in articles]
    changed = 0
    while pending:
        writes = [(_imported_over(article, current), current) for article, current in pending]
        conflicting: list[tuple[Article, Article | None]] = []
        for (article, current), conflict in zip(pending, put_articles(store, writes), strict=True):
            if conflict is None:
                changed += current is not None
            else:
                conflicting.append((article, conflict.current))
        pending = conflicting
    raise_highest(store, max(article.id for article in articles))
    return len(articles) - changed, changed


def _imported_over(article: Article, current: Article | None) -> Article:
    if current is None:
        return article
    return replace(article, state=current.state, version=current.version + 1)


def save_article(
    store: Store, article: Article, replaced: Article | None, also: Sequence[Json] = ()
) -> None:
    """Write one article over the one that was read (None: only if there is none).

    `also` are further actions of the same transaction: all of it is written or nothing. Raises
    VersionConflict.
    """
    with _excluded_from_skips(store, [article]):
        _transact(store, {"Put": _put(store, article, replaced)}, also)


def remove_article(store: Store, article: Article, also: Sequence[Json] = ()) -> None:
    """Remove an article for good, with further actions of the same transaction.

    Raises VersionConflict, or StoreError where one of the further actions is refused.
    """
    delete = {
        "TableName": store.articles,
        "Key": marshal_item({"id": article.id}),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        **_if_unchanged(article),
    }
    _transact(store, {"Delete": delete}, also)


def _transact(store: Store, action: Json, also: Sequence[Json]) -> None:
    try:
        store.client.transact([action, *also])
    except StoreError as error:
        if not error.condition_failed():
            raise
        current = error.existing()
        raise VersionConflict(article_of(current) if current else None) from None


# ---- ids -------------------------------------------------------------------------------------


def new_id(store: Store, largest: int) -> int | None:
    """An id above all that were given before; None where there is none up to `largest`.

    An article may have it all the same, if it was given this id by hand at the same moment.
    """
    try:
        answer = store.client.call(
            "UpdateItem",
            {
                "TableName": store.skips,
                "Key": marshal_item(_HIGHEST_KEY),
                "UpdateExpression": "ADD highest :one",
                "ConditionExpression": "attribute_not_exists(highest) OR highest < :largest",
                "ExpressionAttributeValues": marshal_item({":one": 1, ":largest": largest}),
                "ReturnValues": "UPDATED_NEW",
            },
        )
    except StoreError as error:
        if not error.condition_failed():
            raise
        return None
    highest: int = unmarshal_item(answer["Attributes"])["highest"]
    return highest


def raise_highest(store: Store, article_id: int) -> None:
    """Let new ids begin above that of an article which was just written.

    An id that is given twice all the same is refused at the write, and create() takes the next.
    """
    if article_id > MAX_COUNTED_ID:
        return
    try:
        store.client.call(
            "PutItem",
            {
                "TableName": store.skips,
                "Item": marshal_item({**_HIGHEST_KEY, "highest": article_id}),
                "ConditionExpression": "attribute_not_exists(highest) OR highest < :id",
                "ExpressionAttributeValues": marshal_item({":id": article_id}),
            },
        )
    except StoreError as error:
        if not error.condition_failed():
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
    store: Store,
    domain: int | None,
    states: Iterable[str],
    limit: int,
    below: int | None = None,
) -> list[Listed]:
    """Articles in these states with ids under `below`, the highest first; at most `limit`.

    Of a domain, or, unless they are published, of all sites. One query for each state, all in one
    round trip.
    """
    found = read_together(
        store, [_read_state(store, domain, state, limit, below) for state in states]
    )
    # While the index follows a change of state, an article may be in it twice.
    articles: dict[int, Listed] = {}
    for item in (item for items in found for item in items):
        number, _, state = item["domain_state"].partition("#")
        listed = Listed(
            item["id"], int(number), item["title"], item["date"], state, item["version"]
        )
        if listed.id not in articles or articles[listed.id].version < listed.version:
            articles[listed.id] = listed
    return [articles[article_id] for article_id in sorted(articles, reverse=True)[:limit]]


class Titled(NamedTuple):
    """What an article's index entries say of it, without its text."""

    title: str
    domain: int
    state: str


def read_title(store: Store, article_id: int) -> Reading[Titled | None]:
    """An article's title, domain and state; None where there is none.

    From the indexes, eventually consistent: 0.5 read units each, where the article's item may take
    40 for its text. Drafts and deleted articles are not in the timeline.
    """
    keys = {state: ("unpublished-id", "unpublished", state) for state in UNPUBLISHED}
    keys["published"] = ("timeline-id", "timeline", TIMELINE)
    needs = {}
    for state, (index, name, value) in keys.items():
        query: Json = {
            "TableName": store.articles,
            "IndexName": index,
            "KeyConditionExpression": "#key = :key AND id = :id",
            "ExpressionAttributeNames": {"#key": name},
            "ExpressionAttributeValues": marshal_item({":key": value, ":id": article_id}),
        }
        needs[state] = Call("Query", query)
    answers = yield needs
    for state in STATES:
        for item in query_items(answers[state]):
            domain = item["domain"] if "domain" in item else item["domain_state"].partition("#")[0]
            return Titled(item["title"], int(domain), state)
    return None


def _read_state(
    store: Store, domain: int | None, state: str, limit: int, below: int | None
) -> Reading[list[Json]]:
    index, key, value = "admin-domain", "domain_state", _domain_state(domain or 0, state)
    if domain is None:
        index, key, value = "unpublished-id", "unpublished", state
    query: Json = {
        "TableName": store.articles,
        "IndexName": index,
        "KeyConditionExpression": f"{key} = :key",
        "ExpressionAttributeValues": marshal_item({":key": value}),
        "ScanIndexForward": False,
        "Limit": limit,
    }
    if below is not None:
        query["KeyConditionExpression"] += " AND id < :below"
        query["ExpressionAttributeValues"] |= marshal_item({":below": below})
    return (yield from read_query(query, limit))


# ---- writing ---------------------------------------------------------------------------------


@contextlib.contextmanager
def _excluded_from_skips(store: Store, articles: Iterable[Article]) -> Iterator[None]:
    """No skip range is made false by what is written inside (skips.py)."""
    positions = [
        (article.id, article.domain) for article in articles if article.state == "published"
    ]
    started = time.time()
    skips.exclude_from_skips(store, positions)
    try:
        yield
    finally:
        if time.time() - started > skips.WRITE_SECONDS:
            # Too late to rely on what was read. The articles are visible now, so that no job can
            # overlook them.
            skips.exclude_from_skips(store, positions)


def _put(store: Store, article: Article, replaced: Article | None) -> Json:
    return {
        "TableName": store.articles,
        "Item": marshal_item(article_item(article)),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        **(
            {"ConditionExpression": "attribute_not_exists(id)"}
            if replaced is None
            else _if_unchanged(replaced)
        ),
    }


def _if_unchanged(article: Article) -> Json:
    return {
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": marshal_item({":version": article.version}),
    }
