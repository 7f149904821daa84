"""Pages are fetched over loopback: redirects, TLS, deadlines, and addresses that are forbidden."""

import datetime
import gzip
import socket
import ssl
import threading
import time
import tomllib
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from local.paths import ROOT
from seealso.verifying import addresses, connections, fetching
from seealso.verifying.answers import MAX_BODY_BYTES
from seealso.verifying.connections import Address, Network
from seealso.verifying.fetching import Fetched, FetchFailed, HostRefused, Kind, fetch_over
from tests.support import page_server
from tests.support.page_server import LOOPBACK, Answer, Exchange, allow, page, redirect
from tests.verifying.hostile import ADDRESSES, SPELLINGS

URL = "http://www.example.com/"
CONTACT = "https://articles.example.org/contact"
HELLO = page(b"<p>Hello</p>", "Content-Type: text/html")
# Of the tests that wait for the deadline.
SECONDS = 0.6


def get(network: Network, url: str = URL) -> Fetched | FetchFailed:
    return fetch_over(network, url, CONTACT, allow)


def failure(network: Network, url: str = URL) -> str:
    found = get(network, url)
    assert isinstance(found, FetchFailed), found
    return found.kind


def fetched(network: Network, url: str = URL) -> Fetched:
    found = get(network, url)
    assert isinstance(found, Fetched), found
    return found


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that a socket was to be connected to."""
    attempts: list[Any] = []
    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)

        def spy(sock: socket.socket, address: Any, original: Any = original) -> Any:
            attempts.append(address)
            return original(sock, address)

        monkeypatch.setattr(socket.socket, name, spy)
    return attempts


# ---- what is sent, what is returned --------------------------------------------------------------


def test_a_page_with_its_headers() -> None:
    with page_server.serve(HELLO) as server:
        found = fetched(server.network(), f"{URL}a%20b/?q=1#part")
    assert found == Fetched(
        url=f"{URL}a%20b/?q=1#part",
        status=200,
        headers={"content-type": "text/html"},
        body=b"<p>Hello</p>",
        is_cut_off=False,
        hops=[f"{URL}a%20b/?q=1#part"],
    )


def test_a_request_says_who_asks_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://user:password@127.0.0.1:9/")
    answers = iter([redirect("/next"), HELLO])
    with page_server.serve(lambda exchange: exchange.send(next(answers))) as server:
        fetched(server.network(), f"{URL}?q=%C3%BC#part")
    assert [request.decode() for request in server.requests] == [
        f"GET {target} HTTP/1.1\r\n"
        "Host: www.example.com\r\n"
        f"User-Agent: seealso/{fetching.VERSION} (+{CONTACT})\r\n"
        "Accept: text/html, application/xhtml+xml, */*;q=0.1\r\n"
        "Accept-Encoding: gzip\r\n"
        "Connection: close\r\n"
        "\r\n"
        for target in ("/?q=%C3%BC", "/next")
    ]


def test_a_user_agent_without_a_contact() -> None:
    with page_server.serve(HELLO) as server:
        fetch_over(server.network(), URL, "", allow)
    assert f"User-Agent: seealso/{fetching.VERSION}\r\n".encode() in server.requests[0]


def test_the_version_is_the_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == fetching.VERSION


@pytest.mark.parametrize("status", [204, 205, 300, 304])
def test_answers_without_a_body(status: int) -> None:
    # As some servers do, which then wait for the next request.
    def answer(exchange: Exchange) -> None:
        exchange.send(page(b"", "Content-Length: 12", "X-A: b", status=f"{status} X"))
        exchange.wait(60)

    with page_server.serve(answer) as server:
        found = fetched(server.network())
    assert found[1:5] == (status, {"content-length": "12", "x-a": "b"}, b"", False)


ERRORS = [400, 401, 403, 404, 405, 410, 429, 500, 503, 999]


@pytest.mark.parametrize("status", ERRORS)
def test_an_error_may_have_a_page_which_may_be_a_wall(status: int) -> None:
    answer = page(b"<p>Hello</p>", "Retry-After: 60", status=f"{status} X")
    with page_server.serve(answer) as server:
        found = fetched(server.network())
    assert found[1:5] == (status, {"retry-after": "60"}, b"<p>Hello</p>", False)


@pytest.mark.parametrize("status", ERRORS)
@pytest.mark.parametrize("header", ["Content-Encoding: gzip", "Content-Length: 99"])
def test_an_error_whose_page_fails_is_still_that_error(status: int, header: str) -> None:
    with page_server.serve(page(b"<p>Hello</p>", header, status=f"{status} X")) as server:
        found = fetched(server.network())
    assert (found.status, found.body, found.is_cut_off) == (status, b"", True)


def test_a_bomb_is_cut_off() -> None:
    bomb = page(gzip.compress(bytes(16 * MAX_BODY_BYTES)), "Content-Encoding: gzip")
    with page_server.serve(bomb) as server:
        found = fetched(server.network())
    assert (len(found.body), found.is_cut_off) == (MAX_BODY_BYTES, True)


@pytest.mark.parametrize(
    "head",
    [
        page(b""),
        page(b"", f"Content-Length: {10**12}"),
        page(b"ffffffffff\r\n", "Transfer-Encoding: chunked"),
    ],
)
def test_an_endless_page_is_cut_off(head: bytes) -> None:
    def answer(exchange: Exchange) -> None:
        exchange.send(head)
        exchange.repeat(b"x" * 65536)

    with page_server.serve(answer) as server:
        found = fetched(server.network())
    assert (found.body, found.is_cut_off) == (b"x" * MAX_BODY_BYTES, True)


# ---- redirects -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("next", f"{URL}a/next#part"),
        ("/next?x=y", f"{URL}next?x=y#part"),
        ("?x", f"{URL}a/b?x#part"),
        ("//other.example.org", "http://other.example.org/#part"),
        ("HTTP://Other.Example.ORG:80/x#own", "http://other.example.org/x#own"),
        (" /next#  ", f"{URL}next#"),
        ("/übung", f"{URL}%C3%BCbung#part"),
        ("\\\\other.example.org\\x", "http://other.example.org/x#part"),
        ("http://münchen.example.org/", "http://xn--mnchen-3ya.example.org/#part"),
    ],
)
def test_follows_redirects_as_browsers_do(status: int, location: str, target: str) -> None:
    with page_server.serve(
        lambda exchange: exchange.send(
            redirect(location, status) if exchange.target == "/a/b" else HELLO
        )
    ) as server:
        found = fetched(server.network(), f"{URL}a/b#part")
    assert (found.url, found.hops) == (target, [f"{URL}a/b#part", target])


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://other.example.org:8080/", "port"),
        ("https://other.example.org:80/", "port"),
        ("https://user@other.example.org/", "credentials"),
        ("http://user:password@other.example.org/", "credentials"),
        ("ftp://other.example.org/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://other.example.org/_GET", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("data:text/html,x", "scheme"),
        ("http://[", "not-parseable"),
        ("http://", "not-parseable"),
        ("http://localhost/", "single-label"),
        ("http://router/", "single-label"),
        ("http://metadata.google.internal/", "reserved-name"),
        ("http://printer.local/", "reserved-name"),
        (f"/{'x' * 3000}", "too-long"),
        ("http://-a-.example.org/", "hyphen"),
    ],
)
def test_a_redirect_leads_only_to_what_could_be_submitted(
    location: str, code: str, connected: list[Any]
) -> None:
    with page_server.serve(redirect(location)) as server:
        found = get(server.network())
    # Those that say nothing of the page.
    kinds: dict[str, Kind] = {
        "single-label": "forbidden-address",
        "reserved-name": "forbidden-address",
        "too-long": "protocol",
    }
    assert found == FetchFailed(kinds.get(code, "bad-redirect"), code, [URL])
    assert connected == [(LOOPBACK, server.port)]


def numbered(redirects: int) -> Answer:
    """Redirects to /1, /2 and so on, of which the last is a page."""

    def answer(exchange: Exchange) -> None:
        number = int(exchange.target[1:] or 0)
        exchange.send(HELLO if number == redirects else redirect(f"/{number + 1}"))

    return answer


def test_follows_three_redirects() -> None:
    with page_server.serve(numbered(3)) as server:
        found = fetched(server.network())
    assert found.hops == [URL, f"{URL}1", f"{URL}2", f"{URL}3"]


def test_follows_no_fourth_redirect() -> None:
    with page_server.serve(numbered(4)) as server:
        found = get(server.network())
    assert found == FetchFailed("too-many-redirects", "", [URL, f"{URL}1", f"{URL}2", f"{URL}3"])
    assert len(server.requests) == 4


@pytest.mark.parametrize("location", ["", "/", URL, "?", "HTTP://WWW.example.com/", "/a/.."])
def test_does_not_go_in_circles(location: str) -> None:
    with page_server.serve(redirect(location)) as server:
        found = get(server.network())
    assert isinstance(found, FetchFailed)
    assert found.kind == "too-many-redirects"
    assert len(server.requests) == len(found.hops) <= 2


@pytest.mark.parametrize(
    "answer", [page(b"", status="302 Found"), page(b"", "Location: /x", status="300 Choices")]
)
def test_what_leads_nowhere_is_the_answer(answer: bytes) -> None:
    with page_server.serve(answer) as server:
        assert fetched(server.network()).status in (300, 302)


def test_a_body_of_a_redirect_is_not_waited_for() -> None:
    def answer(exchange: Exchange) -> None:
        if exchange.target == "/next":
            return exchange.send(HELLO)
        exchange.send(page(b"...", "Location: /next", "Content-Length: 99", status="302 Found"))
        return exchange.wait(60)

    with page_server.serve(answer) as server:
        assert fetched(server.network()).url == f"{URL}next"


# ---- hosts ---------------------------------------------------------------------------------------


def test_each_hop_is_checked_before_its_host_is_looked_up() -> None:
    order = []
    with page_server.serve(
        lambda exchange: exchange.send(
            redirect("//b.example.org/") if "a.example" in exchange.url else HELLO
        )
    ) as server:

        def resolve(host: str, port: int) -> list[Address]:
            order.append(f"resolve {host}:{port}")
            return [(LOOPBACK, server.port)]

        def check(host: str) -> None:
            order.append(f"check {host}")

        fetch_over(server.network(resolve=resolve), "http://A.example.org/", "", check)
    assert order == [
        "check a.example.org",
        "resolve a.example.org:80",
        "check b.example.org",
        "resolve b.example.org:80",
    ]


@pytest.mark.parametrize("kind", ["blocked-host", "busy-host"])
@pytest.mark.parametrize("refused", ["www.example.com", "b.example.org"])
def test_a_refused_host_is_not_asked(kind: Any, refused: str, connected: list[Any]) -> None:
    def check(host: str) -> None:
        if host == refused:
            raise HostRefused(kind)

    with page_server.serve(redirect("http://b.example.org/")) as server:
        found = fetch_over(server.network(), URL, "", check)
    hops = [URL, "http://b.example.org/"][: 1 if refused == "www.example.com" else 2]
    assert found == FetchFailed(kind, "", hops)
    assert len(connected) == len(hops) - 1


@pytest.mark.parametrize("error", [TimeoutError, KeyError, ConnectionError])
def test_what_else_the_check_raises_is_not_the_pages_fault(error: type[Exception]) -> None:
    def check(host: str) -> None:
        raise error

    with pytest.raises(error):
        fetch_over(connections.PUBLIC, URL, "", check)


@pytest.mark.parametrize("spelling", ["http:/www.example.com", " http://WWW.example.com:80 "])
def test_a_url_is_asked_for_as_it_is_stored(spelling: str) -> None:
    with page_server.serve(HELLO) as server:
        assert fetched(server.network(), spelling).url == URL


# ---- addresses -----------------------------------------------------------------------------------


def public_over(resolve: Callable[[str, int], list[Address]]) -> Network:
    """The real network, but for its resolver."""
    return connections.PUBLIC._replace(resolve=resolve)


def knows(found: Iterable[Address]) -> Callable[[str, int], list[Address]]:
    """A resolver that has the same answer for every host."""
    answer = list(found)
    return lambda *_: answer


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_hostile_answer_of_dns_is_not_connected_to(address: str, connected: list[Any]) -> None:
    for answers in ([address], ["8.8.8.8", address], [address, "2606:4700::1"], [address] * 9):
        network = public_over(knows((each, 80) for each in answers))
        for url in (URL, "https://www.example.com/"):
            assert failure(network, url) == "forbidden-address"
    assert connected == []


@pytest.fixture(scope="module")
def redirecting() -> Iterator[page_server.Server]:
    """Each page leads to the host and the path that its query says."""
    with page_server.serve(
        lambda exchange: exchange.send(redirect(exchange.target.partition("?")[2]))
    ) as server:
        yield server


@pytest.mark.parametrize(
    "host", [*SPELLINGS, *(f"[{each}]" if ":" in each else each for each in ADDRESSES)]
)
def test_a_literal_address_is_not_connected_to(
    host: str, connected: list[Any], redirecting: page_server.Server
) -> None:
    found = get(connections.PUBLIC, f"http://{host}/")
    assert isinstance(found, FetchFailed)
    assert (found.kind, found.hops) == ("bad-url", [])
    assert found.detail in ("ip-address", "not-parseable")
    assert connected == []
    found = get(redirecting.network(), f"{URL}?https://{host}/")
    assert isinstance(found, FetchFailed)
    wanted = {"ip-address": "forbidden-address", "not-parseable": "bad-redirect"}
    assert found.kind == wanted[found.detail]
    assert connected == [(LOOPBACK, redirecting.port)]


# The page server's own address is the one exception from the rule.
OTHERS = [address for address in ADDRESSES if address != LOOPBACK]


def real_rule(address: str) -> bool:
    return address == LOOPBACK or addresses.is_allowed(address)


@pytest.mark.parametrize("address", OTHERS)
def test_a_redirect_to_a_hostile_host_is_not_followed(
    address: str, connected: list[Any], redirecting: page_server.Server
) -> None:
    def resolve(host: str, port: int) -> list[Address]:
        good = (LOOPBACK, redirecting.port)
        return [good] if host == "www.example.com" else [good, (address, port)]

    network = redirecting.network(resolve=resolve, is_allowed=real_rule)
    found = get(network, f"{URL}?http://inside.example.org/")
    assert found == FetchFailed(
        "forbidden-address",
        "ForbiddenAddress: ",
        [f"{URL}?http://inside.example.org/", "http://inside.example.org/"],
    )
    assert connected == [(LOOPBACK, redirecting.port)]


@pytest.mark.parametrize("address", OTHERS)
def test_a_host_that_moves_to_a_hostile_address_is_not_followed(
    address: str, connected: list[Any], redirecting: page_server.Server
) -> None:
    answers = iter([[(LOOPBACK, redirecting.port)], [(address, 80)]])
    network = redirecting.network(resolve=lambda *_: next(answers), is_allowed=real_rule)
    assert failure(network, f"{URL}?/next") == "forbidden-address"
    assert connected == [(LOOPBACK, redirecting.port)]


def test_a_host_is_resolved_once_for_each_hop_and_never_by_the_socket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: pytest.fail("resolved again"))
    resolved = []
    with page_server.serve(numbered(2)) as server:

        def resolve(host: str, port: int) -> list[Address]:
            resolved.append((host, port))
            return [(LOOPBACK, server.port)]

        fetched(server.network(resolve=resolve))
    assert resolved == [("www.example.com", 80)] * 3


def test_the_public_network_has_the_real_rule_and_resolver(
    monkeypatch: pytest.MonkeyPatch, connected: list[Any]
) -> None:
    asked = []

    def getaddrinfo(host: bytes, port: int, **options: Any) -> list[Any]:
        asked.append((host, port))
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2606:4700::1", port, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    found = fetching.fetch("https://www.example.com/", CONTACT, allow)
    assert isinstance(found, FetchFailed)
    assert found.kind == "forbidden-address"
    assert asked == [(b"www.example.com", 443)]
    assert connected == []
    assert [*connections.PUBLIC] == [
        *(connections.system_resolve, addresses.is_allowed, connections.system_tls, 10.0)
    ]


def closed_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as listening:
        return int(listening.getsockname()[1])


def test_a_host_with_a_dead_address_is_reached_by_another() -> None:
    dead = (LOOPBACK, closed_port())
    with page_server.serve(HELLO) as server:
        found = [dead, dead, dead, (LOOPBACK, server.port)]
        assert fetched(server.network(resolve=knows(found))).status == 200
        found.insert(0, dead)
        assert failure(server.network(resolve=knows(found))) == "connection"


def test_a_host_without_addresses() -> None:
    assert failure(public_over(knows([]))) == "dns"

    def resolve(host: str, port: int) -> list[Address]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    assert failure(public_over(resolve)) == "dns"


def test_a_fault_of_the_resolver_is_not_the_pages() -> None:
    with pytest.raises(ZeroDivisionError):
        get(public_over(lambda host, port: [(host, port // 0)]))


# ---- TLS -----------------------------------------------------------------------------------------

CA = trustme.CA()


def tls_of(*names: str, ca: trustme.CA = CA, **options: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names, **options).configure_cert(context)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


@pytest.fixture
def trusted() -> ssl.SSLContext:
    """As connections.system_tls, but trusting CA alone."""
    context = ssl.create_default_context()
    CA.configure_trust(context)
    return context


def over_tls(server: page_server.Server, trusted: ssl.SSLContext, seconds: float = 5) -> Network:
    return server.network(seconds)._replace(tls=lambda: trusted)


@pytest.mark.parametrize("url", ["https://www.example.com/", "https://www.example.com./"])
@pytest.mark.parametrize("name", ["www.example.com", "*.example.com"])
def test_the_certificate_is_checked_for_the_host(
    url: str, name: str, trusted: ssl.SSLContext
) -> None:
    with page_server.serve(HELLO, tls_of(name)) as server:
        assert fetched(over_tls(server, trusted), url).body == b"<p>Hello</p>"
    assert server.names == ["www.example.com"]
    assert f"Host: {url.split('/')[2]}\r\n".encode() in server.requests[0]


DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.UTC)


@pytest.mark.parametrize(
    "context",
    [
        tls_of("www.example.org"),
        tls_of("example.com"),
        tls_of("*.www.example.com"),
        tls_of(LOOPBACK),
        tls_of("www.example.com", not_before=NOW - 2 * DAY, not_after=NOW - DAY),
        tls_of("www.example.com", not_before=NOW + DAY, not_after=NOW + 2 * DAY),
        tls_of("www.example.com", ca=trustme.CA()),
    ],
    ids=["other", "parent", "below", "address", "expired", "not yet valid", "unknown authority"],
)
def test_a_certificate_that_is_not_valid_is_refused(
    context: ssl.SSLContext, trusted: ssl.SSLContext
) -> None:
    with page_server.serve(HELLO, context) as server:
        found = get(over_tls(server, trusted), "https://www.example.com/")
    assert isinstance(found, FetchFailed)
    assert found.kind == "tls"
    assert "SSLCertVerificationError" in found.detail
    assert server.requests == []


def test_a_server_without_tls_is_refused(trusted: ssl.SSLContext) -> None:
    with page_server.serve(
        HELLO, tls_of("x"), before_tls=lambda exchange: exchange.send(HELLO)
    ) as server:
        assert failure(over_tls(server, trusted), "https://www.example.com/") == "tls"


def test_a_page_may_move_to_tls_and_back(trusted: ssl.SSLContext) -> None:
    with (
        page_server.serve(redirect("https://www.example.com/")) as plain,
        page_server.serve(redirect("http://b.example.org/"), tls_of("www.example.com")) as secured,
        page_server.serve(HELLO) as last,
    ):
        ports = {443: secured.port, 80: plain.port}

        def resolve(host: str, port: int) -> list[Address]:
            return [(LOOPBACK, last.port if host == "b.example.org" else ports[port])]

        found = fetched(plain.network(resolve=resolve)._replace(tls=lambda: trusted))
    assert found.hops == [URL, "https://www.example.com/", "http://b.example.org/"]


def test_the_system_context_verifies() -> None:
    context = connections.system_tls()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert connections.system_tls() is context


def test_a_system_without_authorities_is_not_the_pages_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        ssl, "create_default_context", lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )
    # OpenSSL looks in the wrong place, and then nothing is in the right ones either.
    assert connections.system_tls.__wrapped__().cert_store_stats()["x509_ca"] > 0
    monkeypatch.setattr(connections, "_BUNDLES", ("/nowhere/ca-bundle.crt",))
    with pytest.raises(RuntimeError, match="SSL_CERT_FILE"):
        connections.system_tls.__wrapped__()


# ---- time ----------------------------------------------------------------------------------------


def in_time(network: Network, url: str = URL) -> str:
    """The failure, which must come at the deadline and not much later."""
    started = time.monotonic()
    kind = failure(network, url)
    assert network.seconds * 0.9 < time.monotonic() - started < network.seconds + 1
    return kind


def beginning_with(data: bytes, then: Answer) -> Answer:
    def answer(exchange: Exchange) -> None:
        exchange.send(data)
        then(exchange)

    return answer


SLOW: dict[str, Answer] = {
    "silence": lambda exchange: exchange.wait(60),
    "the first line drips": lambda exchange: exchange.drip(HELLO * 9),
    "the head drips": beginning_with(b"HTTP/1.1 200 OK\r\n", lambda it: it.drip(b"X: y\r\n" * 99)),
    "silence in the head": beginning_with(b"HTTP/1.1 200 OK\r\n", lambda it: it.wait(60)),
    "interim answers drip": lambda it: it.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 9),
    "the body drips": beginning_with(page(b""), lambda it: it.drip(b"x" * 999)),
    "silence in the body": beginning_with(page(b"x"), lambda it: it.wait(60)),
    "chunks drip": beginning_with(
        page(b"", "Transfer-Encoding: chunked"), lambda it: it.drip(b"1\r\nx\r\n" * 99)
    ),
    "gzip drips": beginning_with(
        page(b"", "Content-Encoding: gzip"), lambda it: it.drip(gzip.compress(HELLO * 99))
    ),
    "a body that is shorter than its length": beginning_with(
        page(b"x" * 9, "Content-Length: 10"), lambda it: it.wait(60)
    ),
    "a mebibyte and silence": beginning_with(page(b"x" * 2**20), lambda it: it.wait(60)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_a_slow_page_ends_with_the_deadline(name: str) -> None:
    with page_server.serve(SLOW[name]) as server:
        assert in_time(server.network(SECONDS)) == "timeout"


@pytest.mark.slow
def test_an_error_whose_page_drips_is_still_that_error() -> None:
    started = time.monotonic()
    head = page(b"", status="410 Gone")
    with page_server.serve(beginning_with(head, lambda it: it.drip(b"x" * 999))) as server:
        assert fetched(server.network(SECONDS)).status == 410
    assert time.monotonic() - started < SECONDS + 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "before_tls",
    [
        lambda exchange: exchange.wait(60),
        lambda exchange: exchange.drip(b"\x16\x03\x03\x40\x00" + bytes(999)),
    ],
    ids=["silence", "drips"],
)
def test_a_slow_handshake_ends_with_the_deadline(
    before_tls: Answer, trusted: ssl.SSLContext
) -> None:
    with page_server.serve(HELLO, tls_of("x"), before_tls=before_tls) as server:
        network = over_tls(server, trusted, SECONDS)
        assert in_time(network, "https://www.example.com/") == "timeout"


@pytest.mark.slow
def test_a_page_that_drips_over_tls_ends_with_the_deadline(trusted: ssl.SSLContext) -> None:
    answer = beginning_with(page(b""), lambda exchange: exchange.drip(b"x" * 999))
    with page_server.serve(answer, tls_of("www.example.com")) as server:
        network = over_tls(server, trusted, SECONDS)
        assert in_time(network, "https://www.example.com/") == "timeout"


@pytest.mark.slow
def test_slow_dns_ends_with_the_deadline() -> None:
    ending = threading.Event()

    def resolve(host: str, port: int) -> list[Address]:
        ending.wait(60)
        return [("8.8.8.8", port)]

    assert in_time(public_over(resolve)._replace(seconds=SECONDS)) == "dns"
    with page_server.serve(redirect("//b.example.org/")) as server:
        network = server.network(
            SECONDS,
            lambda host, port: (
                resolve(host, port) if host == "b.example.org" else [(LOOPBACK, server.port)]
            ),
        )
        assert in_time(network) == "dns"
    ending.set()


@pytest.mark.slow
def test_a_server_that_does_not_accept_ends_with_the_deadline() -> None:
    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        listening.listen(0)
        address = listening.getsockname()
        # The queue is full after one or two; the others are never answered.
        waiting = [socket.socket() for _ in range(4)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(address)
        network = Network(knows([address] * 9), lambda _: True, ssl.SSLContext, SECONDS)
        assert in_time(network) == "timeout"
        for sock in waiting:
            sock.close()


@pytest.mark.slow
def test_slow_redirects_share_one_deadline() -> None:
    def answer(exchange: Exchange) -> None:
        exchange.wait(SECONDS * 0.4)
        numbered(3)(exchange)

    with page_server.serve(answer) as server:
        assert in_time(server.network(SECONDS)) == "timeout"
    assert len(server.requests) == 3


def test_a_fetch_whose_time_is_over_connects_to_nothing(connected: list[Any]) -> None:
    with page_server.serve(HELLO) as server:
        assert failure(server.network(seconds=0)) == "timeout"
    assert connected == []


# ---- whatever a server sends ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", "connection"),
        (b"HTTP/1.1 200 OK\r\nX", "connection"),
        (page(b"x", "Content-Length: 2"), "connection"),
        (page(gzip.compress(HELLO)[:-1], "Content-Encoding: gzip"), "connection"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "protocol"),
        (page(HELLO, "Content-Encoding: gzip"), "protocol"),
        (page(HELLO, "Transfer-Encoding: chunked"), "protocol"),
        (page(b"", *[f"X-{number}: y" for number in range(300)]), "protocol"),
    ],
)
def test_what_is_no_answer_has_a_kind(answer: bytes, kind: str) -> None:
    with page_server.serve(answer) as server:
        assert failure(server.network()) == kind


def test_a_reset_connection() -> None:
    def answer(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\n")
        exchange.reset()

    with page_server.serve(answer) as server:
        assert failure(server.network()) == "connection"


def test_a_host_that_refuses_connections() -> None:
    port = closed_port()
    network = Network(knows([(LOOPBACK, port)]), lambda _: True, ssl.SSLContext, 5)
    assert failure(network) == "connection"


sent = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 Found\r\n", b"Location: ", b"/next"),
                *(b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"\r\n"),
            ]
        ),
        st.binary(max_size=20),
    ),
    max_size=12,
).map(b"".join)


@pytest.fixture(scope="module")
def scripted() -> Iterator[tuple[page_server.Server, list[bytes]]]:
    """A server that answers with the last bytes in the list."""
    script = [b""]
    with page_server.serve(lambda exchange: exchange.send(script[-1])) as server:
        yield server, script


@given(data=sent)
def test_raises_nothing_whatever_a_server_sends(
    scripted: tuple[page_server.Server, list[bytes]], data: bytes
) -> None:
    server, script = scripted
    script[:] = [data]
    assert isinstance(get(server.network()), Fetched | FetchFailed)


@given(url=st.one_of(st.text(max_size=40), st.text(max_size=20).map("http://example.com/".__add__)))
def test_raises_nothing_whatever_the_url_is(
    scripted: tuple[page_server.Server, list[bytes]], url: str
) -> None:
    server, script = scripted
    script[:] = [HELLO]
    assert isinstance(get(server.network(), url), Fetched | FetchFailed)


# The body as it grows and as it is returned, and what is on its way: 2.3 MiB when it was measured.
MEMORY = 3 * 2**20


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "block"),
    [
        (page(b""), b"x" * 65536),
        (page(gzip.compress(bytes(2**24)), "Content-Encoding: gzip"), b"x" * 65536),
        (page(b"", "Transfer-Encoding: chunked"), b"8000\r\n" + b"x" * 32768 + b"\r\n"),
        (page(b"", "Transfer-Encoding: chunked"), (b"40\r\n" + b"x" * 64 + b"\r\n") * 1000),
    ],
    ids=["plain", "gzip", "chunks", "small chunks"],
)
def test_an_endless_body_needs_little_memory(head: bytes, block: bytes) -> None:
    def answer(exchange: Exchange) -> None:
        exchange.send(head)
        exchange.repeat(block)

    with page_server.serve(answer) as server:
        fetched(server.network(30))  # what is loaded once
        tracemalloc.start()
        try:
            found = fetched(server.network(30))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert found.is_cut_off
    assert peak < MEMORY
