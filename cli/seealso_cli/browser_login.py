"""Signing in with a browser: the user pool's own page sends it to a server on this machine.

The code flow with PKCE for programs (RFC 8252): the password stays between the browser and Cognito,
with one-time codes and whatever else the page asks for.
"""

import json
import time
import webbrowser
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, HTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import urllib3

from seealso_cli import admin_api, auth, login_file
from seealso_cli.errors import CommandFailed
from seealso_cli.login_file import Login, UserPoolClient
from seealso_cli.output import escape_unprintable

# Those that template.yaml registers; one is free unless three people sign in on one machine.
PORTS = (17632, 27632, 37632)
SECONDS = 300  # that somebody has to sign in
_SCOPES = "openid aws.cognito.signin.user.admin"  # the second, to set up an app for codes
_PAGE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>seealso</title>
<p>You can close this page and go back to the terminal.</p></html>
"""


def sign_in(
    client: UserPoolClient, api_url: str, email: str | None, show: Callable[[str], None]
) -> None:
    """Sign in with a browser, and store the tokens; `show` tells the user where to.

    Raises RequestRefused, CommandFailed.
    """
    auth.check_api_url(api_url)
    state, verifier = token_urlsafe(32), token_urlsafe(48)
    with _server() as server:
        redirect_uri = f"http://localhost:{server.server_port}/"
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        parameters = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": redirect_uri,
            "scope": _SCOPES,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if email:
            parameters["login_hint"] = email
        url = f"{client.login_url}/oauth2/authorize?{urlencode(parameters)}"
        show(url)
        webbrowser.open(url)
        sent = server.wait()
    if not compare_digest("\n".join(sent.get("state", [])).encode(), state.encode()):
        raise CommandFailed("Another page answered in the browser. Nobody was signed in.")
    if error := sent.get("error"):
        raise CommandFailed(f"Nobody was signed in ({escape_unprintable(error[0])}).")
    tokens = _exchange(client, "".join(sent.get("code", [])), redirect_uri, verifier)
    login = Login(
        api_url,
        tokens["access_token"],
        email,
        time.time() + tokens["expires_in"],
        tokens["refresh_token"],
        client,
    )
    admin_api.check_login(login)
    login_file.write(login)


class _Server(HTTPServer):
    """Answers one request, on loopback alone."""

    timeout = 1.0
    query: str | None = None

    def wait(self) -> dict[str, list[str]]:
        """The parameters of the request. Raises CommandFailed if none comes."""
        deadline = time.monotonic() + SECONDS
        while self.query is None:
            if time.monotonic() > deadline:
                raise CommandFailed(f"Nobody signed in within {SECONDS // 60} minutes.")
            self.handle_request()
        return parse_qs(self.query)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5  # browsers open connections on which they then send nothing

    def do_GET(self) -> None:
        self.server.query = urlsplit(self.path).query
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(_PAGE)))
        self.send_header("content-security-policy", "default-src 'none'")
        self.end_headers()
        self.wfile.write(_PAGE)

    def log_message(self, *_arguments: object) -> None:
        """Its line would have the code."""


def _server() -> _Server:
    for port in PORTS:
        try:
            return _Server(("127.0.0.1", port), _Handler)
        except OSError:
            continue
    ports = ", ".join(map(str, PORTS))
    raise CommandFailed(f"The ports {ports} are in use. Free one, or sign in with --password.")


def _exchange(
    client: UserPoolClient, code: str, redirect_uri: str, verifier: str
) -> dict[str, Any]:
    """The tokens for a code. Raises CommandFailed."""
    fields = {
        "grant_type": "authorization_code",
        "client_id": client.client_id,
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    url = f"{client.login_url}/oauth2/token"
    try:
        answer = admin_api.connections(url).request(
            "POST", url, fields=fields, encode_multipart=False, redirect=False
        )
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise CommandFailed(
            f"Could not reach Cognito ({escape_unprintable(str(error))})."
        ) from None
    try:
        tokens = json.loads(answer.data)
        if answer.status == 200 and {"access_token", "expires_in", "refresh_token"} <= set(tokens):
            found: dict[str, Any] = tokens
            return found
    except (ValueError, TypeError):
        pass
    raise CommandFailed(f"Cognito did not accept the sign-in ({answer.status}). Try again.")
