"""Under every fault that the store may have, the client comes to botocore's result.

The signatures are compared in test_signing.py. Not compared is what botocore leaves to its caller:
conflicts of transactions and a wrong clock.
"""

import time
import zlib
from collections.abc import Iterator
from random import Random
from typing import Any

import botocore.config
import botocore.session
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from seealso.errors import StoreError, StoreFailure
from seealso.store.client import Client
from tests.support import faulty, tables
from tests.support.faulty import Exchange, Fault, Proxy, answer_bytes, answering

ITEM = {"Item": {"id": {"N": "7"}, "title": {"S": "Größe"}}}
OK = answering(answer_bytes(200, ITEM))
ATTEMPTS = 10


def closed(exchange: Exchange) -> None:
    exchange.close()


def half(exchange: Exchange) -> None:
    """Part of an answer, with the checksum by which botocore finds that out."""
    head, _, content = answer_bytes(200, ITEM).partition(b"\r\n\r\n")
    checksum = b"x-amz-crc32: %d" % zlib.crc32(content)
    exchange.answer(b"\r\n".join([head, checksum, b"", content[:-5]]))
    exchange.close()


FAULTS: dict[str, Fault] = {
    "reset": faulty.reset,
    "closed": closed,
    "half": half,
    **{
        f"{status} {code}": faulty.refusal(status, code)
        for status, code in [
            (400, "AccessDeniedException"),
            (400, "ConditionalCheckFailedException"),
            (400, "IdempotentParameterMismatchException"),
            (400, "InvalidSignatureException"),
            (400, "ItemCollectionSizeLimitExceededException"),
            (400, "ProvisionedThroughputExceededException"),
            (400, "RequestLimitExceeded"),
            (400, "ResourceNotFoundException"),
            (400, "ThrottlingException"),
            (400, "TransactionInProgressException"),
            (400, "UnrecognizedClientException"),
            (400, "ValidationException"),
            (413, "RequestEntityTooLarge"),
            (500, "InternalServerError"),
            (503, "ServiceUnavailable"),
        ]
    },
    "502 of a proxy": answering(answer_bytes(502, b"<html>Bad gateway</html>")),
    "504 of a proxy": answering(answer_bytes(504, b"")),
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A store, in whose name the clients make no pauses."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with faulty.proxy(None) as made:
        yield made


@pytest.fixture
def ours(server: Proxy) -> Iterator[Client]:
    made = tables.client(server.endpoint)
    yield made
    made.close()


@pytest.fixture
def theirs(server: Proxy) -> Any:
    retries: Any = {"mode": "standard", "total_max_attempts": ATTEMPTS}
    config = botocore.config.Config(retries=retries)
    session = botocore.session.Session()
    return session.create_client("dynamodb", endpoint_url=server.endpoint, config=config)


def our_result(client: Client) -> Any:
    try:
        return client.call("GetItem", {"TableName": "t", "Key": {"id": {"N": "7"}}})
    except StoreError as error:
        return error.code
    except StoreFailure:
        return "unavailable"


def their_result(client: Any) -> Any:
    try:
        answer = client.get_item(TableName="t", Key={"id": {"N": "7"}})
    except ClientError as error:
        return error.response["Error"]["Code"]
    except BotoCoreError:
        return "unavailable"
    return {"Item": answer["Item"]}


def check(server: Proxy, ours: Client, theirs: Any, names: list[str]) -> None:
    """Both meet these faults one after the other, on connections that are new and reused."""
    results = []
    for result, client in ((our_result, ours), (their_result, theirs)):
        server.clear()
        for name in names:
            server.inject(FAULTS[name])
        server.inject(OK, times=None)
        results.append(result(client))
    assert results[0] == results[1], names


@pytest.mark.parametrize("name", FAULTS)
def test_botocore_has_the_same_result(server: Proxy, ours: Client, theirs: Any, name: str) -> None:
    for _ in range(2):
        check(server, ours, theirs, [name])
        check(server, ours, theirs, [])


def random_faults(server: Proxy, ours: Client, theirs: Any, seed: int, times: int) -> None:
    random = Random(seed)
    for _ in range(times):
        check(server, ours, theirs, random.choices([*FAULTS], k=random.randint(0, 3)))


@pytest.mark.parametrize("seed", range(2))
def test_botocore_has_the_same_result_after_random_faults(
    server: Proxy, ours: Client, theirs: Any, seed: int
) -> None:
    random_faults(server, ours, theirs, seed, 50)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 20))
def test_botocore_has_the_same_result_after_many_random_faults(
    server: Proxy, ours: Client, theirs: Any, seed: int
) -> None:
    random_faults(server, ours, theirs, seed, 500)
