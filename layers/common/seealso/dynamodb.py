"""DynamoDB's JSON protocol over raw keep-alive sockets: calls sent together, answered in order.

Page reads are what this project exists for, and boto3 costs them more CPU than the reading itself
(docs/decisions.md). So this is the one way to the tables: SigV4-signed POSTs, where all calls of a
*wave* are written before the first answer is read, which is parallel without threads. Retries,
time limits and the counting of requests and units live here and nowhere else.

Protocol: AWS "DynamoDB low-level API"; signing: AWS "Signature Version 4 signing process".
"""

import contextlib
import hmac
import json
import math
import os
import random
import select
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

type Json = dict[str, Any]

# One request of a client may spend this long on the store, all attempts together; the API gateway
# gives up at 30 s, a reader much earlier.
REQUEST_SECONDS = 5.0
ATTEMPT_SECONDS = 2.0
CONNECT_SECONDS = 1.0
BACKOFF_SECONDS = 0.025
IN_FLIGHT = 32

_READS = frozenset({"BatchGetItem", "GetItem", "Query", "Scan"})

# Exceptions and transactions' reasons that a later attempt may not meet (AWS "Error handling with
# DynamoDB"); all others are final.
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


class StoreUnavailable(Exception):
    """The store did not answer within the time limit; the text says what happened, for the log."""


class TooExpensive(Exception):
    """One request of a client has cost, or is sure to cost, more read units than it may."""


class Refused(Exception):
    """The store's final refusal of one call.

    `code` is the exception's short name, such as `ConditionalCheckFailedException`; `item` the
    item that was there (plain values), if it was asked for; `reasons` the reasons of a cancelled
    transaction, one for each of its items, in their order.
    """

    def __init__(self, code: str, message: str, item: Json | None, reasons: list["Reason"]) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.item = item
        self.reasons = reasons


class Reason(NamedTuple):
    """Why one item of a transaction was refused; `code` is "None" for one that was not."""

    code: str
    item: Json | None


class Call(NamedTuple):
    """One operation of the low-level API with its request body."""

    operation: str
    body: Json


class Credentials(NamedTuple):
    access_key: str
    secret_key: str
    session_token: str | None


@dataclass(slots=True)
class Tally:
    """What one request of a client has cost the store so far."""

    requests: int = 0
    waves: int = 0
    read_units: float = 0.0
    write_units: float = 0.0


@dataclass(slots=True)
class _Answer:
    status: int
    body: Json
    keep_alive: bool


@dataclass(slots=True)
class Client:
    """A connection pool to one DynamoDB endpoint; for one thread.

    `limit_seconds` bounds each wave with all its retries, `attempt_seconds` each try of it; after
    `start()`, all waves until the next `start()` share one such limit. `most_read_units` bounds
    what a tally may come to: the try of a wave that passes it is the last.
    """

    endpoint: str
    region: str
    credentials: Callable[[], Credentials]
    limit_seconds: float = REQUEST_SECONDS
    attempt_seconds: float = ATTEMPT_SECONDS
    most_read_units: float = math.inf
    tally: Tally = field(default_factory=Tally)
    _deadline: float | None = field(default=None, init=False)
    _idle: list[socket.socket] = field(default_factory=list, init=False)
    _signing_key: tuple[tuple[str, str], bytes] | None = field(default=None, init=False)
    _tls: ssl.SSLContext | None = field(default=None, init=False)

    def start(self) -> Tally:
        """Begin a client's request: a new tally and a new time limit."""
        self.tally = Tally()
        self._deadline = time.monotonic() + self.limit_seconds
        return self.tally

    def call(self, operation: str, body: Json) -> Json:
        """The answer to one call. Raises Refused or StoreUnavailable."""
        return self.wave([Call(operation, body)])[0]

    def get_item(self, table: str, key: Json) -> Json | None:
        """The item of a plain key as it is now (strongly consistent); None if there is none."""
        body = {"TableName": table, "Key": typed_item(key), "ConsistentRead": True}
        answer = self.call("GetItem", body | {"ReturnConsumedCapacity": "TOTAL"})
        return plain_item(answer["Item"]) if "Item" in answer else None

    def transact(self, actions: list[Json]) -> None:
        """Do all of a transaction's actions or none. Raises Refused, with a reason for each."""
        self.call(
            "TransactWriteItems", {"TransactItems": actions, "ReturnConsumedCapacity": "TOTAL"}
        )

    def wave(self, calls: Sequence[Call]) -> list[Json]:
        """The answers to calls that are sent together.

        Raises Refused, StoreUnavailable or TooExpensive.
        """
        answers: list[Json] = []
        for answer in self.try_wave(calls):
            if isinstance(answer, Refused):
                raise answer
            answers.append(answer)
        return answers

    def try_wave(self, calls: Sequence[Call]) -> list[Json | Refused]:
        """Like wave(), but a refused call's Refused stands in the place of its answer.

        Throttling, transaction conflicts, 5xx and lost connections are retried with back-off and
        jitter (AWS "Error retries and exponential backoff in DynamoDB") until the time limit;
        then StoreUnavailable. What a BatchGetItem leaves unprocessed is asked for again.
        """
        deadline = self._deadline or time.monotonic() + self.limit_seconds
        outcomes: list[Json | Refused] = [{} for _ in calls]
        pending = {index: Call(call.operation, _prepared(call)) for index, call in enumerate(calls)}
        attempt = 0
        troubles: Counter[str] = Counter()
        while pending:
            for indices in _chunks(list(pending), IN_FLIGHT):
                self.tally.waves += 1
                results = self._exchange([pending[index] for index in indices], deadline)
                for index, result in zip(indices, results, strict=True):
                    if isinstance(result, str):
                        troubles[f"{pending[index].operation}: {result}"] += 1
                        continue
                    if isinstance(result, dict):
                        left = result.pop("UnprocessedKeys", None)
                        result = _merged(outcomes[index], result)
                        if left:
                            troubles[f"{pending[index].operation}: unprocessed keys"] += 1
                            pending[index].body["RequestItems"] = left
                            outcomes[index] = result
                            continue
                    outcomes[index] = result
                    del pending[index]
            if self.tally.read_units > self.most_read_units:
                raise TooExpensive
            if pending:
                pause = random.uniform(0.5, 1.0) * min(BACKOFF_SECONDS * 2**attempt, 1.0)  # noqa: S311 jitter
                attempt += 1
                if time.monotonic() + pause >= deadline:
                    told = ", ".join(f"{what} x{times}" for what, times in troubles.items())
                    raise StoreUnavailable(f"time limit reached after {told}")
                time.sleep(pause)
        return outcomes

    def _exchange(self, calls: Sequence[Call], deadline: float) -> list[Json | Refused | str]:
        """Send all calls, then read all answers; a text stands for a failure worth a retry."""
        deadline = min(deadline, time.monotonic() + self.attempt_seconds)
        sent: list[tuple[socket.socket, bool] | str] = []
        for call in calls:
            self.tally.requests += 1
            sent.append(self._send(call, deadline))
        results: list[Json | Refused | str] = []
        for call, connection in zip(calls, sent, strict=True):
            if isinstance(connection, str):
                results.append(connection)
                continue
            results.append(self._receive(call, *connection, deadline))
        return results

    def _send(self, call: Call, deadline: float) -> tuple[socket.socket, bool] | str:
        payload = json.dumps(call.body, ensure_ascii=False, separators=(",", ":")).encode()
        request = self._signed(call.operation, payload)
        while True:
            try:
                connection, reused = self._connection(deadline)
            except OSError as error:
                return f"no connection ({type(error).__name__})"
            try:
                connection.settimeout(max(deadline - time.monotonic(), 0.001))
                connection.sendall(request)
                return connection, reused
            except OSError as error:
                connection.close()
                if not reused:
                    return f"sending failed ({type(error).__name__})"

    def _receive(
        self, call: Call, connection: socket.socket, reused: bool, deadline: float
    ) -> Json | Refused | str:
        try:
            answer = _read_answer(connection, deadline)
        except (OSError, ValueError) as error:
            connection.close()
            if reused:
                # The other idle connections are as old: no later attempt shall try them out.
                self.close()
                if isinstance(error, ConnectionError):
                    # The other side had closed it; a new one is worth one try at once.
                    self.tally.requests += 1
                    again = self._send(call, deadline)
                    if not isinstance(again, str):
                        return self._receive(call, again[0], False, deadline)
            return f"no answer ({type(error).__name__})"
        if answer.keep_alive:
            self._idle.append(connection)
        else:
            connection.close()
        if answer.status != 200:
            return _failure(answer)
        self._count(call.operation, answer.body)
        return answer.body

    def _connection(self, deadline: float) -> tuple[socket.socket, bool]:
        while self._idle:
            connection = self._idle.pop()
            # Readable while nothing is asked means that the other side has closed it.
            if not select.select([connection], [], [], 0)[0]:
                return connection, True
            connection.close()
        url = urlsplit(self.endpoint)
        host = url.hostname or ""
        secure = url.scheme == "https"
        seconds = min(CONNECT_SECONDS, max(deadline - time.monotonic(), 0.001))
        connection = socket.create_connection((host, url.port or (443 if secure else 80)), seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if secure:
            if self._tls is None:
                self._tls = _tls_context()
            try:
                connection = self._tls.wrap_socket(connection, server_hostname=host)
            except BaseException:
                connection.close()
                raise
        return connection, False

    def _signed(self, operation: str, payload: bytes) -> bytes:
        """The request's bytes with its SigV4 signature."""
        credentials = self.credentials()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        target = f"DynamoDB_20120810.{operation}"
        host = urlsplit(self.endpoint).netloc
        headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("host", host),
            ("x-amz-date", stamp),
        ]
        if credentials.session_token:
            headers.append(("x-amz-security-token", credentials.session_token))
        headers.append(("x-amz-target", target))
        lines = "".join(f"{name}:{value}\n" for name, value in headers)
        names = ";".join(name for name, _ in headers)
        canonical = f"POST\n/\n\n{lines}\n{names}\n{sha256(payload).hexdigest()}"
        scope = f"{stamp[:8]}/{self.region}/dynamodb/aws4_request"
        to_sign = (
            f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}".encode()
        )
        key = self._key(credentials.secret_key, stamp[:8])
        signature = hmac.digest(key, to_sign, "sha256").hex()
        authorization = (
            f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        headers.append(("authorization", authorization))
        headers.append(("content-length", str(len(payload))))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + payload

    def _key(self, secret_key: str, day: str) -> bytes:
        if self._signing_key is None or self._signing_key[0] != (secret_key, day):
            key = f"AWS4{secret_key}".encode()
            for part in (day, self.region, "dynamodb", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._signing_key = (secret_key, day), key
        return self._signing_key[1]

    def _count(self, operation: str, body: Json) -> None:
        consumed = body.get("ConsumedCapacity") or []
        for capacity in consumed if isinstance(consumed, list) else [consumed]:
            if operation in _READS:
                self.tally.read_units += capacity.get("CapacityUnits", 0.0)
            else:
                self.tally.write_units += capacity.get("CapacityUnits", 0.0)

    def close(self) -> None:
        """Close the idle connections; a client that is dropped does so by itself."""
        while self._idle:
            self._idle.pop().close()

    __del__ = close


@dataclass(slots=True)
class Store:
    """The project's tables: a client and their names; for one thread."""

    client: Client
    articles: str
    links: str
    sites: str
    runs: str
    audit: str
    # What sites.py has read, by domain: (time of reading, item); see there.
    site_cache: dict[int, tuple[float, Json | None]] = field(default_factory=dict)
    # What sites.py has read of all of them: (time of reading, Network); see there.
    network_cache: tuple[float, Any] | None = None
    # What clients.py hashes addresses with: (day, key); see there.
    day_key: tuple[str, bytes] | None = None


_local = threading.local()


def store() -> Store:
    """This thread's store, as the function's environment names it (template.yaml)."""
    found: Store | None = getattr(_local, "store", None)
    if found is None:
        environ = os.environ
        region = environ["AWS_REGION"]
        endpoint = (
            environ.get("AWS_ENDPOINT_URL_DYNAMODB")
            or environ.get("AWS_ENDPOINT_URL")
            or f"https://dynamodb.{region}.amazonaws.com"
        )
        found = _local.store = Store(
            Client(endpoint.rstrip("/"), region, _environment_credentials),
            articles=environ["ARTICLES_TABLE"],
            links=environ["LINKS_TABLE"],
            sites=environ["SITES_TABLE"],
            runs=environ["RUNS_TABLE"],
            audit=environ["AUDIT_TABLE"],
        )
    return found


def forget_store() -> None:
    """Let this thread's next store() read the environment anew."""
    if found := getattr(_local, "store", None):
        found.client.close()
    _local.store = None


def typed(value: Any) -> Json:
    """A plain value as a DynamoDB attribute value: int -> N, str -> S, bool, None, list, dict."""
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case list():
            return {"L": [typed(each) for each in value]}
        case dict():
            return {"M": typed_item(value)}
    raise TypeError(f"no attribute type for {type(value).__name__}")


def typed_item(item: Json) -> Json:
    """A plain item in DynamoDB's typed form."""
    return {name: typed(value) for name, value in item.items()}


def plain(value: Json) -> Any:
    """A DynamoDB attribute value as a plain one; numbers here are integers."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return int(content)
        case "M":
            return plain_item(content)
        case "L":
            return [plain(each) for each in content]
        case "NULL":
            return None
    raise TypeError(f"attribute type {kind} is not in use here")


def plain_item(item: Json) -> Json:
    """A typed item as a plain one."""
    return {name: plain(value) for name, value in item.items()}


def batch_get(keys: dict[str, list[Json]], only: dict[str, tuple[str, ...]] | None = None) -> Call:
    """An eventually consistent BatchGetItem over plain keys by table; `only` names attributes."""
    tables: Json = {}
    for table, wanted in keys.items():
        if wanted:
            tables[table] = {"Keys": [typed_item(key) for key in wanted]}
    for table, attributes in (only or {}).items():
        names = {f"#{attribute}": attribute for attribute in attributes}
        tables[table] |= {
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
        }
    return Call("BatchGetItem", {"RequestItems": tables, "ReturnConsumedCapacity": "TOTAL"})


def batch_got(answer: Json, table: str) -> list[Json]:
    """The plain items that a BatchGetItem's answer has of a table, in no order."""
    return [plain_item(item) for item in answer.get("Responses", {}).get(table, [])]


def items(answer: Json) -> list[Json]:
    """The plain items of a Query's answer, in its order."""
    return [plain_item(item) for item in answer["Items"]]


def _environment_credentials() -> Credentials:
    environ = os.environ
    return Credentials(
        environ["AWS_ACCESS_KEY_ID"],
        environ["AWS_SECRET_ACCESS_KEY"],
        environ.get("AWS_SESSION_TOKEN"),
    )


def _prepared(call: Call) -> Json:
    body = dict(call.body)
    if call.operation == "TransactWriteItems":
        # One token for all attempts: a retry after a lost reply is then no second write.
        body.setdefault("ClientRequestToken", os.urandom(16).hex())
    return body


def _merged(earlier: Json | Refused, answer: Json) -> Json:
    if isinstance(earlier, dict) and earlier:
        for table, found in earlier["Responses"].items():
            answer["Responses"].setdefault(table, []).extend(found)
    return answer


def _chunks(indices: list[int], size: int) -> list[list[int]]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]


def _failure(answer: _Answer) -> Refused | str:
    """A refusal, or a text where trying again can help."""
    body = answer.body
    code = str(body.get("__type", f"HTTP {answer.status}")).rpartition("#")[2]
    message = str(body.get("message") or body.get("Message") or "")
    reasons = [
        Reason(reason.get("Code", "None"), _item(reason))
        for reason in body.get("CancellationReasons") or []
    ]
    blocking = [reason.code for reason in reasons if reason.code != "None"]
    if blocking and all(reason in _RETRIED for reason in blocking):
        return blocking[0]
    if code in _RETRIED or answer.status >= 500:
        return code
    return Refused(code, message, _item(body), reasons)


def _item(body: Json) -> Json | None:
    return plain_item(body["Item"]) if body.get("Item") else None


def _tls_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Amazon's own roots alone: reading a full bundle takes longer than the first request.
    context.load_verify_locations(Path(__file__).with_name("amazon_roots.pem"))
    return context


def _read_answer(connection: socket.socket, deadline: float) -> _Answer:
    """Read one HTTP/1.1 answer; the deadline holds for all of it, however it drips in.

    Raises OSError (TimeoutError, ConnectionError) and ValueError for what is no answer.
    """
    data = bytearray()
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _receive_some(connection, deadline)
    head = bytes(data[:end]).decode("latin-1").split("\r\n")
    del data[: end + 4]
    version, _, rest = head[0].partition(" ")
    status = int(rest.partition(" ")[0])
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:])
    }
    keep_alive = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    if headers.get("transfer-encoding", "").lower() == "chunked":
        data = _read_chunks(connection, data, deadline)
    elif "content-length" in headers:
        length = int(headers["content-length"])
        while len(data) < length:
            data += _receive_some(connection, deadline)
        if len(data) != length:
            raise ValueError("more than the answer")
    else:
        keep_alive = False
        with contextlib.suppress(ConnectionError):
            while True:
                data += _receive_some(connection, deadline)
    try:
        body = json.loads(data)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        if status < 500:
            raise ValueError("the body is no JSON object")
        body = {}
    return _Answer(status, body, keep_alive)


def _read_chunks(connection: socket.socket, data: bytearray, deadline: float) -> bytearray:
    """The body of RFC 9112 section 7.1, which some emulators send."""
    body = bytearray()
    while True:
        while (end := data.find(b"\r\n")) < 0:
            data += _receive_some(connection, deadline)
        size = int(bytes(data[:end]).split(b";")[0], 16)
        if size < 0:
            raise ValueError("a negative size")
        while len(data) < end + 2 + size + 2:
            data += _receive_some(connection, deadline)
        if size == 0:
            return body
        body += data[end + 2 : end + 2 + size]
        del data[: end + 2 + size + 2]


def _receive_some(connection: socket.socket, deadline: float) -> bytes:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    connection.settimeout(remaining)
    some = connection.recv(65536)
    if not some:
        raise ConnectionResetError
    return some
