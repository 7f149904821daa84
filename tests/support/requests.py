"""Requests to the real handlers, for submitters and editors, with what holds for every answer.

Fixtures let the handlers use a test's tables (tests/support/environment.py).
"""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from seealso.contract import admin as contract
from seealso.contract.operations import Operation
from seealso.contract.refusals import Problem
from seealso.http.problems import PROBLEMS
from seealso.store.values import Json
from tests.support import gateway
from tests.support.editors import ADMIN, as_admin, as_editor, claims
from tests.support.events import Event, body_of, event
from tests.support.functions import handler
from tests.support.gateway import Response
from tests.support.leaks import check_no_leak, sent_text

ARTICLE_ID = 101  # published in the networks of tests/submitting and tests/editing
URL = "https://example.com/page"
ADDRESS = "192.0.2.7"
KEY = "0123456789abcdef"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


# ---- problems --------------------------------------------------------------------------------


def problem(response: Response) -> str:
    """The problem's name."""
    name: str = response.json()["type"].removeprefix("/problems/")
    return name


def at_fault(response: Response) -> list[str]:
    return [each["field"] for each in response.json().get("errors", [])]


def without_request_id(response: Response) -> Json:
    body: Json = response.json()
    del body["request_id"]
    return body


# ---- of submitters ---------------------------------------------------------------------------


def fields(url: Any = URL, **changes: Any) -> Json:
    """A submission's members with nothing wrong."""
    return {"url": url, "has_right_to_share": True, "agrees_to_link_back": True, **changes}


def post(
    article_id: object = ARTICLE_ID,
    body: Json | str | bytes | None = None,
    *,
    key: str | None = None,
    media_type: str = JSON,
    headers: dict[str, str] | None = None,
    address: str = ADDRESS,
    route: str = "POST /articles/{id}/links",
) -> Response:
    """The answer to a submission; a body in bytes comes in base64, as the gateway has forms."""
    if body is None or isinstance(body, dict):
        body = json.dumps(body or fields())
    sent = {"Content-Type": media_type} | (headers or {})
    if key is not None:
        sent["Idempotency-Key"] = key
    return call(route, {"id": str(article_id)}, sent, body, address)


PREVIEW = "POST /articles/{id}/links/preview"


def preview(article_id: object = ARTICLE_ID, url: str = URL, **more: Any) -> Response:
    """The answer to the preview of a submission of a URL, with further members of the body."""
    return post(article_id, {"url": url, **more}, route=PREVIEW)


def posted(article_id: object = ARTICLE_ID, url: str = URL, key: str | None = None) -> Json:
    """The receipt of a submission that is accepted."""
    response = post(article_id, fields(url), key=key)
    assert response.status == 201, response
    receipt: Json = response.json()
    return receipt


def read(link_id: str) -> Response:
    return call("GET /links/{link_id}", {"link_id": link_id})


def status_of(receipt: Json) -> str:
    return str(read(receipt["link_id"]).json()["status"])


def withdraw(link_id: str, authorization: str | None) -> Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return call("DELETE /links/{link_id}", {"link_id": link_id}, headers)


def withdrawn(receipt: Json) -> None:
    response = withdraw(receipt["link_id"], f"Bearer {receipt['withdraw_token']}")
    assert response.status == 204, response


def call(
    route: str,
    path: dict[str, str],
    headers: dict[str, str] | None = None,
    body: str | bytes | None = None,
    address: str = ADDRESS,
) -> Response:
    made = event(route, path, "", headers, body)
    made["requestContext"]["http"]["sourceIp"] = address
    return answer(made)


def answer(made: Event) -> Response:
    """The handler's answer; what holds for every answer is checked here."""
    answer = handler("submit_link")(made, None)
    response = Response(answer["statusCode"], answer["headers"], answer.get("body", ""))
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    if response.status < 300:
        return response
    problem = response.json()
    name = problem["type"].removeprefix("/problems/")
    assert (response.status, problem["title"]) == PROBLEMS[name]
    assert problem["status"] == response.status
    assert problem["request_id"] == made["requestContext"]["requestId"]
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status != 500, problem
    assert ("retry-after" in response.headers) is (response.status in (429, 503))
    assert all(set(each) == {"field", "detail"} for each in problem.get("errors", []))
    check_no_leak(
        response.body, sent_text(made["rawPath"], json.dumps(made["headers"]), body_of(made))
    )
    assert made["requestContext"]["http"]["sourceIp"] not in response.body
    return response


# ---- of editors ------------------------------------------------------------------------------


def editor(method: str, target: str, body: Any = None, version: int | None = None) -> Response:
    response = as_editor(method, target, body, version)
    return checked(method, target, response, json.dumps(body))


def admin(method: str, target: str, body: Any = None, version: int | None = None) -> Response:
    response = as_admin(method, target, body, version)
    return checked(method, target, response, json.dumps(body))


def raw(method: str, target: str, body: str | bytes | None = None, **headers: str) -> Response:
    """The answer to an admin's request of any body and headers (`if_match` for If-Match)."""
    named = {"content-type": "application/json"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    token = claims(ADMIN, "[editors admins]")
    response = gateway.request(method, f"/admin{target}", named, body, token)
    return checked(method, target, response, body, json.dumps(headers))


def checked(method: str, target: str, response: Response, *sent: str | bytes | None) -> Response:
    """The answer, once it is seen to be one that the operation's contract names.

    `sent` is what was sent besides the target: an answer may repeat it.
    """
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    of = operation(method, target)
    if response.status >= 400:
        name = problem(response)
        assert name in of.problems, response
        assert (response.status, response.json()["title"]) == PROBLEMS[name]
        assert response.headers["content-type"] == "application/problem+json"
        conforms(Problem, response.body)
        check_no_leak(response.body, sent_text(target, *sent))
        return response
    reply = next(each for each in of.replies if each.status == response.status)
    if reply.body is None:
        assert response.body == ""
        return response
    assert response.headers["content-type"] == "application/json"
    conforms(reply.body, response.body)
    tag = f'"{response.json()["version"]}"' if "VersionTag" in reply.headers else None
    assert response.headers.get("etag") == tag
    return response


def conforms(model: type[BaseModel], body: str) -> None:
    """The body is the model's, and has nothing that the model does not name."""
    read = model.model_validate_json(body)
    assert read.model_dump(exclude_unset=True) == json.loads(body)


def allowed(model: type[BaseModel], body: Json) -> bool:
    """Whether a body that is sent is one that the model describes."""
    try:
        model.model_validate_json(json.dumps(body))
    except ValidationError:
        return False
    return True


def operation(method: str, target: str) -> Operation:
    path = f"/admin{target.partition('?')[0]}"
    return next(
        each
        for each in contract.OPERATIONS
        if each.method == method
        and gateway._matched(f"{method} {each.path}", method, path) is not None
    )


def pages(target: str, plural: str, limit: int = 3) -> Iterator[list[Json]]:
    """The parts of a list, each asked for when it is wanted."""
    cursor = ""
    while True:
        separator = "&" if "?" in target else "?"
        part = admin("GET", f"{target}{separator}limit={limit}{cursor}").json()
        yield part[plural]
        if part["next_cursor"] is None:
            return
        assert len(part[plural]) == limit
        cursor = f"&cursor={part['next_cursor']}"


def listed(target: str, plural: str, limit: int = 3) -> list[Json]:
    return [each for part in pages(target, plural, limit) for each in part]


def cursor_of(target: str) -> str:
    """The cursor of a list's second part of one."""
    separator = "&" if "?" in target else "?"
    cursor: str = admin("GET", f"{target}{separator}limit=1").json()["next_cursor"]
    assert cursor
    return cursor
