"""A proxy in front of an engine, with faults that are switched on request by request.

    with faulty.proxy(endpoint) as between:
        between.inject(faulty.throttled, times=2)
        between.inject(faulty.reply_lost, operation="TransactWriteItems")
        ... a client of between.endpoint ...

A request that meets no fault passes. A fault is a function of the exchange: it may let the engine
have the request or not, and answer what it likes or not at all.
"""

import http.client
import json
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

type Json = dict[str, Any]
type Fault = Callable[["Exchange"], None]

# What the store says about itself in its errors, and no answer to a client may repeat.
INTERNAL = "arn:aws:dynamodb:eu-west-1:000000000000:table/secret-table"


class Ended(Exception):
    """The fault has ended the connection."""


@dataclass(slots=True)
class Exchange:
    """One request on its way: `operation` and `body` are the call's."""

    operation: str
    body: Json
    _proxy: "Proxy"
    _client: socket.socket
    _headers: dict[str, str]
    _payload: bytes

    def forward(self) -> bytes:
        """Let the engine have the request; returns the bytes of its answer."""
        url = urlsplit(self._proxy.upstream or "")
        engine = http.client.HTTPConnection(url.hostname or "", url.port, timeout=30)
        try:
            engine.request("POST", "/", self._payload, self._headers)
            answer = engine.getresponse()
            return answer_bytes(answer.status, answer.read())
        finally:
            engine.close()

    def answer(self, data: bytes) -> None:
        """Send the client these bytes."""
        self._client.sendall(data)

    def pause(self, seconds: float) -> None:
        """Wait, but not past the proxy's end."""
        if self._proxy.ending.wait(seconds):
            raise Ended

    def close(self) -> None:
        """End the connection in the ordinary way."""
        raise Ended

    def reset(self) -> None:
        """End the connection by a TCP reset."""
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._client.close()
        raise Ended


@dataclass(slots=True)
class _Rule:
    fault: Fault
    operation: str | None
    left: int | None


@dataclass(slots=True)
class Proxy:
    """The proxy; `requests` are all that came, `connections` how many were opened."""

    upstream: str | None
    endpoint: str = ""
    requests: list[tuple[str, Json]] = field(default_factory=list)
    connections: int = 0
    ending: threading.Event = field(default_factory=threading.Event)
    _rules: list[_Rule] = field(default_factory=list)
    _open: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def inject(self, fault: Fault, *, times: int | None = 1, operation: str | None = None) -> None:
        """Let the next `times` requests (of this operation) meet the fault; None: all of them.

        Faults that were injected earlier come first.
        """
        with self._lock:
            self._rules.append(_Rule(fault, operation, times))

    def clear(self) -> None:
        """Let all requests pass from now on."""
        with self._lock:
            self._rules.clear()

    def drop_connections(self) -> None:
        """Close all open connections, as a server does with idle ones."""
        with self._lock:
            for client in self._open:
                with suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)

    def _fault(self, operation: str, body: Json) -> Fault:
        with self._lock:
            self.requests.append((operation, body))
            for rule in self._rules:
                if rule.left != 0 and rule.operation in (None, operation):
                    if rule.left is not None:
                        rule.left -= 1
                    return rule.fault
        return passed

    def _opened(self, client: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            self._open.add(client)

    def _closed(self, client: socket.socket) -> None:
        with self._lock:
            self._open.discard(client)

    def _exchange(self, rfile: Any, client: socket.socket) -> bool:
        """Serve one request; False when there is none any more."""
        if not rfile.readline():
            return False
        sent = http.client.parse_headers(rfile)
        headers = {name.lower(): value for name, value in sent.items()}
        payload = rfile.read(int(headers["content-length"]))
        operation = headers["x-amz-target"].rpartition(".")[2]
        body = json.loads(payload)
        exchange = Exchange(operation, body, self, client, headers, payload)
        self._fault(operation, body)(exchange)
        return True


@contextmanager
def proxy(upstream: str | None) -> Iterator[Proxy]:
    """A proxy in front of an engine's endpoint; with None, faults have to answer everything."""
    between = Proxy(upstream)

    class Connection(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            between._opened(self.request)
            try:
                with suppress(OSError, Ended):
                    while between._exchange(self.rfile, self.request):
                        pass
            finally:
                between._closed(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = False
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Connection) as server:
        host, port = server.server_address[:2]
        between.endpoint = f"http://{host!s}:{port}"
        accepting = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        accepting.start()
        try:
            yield between
        finally:
            between.ending.set()
            server.shutdown()
            accepting.join()
            between.drop_connections()


@contextmanager
def unreachable() -> Iterator[str]:
    """An endpoint that refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def answer_bytes(status: int, body: Json | bytes) -> bytes:
    """An HTTP/1.1 answer of the store on a connection that is kept."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = (
        f"HTTP/1.1 {status} {http.client.responses[status]}\r\n"
        f"content-type: application/x-amz-json-1.0\r\ncontent-length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def refusal(status: int, code: str, **members: Any) -> Fault:
    """The store's own refusal with this exception."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": INTERNAL, **members}
    return answering(answer_bytes(status, body))


def answering(data: bytes) -> Fault:
    """These bytes, whatever was asked."""
    return lambda exchange: exchange.answer(data)


def passed(exchange: Exchange) -> None:
    """No fault."""
    exchange.answer(exchange.forward())


throttled = refusal(400, "ProvisionedThroughputExceededException")
failing = refusal(500, "InternalServerError")
garbage = answering(b"\x00\xff no HTTP \r\n\r\n")


def reset(exchange: Exchange) -> None:
    """The connection is lost before the engine has the request."""
    exchange.reset()


def reply_lost(exchange: Exchange) -> None:
    """The engine does what was asked, and the connection is lost before it can say so."""
    exchange.forward()
    exchange.reset()


def half(exchange: Exchange) -> None:
    """The engine does what was asked, and half of its answer arrives."""
    whole = exchange.forward()
    exchange.answer(whole[: len(whole) // 2])
    exchange.close()


def silent(exchange: Exchange) -> None:
    """No answer, on a connection that stays."""
    exchange.pause(3600)


def slow(seconds: float) -> Fault:
    """The engine gets the request only after this time."""

    def fault(exchange: Exchange) -> None:
        exchange.pause(seconds)
        passed(exchange)

    return fault


def dripping(seconds: float) -> Fault:
    """The answer arrives one byte at a time."""

    def fault(exchange: Exchange) -> None:
        for byte in exchange.forward():
            exchange.answer(bytes([byte]))
            exchange.pause(seconds)

    return fault


# Faults that the client overcomes, and how many times one after the other.
PASSING: dict[str, tuple[Fault, int]] = {
    "throttled": (throttled, 2),
    "failing": (failing, 2),
    "reset": (reset, 1),
    "reply lost": (reply_lost, 1),
    "half": (half, 1),
    "garbage": (garbage, 1),
    "slow": (slow(0.05), 3),
    "dripping": (dripping(0.0), 3),
}
