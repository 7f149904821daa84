"""Answers, and the headers that each kind of answer has."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from seealso.http.requests import Request
from seealso.store.values import to_json

CACHED = "public, max-age=30"
NOT_STORED = {"cache-control": "no-store"}
JSON = {"content-type": "application/json"}

# If-None-Match compares weakly (RFC 9110, 13.1.2).
_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')


class Response(NamedTuple):
    """An answer as API Gateway takes it; `body` None where there is none (204, 304).

    With `is_base64`, the gateway decodes the body before it sends it. `error` is for the log alone.
    """

    status: int
    headers: dict[str, str]
    body: str | None = None
    is_base64: bool = False
    error: Exception | None = None


class Document(NamedTuple):
    """A text and its strong entity tag."""

    text: str
    tag: str


def document(text: str) -> Document:
    """The text with its entity tag."""
    return Document(text, f'"{sha256(text.encode()).hexdigest()[:32]}"')


def json_response(status: int, body: Any, headers: Mapping[str, str] = NOT_STORED) -> Response:
    """An answer with a JSON body, not to be stored unless the headers say so."""
    return Response(status, {"content-type": "application/json", **headers}, to_json(body))


def read_response(request: Request, body: Any, max_age: int = 30) -> Response:
    """A public read's 200 with a strong entity tag, or 304 if the client has it (RFC 9110).

    It may be cached for `max_age` seconds.
    """
    return tagged_response(request, document(to_json(body)), max_age, JSON)


def tagged_response(
    request: Request, current: Document, max_age: int, headers: Mapping[str, str]
) -> Response:
    """Like read_response(), for a text with headers of its own, such as its media type."""
    tagged = {**headers, "cache-control": f"public, max-age={max_age}", "etag": current.tag}
    # With its media type, or the gateway would send its own, which caches might then keep.
    if has_tag(request, current.tag):
        return Response(304, tagged)
    return Response(200, tagged, current.text)


def has_tag(request: Request, tag: str) -> bool:
    """Whether If-None-Match names an entity tag, strong or weak, or any (`*`)."""
    client_tags = request.headers.get("if-none-match", "")
    return client_tags.strip() == "*" or tag.removeprefix("W/") in _ENTITY_TAG.findall(client_tags)


def versioned_response(
    body: Any, version: int, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An editor's view of something, with the ETag that a change of it must send in If-Match."""
    return json_response(status, body, {**NOT_STORED, **(headers or {}), "etag": f'"{version}"'})


def empty_response() -> Response:
    """A 204."""
    return Response(204, dict(NOT_STORED))
