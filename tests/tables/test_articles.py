"""Writing articles: versions, states, index keys, and who was there first."""

import json
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace

import pytest

from local.paths import ROOT
from seealso.errors import StoreError
from seealso.reading import page
from seealso.store import client as store_client
from seealso.store.calls import Call
from seealso.store.client import Client, Retry
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item, unmarshal_item
from seealso.tables.articles import (
    Article,
    article_item,
    article_of,
    get_article,
    import_articles,
    put_articles,
)
from tests.support import engines
from tests.support.interception import watched
from tests.support.races import in_thread
from tests.support.tables import another

ARTICLE = Article(6646098, 7, "A title", "A text", "2026-02-25", source_id=6640001)


def stored(store: Store, article_id: int) -> Json | None:
    body = {"TableName": store.articles, "Key": marshal_item({"id": article_id})}
    answer = store.client.call("GetItem", {**body, "ConsistentRead": True})
    return unmarshal_item(answer["Item"]) if "Item" in answer else None


def purge(store: Store, article_id: int) -> None:
    key = marshal_item({"id": article_id})
    store.client.call("DeleteItem", {"TableName": store.articles, "Key": key})


# ---- the item --------------------------------------------------------------------------------


@pytest.mark.parametrize("source_id", [None, 6640001, 6646098])
@pytest.mark.parametrize("state", ["published", "draft", "deleted"])
def test_only_published_articles_have_index_keys(state: str, source_id: int | None) -> None:
    article = replace(ARTICLE, state=state, source_id=source_id)
    item = article_item(article)
    keys = {name: item[name] for name in ("listed_domain", "timeline") if name in item}
    assert keys == ({"listed_domain": 7, "timeline": "all"} if state == "published" else {})
    assert ("source_id" in item) == (source_id is not None)
    assert article_of(item) == article


def test_item_of_the_import_from_s3_in_the_documentation() -> None:
    document = (ROOT / "docs/loading.md").read_text("utf-8")
    (line,) = (line for line in document.splitlines() if line.strip().startswith('{"Item":'))
    article = Article(12, 7, "The mill", "It stands.", "2026-02-25", source_id=3)
    assert json.loads(line) == {"Item": marshal_item(article_item(article))}


@engines.on_every_engine
def test_index_keys_follow_state_and_domain(store: Store) -> None:
    was: Article | None = None
    for version, (state, domain) in enumerate(
        [("draft", 7), ("published", 7), ("published", 3), ("deleted", 3), ("published", 7)], 1
    ):
        article = replace(ARTICLE, state=state, domain=domain, version=version)
        assert put_articles(store, [(article, was)]) == [None]
        assert stored(store, ARTICLE.id) == article_item(article)
        listed = {
            each: [found["id"] for found in page.list_domain(store, each, 5)] for each in (3, 7)
        }
        assert listed == {
            each: [ARTICLE.id] if state == "published" and each == domain else [] for each in (3, 7)
        }
        assert (page.read_related(store, ARTICLE.id) is None) == (state != "published")
        was = article


# ---- putting ---------------------------------------------------------------------------------


def test_an_existing_article_is_not_put_as_new(store: Store) -> None:
    assert put_articles(store, [(ARTICLE, None)]) == [None]
    new = replace(ARTICLE, id=1)
    refused, accepted = put_articles(store, [(replace(ARTICLE, title="Other"), None), (new, None)])
    assert accepted is None
    assert refused is not None
    assert refused.current == ARTICLE
    assert get_article(store, ARTICLE.id) == ARTICLE
    assert get_article(store, 1) == new


def test_an_article_that_has_changed_is_not_overwritten(store: Store) -> None:
    second = replace(ARTICLE, title="Second", version=2)
    put_articles(store, [(ARTICLE, None)])
    put_articles(store, [(second, ARTICLE)])
    (refused,) = put_articles(store, [(replace(ARTICLE, title="Third", version=2), ARTICLE)])
    assert refused is not None
    assert refused.current == second
    assert get_article(store, ARTICLE.id) == second


def test_a_purged_article_is_not_put_again(store: Store) -> None:
    (refused,) = put_articles(store, [(replace(ARTICLE, version=2), ARTICLE)])
    assert refused is not None
    assert refused.current is None
    assert get_article(store, ARTICLE.id) is None


def test_another_refusal_is_raised(store: Store) -> None:
    # An item may have 400 KB (AWS "Quotas in Amazon DynamoDB").
    with pytest.raises(StoreError, match="ValidationException"):
        put_articles(store, [(replace(ARTICLE, text="x" * 500_000), None)])


# ---- importing -------------------------------------------------------------------------------


def test_an_import_counts_new_and_existing_articles(store: Store) -> None:
    some = [replace(ARTICLE, id=each) for each in (1, 2, 3)]
    assert import_articles(store, some[:2]) == (2, 0)
    assert import_articles(store, some) == (1, 2)
    versions = [article and article.version for article in get_all(store, 1, 2, 3)]
    assert versions == [2, 2, 1]


@pytest.mark.parametrize("state", ["draft", "deleted", "published"])
@pytest.mark.parametrize("imported", ["draft", "published"])
def test_an_import_keeps_the_state_of_existing_articles(
    store: Store, state: str, imported: str
) -> None:
    put_articles(store, [(replace(ARTICLE, state=state, version=4), None)])
    new = Article(ARTICLE.id, 3, "New title", "New text", "2026-03-01", state=imported)
    assert import_articles(store, [new]) == (0, 1)
    assert stored(store, new.id) == article_item(replace(new, state=state, version=5))


def test_an_article_purged_while_it_is_imported_is_new(store: Store) -> None:
    put_articles(store, [(replace(ARTICLE, state="draft", version=9), None)])
    puts: list[Call] = []

    def before(call: Call) -> None:
        if call.operation == "PutItem" and call.body["TableName"] == store.articles:
            puts.append(call)
            if len(puts) == 2:
                purge(store, ARTICLE.id)

    importing = watched(store, before)
    with closing(importing.client):
        assert import_articles(importing, [ARTICLE]) == (1, 0)
    assert len(puts) == 3
    assert get_article(store, ARTICLE.id) == ARTICLE


def test_an_article_hidden_while_it_is_imported_stays_hidden(store: Store) -> None:
    put_articles(store, [(ARTICLE, None)])
    hidden = replace(ARTICLE, state="deleted", version=2)
    puts: list[Call] = []

    def before(call: Call) -> None:
        if call.operation == "PutItem" and call.body["TableName"] == store.articles:
            puts.append(call)
            if len(puts) == 2:
                assert put_articles(store, [(hidden, ARTICLE)]) == [None]

    new = replace(ARTICLE, title="New title")
    importing = watched(store, before)
    with closing(importing.client):
        assert import_articles(importing, [new]) == (0, 1)
    assert get_article(store, new.id) == replace(new, state="deleted", version=3)


def test_importers_of_the_same_articles_count_every_write_once(store: Store) -> None:
    counts: list[tuple[int, int]] = []

    def load(importer: int) -> None:
        own = another(store)
        with closing(own.client):
            for attempt in range(3):
                title = f"Import {importer} {attempt}"
                some = [replace(ARTICLE, id=each, title=title) for each in range(1, 31)]
                counts.append(import_articles(own, some))

    with ExitStack() as stack:
        for importer in range(4):
            stack.enter_context(in_thread(load, importer))
    assert sum(new for new, _ in counts) == 30
    assert sum(changed for _, changed in counts) == 11 * 30
    assert {there.version for there in get_all(store, *range(1, 31)) if there} == {12}


def get_all(store: Store, *ids: int) -> list[Article | None]:
    return [get_article(store, each) for each in ids]


# ---- what the store leaves undone ------------------------------------------------------------


def test_unprocessed_keys_are_requested_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = replace(ARTICLE, id=6640001, source_id=None, title="The source")
    put_articles(store, [(ARTICLE, None), (source, None)])
    exchange = Client._exchange

    def one_key_at_a_time(
        client: Client, calls: Sequence[Call], deadline: float
    ) -> list[Json | StoreError | Retry]:
        sent: list[Call] = []
        left: list[Json] = []
        for call in calls:
            body = dict(call.body)
            wanted = body.get("RequestItems", {})
            keys = [(table, key) for table, each in wanted.items() for key in each["Keys"]]
            if keys:
                table, key = keys[0]
                body["RequestItems"] = {table: {**wanted[table], "Keys": [key]}}
            sent.append(Call(call.operation, body))
            rest: Json = {}
            for table, key in keys[1:]:
                rest.setdefault(table, {**wanted[table], "Keys": []})["Keys"].append(key)
            left.append(rest)
        answers = exchange(client, sent, deadline)
        for answer, rest in zip(answers, left, strict=True):
            if rest:
                assert isinstance(answer, dict)
                answer["UnprocessedKeys"] = rest
        return answers

    monkeypatch.setattr(store_client, "BACKOFF_SECONDS", 0.001)
    monkeypatch.setattr(Client, "_exchange", one_key_at_a_time)
    usage = store.client.start()
    shown = page.read_page(store, ARTICLE.id, domain=7, source_id=6640001)
    monkeypatch.undo()
    # Article, source, page item and site, one after the other; both indexes with the first.
    assert (usage.requests, usage.round_trips) == (4 + 2, 4)
    assert shown == page.read_page(store, ARTICLE.id)
    assert shown is not None
    assert shown["source"] == {"id": 6640001, "domain": 7, "title": "The source"}
