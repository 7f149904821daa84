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


# ---- Editing --------------------------------------------------------------------------------

Version = Annotated[
    int, Field(ge=1, description="Raised by every change; what the ETag and If-Match name.")
]
State = Literal["draft", "published", "deleted"]
SourceId = Annotated[
    int | None,
    Field(description="The article that this one came from; null where there is none."),
]


class AdminArticle(Body):
    """An article in whatever state, as it is stored."""

    id: ArticleId
    domain: Domain
    title: Title
    text: str = Field(description="At most 300 KB of UTF-8; may be empty.")
    date: Date
    source_id: SourceId
    state: State
    version: Version


class AdminListedArticle(Body):
    """An article in an editor's list."""

    id: ArticleId
    domain: Domain
    title: Title
    date: Date
    state: State
    version: Version


class AdminArticles(Body):
    """A part of a domain's articles in any state, the highest ids first."""

    articles: list[AdminListedArticle] = Field(max_length=100)
    next_cursor: str | None


class Sent(BaseModel):
    """What all bodies that editors send share: unknown members are refused."""

    model_config = ConfigDict(strict=True, extra="forbid")


class NewArticle(Sent):
    """A new article."""

    id: ArticleId | None = Field(None, description="Left out: the next above the highest.")
    domain: Domain
    title: Title
    text: str
    date: Date
    source_id: int | None = Field(None, ge=0, le=LARGEST_ID, description="null or 0 for none.")
    state: Literal["draft", "published"] = "draft"


class ArticleReplacement(Sent):
    """An article's columns, all of them. What cannot be set may be sent back as it was read."""

    domain: Domain
    title: Title
    text: str
    date: Date
    source_id: int | None = Field(None, ge=0, le=LARGEST_ID, description="null or 0 for none.")
    id: ArticleId = Field(default_factory=int, description="As it is.")
    state: State = Field(default_factory=lambda: "draft", description="As it is.")
    version: int = Field(default_factory=int, description="As it is.")


class ArticlePatch(Sent):
    """Those of an article's columns that change."""

    domain: Domain = Field(default_factory=int)
    title: Title = Field(default_factory=str)
    text: str = Field(default_factory=str)
    date: Date = Field(default_factory=str)
    source_id: int | None = Field(None, ge=0, le=LARGEST_ID, description="null or 0 for none.")
    id: ArticleId = Field(default_factory=int, description="As it is.")
    state: State = Field(default_factory=lambda: "draft", description="As it is.")
    version: int = Field(default_factory=int, description="As it is.")


class AdminListedLink(Body):
    """A link in an editor's queue."""

    link_id: LinkId
    article_id: ArticleId
    domain: Domain = Field(description="The article's when the link was submitted.")
    url: str = Field(json_schema_extra={"format": "uri"})
    title: str | None
    status: Status
    link_back: Literal["unchecked", "seen", "missing"]
    submitted_at: Time
    published_at: Time | None
    version: Version


class AdminLinks(Body):
    """A part of the queue: links of one status, the oldest first."""

    links: list[AdminListedLink] = Field(max_length=100)
    next_cursor: str | None


class Consent(Body):
    """What the submitter agreed to."""

    version: str | int = Field(description="Of the wording that was in force.")
    at: Time


class LinkEvent(Body):
    """A change of a link's status."""

    at: Time
    status: Status
    by: str = Field(description="`submitter`, `schedule`, or who among the editors.")
    reason: str | None


class AdminLink(AdminListedLink):
    """A link with its history."""

    due_at: Time | None = Field(description="When it expires, while it is pending or lapsed.")
    consent: Consent
    history: list[LinkEvent] = Field(description="The first change first.")


Reason = Annotated[str, Field(min_length=1, max_length=500)]


class Rejection(Sent):
    """Why a link is rejected, and whether its URL stays blocked."""

    reason: Reason
    keep_blocked: bool = True


class Removal(Sent):
    """Why a link is removed, and whether its URL stays blocked."""

    reason: Reason | None = None
    keep_blocked: bool = True


HostName = Annotated[str, Field(min_length=1, max_length=253, examples=["blog.example.net"])]


class Site(Body):
    """A domain's site and its link policy."""

    domain: Domain
    hosts: list[HostName] = Field(description="The site's host names, in lower case.")
    name: str
    article_url: str = Field(description="An article's address, with {id} in it.")
    cap: int = Field(ge=0, le=20, description="How many links a page shows.")
    publish: Literal["at_once", "approved"]
    waiting_cap: int = Field(ge=0, description="How many links may wait for one page.")
    pending_days: int = Field(ge=1, description="For how long a link may wait.")
    blocked_hosts: list[HostName] = Field(description="Hosts that no link may be of.")
    version: int = Field(ge=0)


class Sites(Body):
    """A part of the sites, by domain."""

    sites: list[Site] = Field(max_length=100)
    next_cursor: str | None


class SiteReplacement(Sent):
    """A site. What is left out is as of a domain without one."""

    domain: Domain = Field(default_factory=int, description="As in the path.")
    hosts: list[HostName] = Field(default_factory=list)
    name: Annotated[str, Field(min_length=1, max_length=200)]
    article_url: Annotated[
        str, Field(max_length=2048, examples=["https://cinema.example.com/a/{id}"])
    ]
    cap: int = Field(5, ge=0, le=20)
    publish: Literal["at_once", "approved"] = "approved"
    waiting_cap: int = Field(20, ge=0, le=LARGEST_ID)
    pending_days: int = Field(14, ge=1, le=36500)
    blocked_hosts: list[HostName] = Field(default_factory=list)
    version: int = Field(default_factory=int, ge=0, description="As it was read.")


class Block(Body):
    """A host that no link may be of, nor its subdomains."""

    host: HostName = Field(description="As links are compared: lower case, without www.")
    domain: Domain | None = Field(description="The site that it is blocked on; null: all.")


class Blocks(Body):
    """A part of the blocked hosts: the network's, then each site's."""

    blocks: list[Block] = Field(max_length=100)
    next_cursor: str | None


class NewBlock(Sent):
    """A host to block."""

    host: HostName
    domain: Domain | None = Field(None, description="One site; left out: the whole network.")


class AuditLine(Body):
    """Who changed what, when, and from what to what."""

    entry: str = Field(description="Its place in the audit; unique.")
    at: Time
    actor: str = Field(description="The editor's user name; where the issuer has none, `sub`.")
    action: str = Field(examples=["article.publish", "link.approve", "site.change", "block.add"])
    article_id: ArticleId | None
    link_id: LinkId | None
    domain: Domain | None
    request_id: str
    before: dict[str, Any] | None = Field(
        description="What was there; null for nothing. A long value is its bytes and SHA-256."
    )
    after: dict[str, Any] | None = Field(description="What is there then; null for nothing.")


class Audit(Body):
    """A part of the audit, the latest first."""

    audit: list[AuditLine] = Field(max_length=100)
    next_cursor: str | None


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
    current: dict[str, Any] | None = Field(
        default_factory=dict, description="`precondition-failed`: what is there now; null: nothing."
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
    forms: bool = False  # whether forms are taken beside JSON


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
        forms=True,
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

_EDITOR_HEADERS = ("NotCached", "NoSniff", "ServerTiming")
_TAGGED = ("VersionTag", *_EDITOR_HEADERS)
_IF_MATCH = Parameter(
    "If-Match",
    "header",
    Annotated[str, Field(pattern='^("[1-9][0-9]*"|[1-9][0-9]*)$', examples=['"3"'])],
    "The ETag of what is being changed, as it was read; required.",
)
_LIMIT = Parameter(
    "limit",
    "query",
    Annotated[int, Field(ge=1, le=100, json_schema_extra={"default": 20})],
    "How many at most.",
)
_CURSOR = Parameter("cursor", "query", str, "The `next_cursor` of the part before.")
_DOMAIN = Parameter("domain", "path", Domain, "The site's domain.")
_SENT = ("too-large", "unsupported-media-type", "malformed-request", "invalid-fields")
_CHANGED = ("precondition-required", "precondition-failed", "malformed-request", "not-found")
_HOST = Parameter("host", "path", HostName, "The blocked host.")


def _admin(
    method: str,
    path: str,
    name: str,
    summary: str,
    parameters: tuple[Parameter, ...],
    reply: Reply | tuple[Reply, ...],
    problems: tuple[str, ...] = (),
    request: Any = None,
) -> Operation:
    """An operation of the admin endpoint; all share how editors sign in."""
    if "{id}" in path:
        parameters, problems = (_ARTICLE_ID, *parameters), (*problems, "invalid-id")
    if "{link_id}" in path:
        parameters = (_LINK_ID, *parameters)
    if "{domain}" in path:
        parameters, problems = (_DOMAIN, *parameters), (*problems, "invalid-id")
    return Operation(
        method,
        f"/admin{path}",
        name,
        summary,
        parameters,
        reply if isinstance(reply, tuple) else (reply,),
        tuple(dict.fromkeys((*problems, "unauthorized", "forbidden", "unavailable"))),
        request=request,
        bearer="editor",
    )


_ARTICLE = Reply(200, "The article as it is now.", AdminArticle, _TAGGED)
_LINK = Reply(200, "The link as it is now.", AdminLink, _TAGGED)
_SITE = Reply(200, "The site as it is now.", Site, _TAGGED)

ADMIN_OPERATIONS = (
    _admin(
        "GET",
        "/articles",
        "listArticles",
        "A domain's articles in any state, the highest ids first (editors)",
        (
            Parameter("domain", "query", Domain, "The domain; required."),
            Parameter("state", "query", State, "Those in one state; all if it is left out."),
            _LIMIT,
            _CURSOR,
        ),
        Reply(200, "A part of the list.", AdminArticles, _EDITOR_HEADERS),
        ("malformed-request",),
    ),
    _admin(
        "POST",
        "/articles",
        "createArticle",
        "Create an article (editors)",
        (),
        Reply(201, "The article.", AdminArticle, ("Location", *_TAGGED)),
        (*_SENT, "conflict"),
        NewArticle,
    ),
    _admin(
        "GET",
        "/articles/{id}",
        "readArticle",
        "An article in whatever state (editors)",
        (),
        _ARTICLE,
        ("not-found",),
    ),
    _admin(
        "PUT",
        "/articles/{id}",
        "replaceArticle",
        "Replace an article's columns (editors)",
        (_IF_MATCH,),
        _ARTICLE,
        (*_SENT, *_CHANGED, "conflict"),
        ArticleReplacement,
    ),
    _admin(
        "PATCH",
        "/articles/{id}",
        "patchArticle",
        "Change some of an article's columns (editors)",
        (_IF_MATCH,),
        _ARTICLE,
        (*_SENT, *_CHANGED, "conflict"),
        ArticlePatch,
    ),
    _admin(
        "DELETE",
        "/articles/{id}",
        "deleteArticle",
        "Take an article off every page and list; it can be restored (editors)",
        (_IF_MATCH,),
        _ARTICLE,
        _CHANGED,
    ),
    *(
        _admin(
            "POST",
            f"/articles/{{id}}/{verb}",
            f"{verb}Article",
            summary,
            (_IF_MATCH,),
            _ARTICLE,
            (*_CHANGED, "conflict"),
        )
        for verb, summary in (
            ("publish", "Show an article to readers (editors)"),
            ("unpublish", "Make an article a draft again (editors)"),
            ("restore", "Make a deleted article a draft again (editors)"),
        )
    ),
    _admin(
        "POST",
        "/articles/{id}/purge",
        "purgeArticle",
        "End a deleted article's links and remove it for good (admins)",
        (_IF_MATCH,),
        Reply(204, "Nothing is left of it but its audit.", None, _EDITOR_HEADERS),
        (*_CHANGED, "conflict"),
    ),
    _admin(
        "GET",
        "/links",
        "listLinks",
        "The queue: links of one status, the oldest first (editors)",
        (
            Parameter(
                "status",
                "query",
                Annotated[Status, Field(json_schema_extra={"default": "pending"})],
                "Which links.",
            ),
            Parameter("domain", "query", Domain, "Those of one site; all if it is left out."),
            _LIMIT,
            _CURSOR,
        ),
        Reply(200, "A part of the queue.", AdminLinks, _EDITOR_HEADERS),
        ("malformed-request",),
    ),
    _admin(
        "GET",
        "/links/{link_id}",
        "readLink",
        "A link with its history (editors)",
        (),
        _LINK,
        ("not-found",),
    ),
    _admin(
        "POST",
        "/links/{link_id}/approve",
        "approveLink",
        "Publish a pending link; it takes a place on its page (editors)",
        (_IF_MATCH,),
        _LINK,
        (*_CHANGED, "conflict", "page-full"),
    ),
    _admin(
        "POST",
        "/links/{link_id}/reject",
        "rejectLink",
        "Reject a pending link (editors)",
        (_IF_MATCH,),
        _LINK,
        (*_SENT, *_CHANGED, "conflict"),
        Rejection,
    ),
    _admin(
        "POST",
        "/links/{link_id}/remove",
        "removeLink",
        "Remove a link that is pending, published or lapsed (editors)",
        (_IF_MATCH,),
        _LINK,
        (*_SENT, *_CHANGED, "conflict"),
        Removal,
    ),
    _admin(
        "GET",
        "/sites",
        "listSites",
        "All sites, by domain (admins)",
        (_LIMIT, _CURSOR),
        Reply(200, "A part of the list.", Sites, _EDITOR_HEADERS),
        ("malformed-request",),
    ),
    _admin(
        "GET",
        "/sites/{domain}",
        "readSite",
        "A site (admins)",
        (),
        _SITE,
        ("not-found",),
    ),
    _admin(
        "PUT",
        "/sites/{domain}",
        "putSite",
        "Create a site, or replace it: then If-Match is required (admins)",
        (_IF_MATCH,),
        (_SITE, Reply(201, "The new site.", Site, _TAGGED)),
        (*_SENT, "precondition-required", "precondition-failed"),
        SiteReplacement,
    ),
    _admin(
        "GET",
        "/blocks",
        "listBlocks",
        "The blocked hosts: the network's, then each site's (admins)",
        (_LIMIT, _CURSOR),
        Reply(200, "A part of the list.", Blocks, _EDITOR_HEADERS),
        ("malformed-request",),
    ),
    _admin(
        "POST",
        "/blocks",
        "blockHost",
        "Block a host for the network or one site (admins)",
        (),
        (
            Reply(201, "The host is blocked.", Block, _EDITOR_HEADERS),
            Reply(200, "The host was blocked already.", Block, _EDITOR_HEADERS),
        ),
        _SENT,
        NewBlock,
    ),
    _admin(
        "DELETE",
        "/blocks/{host}",
        "unblockHost",
        "Unblock a host (admins)",
        (
            _HOST,
            Parameter("domain", "query", Domain, "Of one site; left out: of the network."),
        ),
        Reply(204, "The host is not blocked there any more.", None, _EDITOR_HEADERS),
        ("malformed-request", "not-found"),
    ),
    _admin(
        "GET",
        "/audit",
        "readAudit",
        "Who changed what, the latest first; of all, or of one article, link or actor (admins)",
        (
            Parameter("article", "query", ArticleId, "Changes of an article and its links."),
            Parameter("link", "query", LinkId, "Changes of a link."),
            Parameter("actor", "query", str, "Changes by an editor."),
            _LIMIT,
            _CURSOR,
        ),
        Reply(200, "A part of the audit.", Audit, _EDITOR_HEADERS),
        ("malformed-request",),
    ),
)

# Every operation there is.
ALL_OPERATIONS = (*OPERATIONS, *ADMIN_OPERATIONS)

# ---- The document ---------------------------------------------------------------------------

# Statuses of the gateway's own answers, which it can give instead of any operation's.
_GATEWAY = {
    404: "No route has this method and path",
    413: "The request is larger than the gateway takes",
    429: "Too many requests just now",
    500: "A function came to no answer",
    503: "A function took too long, or none was free",
}

# Those of the gateway's authorizer, before an operation of the admin endpoint.
_AUTHORIZER = {
    401: "There is no valid token",
    403: "The token may not do this",
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
    "VersionTag": (
        "ETag",
        {
            "description": "The version, quoted: what If-Match must name to change it.",
            "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
        },
    ),
    "Cached": ("Cache-Control", {"required": True, "schema": {"const": CACHED}}),
    "Location": (
        "Location",
        {
            "description": "Where what was made can be read.",
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


def document(operations: Sequence[Operation] = ALL_OPERATIONS) -> Json:
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
                },
                "editor": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of the deployment's issuer (by default its "
                    "Amazon Cognito user pool), whose groups hold `editors` or `admins`.",
                },
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
    gateway = _GATEWAY | (_AUTHORIZER if operation.bearer == "editor" else {})
    for status, meaning in gateway.items():
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
        types = ["application/json"]
        types += ["application/x-www-form-urlencoded"] if operation.forms else []
        described["requestBody"] = {"required": True, "content": dict.fromkeys(types, content)}
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
