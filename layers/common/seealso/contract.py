"""The HTTP contract: models of every body, one entry per operation, and the OpenAPI made of them.

    python -m seealso.contract docs/openapi.json

A new route is its models and one Operation in OPERATIONS. No function imports this module: pydantic
is not in the layer. The functions build plain dictionaries (pages.py, problems.py), and the tests
hold these up against the models.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from seealso.http import CACHED, LARGEST_ID
from seealso.problems import PROBLEMS

type Json = dict[str, Any]

# ---- Members --------------------------------------------------------------------------------

ArticleId = Annotated[int, Field(ge=1, le=LARGEST_ID, examples=[6646098])]
Domain = Annotated[int, Field(ge=0, le=LARGEST_ID, examples=[7])]
Title = Annotated[str, Field(min_length=1, max_length=300)]
Date = Annotated[
    str,
    Field(
        description="As it was loaded: an ISO 8601 date, or a date-time with `T` or a space, "
        "with an offset or none.",
        examples=["2026-02-25"],
    ),
]
Time = Annotated[
    str,
    Field(
        description="RFC 3339, in UTC.",
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$",
        json_schema_extra={"format": "date-time"},
        examples=["2026-03-01T10:00:00Z"],
    ),
]


class Body(BaseModel):
    """What all bodies share: nothing is converted, and members may be added."""

    model_config = ConfigDict(strict=True)


# ---- Reading --------------------------------------------------------------------------------


class Article(Body):
    """A published article."""

    id: ArticleId
    domain: Domain = Field(description="The number of the site that the article belongs to.")
    title: Title
    text: str = Field(description="At most 300 KB of UTF-8; may be empty.")
    date: Date
    source_id: ArticleId | None = Field(
        description="The article that this one came from; null where there is none or it is not "
        "published."
    )


class SameDomainArticle(Body):
    """An article by its title."""

    id: ArticleId
    title: Title


class OtherDomainArticle(Body):
    """An article of another domain by its title."""

    id: ArticleId
    domain: Domain
    title: Title


class PageLink(Body):
    """A link that was submitted for the page and is published."""

    link_id: str
    url: str = Field(json_schema_extra={"format": "uri"})
    title: Annotated[str, Field(min_length=1, max_length=200)] | None
    published_at: Time


class RelatedLists(Body):
    """What to read next."""

    same_domain: list[SameDomainArticle] = Field(
        max_length=8,
        description="The highest ids of the article's domain, without the article itself; "
        "the highest first.",
    )
    other_domains: list[OtherDomainArticle] = Field(
        max_length=3,
        description="The highest ids below the article's of any other domain; the highest first.",
    )
    source: SameDomainArticle | None = Field(
        description="The article that this one came from; null where there is none or it is not "
        "published."
    )


class Page(RelatedLists):
    """An article with everything that its page shows."""

    article: Article
    links: list[PageLink] = Field(description="In order of submission.")
    places_left: int = Field(ge=0, le=20, description="How many more links the page can show.")


class ListedArticle(Body):
    """An article in its domain's list."""

    id: ArticleId
    title: Title
    date: Date


class DomainArticles(Body):
    """A part of a domain's list, the highest ids first."""

    articles: list[ListedArticle] = Field(max_length=100)
    next_cursor: str | None = Field(description="What the next part is asked for by; null: none.")


# ---- Submitting -----------------------------------------------------------------------------


class Submission(BaseModel):
    """A link for an article's page, and what its submitter agrees to."""

    model_config = ConfigDict(strict=True, extra="forbid")

    url: str = Field(
        description="The page to link to. What is accepted, and which URLs are the same, is in "
        "docs/url-equivalence.md.",
        max_length=2048,
        json_schema_extra={"format": "uri"},
        examples=["https://cinema.example.net/heat-2"],
    )
    title: str | None = Field(
        None,
        description="Trimmed; 1 to 200 characters without control characters and without those "
        "that turn the direction of writing. Empty is none.",
    )
    has_right_to_share: Literal[True] = Field(
        description="I confirm that I have the right to share this link. Forms: `true` or `on`."
    )
    agrees_to_link_back: Literal[True] = Field(
        description="I agree to link back to this article from the submitted page. Forms: `true` "
        "or `on`."
    )


LinkId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Status = Literal["pending", "published", "lapsed", "rejected", "expired", "withdrawn", "removed"]


class Receipt(Body):
    """What the submitter of a link gets, and gets again for the same Idempotency-Key."""

    link_id: LinkId
    article_id: ArticleId
    status: Status = Field(description="The status of now, whatever has become of the link.")
    status_url: str = Field(json_schema_extra={"format": "uri"})
    withdraw_token: str = Field(description="Keep it: it is not stored, and withdraws the link.")
    places_left: int = Field(ge=0, le=20, description="As of just now.")


class LinkStatus(Body):
    """A submitted link."""

    link_id: LinkId
    article_id: ArticleId
    url: str = Field(json_schema_extra={"format": "uri"})
    title: str | None
    status: Status
    link_back: Literal["unchecked", "seen", "missing"]
    submitted_at: Time
    published_at: Time | None


# ---- Refusals -------------------------------------------------------------------------------


class FieldError(Body):
    """What is wrong with one field; the value itself is not repeated."""

    field: str
    detail: str


class Problem(Body):
    """A refusal (RFC 9457)."""

    type: str = Field(pattern="^/problems/[a-z-]+$", examples=["/problems/not-found"])
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    request_id: str = Field(description="What the request is called in the logs.")
    errors: list[FieldError] = Field(
        default_factory=list, min_length=1, description="There where fields are at fault."
    )
    article_id: ArticleId = Field(
        default_factory=int,
        description="`duplicate-link`: the article whose page shows the URL, if one does.",
    )
    url: str = Field(
        default_factory=str, description="`duplicate-link`: the URL as that page shows it."
    )
    cap: int = Field(
        default_factory=int, ge=0, le=20, description="`page-full`: how many places the page has."
    )


class GatewayMessage(Body):
    """What the gateway answers by itself, before any function is asked."""

    message: str


# ---- Operations -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter; those in the path are required, all others are not."""

    name: str
    place: Literal["path", "query", "header"]
    type: Any
    description: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer other than a problem; `headers` are components of _HEADERS."""

    status: int
    description: str
    body: Any = None
    headers: tuple[str, ...] = ()


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


def _read(description: str, body: Any) -> tuple[Reply, ...]:
    """The replies of every public read (seealso.http.answer_read)."""
    headers = ("ETag", "Cached", "NoSniff", "ServerTiming")
    return (
        Reply(200, description, body, headers),
        Reply(304, "The client has it already: `If-None-Match` names its tag.", None, headers),
    )


_ARTICLE_ID = Parameter("id", "path", ArticleId, "The article's id.")
_IF_NONE_MATCH = Parameter(
    "If-None-Match", "header", str, "The tags that the client has, or `*` (RFC 9110)."
)

_LINK_ID = Parameter("link_id", "path", LinkId, "The id in the link's receipt.")
_LINK_HEADERS = ("NotCached", "NoSniff", "ServerTiming")

OPERATIONS = (
    Operation(
        "GET",
        "/articles/{id}",
        "getArticle",
        "An article with everything that its page shows",
        (
            _ARTICLE_ID,
            Parameter(
                "domain",
                "query",
                Domain,
                "A hint: the article's domain, where the client knows it. "
                "A wrong one costs time, never a wrong page.",
            ),
            Parameter(
                "source",
                "query",
                Annotated[int, Field(ge=0, le=LARGEST_ID)],
                "A hint like `domain`: the id of the article's source, 0 for none.",
            ),
            _IF_NONE_MATCH,
        ),
        _read("The article's page.", Page),
        ("invalid-id", "malformed-request", "not-found", "unavailable"),
    ),
    Operation(
        "GET",
        "/articles/{id}/related",
        "getRelatedLists",
        "What to read next to an article",
        (_ARTICLE_ID, _IF_NONE_MATCH),
        _read("The article's related lists and its source.", RelatedLists),
        ("invalid-id", "not-found", "unavailable"),
    ),
    Operation(
        "GET",
        "/domains/{domain}/articles",
        "listDomainArticles",
        "A domain's published articles, the highest ids first",
        (
            Parameter("domain", "path", Domain, "The domain; an unknown one has an empty list."),
            Parameter(
                "limit",
                "query",
                Annotated[int, Field(ge=1, le=100, json_schema_extra={"default": 20})],
                "How many articles at most.",
            ),
            Parameter(
                "cursor",
                "query",
                str,
                "The `next_cursor` of the part before; of this domain's list, not of another's.",
            ),
            _IF_NONE_MATCH,
        ),
        _read("A part of the list.", DomainArticles),
        ("invalid-id", "malformed-request", "unavailable"),
    ),
    Operation(
        "POST",
        "/articles/{id}/links",
        "submitLink",
        "Submit a link to an article's page",
        (
            _ARTICLE_ID,
            Parameter(
                "Idempotency-Key",
                "header",
                Annotated[str, Field(pattern="^[A-Za-z0-9_-]{16,128}$")],
                "A random text of the client's. Sent again with the same article and an equivalent "
                "URL, it gets the same receipt; without it, a second try is a duplicate.",
            ),
            Parameter("Origin", "header", str, "The gateway's own or a site's; or none."),
        ),
        (Reply(201, "The link is published, or waits.", Receipt, ("Location", *_LINK_HEADERS)),),
        (
            "too-large",
            "invalid-id",
            "malformed-request",
            "unsupported-media-type",
            "foreign-origin",
            "invalid-fields",
            "consent-missing",
            "url-not-acceptable",
            "idempotency-key-reused",
            "rate-limited",
            "not-found",
            "duplicate-link",
            "page-full",
            "queue-full",
            "unavailable",
        ),
        request=Submission,
    ),
    Operation(
        "GET",
        "/links/{link_id}",
        "getLink",
        "What has become of a submitted link",
        (_LINK_ID,),
        (Reply(200, "The link.", LinkStatus, _LINK_HEADERS),),
        ("not-found", "unavailable"),
    ),
    Operation(
        "DELETE",
        "/links/{link_id}",
        "withdrawLink",
        "Withdraw a link",
        (_LINK_ID,),
        (Reply(204, "The link is off the page; its URL is free.", None, _LINK_HEADERS),),
        ("unauthorized", "forbidden", "not-found", "unavailable"),
        bearer="withdraw_token",
    ),
    Operation(
        "GET",
        "/openapi.json",
        "getOpenApi",
        "This description",
        (_IF_NONE_MATCH,),
        _read("An OpenAPI 3.1 document.", dict[str, Any]),
        (),
    ),
)

# ---- The document ---------------------------------------------------------------------------

# Statuses of the gateway's own answers, which it can give instead of any operation's.
_GATEWAY = {
    404: "No route has this method and path",
    413: "The request is larger than the gateway takes",
    429: "Too many requests just now",
    500: "A function came to no answer",
    503: "A function took too long, or none was free",
}

# Component: (header, its OpenAPI object). Required are those of answers that no gateway shares.
_HEADERS: dict[str, tuple[str, Json]] = {
    "ETag": (
        "ETag",
        {
            "description": "A strong tag over the body (RFC 9110).",
            "required": True,
            "schema": {"type": "string", "pattern": '^"[0-9a-f]+"$'},
        },
    ),
    "Cached": ("Cache-Control", {"required": True, "schema": {"const": CACHED}}),
    "Location": (
        "Location",
        {
            "description": "The link's status_url.",
            "schema": {"type": "string", "format": "uri"},
        },
    ),
    "NotCached": ("Cache-Control", {"schema": {"const": "no-store"}}),
    "NoSniff": ("X-Content-Type-Options", {"schema": {"const": "nosniff"}}),
    "RetryAfter": (
        "Retry-After",
        {
            "description": "After how many seconds to try again.",
            "schema": {"type": "integer", "minimum": 1},
        },
    ),
    "ServerTiming": (
        "Server-Timing",
        {
            "description": "Duration and store requests; only where the deployment says so.",
            "schema": {"type": "string"},
        },
    ),
}


class _Schemas(GenerateJsonSchema):
    """JSON Schema without a title for each member: they would only repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 pydantic calls it so
        return False


def document(operations: Sequence[Operation] = OPERATIONS) -> Json:
    """The OpenAPI 3.1 document of the operations."""
    types: list[Any] = [Problem, GatewayMessage]
    for operation in operations:
        types += [parameter.type for parameter in operation.parameters]
        types += [reply.body for reply in operation.replies if reply.body is not None]
        types += [operation.request] if operation.request else []
    adapters = {repr(each): TypeAdapter(each) for each in types}
    schemas, shared = TypeAdapter.json_schemas(
        [(name, "validation", adapter) for name, adapter in adapters.items()],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    schema_of = {name: schema for (name, _), schema in schemas.items()}
    paths: dict[str, Json] = {}
    for operation in operations:
        described = _operation(operation, schema_of)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "seealso",
            "version": version("seealso"),
            "summary": "Articles with what to read next and the links that readers submit.",
            "description": "Members may be added to any object: ignore those that you do not know. "
            "Unknown query parameters are ignored.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": shared["$defs"],
            "headers": {component: header for component, (_, header) in _HEADERS.items()},
            "securitySchemes": {
                "withdraw_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The withdraw_token of the link's receipt.",
                }
            },
        },
    }


def _operation(operation: Operation, schema_of: Json) -> Json:
    answers: dict[int, Json] = {}
    for reply in operation.replies:
        answers[reply.status] = {
            "description": reply.description,
            "headers": _headers(reply.headers),
        }
        if reply.body is not None:
            content = {"application/json": {"schema": schema_of[repr(reply.body)]}}
            answers[reply.status]["content"] = content
    names = (*operation.problems, "internal")
    for status in sorted({PROBLEMS[name][0] for name in names}):
        answers[status] = _problems([name for name in names if PROBLEMS[name][0] == status])
    for status, meaning in _GATEWAY.items():
        answer = answers.setdefault(status, {"description": "", "content": {}})
        said = f"{meaning} (the gateway's own answer)."
        answer["description"] = f"{answer['description']} {said}".strip()
        answer["content"]["application/json"] = {"schema": schema_of[repr(GatewayMessage)]}
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [
            {
                "name": parameter.name,
                "in": parameter.place,
                "required": parameter.place == "path",
                "description": parameter.description,
                "schema": schema_of[repr(parameter.type)],
            }
            for parameter in operation.parameters
        ],
        "responses": {str(status): answers[status] for status in sorted(answers)},
    }
    if operation.request:
        content = {"schema": schema_of[repr(operation.request)]}
        forms = ("application/json", "application/x-www-form-urlencoded")
        described["requestBody"] = {"required": True, "content": dict.fromkeys(forms, content)}
    if operation.bearer:
        described["security"] = [{operation.bearer: []}]
    return described


def _problems(names: Sequence[str]) -> Json:
    """The answer of one status with the problems that it can be."""
    status = PROBLEMS[names[0]][0]
    headers = ("NotCached", "NoSniff", *(("RetryAfter",) if status in (429, 503) else ()))
    schema = {
        "$ref": "#/components/schemas/Problem",
        "properties": {
            "type": {"enum": [f"/problems/{name}" for name in names]},
            "status": {"const": status},
        },
    }
    return {
        "description": " ".join(f"{PROBLEMS[name][1]} (`{name}`)." for name in names),
        "headers": _headers(headers),
        "content": {"application/problem+json": {"schema": schema}},
    }


def _headers(components: Iterable[str]) -> Json:
    return {
        _HEADERS[component][0]: {"$ref": f"#/components/headers/{component}"}
        for component in components
    }


def main() -> None:
    text = json.dumps(document(), ensure_ascii=False, indent=2)
    Path(sys.argv[1]).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
