"""Asks for a submitted page: one GET and at most 3 redirects, within 10 seconds.

Every hop keeps the rules of submitted URLs (seealso/urls.py): http and https on their own ports,
host names alone, no credentials. Nothing is taken from the environment, no proxy and no password,
and nothing but the URL, the User-Agent and what is accepted goes to the server.

`post` sends something to a URL by the same rules and without redirects.
"""

import socket
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from ada_url import URL

from seealso.urls import UrlNotAcceptable, accept
from seealso.verifying.answers import MalformedAnswer, Reader, read_body, read_head
from seealso.verifying.connections import PUBLIC, ForbiddenAddress, Network, connection

type Kind = Literal[
    "bad-url",  # the URL itself is none that could be submitted; `detail` is the code of urls.py
    "bad-redirect",  # a redirect to such a URL; likewise
    "too-many-redirects",  # more than 3, or in a circle
    "blocked-host",  # as `check_host` says
    "busy-host",  # as `check_host` says
    "forbidden-address",  # the host has an address that is not on the public internet
    "dns",  # the host has no address, or it was not found out in time
    "connection",  # not accepted, or ended before the answer
    "tls",  # no TLS 1.2, or no certificate that is valid for the host
    "timeout",  # too slow in all
    "protocol",  # what came is not an HTTP/1.x answer, or not within the limits
]

VERSION: Final = "0.1.0"  # as in pyproject.toml
MAX_REDIRECTS: Final = 3
# Redirects to what could not be submitted (codes of urls.py) and yet says nothing of the page: to
# hosts that are not on the public internet, and to long addresses that ask for consent.
_BAD_REDIRECTS: Final[dict[str, Kind]] = {
    "ip-address": "forbidden-address",
    "reserved-name": "forbidden-address",
    "single-label": "forbidden-address",
    "too-long": "protocol",
}
_ACCEPTED: Final = {"Accept": "text/html, application/xhtml+xml, */*;q=0.1"}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class Fetched(NamedTuple):
    """The answer at the end of all redirects.

    `hops` are the URLs on the way, `url` is the last of them. `headers` have names in lower case,
    and the first value where a name is repeated. `body` is the beginning of the decoded body, up to
    1 MiB; `is_cut_off` says that there was more. Of 4xx and 5xx, whose status says enough, a body
    that fails or comes too slowly is left out; 204, 205 and 3xx have none.
    """

    url: str
    status: int
    headers: dict[str, str]
    body: bytes
    is_cut_off: bool
    hops: list[str]


class FetchFailed(NamedTuple):
    """Why there is no answer. `detail` is for the log; `hops` end with the URL that failed."""

    kind: Kind
    detail: str
    hops: list[str]


class HostRefused(Exception):
    """Raised by a `check_host`: the host must not be asked."""

    def __init__(self, kind: Literal["blocked-host", "busy-host"]) -> None:
        super().__init__(kind)
        self.kind = kind


type CheckHost = Callable[[str], None]


def fetch(url: str, contact_url: str, check_host: CheckHost) -> Fetched | FetchFailed:
    """What the public internet has at this URL.

    `check_host` is called before each hop with its host, in lower case and ASCII; it raises
    HostRefused, and what else it raises is raised here. `contact_url` tells the server's owner,
    in the User-Agent, whom to ask; it may be empty.
    """
    return fetch_over(PUBLIC, url, contact_url, check_host)


def fetch_over(
    network: Network, url: str, contact_url: str, check_host: CheckHost
) -> Fetched | FetchFailed:
    """As `fetch`, over another network."""
    deadline = time.monotonic() + network.seconds
    hops: list[str] = []
    try:
        target = accept(url)
    except UrlNotAcceptable as error:
        return FetchFailed("bad-url", error.code, hops)
    while True:
        hops.append(target)
        current = URL(target)
        try:
            check_host(current.hostname)
        except HostRefused as refused:
            return FetchFailed(refused.kind, "", hops)
        request = _head("GET", current, contact_url, _ACCEPTED)
        try:
            answer = _ask(network, current, request, deadline, needs_body=True)
        except (OSError, MalformedAnswer, ForbiddenAddress) as error:
            return FetchFailed(_kind(error), f"{type(error).__name__}: {error}", hops)
        if answer.status not in _REDIRECTS or "location" not in answer.headers:
            return Fetched(target, *answer, hops)
        try:
            target = _redirected(current, answer.headers["location"])
        except UrlNotAcceptable as error:
            return FetchFailed(_BAD_REDIRECTS.get(error.code, "bad-redirect"), error.code, hops)
        if target in hops:
            return FetchFailed("too-many-redirects", "in a circle", hops)
        if len(hops) > MAX_REDIRECTS:
            return FetchFailed("too-many-redirects", "", hops)


def post(
    url: str, contact_url: str, headers: Mapping[str, str], body: bytes
) -> Fetched | FetchFailed:
    """What the public internet answers to a POST to this URL, a redirect included.

    `headers` are those of the body. Of the answer, a body that fails or comes too slowly is left
    out, whatever the status.
    """
    return post_over(PUBLIC, url, contact_url, headers, body)


def post_over(
    network: Network, url: str, contact_url: str, headers: Mapping[str, str], body: bytes
) -> Fetched | FetchFailed:
    """As `post`, over another network."""
    deadline = time.monotonic() + network.seconds
    try:
        target = accept(url)
    except UrlNotAcceptable as error:
        return FetchFailed("bad-url", error.code, [])
    parsed = URL(target)
    sent = {**headers, "Accept": "*/*", "Content-Length": str(len(body))}
    request = _head("POST", parsed, contact_url, sent) + body
    try:
        answer = _ask(network, parsed, request, deadline, needs_body=False)
    except (OSError, MalformedAnswer, ForbiddenAddress) as error:
        return FetchFailed(_kind(error), f"{type(error).__name__}: {error}", [target])
    return Fetched(target, *answer, [target])


class _Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes
    is_cut_off: bool


def _ask(
    network: Network, url: URL, request: bytes, deadline: float, *, needs_body: bool
) -> _Answer:
    """The answer to one request; without `needs_body`, one whose body fails has none."""
    with_tls = url.protocol == "https:"
    port = 443 if with_tls else 80
    with connection(network, url.hostname, port, deadline, with_tls=with_tls) as connected:
        connected.send(request)
        reader = Reader(connected.receive)
        status, headers = read_head(reader)
        if status in (204, 205) or 300 <= status < 400:
            return _Answer(status, headers, b"", is_cut_off=False)
        try:
            body, is_cut_off = read_body(reader, headers)
        except (OSError, MalformedAnswer):
            if needs_body and status < 400:
                raise
            body, is_cut_off = b"", True
        return _Answer(status, headers, body, is_cut_off)


def _head(method: str, url: URL, contact_url: str, headers: Mapping[str, str]) -> bytes:
    agent = f"seealso/{VERSION} (+{contact_url})" if contact_url else f"seealso/{VERSION}"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (
        f"{method} {url.pathname}{url.search} HTTP/1.1\r\n"
        f"Host: {url.hostname}\r\n"
        f"User-Agent: {agent}\r\n"
        f"{lines}"
        "Accept-Encoding: gzip\r\n"
        "Connection: close\r\n"
        "\r\n"
    ).encode("ascii")


def _redirected(current: URL, location: str) -> str:
    """Where a Location leads. Raises UrlNotAcceptable."""
    # Not in the standards, and what browsers do with bytes that are not ASCII.
    ascii_location = "".join(
        character if character < "\x80" else f"%{ord(character):02X}" for character in location
    )
    try:
        target = URL(ascii_location, base=current.href)
    except ValueError:
        raise UrlNotAcceptable("not-parseable") from None
    if "#" not in ascii_location:  # Fetch standard, "HTTP-redirect fetch"
        target.hash = current.hash
    return accept(target.href)


def _kind(error: Exception) -> Kind:
    match error:
        case ForbiddenAddress():
            return "forbidden-address"
        case MalformedAnswer():
            return "protocol"
        case socket.gaierror():
            return "dns"
        case TimeoutError():
            return "timeout"
        case ssl.SSLError():
            return "tls"
        case _:
            return "connection"
