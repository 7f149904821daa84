"""The admin endpoint: editors and admins run articles, submitted links, sites and blocked hosts."""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Tracer

from seealso import articles, dynamodb, editing, links, moderation, purging, site_editing, sites
from seealso.articles import Article
from seealso.audit import Act, read_audit
from seealso.bodies import Members, json_body
from seealso.cursors import cursor_of, position_in, text_position_in
from seealso.editors import ADMINS, EDITORS, Editor, editor_of
from seealso.http import (
    LINK_ID,
    NOT_STORED,
    Answer,
    Event,
    Route,
    answer_json,
    base_url,
    if_match,
    path_link_id,
    path_number,
    query_choice,
    query_number,
    query_text,
    serve,
    version_tag,
)
from seealso.link_queue import queue
from seealso.links import Link
from seealso.moderation import Action, Decision
from seealso.problems import Problem, link_not_found
from seealso.site_editing import Block
from seealso.sites import Site

# A text of 300 KB may have each of its bytes written as six.
LARGEST_ARTICLE = 2 * 1024 * 1024  # bytes
LARGEST_SITE = 512 * 1024
MOST_LISTED = 100
LONGEST_NAME = 128  # of a user, in Cognito

type AdminRoute = Callable[[Event, Act], Answer]


# ---- articles --------------------------------------------------------------------------------


def list_articles(event: Event, _act: Act) -> Answer:
    domain = query_number(event, "domain", least=0)
    if domain is None:
        detail = "Say of which domain: domain=7."
        raise Problem("malformed-request", detail, [("domain", detail)])
    state = query_choice(event, "state", articles.STATES)
    limit, name = _limit(event), f"articles-{domain}-{state}"
    below = position_in(name, query_text(event, "cursor"))
    states = [state] if state else articles.STATES
    found = articles.list_articles(dynamodb.store(), domain, states, limit + 1, below)
    shown = [each._asdict() for each in found[:limit]]
    return _part("articles", shown, name, found[limit - 1].id if len(found) > limit else None)


def create_article(event: Event, act: Act) -> Answer:
    article_id, article = editing.read_new(json_body(event, LARGEST_ARTICLE))
    made = editing.create(dynamodb.store(), act, article_id, article)
    location = f"{base_url(event)}/admin/articles/{made.id}"
    return _tagged(editing.shown(made), made.version, 201, {"location": location})


def read_article(event: Event, _act: Act) -> Answer:
    article = articles.get_article(dynamodb.store(), _article_id(event))
    if article is None:
        raise editing.no_article()
    return _article(article)


def replace_article(event: Event, act: Act) -> Answer:
    return _set_columns(event, act, "replace", editing.read_replacement)


def patch_article(event: Event, act: Act) -> Answer:
    return _set_columns(event, act, "patch", editing.read_patch)


def _set_columns(
    event: Event, act: Act, action: str, read: Callable[[Members], dict[str, Any]]
) -> Answer:
    article_id, version = _article_id(event), if_match(event)
    columns = read(json_body(event, LARGEST_ARTICLE))
    store = dynamodb.store()
    return _article(editing.set_columns(store, act, article_id, version, columns, action))


def _set_state(action: str) -> AdminRoute:
    def route(event: Event, act: Act) -> Answer:
        article_id, version = _article_id(event), if_match(event)
        return _article(editing.set_state(dynamodb.store(), act, article_id, version, action))

    return route


def purge_article(event: Event, act: Act) -> Answer:
    purging.purge(dynamodb.store(), act, _article_id(event), if_match(event))
    return _nothing()


def _article_id(event: Event) -> int:
    return path_number(event, "id", least=1)


def _article(article: Article) -> Answer:
    return _tagged(editing.shown(article), article.version)


# ---- links -----------------------------------------------------------------------------------


def list_links(event: Event, _act: Act) -> Answer:
    status = query_choice(event, "status", links.STATUSES) or "pending"
    domain = query_number(event, "domain", least=0)
    limit, name = _limit(event), f"links-{status}-{domain}"
    last = text_position_in(name, query_text(event, "cursor"), r"[0-9TZ:.-]{20,30} [0-9a-f]{32}")
    after = last.partition(" ")[::2] if last else None
    found = queue(dynamodb.store(), status, domain, limit + 1, after)
    more = found[limit - 1] if len(found) > limit else None
    end = f"{more['submitted_at']} {more['link_id']}" if more else None
    return _part("links", found[:limit], name, end)


def read_link(event: Event, _act: Act) -> Answer:
    link = links.get_link(dynamodb.store(), path_link_id(event))
    if link is None:
        raise link_not_found()
    return _link(link)


def approve_link(event: Event, act: Act) -> Answer:
    return _decide(event, act, "approve", if_match(event), Decision())


def reject_link(event: Event, act: Act) -> Answer:
    version = if_match(event)
    return _decide(event, act, "reject", version, moderation.read_rejection(json_body(event)))


def remove_link(event: Event, act: Act) -> Answer:
    version = if_match(event)
    members = json_body(event) if event.get("body") else Members()
    return _decide(event, act, "remove", version, moderation.read_removal(members))


def _decide(event: Event, act: Act, action: Action, version: int, decision: Decision) -> Answer:
    link_id = path_link_id(event)
    return _link(moderation.decide(dynamodb.store(), act, link_id, version, action, decision))


def _link(link: Link) -> Answer:
    return _tagged(moderation.shown(link), link.version)


# ---- sites and blocked hosts -----------------------------------------------------------------


def list_sites(event: Event, _act: Act) -> Answer:
    limit = _limit(event)
    above = text_position_in("sites", query_text(event, "cursor"), "[0-9]{1,10}")
    found = site_editing.read_sites(dynamodb.store(), limit + 1, int(above or -1))
    shown = [asdict(site) for site in found[:limit]]
    return _part("sites", shown, "sites", found[limit - 1].domain if len(found) > limit else None)


def read_site(event: Event, _act: Act) -> Answer:
    site = sites.get_site(dynamodb.store(), path_number(event, "domain", least=0))
    if not site.version:
        raise Problem("not-found", "This domain has no site.")
    return _site(site)


def put_site(event: Event, act: Act) -> Answer:
    domain = path_number(event, "domain", least=0)
    version = if_match(event) if "if-match" in event["headers"] else None
    site = site_editing.read_site(json_body(event, LARGEST_SITE), domain)
    saved = site_editing.save_site(dynamodb.store(), act, site, version)
    return _site(saved, 200 if version else 201)


def _site(site: Site, status: int = 200) -> Answer:
    return _tagged(asdict(site), site.version, status)


def list_blocks(event: Event, _act: Act) -> Answer:
    limit = _limit(event)
    last = text_position_in("blocks", query_text(event, "cursor"), r"(-|[0-9]{1,10}) [!-~]{1,253}")
    after = None
    if last:
        domain, host = last.split()
        after = Block(host, None if domain == "-" else int(domain))
    found = site_editing.read_blocks(dynamodb.store(), limit + 1, after)
    end = None
    if len(found) > limit:
        host, of_domain = found[limit - 1]
        end = f"{'-' if of_domain is None else of_domain} {host}"
    return _part("blocks", [block._asdict() for block in found[:limit]], "blocks", end)


def block_host(event: Event, act: Act) -> Answer:
    block = site_editing.read_block(json_body(event))
    added = site_editing.block_host(dynamodb.store(), act, block)
    return answer_json(201 if added else 200, block._asdict(), NOT_STORED)


def unblock_host(event: Event, act: Act) -> Answer:
    domain = query_number(event, "domain", least=0)
    site_editing.unblock_host(dynamodb.store(), act, event["pathParameters"]["host"], domain)
    return _nothing()


# ---- audit -----------------------------------------------------------------------------------


def list_audit(event: Event, _act: Act) -> Answer:
    article_id = query_number(event, "article", least=1)
    link_id, actor = query_text(event, "link"), query_text(event, "actor")
    if link_id is not None and not LINK_ID.fullmatch(link_id):
        detail = "link must be the id of a link."
        raise Problem("malformed-request", detail, [("link", detail)])
    if actor is not None and not 1 <= len(actor) <= LONGEST_NAME:
        detail = f"actor must be the name of an editor, of at most {LONGEST_NAME} characters."
        raise Problem("malformed-request", detail, [("actor", detail)])
    if sum(each is not None for each in (article_id, link_id, actor)) > 1:
        detail = "Say at most one of article, link and actor."
        raise Problem("malformed-request", detail, [("article", detail)])
    limit, name = _limit(event), f"audit-{article_id}-{link_id}-{actor}"
    before = text_position_in(name, query_text(event, "cursor"), r"[0-9TZ:.-]{20,30}#[0-9a-f]{20}")
    found = read_audit(
        dynamodb.store(),
        limit + 1,
        article_id=article_id,
        link_id=link_id,
        actor=actor,
        before=before,
    )
    end = found[limit - 1]["entry"] if len(found) > limit else None
    return _part("audit", found[:limit], name, end)


# ---- answers ---------------------------------------------------------------------------------


def _limit(event: Event) -> int:
    return query_number(event, "limit", least=1, most=MOST_LISTED) or 20


def _part(plural: str, shown: list[Any], list_name: str, end: int | str | None) -> Answer:
    """A part of a list; `end` is where the next part begins, None where there is none."""
    body = {plural: shown, "next_cursor": cursor_of(list_name, end)}
    return answer_json(200, body, NOT_STORED)


def _tagged(
    body: dict[str, Any], version: int, status: int = 200, headers: Mapping[str, str] = NOT_STORED
) -> Answer:
    return answer_json(status, body, {**NOT_STORED, **headers, "etag": version_tag(version)})


def _nothing() -> Answer:
    return {"statusCode": 204, "headers": dict(NOT_STORED)}


# ---- who may do what -------------------------------------------------------------------------


def _for(group: str, route: AdminRoute) -> Route:
    """A route for those whose token has the group."""

    def checked(event: Event) -> Answer:
        editor = editor_of(event, group)
        return route(event, _act(event, editor))

    return checked


def _act(event: Event, editor: Editor) -> Act:
    request_id = event["requestContext"]["requestId"]
    return Act(editor.name, datetime.now(UTC), request_id, int(os.environ["AUDIT_DAYS"]))


handler = serve(
    {
        "GET /admin/articles": _for(EDITORS, list_articles),
        "POST /admin/articles": _for(EDITORS, create_article),
        "GET /admin/articles/{id}": _for(EDITORS, read_article),
        "PUT /admin/articles/{id}": _for(EDITORS, replace_article),
        "PATCH /admin/articles/{id}": _for(EDITORS, patch_article),
        "DELETE /admin/articles/{id}": _for(EDITORS, _set_state("delete")),
        "POST /admin/articles/{id}/publish": _for(EDITORS, _set_state("publish")),
        "POST /admin/articles/{id}/unpublish": _for(EDITORS, _set_state("unpublish")),
        "POST /admin/articles/{id}/restore": _for(EDITORS, _set_state("restore")),
        "POST /admin/articles/{id}/purge": _for(ADMINS, purge_article),
        "GET /admin/links": _for(EDITORS, list_links),
        "GET /admin/links/{link_id}": _for(EDITORS, read_link),
        "POST /admin/links/{link_id}/approve": _for(EDITORS, approve_link),
        "POST /admin/links/{link_id}/reject": _for(EDITORS, reject_link),
        "POST /admin/links/{link_id}/remove": _for(EDITORS, remove_link),
        "GET /admin/sites": _for(ADMINS, list_sites),
        "GET /admin/sites/{domain}": _for(ADMINS, read_site),
        "PUT /admin/sites/{domain}": _for(ADMINS, put_site),
        "GET /admin/blocks": _for(ADMINS, list_blocks),
        "POST /admin/blocks": _for(ADMINS, block_host),
        "DELETE /admin/blocks/{host}": _for(ADMINS, unblock_host),
        "GET /admin/audit": _for(ADMINS, list_audit),
    }
)

# The request's log line stays the one that all functions write. Nothing is patched: the store's
# client is on plain sockets. Answers hold what editors wrote, so they stay out of traces.
tracer = Tracer(service="seealso", auto_patch=False)
handler = tracer.capture_lambda_handler(handler, capture_response=False)
