"""Requests to the deployed API with a token, and the articles that they are about."""

import json
import os
from itertools import count
from typing import Any, NamedTuple

from local import editors
from local.editors import User
from tests.end_to_end.conftest import Deployed, Response

_DOMAINS = count()


class SignedIn(NamedTuple):
    """Whoever has this token, or none, at the deployed API."""

    deployed: Deployed
    token: str | None

    def request(
        self, method: str, path: str, body: Any = None, version: int | None = None
    ) -> Response:
        """The answer to a request; `version` goes into If-Match."""
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if body is None:
            return self.deployed.request(method, path, headers=headers)
        headers["Content-Type"] = "application/json"
        return self.deployed.request(method, path, headers=headers, body=json.dumps(body).encode())


def sign_in(deployed: Deployed, user: User) -> SignedIn:
    """The user, signed in at the emulator's Cognito."""
    stack = deployed.stack
    return SignedIn(deployed, editors.sign_in(stack.port, stack.outputs, user)["AccessToken"])


def new_domain() -> int:
    """A domain that no other test writes to; it has no site."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return 10**9 + 10**6 * worker + next(_DOMAINS)


def new_article(domain: int) -> dict[str, Any]:
    """What an editor sends for an article of the domain."""
    title = f"Looking after cast iron, part {domain}"
    return {"domain": domain, "title": title, "text": "Dry it, oil it.", "date": "2026-03-07"}


def published_article(editor: SignedIn, domain: int) -> int:
    """The id of a new article of the domain, published with version 1."""
    made = editor.request("POST", "/admin/articles", new_article(domain) | {"state": "published"})
    assert made.status == 201, made.body
    article_id: int = made.json()["id"]
    return article_id
