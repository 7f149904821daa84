"""Signing in: to the issuer and back, and what a wrong answer of the issuer leads to."""

import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from seealso.desk import oidc, sessions, settings
from seealso.store.tables import Store
from tests.support.issuer import CLIENT, Issuer
from tests.support.log import Log
from tests.support.person import Person
from tests.support.scan import scan

FAILED = "<h1>Signing in did not work</h1>"


def sign_in_again(person: Person) -> str:
    """The page to which signing in leads, without a session if it fails."""
    page = person.sign_in()
    assert (sessions.COOKIE in person.cookies) == (page.status == 200 and "Queue" in page.body)
    return page.body


def test_an_editor_signs_in_and_comes_to_the_screen_they_wanted(ann: Person) -> None:
    shown = ann.get("/desk?site=7")
    assert shown.status == 403
    assert 'href="/desk/signin?to=/desk%3Fsite%3D7"' in shown.body
    assert not ann.cookies
    screen = ann.sign_in("/desk?site=7")
    assert screen.status == 200
    assert "ann@example.com" in screen.body
    assert ann.addresses[-1] == "/desk?site=7"


def test_the_same_for_the_stacks_own_user_pool(issuer: Issuer, ann: Person) -> None:
    issuer.is_cognito = True
    assert ann.sign_in().status == 200
    assert issuer.discoveries == 0


def test_the_issuer_is_asked_for_a_code_by_the_rules(issuer: Issuer, ann: Person) -> None:
    ann.sign_in()
    (asked,) = issuer.asked
    # The issuer itself has checked the others (tests/support/issuer.py).
    assert asked["scope"] == "openid profile"
    assert "prompt" not in asked
    assert len({asked[name] for name in ("state", "nonce", "code_challenge")}) == 3
    assert min(len(asked[name]) for name in ("state", "nonce")) >= 32


def test_every_attempt_has_other_secrets(issuer: Issuer, ann: Person) -> None:
    ann.get("/desk/signin")
    first = parse_qs(urlsplit(ann.seen[-1].headers["location"]).query)
    ann.get("/desk/signin")
    second = parse_qs(urlsplit(ann.seen[-1].headers["location"]).query)
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]


def test_the_registration_and_the_endpoints_are_read_once(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        assert Person(issuer).sign_in().status == 200
    assert issuer.discoveries == 1
    assert issuer.registrations == 1


def test_nothing_is_stored_until_somebody_has_signed_in(
    deployed_environment: Store, ann: Person
) -> None:
    ann.get("/desk")
    ann.get("/desk/signin?to=/desk/links")
    assert scan(deployed_environment, deployed_environment.transient) == []


# ---- refresh tokens --------------------------------------------------------------------------


@pytest.mark.parametrize("is_cognito", [False, True])
def test_a_refresh_token_is_revoked_at_once(
    issuer: Issuer, ann: Person, *, is_cognito: bool
) -> None:
    issuer.is_cognito = is_cognito
    ann.sign_in()
    assert issuer.revoked == [token for token in issuer.issued if token.startswith("refresh-")]


def test_one_that_is_not_revoked_is_logged_and_stops_nobody(
    issuer: Issuer, ann: Person, log: Log
) -> None:
    issuer.refuses_to_revoke = True
    assert ann.sign_in().status == 200
    (line,) = [line for line in log.lines() if line["level"] == "WARN"]
    assert line["message"] == "signing in: /oauth2/revoke answered 503"


def test_an_issuer_may_have_nothing_to_revoke_by(issuer: Issuer, ann: Person) -> None:
    issuer.document = {"revocation_endpoint": None}
    assert ann.sign_in().status == 200
    assert issuer.revoked == []


def test_it_is_revoked_though_the_tokens_are_wrong(issuer: Issuer, ann: Person) -> None:
    issuer.identity = {"nonce": "another"}
    assert FAILED in sign_in_again(ann)
    assert len(issuer.revoked) == 1


# ---- tokens ----------------------------------------------------------------------------------

OTHER = "https://other.example.com"


@pytest.mark.parametrize(
    ("claims", "wrong"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "another"}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": [CLIENT, "another"]}, "azp"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "azp"),
        ({"azp": "another"}, "azp"),
        ({"iss": OTHER}, "iss"),
        ({"iss": None}, "iss"),
        ({"exp": 1_000_000_000}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": "never"}, "exp"),
        ({"sub": "sub-of-bea@example.com"}, "sub"),
        ({"sub": None}, "sub"),
        ({"token_use": "access"}, "token_use"),
    ],
)
def test_wrong_id_tokens_are_refused(
    issuer: Issuer, ann: Person, log: Log, claims: dict[str, Any], wrong: str
) -> None:
    issuer.identity = claims
    assert FAILED in sign_in_again(ann)
    assert f"signing in: the ID token's {wrong} is wrong" in log.text()


@pytest.mark.parametrize(
    "claims",
    [{"aud": [CLIENT]}, {"aud": [CLIENT, "another"], "azp": CLIENT}, {"azp": CLIENT}],
)
def test_right_id_tokens_are_accepted(issuer: Issuer, ann: Person, claims: dict[str, Any]) -> None:
    issuer.identity = claims
    assert "Queue" in sign_in_again(ann)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"aud": CLIENT},  # an ID token in its place
        {"aud": None},
        {"iss": OTHER},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
        {"sub": 7},
        {"sub": "", "username": "ann@example.com"},
        {"token_use": "id", "client_id": "admin-api"},
    ],
)
def test_wrong_access_tokens_are_refused(
    issuer: Issuer, ann: Person, claims: dict[str, Any]
) -> None:
    issuer.access = claims
    assert FAILED in sign_in_again(ann)


@pytest.mark.parametrize(
    "claims", [{"token_use": "id"}, {"client_id": "another"}, {"client_id": None, "aud": CLIENT}]
)
def test_wrong_access_tokens_of_the_user_pool_are_refused(
    issuer: Issuer, ann: Person, claims: dict[str, Any]
) -> None:
    issuer.is_cognito = True
    issuer.access = claims
    assert FAILED in sign_in_again(ann)


def test_a_user_without_a_name_is_called_as_the_issuer_does(issuer: Issuer, ann: Person) -> None:
    issuer.access = {"username": None}
    assert "sub-of-ann@example.com" in sign_in_again(ann)


# ---- the issuer's answers --------------------------------------------------------------------

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((400, b'{"error": "invalid_grant"}', JSON), "answered 400 invalid_grant"),
        ((400, b'{"error": "The code SECRET is wrong"}', JSON), "answered 400"),
        ((400, b"SECRET", {}), "answered 400"),
        ((500, b"", {}), "answered 500"),
        ((302, b"", {"location": "/elsewhere"}), "answered 302"),
        ((307, b"", {"location": "https://evil.example.com/"}), "answered 307"),
        ((200, b"<html>", {}), "did not answer with a JSON object"),
        ((200, b"[]", JSON), "did not answer with a JSON object"),
        ((200, b"{}", JSON), "answered without a bearer token"),
        ((200, b'{"token_type": "mac", "access_token": "a", "id_token": "b"}', JSON), "bearer"),
        ((200, b'{"token_type": "Bearer", "access_token": "a"}', JSON), "an ID token"),
        ((200, b'{"token_type": "Bearer", "id_token": "a"}', JSON), "without an access token"),
        (
            (200, b'{"token_type": "Bearer", "access_token": "a", "id_token": "b"}', JSON),
            "the access token is not for this deployment",
        ),
        ((200, b'"' + b"x" * (oidc.MAX_ANSWER_BYTES + 1) + b'"', JSON), "with more than"),
    ],
)
def test_wrong_answers_of_the_token_endpoint(
    issuer: Issuer,
    ann: Person,
    log: Log,
    answer: tuple[int, bytes, dict[str, str]],
    reason: str,
) -> None:
    issuer.token_answer = answer
    assert FAILED in sign_in_again(ann)
    (line,) = [line for line in log.lines() if line["level"] == "WARN"]
    assert reason in line["message"]
    assert "SECRET" not in log.text()


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": OTHER},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"token_endpoint": None},
        {"token_endpoint": 7},
        {"token_endpoint": "ftp://localhost/token"},
        {"end_session_endpoint": "javascript:alert(1)"},
    ],
)
def test_wrong_discovery_documents(issuer: Issuer, ann: Person, document: dict[str, Any]) -> None:
    issuer.document = document
    assert FAILED in ann.follow(ann.get("/desk/signin")).body
    issuer.document = {}
    assert "Queue" in sign_in_again(ann)  # nothing wrong is kept


def test_an_issuer_with_tls_does_not_lead_away_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    document = {
        "issuer": OTHER,
        "authorization_endpoint": f"{OTHER}/authorize",
        "token_endpoint": "http://other.example.com/token",
    }
    monkeypatch.setattr(oidc, "_send", lambda *_: json.dumps(document).encode())
    with pytest.raises(oidc.SignInFailed, match="token_endpoint is invalid"):
        oidc._discover(OTHER)


def test_an_issuer_that_does_not_answer(issuer: Issuer, ann: Person, log: Log) -> None:
    issuer.access = {"iss": issuer.url}
    issuer.discovery_status = 503
    assert FAILED in ann.follow(ann.get("/desk/signin")).body
    assert "/.well-known/openid-configuration answered 503" in log.text()


def test_an_issuer_that_nobody_can_reach(
    issuer: Issuer, ann: Person, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann.get("/desk/signin")
    location = ann.at_issuer(ann.seen[-1].headers["location"])
    monkeypatch.setattr(oidc, "_discovered", {})
    monkeypatch.setattr(
        Issuer, "discovery", lambda _self: (_ for _ in ()).throw(ConnectionAbortedError)
    )
    assert FAILED in ann.follow(ann.get(location)).body
    assert "did not answer (" in log.text()


def test_without_a_client_id_nobody_signs_in(issuer: Issuer, ann: Person, log: Log) -> None:
    issuer.client_id = ""
    assert FAILED in ann.follow(ann.get("/desk/signin")).body
    assert "AdminClientId is empty" in log.text()


def test_without_the_registration_nobody_signs_in_and_everybody_out(
    issuer: Issuer, ann: Person, log: Log
) -> None:
    token = ann.form_token(ann.sign_in())
    settings._read.clear()
    issuer.has_registration = False
    assert ann.post("/desk/signout", [("form_token", token)]).status == 200
    assert FAILED in ann.follow(ann.get("/desk/signin")).body
    assert "/seealso/seealso-test/desk cannot be read: ParameterNotFound" in log.text()


# ---- refusals --------------------------------------------------------------------------------


def test_who_cancels_is_told_that_they_are_not_signed_in(issuer: Issuer, ann: Person) -> None:
    ann.get("/desk/signin")
    (state,) = parse_qs(urlsplit(ann.seen[-1].headers["location"]).query)["state"]
    page = ann.follow(ann.get(f"/desk/callback?error=access_denied&state={state}"))
    assert "The sign-in was canceled or refused." in page.body
    assert not ann.cookies
    assert len(ann.seen) == 3


def test_a_person_without_a_group_sees_whom_to_ask_and_nothing_else(issuer: Issuer) -> None:
    zoe = Person(issuer, "zoe@example.com")
    page = zoe.sign_in()
    assert page.status == 403
    assert "zoe@example.com" in page.body
    assert "Ask an admin of this network to add you" in page.body
    assert 'href="mailto:editors@example.org"' in page.body
    assert "/desk/links" not in page.body
    assert zoe.post("/desk/signout", [("form_token", zoe.form_token(page))]).status == 200


def test_a_new_member_signs_in_again(issuer: Issuer) -> None:
    zoe = Person(issuer, "zoe@example.com")
    zoe.sign_in()
    issuer.groups["zoe@example.com"] = ["editors"]
    assert zoe.sign_in().status == 200


@pytest.mark.parametrize(
    ("lasts", "expected"), [(600, 600), (3600, 3600), (86_400, oidc.MAX_RIGHTS_SECONDS)]
)
def test_rights_end_with_the_token_and_after_an_hour_at_most(
    deployed_environment: Store, issuer: Issuer, ann: Person, lasts: int, expected: int
) -> None:
    issuer.lasts = lasts
    ann.sign_in()
    (item,) = scan(deployed_environment, deployed_environment.transient)
    assert item["ends_at"] == pytest.approx(time.time() + expected, abs=30)
