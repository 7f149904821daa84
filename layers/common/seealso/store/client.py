"""A DynamoDB client over raw keep-alive sockets: calls sent together, answered in order.

Page reads are what this project exists for, and boto3 costs them more CPU than the reading itself
(docs/decisions.md). So this is the one way to the tables: all calls of a *round trip* are written
before the first answer is read, which is parallel without threads. Retries, time limits and the
counting of requests and units live here and nowhere else.
"""

import math
import os
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from seealso.errors import CancellationReason, ReadLimitExceeded, StoreError, StoreUnavailable
from seealso.store.calls import Call, query_items
from seealso.store.protocol import (
    DYNAMODB,
    Answer,
    AnswerParser,
    Credentials,
    Endpoint,
    Service,
    Signer,
    endpoint_of,
    seconds_of,
    tls_context,
)
from seealso.store.values import Json, marshal_item, unmarshal_item


class Patience(NamedTuple):
    """How long a request may spend on the store, and how many attempts a round trip has."""

    seconds: float
    attempts: int


# A page view that the store throttles must give its container back: 200 of them a second that wait
# for 5 s would be an account's 1,000 (AWS "Lambda quotas"). A write is worth more patience; the API
# gateway gives up at 30 s.
READ_PATIENCE = Patience(1.5, 4)
WRITE_PATIENCE = Patience(5.0, 20)
EDITOR_PATIENCE = Patience(20.0, 40)
REQUEST_SECONDS = WRITE_PATIENCE.seconds
ATTEMPT_SECONDS = 2.0
CONNECT_SECONDS = 1.0
# What a page view sends together: a BatchGetItem and two Queries.
WARM_CONNECTIONS = 3
BACKOFF_SECONDS = 0.025
IN_FLIGHT = 32

_READS = frozenset({"BatchGetItem", "GetItem", "Query", "Scan"})
_WRITES = frozenset({"DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"})

# Exceptions and reasons of a canceled transaction that a later attempt may not meet (AWS "Error
# handling with DynamoDB"); all others are final.
_RETRIED = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_UNPROCESSED = "unprocessed keys"
# Those of them by which a table says that it is asked for too much, and what it leaves of a batch.
_THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
        _UNPROCESSED,
    }
)
# Refusals that a wrong clock can cause, and by how much it must have been wrong: DynamoDB takes
# signatures of the last five minutes (AWS "Elements of an AWS API request signature"). The clock of
# a container that was frozen may be late for its first request (aws/aws-sdk-js-v3#7605).
_CLOCK_ERRORS = frozenset({"InvalidSignatureException", "RequestExpired", "RequestTimeTooSkewed"})
_CLOCK_SECONDS = 60.0


class Usage:
    """What one request of a client has cost the store so far."""

    __slots__ = ("read_units", "requests", "round_trips", "throttled", "write_units")

    def __init__(self) -> None:
        self.requests = 0
        self.round_trips = 0
        self.read_units = 0.0
        self.write_units = 0.0
        self.throttled = 0  # requests that a table refused as too many


class Retry(NamedTuple):
    """A failure that a later attempt may not meet."""

    reason: str
    clock_offset: float | None = None  # where this machine's clock was at fault


class Client:
    """A connection pool to one DynamoDB endpoint; for one thread.

    A round trip with all its retries is bounded by WRITE_PATIENCE; after `start()`, all round
    trips until the next `start()` share one Patience. `limit_seconds` takes the place of either,
    where the store may be slow: a long load, a busy machine. `attempt_seconds` bounds each attempt.
    `service` is another of AWS's that speaks the same protocol.
    """

    def __init__(
        self,
        endpoint: str,
        region: str,
        credentials: Callable[[], Credentials],
        limit_seconds: float | None = None,
        attempt_seconds: float = ATTEMPT_SECONDS,
        service: Service = DYNAMODB,
    ) -> None:
        self.endpoint = endpoint
        self.region = region
        self.credentials = credentials
        self.limit_seconds = limit_seconds
        self.attempt_seconds = attempt_seconds
        self.service = service
        self.usage = Usage()
        self._deadline: float | None = None
        self._max_attempts: float = math.inf
        self._idle: list[socket.socket] = []
        self._target: tuple[str, Endpoint, Signer] | None = None  # of this URL
        self._clock_offset = 0.0  # seconds from this machine's clock to the store's
        self._signed_at = 0.0  # when the requests of this attempt were signed, by the store's clock
        self._tls: ssl.SSLContext | None = None

    def start(self, patience: Patience = WRITE_PATIENCE) -> Usage:
        """Begin a client's request: usage is counted from zero, with new limits."""
        self.usage = Usage()
        if self.limit_seconds is None:
            self._deadline = time.monotonic() + patience.seconds
            self._max_attempts = patience.attempts
        else:
            self._deadline = time.monotonic() + self.limit_seconds
            self._max_attempts = math.inf
        return self.usage

    # ---- calls ---------------------------------------------------------------------------------

    def call(self, operation: str, body: Json) -> Json:
        """The answer to one call. Raises StoreError or StoreUnavailable."""
        return self.send_all([Call(operation, body)])[0]

    def get_item(self, table: str, key: Json, *, is_consistent: bool = True) -> Json | None:
        """The item of a plain key, the current one if consistent; None if there is none."""
        body = {"TableName": table, "Key": marshal_item(key), "ConsistentRead": is_consistent}
        answer = self.call("GetItem", body)
        return unmarshal_item(answer["Item"]) if "Item" in answer else None

    def query_pages(self, body: Json, operation: str = "Query") -> Iterator[Json]:
        """The answers of a Query or Scan, one request after another, until none is left."""
        while True:
            answer = self.call(operation, body)
            yield answer
            if "LastEvaluatedKey" not in answer:
                return
            body = {**body, "ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def query_all(self, body: Json, operation: str = "Query") -> Iterator[Json]:
        """All plain items of a Query or Scan, in its order, read as they are taken."""
        for answer in self.query_pages(body, operation):
            yield from query_items(answer)

    def query_first(self, body: Json, limit: int) -> list[Json]:
        """The first plain items of a Query: `limit` of them, fewer only where there are no more.

        DynamoDB may answer with fewer than were asked for and say in LastEvaluatedKey that more
        are left (AWS "Paginating table query results"), so a short answer alone is not the end.
        """
        found: list[Json] = []
        body = {**body, "Limit": limit}
        for answer in self.query_pages(body):
            found += query_items(answer)
            if len(found) >= limit:
                break
        return found[:limit]

    def transact(self, actions: Sequence[Json]) -> None:
        """Do all actions of a transaction or none. Raises StoreError with a reason for each."""
        self.call("TransactWriteItems", {"TransactItems": list(actions)})

    def send_all(self, calls: Sequence[Call], max_read_units: float = math.inf) -> list[Json]:
        """The answers to calls that are sent together.

        Raises StoreError, StoreUnavailable, or ReadLimitExceeded if the client's request has cost
        more than `max_read_units` by the end of an attempt.
        """
        answers: list[Json] = []
        for answer in self.try_all(calls, max_read_units):
            if isinstance(answer, StoreError):
                raise answer
            answers.append(answer)
        return answers

    def try_all(
        self, calls: Sequence[Call], max_read_units: float = math.inf
    ) -> list[Json | StoreError]:
        """Like send_all(), but a refused call's StoreError stands in the place of its answer.

        Throttling, transaction conflicts, 5xx and lost connections are retried with back-off and
        jitter (AWS "Error retries and exponential backoff in DynamoDB") until the time limit;
        then StoreUnavailable. What a BatchGetItem leaves unprocessed is requested again.
        """
        seconds = self.limit_seconds or WRITE_PATIENCE.seconds
        deadline = self._deadline or time.monotonic() + seconds
        outcomes: list[Json | StoreError] = [{} for _ in calls]
        pending = {index: _prepared(call) for index, call in enumerate(calls)}
        troubles: dict[str, int] = {}
        attempt = 0
        while True:
            for indices in _chunks(list(pending), IN_FLIGHT):
                self.usage.round_trips += 1
                results = self._exchange([pending[index] for index in indices], deadline)
                for index, result in zip(indices, results, strict=True):
                    if trouble := _settle(pending, outcomes, index, result):
                        self.usage.throttled += trouble in _THROTTLED
                        trouble = f"{calls[index].operation}: {trouble}"
                        troubles[trouble] = troubles.get(trouble, 0) + 1
            if self.usage.read_units > max_read_units:
                raise ReadLimitExceeded
            if not pending:
                return outcomes
            pause = _jitter() * min(BACKOFF_SECONDS * 2**attempt, 1.0)
            attempt += 1
            if attempt >= self._max_attempts or time.monotonic() + pause >= deadline:
                summary = ", ".join(f"{trouble} x{times}" for trouble, times in troubles.items())
                limit = "attempt" if attempt >= self._max_attempts else "time"
                raise StoreUnavailable(f"{limit} limit reached after {summary}")
            time.sleep(pause)

    # ---- one attempt ---------------------------------------------------------------------------

    def _exchange(self, calls: Sequence[Call], deadline: float) -> list[Json | StoreError | Retry]:
        """Send all calls, then read all answers."""
        deadline = min(deadline, time.monotonic() + self.attempt_seconds)
        self._signed_at = time.time() + self._clock_offset
        requests = self._requests(calls)
        connections = [self._send(request, deadline) for request in requests]
        results = [
            connection
            if isinstance(connection, Retry)
            else self._receive(call.operation, request, *connection, deadline)
            for call, request, connection in zip(calls, requests, connections, strict=True)
        ]
        for result in results:
            if isinstance(result, Retry) and result.clock_offset is not None:
                self._clock_offset = result.clock_offset
        return results

    def _requests(self, calls: Sequence[Call]) -> list[bytes]:
        _, signer = self._endpoint()
        credentials = self.credentials()
        return [
            signer.request(credentials, call.operation, call.text.encode(), self._signed_at)
            for call in calls
        ]

    def _endpoint(self) -> tuple[Endpoint, Signer]:
        if self._target is None or self._target[0] != self.endpoint:
            endpoint = endpoint_of(self.endpoint)
            signer = Signer(endpoint.authority, self.region, self.service)
            self._target = self.endpoint, endpoint, signer
        return self._target[1:]

    def _send(self, request: bytes, deadline: float) -> tuple[socket.socket, bool] | Retry:
        """The connection that took the request, and whether it had been used before."""
        self.usage.requests += 1
        while True:
            try:
                connection, is_reused = self._connection(deadline)
            except OSError as error:
                return Retry(f"no connection ({type(error).__name__})")
            try:
                connection.settimeout(max(deadline - time.monotonic(), 0.001))
                connection.sendall(request)
                return connection, is_reused
            except OSError as error:
                connection.close()
                if not is_reused:
                    return Retry(f"sending failed ({type(error).__name__})")

    def _receive(
        self,
        operation: str,
        request: bytes,
        connection: socket.socket,
        is_reused: bool,
        deadline: float,
    ) -> Json | StoreError | Retry:
        try:
            answer = _read_answer(connection, deadline)
        except (OSError, ValueError) as error:
            connection.close()
            if is_reused:
                # The other idle connections are as old, so that later attempts do not use them.
                self.close()
            if not (is_reused and isinstance(error, ConnectionError)):
                return Retry(f"no answer ({type(error).__name__})")
            # The server had closed an idle connection; a new one is worth one try at once.
            new_connection = self._send(request, deadline)
            if isinstance(new_connection, Retry):
                return new_connection
            connection, _ = new_connection
            try:
                answer = _read_answer(connection, deadline)
            except (OSError, ValueError) as second_error:
                connection.close()
                return Retry(f"no answer ({type(second_error).__name__})")
        if answer.keep_alive:
            self._idle.append(connection)
        else:
            connection.close()
        if answer.status != 200:
            return _failure(answer, self._signed_at)
        self._count(operation, answer.body)
        return answer.body

    def _connection(self, deadline: float) -> tuple[socket.socket, bool]:
        """An open connection, and whether it was used before. Raises OSError."""
        while self._idle:
            connection = self._idle.pop()
            if _is_open(connection):
                return connection, True
            connection.close()
        return self._connect(min(CONNECT_SECONDS, max(deadline - time.monotonic(), 0.001))), False

    def _connect(self, seconds: float) -> socket.socket:
        """A new connection. Raises OSError."""
        endpoint, _ = self._endpoint()
        address = (endpoint.host, endpoint.port)
        connection = socket.create_connection(address, seconds)  # type: ignore[arg-type]
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if endpoint.is_secure:
            if self._tls is None:
                self._tls = tls_context()
            try:
                connection = self._tls.wrap_socket(connection, server_hostname=endpoint.host)
            except BaseException:
                connection.close()
                raise
        return connection

    def warm_up(self) -> None:
        """Make the connections of a page view ahead, when the function starts.

        The TLS context and three connections take 31 M instructions, as much as 15 page views, and
        the init phase has a whole CPU where a request in 512 MB has less than a third of one
        (docs/decisions.md). Without TLS there is nothing to gain. A store that does not answer is
        left to the first request.
        """
        endpoint, _ = self._endpoint()
        try:
            while endpoint.is_secure and len(self._idle) < WARM_CONNECTIONS:
                self._idle.append(self._connect(CONNECT_SECONDS))
        except OSError:
            pass

    def _count(self, operation: str, body: Json) -> None:
        consumed = body.get("ConsumedCapacity") or []
        for capacity in consumed if isinstance(consumed, list) else [consumed]:
            if operation in _READS:
                self.usage.read_units += capacity.get("CapacityUnits", 0.0)
            else:
                self.usage.write_units += capacity.get("CapacityUnits", 0.0)

    def close(self) -> None:
        """Close the idle connections; a client that is dropped does so by itself."""
        while self._idle:
            self._idle.pop().close()

    __del__ = close


def _prepared(call: Call) -> Call:
    """The call with what every one of its kind has."""
    if call.is_prepared:
        return call
    body = dict(call.body)
    if call.operation in _READS or call.operation in _WRITES:
        body.setdefault("ReturnConsumedCapacity", "TOTAL")
    if call.operation == "TransactWriteItems":
        # One token for all attempts: a retry after a lost reply is then no second write.
        body.setdefault("ClientRequestToken", os.urandom(16).hex())
    return Call(call.operation, body)


def _settle(
    pending: dict[int, Call],
    outcomes: list[Json | StoreError],
    index: int,
    result: Json | StoreError | Retry,
) -> str | None:
    """Keep a call's outcome if it is final; else return why the call stays pending."""
    if isinstance(result, Retry):
        return result.reason
    if isinstance(result, StoreError):
        outcomes[index] = result
        del pending[index]
        return None
    unprocessed = result.pop("UnprocessedKeys", None)
    outcomes[index] = _merged(outcomes[index], result)
    if unprocessed:
        pending[index].body["RequestItems"] = unprocessed
        return _UNPROCESSED
    del pending[index]
    return None


def _merged(earlier: Json | StoreError, answer: Json) -> Json:
    """A BatchGetItem's answer together with what earlier attempts have read."""
    if isinstance(earlier, dict) and earlier:
        for table, items in earlier["Responses"].items():
            answer["Responses"].setdefault(table, []).extend(items)
    return answer


def _is_open(connection: socket.socket) -> bool:
    """Whether a connection on which no request is under way can be used again.

    Readable means that the server has closed it, or that messages of TLS itself wait, such as the
    session tickets that servers send after a handshake (RFC 8446, 4.6.1). Reading takes these in.
    """
    if not select.select([connection], [], [], 0)[0]:
        return True
    connection.settimeout(0)
    try:
        connection.recv(1)
    except ssl.SSLWantReadError:
        return True
    except OSError:
        return False
    return False


def _jitter() -> float:
    """From half to one."""
    import random  # here, because a start should not pay for it

    return random.uniform(0.5, 1.0)  # noqa: S311 not for secrets


def _chunks(indices: list[int], size: int) -> list[list[int]]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]


def _failure(answer: Answer, signed_at: float) -> StoreError | Retry:
    """What an answer other than 200 means for a call that was signed at this time."""
    body = answer.body
    code = str(body.get("__type", f"HTTP {answer.status}")).rpartition("#")[2]
    message = str(body.get("message") or body.get("Message") or "")
    reasons = [
        CancellationReason(reason.get("Code", "None"), _existing(reason))
        for reason in body.get("CancellationReasons") or []
    ]
    blocking = [reason.code for reason in reasons if reason.code != "None"]
    if blocking and all(reason in _RETRIED for reason in blocking):
        return Retry(blocking[0])
    if code in _RETRIED or answer.status >= 500:
        return Retry(code)
    server_time = seconds_of(answer.date) if code in _CLOCK_ERRORS else None
    if server_time is not None and abs(server_time - signed_at) > _CLOCK_SECONDS:
        return Retry("wrong clock", server_time - time.time())
    return StoreError(code, message, _existing(body), reasons)


def _existing(body: Json) -> Json | None:
    return unmarshal_item(body["Item"]) if body.get("Item") else None


def _read_answer(connection: socket.socket, deadline: float) -> Answer:
    """Read one answer; the deadline holds for all of it, however slowly it arrives.

    Raises OSError (TimeoutError, ConnectionError) and ValueError for what is no answer.
    """
    parser = AnswerParser()
    while True:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        connection.settimeout(remaining)
        answer = parser.receive(connection.recv(65536))
        if answer is not None:
            return answer
