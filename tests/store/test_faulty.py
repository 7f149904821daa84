"""The faulty proxy does what its faults say, in front of a real engine."""

from collections.abc import Iterator

import pytest

from seealso.errors import StoreError, StoreUnavailable
from seealso.store.client import Client
from seealso.store.tables import Store
from seealso.tables.articles import Article, get_article, put_articles
from tests.support import faulty, tables
from tests.support.faulty import Proxy

ARTICLE = Article(1, 7, "Of one's own", "Words.", "2026-02-25")


@pytest.fixture
def between(moto_store: Store) -> Iterator[Proxy]:
    with faulty.proxy(moto_store.client.endpoint) as made:
        yield made


@pytest.fixture
def store(moto_store: Store, between: Proxy) -> Iterator[Store]:
    client = tables.client(between.endpoint)
    yield Store(
        client,
        moto_store.articles,
        moto_store.links,
        moto_store.sites,
        moto_store.skips,
        moto_store.audit,
        moto_store.transient,
    )
    client.close()


def put(client: Client, store: Store) -> None:
    client.call(
        "PutItem",
        {
            "TableName": store.sites,
            "Item": {"kind": {"S": "site"}, "id": {"S": "7"}, "name": {"S": "mine"}},
            "ConditionExpression": "attribute_not_exists(id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
    )


def test_passes_everything_without_a_fault(store: Store) -> None:
    put_articles(store, [(ARTICLE, None)])
    assert get_article(store, 1) == ARTICLE


def test_a_write_whose_reply_is_lost_was_made(store: Store, between: Proxy) -> None:
    between.inject(faulty.reply_lost, operation="PutItem")
    with pytest.raises(StoreError, match="ConditionalCheckFailed") as caught:
        put(store.client, store)
    assert caught.value.item == {"kind": "site", "id": "7", "name": "mine"}
    assert [operation for operation, _ in between.requests] == ["PutItem", "PutItem"]


@pytest.mark.parametrize("fault", [faulty.reset, faulty.throttled, faulty.failing, faulty.garbage])
def test_a_write_that_was_not_forwarded_was_not_made(
    store: Store, between: Proxy, moto_store: Store, fault: faulty.Fault
) -> None:
    store.client.limit_seconds = 0.1
    between.inject(fault, times=None, operation="PutItem")
    with pytest.raises(StoreUnavailable):
        put(store.client, store)
    put(moto_store.client, store)
    between.clear()
    with pytest.raises(StoreError):
        put(store.client, store)


def test_faults_come_in_their_order_and_for_their_operation(store: Store, between: Proxy) -> None:
    between.inject(faulty.throttled, operation="GetItem")
    between.inject(faulty.failing, times=2)
    between.inject(faulty.throttled, times=None, operation="PutItem")
    usage = store.client.start()
    assert get_article(store, 1) is None
    assert usage.requests == 4
    assert len(between.requests) == 4
