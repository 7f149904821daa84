"""GraphQL over HTTP: requests, media types and statuses.

The specification is the GraphQL Foundation's "GraphQL Over HTTP". Unless the client prefers
application/graphql-response+json, every well-formed request gets a 200, even when its answer has
errors, as from Hasura.
"""

import json
import re
from typing import Any

from seealso.errors import Refusal
from seealso.graphql.answering import too_large
from seealso.graphql.documents import Query, digest_of
from seealso.graphql.refusals import (
    AutomaticQueryRefused,
    Code,
    MutationRefused,
    QueryRefused,
    error,
)
from seealso.graphql.settings import MAX_REQUEST_BYTES
from seealso.http.bodies import json_body, json_members
from seealso.http.problems import PROBLEMS, refusal_headers
from seealso.http.requests import Request
from seealso.http.responses import NOT_STORED, Response, json_response, read_response
from seealso.members import Members

_RESPONSE = "application/graphql-response+json"
_JSON = "application/json"
# A Lambda response is limited to 6 MB (AWS, "Lambda quotas"), including the JSON around the body.
_MAX_PAYLOAD = 5_900_000
# A character takes at most 6 bytes of JSON in UTF-8, so shorter bodies need not be measured.
_MAX_UNMEASURED_CHARACTERS = 900_000
_MEMBERS = ("query", "documentId", "operationName", "variables", "extensions")
_DOCUMENT_ID = re.compile(r"sha256:([0-9a-f]{64})")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def parse_query(request: Request) -> Query:
    """The GraphQL request in a GET or POST request.

    Raises Refusal: malformed-request, too-large or unsupported-media-type; or QueryRefused.
    """
    is_post = request.method == "POST"
    members = _body_members(request) if is_post else _query_string_members(request)
    name = members.get("operationName")
    if name is not None and not isinstance(name, str):
        raise _malformed("operationName", "must be a string or null.")
    objects = {}
    for member in ("variables", "extensions"):
        objects[member] = members.get(member)
        if objects[member] is not None and not isinstance(objects[member], dict):
            raise _malformed(member, "must be an object or null.")
    extensions = objects["extensions"] or {}
    digest = _persisted_digest(extensions)
    is_automatic = digest is not None
    document = members.get("query")
    if digest is not None and document == "":
        document = None
    if members.get("documentId") is not None:
        if document is not None:
            raise _malformed("documentId", "must not be sent together with query.")
        if digest not in (None, _document_digest(members["documentId"])):
            raise _malformed("documentId", "must have the hash that extensions have.")
        digest = _document_digest(members["documentId"])
    elif not isinstance(document, str) and (document is not None or digest is None):
        raise _malformed("query", "is required and must be a string containing a GraphQL document.")
    elif document is not None and digest not in (None, digest_of(document)):
        raise _malformed("extensions", "must have the SHA-256 of query as sha256Hash.")
    variables = objects["variables"] or {}
    wants_cost = extensions.get("cost") is True
    return Query(document, digest, is_automatic, name or None, variables, wants_cost)


def _document_digest(document_id: Any) -> str:
    """The hash in `documentId` (GraphQL over HTTP, appendix A). Raises Refusal."""
    match = _DOCUMENT_ID.fullmatch(document_id) if isinstance(document_id, str) else None
    if match is None:
        reason = "must be sha256: followed by the 64 lower-case hex digits of the document's hash."
        raise _malformed("documentId", reason)
    return match[1]


def _persisted_digest(extensions: dict[str, Any]) -> str | None:
    """The hash in Apollo's `persistedQuery`, in lower case; None where there is none.

    Raises Refusal.
    """
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return None
    members = persisted if isinstance(persisted, dict) else {}
    digest = members.get("sha256Hash")
    is_digest = isinstance(digest, str) and _SHA256.fullmatch(digest)
    if not is_digest or members.get("version") != 1:
        reason = "must have a persistedQuery with version 1 and a sha256Hash of 64 hex digits."
        raise _malformed("extensions", reason)
    return str(digest).lower()


def _body_members(request: Request) -> dict[str, Any]:
    members = json_body(request, MAX_REQUEST_BYTES)
    for name in _MEMBERS:
        if name in members.repeated:
            raise _malformed(name, "must not be repeated.")
    return members


def _query_string_members(request: Request) -> dict[str, Any]:
    members: dict[str, Any] = {name: request.query_string(name) for name in _MEMBERS}
    for name in ("variables", "extensions"):
        if members[name] is not None:
            members[name] = _parse_object(members[name], name)
    return members


def _parse_object(value: str, name: str) -> Members | None:
    if value.strip() in ("", "null"):
        return None
    try:
        return json_members(value.encode())
    except (Refusal, UnicodeEncodeError):
        raise _malformed(name, "must be a JSON object.") from None


def data_response(request: Request, data: dict[str, Any], cost: dict[str, Any] | None) -> Response:
    """The answer with a query's data. Raises QueryRefused if it is too large."""
    body: dict[str, Any] = {"data": data}
    if cost is not None:
        body["extensions"] = {"cost": cost}
    # A cache finds an answer by its URL alone, and a cost differs each time.
    is_cacheable = request.method == "GET" and cost is None
    response = read_response(request, body) if is_cacheable else json_response(200, body)
    payload = response.body or ""
    if (
        len(payload) > _MAX_UNMEASURED_CHARACTERS
        and len(json.dumps(payload).encode()) > _MAX_PAYLOAD
    ):
        raise too_large()
    if payload:
        response.headers["content-type"] = _media_type(request)
    response.headers["vary"] = "Accept"
    return response


def query_refusal_response(request: Request, refusal: QueryRefused) -> Response:
    """The answer with a refused query's errors."""
    if isinstance(refusal, MutationRefused) and request.method == "GET":
        return _errors(request, 405, refusal.errors, {"allow": "POST"})
    if isinstance(refusal, AutomaticQueryRefused):
        return _errors(request, 200, refusal.errors, {})  # some clients read no other status
    return _errors(request, 400 if _prefers_response(request) else 200, refusal.errors, {})


def refusal_response(request: Request, refusal: Refusal) -> Response:
    """The answer to a refusal that is not about the query itself, in GraphQL's shape."""
    status = PROBLEMS[refusal.name].status
    code: Code = "validation-failed"
    if status >= 500:
        code = "unexpected"
        status = status if _prefers_response(request) else 200
    elif not refusal.errors:
        code = "parse-failed"
    response_error = error(code, str(refusal.detail))
    response_error["extensions"]["request_id"] = request.request_id
    return _errors(request, status, [response_error], refusal_headers(refusal))


def _errors(
    request: Request, status: int, errors: list[dict[str, Any]], headers: dict[str, str]
) -> Response:
    own_headers = {"content-type": _media_type(request), "vary": "Accept", **NOT_STORED}
    return json_response(status, {"errors": errors}, own_headers | headers)


def _malformed(name: str, reason: str) -> Refusal:
    return Refusal.of_field("malformed-request", name, f"{name} {reason}")


def _media_type(request: Request) -> str:
    return f"{_RESPONSE if _prefers_response(request) else _JSON}; charset=utf-8"


def _prefers_response(request: Request) -> bool:
    """Whether the client prefers application/graphql-response+json."""
    weights = {_RESPONSE: 0.0, _JSON: 0.0}
    for media_range in request.headers.get("accept", "").lower().split(","):
        name, *parameters = (part.strip() for part in media_range.split(";"))
        if name in weights:
            weights[name] = max(weights[name], _weight(parameters))
    return weights[_RESPONSE] > 0 and weights[_RESPONSE] >= weights[_JSON]


def _weight(parameters: list[str]) -> float:
    """The weight of a media range, its parameter `q` (RFC 9110, 12.4.2)."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
