"""Problems: how a Refusal is answered in JSON, as RFC 9457 `application/problem+json`.

Statuses, titles and headers of refusals are here and nowhere else; the names are contract.md's.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from seealso.errors import Message, Refusal
from seealso.http.requests import Request
from seealso.http.responses import NOT_STORED, Response, json_response


class Kind(NamedTuple):
    """What all problems of one name share."""

    status: int
    title: str


PROBLEMS = {
    "malformed-request": Kind(400, "Malformed request"),
    "invalid-id": Kind(400, "Invalid id in the path"),
    "webmention-refused": Kind(400, "Webmention refused"),
    "unauthorized": Kind(401, "Unauthorized"),
    "forbidden": Kind(403, "Forbidden"),
    "foreign-origin": Kind(403, "Foreign origin"),
    "not-found": Kind(404, "Not found"),
    "duplicate-link": Kind(409, "URL already submitted"),
    "page-full": Kind(409, "Page full"),
    "queue-full": Kind(409, "Too many pending links"),
    "conflict": Kind(409, "Conflict with the current state"),
    "precondition-failed": Kind(412, "Changed in the meantime"),
    "too-large": Kind(413, "Body too large"),
    "unsupported-media-type": Kind(415, "Unsupported media type"),
    "invalid-fields": Kind(422, "Invalid fields"),
    "consent-missing": Kind(422, "Consent missing"),
    "url-not-acceptable": Kind(422, "URL not acceptable"),
    "idempotency-key-reused": Kind(422, "Idempotency-Key already used"),
    "precondition-required": Kind(428, "If-Match required"),
    "rate-limited": Kind(429, "Too many requests"),
    "internal": Kind(500, "Internal server error"),
    "unavailable": Kind(503, "Temporarily unavailable"),
}


def problem_response(
    request: Request, refusal: Refusal, words: Callable[[Message | str], str] = str
) -> Response:
    """The answer that tells a client of a refusal; `words` says it in a language for people."""
    kind = PROBLEMS[refusal.name]
    body: dict[str, Any] = {
        "type": f"/problems/{refusal.name}",
        "title": words(kind.title),
        "status": kind.status,
        "detail": _detail(refusal, words),
        "request_id": request.request_id,
        **refusal.members,
    }
    if refusal.errors:
        body["errors"] = [
            {"field": field, "detail": words(detail)} for field, detail in refusal.errors
        ]
    headers = {"content-type": "application/problem+json", **NOT_STORED}
    return json_response(kind.status, body, headers | refusal_headers(refusal))


def _detail(refusal: Refusal, words: Callable[[Message | str], str]) -> str:
    detail = words(refusal.detail)
    if not refusal.more_errors:
        return detail
    more = Message("{number} more errors are not listed.", number=refusal.more_errors)
    return f"{detail} {words(more)}"


def refusal_headers(refusal: Refusal) -> dict[str, str]:
    """The headers that HTTP asks for: RFC 9110, 10.2.3 and 11.6.1."""
    headers = {}
    if refusal.retry_after is not None:
        headers["retry-after"] = str(refusal.retry_after)
    if refusal.name == "unauthorized":
        headers["www-authenticate"] = "Bearer"
    return headers
