"""The admin endpoint: articles, links, sites, blocked hosts and the audit, for those signed in."""

from typing import Annotated, Any, Literal

from pydantic import Field

from seealso.contract.members import (
    ArticleId,
    Body,
    Date,
    Domain,
    LinkId,
    Sent,
    Status,
    Time,
    Title,
)
from seealso.contract.operations import (
    ARTICLE_ID,
    LIMIT,
    LINK_ID,
    UNCACHED,
    Operation,
    Parameter,
    Reply,
)
from seealso.limits import MAX_ID

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


class NewArticle(Sent):
    """A new article."""

    id: ArticleId | None = Field(None, description="Left out: the next above the highest.")
    domain: Domain
    title: Title
    text: str
    date: Date
    source_id: int | None = Field(None, ge=0, le=MAX_ID, description="null or 0 for none.")
    state: Literal["draft", "published"] = "draft"


class ArticleReplacement(Sent):
    """An article's columns, all of them. What cannot be set may be sent back as it was read."""

    domain: Domain
    title: Title
    text: str
    date: Date
    source_id: int | None = Field(None, ge=0, le=MAX_ID, description="null or 0 for none.")
    id: ArticleId = Field(default_factory=int, description="As it is.")
    state: State = Field(default_factory=lambda: "draft", description="As it is.")
    version: int = Field(default_factory=int, description="As it is.")


class ArticlePatch(Sent):
    """Those of an article's columns that change."""

    domain: Domain = Field(default_factory=int)
    title: Title = Field(default_factory=str)
    text: str = Field(default_factory=str)
    date: Date = Field(default_factory=str)
    source_id: int | None = Field(None, ge=0, le=MAX_ID, description="null or 0 for none.")
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
    pending_cap: int = Field(ge=0, description="How many links may wait for one page.")
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
    pending_cap: int = Field(20, ge=0, le=MAX_ID)
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


class AuditEntry(Body):
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

    audit: list[AuditEntry] = Field(max_length=100)
    next_cursor: str | None


_TAGGED = ("VersionTag", *UNCACHED)
_IF_MATCH = Parameter(
    "If-Match",
    "header",
    Annotated[str, Field(pattern='^("[1-9][0-9]*"|[1-9][0-9]*)$', examples=['"3"'])],
    "The ETag of what is being changed, as it was read; required.",
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
        parameters, problems = (ARTICLE_ID, *parameters), (*problems, "invalid-id")
    if "{link_id}" in path:
        parameters = (LINK_ID, *parameters)
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

OPERATIONS = (
    _admin(
        "GET",
        "/articles",
        "listArticles",
        "A domain's articles in any state, the highest ids first (editors)",
        (
            Parameter("domain", "query", Domain, "The domain; required."),
            Parameter("state", "query", State, "Those in one state; all if it is left out."),
            LIMIT,
            _CURSOR,
        ),
        Reply(200, "A part of the list.", AdminArticles, UNCACHED),
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
        Reply(204, "Nothing is left of it but its audit.", None, UNCACHED),
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
            LIMIT,
            _CURSOR,
        ),
        Reply(200, "A part of the queue.", AdminLinks, UNCACHED),
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
        (LIMIT, _CURSOR),
        Reply(200, "A part of the list.", Sites, UNCACHED),
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
        (LIMIT, _CURSOR),
        Reply(200, "A part of the list.", Blocks, UNCACHED),
        ("malformed-request",),
    ),
    _admin(
        "POST",
        "/blocks",
        "blockHost",
        "Block a host for the network or one site (admins)",
        (),
        (
            Reply(201, "The host is blocked.", Block, UNCACHED),
            Reply(200, "The host was blocked already.", Block, UNCACHED),
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
        Reply(204, "The host is not blocked there any more.", None, UNCACHED),
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
            LIMIT,
            _CURSOR,
        ),
        Reply(200, "A part of the audit.", Audit, UNCACHED),
        ("malformed-request",),
    ),
)
