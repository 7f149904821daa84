"""One connection to a submitter's server: its host's addresses, checked; TCP; TLS; the deadline.

A socket's timeout bounds one step, and a server that drips bytes makes each step short. So every
step gets what is left until the deadline: `connect`, the TLS handshake and `sendall` are one step
each, however many packets they take; a step of `receive` ends with the first bytes.
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from seealso.verifying import addresses

# An IP address and a port.
type Address = tuple[str, int]

SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 3.0  # to one address: a host with a dead one may have another
MAX_ATTEMPTS: Final = 4  # addresses of a host that are tried
# Where systems keep their certificate authorities, should OpenSSL look elsewhere: Amazon Linux,
# Debian, Alpine and macOS.
_BUNDLES: Final = (
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/cert.pem",
)
_RECEIVED_BYTES: Final = 64 * 1024


class ForbiddenAddress(Exception):
    """The host has an address that must not be connected to."""


class Network(NamedTuple):
    """What pages are fetched over. There is `PUBLIC`; tests and the local run have others.

    `resolve` answers with the addresses of a host for a port, or raises OSError; it may take as
    long as it likes. `seconds` are for one fetch, with all its redirects.
    """

    resolve: Callable[[str, int], list[Address]]
    is_allowed: Callable[[str], bool]
    tls: Callable[[], ssl.SSLContext]
    seconds: float


class Connection:
    """An open connection that sends and receives until the deadline.

    Raises TimeoutError after it, ssl.SSLError and other OSErrors.
    """

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._socket = sock
        self._deadline = deadline

    def send(self, data: bytes) -> None:
        self._socket.settimeout(_left(self._deadline))
        self._socket.sendall(data)

    def receive(self) -> bytes:
        """What came next; no bytes if the server has ended the connection."""
        self._socket.settimeout(_left(self._deadline))
        return self._socket.recv(_RECEIVED_BYTES)


@contextmanager
def connection(
    network: Network, host: str, port: int, deadline: float, *, with_tls: bool
) -> Iterator[Connection]:
    """A connection to one of the host's addresses; `deadline` is a time of `time.monotonic`.

    The host is resolved once, and what was checked is what is connected to. Raises
    ForbiddenAddress, before anything is connected to, if one of the addresses is not allowed:
    a public host has no private ones. Else as Connection; socket.gaierror for an unknown host.
    """
    found = _resolved(network, host, port, deadline)
    if not all(network.is_allowed(address) for address, _ in found):
        raise ForbiddenAddress
    with _connected(found, deadline) as sock:
        if not with_tls:
            yield Connection(sock, deadline)
            return
        sock.settimeout(_left(deadline))
        # Names in certificates and in SNI have no trailing dot (RFC 6066, section 3).
        name = host.removesuffix(".")
        with network.tls().wrap_socket(sock, server_hostname=name) as secured:
            yield Connection(secured, deadline)


def _resolved(network: Network, host: str, port: int, deadline: float) -> list[Address]:
    """The host's addresses, at least one. Nothing can stop getaddrinfo, so it is left behind."""
    answers: queue.SimpleQueue[list[Address] | Exception] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            answers.put(network.resolve(host, port))
        except Exception as error:  # noqa: BLE001 it belongs to the thread that waits
            answers.put(error)

    threading.Thread(target=resolve, daemon=True).start()
    try:
        answer = answers.get(timeout=_left(deadline))
    except queue.Empty:
        raise socket.gaierror("no answer in time") from None
    if isinstance(answer, Exception):
        raise answer
    if not answer:
        raise socket.gaierror("no addresses")
    return answer


def _connected(found: list[Address], deadline: float) -> socket.socket:
    failure: OSError | None = None
    for address, port in found[:MAX_ATTEMPTS]:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:  # a system without IPv6
            failure = error
            continue
        try:
            sock.settimeout(min(CONNECT_SECONDS, _left(deadline)))
            sock.connect((address, port))
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    assert failure
    raise failure


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def system_resolve(host: str, port: int) -> list[Address]:
    """What the system's resolver says. Raises socket.gaierror."""
    # As bytes: of a string, Python would encode the name again.
    answers = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return [(str(address[0]), int(address[1])) for _, _, _, _, address in answers]


@cache
def system_tls() -> ssl.SSLContext:
    """TLS 1.2 or later, trusting the system's certificate authorities."""
    context = ssl.create_default_context()
    for bundle in filter(Path.exists, map(Path, _BUNDLES)):
        if not context.cert_store_stats()["x509_ca"]:
            context.load_verify_locations(bundle)
    if not context.cert_store_stats()["x509_ca"]:
        # Else every page would be unreachable, and nobody would know why.
        raise RuntimeError("no certificate authorities: SSL_CERT_FILE may name their file")
    context.set_alpn_protocols(["http/1.1"])
    return context


PUBLIC: Final = Network(system_resolve, addresses.is_allowed, system_tls, SECONDS)
