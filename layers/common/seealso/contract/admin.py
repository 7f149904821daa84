"""The admin endpoint: the operations of signed-in editors. Their bodies are in admin_models.py."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from seealso.contract.admin_models import (
    AdminArticle,
    AdminArticles,
    AdminLink,
    AdminLinks,
    ArticlePatch,
    ArticleReplacement,
    Audit,
    Block,
    Blocks,
    HostName,
    NewArticle,
    NewBlock,
    Rejection,
    Removal,
    Site,
    SiteReplacement,
    Sites,
    State,
)
from seealso.contract.members import ArticleId, CheckRequested, Domain, LinkId, Status
from seealso.contract.operations import (
    ARTICLE_ID,
    LIMIT,
    LINK_ID,
    UNCACHED,
    Operation,
    Parameter,
    Reply,
)

_TAGGED = ("VersionTag", *UNCACHED)
_IF_MATCH = Parameter(
    "If-Match",
    "header",
    Annotated[str, Field(pattern='^("[1-9][0-9]*"|[1-9][0-9]*)$', examples=['"3"'])],
    "The ETag of the version to change, as it was read.",
    required=True,
)
_IF_SITE_MATCHES = replace(
    _IF_MATCH, description="As for any change; required when the site exists.", required=False
)
_CURSOR = Parameter("cursor", "query", str, "The `next_cursor` of the previous page.")
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
    """An operation of the admin endpoint, with what its path and signing in add to all."""
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
        tag="admin",
        request=request,
        bearer="editor",
    )


_ARTICLE = Reply(200, "The current article.", AdminArticle, _TAGGED)
_LINK = Reply(200, "The current link.", AdminLink, _TAGGED)
_SITE = Reply(200, "The current site.", Site, _TAGGED)

OPERATIONS = (
    _admin(
        "GET",
        "/articles",
        "listArticles",
        "List a domain's articles, or all drafts or deleted ones, highest ids first (editors)",
        (
            Parameter(
                "domain",
                "query",
                Domain,
                "The domain; without it `state` must be `draft` or `deleted`.",
            ),
            Parameter("state", "query", State, "Only articles in this state."),
            LIMIT,
            _CURSOR,
        ),
        Reply(200, "A page of the list.", AdminArticles, UNCACHED),
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
        "Get an article in any state (editors)",
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
        "Delete an article: hide it until it is restored or purged (editors)",
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
            ("publish", "Publish an article (editors)"),
            ("unpublish", "Turn an article into a draft (editors)"),
            ("restore", "Restore a deleted article as a draft (editors)"),
        )
    ),
    _admin(
        "POST",
        "/articles/{id}/purge",
        "purgeArticle",
        "Remove a deleted article and its links for good (admins)",
        (_IF_MATCH,),
        Reply(204, "The article is gone; only its audit entries remain.", None, UNCACHED),
        (*_CHANGED, "conflict"),
    ),
    _admin(
        "GET",
        "/links",
        "listLinks",
        "List the queue: links with one status, oldest first; or the links of a host (editors)",
        (
            Parameter(
                "status",
                "query",
                Annotated[Status, Field(json_schema_extra={"default": "pending"})],
                "Links with this status.",
            ),
            Parameter("domain", "query", Domain, "Only links to articles of this domain."),
            Parameter(
                "host",
                "query",
                HostName,
                "The links of this host and its subdomains in any status, newest first; without "
                "`status` and `domain`.",
            ),
            Parameter(
                "attention",
                "query",
                Literal["true"],
                "Published links that editors should look at, the longest waiting first; without "
                "the others.",
            ),
            LIMIT,
            _CURSOR,
        ),
        Reply(200, "A page of the queue.", AdminLinks, UNCACHED),
        ("malformed-request",),
    ),
    _admin(
        "GET",
        "/links/{link_id}",
        "readLink",
        "Get a link with its history (editors)",
        (),
        _LINK,
        ("not-found",),
    ),
    _admin(
        "POST",
        "/links/{link_id}/approve",
        "approveLink",
        "Publish a pending link on its page (editors)",
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
        "Remove a pending, published or lapsed link (editors)",
        (_IF_MATCH,),
        _LINK,
        (*_SENT, *_CHANGED, "conflict"),
        Removal,
    ),
    _admin(
        "POST",
        "/links/{link_id}/restore",
        "restoreLink",
        "Make a rejected or removed link pending again (editors)",
        (_IF_MATCH,),
        _LINK,
        (*_CHANGED, "conflict", "queue-full"),
    ),
    _admin(
        "POST",
        "/links/{link_id}/erase",
        "eraseLink",
        "Erase what a submitter sent, on their behalf; a live link is withdrawn (admins)",
        (_IF_MATCH,),
        _LINK,
        _CHANGED,
    ),
    _admin(
        "POST",
        "/links/{link_id}/check",
        "checkLink",
        "Look at a link's page as soon as possible, at most once in ten minutes (editors)",
        (),
        Reply(202, "A check is due.", CheckRequested, UNCACHED),
        ("not-found", "conflict", "rate-limited"),
    ),
    _admin(
        "GET",
        "/sites",
        "listSites",
        "List all sites, by domain (editors)",
        (LIMIT, _CURSOR),
        Reply(200, "A page of the list.", Sites, UNCACHED),
        ("malformed-request",),
    ),
    _admin(
        "GET",
        "/sites/{domain}",
        "readSite",
        "Get a site (editors)",
        (),
        _SITE,
        ("not-found",),
    ),
    _admin(
        "PUT",
        "/sites/{domain}",
        "putSite",
        "Create a site, or replace it, which requires If-Match (admins)",
        (_IF_SITE_MATCHES,),
        (_SITE, Reply(201, "The new site.", Site, _TAGGED)),
        (*_SENT, "precondition-required", "precondition-failed"),
        SiteReplacement,
    ),
    _admin(
        "GET",
        "/blocks",
        "listBlocks",
        "List the blocked hosts of the network and of its sites, by host (editors)",
        (LIMIT, _CURSOR),
        Reply(200, "A page of the list.", Blocks, UNCACHED),
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
            Reply(200, "The host was already blocked.", Block, UNCACHED),
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
            Parameter(
                "domain", "query", Domain, "The site to unblock it on; default: the whole network."
            ),
        ),
        Reply(204, "The host is no longer blocked there.", None, UNCACHED),
        ("malformed-request", "not-found"),
    ),
    _admin(
        "GET",
        "/audit",
        "readAudit",
        "List changes, newest first: all, or those of one article, link or actor (admins)",
        (
            Parameter("article", "query", ArticleId, "Changes of an article and its links."),
            Parameter("link", "query", LinkId, "Changes of a link."),
            Parameter("actor", "query", str, "Changes by an editor."),
            LIMIT,
            _CURSOR,
        ),
        Reply(200, "A page of the audit.", Audit, UNCACHED),
        ("malformed-request",),
    ),
)
