"""GraphQL over HTTP: requests, media types and statuses.

The specification is that of the GraphQL Foundation ("GraphQL Over HTTP"). Where a client does not
prefer application/graphql-response+json, what could be parsed as a request is answered 200, errors
included, as Hasura does.
"""

import json
from typing import Any, NamedTuple

from seealso.bodies import Members, json_body, json_members
from seealso.graphql.answering import too_large
from seealso.graphql.documents import MutationRefused
from seealso.graphql.refusals import Code, QueryRefused, error
from seealso.graphql.settings import LARGEST_REQUEST
from seealso.http import NOT_STORED, Answer, Event, answer_json, answer_read, query_text
from seealso.problems import Problem

_RESPONSE = "application/graphql-response+json"
_JSON = "application/json"
# Lambda's answers end at 6 MB (AWS, "Lambda quotas"), the JSON around the body included.
_LARGEST_PAYLOAD = 5_900_000
# A shorter body is no longer than that in whatever escapes.
_SURELY_SMALL = 900_000


class Request(NamedTuple):
    """A well-formed request."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]
    wants_cost: bool


def request_of(event: Event) -> Request:
    """The request of an event, by GET or POST. Raises Problem 400, 413, 415."""
    members = _posted(event) if _method(event) == "POST" else _in_query_string(event)
    query = members.get("query")
    if not isinstance(query, str):
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
    return Request(query, name or None, objects["variables"] or {}, extensions.get("cost") is True)


def _method(event: Event) -> str:
    return str(event["routeKey"].partition(" ")[0])


def _posted(event: Event) -> dict[str, Any]:
    members = json_body(event, LARGEST_REQUEST)
    for name in ("query", "operationName", "variables", "extensions"):
        if name in members.repeated:
            raise _malformed(name, "is there more than once; send it once.")
    return members


def _in_query_string(event: Event) -> dict[str, Any]:
    members: dict[str, Any] = {
        name: query_text(event, name)
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
    except (Problem, UnicodeEncodeError):
        raise _malformed(name, "must be a JSON object.") from None


def answer_data(event: Event, data: dict[str, Any], cost: dict[str, Any] | None) -> Answer:
    """The answer with a query's data. Raises QueryRefused where it is too large."""
    body: dict[str, Any] = {"data": data}
    if cost is not None:
        body["extensions"] = {"cost": cost}
    # Only what can be asked for again by the same URL is worth keeping.
    is_kept = _method(event) == "GET" and cost is None
    answer = answer_read(event, body) if is_kept else answer_json(200, body, NOT_STORED)
    text = answer.get("body", "")
    if len(text) > _SURELY_SMALL and len(json.dumps(text).encode()) > _LARGEST_PAYLOAD:
        raise too_large()
    if text:
        answer["headers"]["content-type"] = _media_type(event)
    answer["headers"]["vary"] = "Accept"
    return answer


def answer_refusal(event: Event, refusal: QueryRefused) -> Answer:
    """The answer with a refused query's errors."""
    if isinstance(refusal, MutationRefused) and _method(event) == "GET":
        return _errors(event, 405, refusal.errors, {"allow": "POST"})
    return _errors(event, 400 if _prefers_response(event) else 200, refusal.errors, {})


def answer_problem(event: Event, problem: Problem) -> Answer:
    """The answer for a problem that is not the query's own, in GraphQL's shape."""
    status = problem.status
    code: Code = "validation-failed"
    if status >= 500:
        code = "unexpected"
        status = status if _prefers_response(event) else 200
    elif not problem.errors:
        code = "parse-failed"
    made = error(code, problem.detail)
    made["extensions"]["request_id"] = event["requestContext"]["requestId"]
    return _errors(event, status, [made], problem.headers)


def _errors(
    event: Event, status: int, errors: list[dict[str, Any]], headers: dict[str, str]
) -> Answer:
    own = {"content-type": _media_type(event), "vary": "Accept", **NOT_STORED}
    return answer_json(status, {"errors": errors}, own | headers)


def _malformed(name: str, what: str) -> Problem:
    return Problem("malformed-request", f"{name} {what}", [(name, what)])


def _media_type(event: Event) -> str:
    return f"{_RESPONSE if _prefers_response(event) else _JSON}; charset=utf-8"


def _prefers_response(event: Event) -> bool:
    """Whether the client would rather have application/graphql-response+json."""
    weights = {_RESPONSE: 0.0, _JSON: 0.0}
    for part in event["headers"].get("accept", "").lower().split(","):
        name, *parameters = (each.strip() for each in part.split(";"))
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
