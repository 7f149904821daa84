"""Notices over loopback: what a receiver gets, its signature, and answers of every kind."""

import hmac
import json
import re
from hashlib import sha256
from typing import Any

import pytest

from local.paths import ROOT
from seealso.errors import StoreUnavailable, VersionConflict
from seealso.notifying.running import Report, run
from seealso.store.tables import Store
from seealso.tables import notices
from seealso.tables.audit import AuditFilter, list_audit
from seealso.verifying.addresses import is_allowed
from seealso.verifying.fetching import Fetched, FetchFailed, Kind, post_over
from tests.notifying.receiver import Clock, sent_to, tools
from tests.support import page_server
from tests.support.factories import NOW, by
from tests.support.functions import function
from tests.support.log import Log
from tests.support.page_server import LOOPBACK, Answer, Exchange, page, redirect
from tests.support.scan import scan

SECONDS = 0.6  # of a post, where the answer is too slow


def posted(server: page_server.Server, seconds: float = 5.0) -> Fetched | FetchFailed:
    return sent_to(server, seconds)({"Content-Type": "application/json"}, b'{"kind":"test"}')


@pytest.fixture
def webhook(moto_store: Store) -> Store:
    """A webhook whose admin has asked for a test."""
    notices.replace_key(moto_store, by("bea@example.com", NOW), "")
    notices.ask_for_test(moto_store, NOW)
    lease = notices.take_lease(moto_store, NOW, 0)
    assert lease
    notices.save_state(moto_store, lease, notices.State(digest_day="2026-11-23"))
    return moto_store


def verifying_receiver() -> Any:
    """The function of docs/editing.md that verifies a signature."""
    text = (ROOT / "docs/editing.md").read_text("utf-8").partition("\n## Notices\n")[2]
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[:1]
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 our own document
    return names["is_from_seealso"]


def test_what_is_sent_and_how_it_is_verified(webhook: Store) -> None:
    with page_server.serve(page(b"thanks")) as server:
        clock = Clock(NOW)
        assert run(tools(webhook, clock, sent_to(server)), 0) == Report(accepted=1)
    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert first == "POST /hook?a=b HTTP/1.1"
    signature = headers.pop("Seealso-Signature")
    assert headers == {
        "Host": "receiver.example.com",
        "User-Agent": "seealso/0.1.0",
        "Content-Type": "application/json",
        "Accept": "*/*",
        "Content-Length": str(len(body)),
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }
    assert json.loads(body)["kind"] == "test"

    key = notices.get_webhook(webhook).key
    assert key
    seconds = int(clock.now.timestamp())
    expected = hmac.new(key.secret.encode(), f"{seconds}.".encode() + body, sha256).hexdigest()
    assert signature == f"t={seconds},v1={expected}"
    verified = verifying_receiver()
    assert verified(key.secret, signature, body, seconds)
    assert verified(key.secret, signature, body, seconds + 300)
    assert not verified(key.secret, signature, body, seconds + 301)
    assert not verified(key.secret, signature, body + b" ", seconds)
    assert not verified(key.secret, signature.replace("t=", "t=1"), body, seconds)
    assert not verified("0" * 64, signature, body, seconds)
    for malformed in ("", "t=1", "v1=", "t=x,v1=y", "t=,v1=", "\N{SNOWMAN}"):
        assert not verified(key.secret, malformed, body, seconds)


def drip(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    exchange.drip(b"slow" * 250)


def endless(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
    exchange.repeat(b"x" * 65536)


def silent(exchange: Exchange) -> None:
    exchange.wait(60)


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (page(b"ok"), 200, "ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        (page(b"<h1>broken</h1>", status="500 Oops"), 500, "<h1>broken</h1>"),
        (page(b"\xff\xfe\0", status="404 Not Found"), 404, "\N{REPLACEMENT CHARACTER}" * 2 + " "),
        (redirect("http://other.example.com/", 307), 307, ""),
        (redirect("http://169.254.169.254/latest", 308), 308, ""),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n\0", 200, ""),
        (endless, 200, "x" * 200),
    ],
)
def test_answers_are_kept_and_redirects_not_followed(
    webhook: Store, answer: Answer | bytes, status: int, text: str
) -> None:
    with page_server.serve(answer) as server:
        report = run(tools(webhook, Clock(NOW), sent_to(server)), 0)
    assert server.connections == 1
    accepted = 200 <= status < 300
    assert report == Report(int(accepted), int(not accepted))
    (delivery,) = notices.get_webhook(webhook).state.deliveries
    assert (delivery.status, delivery.problem, delivery.answer) == (status, None, text)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [(silent, "timeout"), (b"no HTTP\r\n\r\n", "protocol"), (Exchange.reset, "connection")],
)
def test_what_is_no_answer_is_a_failure(
    webhook: Store, answer: Answer | bytes, problem: Kind
) -> None:
    with page_server.serve(answer) as server:
        assert run(tools(webhook, Clock(NOW), sent_to(server, SECONDS)), 0) == Report(failed=1)
    (delivery,) = notices.get_webhook(webhook).state.deliveries
    assert (delivery.status, delivery.problem, delivery.answer) == (None, problem, "")


def test_an_answer_that_drips_counts_by_its_status() -> None:
    with page_server.serve(drip) as server:
        found = posted(server, SECONDS)
    assert isinstance(found, Fetched)
    assert (found.status, found.body) == (200, b"")


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1"])
def test_internal_addresses_get_nothing(address: str) -> None:
    with page_server.serve(page(b"ok")) as server:
        network = server.network(
            resolve=lambda _host, _port: [(address, server.port)], is_allowed=is_allowed
        )
        found = post_over(network, "http://receiver.example.com/", "", {}, b"{}")
    assert isinstance(found, FetchFailed)
    assert found.kind == "forbidden-address"
    assert server.connections == 0


@pytest.mark.parametrize(
    "url", [f"https://{LOOPBACK}/", "https://localhost/", "https://example.com:8443/", "ftp://a.b/"]
)
def test_urls_that_could_not_be_submitted_get_nothing(url: str) -> None:
    with page_server.serve(page(b"ok")) as server:
        found = post_over(server.network(), url, "", {}, b"{}")
    assert isinstance(found, FetchFailed)
    assert found.kind == "bad-url"
    assert server.connections == 0


# ---- the function ----------------------------------------------------------------------------


class Context:
    """Of an invocation that has just begun."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 120_000


def test_the_function_does_nothing_without_a_url(deployed_environment: Store) -> None:
    assert function("notify").handler({}, Context()) == "no NotifyUrl"
    assert scan(deployed_environment, deployed_environment.transient) == []


def test_a_store_that_does_not_answer_is_no_failure_of_the_job(
    deployed_environment: Store, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    monkeypatch.setenv("NOTIFY_URL", "https://receiver.example.com/secret-path")

    def unavailable(*_: object, **__: object) -> None:
        raise StoreUnavailable("time limit reached")

    job = function("notify")
    monkeypatch.setattr(job, "run", unavailable)
    assert job.handler({}, Context()) == "the store does not answer"
    assert "secret-path" not in log.text()


# ---- feeds' addresses ------------------------------------------------------------------------


def test_a_feeds_address_is_found_by_its_key_until_it_is_replaced(store: Store) -> None:
    network = notices.replace_feed_key(store, by("ann@example.com", NOW), None, "")
    site = notices.replace_feed_key(store, by("ann@example.com", NOW), 7, "")
    assert re.fullmatch("network-[0-9a-f]{32}", network)
    assert re.fullmatch("7-[0-9a-f]{32}", site)
    found = notices.get_feed_addresses(store, [None, 7, 3])
    assert {domain: each.made_by for domain, each in found.items()} == dict.fromkeys(
        (None, 7), "ann@example.com"
    )
    assert notices.find_feed(store, network) == found[None]
    assert notices.find_feed(store, site) == found[7]
    secret = site.removeprefix("7-")
    assert secret not in str(found)
    for wrong in (f"3-{secret}", f"network-{secret}", f"07-{secret}", f"-{secret}", secret, "7-"):
        assert notices.find_feed(store, wrong) is None
    with pytest.raises(VersionConflict):
        notices.replace_feed_key(store, by("eve@example.com", NOW), 7, "")
    later = NOW.replace(hour=13)
    new = notices.replace_feed_key(store, by("ann@example.com", later), 7, found[7].made_at)
    assert notices.find_feed(store, site) is None
    assert notices.find_feed(store, new)
    assert notices.find_feed(store, network)
    told = [(each["action"], each["domain"]) for each in list_audit(store, AuditFilter(), 9)]
    assert sorted(told, key=repr) == [
        ("notices.feed", 7),
        ("notices.feed", 7),
        ("notices.feed", None),
    ]
