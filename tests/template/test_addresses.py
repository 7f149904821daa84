"""The API's own addresses: the base URL of its answers, whose pages may submit, the store's."""

from typing import Any

import pytest

from seealso.errors import Refusal
from seealso.http.requests import Request, request_of
from seealso.settings import SettingsError
from seealso.store.tables import current_store, reset_store
from seealso.submitting.origins import check_origin
from seealso.tables import sites
from tests.support import tables
from tests.support.events import event

SITE = "heat.example.com"
STORE: Any = None  # only has_host() would use it


def request(host: str = "api.example.com", scheme: str = "https") -> Request:
    headers = {"host": host, "x-forwarded-proto": scheme}
    return request_of(event("GET /links/{link_id}", {"link_id": "0" * 32}, headers=headers))


@pytest.fixture(autouse=True)
def _one_site(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "has_host", lambda _store, host: host == SITE)


def problem(origin: str, base_url: str) -> str | None:
    """The detail of the refusal; None if the origin may submit."""
    try:
        check_origin(STORE, origin, base_url)
    except Refusal as refusal:
        return str(refusal.detail)
    return None


def test_urls_begin_with_the_address_of_the_request() -> None:
    assert request().base_url == "https://api.example.com"
    assert request("127.0.0.1:4566", "http").base_url == "http://127.0.0.1:4566"


def test_urls_begin_with_the_public_url_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://www.example.com")
    assert request().base_url == "https://www.example.com"
    monkeypatch.setenv("PUBLIC_URL", "")  # the parameter's default
    assert request().base_url == "https://api.example.com"


def test_pages_of_the_public_url_and_of_sites_may_submit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://www.example.com")
    base_url = request().base_url
    assert problem("https://www.example.com", base_url) is None
    assert problem(f"https://{SITE}", base_url) is None
    # The gateway's own address is not the public one.
    assert problem("https://api.example.com", base_url) is not None


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:5173",
        "http://localhost",
        "http://127.0.0.1:8080",
        "http://LOCALHOST:3000",
        "https://localhost:3000",
    ],
)
def test_local_pages_may_submit_to_the_local_run_alone(origin: str) -> None:
    assert problem(origin, "http://127.0.0.1:4566") is None
    assert problem(origin, "https://api.example.com") is not None


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost.example.com",
        "http://localhost:5173.example.com",
        "http://127.0.0.1.example.com:80",
        "http://127.0.0.2:4566",
        "http://localhost:x",
        "http://user@localhost:80",
        "http://[::1]:80",
        "localhost:5173",
    ],
)
def test_other_pages_may_not_submit_to_the_local_run(origin: str) -> None:
    detail = problem(origin, "http://127.0.0.1:4566")
    assert detail == "Links can be submitted only from this network's own sites."


def test_a_hidden_origin_is_explained() -> None:
    for base_url in ("https://api.example.com", "http://127.0.0.1:4566"):
        detail = problem("null", base_url)
        assert detail is not None
        assert "hides its origin" in detail
        assert "no-referrer" in detail


def test_the_stores_address_comes_from_the_template(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = "https://dynamodb.cn-north-1.amazonaws.com.cn"
    for name in (
        *("ARTICLES_TABLE", "LINKS_TABLE", "SITES_TABLE", "SKIPS_TABLE", "AUDIT_TABLE"),
        "TRANSIENT_TABLE",
    ):
        monkeypatch.setenv(name, "table")
    monkeypatch.setenv("AWS_REGION", tables.REGION)
    monkeypatch.setenv("STORE_ENDPOINT", endpoint)
    reset_store()
    assert current_store().client.endpoint == endpoint
    # What the emulator sets for every function comes first.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    reset_store()
    assert current_store().client.endpoint == "http://localhost:4566"
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.delenv("STORE_ENDPOINT")
    reset_store()
    with pytest.raises(SettingsError, match="STORE_ENDPOINT is required"):
        current_store()
