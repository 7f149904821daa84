"""An issuer on loopback, for signing in to the desk: OpenID Connect, and the desk's registration.

It does what managed login of Cognito does and the emulator lacks: a session of its own in a cookie,
and prompt=none. It also answers Systems Manager's GetParameter, where the desk's client is named.
"""

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.support.events import unsigned_token

CLIENT = "desk-client"
AUDIENCE = "admin-api"
GROUPS_CLAIM = "groups"
_FORM = """<!doctype html><html lang="en"><title>Issuer</title><form method="post" action="/login">
<input type="hidden" name="query" value="{query}">
<label>User name <input name="username" autofocus></label><button>Sign in</button></form></html>"""


class Issuer:
    """What the issuer knows and has been asked; tests change it to get wrong answers.

    `groups` has everyone's groups by user name; other users are in none. `access` and `identity`
    are put over the claims of tokens (None takes one out). `token_answer` replaces the token
    endpoint's answer (status, body, headers); `document` is put over the discovery document.
    """

    def __init__(self, url: str, desk_url: str) -> None:
        self.url = url
        self.desk_url = desk_url
        self.groups = {"ann@example.com": ["editors"], "bea@example.com": ["editors", "admins"]}
        self.access: dict[str, Any] = {}
        self.identity: dict[str, Any] = {}
        self.document: dict[str, Any] = {}
        self.token_answer: tuple[int, bytes, dict[str, str]] | None = None
        self.lasts = 3600
        self.is_cognito = False
        self.refuses_to_revoke = False
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []  # of the authorization endpoint
        self.issued: list[str] = []  # tokens and codes, none of which anybody may see
        self.revoked: list[str] = []
        self.client_id = CLIENT
        self.redirect_uris = {CLIENT: [f"{desk_url}/desk/callback"]}
        self.discovery_status = 200
        self.discoveries = 0
        self.registrations = 0
        self.has_registration = True
        self.ended = 0  # sessions of the issuer

    @property
    def registration(self) -> dict[str, str]:
        """The parameter that the stack has of the desk."""
        return {
            "url": self.desk_url,
            "issuer": self.url,
            "client_id": self.client_id,
            "audience": CLIENT if self.is_cognito else AUDIENCE,
            "groups_claim": GROUPS_CLAIM,
            "scopes": "openid profile",
            "login": self.url if self.is_cognito else "",
        }

    def authorize(self, query: dict[str, str], user: str | None) -> tuple[str, str]:
        """Where the browser goes on, or the form that it is shown instead."""
        expected = {"response_type": "code", "code_challenge_method": "S256"}
        required = ["state", "code_challenge"]
        if query.get("client_id") == CLIENT:
            expected["response_mode"] = "query"
            required.append("nonce")
        wrong = {name for name, value in expected.items() if query.get(name) != value}
        wrong |= {name for name in required if not query.get(name)}
        if query.get("redirect_uri") not in self.redirect_uris.get(query.get("client_id", ""), ()):
            wrong.add("redirect_uri")
        if wrong or "openid" not in query.get("scope", "").split():
            raise AssertionError(f"a wrong request: {sorted(wrong)}")
        if user:
            return self.with_code(query, user), ""
        if query.get("prompt") == "none":
            return self.back(query, error="login_required"), ""
        return "", _FORM.format(query=urlencode(query).replace("&", "&amp;"))

    def with_code(self, query: dict[str, str], user: str) -> str:
        """The address of the callback with a code for this user."""
        code = f"code-{len(self.codes)}-{sha256(self.url.encode()).hexdigest()}"
        self.codes[code] = {**query, "user": user}
        self.issued.append(code)
        return self.back(query, code=code)

    def back(self, query: dict[str, str], **parameters: str) -> str:
        """The address of the callback, with the state."""
        return f"{query['redirect_uri']}?{urlencode({**parameters, 'state': query['state']})}"

    def tokens(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The answer to a code (RFC 6749, 4.1.3; RFC 7636, 4.6)."""
        query = self.codes.pop(form.get("code", ""), None)
        challenge = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest())
        if (
            query is None
            or form.get("grant_type") != "authorization_code"
            or form.get("client_id") != query["client_id"]
            or form.get("redirect_uri") != query["redirect_uri"]
            or challenge.decode().rstrip("=") != query["code_challenge"]
        ):
            return 400, {"error": "invalid_grant", "error_description": form.get("code")}
        user = query["user"]
        shared = {"iss": self.url, "sub": f"sub-of-{user}", "exp": int(time.time()) + self.lasts}
        groups = {GROUPS_CLAIM: self.groups.get(user, [])}
        audience = {"client_id": query["client_id"], "token_use": "access"}
        access = {**shared, **groups, "username": user}
        access |= audience if self.is_cognito else {"aud": AUDIENCE}
        identity = {**shared, "aud": query["client_id"], "nonce": query.get("nonce")}
        tokens = {
            "access_token": unsigned_token(_without_none({**access, **self.access})),
            "id_token": unsigned_token(_without_none({**identity, **self.identity})),
            "refresh_token": f"refresh-{len(self.issued)}",
        }
        self.issued += tokens.values()
        return 200, {**tokens, "token_type": "Bearer", "expires_in": self.lasts}

    def discovery(self) -> dict[str, Any]:
        """The document of Discovery 1.0."""
        self.discoveries += 1
        found = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/oauth2/authorize",
            "token_endpoint": f"{self.url}/oauth2/token",
            "revocation_endpoint": f"{self.url}/oauth2/revoke",
            "end_session_endpoint": f"{self.url}/logout",
        }
        return _without_none({**found, **self.document})


def _without_none(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value is not None}


class _Handler(BaseHTTPRequestHandler):
    issuer: Issuer

    def do_GET(self) -> None:
        issuer, parts = self.issuer, urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if parts.path == "/.well-known/openid-configuration":
            self._json(issuer.discovery_status, issuer.discovery())
        elif parts.path == "/oauth2/authorize":
            issuer.asked.append(query)
            cookie = SimpleCookie(self.headers.get("cookie", "")).get("issuer")
            location, page = issuer.authorize(query, cookie.value if cookie else None)
            self._page(page) if page else self._redirect(location)
        elif parts.path == "/logout":
            name = "logout_uri" if issuer.is_cognito else "post_logout_redirect_uri"
            assert query == {"client_id": CLIENT, name: f"{issuer.desk_url}/desk/signed-out"}
            issuer.ended += 1
            self._redirect(query[name], "issuer=; Max-Age=0")
        else:
            self._json(404, {})

    def do_POST(self) -> None:
        issuer, path = self.issuer, urlsplit(self.path).path
        body = self.rfile.read(int(self.headers["content-length"]))
        form = dict(parse_qsl(body.decode()))
        if self.headers.get("x-amz-target") == "AmazonSSM.GetParameter":
            assert json.loads(body) == {"Name": "/seealso/seealso-test/desk"}
            issuer.registrations += 1
            if not issuer.has_registration:
                self._json(400, {"__type": "ParameterNotFound"})
                return
            self._json(200, {"Parameter": {"Value": json.dumps(issuer.registration)}})
        elif path == "/login":
            query = dict(parse_qsl(form["query"]))
            cookie = f"issuer={form['username']}; HttpOnly; SameSite=Lax"
            self._redirect(issuer.with_code(query, form["username"]), cookie)
        elif path == "/oauth2/token":
            if issuer.token_answer:
                self._send(*issuer.token_answer)
            else:
                self._json(*issuer.tokens(form))
        elif path == "/oauth2/revoke":
            assert form["client_id"] == CLIENT
            issuer.revoked.append(form["token"])
            self._json(503 if issuer.refuses_to_revoke else 200, {})
        else:
            self._json(404, {})

    def log_message(self, *_arguments: object) -> None:
        """A test's output is its own."""

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, json.dumps(body).encode(), {"content-type": "application/json"})

    def _page(self, text: str) -> None:
        self._send(200, text.encode(), {"content-type": "text/html"})

    def _redirect(self, location: str, cookie: str = "") -> None:
        headers = {"location": location} | ({"set-cookie": cookie} if cookie else {})
        self._send(302, b"", headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(desk_url: str) -> Iterator[Issuer]:
    """An issuer on a free port, whose client is the desk at this URL."""

    class Handler(_Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        # localhost, where Chromium finds another site than the desk at 127.0.0.1.
        Handler.issuer = Issuer(f"http://localhost:{server.server_port}", desk_url)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield Handler.issuer
        server.shutdown()
        thread.join()
