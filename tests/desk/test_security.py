"""Attacks on the desk: forged sessions, forged forms, other people's sign-ins, ways elsewhere."""

import inspect
import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from seealso.desk import attempts, sessions
from seealso.store.tables import Store
from seealso.store.values import marshal_item
from tests.support.desk import ORIGIN, Browser, request, sign_in
from tests.support.functions import function
from tests.support.gateway import Response
from tests.support.html import Tree
from tests.support.issuer import Issuer
from tests.support.log import Log
from tests.support.person import Person
from tests.support.scan import scan, unchanged

PAGE = {"accept": "text/html", "sec-fetch-mode": "navigate"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
# Whatever else is a route of the desk needs a session, and its group.
PUBLIC = {
    "GET /desk/signin",
    "GET /desk/callback",
    "GET /desk/signed-out",
    "GET /desk/feeds/{key}",
}
FOR_ADMINS = {
    "GET /desk/articles/{id}/purge",
    "GET /desk/audit",
    "GET /desk/blocks/new",
    "GET /desk/sites/new",
    "POST /desk/articles/{id}/purge",
    "POST /desk/blocks/add",
    "POST /desk/blocks/new",
    "POST /desk/blocks/remove",
    "POST /desk/notices/key",
    "POST /desk/notices/test",
    "POST /desk/sites/new",
    "POST /desk/sites/{domain}",
}
WITHOUT_GROUP = {"POST /desk/signout"}  # which anybody may do who has signed in


@pytest.fixture
def editor(deployed_environment: Store) -> Browser:
    return sign_in(deployed_environment)


@pytest.fixture
def store(deployed_environment: Store) -> Store:
    return deployed_environment


# ---- routes ----------------------------------------------------------------------------------


def target_of(route: str) -> tuple[str, str]:
    """Method and address of a route, with something for its parameters."""
    method, _, path = route.partition(" ")
    return method, re.sub(r"\{\w+\}", "7", path)


def test_every_route_needs_a_session_and_its_group_or_is_public(store: Store) -> None:
    routes = set(function("desk").ROUTES)
    assert len(routes) > 5
    reader = sign_in(store, "zoe@example.com", groups=["readers"])
    before = scan(store, store.transient)
    for route in sorted(routes - PUBLIC):
        method, target = target_of(route)
        assert request(method, target, PAGE | FORM, "").status == 403, route
        assert request(method, target, FORM, "").status == 401, route
        if route not in WITHOUT_GROUP:
            asked = (
                reader.get(target, **PAGE) if method == "GET" else reader.post(target, [], **PAGE)
            )
            assert asked.status == 403, route
            assert "Ask an admin of this network to add you" in asked.body, route
    assert scan(store, store.transient) == before


def test_editors_who_are_no_admins_do_nothing_of_admins(store: Store, editor: Browser) -> None:
    refused = set()
    for route in sorted(set(function("desk").ROUTES) - PUBLIC - WITHOUT_GROUP):
        method, target = target_of(route)
        # Empty forms change nothing.
        asked = editor.get(target, **PAGE) if method == "GET" else editor.post(target, [], **PAGE)
        if asked.status == 403:
            assert "This page is for admins." in asked.body
            refused.add(route)
    assert refused == FOR_ADMINS


def test_no_route_is_a_change_by_get(store: Store, editor: Browser) -> None:
    """What a link or an image of a foreign page could ask for."""
    for route in sorted(function("desk").ROUTES):
        method, target = target_of(route)
        if method == "GET" and "signin" not in target:
            with unchanged(store):
                editor.get(target, **PAGE)


def test_every_page_has_the_headers_of_pages(store: Store, editor: Browser) -> None:
    pages = [
        request("GET", "/desk", PAGE),
        request("GET", "/desk/signed-out", PAGE),
        request("GET", "/desk/nothing", PAGE),
        request("POST", "/desk/kept", PAGE | FORM, ""),
        editor.get("/desk", **PAGE),
        sign_in(store, groups=[]).get("/desk", **PAGE),
        editor.post("/desk/kept", [], origin="https://evil.example.com"),
    ]
    for page in pages:
        policy = page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy  # no foreign page shows it in a frame
        assert "form-action 'self'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "same-origin"
        assert page.headers["x-content-type-options"] == "nosniff"
        Tree(page.body)


# ---- sessions --------------------------------------------------------------------------------


def test_forged_sessions_are_none(store: Store, editor: Browser) -> None:
    key = f"session#{sha256(editor.session_id.encode()).hexdigest()}"
    forged = [
        "",
        "0" * 64,
        editor.session_id[:-1],
        editor.session_id.upper(),
        f"{editor.session_id} ",
        f'"{editor.session_id}"',
        key,
        key.removeprefix("session#"),
        f"kept#{key}",
        "é" * 32,
        "a" * 10_000,
    ]
    for value in forged:
        shown = request("GET", "/desk", {"cookie": f"{sessions.COOKIE}={value}; a=b", **PAGE})
        assert (shown.status == 200) == (value.strip() == editor.session_id), value


@pytest.mark.parametrize("name", ["desk", "__Secure-desk", "__host-desk", "__Host-desk2", "x"])
def test_a_session_is_in_its_cookie_alone(editor: Browser, name: str) -> None:
    cookies = f"{name}={editor.session_id}"
    assert request("GET", "/desk", {"cookie": cookies, **PAGE}).status == 403
    sent = {"authorization": f"Bearer {editor.session_id}", **PAGE}
    assert request("GET", f"/desk?{cookies}", sent).status == 403


def test_other_cookies_do_not_hide_it(editor: Browser) -> None:
    cookie = f'a="; b=c d; {sessions.COOKIE}={editor.session_id}; {{}}=é'
    assert request("GET", "/desk", {"cookie": cookie, **PAGE}).status == 200


def test_what_was_kept_is_no_session(store: Store, ann: Person) -> None:
    """Its key has the same prefix, for which the function's role is."""
    token = ann.form_token(ann.sign_in())
    shown = request("GET", "/desk", {"cookie": f"{sessions.COOKIE}=kept#{token}", **PAGE})
    assert shown.status == 403


# ---- forms of others -------------------------------------------------------------------------


def attack(editor: Browser, headers: dict[str, str], token: str | None) -> Response:
    """The answer to a form or a fetch of another page, in the editor's browser."""
    fields = {} if token is None else {"form_token": token}
    sent = {"cookie": f"{sessions.COOKIE}={editor.session_id}", **PAGE, **FORM, **headers}
    return request("POST", "/desk/signout", sent, urlencode(fields))


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.com",
        "null",
        "",
        "http://api.example.com",
        "https://api.example.com:8443",
        "https://api.example.com.evil.example",
        "https://api.example.com/",
        "https://API.example.com",
        "https://www.site.example",  # of a site of the network
        f"{ORIGIN}, https://evil.example.com",
    ],
)
def test_forms_of_other_origins_are_refused_even_with_the_token(
    store: Store, editor: Browser, origin: str
) -> None:
    with unchanged(store):
        assert attack(editor, {"origin": origin}, editor.form_token).status == 403


def test_the_port_of_https_is_in_no_origin(
    editor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", f"{ORIGIN}:443")
    assert editor.post("/desk/kept").status == 303
    monkeypatch.setenv("PUBLIC_URL", f"{ORIGIN}:8443")
    assert editor.post("/desk/kept").status == 403


def test_forms_without_an_origin_are_refused(store: Store, editor: Browser) -> None:
    with unchanged(store):
        assert attack(editor, {}, editor.form_token).status == 403
        assert attack(editor, {"referer": f"{ORIGIN}/desk"}, editor.form_token).status == 403


def test_forms_without_the_sessions_token_are_refused(store: Store, editor: Browser) -> None:
    another = sign_in(store, "bea@example.com")
    with unchanged(store):
        for token in (None, "", "0" * 32, another.form_token, editor.form_token[:-1], "é"):
            assert attack(editor, {"origin": ORIGIN}, token).status == 403
    assert attack(editor, {"origin": ORIGIN}, editor.form_token).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data", ""])
def test_what_a_foreign_fetch_can_send_is_no_form(store: Store, editor: Browser, kind: str) -> None:
    """Of these, a page may send some to other origins without asking first (Fetch, "CORS")."""
    with unchanged(store):
        for origin in (ORIGIN, "https://evil.example.com"):
            headers = {"content-type": kind, "origin": origin}
            assert attack(editor, headers, editor.form_token).status in (403, 415)


def test_the_token_is_not_taken_from_the_address(store: Store, editor: Browser) -> None:
    sent = {"cookie": f"{sessions.COOKIE}={editor.session_id}", "origin": ORIGIN, **PAGE, **FORM}
    with unchanged(store):
        target = f"/desk/signout?form_token={editor.form_token}"
        assert request("POST", target, sent, "").status == 403


# ---- other people's sign-ins -----------------------------------------------------------------


def begun(person: Person) -> dict[str, str]:
    """The parameters with which a person was sent to the issuer."""
    location = person.get("/desk/signin").headers["location"]
    return {name: value for name, (value,) in parse_qs(urlsplit(location).query).items()}


def returned(person: Person) -> str:
    """The callback to which the issuer sends a person who signs in."""
    return person.at_issuer(person.get("/desk/signin").headers["location"])


def test_a_callback_works_once(ann: Person) -> None:
    target = returned(ann)
    cookies = dict(ann.cookies)
    assert ann.follow(ann.get(target)).status == 200
    ann.cookies.pop(sessions.COOKIE)
    assert "has been used already" in ann.follow(ann.get(target)).body
    # With the cookie as it was, the issuer refuses the code.
    ann.cookies = cookies
    assert "Signing in did not work" in ann.follow(ann.get(target)).body
    assert sessions.COOKIE not in ann.cookies


def test_a_state_works_in_its_own_browser_alone(issuer: Issuer, ann: Person) -> None:
    """Else somebody could be signed in as the attacker, and write into their account."""
    mallory = Person(issuer, "bea@example.com")
    target = returned(mallory)
    begun(ann)
    for victim in (ann, Person(issuer)):
        before = dict(victim.cookies)
        assert "begun in another browser" in victim.follow(victim.get(target)).body
        assert victim.cookies == before


@pytest.mark.parametrize(
    "change",
    ["state=", "state={other}", "", "state={state}&state={state}", "state={state}&state=x"],
)
def test_a_wrong_state_is_refused(ann: Person, change: str) -> None:
    code, state = parse_qs(urlsplit(returned(ann)).query).values()
    query = change.format(state=state[0], other=state[0][:-1] + "!")
    page = ann.follow(ann.get(f"/desk/callback?code={code[0]}&{query}"))
    assert "begun in another browser" in page.body
    assert sessions.COOKIE not in ann.cookies


@pytest.mark.parametrize("change", ["", "code=", "code=wrong", "code={code}&code={code}"])
def test_a_wrong_code_is_refused(ann: Person, change: str) -> None:
    code, state = parse_qs(urlsplit(returned(ann)).query).values()
    page = ann.follow(ann.get(f"/desk/callback?state={state[0]}&{change.format(code=code[0])}"))
    assert page.status == 200
    assert "signed in" in page.body or "Signing in did not work" in page.body
    assert not ann.cookies


def changed(person: Person, index: int, value: str) -> None:
    """Change a part of the cookie of an attempt: state, nonce, verifier, kind, path."""
    parts = person.cookies[attempts.COOKIE].split(".")
    parts[index] = value
    person.cookies[attempts.COOKIE] = ".".join(parts)


@pytest.mark.parametrize(("index", "value"), [(1, "0" * 64), (2, "0" * 64)])
def test_a_wrong_nonce_or_verifier_is_refused(
    ann: Person, log: Log, index: int, value: str
) -> None:
    target = returned(ann)
    changed(ann, index, value)
    assert "Signing in did not work" in ann.follow(ann.get(target)).body
    assert sessions.COOKIE not in ann.cookies
    reason = "nonce is wrong" if index == 1 else "/oauth2/token answered 400 invalid_grant"
    assert reason in log.text()


@pytest.mark.parametrize("value", ["", "x", ".", "....", "a.b.c.0.L2Rlc2s.d", "é", "a.b.c.0.!"])
def test_a_cookie_that_is_none_is_refused(ann: Person, value: str) -> None:
    target = returned(ann)
    ann.cookies[attempts.COOKIE] = value
    assert "begun in another browser" in ann.follow(ann.get(target)).body


def test_an_empty_state_matches_no_attempt(ann: Person) -> None:
    ann.cookies[attempts.COOKIE] = "...0.L2Rlc2s"
    for query in ("code=a&state=", "code=a"):
        page = ann.follow(ann.get(f"/desk/callback?{query}"))
        assert "begun in another browser" in page.body


# ---- ways elsewhere --------------------------------------------------------------------------

ELSEWHERE = [
    "https://evil.example.com",
    "//evil.example.com",
    "///evil.example.com",
    "/\\evil.example.com",
    "\\\\evil.example.com",
    "/desk\\..\\..\\evil",
    "/desk/..//evil.example.com",
    "/desk/../admin/links",
    "/desk@evil.example.com",
    "/desk.evil.example.com",
    "/desks",
    "/",
    "",
    "desk",
    "/desk\r\nset-cookie: a=b",
    "/desk\t/x",
    "/desk#x",
    "/desk /x",
    "/desk/é",
    "javascript:alert(1)",
    "/desk/signin?to=/desk",
    "/desk/callback?code=a",
    "/desk/signed-out",
    f"/desk/{'x' * 1000}",
]


@pytest.mark.parametrize("to", ELSEWHERE)
def test_signing_in_leads_nowhere_but_to_a_screen(ann: Person, to: str) -> None:
    ann.sign_in(to)
    assert ann.addresses[-1] == "/desk"


def test_ways_are_checked_again_on_the_way_back(ann: Person) -> None:
    target = returned(ann)
    changed(ann, 4, urlsafe_b64encode(b"//evil.example.com").decode().rstrip("="))
    assert ann.get(target).headers["location"] == "/desk"


@pytest.mark.parametrize(
    "to", ["/desk", "/desk/", "/desk?a=b", "/desk/links/7?x=%2F%2Fevil.example.com&y=1"]
)
def test_screens_are_reached(ann: Person, to: str) -> None:
    ann.sign_in(to)
    assert ann.addresses[-1] == to


def test_the_sign_in_page_leads_back_to_where_it_is_shown(ann: Person) -> None:
    """With what a foreign page put into the address, escaped."""
    evil = quote('"><script>alert(1)</script>')
    page = ann.get(f"/desk/links/{'0' * 32}?q={evil}&r=//evil.example.com")
    assert "<script>alert" not in page.body
    assert 'href="/desk/signin?to=/desk/' in page.body or page.status == 404


@pytest.mark.parametrize("host", ["evil.example.com", "api.example.com.evil.example"])
def test_the_host_header_decides_nothing(issuer: Issuer, ann: Person, host: str) -> None:
    location = ann.get("/desk/signin", host=host).headers["location"]
    (redirect_uri,) = parse_qs(urlsplit(location).query)["redirect_uri"]
    assert redirect_uri == f"{ORIGIN}/desk/callback"


# ---- what others wrote -----------------------------------------------------------------------


def test_what_was_kept_is_shown_as_text(store: Store, ann: Person) -> None:
    """Names of fields and their values are whatever the browser sent."""
    token = ann.form_token(ann.sign_in())
    (item,) = scan(store, store.transient)
    changed = item | {"ends_at": item["began_at"], "was_renewed": True}
    store.client.call("PutItem", {"TableName": store.transient, "Item": marshal_item(changed)})
    evil = ['"><script>alert(1)</script>', "{{ 7 * 7 }}", "' onfocus=alert(1) autofocus x='"]
    fields = [(each, each) for each in evil]
    ann.post("/desk/kept", [("form_token", token), *fields])
    shown = Tree(ann.sign_in("/desk/kept").body)
    inputs = [dict(each.attrs) for each in shown.all("input", type="hidden")]
    assert [(each["name"], each["value"]) for each in inputs if each["name"] in evil] == fields
    assert len(shown.all("script")) == 1
    assert "autofocus" not in {name for each in shown.elements for name in each.attrs}


def test_a_users_name_is_shown_as_text(issuer: Issuer) -> None:
    evil = "<img src=x onerror=alert(1)>"
    issuer.access = {"username": evil}
    page = Tree(Person(issuer, "zoe@example.com").sign_in().body)
    assert page.all("img") == []


# ---- secrets ---------------------------------------------------------------------------------


def test_no_secret_is_in_a_page_an_address_or_the_log(
    store: Store, issuer: Issuer, ann: Person, log: Log
) -> None:
    page = ann.sign_in("/desk")
    attempt = [
        part
        for response in ann.seen
        for cookie in response.cookies
        if cookie.startswith(attempts.COOKIE)
        for part in cookie.partition("=")[2].partition(";")[0].split(".")[:3]
    ]
    session_id = ann.cookies[sessions.COOKIE]
    token = ann.form_token(page)
    ann.post("/desk/signout", [("form_token", token)])
    issuer.token_answer = (400, b'{"error": "invalid_grant"}', {})
    ann.sign_in()
    state, nonce, verifier = attempt[:3]
    codes = [each for each in issuer.issued if each.startswith("code-")]
    assert len(codes) == 2
    # The state and the code are in the callback's address, which the log must not have.
    written = log.text()
    for secret in (*issuer.issued, state, nonce, verifier, session_id, token):
        assert secret not in written
    shown = "".join(response.body for response in ann.seen)
    for secret in (*issuer.issued, state, nonce, verifier, session_id):
        assert secret not in shown
    visited = [each for each in ann.addresses if not each.startswith("/desk/callback?")]
    for secret in (*issuer.issued, state, nonce, verifier, session_id, token):
        assert not any(secret in address for address in visited)
    stored = repr(scan(store, store.transient))
    assert not any(secret in stored for secret in (*issuer.issued, session_id))


def test_callbacks_are_answered_by_redirects_without_their_query(ann: Person) -> None:
    target = returned(ann)
    for address in (target, target, "/desk/callback", "/desk/callback?error=x&state=y&code=z"):
        answer = ann.get(address)
        assert answer.status == 303
        assert not answer.body
        assert "code" not in answer.headers["location"]
        assert "state" not in answer.headers["location"]


def test_routes_are_logged_without_their_parameters(editor: Browser, log: Log) -> None:
    editor.get(f"/desk/nothing/{'5' * 32}?key={'6' * 32}")
    assert log.line()["route"] == "GET /desk/not-found"


def test_comparisons_of_secrets_take_the_same_time() -> None:
    """State, nonce and form token: by hmac.compare_digest."""
    from seealso.desk import access, oidc, signing_in

    for compared in (access.check_form, oidc._check_identity, signing_in.callback):
        assert "compare_digest(" in inspect.getsource(compared)
