"""Bodies of the admin endpoint: articles, links, sites, blocked hosts and the audit."""

from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from seealso.columns import COLUMNS, EDITABLE, Column
from seealso.contract.members import (
    ArticleId,
    ArticleUrl,
    Body,
    Date,
    Domain,
    Language,
    LinkBack,
    LinkId,
    Sent,
    Status,
    Time,
    Title,
)
from seealso.limits import (
    MAX_CAP,
    MAX_DAYS,
    MAX_ID,
    MAX_LISTED,
    MAX_REASON,
    MAX_RECHECK_DAYS,
    MAX_SITE_NAME,
)

TextFormat = Annotated[
    Literal["plain", "markdown"], Field(description="How the texts of its articles are written.")
]
Version = Annotated[
    int, Field(ge=1, description="Incremented by every change; the ETag, which If-Match must name.")
]
State = Literal["draft", "published", "deleted"]


# ---- articles --------------------------------------------------------------------------------


def _type(column: Column) -> Any:
    """The type of a column's values, with its limits."""
    kind: Any
    match column.kind:
        case "integer":
            kind = Annotated[int, Field(ge=column.minimum, le=column.maximum)]
        case "string":
            kind = Annotated[str, Field(min_length=column.minimum, max_length=column.maximum)]
        case "text":
            kind = str  # limited in bytes, which JSON Schema cannot say
        case "date":
            kind = Date
    return kind if column.required else kind | None


def _stored(column: Column) -> Any:
    """A column as a member of an answer."""
    return _type(column), Field(description=column.description)


def _sent(column: Column) -> Any:
    """A column as a member of a new article: an optional one may be left out."""
    description = column.description
    if column.none_as is not None:
        description += f" {column.none_as} means null."
    if column.required:
        return _type(column), Field(description=description)
    return _type(column), Field(None, description=description)


def _changed(column: Column) -> Any:
    """A column as a member of a patch, unchanged if it is left out: that is no default value."""
    return _type(column), Field(default_factory=lambda: None, description=column.description)


_READ_ONLY: dict[str, Any] = {
    name: (kind, Field(default_factory=lambda: None, description="Read-only: the current value."))
    for name, kind in {"id": ArticleId, "state": State, "version": int}.items()
}

_NewState: Any = Literal["draft", "published"]

AdminArticle = create_model(
    "AdminArticle",
    __base__=Body,
    __doc__="An article in any state, as it is stored.",
    **{column.name: _stored(column) for column in COLUMNS},
    state=State,
    version=Version,
)
NewArticle = create_model(
    "NewArticle",
    __base__=Sent,
    __doc__="A new article.",
    id=(ArticleId | None, Field(None, description="Default: the next id above the highest.")),
    **{column.name: _sent(column) for column in EDITABLE},
    state=(_NewState, "draft"),
)
ArticleReplacement = create_model(
    "ArticleReplacement",
    __base__=Sent,
    __doc__="All columns of an article; read-only members may be sent as they were read.",
    **{column.name: _sent(column) for column in EDITABLE},
    **_READ_ONLY,
)
ArticlePatch = create_model(
    "ArticlePatch",
    __base__=Sent,
    __doc__="The columns of an article to change; read-only members may be sent as they were read.",
    **{column.name: _changed(column) for column in EDITABLE},
    **_READ_ONLY,
)


class AdminListedArticle(Body):
    """An article in an editor's list."""

    id: ArticleId
    domain: Domain
    title: Title
    date: Date
    state: State
    version: Version


class AdminArticles(Body):
    """A page of the articles of a domain, or of all sites in one state, highest ids first."""

    articles: list[AdminListedArticle] = Field(max_length=MAX_LISTED)
    next_cursor: str | None


# When a site's links are published.
PublishPolicy = Annotated[
    Literal["at_once", "approved", "verified"],
    Field(
        description="When a submitted link is published: `at_once`, when an editor has `approved` "
        "it, or `verified`: when its page was seen to link back.",
    ),
]


# What a site takes webmentions for.
WebmentionPolicy = Annotated[
    Literal["off", "review", "verified"],
    Field(
        description="What becomes of a webmention: nothing (`off`), a link that an editor decides "
        "about (`review`), or one that is published when its page was seen to link back "
        "(`verified`)."
    ),
]


# ---- links -----------------------------------------------------------------------------------


class AdminLinkMembers(Body):
    """What editors see of a link, in a list and by itself."""

    link_id: LinkId
    article_id: ArticleId
    domain: Domain = Field(description="The article's domain when the link was submitted.")
    article_title: str | None = Field(
        description="When the link was submitted; null for a link submitted before 2026-11-27."
    )
    url: str | None = Field(
        json_schema_extra={"format": "uri"}, description="Null after the link was withdrawn."
    )
    title: str | None
    status: Status
    link_back: LinkBack
    link_back_at: Time | None = Field(
        description="The check since which `link_back` is what it is; null before the first check."
    )
    needs_editor: Literal["honeypot", "webmention", "moved", "restored"] | None = Field(
        description="Why only an editor may publish it: `honeypot` (it came by a form whose hidden "
        "field was filled in), `webmention` (it came by one, which its site reviews), `moved` (its "
        "URL redirects to another registrable domain), `restored`, or null."
    )
    submitted_at: Time
    published_at: Time | None
    expires_at: Time | None = Field(
        description="When a pending or lapsed link expires; otherwise null."
    )
    attention: Literal["moved", "unreachable"] | None = Field(
        description="Why editors should look at a published link: its URL now ends at another "
        "registrable domain than when it was published, or has not been reached for a week."
    )
    attention_at: Time | None = Field(description="Since when.")
    version: Version


class AdminListedLink(AdminLinkMembers):
    """A link in an editor's queue."""

    site_name: str | None = Field(description="Null if the domain has no site.")


class AdminLinks(Body):
    """A page of the queue: links with one status, oldest first; or of another list of links."""

    links: list[AdminListedLink] = Field(max_length=MAX_LISTED)
    next_cursor: str | None


class Consent(Body):
    """The consent that the submitter gave: to a wording, or by sending a webmention."""

    version: str | int = Field(
        default_factory=str, description="The version of the wording that was in force."
    )
    language: str = Field(default_factory=str, description="The language of the wording.")
    by: str = Field(
        default_factory=str,
        pattern="^webmention$",
        description="In place of a wording, for links that came by webmention.",
    )
    at: Time


class LinkEvent(Body):
    """A change of a link's status."""

    at: Time
    status: Status
    by: str = Field(
        description="`submitter`, `schedule`, `check` (of link-backs) or the editor's user name."
    )
    reason: str | None
    tell_submitter: bool = Field(description="Whether the submitter may read the reason.")


class LinkCheck(Body):
    """What a check of a link's page found; URLs are cut to 512 bytes."""

    at: Time
    found: Literal["seen", "missing", "gone", "not-found", "unreachable"]
    codes: list[str] = Field(description="Why it was not seen, the most telling reason first.")
    status: int | None = Field(description="Of the page's response, if there was one.")
    final_url: str | None = Field(description="After redirects.")
    href: str | None = Field(description="The hyperlink to the article, or a near miss.")
    rel: str | None
    canonical: str | None = Field(description="The page's rel=canonical, if it is another URL.")


class AdminLink(AdminLinkMembers):
    """A link with its history."""

    policy: PublishPolicy
    consent: Consent
    history: list[LinkEvent] = Field(description="Oldest change first.")
    next_check_at: Time | None = Field(
        default_factory=lambda: None,
        description="When its page is looked at again; only in answers to GET.",
    )
    checks: list[LinkCheck] = Field(
        default_factory=list,
        max_length=10,
        description="The last checks, the newest last; only in answers to GET.",
    )


_TELL: Any = Field(False, description="Whether the submitter may read the reason.")
Reason = Annotated[str, Field(min_length=1, max_length=MAX_REASON)]


class Rejection(Sent):
    """A rejection: the reason, and whether the link's URL stays blocked."""

    reason: Reason
    keep_blocked: bool = True
    tell_submitter: bool = _TELL


class Removal(Sent):
    """A removal: the reason, and whether the link's URL stays blocked."""

    reason: Reason | None = None
    keep_blocked: bool = True
    tell_submitter: bool = _TELL


HostName = Annotated[str, Field(min_length=1, max_length=253, examples=["blog.example.net"])]


# ---- sites and blocked hosts -----------------------------------------------------------------


class Site(Body):
    """A domain's site and its link policy."""

    domain: Domain
    hosts: list[HostName] = Field(description="The site's host names, in lowercase.")
    name: str
    article_url: ArticleUrl
    cap: int = Field(ge=0, le=MAX_CAP, description="Maximum number of links on a page.")
    publish: PublishPolicy
    pending_cap: int = Field(ge=0, description="Maximum number of pending links per page.")
    pending_days: int = Field(ge=1, description="How many days a link may stay pending.")
    language: Language
    text_format: TextFormat
    recheck_days: int = Field(
        ge=1, le=MAX_RECHECK_DAYS, description="Days until a published link is checked again."
    )
    webmentions: WebmentionPolicy
    blocked_hosts: list[HostName] = Field(description="Hosts that links must not point to.")
    version: int = Field(ge=0)


class Sites(Body):
    """A page of the list of sites, by domain."""

    sites: list[Site] = Field(max_length=MAX_LISTED)
    next_cursor: str | None


class SiteReplacement(Sent):
    """A site. Omitted members get the values of a domain without a site."""

    domain: Domain = Field(default_factory=int, description="If sent, must match the path.")
    hosts: list[HostName] = Field(default_factory=list)
    name: Annotated[str, Field(min_length=1, max_length=MAX_SITE_NAME)]
    article_url: ArticleUrl = Field(
        None, description="Default: null. An empty string means null, too."
    )
    cap: int = Field(5, ge=0, le=MAX_CAP)
    publish: PublishPolicy = "approved"
    pending_cap: int = Field(20, ge=0, le=MAX_ID)
    pending_days: int = Field(14, ge=1, le=MAX_DAYS)
    language: Language = "en"
    text_format: TextFormat = "plain"
    recheck_days: int = Field(7, ge=1, le=MAX_RECHECK_DAYS)
    webmentions: WebmentionPolicy = "review"
    blocked_hosts: list[HostName] = Field(default_factory=list)
    version: int = Field(
        default_factory=int, ge=0, description="May be sent as it was read; has no effect."
    )


class Block(Body):
    """A host that links must not point to, nor to its subdomains."""

    host: HostName = Field(description="In lowercase and without www, as links are compared.")
    domain: Domain | None = Field(description="The site that it is blocked on; null for all sites.")


class Blocks(Body):
    """A page of the blocked hosts, by host."""

    blocks: list[Block] = Field(max_length=MAX_LISTED)
    next_cursor: str | None


class NewBlock(Sent):
    """A host to block."""

    host: HostName
    domain: Domain | None = Field(None, description="The site; default: the whole network.")


# ---- the audit -------------------------------------------------------------------------------


class AuditEntry(Body):
    """A change: who made it and when, and the values before and after."""

    entry: str = Field(description="Unique, and in order of time.")
    at: Time
    actor: str = Field(
        description="The editor's user name; `sub` if the token has no user name. `submitter` of "
        "`link.withdraw`."
    )
    action: str = Field(examples=["article.publish", "link.approve", "site.change", "block.add"])
    article_id: ArticleId | None
    link_id: LinkId | None
    domain: Domain | None
    request_id: str
    before: dict[str, Any] | None = Field(
        description="The state before the change; null if there was none. Of a long value, its "
        "size in bytes and its SHA-256."
    )
    after: dict[str, Any] | None = Field(
        description="The state after the change; null if it was removed."
    )


class Audit(Body):
    """A page of the audit, newest first."""

    audit: list[AuditEntry] = Field(max_length=MAX_LISTED)
    next_cursor: str | None
