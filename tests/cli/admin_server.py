"""The admin API on loopback: the real handlers behind an authorizer, with Cognito's users.

The authorizer checks tokens as the gateway does, except for their signatures.
"""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, NamedTuple

import boto3

from seealso_cli.login_file import UserPoolClient
from tests.support import gateway
from tests.support.gateway import Response
from tests.support.tables import REGION

PASSWORD = "correct-Horse-1-battery"


@dataclass
class AdminServer:
    """A running server. `requests`: those received, as (method, target, headers, body)."""

    url: str
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    # Responses to give instead of the API's own, the next one first.
    canned: list[Response] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)

    def changes(self) -> list[tuple[str, str]]:
        """The method and target of all requests but reads."""
        return [(method, target) for method, target, _, _ in self.requests if method != "GET"]

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Response:
        self.requests.append((method, target, headers, body))
        if self.canned:
            return self.canned.pop(0)
        token = headers.get("authorization", "").removeprefix("Bearer ")
        claims = None if token in self.rejected else _claims(token)
        if claims is None:
            return Response(401, {"content-type": "application/json"}, '{"message":"Unauthorized"}')
        return gateway.request(method, target, headers, body.decode() or None, claims)


@contextmanager
def serve() -> Iterator[AdminServer]:
    """Serve the API on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            response = api.answer(self.command, self.path, headers, body)
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response.body.encode())

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 http.server's names

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        api = AdminServer(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()


def _claims(token: str) -> dict[str, str] | None:
    """A token's claims as the gateway passes them on; None for a token that it rejects."""
    try:
        encoded = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
        if claims["exp"] <= time.time():
            return None
    except (IndexError, ValueError):
        return None
    return {
        name: f"[{' '.join(value)}]" if isinstance(value, list) else str(value)
        for name, value in claims.items()
    }


def token(**claims: Any) -> str:
    """An access token with these claims."""
    parts = [{"alg": "none"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join([*(part.rstrip("=") for part in encoded), "signature"])


class Users(NamedTuple):
    """A user pool with its groups, in the engine's Cognito."""

    pool_id: str
    pool: UserPoolClient
    cognito: Any

    @property
    def issuer(self) -> str:
        return f"https://cognito-idp.{REGION}.amazonaws.com/{self.pool_id}"

    def add(self, email: str, *groups: str, password: str = PASSWORD, new: bool = False) -> None:
        """Add a user; a `new` one must choose another password."""
        named = {"UserPoolId": self.pool_id, "Username": email}
        self.cognito.admin_create_user(**named, TemporaryPassword=password)
        if not new:
            self.cognito.admin_set_user_password(**named, Password=password, Permanent=True)
        for group in groups:
            self.cognito.admin_add_user_to_group(**named, GroupName=group)

    def groups_of(self, email: str) -> list[str]:
        response = self.cognito.admin_list_groups_for_user(UserPoolId=self.pool_id, Username=email)
        return [group["GroupName"] for group in response["Groups"]]


@contextmanager
def user_pool(endpoint: str) -> Iterator[Users]:
    """A user pool such as template.yaml defines."""
    cognito: Any = boto3.client("cognito-idp", endpoint_url=endpoint)
    pool_id = cognito.create_user_pool(
        PoolName="editors", Policies={"PasswordPolicy": {"MinimumLength": 12}}
    )["UserPool"]["Id"]
    client_id = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="seealso",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )["UserPoolClient"]["ClientId"]
    for group in ("editors", "admins"):
        cognito.create_group(UserPoolId=pool_id, GroupName=group)
    yield Users(pool_id, UserPoolClient(client_id, REGION, endpoint), cognito)
    cognito.close()
