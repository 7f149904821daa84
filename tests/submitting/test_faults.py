"""Submitting while the store fails.

The store's client is the project's own, without botocore's hooks; so the faults are in a proxy
between it and the engine, which loses requests and replies, and in answers made by hand.
"""

import multiprocessing
import os
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from seealso.errors import StoreUnavailable
from seealso.store.client import REQUEST_SECONDS
from seealso.store.tables import Store, current_store
from seealso.store.values import Json, marshal_item
from seealso.tables.expiry import expire_and_erase
from tests.submitting import sample_network
from tests.submitting.sample_network import OTHER, SHOWN, WAITING
from tests.support import engines, faulty, requests, tables
from tests.support.faulty import Exchange, Fault, Proxy
from tests.support.invariants import check
from tests.support.requests import KEY, URL, fields, post, posted, problem
from tests.support.scan import everything

pytestmark = pytest.mark.slow  # faults wait for retries and time limits

TRANSACTION = "TransactWriteItems"
# For faults that are the same whether an engine honors client tokens or not.
in_process = pytest.mark.parametrize("between", engines.names()[:1], indirect=True)


def canceled(*codes: str, items: Sequence[Json | None] = (None, None, None)) -> Fault:
    """A canceled transaction: the reason of claim, link and page, with the item that was there."""
    reasons = [
        {"Code": code} | ({"Item": marshal_item(item)} if item else {})
        for code, item in zip(codes, items, strict=True)
    ]
    return faulty.refusal(400, "TransactionCanceledException", CancellationReasons=reasons)


def transactions(between: Proxy) -> int:
    return sum(operation == TRANSACTION for operation, _ in between.requests)


def check_one_link(behind: Store, receipt: Json, article_id: int = SHOWN) -> None:
    """This link is there, once, and readable; nothing else of a submission is."""
    (link,) = sample_network.kept(behind, "link")
    assert link["pk"] == f"link#{receipt['link_id']}"
    assert len(sample_network.kept(behind, "claim")) == 1
    assert sample_network.kept(behind, "page")[0]["pk"] == f"page#{article_id}"
    check(behind, within_caps=False)
    assert requests.status_of(receipt) == receipt["status"]


def limit(seconds: float) -> None:
    """Let this container's requests give up sooner than deployed ones do."""
    current_store().client.limit_seconds = seconds


# ---- replies and requests that are lost --------------------------------------------------------


@pytest.mark.parametrize("article_id", [SHOWN, WAITING])
@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize(
    "fault", [faulty.reply_lost, faulty.half], ids=["reply lost", "half of it"]
)
def test_the_reply_is_lost_after_the_write(
    between: Proxy, behind: Store, fault: Fault, key: str | None, article_id: int
) -> None:
    between.inject(fault, times=2, operation=TRANSACTION)
    receipt = posted(article_id, key=key)
    assert transactions(between) >= 2
    assert receipt["status"] == ("published" if article_id == SHOWN else "pending")
    check_one_link(behind, receipt, article_id)


@in_process
def test_the_request_is_lost_before_the_write(between: Proxy, behind: Store) -> None:
    between.inject(faulty.reset, times=2, operation=TRANSACTION)
    receipt = posted()
    assert transactions(between) >= 2
    check_one_link(behind, receipt)


@in_process
@pytest.mark.parametrize("operation", ["Scan", "GetItem", "PutItem", "UpdateItem", "BatchGetItem"])
@pytest.mark.parametrize("fault", [faulty.reply_lost, faulty.reset], ids=["reply lost", "reset"])
def test_losses_on_the_way_to_the_transaction(
    between: Proxy, behind: Store, operation: str, fault: Fault
) -> None:
    between.inject(fault, times=2, operation=operation)
    receipt = posted()
    check_one_link(behind, receipt)
    assert len(sample_network.kept(behind, "day-key")) == 1


def test_a_lost_reply_on_the_last_place_is_no_full_page(between: Proxy, behind: Store) -> None:
    sample_network.put_site(behind, cap=1)
    between.inject(faulty.reply_lost, operation=TRANSACTION)
    check_one_link(behind, posted())
    assert problem(post(OTHER)) == "duplicate-link"
    assert problem(post(SHOWN, fields("https://example.com/2"))) == "page-full"


def test_a_withdrawal_whose_reply_is_lost(between: Proxy, behind: Store) -> None:
    receipt = posted()
    between.inject(faulty.reply_lost, times=2, operation=TRANSACTION)
    requests.withdrawn(receipt)
    assert len(sample_network.link_of(behind, receipt).history) == 1
    check(behind, within_caps=False)


@in_process
def test_no_connection_is_used_again_that_the_store_has_closed(
    between: Proxy, behind: Store
) -> None:
    first = posted()
    between.drop_connections()
    second = posted(url="https://example.com/2")
    between.drop_connections()
    assert [requests.status_of(each) for each in (first, second)] == ["published"] * 2


@pytest.mark.long
def test_a_reply_that_never_comes(between: Proxy, behind: Store) -> None:
    """The engine has done it; the attempt's time runs out and the next one learns of it."""

    def silent_after_the_write(exchange: Exchange) -> None:
        exchange.forward()
        faulty.silent(exchange)

    between.inject(silent_after_the_write, operation=TRANSACTION)
    check_one_link(behind, posted())


# ---- conflicts and throttling ------------------------------------------------------------------

NONE, FAILED, CONFLICT = "None", "ConditionalCheckFailed", "TransactionConflict"


@in_process
@pytest.mark.parametrize(
    "codes",
    [
        (CONFLICT, NONE, NONE),
        (NONE, NONE, CONFLICT),
        (CONFLICT, CONFLICT, CONFLICT),
        (NONE, NONE, "ThrottlingError"),
        (NONE, CONFLICT, "ProvisionedThroughputExceeded"),
    ],
    ids=str,
)
def test_conflicts_are_tried_again(between: Proxy, behind: Store, codes: tuple[str, ...]) -> None:
    between.inject(canceled(*codes), times=2, operation=TRANSACTION)
    receipt = posted()
    assert transactions(between) == 3
    check_one_link(behind, receipt)


@in_process
def test_all_attempts_are_one_transaction(between: Proxy, behind: Store) -> None:
    between.inject(canceled(CONFLICT, NONE, NONE), times=2, operation=TRANSACTION)
    posted()
    bodies = [body for operation, body in between.requests if operation == TRANSACTION]
    assert all(body == bodies[0] for body in bodies)
    posted(url="https://example.com/2")
    last = [body for operation, body in between.requests if operation == TRANSACTION][-1]
    assert last["ClientRequestToken"] != bodies[0]["ClientRequestToken"]


FOR_EVER = {
    "throttled": faulty.throttled,
    "throttled inside": canceled(NONE, NONE, "ThrottlingError"),
    "conflicts": canceled(CONFLICT, NONE, NONE),
    "5xx": faulty.failing,
    "no HTTP": faulty.garbage,
    "resets": faulty.reset,
}


@in_process
@pytest.mark.parametrize(
    ("fault", "operation"),
    [(fault, TRANSACTION) for fault in FOR_EVER]
    + [("throttled", operation) for operation in ("UpdateItem", "BatchGetItem", None)],
)
def test_what_fails_for_ever_is_unavailable(
    between: Proxy, behind: Store, fault: str, operation: str | None
) -> None:
    limit(0.3)
    before = sample_network.uncounted(behind)
    between.inject(FOR_EVER[fault], times=None, operation=operation)
    started = time.monotonic()
    response = post()
    assert time.monotonic() - started < REQUEST_SECONDS
    assert (response.status, problem(response)) == (503, "unavailable")
    assert int(response.headers["retry-after"]) > 0
    assert sample_network.uncounted(behind) == before
    between.clear()
    limit(20.0)
    check_one_link(behind, posted())


@in_process
def test_the_budget_is_well_inside_the_gateways(between: Proxy) -> None:
    """With the deployed limit: the gateway gives up after 30 s, the function after 10."""
    assert REQUEST_SECONDS <= 5
    limit(REQUEST_SECONDS)
    posted()
    between.inject(faulty.throttled, times=None, operation=TRANSACTION)
    started = time.monotonic()
    response = post(OTHER)
    assert response.status == 503
    assert time.monotonic() - started < REQUEST_SECONDS + 1
    # Backing off: not a request per millisecond.
    assert 5 <= transactions(between) <= 40


@in_process
@pytest.mark.parametrize("fault", ["throttled", "conflicts"])
def test_withdrawing_is_unavailable_then_too(between: Proxy, behind: Store, fault: str) -> None:
    receipt = posted()
    before = everything(behind)
    limit(0.3)
    between.inject(FOR_EVER[fault], times=None, operation=TRANSACTION)
    response = requests.withdraw(receipt["link_id"], f"Bearer {receipt['withdraw_token']}")
    assert (response.status, problem(response)) == (503, "unavailable")
    assert everything(behind) == before


def fail(link_id: str, error: Exception) -> None:
    raise AssertionError(link_id) from error


@in_process
def test_a_duplicate_stays_one_when_the_other_link_cannot_be_read(
    between: Proxy, behind: Store
) -> None:
    """The 409 is known by then, and comes before 503 (contract.md, "Problems")."""
    posted()
    limit(2.0)  # enough for all that comes before, on a busy machine too
    between.inject(faulty.throttled, times=None, operation="Query")
    response = post(OTHER)
    assert (response.status, problem(response)) == (409, "duplicate-link")
    assert "url" not in response.json()


# ---- several reasons at once -------------------------------------------------------------------

MINE = "mine"
THEIRS = {"pk": "claim#1", "link_id": "0" * 32, "article_id": OTHER}
FULL = {"pk": f"page#{SHOWN}", "published": 5, "pending": 0}
QUEUE = {"pk": f"page#{SHOWN}", "published": 0, "pending": 20}
THROTTLED = "ThrottlingError"
type Items = tuple[Any, Any, Any]  # a plain item, MINE or None

# Reasons of claim, link and page with the items that were there, and the answer.
REASONS: dict[str, tuple[tuple[str, str, str], Items, tuple[int, str | None]]] = {
    "duplicate": ((FAILED, NONE, NONE), (THEIRS, None, None), (409, "duplicate-link")),
    "full": ((NONE, NONE, FAILED), (None, None, FULL), (409, "page-full")),
    "queue": ((NONE, NONE, FAILED), (None, None, QUEUE), (409, "queue-full")),
    "replay": ((FAILED, FAILED, NONE), (MINE, MINE, None), (201, None)),
    "replay of a withdrawn one": ((NONE, FAILED, NONE), (None, MINE, None), (201, None)),
    "replay, taken by another": ((FAILED, FAILED, NONE), (THEIRS, MINE, None), (201, None)),
    "replay and full": ((FAILED, FAILED, FAILED), (MINE, MINE, FULL), (201, None)),
    "replay, link held": ((FAILED, CONFLICT, NONE), (MINE, None, None), (201, None)),
    "replay, link throttled": ((FAILED, THROTTLED, FAILED), (MINE, None, FULL), (201, None)),
    "replay, all but the page held": (
        (CONFLICT, CONFLICT, FAILED),
        (None, None, MINE),
        (201, None),
    ),
    "replay, claim held": ((CONFLICT, FAILED, NONE), (None, MINE, None), (201, None)),
    "duplicate and full": (
        (FAILED, NONE, FAILED),
        (THEIRS, None, FULL),
        (409, "duplicate-link"),
    ),
    "duplicate, page held": (
        (FAILED, NONE, CONFLICT),
        (THEIRS, None, None),
        (409, "duplicate-link"),
    ),
    "full, claim held": ((CONFLICT, NONE, FAILED), (None, None, FULL), (409, "page-full")),
    "queue, claim throttled": ((THROTTLED, NONE, FAILED), (None, None, QUEUE), (409, "queue-full")),
}


@in_process
@pytest.mark.parametrize("case", REASONS)
def test_reasons_are_read_one_by_one(between: Proxy, behind: Store, case: str) -> None:
    codes, at, (status, name) = REASONS[case]
    receipt = posted(key=KEY)
    own: list[Any] = [sample_network.kept(behind, kind)[0] for kind in ("claim", "link", "page")]
    # The page with all its places taken, one of them by this very link.
    own[2] |= {"published": 5}
    items = [own[place] if item == MINE else item for place, item in enumerate(at)]
    if status != 201:
        requests.withdrawn(receipt)
    before = sample_network.uncounted(behind)
    between.inject(canceled(*codes, items=items), operation=TRANSACTION)
    response = post(key=KEY if status == 201 else None)
    assert response.status == status, response
    if name is None:
        assert response.json()["link_id"] == receipt["link_id"]
    else:
        assert problem(response) == name
    assert sample_network.uncounted(behind) == before


@in_process
def test_what_may_be_our_own_is_asked_for_again_with_pauses(between: Proxy, behind: Store) -> None:
    """While another transaction holds the link, nothing says whether the claim is its own."""
    posted(key=KEY)
    limit(0.5)
    (claim,) = sample_network.kept(behind, "claim")
    own_claim = canceled(FAILED, CONFLICT, NONE, items=(claim, None, None))
    between.inject(own_claim, times=None, operation=TRANSACTION)
    before = transactions(between)
    assert problem(post(key=KEY)) == "unavailable"
    assert transactions(between) - before <= 20


@in_process
@pytest.mark.parametrize("code", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_a_refusal_that_nobody_expects_is_an_error_of_ours(between: Proxy, code: str) -> None:
    between.inject(canceled(NONE, NONE, code), operation=TRANSACTION)
    with pytest.raises(AssertionError, match="/problems/internal"):
        post()


# ---- killed ------------------------------------------------------------------------------------


def _post_in_a_process(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    requests.post(key=KEY)


def killed_during(between: Proxy, *, written: bool) -> None:
    """A process that is killed once its transaction is on its way."""
    arrived = threading.Event()

    def held(exchange: Exchange) -> None:
        if written:
            exchange.forward()
        arrived.set()
        faulty.silent(exchange)

    between.inject(held, operation=TRANSACTION)
    process = multiprocessing.get_context("spawn").Process(
        target=_post_in_a_process, args=(dict(os.environ),)
    )
    process.start()
    try:
        assert arrived.wait(60)
    finally:
        process.kill()
        process.join()
    between.clear()


@in_process
def test_killed_between_the_round_trips(between: Proxy, behind: Store) -> None:
    before = sample_network.uncounted(behind)
    killed_during(between, written=False)
    assert sample_network.uncounted(behind) == before
    assert [each["requests"] for each in sample_network.kept(behind, "submissions")] == [1]
    check_one_link(behind, posted(key=KEY))


def test_killed_after_the_write(between: Proxy, behind: Store) -> None:
    killed_during(between, written=True)
    (link,) = sample_network.kept(behind, "link")
    receipt = posted(key=KEY)
    assert link["pk"] == f"link#{receipt['link_id']}"
    check_one_link(behind, receipt)


def test_expiry_goes_on_where_it_was_killed(between: Proxy, behind: Store) -> None:
    receipts = [posted(WAITING, f"{URL}/{number}") for number in range(3)]
    later = datetime.now(UTC) + timedelta(days=15)
    schedule = tables.another(current_store())
    schedule.client.limit_seconds = 1.0
    between.inject(faulty.passed, times=2, operation=TRANSACTION)
    between.inject(faulty.reset, times=None, operation=TRANSACTION)
    with pytest.raises(StoreUnavailable):
        expire_and_erase(schedule, later, 365, fail)
    check(behind, within_caps=False)
    between.clear()
    schedule.client.limit_seconds = 20.0
    assert expire_and_erase(schedule, later, 365, fail).expired == 1
    schedule.client.close()
    assert {requests.status_of(each) for each in receipts} == {"expired"}
    check(behind, within_caps=False)
