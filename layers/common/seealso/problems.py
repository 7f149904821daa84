"""Problems: every refusal that a client can meet, as RFC 9457 `application/problem+json`.

The names and their statuses are those of contract.md; the value at fault is never echoed.
"""

from typing import Any

# name: (status, title)
PROBLEMS = {
    "malformed-request": (400, "The request is malformed"),
    "invalid-id": (400, "The id in the path is not valid"),
    "unauthorized": (401, "Not authorised"),
    "forbidden": (403, "Forbidden"),
    "foreign-origin": (403, "Sent from a page of another origin"),
    "not-found": (404, "Not found"),
    "duplicate-link": (409, "The URL is taken"),
    "page-full": (409, "The page is full"),
    "queue-full": (409, "Too many links are waiting"),
    "conflict": (409, "Not possible as things are"),
    "precondition-failed": (412, "Changed in the meantime"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "The body's media type is not supported"),
    "invalid-fields": (422, "Some fields are not valid"),
    "consent-missing": (422, "Consent is missing"),
    "url-not-acceptable": (422, "The URL is not acceptable"),
    "idempotency-key-reused": (422, "The Idempotency-Key was used before"),
    "precondition-required": (428, "If-Match is missing"),
    "rate-limited": (429, "Too many submissions"),
    "internal": (500, "Something went wrong here"),
    "unavailable": (503, "Temporarily unavailable"),
}


class Problem(Exception):
    """A refusal to be answered as it is; `errors` are (field, detail) pairs.

    `members` are further members of the answer, `headers` further headers.
    """

    def __init__(
        self,
        name: str,
        detail: str,
        errors: list[tuple[str, str]] | None = None,
        members: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(name)
        self.name = name
        self.detail = detail
        self.errors = errors or []
        self.members = members or {}
        self.headers = headers or {}

    @property
    def status(self) -> int:
        return PROBLEMS[self.name][0]

    def body(self, request_id: str) -> dict[str, Any]:
        """The members of the answer's body."""
        status, title = PROBLEMS[self.name]
        body: dict[str, Any] = {
            "type": f"/problems/{self.name}",
            "title": title,
            "status": status,
            "detail": self.detail,
            "request_id": request_id,
            **self.members,
        }
        if self.errors:
            body["errors"] = [{"field": field, "detail": detail} for field, detail in self.errors]
        return body


def article_not_found() -> Problem:
    """The same for an article that is not there and for one that is not public."""
    return Problem("not-found", "There is no published article with this id.")


def link_not_found() -> Problem:
    return Problem("not-found", "There is no link with this id.")
