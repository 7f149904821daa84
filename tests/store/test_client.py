"""The store's client against a server that answers, fails and stalls as it is told."""

import json
import random
import select
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest

from seealso.errors import CancellationReason, StoreError, StoreUnavailable
from seealso.store import client as store_client
from seealso.store.calls import Call, batch_get, batch_items
from seealso.store.client import Client
from seealso.store.protocol import Credentials, Signer
from seealso.store.values import Json
from tests.support import faulty, tables
from tests.support.faulty import Exchange, Fault, Proxy, answer_bytes, answering

SLACK = 1.5  # for a machine with other work; without the limit it would be most of a minute
OK = answering(answer_bytes(200, {}))
GET = Call("GetItem", {"TableName": "t"})


def answers(body: Json) -> Fault:
    return answering(answer_bytes(200, body))


@pytest.fixture
def server() -> Iterator[Proxy]:
    with faulty.proxy(None) as made:
        yield made


@pytest.fixture
def client(server: Proxy) -> Iterator[Client]:
    made = tables.client(server.endpoint, limit_seconds=10.0)
    yield made
    made.close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, which are not made."""
    made: list[float] = []
    monkeypatch.setattr(time, "sleep", made.append)
    return made


# ---- Connections ----------------------------------------------------------------------------


def test_connections_are_kept(server: Proxy, client: Client) -> None:
    server.inject(OK, times=None)
    for _ in range(5):
        client.send_all([GET])
    assert server.connections == 1
    for _ in range(3):
        client.send_all([GET] * 4)
    assert server.connections == 4
    assert client.usage.requests == 17
    assert client.usage.round_trips == 8


def test_a_connection_that_the_server_will_close_is_not_kept(server: Proxy, client: Client) -> None:
    server.inject(
        answering(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"),
        times=None,
    )
    for _ in range(3):
        client.send_all([GET])
    assert server.connections == 3
    assert client.usage.requests == 3


def test_sends_all_calls_of_a_round_trip_before_reading_an_answer(
    server: Proxy, client: Client
) -> None:
    def all_there(exchange: Exchange) -> None:
        while len(server.requests) < 3:
            exchange.pause(0.005)
        OK(exchange)

    server.inject(all_there, times=None)
    client.send_all([GET] * 3)
    assert client.usage.round_trips == 1


def test_sends_further_calls_in_turns(server: Proxy, client: Client) -> None:
    server.inject(OK, times=None)
    client.send_all([GET] * (store_client.IN_FLIGHT + 3))
    assert server.connections == store_client.IN_FLIGHT
    assert client.usage.round_trips == 2


def test_answers_are_in_the_order_of_the_calls(server: Proxy, client: Client) -> None:
    def echo(exchange: Exchange) -> None:
        exchange.pause(random.uniform(0, 0.02))
        exchange.answer(answer_bytes(200, {"was": exchange.body["n"]}))

    server.inject(echo, times=None)
    numbers = list(range(8))
    for _ in range(3):
        found = client.send_all([Call("GetItem", {"n": number}) for number in numbers])
        assert [answer["was"] for answer in found] == numbers


def test_an_idle_connection_that_was_closed_is_not_used(server: Proxy, client: Client) -> None:
    server.inject(OK, times=None)
    client.send_all([GET] * 3)
    server.drop_connections()
    time.sleep(0.05)
    client.start()
    client.send_all([GET] * 3)
    assert (client.usage.requests, client.usage.round_trips) == (3, 1)
    assert server.connections == 6


def closed(exchange: Exchange) -> None:
    exchange.close()


@pytest.mark.parametrize("fault", [faulty.reset, closed], ids=["reset", "closed"])
def test_a_reused_connection_that_was_closed_is_tried_anew_at_once(
    server: Proxy, client: Client, pauses: list[float], fault: Fault
) -> None:
    server.inject(OK)
    server.inject(fault)
    server.inject(OK)
    client.send_all([GET])
    client.start()
    client.send_all([GET])
    assert (client.usage.requests, client.usage.round_trips, pauses) == (2, 1, [])
    assert server.connections == 2


def test_a_new_connection_that_was_closed_is_tried_after_a_pause(
    server: Proxy, client: Client, pauses: list[float]
) -> None:
    server.inject(faulty.reset)
    server.inject(OK)
    client.send_all([GET])
    assert (client.usage.requests, client.usage.round_trips, len(pauses)) == (2, 2, 1)


def test_after_a_silence_no_other_old_connection_is_tried(server: Proxy, client: Client) -> None:
    client.attempt_seconds = 0.1
    server.inject(OK, times=3)
    client.send_all([GET] * 3)
    server.inject(faulty.silent)
    server.inject(OK)
    client.send_all([GET])
    assert server.connections == 4


# ---- Retries --------------------------------------------------------------------------------


def test_pauses_grow_and_have_jitter(server: Proxy, client: Client, pauses: list[float]) -> None:
    server.inject(faulty.throttled, times=8)
    server.inject(OK)
    client.send_all([GET])
    assert client.usage.round_trips == 9
    whole = [min(store_client.BACKOFF_SECONDS * 2**attempt, 1.0) for attempt in range(8)]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, whole, strict=True))
    assert len({pause / most for pause, most in zip(pauses, whole, strict=True)}) > 1


@pytest.mark.parametrize(
    ("status", "code", "throttled"),
    [
        (400, "ProvisionedThroughputExceededException", 2),
        (400, "RequestLimitExceeded", 2),
        (400, "ThrottlingException", 2),
        (400, "TransactionConflictException", 0),
        (400, "TransactionInProgressException", 0),
        (500, "InternalServerError", 0),
        (503, "ServiceUnavailable", 0),
        (500, "WhateverElse", 0),
    ],
)
def test_retries_temporary_failures(
    server: Proxy, client: Client, pauses: list[float], status: int, code: str, throttled: int
) -> None:
    server.inject(faulty.refusal(status, code), times=2)
    server.inject(answers({"fine": 1}))
    assert client.send_all([GET]) == [{"fine": 1}]
    assert (client.usage.requests, len(pauses)) == (3, 2)
    assert client.usage.throttled == throttled


@pytest.mark.parametrize(
    "code",
    [
        "AccessDeniedException",
        "ConditionalCheckFailedException",
        "IdempotentParameterMismatchException",
        "ItemCollectionSizeLimitExceededException",
        "ResourceNotFoundException",
        "UnrecognizedClientException",
        "ValidationException",
    ],
)
def test_does_not_retry_final_refusals(server: Proxy, client: Client, code: str) -> None:
    server.inject(faulty.refusal(400, code, Item={"id": {"N": "7"}}))
    with pytest.raises(StoreError, match=code) as caught:
        client.send_all([GET])
    assert (caught.value.code, caught.value.item, caught.value.reasons) == (code, {"id": 7}, [])
    assert client.usage.requests == 1


def test_a_refused_call_stands_in_its_place(server: Proxy, client: Client) -> None:
    server.inject(faulty.refusal(400, "ValidationException"), operation="PutItem")
    server.inject(OK, times=None)
    first, second, third = client.try_all([GET, Call("PutItem", {}), GET])
    assert first == third == {}
    assert isinstance(second, StoreError)


def test_retries_only_the_calls_that_failed(
    server: Proxy, client: Client, pauses: list[float]
) -> None:
    server.inject(faulty.throttled, operation="Query")
    server.inject(OK, times=None)
    client.send_all([GET, Call("Query", {}), GET])
    assert [operation for operation, _ in server.requests].count("GetItem") == 2
    assert (client.usage.requests, client.usage.round_trips) == (4, 2)


def canceled(*codes: str, item: Json | None = None) -> Fault:
    reasons: list[dict[str, Any]] = [{"Code": code} for code in codes]
    if item:
        reasons[0]["Item"] = item
    return faulty.refusal(400, "TransactionCanceledException", CancellationReasons=reasons)


@pytest.mark.parametrize(
    "codes",
    [
        ("TransactionConflict",),
        ("None", "TransactionConflict", "None"),
        ("ThrottlingError", "TransactionConflict"),
        ("None", "ProvisionedThroughputExceeded"),
    ],
)
def test_a_transaction_that_only_conflicted_is_retried_with_its_token(
    server: Proxy, client: Client, pauses: list[float], codes: tuple[str, ...]
) -> None:
    body: Json = {"TransactItems": []}
    server.inject(canceled(*codes), times=2)
    server.inject(OK)
    client.call("TransactWriteItems", body)
    tokens = {sent["ClientRequestToken"] for _, sent in server.requests}
    assert len(server.requests) == 3
    assert len(tokens) == 1
    assert len(tokens.pop()) == 32
    assert body == {"TransactItems": []}


@pytest.mark.parametrize(
    "codes",
    [
        ("ConditionalCheckFailed", "None"),
        ("ConditionalCheckFailed", "TransactionConflict"),
        ("ValidationError", "ThrottlingError"),
        ("ItemCollectionSizeLimitExceeded",),
        ("None", "None"),
        (),
    ],
)
def test_a_final_reason_wins(server: Proxy, client: Client, codes: tuple[str, ...]) -> None:
    item = {"pk": {"S": "a"}} if codes else None
    server.inject(canceled(*codes, item=item))
    with pytest.raises(StoreError) as caught:
        client.call("TransactWriteItems", {"TransactItems": []})
    assert caught.value.code == "TransactionCanceledException"
    expected = [CancellationReason(code, None) for code in codes]
    if expected:
        expected[0] = CancellationReason(codes[0], {"pk": "a"})
    assert caught.value.reasons == expected
    assert client.usage.requests == 1


def test_keeps_the_callers_token(server: Proxy, client: Client) -> None:
    server.inject(OK)
    client.call("TransactWriteItems", {"ClientRequestToken": "mine"})
    ((_, body),) = server.requests
    assert body["ClientRequestToken"] == "mine"


def test_requests_unprocessed_keys_again(
    server: Proxy, client: Client, pauses: list[float]
) -> None:
    left = {"t": {"Keys": [{"id": {"N": "2"}}]}, "u": {"Keys": [{"id": {"N": "3"}}]}}
    server.inject(answers({"Responses": {"t": [{"id": {"N": "1"}}]}, "UnprocessedKeys": left}))
    server.inject(
        answers({"Responses": {"t": [{"id": {"N": "2"}}]}, "UnprocessedKeys": {"u": left["u"]}})
    )
    server.inject(answers({"Responses": {"u": [{"id": {"N": "3"}}]}, "UnprocessedKeys": {}}))
    call = batch_get({"t": [{"id": 1}, {"id": 2}], "u": [{"id": 3}]})
    asked = json.dumps(call.body)
    (answer,) = client.send_all([call])
    assert sorted(item["id"] for item in batch_items(answer, "t")) == [1, 2]
    assert batch_items(answer, "u") == [{"id": 3}]
    assert [sent["RequestItems"] for _, sent in server.requests[1:]] == [left, {"u": left["u"]}]
    assert json.dumps(call.body) == asked


def test_keys_that_stay_unprocessed_are_unavailability(server: Proxy, client: Client) -> None:
    client.limit_seconds = 0.2
    left = {"t": {"Keys": [{"id": {"N": "1"}}]}}
    server.inject(answers({"Responses": {}, "UnprocessedKeys": left}), times=None)
    with pytest.raises(StoreUnavailable, match="BatchGetItem: unprocessed keys"):
        client.send_all([batch_get({"t": [{"id": 1}]})])


# ---- Time limits ----------------------------------------------------------------------------


def seconds_until_unavailable(client: Client, calls: int = 1) -> float:
    begun = time.monotonic()
    with pytest.raises(StoreUnavailable, match="time limit reached"):
        client.send_all([GET] * calls)
    return time.monotonic() - begun


def dripping_head(exchange: Exchange) -> None:
    for byte in b"HTTP/1.1 200 OK\r\n" + b"x-more: x\r\n" * 1000:
        exchange.answer(bytes([byte]))
        exchange.pause(0.05)


def dripping_chunks(exchange: Exchange) -> None:
    exchange.answer(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        exchange.answer(b"1\r\n \r\n")
        exchange.pause(0.05)


def dripping_until_closed(exchange: Exchange) -> None:
    exchange.answer(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        exchange.answer(b" ")
        exchange.pause(0.05)


@pytest.mark.parametrize(
    "fault", [dripping_head, dripping_chunks, dripping_until_closed, faulty.silent]
)
@pytest.mark.parametrize("attempt_seconds", [0.15, 60.0])
def test_a_dripping_or_silent_server_does_not_outlive_the_limit(
    server: Proxy,
    client: Client,
    fault: Fault,
    attempt_seconds: float,
) -> None:
    client.attempt_seconds = attempt_seconds
    client.limit_seconds = 0.4
    server.inject(fault, times=None)
    assert seconds_until_unavailable(client, calls=3) < 0.4 + SLACK


def test_a_round_trip_after_the_limit_fails_at_once(server: Proxy, client: Client) -> None:
    client.limit_seconds = 1.0
    server.inject(OK)
    server.inject(faulty.silent, times=None)
    client.start()
    client.send_all([GET])
    time.sleep(1.0)
    assert seconds_until_unavailable(client) < SLACK


def test_each_round_trip_has_its_own_limit_before_start(server: Proxy, client: Client) -> None:
    client.limit_seconds = 1.0
    server.inject(OK, times=None)
    for _ in range(3):
        client.send_all([GET])
        time.sleep(0.5)


def test_a_server_that_does_not_accept_does_not_outlive_the_limit() -> None:
    with faulty.unreachable() as endpoint:
        client = tables.client(endpoint, limit_seconds=0.3)
        assert seconds_until_unavailable(client, calls=3) < 0.3 + SLACK


# ---- Counting -------------------------------------------------------------------------------


def test_units_are_counted(server: Proxy, client: Client) -> None:
    server.inject(answers({"ConsumedCapacity": {"CapacityUnits": 0.5}}), operation="Query")
    server.inject(
        answers({"ConsumedCapacity": [{"CapacityUnits": 1.0}, {"CapacityUnits": 2.5}]}),
        operation="BatchGetItem",
    )
    server.inject(
        answers({"ConsumedCapacity": [{"CapacityUnits": 4.0}, {}]}), operation="TransactWriteItems"
    )
    server.inject(answers({"ConsumedCapacity": {"CapacityUnits": 1.0}}), operation="PutItem")
    server.inject(answers({"ConsumedCapacity": None}), operation="GetItem")
    usage = client.start()
    names = ("Query", "BatchGetItem", "TransactWriteItems", "PutItem", "GetItem")
    client.send_all([Call(name, {}) for name in names])
    assert (usage.read_units, usage.write_units) == (4.0, 5.0)
    assert (usage.requests, usage.round_trips) == (5, 1)
    assert client.start().requests == 0


# ---- The clock ------------------------------------------------------------------------------

EXPIRED = {"__type": "com.amazon.coral.service#InvalidSignatureException", "message": "expired"}


def dated(status: int, body: Json, seconds: float) -> Fault:
    """An answer by a server whose clock is so much ahead of this machine's."""
    plain = answer_bytes(status, body)
    date = formatdate(time.time() + seconds, usegmt=True)
    return answering(plain.replace(b"\r\n", f"\r\nDate: {date}\r\n".encode(), 1))


@pytest.fixture
def signed_at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How far from this machine's time each request was signed."""
    found: list[float] = []
    request = Signer.request

    def noted(
        signer: Signer, credentials: Credentials, operation: str, payload: bytes, now: float
    ) -> bytes:
        found.append(now - time.time())
        return request(signer, credentials, operation, payload, now)

    monkeypatch.setattr(Signer, "request", noted)
    return found


@pytest.mark.parametrize("ahead", [-7200.0, 360.0, 86_400.0])
def test_a_wrong_clock_is_set_by_the_store(
    server: Proxy, client: Client, pauses: list[float], signed_at: list[float], ahead: float
) -> None:
    server.inject(dated(400, EXPIRED, ahead), times=3)
    server.inject(OK, times=None)
    client.send_all([GET] * 3)
    assert (client.usage.requests, client.usage.round_trips) == (6, 2)
    client.send_all([GET])
    assert client.usage.requests == 7
    assert signed_at == pytest.approx([0.0] * 3 + [ahead] * 4, abs=30)


@pytest.mark.parametrize("ahead", [0.0, 20.0])
def test_a_wrong_signature_is_final_where_the_clock_is_right(
    server: Proxy, client: Client, ahead: float
) -> None:
    server.inject(dated(400, EXPIRED, ahead))
    with pytest.raises(StoreError, match="InvalidSignatureException"):
        client.send_all([GET])
    assert client.usage.requests == 1


def test_a_signature_that_stays_wrong_is_final(
    server: Proxy, client: Client, pauses: list[float]
) -> None:
    server.inject(dated(400, EXPIRED, 3600.0), times=None)
    with pytest.raises(StoreError, match="InvalidSignatureException"):
        client.send_all([GET])
    assert client.usage.requests == 2


@pytest.mark.parametrize("date", [b"", b"Date: yesterday\r\n"])
def test_without_a_date_the_clock_stays(server: Proxy, client: Client, date: bytes) -> None:
    server.inject(answering(answer_bytes(400, EXPIRED).replace(b"\r\n", b"\r\n" + date, 1)))
    with pytest.raises(StoreError, match="InvalidSignatureException"):
        client.send_all([GET])


# ---- Frozen containers ----------------------------------------------------------------------


def test_a_container_that_was_frozen_signs_anew_on_new_connections(
    server: Proxy,
    client: Client,
    pauses: list[float],
    signed_at: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The store has closed its connections meanwhile, and an hour has passed."""
    server.inject(OK, times=None)
    client.start()
    client.send_all([GET] * 3)
    server.drop_connections()
    wait_until_closed(client)
    now, monotonic = time.time, time.monotonic
    monkeypatch.setattr(time, "time", lambda: now() + 3600.0)
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + 3600.0)
    client.start()
    client.send_all([GET] * 3)
    assert (client.usage.requests, client.usage.round_trips) == (3, 1)
    assert server.connections == 6
    assert pauses == []
    assert signed_at == pytest.approx([0.0] * 6, abs=30)


def test_a_request_signed_by_a_late_clock_after_a_thaw_is_sent_again(
    server: Proxy,
    client: Client,
    pauses: list[float],
    signed_at: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The clock is right by the time the refusal arrives."""
    now = time.time
    late = iter([600.0])
    server.inject(dated(400, EXPIRED, 0.0))
    server.inject(OK)
    monkeypatch.setattr(time, "time", lambda: now() - next(late, 0.0))
    client.send_all([GET])
    monkeypatch.undo()
    assert client.usage.requests == 2
    assert signed_at == pytest.approx([-600.0, 0.0], abs=30)


def wait_until_closed(client: Client) -> None:
    readable, _, _ = select.select(client._idle, [], [], 10.0)
    while len(readable) < len(client._idle):
        readable, _, _ = select.select(client._idle, [], [], 10.0)
