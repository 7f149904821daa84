"""A server on loopback, which sends whatever a test wants, and the network that leads to it.

    with page_server.serve(b"HTTP/1.1 200 OK\\r\\n\\r\\n<p>Hello") as server:
        fetch_over(server.network(), "http://example.com/", "", allow)

It answers a request with bytes, or with what a function of the exchange sends.
"""

import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from seealso.verifying.connections import Address, Network

LOOPBACK = "127.0.0.1"


class Ended(Exception):
    """The test is over."""


@dataclass(slots=True)
class Exchange:
    """A request, with its lines, and the connection that it came by."""

    request: bytes
    _socket: socket.socket
    _ending: threading.Event

    @property
    def target(self) -> str:
        return self.request.split(b" ")[1].decode()

    @property
    def url(self) -> str:
        """What was asked for, as if by http."""
        (host,) = [line for line in self.request.split(b"\r\n") if line.startswith(b"Host: ")]
        return f"http://{host.removeprefix(b'Host: ').decode()}{self.target}"

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def drip(self, data: bytes, pause: float = 0.05) -> None:
        """Send byte after byte, then nothing more until the test is over."""
        for byte in data:
            self.send(bytes([byte]))
            self.wait(pause)
        self.wait(60)

    def repeat(self, data: bytes) -> None:
        """Send these bytes again and again."""
        while not self._ending.is_set():
            self.send(data)

    def reset(self) -> None:
        """End the connection by a TCP reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
        raise Ended

    def wait(self, seconds: float) -> None:
        if self._ending.wait(seconds):
            raise Ended


type Answer = Callable[[Exchange], None]


@dataclass(slots=True)
class Server:
    """A running server; `requests` are the bytes that it got, `names` what clients called it."""

    port: int
    trusted: ssl.SSLContext
    requests: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    connections: int = 0

    def network(
        self,
        seconds: float = 5.0,
        resolve: Callable[[str, int], list[Address]] | None = None,
        is_allowed: Callable[[str], bool] = lambda address: address == LOOPBACK,
    ) -> Network:
        """On which every host is this server, and no other machine may be reached."""

        def find(host: str, port: int) -> list[Address]:
            return [(LOOPBACK, self.port)]

        return Network(resolve or find, is_allowed, lambda: self.trusted, seconds)


@contextmanager
def serve(
    answer: Answer | bytes, tls: ssl.SSLContext | None = None, *, before_tls: Answer | None = None
) -> Iterator[Server]:
    """The server; with TLS if it has a context. `before_tls` takes the place of the handshake."""
    ending = threading.Event()
    trusted = ssl.create_default_context()
    with socket.create_server((LOOPBACK, 0), backlog=64) as listening:
        server = Server(listening.getsockname()[1], trusted)
        if tls:
            tls.sni_callback = lambda _, name, __: server.names.append(name)

        def converse(accepted: socket.socket) -> None:
            # A client that goes away is what many tests are about.
            with suppress(OSError, Ended), accepted:
                accepted.settimeout(10)
                if before_tls:
                    before_tls(Exchange(b"", accepted, ending))
                elif tls:
                    with tls.wrap_socket(accepted, server_side=True) as secured:
                        respond(secured)
                else:
                    respond(accepted)

        def respond(connected: socket.socket) -> None:
            request = b""
            while not _is_whole(request):
                data = connected.recv(65536)
                if not data:
                    return
                request += data
            server.requests.append(request)
            exchange = Exchange(request, connected, ending)
            if isinstance(answer, bytes):
                exchange.send(answer)
            else:
                answer(exchange)
            connected.shutdown(socket.SHUT_WR)

        def accept() -> None:
            while not ending.is_set():
                with suppress(OSError):
                    accepted, _ = listening.accept()
                    server.connections += 1
                    threads.append(threading.Thread(target=converse, args=[accepted]))
                    threads[-1].start()

        threads = [threading.Thread(target=accept)]
        threads[0].start()
        try:
            yield server
        finally:
            ending.set()
            listening.shutdown(socket.SHUT_RDWR)  # ends `accept`
            for thread in threads:
                thread.join()


def _is_whole(request: bytes) -> bool:
    """Whether a request has its head, and the body that its Content-Length says."""
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"\r\nContent-Length: (\d+)", head)
    return bool(end) and len(body) == int(length[1] if length else 0)


def redirect(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\n\r\n".encode()


def page(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An answer that ends with the connection."""
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *headers))
    return f"{head}\r\n".encode("latin-1") + body


def allow(host: str) -> None:
    """A `check_host` that refuses nothing."""
