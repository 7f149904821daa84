"""The gateway as template.yaml sets it up: preflights, HEAD, and who may submit to a local run."""

import json

import pytest

from local.sample_data import ARTICLE
from tests.end_to_end.conftest import Deployed

HEADERS = "apollographql-client-name,authorization,sentry-trace,traceparent,x-hasura-role"
PUBLIC = [
    f"/articles/{ARTICLE}",
    f"/articles/{ARTICLE}/related",
    "/articles/1",
    "/domains/7/articles",
    "/graphql?query=%7Bqa_ai_by_pk(id%3A1)%7Bid%7D%7D",
    f"/links/{'0' * 32}",
    "/openapi.json",
    "/sites",
]


@pytest.mark.parametrize("path", ["/graphql", "/admin/articles"])
def test_a_preflight_allows_any_header_and_authorization(deployed: Deployed, path: str) -> None:
    preflight = deployed.request(
        "OPTIONS",
        path,
        headers={
            "Origin": "https://reader.example.com",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": HEADERS,
        },
    )
    assert preflight.status == 204
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower().replace(" ", "")
    # A browser does not take * for Authorization, and with credentials for no header at all.
    assert set(allowed.split(",")) == {"*", "authorization"}
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert preflight.headers["Access-Control-Allow-Credentials"] is None


@pytest.mark.parametrize("path", PUBLIC)
def test_head_is_get_without_a_body(deployed: Deployed, path: str) -> None:
    got = deployed.get(path)
    head = deployed.request("HEAD", path)
    assert head.status == got.status
    assert head.body == b""
    for name in ("Content-Type", "Cache-Control", "ETag", "X-Content-Type-Options"):
        assert head.headers[name] == got.headers[name], name


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:5173", 201),
        ("http://127.0.0.1:8000", 201),
        ("https://elsewhere.example.net", 403),
        ("null", 403),
    ],
)
def test_local_pages_may_submit_to_a_local_run(
    deployed: Deployed, origin: str, status: int
) -> None:
    url = "https://forms.example.net/"
    body = {"url": url, "has_right_to_share": True, "agrees_to_link_back": True}
    response = deployed.request(
        "POST",
        f"/articles/{ARTICLE}/links",
        headers={"Content-Type": "application/json", "Origin": origin},
        body=json.dumps(body).encode(),
    )
    assert response.status == status, response.body
    if status == 201:
        receipt = response.json()
        deployed.request(
            "DELETE",
            f"/links/{receipt['link_id']}",
            headers={"Authorization": f"Bearer {receipt['withdraw_token']}"},
        )
