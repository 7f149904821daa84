"""The parts of an operation (parameters, replies, problems), and what several operations share."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from seealso.contract.members import ArticleId, LinkId

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter. Those in the path are always required."""

    name: str
    place: Literal["path", "query", "header"]
    type: Any
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer other than a problem. `headers` are keys of _HEADERS in openapi.py."""

    status: int
    description: str
    body: Any = None
    headers: tuple[str, ...] = ()
    media_types: tuple[str, ...] = (JSON,)


type Tag = Literal["public", "submitting", "admin"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one route. `problems` are its problems' names, except for `internal`."""

    method: str
    path: str
    name: str
    summary: str
    parameters: tuple[Parameter, ...]
    replies: tuple[Reply, ...]
    problems: tuple[str, ...]
    tag: Tag = "public"  # the group in which tools show it
    request: Any = None
    bearer: str | None = None  # the security scheme of the bearer token, if one is required
    media_types: tuple[str, ...] = (JSON,)  # of the request's body
    has_problems: bool = True  # False if its refusals are among the replies


NOT_MODIFIED = "Not modified: `If-None-Match` contains the current ETag."


def read_replies(
    description: str, body: Any, cached: str = "Cached", *added: str
) -> tuple[Reply, ...]:
    """The replies of every public read (read_response in http/responses.py).

    `added` are headers that only some of them have.
    """
    headers = ("ETag", cached, "NoSniff", "ServerTiming", *added)
    return (
        Reply(200, description, body, headers),
        Reply(304, NOT_MODIFIED, None, headers),
    )


ARTICLE_ID = Parameter("id", "path", ArticleId, "The article's id.")
IF_NONE_MATCH = Parameter(
    "If-None-Match", "header", str, "The ETags that the client has, or `*` (RFC 9110)."
)

LINK_ID = Parameter("link_id", "path", LinkId, "The link's id, as in its receipt.")
UNCACHED = ("NotCached", "NoSniff", "ServerTiming")
LIMIT = Parameter(
    "limit",
    "query",
    Annotated[int, Field(ge=1, le=100, json_schema_extra={"default": 20})],
    "Maximum number of results.",
)
