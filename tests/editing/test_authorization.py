"""Who may do what: every route refuses every token but those of its group."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seealso.editing.auth import ADMINS, EDITORS, strings_in
from seealso.store.tables import Store
from tests.editing import sample_network
from tests.editing.sample_network import COLUMNS, DELETED, DRAFT, SHOWN, SITE, SITED, link_id
from tests.support import gateway, requests
from tests.support.editors import ADMIN, EDITOR, claims
from tests.support.events import unsigned_token
from tests.support.gateway import Response
from tests.support.requests import problem
from tests.support.scan import unchanged
from tests.support.tables import AUDIENCE, ISSUER

REASON = {"reason": "It is an advertisement."}
# For each route a request that does something: target, body, version.
REQUESTS: dict[str, tuple[str, Any, int | None]] = {
    "GET /admin/articles": (f"?domain={SITED}", None, None),
    "POST /admin/articles": ("", COLUMNS, None),
    "GET /admin/articles/{id}": (f"/{DRAFT}", None, None),
    "PUT /admin/articles/{id}": (f"/{DRAFT}", COLUMNS, 1),
    "PATCH /admin/articles/{id}": (f"/{DRAFT}", {"title": "Another"}, 1),
    "DELETE /admin/articles/{id}": (f"/{SHOWN}", None, 1),
    "POST /admin/articles/{id}/publish": (f"/{DRAFT}/publish", None, 1),
    "POST /admin/articles/{id}/unpublish": (f"/{SHOWN}/unpublish", None, 1),
    "POST /admin/articles/{id}/restore": (f"/{DELETED}/restore", None, 1),
    "POST /admin/articles/{id}/purge": (f"/{DELETED}/purge", None, 1),
    "GET /admin/links": ("", None, None),
    "GET /admin/links/{link_id}": (f"/{link_id(1)}", None, None),
    "POST /admin/links/{link_id}/approve": (f"/{link_id(1)}/approve", None, 1),
    "POST /admin/links/{link_id}/reject": (f"/{link_id(1)}/reject", REASON, 1),
    "POST /admin/links/{link_id}/remove": (f"/{link_id(2)}/remove", REASON, 1),
    "POST /admin/links/{link_id}/restore": (f"/{link_id(3)}/restore", None, 2),
    "POST /admin/links/{link_id}/erase": (f"/{link_id(1)}/erase", None, 1),
    "POST /admin/links/{link_id}/check": (f"/{link_id(1)}/check", None, None),
    "GET /admin/sites": ("", None, None),
    "GET /admin/sites/{domain}": (f"/{SITED}", None, None),
    "PUT /admin/sites/{domain}": (f"/{SITED}", SITE, 1),
    "GET /admin/blocks": ("", None, None),
    "POST /admin/blocks": ("", {"host": "spam.example.net"}, None),
    "DELETE /admin/blocks/{host}": ("/casino.example.org", None, None),
    "GET /admin/audit": ("", None, None),
}
FOR_ADMINS = [
    route
    for route in REQUESTS
    if route.endswith(("/purge", "/erase"))
    or route.split("/")[2] == "audit"
    or (route.split("/")[2] in ("sites", "blocks") and not route.startswith("GET"))
]
GOOD = claims(EDITOR, "[editors admins]")


@pytest.fixture(autouse=True)
def rejected_link(network: Store) -> None:
    """A link for the route that restores one."""
    sample_network.put_link(network, 3)
    sample_network.move(network, 3, "rejected")


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in GOOD.items() if name not in names}


def with_groups(groups: str) -> dict[str, str]:
    return GOOD | {"cognito:groups": groups}


# Tokens that open no route: what is wrong, their claims, and what is answered.
WRONG: dict[str, tuple[dict[str, str] | None, int]] = {
    "no token": (None, 401),
    "no claims": ({}, 401),
    "another issuer": (GOOD | {"iss": f"{ISSUER}x"}, 401),
    "no issuer": (without("iss"), 401),
    "an ID token": (GOOD | {"token_use": "id", "aud": AUDIENCE}, 401),
    "a refresh token": (GOOD | {"token_use": "refresh"}, 401),
    "another client": (GOOD | {"client_id": "another0000000000000000000"}, 401),
    "no client": (without("client_id"), 401),
    "an audience, but another client": (GOOD | {"client_id": "x", "aud": AUDIENCE}, 401),
    "no use, another audience": (without("token_use") | {"aud": "another"}, 401),
    "no use, no audience": (without("token_use"), 401),
    "expired": (GOOD | {"exp": str(int(time.time()) - 1)}, 401),
    "an expiry that is none": (GOOD | {"exp": "soon"}, 401),
    "not a number of an expiry": (GOOD | {"exp": "nan"}, 401),
    "no expiry": (without("exp"), 401),
    "no name": (without("username", "sub"), 401),
    "empty names": (GOOD | {"username": "", "sub": ""}, 401),
    "no group claim": (without("cognito:groups"), 403),
    "noteditors": (with_groups("[noteditors]"), 403),
    "editorsadmins": (with_groups("[editorsadmins]"), 403),
    "two groups without brackets": (with_groups("editors admins"), 403),
    "groups in JSON": (with_groups('["editors","admins"]'), 403),
    "groups with a comma": (with_groups("[editors,admins]"), 403),
    "upper case": (with_groups("[Editors ADMINS]"), 403),
    "half a bracket": (with_groups("[editors"), 403),
    "no group": (with_groups("[]"), 403),
    "nothing of groups": (with_groups(""), 403),
    "groups of another claim": (without("cognito:groups") | {"groups": "[admins]"}, 403),
}


def send(route: str, token: dict[str, str] | None) -> Response:
    """The answer to the route's request with a token of these claims."""
    method, _, path = route.partition(" ")
    rest, body, version = REQUESTS[route]
    target = f"/{path.split('/')[2]}{rest}"
    headers = {"content-type": "application/json"}
    if version:
        headers["if-match"] = f'"{version}"'
    text = None if body is None else json.dumps(body)
    response = gateway.request(method, f"/admin{target}", headers, text, token)
    return requests.checked(method, target, response, text)


def test_covers_every_route() -> None:
    assert set(REQUESTS) == {route for route in gateway.routes() if " /admin" in route}
    assert len(FOR_ADMINS) == 6


@pytest.mark.parametrize("route", REQUESTS)
def test_wrong_tokens_change_nothing(network: Store, route: str) -> None:
    refused, right = dict(WRONG), "[others editors]"
    if route in FOR_ADMINS:
        refused["an editor"] = claims(EDITOR, "[editors]"), 403
        right = "[others admins]"
    with unchanged(network):
        for why, (token, status) in refused.items():
            response = send(route, token)
            assert (response.status, why) == (status, why)
            assert problem(response) == ("unauthorized" if status == 401 else "forbidden")
            assert response.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)
    assert send(route, claims(EDITOR, right)).status in (200, 201, 202, 204)


@pytest.mark.parametrize("route", [route for route in REQUESTS if route not in FOR_ADMINS])
def test_admins_can_do_what_editors_can(network: Store, route: str) -> None:
    assert send(route, claims(ADMIN, "[admins]")).status in (200, 201, 202)


def test_refusals_reveal_nothing(network: Store) -> None:
    token = claims(EDITOR, "[editors]")
    for headers in ({}, {"if-match": "x"}, {"if-match": '"7"'}):
        for target in (f"/admin/articles/{SHOWN}/purge", "/admin/articles/x/purge"):
            assert gateway.request("POST", target, headers, None, token).status == 403


# ---- another issuer than Cognito -------------------------------------------------------------


@pytest.fixture
def elsewhere(network: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployment's parameters name an issuer of another kind."""
    monkeypatch.setenv("ADMIN_ISSUER", "https://login.example.com/")
    monkeypatch.setenv("ADMIN_AUDIENCE", "seealso")
    monkeypatch.setenv("ADMIN_GROUPS_CLAIM", "roles")


def elsewhere_token(**changes: str) -> dict[str, str]:
    return {
        "iss": "https://login.example.com/",
        "sub": "auth0|5f7c8ec7c33c6c004bbafe82",
        "aud": "seealso",
        "exp": str(int(time.time()) + 60),
        "roles": "[admins]",
    } | changes


@pytest.mark.usefixtures("elsewhere")
def test_accepts_tokens_of_the_configured_issuer(network: Store) -> None:
    for audience in ("seealso", "[seealso]", "[userinfo seealso]"):
        for roles in ("[admins]", "admins", "[readers admins]"):
            token = elsewhere_token(aud=audience, roles=roles)
            assert send("GET /admin/audit", token).status == 200
    assert send("PUT /admin/sites/{domain}", elsewhere_token()).status == 200
    (line,) = sample_network.audit_lines(network)
    assert line["actor"] == "auth0|5f7c8ec7c33c6c004bbafe82"


@pytest.mark.usefixtures("elsewhere")
def test_rejects_wrong_tokens_of_the_configured_issuer(network: Store) -> None:
    wrong: list[tuple[dict[str, str], int]] = [
        ({"aud": "another"}, 401),
        ({"aud": "[another]"}, 401),
        ({"aud": "another seealso"}, 401),
        ({"aud": "[seealso-web]"}, 401),
        ({"aud": ""}, 401),
        ({"aud": "another", "client_id": "seealso"}, 401),
        ({"iss": "https://login.example.com"}, 401),
        ({"token_use": "id"}, 401),
        ({"exp": "0"}, 401),
        ({"roles": "[editors]"}, 403),
        ({"roles": "", "cognito:groups": "[admins]"}, 403),
    ]
    with unchanged(network):
        for changes, status in wrong:
            response = send("PUT /admin/sites/{domain}", elsewhere_token(**changes))
            assert (response.status, changes) == (status, changes)


# ---- groups ----------------------------------------------------------------------------------

names = st.text("abz-_:.@09[],\"'é", min_size=1)


@given(st.lists(names))
def test_reads_all_groups_of_the_claim(groups: list[str]) -> None:
    assert strings_in(groups) == set(groups)


@given(st.text("[] ,editorsadm"))
def test_a_part_of_a_name_is_no_group(claim: str) -> None:
    for group in (EDITORS, ADMINS):
        assert (group in strings_in([claim])) == (group == claim)


@pytest.mark.parametrize("group", ["it admins", "admins of it", "[admins]", "admins]"])
def test_a_group_with_a_space_is_one_group(network: Store, group: str) -> None:
    """The gateway hands lists over without quotes: "[it admins]" could be two groups."""
    flattened = claims(EDITOR, f"[{group}]")
    token = unsigned_token({**flattened, "cognito:groups": [group]})
    headers = {"authorization": f"Bearer {token}"}
    for target in ("/admin/audit", "/admin/links"):
        response = gateway.request("GET", target, headers, None, flattened)
        assert (response.status, problem(response)) == (403, "forbidden")


@given(st.none() | st.integers() | st.lists(st.none()) | st.dictionaries(st.text(), st.text()))
def test_other_types_of_the_claim_have_no_groups(claim: Any) -> None:
    assert strings_in(claim) == frozenset()
