"""Canceled transactions whose reasons are incomplete, as a race on AWS can leave them.

DynamoDB writes a transaction's items one after the other: another one can meet some of them
written and the others in hand. The engines here never show that, so the reasons are made up.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from seealso.errors import Refusal, StoreError, VersionConflict
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.submitting.submitting import Receipt
from seealso.tables.links import Link, PageFull, Status, get_link
from tests.support import faulty
from tests.support.factories import CAP, NOW, make_network, submit_url
from tests.support.invariants import check
from tests.support.tables import another
from tests.support.transitions import change_link

NONE: Json = {"Code": "None"}
CONFLICT: Json = {"Code": "TransactionConflict"}
INVALID: Json = {"Code": "ValidationError"}
URL, KEY = "https://blog.reader.net/page", "k" * 16


def failed(item: Json | None = None) -> Json:
    reason: Json = {"Code": "ConditionalCheckFailed"}
    return reason | ({"Item": marshal_item(item)} if item else {})


@pytest.fixture
def pages(moto_store: Store) -> Iterator[Store]:
    make_network(moto_store, [(1, 7), (2, 3)])
    yield moto_store
    moto_store.client.close()


@pytest.fixture
def between(pages: Store) -> Iterator[faulty.Proxy]:
    with faulty.proxy(pages.client.endpoint) as found:
        yield found


@pytest.fixture
def through(pages: Store, between: faulty.Proxy) -> Iterator[Store]:
    found = another(pages)
    found.client.endpoint = between.endpoint
    yield found
    found.client.close()


def cancel(between: faulty.Proxy, *reasons: Json) -> None:
    """Let the next transaction be canceled for these reasons."""
    canceled: dict[str, Any] = {"CancellationReasons": list(reasons)}
    fault = faulty.refusal(400, "TransactionCanceledException", **canceled)
    between.inject(fault, operation="TransactWriteItems", times=1)


def first_try(pages: Store) -> Receipt:
    return submit_url(pages, 1, URL, KEY)


def test_finds_its_own_link_by_its_claim(
    pages: Store, through: Store, between: faulty.Proxy
) -> None:
    mine = first_try(pages)
    link = mine.link
    claim = {"pk": link.claim, "link_id": link.link_id, "article_id": 1}
    cancel(between, failed(claim), CONFLICT, NONE)
    assert submit_url(through, 1, URL, KEY) == mine
    check(pages)


def test_finds_its_own_link_by_its_place(
    pages: Store, through: Store, between: faulty.Proxy
) -> None:
    mine = first_try(pages)
    cancel(between, CONFLICT, CONFLICT, failed({"pk": "page#1", "published": CAP}))
    assert submit_url(through, 1, URL, KEY) == mine


def test_a_full_page_comes_before_a_conflicting_claim(
    pages: Store, through: Store, between: faulty.Proxy
) -> None:
    cancel(between, CONFLICT, NONE, failed({"pk": "page#1", "published": CAP}))
    with pytest.raises(Refusal, match="page-full"):
        submit_url(through, 1, URL)


@pytest.mark.parametrize("reasons", [(INVALID, NONE, NONE), (NONE, NONE, INVALID)])
def test_other_cancellations_are_not_a_full_page(
    through: Store, between: faulty.Proxy, reasons: tuple[Json, Json, Json]
) -> None:
    cancel(between, *reasons)
    with pytest.raises(StoreError):
        submit_url(through, 1, URL)


@pytest.mark.parametrize(
    ("status", "reasons", "raised"),
    [
        ("published", (failed(), NONE), VersionConflict),
        ("published", (failed(), failed()), VersionConflict),
        # Another has the link in hand, and may be the one who has taken the last place.
        ("published", (CONFLICT, failed()), VersionConflict),
        ("published", (NONE, failed()), PageFull),
        ("published", (NONE, INVALID), StoreError),
        ("rejected", (CONFLICT, failed(), NONE), VersionConflict),
        ("rejected", (NONE, NONE, INVALID), StoreError),
    ],
)
def test_a_canceled_change_raises_what_stopped_it(
    pages: Store,
    through: Store,
    between: faulty.Proxy,
    status: Status,
    reasons: tuple[Json, ...],
    raised: type[Exception],
) -> None:
    link: Link = submit_url(pages, 2, URL).link
    cancel(between, *reasons)
    with pytest.raises(raised):
        change_link(through, link, status, NOW, by="a test", cap=CAP)
    check(pages)


@pytest.mark.parametrize("keep_blocked", [True, False])
def test_a_links_end_leaves_a_claim_that_is_not_its_own(pages: Store, keep_blocked: bool) -> None:
    link = submit_url(pages, 2, URL).link
    claim: Json = {"pk": link.claim, "link_id": "0" * 32, "article_id": 1}
    put = {"TableName": pages.links, "Item": marshal_item(claim)}
    pages.client.call("PutItem", put)
    # Otherwise one such link would stop the job that expires links.
    ended = change_link(pages, link, "rejected", NOW, by="a test", keep_blocked=keep_blocked)
    assert pages.client.get_item(pages.links, {"pk": link.claim}) == claim
    assert get_link(pages, link.link_id) == ended
