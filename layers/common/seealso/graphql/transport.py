"""GraphQL over HTTP: requests, media types and statuses.

The specification is that of the GraphQL Foundation ("GraphQL Over HTTP"). Where a client does not
prefer application/graphql-response+json, what could be parsed as a request is answered 200, errors
included, as Hasura does.
"""

import json
from typing import Any, NamedTuple

from seealso.errors import Refusal
from seealso.graphql.answering import too_large
from seealso.graphql.documents import MutationRefused
from seealso.graphql.refusals import Code, QueryRefused, error
from seealso.graphql.settings import MAX_REQUEST_BYTES
from seealso.http.bodies import json_body, json_members
from seealso.http.problems import PROBLEMS, refusal_headers
from seealso.http.requests import Request
from seealso.http.responses import NOT_STORED, Response, json_response, read_response
from seealso.members import Members

_RESPONSE = "application/graphql-response+json"
_JSON = "application/json"
# Lambda's answers end at 6 MB (AWS, "Lambda quotas"), the JSON around the body included.
_MAX_PAYLOAD = 5_900_000
# A shorter body is no longer than that in whatever escapes.
_SURELY_SMALL = 900_000


class Query(NamedTuple):
    """A well-formed GraphQL request."""

    document: str
    operation_name: str | None
    variables: dict[str, Any]
    wants_cost: bool


def parse_query(request: Request) -> Query:
    """The GraphQL request of an HTTP request, by GET or POST. Raises Refusal 400, 413 or 415."""
    members = _posted(request) if request.method == "POST" else _in_query_string(request)
    document = members.get("query")
    if not isinstance(document, str):
        raise _malformed("query", "must be a string with a GraphQL document.")
    name = members.get("operationName")
    if name is not None and not isinstance(name, str):
        raise _malformed("operationName", "must be a string or null.")
    objects = {}
    for member in ("variables", "extensions"):
        objects[member] = members.get(member)
        if objects[member] is not None and not isinstance(objects[member], dict):
            raise _malformed(member, "must be an object or null.")
    extensions = objects["extensions"] or {}
    return Query(document, name or None, objects["variables"] or {}, extensions.get("cost") is True)


def _posted(request: Request) -> dict[str, Any]:
    members = json_body(request, MAX_REQUEST_BYTES)
    for name in ("query", "operationName", "variables", "extensions"):
        if name in members.repeated:
            raise _malformed(name, "must not be repeated.")
    return members


def _in_query_string(request: Request) -> dict[str, Any]:
    members: dict[str, Any] = {
        name: request.query_string(name)
        for name in ("query", "operationName", "variables", "extensions")
    }
    for name in ("variables", "extensions"):
        if members[name] is not None:
            members[name] = _object_in(members[name], name)
    return members


def _object_in(text: str, name: str) -> Members | None:
    if text.strip() == "null":
        return None
    try:
        return json_members(text.encode())
    except (Refusal, UnicodeEncodeError):
        raise _malformed(name, "must be a JSON object.") from None


def data_response(request: Request, data: dict[str, Any], cost: dict[str, Any] | None) -> Response:
    """The answer with a query's data. Raises QueryRefused where it is too large."""
    body: dict[str, Any] = {"data": data}
    if cost is not None:
        body["extensions"] = {"cost": cost}
    # Only what can be requested again by the same URL is worth caching.
    is_cacheable = request.method == "GET" and cost is None
    response = read_response(request, body) if is_cacheable else json_response(200, body)
    text = response.body or ""
    if len(text) > _SURELY_SMALL and len(json.dumps(text).encode()) > _MAX_PAYLOAD:
        raise too_large()
    if text:
        response.headers["content-type"] = _media_type(request)
    response.headers["vary"] = "Accept"
    return response


def query_refusal_response(request: Request, refusal: QueryRefused) -> Response:
    """The answer with a refused query's errors."""
    if isinstance(refusal, MutationRefused) and request.method == "GET":
        return _errors(request, 405, refusal.errors, {"allow": "POST"})
    return _errors(request, 400 if _prefers_response(request) else 200, refusal.errors, {})


def refusal_response(request: Request, refusal: Refusal) -> Response:
    """The answer to a refusal that is not the query's own, in GraphQL's shape."""
    status = PROBLEMS[refusal.name].status
    code: Code = "validation-failed"
    if status >= 500:
        code = "unexpected"
        status = status if _prefers_response(request) else 200
    elif not refusal.errors:
        code = "parse-failed"
    answer_error = error(code, str(refusal.detail))
    answer_error["extensions"]["request_id"] = request.request_id
    return _errors(request, status, [answer_error], refusal_headers(refusal))


def _errors(
    request: Request, status: int, errors: list[dict[str, Any]], headers: dict[str, str]
) -> Response:
    own_headers = {"content-type": _media_type(request), "vary": "Accept", **NOT_STORED}
    return json_response(status, {"errors": errors}, own_headers | headers)


def _malformed(name: str, problem: str) -> Refusal:
    return Refusal.of_field("malformed-request", name, f"{name} {problem}")


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
    """The q of a media range (RFC 9110, 12.4.2)."""
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
