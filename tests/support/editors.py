"""Editors of the tests: the claims of their tokens, and requests in their name."""

import json
import time
from typing import Any

from tests.support import gateway
from tests.support.gateway import Response
from tests.support.tables import AUDIENCE, ISSUER

EDITOR = "editor@example.com"
ADMIN = "admin@example.com"


def claims(name: str, groups: str | None, **others: str) -> dict[str, str]:
    """The claims of an access token, as the gateway hands them over; `groups` as "[editors]"."""
    made = {
        "sub": f"sub-of-{name}",
        "iss": ISSUER,
        "client_id": AUDIENCE,
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin",
        "exp": str(int(time.time()) + 3600),
        "username": name,
        **others,
    }
    return made if groups is None else made | {"cognito:groups": groups}


def as_editor(
    method: str,
    target: str,
    body: Any = None,
    version: int | None = None,
    *,
    name: str = EDITOR,
    groups: str = "[editors]",
) -> Response:
    """The answer to a request of an editor; `target` without /admin, `version` for If-Match."""
    headers = {} if version is None else {"if-match": f'"{version}"'}
    if body is not None:
        headers["content-type"] = "application/json"
    return gateway.request(
        method,
        f"/admin{target}",
        headers,
        None if body is None else json.dumps(body),
        claims(name, groups),
    )


def as_admin(method: str, target: str, body: Any = None, version: int | None = None) -> Response:
    """The answer to a request of an admin."""
    return as_editor(method, target, body, version, name=ADMIN, groups="[editors admins]")
