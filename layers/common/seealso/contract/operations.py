"""What an operation is: parameters, replies, problems; and what operations share."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from seealso.contract.members import ArticleId, LinkId


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter; those in the path are required, others where it is said."""

    name: str
    place: Literal["path", "query", "header"]
    type: Any
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer other than a problem; `headers` are components of _HEADERS."""

    status: int
    description: str
    body: Any = None
    headers: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ("application/json",)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one route; `problems` are those it has besides `internal`."""

    method: str
    path: str
    name: str
    summary: str
    parameters: tuple[Parameter, ...]
    replies: tuple[Reply, ...]
    problems: tuple[str, ...]
    request: Any = None
    bearer: str | None = None  # what the bearer token is, where one is needed
    forms: bool = False  # whether forms are taken beside JSON
    has_problems: bool = True  # False where its refusals are other bodies, among the replies


def read_replies(description: str, body: Any) -> tuple[Reply, ...]:
    """The replies of every public read (seealso.http.answer_read)."""
    headers = ("ETag", "Cached", "NoSniff", "ServerTiming")
    return (
        Reply(200, description, body, headers),
        Reply(304, "The client has it already: `If-None-Match` names its tag.", None, headers),
    )


ARTICLE_ID = Parameter("id", "path", ArticleId, "The article's id.")
IF_NONE_MATCH = Parameter(
    "If-None-Match", "header", str, "The tags that the client has, or `*` (RFC 9110)."
)

LINK_ID = Parameter("link_id", "path", LinkId, "The id in the link's receipt.")
UNCACHED = ("NotCached", "NoSniff", "ServerTiming")
LIMIT = Parameter(
    "limit",
    "query",
    Annotated[int, Field(ge=1, le=100, json_schema_extra={"default": 20})],
    "How many at most.",
)
