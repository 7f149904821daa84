"""Requests past the CDN are refused, and its viewers' addresses are believed."""

import pytest

from seealso.errors import Refusal
from seealso.http.requests import Request, request_of, with_viewer_address
from seealso.store.tables import Store
from tests.support.events import event
from tests.support.functions import handler
from tests.support.gateway import get, routes
from tests.support.log import Log

CURRENT, PREVIOUS = "1a2b.current", "3c4d.previous"
VIEWER = "198.51.100.23"
CDN = "192.0.2.7"  # what the gateway sees in tests/support/events.py


@pytest.fixture
def cdn(network: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORIGIN_SECRETS", f"{CURRENT} {PREVIOUS}")
    monkeypatch.setenv("PUBLIC_URL", "https://www.example.com")


def request(headers: dict[str, str]) -> Request:
    return request_of(event("GET /articles/{id}", {"id": "100"}, headers=headers))


@pytest.mark.parametrize("secret", [CURRENT, PREVIOUS])
def test_the_cdns_requests_are_answered(cdn: None, secret: str) -> None:
    assert get("/articles/100", {"X-Origin-Secret": secret}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Viewer-Address": VIEWER},
        {"X-Origin-Secret": ""},
        {"X-Origin-Secret": "1a2b"},
        {"X-Origin-Secret": f"{CURRENT} {PREVIOUS}"},
        {"X-Origin-Secret": f"{CURRENT},{CURRENT}"},
        {"X-Origin-Secret": "gef\u00e4lscht"},
    ],
)
def test_other_requests_are_refused(cdn: None, log: Log, headers: dict[str, str]) -> None:
    answer = get("/articles/100", headers)
    assert answer.status == 403
    assert answer.json()["type"] == "/problems/forbidden"
    line = log.line()
    assert (line["status"], line["store_requests"], line["failed"]) == (403, 0, 0)
    for secret in (CURRENT, PREVIOUS, VIEWER):
        assert secret not in log.text() + answer.body


@pytest.mark.parametrize("route", sorted(routes()))
def test_no_route_is_open(cdn: None, route: str) -> None:
    answer = handler(routes()[route])(event(route, {"id": "100"}), None)
    assert answer["statusCode"] == 403
    assert answer["headers"]["cache-control"] == "no-store"


def test_one_secret_is_enough(network: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORIGIN_SECRETS", f"{CURRENT} ")  # as the template puts it together
    assert get("/articles/100", {"X-Origin-Secret": CURRENT}).status == 200
    assert get("/articles/100", {"X-Origin-Secret": ""}).status == 403


def test_the_viewers_address_is_believed_only_beside_the_secret() -> None:
    told = request({"X-Origin-Secret": CURRENT, "X-Viewer-Address": VIEWER})
    assert told.client_address == CDN
    assert with_viewer_address(told, [CURRENT]).client_address == VIEWER
    assert (
        with_viewer_address(request({"X-Origin-Secret": CURRENT}), [CURRENT]).client_address == CDN
    )
    for secret in ("", PREVIOUS):
        with pytest.raises(Refusal):
            with_viewer_address(request({"X-Origin-Secret": secret}), [CURRENT])


def test_without_the_cdn_nobody_is_believed(network: Store) -> None:
    forged = request({"X-Viewer-Address": VIEWER, "X-Forwarded-For": VIEWER})
    assert forged.client_address == CDN
    assert get("/articles/100").status == 200
