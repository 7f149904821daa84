"""The admin endpoint: editors and admins run articles, submitted links, sites and blocked hosts."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from aws_lambda_powertools import Tracer

from seealso.editing import articles as editing
from seealso.editing import links as moderation
from seealso.editing import purging
from seealso.editing import sites as site_editing
from seealso.editing.auth import ADMINS, EDITORS, Issuer, authorize
from seealso.errors import Refusal, link_not_found
from seealso.http.bodies import json_body
from seealso.http.cursors import list_page
from seealso.http.handler import Route, serve
from seealso.http.requests import LINK_ID, Request
from seealso.http.responses import Response, empty_response, json_response, versioned_response
from seealso.limits import (
    MAX_ARTICLE_BODY_BYTES,
    MAX_DAYS,
    MAX_SITE_BODY_BYTES,
    MAX_USER_NAME,
    MIN_AUDIT_DAYS,
)
from seealso.members import Members
from seealso.settings import integer, string
from seealso.store.client import EDITOR_PATIENCE
from seealso.store.tables import Store
from seealso.tables import articles, audit, links, queue, sites
from seealso.tables.articles import Article
from seealso.tables.audit import AuditFilter, ChangeContext
from seealso.tables.links import Link
from seealso.tables.sites import SiteRecord
from seealso.urls import UrlNotAcceptable, host_key


class Settings(NamedTuple):
    """What the stack's parameters say about editors."""

    issuer: Issuer
    audit_days: int


SETTINGS = Settings(
    Issuer(string("ADMIN_ISSUER"), string("ADMIN_AUDIENCE"), string("ADMIN_GROUPS_CLAIM")),
    integer("AUDIT_DAYS", MIN_AUDIT_DAYS, MAX_DAYS),
)

type AdminRoute = Callable[[Store, Request, ChangeContext], Response]
type ArticleChange = Callable[[Store, ChangeContext, int, int], Article]


# ---- articles --------------------------------------------------------------------------------


def list_articles(store: Store, request: Request, _context: ChangeContext) -> Response:
    domain = request.query_integer("domain", minimum=0)
    state = request.query_choice("state", articles.STATES)
    if domain is None and state not in articles.UNPUBLISHED:
        detail = "domain is required, for example domain=7, unless state is draft or deleted."
        raise Refusal.of_field("malformed-request", "domain", detail)
    page = list_page(request, f"articles-{domain}-{state}")
    states = [state] if state else articles.STATES
    below = int(page.after) if page.after else None
    found = articles.list_articles(store, domain, states, page.limit + 1, below)
    members = [article._asdict() for article in found]
    return json_response(200, page.body("articles", members, lambda article: article["id"]))


def create_article(store: Store, request: Request, context: ChangeContext) -> Response:
    article_id, article = editing.parse_new(json_body(request, MAX_ARTICLE_BODY_BYTES))
    created = editing.create(store, context, article_id, article)
    location = f"{request.base_url}/admin/articles/{created.id}"
    return _article(created, 201, {"location": location})


def get_article(store: Store, request: Request, _context: ChangeContext) -> Response:
    article = articles.get_article(store, _article_id(request))
    if article is None:
        raise editing.no_article()
    return _article(article)


def replace_article(store: Store, request: Request, context: ChangeContext) -> Response:
    article_id, version = _article_id(request), request.if_match()
    columns = editing.parse_replacement(json_body(request, MAX_ARTICLE_BODY_BYTES))
    return _article(editing.replace_columns(store, context, article_id, version, columns))


def patch_article(store: Store, request: Request, context: ChangeContext) -> Response:
    article_id, version = _article_id(request), request.if_match()
    columns = editing.parse_patch(json_body(request, MAX_ARTICLE_BODY_BYTES))
    return _article(editing.patch_columns(store, context, article_id, version, columns))


def _changing(change: ArticleChange) -> AdminRoute:
    """The route of a change that needs no body, such as publish."""

    def route(store: Store, request: Request, context: ChangeContext) -> Response:
        return _article(change(store, context, _article_id(request), request.if_match()))

    return route


def purge_article(store: Store, request: Request, context: ChangeContext) -> Response:
    purging.purge(store, context, _article_id(request), request.if_match())
    return empty_response()


def _article_id(request: Request) -> int:
    return request.path_integer("id", minimum=1)


def _article(
    article: Article, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return versioned_response(editing.shown(article), article.version, status, headers)


# ---- links -----------------------------------------------------------------------------------


def list_links(store: Store, request: Request, context: ChangeContext) -> Response:
    if (host := request.query_string("host")) is not None:
        return _links_of_host(store, request, host)
    if request.query_choice("attention", ("true",)):
        return _links_for_attention(store, request)
    status = request.query_choice("status", links.STATUSES) or "pending"
    domain = request.query_integer("domain", minimum=0)
    page = list_page(request, f"links-{status}-{domain}", queue.POSITION)
    after = queue.Position(*page.after.split()) if page.after else None
    found = queue.list_queue(store, status, domain, page.limit + 1, after)
    return json_response(200, _with_sites(store, page.body("links", found, queue.position)))


def _links_of_host(store: Store, request: Request, host: str) -> Response:
    try:
        key = host_key(host)
    except UrlNotAcceptable:
        detail = "host must be a host name such as example.com."
        raise Refusal.of_field("malformed-request", "host", detail) from None
    page = list_page(request, f"links-of-{key}", queue.HOST_POSITION)
    after = queue.HostPosition(*page.after.split()) if page.after else None
    found = queue.list_host(store, key, page.limit + 1, after)
    return json_response(200, _with_sites(store, page.body("links", found, queue.host_position)))


def _links_for_attention(store: Store, request: Request) -> Response:
    page = list_page(request, "links-for-attention", queue.POSITION)
    after = queue.Position(*page.after.split()) if page.after else None
    found = queue.list_attention(store, page.limit + 1, after)
    body = page.body("links", found, queue.attention_position)
    return json_response(200, _with_sites(store, body))


def _with_sites(store: Store, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The links of a list with the names of their sites."""
    domains = sorted({link["domain"] for link in body["links"]})
    names = {site.domain: site.name for site in sites.get_sites(store, domains)}
    listed = [{**link, "site_name": names.get(link["domain"])} for link in body["links"]]
    return {**body, "links": listed}


def get_link(store: Store, request: Request, _context: ChangeContext) -> Response:
    link, checks = links.get_checked_link(store, request.path_link_id())
    if link is None:
        raise link_not_found()
    members = moderation.shown(link) | moderation.shown_checks(link, checks)
    return versioned_response(members, link.version)


def approve_link(store: Store, request: Request, context: ChangeContext) -> Response:
    version = request.if_match()
    return _link(moderation.approve(store, context, request.path_link_id(), version))


def reject_link(store: Store, request: Request, context: ChangeContext) -> Response:
    version = request.if_match()
    decision = moderation.parse_rejection(json_body(request))
    return _link(moderation.reject(store, context, request.path_link_id(), version, decision))


def remove_link(store: Store, request: Request, context: ChangeContext) -> Response:
    version = request.if_match()
    decision = moderation.parse_removal(json_body(request) if request.body else Members())
    return _link(moderation.remove(store, context, request.path_link_id(), version, decision))


def restore_link(store: Store, request: Request, context: ChangeContext) -> Response:
    version = request.if_match()
    return _link(moderation.restore(store, context, request.path_link_id(), version))


def erase_link(store: Store, request: Request, context: ChangeContext) -> Response:
    version = request.if_match()
    return _link(moderation.erase(store, context, request.path_link_id(), version))


def check_link(store: Store, request: Request, context: ChangeContext) -> Response:
    link_id = request.path_link_id()
    due_at = moderation.check(store, context, link_id)
    return json_response(202, {"link_id": link_id, "next_check_at": due_at})


def _link(link: Link) -> Response:
    return versioned_response(moderation.shown(link), link.version)


# ---- sites and blocked hosts -----------------------------------------------------------------


def list_sites(store: Store, request: Request, _context: ChangeContext) -> Response:
    page = list_page(request, "sites", "[0-9]{1,10}")
    found = sites.list_records(store, page.limit + 1, above=int(page.after or -1))
    members = [record.members() for record in found]
    return json_response(200, page.body("sites", members, lambda site: site["domain"]))


def get_site(store: Store, request: Request, _context: ChangeContext) -> Response:
    record = sites.get_record(store, request.path_integer("domain", minimum=0))
    if not record.site.version:
        raise Refusal("not-found", "This domain has no site.")
    return _site(record)


def put_site(store: Store, request: Request, context: ChangeContext) -> Response:
    domain = request.path_integer("domain", minimum=0)
    version = request.if_match() if "if-match" in request.headers else None
    record = site_editing.parse_site(json_body(request, MAX_SITE_BODY_BYTES), domain)
    saved = site_editing.replace_site(store, context, record, version)
    return _site(saved, 200 if version else 201)


def _site(record: SiteRecord, status: int = 200) -> Response:
    return versioned_response(record.members(), record.site.version, status)


def list_blocks(store: Store, request: Request, _context: ChangeContext) -> Response:
    page = list_page(request, "blocks", site_editing.BLOCK_POSITION)
    after = site_editing.block_at(page.after) if page.after else None
    found = sites.list_blocks(store, page.limit + 1, after)
    members = [block._asdict() for block in found]
    return json_response(200, page.body("blocks", members, site_editing.block_position))


def block_host(store: Store, request: Request, context: ChangeContext) -> Response:
    block = site_editing.parse_block(json_body(request))
    is_new = site_editing.block_host(store, context, block)
    return json_response(201 if is_new else 200, block._asdict())


def unblock_host(store: Store, request: Request, context: ChangeContext) -> Response:
    domain = request.query_integer("domain", minimum=0)
    site_editing.unblock_host(store, context, request.path["host"], domain)
    return empty_response()


# ---- audit -----------------------------------------------------------------------------------


def list_audit(store: Store, request: Request, _context: ChangeContext) -> Response:
    only = AuditFilter(
        request.query_integer("article", minimum=1),
        request.query_string("link"),
        request.query_string("actor"),
    )
    _check_filter(only)
    list_name = f"audit-{only.article_id}-{only.link_id}-{only.actor}"
    page = list_page(request, list_name, audit.POSITION)
    found = audit.list_audit(store, only, page.limit + 1, before=page.after)
    return json_response(200, page.body("audit", found, lambda entry: entry["entry"]))


def _check_filter(only: AuditFilter) -> None:
    if only.link_id is not None and not LINK_ID.fullmatch(only.link_id):
        detail = "link must be the id of a link."
        raise Refusal.of_field("malformed-request", "link", detail)
    if only.actor is not None and not 1 <= len(only.actor) <= MAX_USER_NAME:
        detail = f"actor must be an editor's user name of at most {MAX_USER_NAME} characters."
        raise Refusal.of_field("malformed-request", "actor", detail)
    if sum(value is not None for value in only) > 1:
        detail = "Specify at most one of article, link and actor."
        raise Refusal.of_field("malformed-request", "article", detail)


# ---- who may do what -------------------------------------------------------------------------


def _for(group: str, route: AdminRoute) -> Route:
    """A route for those whose token has the group."""

    def authorized(store: Store, request: Request) -> Response:
        editor = authorize(request.claims, request.bearer_token, SETTINGS.issuer, group)
        context = ChangeContext(
            editor.name, datetime.now(UTC), request.request_id, SETTINGS.audit_days
        )
        return route(store, request, context)

    return authorized


handler = serve(
    {
        "GET /admin/articles": _for(EDITORS, list_articles),
        "POST /admin/articles": _for(EDITORS, create_article),
        "GET /admin/articles/{id}": _for(EDITORS, get_article),
        "PUT /admin/articles/{id}": _for(EDITORS, replace_article),
        "PATCH /admin/articles/{id}": _for(EDITORS, patch_article),
        "DELETE /admin/articles/{id}": _for(EDITORS, _changing(editing.delete)),
        "POST /admin/articles/{id}/publish": _for(EDITORS, _changing(editing.publish)),
        "POST /admin/articles/{id}/unpublish": _for(EDITORS, _changing(editing.unpublish)),
        "POST /admin/articles/{id}/restore": _for(EDITORS, _changing(editing.restore)),
        "POST /admin/articles/{id}/purge": _for(ADMINS, purge_article),
        "GET /admin/links": _for(EDITORS, list_links),
        "GET /admin/links/{link_id}": _for(EDITORS, get_link),
        "POST /admin/links/{link_id}/approve": _for(EDITORS, approve_link),
        "POST /admin/links/{link_id}/reject": _for(EDITORS, reject_link),
        "POST /admin/links/{link_id}/remove": _for(EDITORS, remove_link),
        "POST /admin/links/{link_id}/restore": _for(EDITORS, restore_link),
        "POST /admin/links/{link_id}/erase": _for(ADMINS, erase_link),
        "POST /admin/links/{link_id}/check": _for(EDITORS, check_link),
        "GET /admin/sites": _for(EDITORS, list_sites),
        "GET /admin/sites/{domain}": _for(EDITORS, get_site),
        "PUT /admin/sites/{domain}": _for(ADMINS, put_site),
        "GET /admin/blocks": _for(EDITORS, list_blocks),
        "POST /admin/blocks": _for(ADMINS, block_host),
        "DELETE /admin/blocks/{host}": _for(ADMINS, unblock_host),
        "GET /admin/audit": _for(ADMINS, list_audit),
    },
    patience=EDITOR_PATIENCE,
)

# The request's log line is the one that all functions write. Nothing is patched: the store's
# client is on plain sockets. Answers hold what editors wrote, so they stay out of traces.
tracer = Tracer(service="seealso", auto_patch=False)
handler = tracer.capture_lambda_handler(handler, capture_response=False)
