"""Sessions: their cookies, when their rights end and are renewed, and what is kept meanwhile."""

from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from seealso.desk import attempts, keeping, sessions
from seealso.errors import StoreUnavailable
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from tests.support.gateway import Response
from tests.support.issuer import Issuer
from tests.support.person import Person
from tests.support.scan import scan

MINUTE = 60
DISCARD = "/desk/kept"  # the one form that every editor may send


def items(store: Store) -> list[Json]:
    return scan(store, store.transient)


def pass_time(store: Store, minutes: float) -> None:
    """Let all that is in the table be so much older."""
    for item in items(store):
        times = {"began_at", "ends_at", "expires_at"} & set(item)
        changed = item | {name: int(item[name] - minutes * MINUTE) for name in times}
        call = {"TableName": store.transient, "Item": marshal_item(changed)}
        store.client.call("PutItem", call)


def write(person: Person, text: str, token: str) -> Response:
    """Send a form with a text."""
    return person.post(DISCARD, [("form_token", token), ("text", text), ("choice", "")])


@pytest.fixture
def store(deployed_environment: Store) -> Store:
    return deployed_environment


@pytest.fixture
def token(ann: Person) -> str:
    """The token of Ann's forms, who has signed in."""
    return ann.form_token(ann.sign_in())


# ---- cookies ---------------------------------------------------------------------------------


def test_cookies_are_for_this_host_https_and_no_script(ann: Person) -> None:
    ann.sign_in()
    written = {
        cookie.partition("=")[0]: set(cookie.split("; ")[1:])
        for response in ann.seen
        for cookie in response.cookies
        if "Max-Age=0" not in cookie
    }
    shared = {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"}
    assert written == {attempts.COOKIE: shared | {"Max-Age=600"}, sessions.COOKIE: shared}
    assert {name[:7] for name in written} == {"__Host-"}
    assert set(ann.cookies) == {sessions.COOKIE}


def test_the_table_does_not_have_a_sessions_id(store: Store, ann: Person) -> None:
    ann.sign_in()
    session_id = ann.cookies[sessions.COOKIE]
    assert len(bytes.fromhex(session_id)) == 32
    (item,) = items(store)
    assert item["pk"] == f"session#{sha256(session_id.encode()).hexdigest()}"
    assert session_id not in repr(item)


def test_every_sign_in_has_another_session_and_ends_the_one_before(
    store: Store, ann: Person
) -> None:
    ann.sign_in()
    before = dict(ann.cookies)
    ann.sign_in()
    assert ann.cookies != before
    assert len(items(store)) == 1
    ann.cookies = before
    assert ann.get("/desk").status == 403


def test_an_id_that_was_fixed_before_is_not_taken(store: Store, ann: Person) -> None:
    ann.cookies[sessions.COOKIE] = fixed = "0" * 64
    ann.sign_in()
    assert ann.cookies[sessions.COOKIE] != fixed
    assert len(items(store)) == 1


@pytest.mark.parametrize("space", ["\u2003", "\xa0", "\x85", "\x1f", "\x0b"])
def test_a_cookie_without_the_prefix_for_browsers_is_not_taken(ann: Person, space: str) -> None:
    ann.sign_in()
    fixed = ann.cookies.pop(sessions.COOKIE)
    assert ann.get("/desk", cookie=f"{space}{sessions.COOKIE}={fixed}").status == 403
    assert ann.get("/desk", cookie=f"{sessions.COOKIE}{space}={fixed}").status == 403
    assert ann.get("/desk", cookie=f"a=b;  {sessions.COOKIE}={fixed}").status == 200


# ---- the end of rights -----------------------------------------------------------------------


def test_rights_end_at_each_read_and_not_by_the_ttl(store: Store, ann: Person) -> None:
    ann.sign_in()
    pass_time(store, 59)
    ann.issuer_cookie = ""
    assert ann.get("/desk", **{"sec-fetch-mode": "cors"}).status == 200
    pass_time(store, 2)
    assert ann.get("/desk", **{"sec-fetch-mode": "cors"}).status == 401


def test_after_eight_hours_nothing_is_known_of_a_session(
    store: Store, ann: Person, token: str
) -> None:
    pass_time(store, 60 + 8 * 60 + 1)
    page = write(ann, "Peat is old.", token)
    assert page.status == 403
    assert "is kept" not in page.body
    assert len(items(store)) == 1


def test_scripts_get_401_and_no_redirect(store: Store, ann: Person, token: str) -> None:
    pass_time(store, 61)
    for mode in ("cors", "same-origin", "no-cors", "websocket"):
        assert ann.get("/desk", **{"sec-fetch-mode": mode}).status == 401
    assert ann.get("/desk", **{"sec-fetch-mode": "cors"}).json()["title"] == "Unauthorized"
    answer = ann.post(DISCARD, [("form_token", token)], **{"sec-fetch-mode": "same-origin"})
    assert answer.status == 401
    assert len(items(store)) == 1


# ---- renewal ---------------------------------------------------------------------------------


def test_after_40_minutes_a_get_goes_through_the_issuer_and_comes_back(
    store: Store, issuer: Issuer, ann: Person, token: str
) -> None:
    pass_time(store, 39)
    assert ann.get("/desk?site=7").status == 200
    pass_time(store, 1)
    before = ann.cookies[sessions.COOKIE]
    page = ann.follow(ann.get("/desk?site=7"))
    assert page.status == 200
    assert ann.addresses[-1] == "/desk?site=7"
    assert [asked.get("prompt") for asked in issuer.asked] == [None, "none"]
    assert ann.cookies[sessions.COOKIE] != before
    (item,) = items(store)
    assert item["ends_at"] - item["began_at"] == pytest.approx(3600, abs=30)
    # Forms in other tabs stay good.
    assert ann.form_token(page) == token


def test_one_tab_renews_while_others_go_on(store: Store, ann: Person) -> None:
    ann.sign_in()
    pass_time(store, 45)
    assert ann.get("/desk").status == 303
    assert ann.get("/desk").status == 200


def test_scripts_and_forms_renew_nothing(store: Store, ann: Person, token: str) -> None:
    pass_time(store, 45)
    assert ann.get("/desk", **{"sec-fetch-mode": "cors"}).status == 200
    assert write(ann, "", token).headers["location"] == "/desk"


def test_a_get_after_the_rights_have_ended_is_renewed_too(store: Store, ann: Person) -> None:
    ann.sign_in()
    pass_time(store, 120)
    assert ann.follow(ann.get("/desk")).status == 200


def test_who_must_sign_in_again_sees_the_sign_in_page_once(
    store: Store, issuer: Issuer, ann: Person
) -> None:
    ann.sign_in()
    pass_time(store, 45)
    ann.issuer_cookie = ""
    page = ann.follow(ann.get("/desk?site=7"))
    assert page.status == 403
    assert "<h1>Sign in</h1>" in page.body
    assert ann.addresses[-1] == "/desk?site=7"
    assert len(issuer.asked) == 2
    assert ann.get("/desk").status == 403  # and no redirect
    assert ann.sign_in().status == 200


@pytest.mark.parametrize(
    "error", ["login_required", "interaction_required", "consent_required", "server_error"]
)
def test_whatever_the_issuer_objects_there_is_no_loop(
    store: Store, ann: Person, error: str
) -> None:
    ann.sign_in()
    pass_time(store, 45)
    (state,) = parse_qs(urlsplit(ann.get("/desk").headers["location"]).query)["state"]
    assert ann.follow(ann.get(f"/desk/callback?error={error}&state={state}")).status == 403
    assert ann.get("/desk").status == 403


def test_a_renewal_signs_in_nobody_who_has_signed_out(
    store: Store, ann: Person, token: str
) -> None:
    pass_time(store, 45)
    silent = ann.get("/desk?site=7")
    renewing = dict(ann.cookies)
    callback = ann.at_issuer(silent.headers["location"])
    ann.post("/desk/signout", [("form_token", token)])
    ann.cookies = renewing | ann.cookies
    assert ann.follow(ann.get(callback)).status == 403
    assert ann.addresses[-1] == "/desk?site=7"
    assert items(store) == []


def test_a_renewal_that_meets_the_end_of_its_session_signs_in_nobody(
    store: Store, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann.sign_in()
    pass_time(store, 45)
    callback = ann.at_issuer(ann.get("/desk").headers["location"])
    current = sessions.current

    def and_signed_out(*arguments: Any) -> sessions.Session | None:
        found = current(*arguments)
        assert found
        sessions.end(store, found)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "current", and_signed_out)
        assert ann.get(callback).headers["location"] == "/desk"
    assert ann.get("/desk").status == 403
    assert items(store) == []


def test_a_renewal_does_not_turn_a_user_into_another(store: Store, ann: Person, token: str) -> None:
    pass_time(store, 45)
    silent = ann.get("/desk").headers["location"]
    bea = Person(ann.issuer, "bea@example.com")
    bea.sign_in()
    ann.issuer_cookie = bea.issuer_cookie
    assert ann.follow(ann.get(ann.at_issuer(silent))).status == 403
    # The first user's forms are kept as after any end of rights.
    assert "is kept for 8 hours" in write(ann, "Peat is old.", token).body


def test_a_callback_whose_store_fails_leaves_no_code_in_an_address(
    store: Store, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    callback = ann.at_issuer(ann.get("/desk/signin").headers["location"])

    def fails(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("slow")

    monkeypatch.setattr(sessions, "create", fails)
    answer = ann.get(callback)
    assert (answer.status, answer.headers["location"]) == (303, "/desk/signed-out?why=failed")
    assert not ann.cookies


def test_a_renewal_that_fails_leaves_the_rights_that_are_left(
    store: Store, issuer: Issuer, ann: Person
) -> None:
    ann.sign_in()
    pass_time(store, 45)
    issuer.token_answer = (500, b"", {})
    assert ann.follow(ann.get("/desk")).status == 200
    pass_time(store, 15)
    assert ann.get("/desk").status == 403


def test_an_issuer_that_is_down_stops_nobody_whose_rights_last(
    store: Store, issuer: Issuer, ann: Person
) -> None:
    from seealso.desk import oidc

    ann.sign_in()
    pass_time(store, 45)
    oidc._discovered.clear()
    issuer.discovery_status = 503
    assert ann.get("/desk").status == 200


def test_another_user_does_not_get_the_forms_of_the_first(
    store: Store, issuer: Issuer, ann: Person, token: str
) -> None:
    pass_time(store, 61)
    ann.issuer_cookie, ann.signs_in_as = "", "bea@example.com"
    page = ann.sign_in()
    assert "bea@example.com" in page.body
    assert ann.form_token(page) != token
    assert len(items(store)) == 1


# ---- signing out -----------------------------------------------------------------------------


@pytest.mark.parametrize("is_cognito", [False, True])
def test_signing_out_ends_both_sessions(
    store: Store, issuer: Issuer, ann: Person, *, is_cognito: bool
) -> None:
    issuer.is_cognito = is_cognito
    token = ann.form_token(ann.sign_in())
    page = ann.post("/desk/signout", [("form_token", token)])
    assert page.status == 200
    assert not ann.cookies
    assert items(store) == []
    _, _, rest = page.body.partition('data-follow href="')
    url = rest.partition('"')[0].replace("&amp;", "&")
    status, location, _ = ann._send("GET", url)
    assert (status, location) == (302, "https://api.example.com/desk/signed-out")
    assert "You are signed out" in ann.get("/desk/signed-out").body
    assert not ann.issuer_cookie
    assert issuer.ended == 1


def test_no_token_is_in_the_address_that_ends_the_issuers_session(
    issuer: Issuer, ann: Person, token: str
) -> None:
    page = ann.post("/desk/signout", [("form_token", token)])
    assert "id_token_hint" not in page.body
    assert not any(each in page.body for each in issuer.issued)


def test_an_issuer_without_an_end_is_left_alone(issuer: Issuer, ann: Person) -> None:
    issuer.document = {"end_session_endpoint": None}
    token = ann.form_token(ann.sign_in())
    page = ann.post("/desk/signout", [("form_token", token)])
    assert page.status == 200
    assert "data-follow" not in page.body


def test_one_can_sign_out_after_the_rights_have_ended(
    store: Store, ann: Person, token: str
) -> None:
    pass_time(store, 61)
    write(ann, "Peat is old.", token)
    assert len(items(store)) == 2
    assert ann.post("/desk/signout", [("form_token", token)]).status == 200
    assert items(store) == []


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null"])
def test_nobody_else_signs_people_out(store: Store, ann: Person, token: str, origin: str) -> None:
    assert ann.post("/desk/signout", [("form_token", token)], origin=origin).status == 403
    assert ann.post("/desk/signout").status == 403
    assert ann.get("/desk/signout").status == 404
    assert ann.get("/desk").status == 200


# ---- what was being written ------------------------------------------------------------------


def test_what_was_written_is_kept_and_shown_to_be_sent(
    store: Store, ann: Person, token: str
) -> None:
    pass_time(store, 61)
    text = 'Peat is "old" & <wet>.\r\nSo is moss.'
    page = write(ann, text, token)
    assert page.status == 403
    assert "is kept for 8 hours" in page.body
    assert 'href="/desk/signin?to=/desk/kept"' in page.body
    shown = ann.sign_in("/desk/kept")
    assert shown.status == 200
    assert 'action="/desk/kept"' in shown.body
    assert "Peat is &#34;old&#34; &amp; &lt;wet&gt;.\r\nSo is moss." in shown.body
    assert '<input type="hidden" name="choice" value="">' in shown.body
    assert ann.form_token(shown) == token
    # Nothing was done by itself, and it is there until it is sent.
    assert ann.get("/desk/kept").status == 200
    fields = [("form_token", token), (keeping.FIELD, "yes"), ("text", text)]
    assert ann.post("/desk", fields).status == 404  # a form that no screen has is not sent
    assert ann.get("/desk/kept").status == 200
    assert ann.post(DISCARD, fields).status == 303
    assert ann.get("/desk/kept").headers["location"] == "/desk"


def test_what_was_sent_is_done_though_its_copy_stays(
    store: Store, ann: Person, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise StoreUnavailable("slow")

    monkeypatch.setattr(keeping, "forget", fails)
    fields = [("form_token", token), (keeping.FIELD, "yes")]
    assert ann.post("/desk/notices/feeds", [*fields, ("domain", "network")]).status == 200


def test_the_last_form_alone_is_kept(store: Store, ann: Person, token: str) -> None:
    pass_time(store, 61)
    write(ann, "The first.", token)
    write(ann, "The second.", token)
    shown = ann.sign_in("/desk/kept")
    assert "The second." in shown.body
    assert "The first." not in shown.body


def test_another_user_does_not_see_it(store: Store, ann: Person, token: str) -> None:
    pass_time(store, 61)
    write(ann, "Peat is old.", token)
    ann.issuer_cookie, ann.signs_in_as = "", "bea@example.com"
    assert ann.sign_in("/desk/kept").body.count("Peat") == 0


def test_it_is_kept_for_eight_hours(store: Store, ann: Person, token: str) -> None:
    pass_time(store, 61)
    write(ann, "Peat is old.", token)
    pass_time(store, 8 * 60 - 62)
    assert "Peat" in ann.sign_in("/desk/kept").body
    pass_time(store, 2)  # the kept form is older than the new session
    pass_time(store, 62 - 2 + 1)
    assert "Peat" not in ann.sign_in("/desk/kept").body


def test_what_is_too_long_to_be_kept_is_said_to_be(
    store: Store, ann: Person, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keeping.MAX_BYTES == 350 * 1024
    monkeypatch.setattr(keeping, "MAX_BYTES", 50)
    pass_time(store, 61)
    page = write(ann, "Peat is old. Moss is young, and a bog is both of them.", token)
    assert "too long to be kept" in page.body
    assert len(items(store)) == 1


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example.com"}, {"origin": "null"}, {"cookie": ""}]
)
def test_forms_of_others_are_not_kept(
    store: Store, ann: Person, token: str, headers: dict[str, str]
) -> None:
    pass_time(store, 61)
    fields = [("form_token", token), ("text", "Peat is old.")]
    assert ann.post(DISCARD, fields, **headers).status == 403
    assert ann.post(DISCARD, fields[1:]).status == 403
    assert ann.post(DISCARD, [("form_token", "0" * 32), *fields[1:]]).status == 403
    assert len(items(store)) == 1
