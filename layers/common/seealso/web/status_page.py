"""Where a submitted link stands, for its submitter: /l/{link_id}, with the token to withdraw it.

The token is in the address, so these pages are not stored, not indexed, and send no referrer.
"""

from datetime import UTC, datetime
from typing import Any

from seealso.errors import Message, link_not_found
from seealso.http.bodies import form_body
from seealso.http.requests import Request
from seealso.http.responses import Response
from seealso.reading.page import read_public_article
from seealso.store.tables import Store
from seealso.submitting.withdrawing import (
    is_token_of,
    reason_for_submitter,
    request_check,
    withdraw,
)
from seealso.tables.audit import ChangeContext
from seealso.tables.checks import Checks
from seealso.tables.links import BY_CHECK, CLAIM_HOLDERS, Link, get_checked_link, is_blocked
from seealso.tables.sites import get_policy
from seealso.verifying.explanations import explanation
from seealso.web.languages import Language, language_of
from seealso.web.links import article_href, status_path
from seealso.web.rendering import PRIVATE, Head, private_response, see_other

_HEADLINES = {
    "pending": Message("Your link is waiting for an editor"),
    "verifying": Message("Your link is waiting for its check"),
    "full": Message("Your link is waiting for a place"),
    "missing": Message("Your page is not checked any more"),
    "duplicate": Message("Your link was already submitted"),
    "unlinked": Message("No link to the article was found"),
    "published": Message("Your link is on the page"),
    "lapsed": Message("Your link is hidden"),
    "rejected": Message("Your link was not accepted"),
    "expired": Message("Your link has expired"),
    "withdrawn": Message("Your link is withdrawn"),
    "removed": Message("Your link was removed"),
}
_EXPLANATIONS = {
    "pending": Message(
        "An editor decides about it. Come back to this page to see what became of it."
    ),
    "verifying": Message("It is published as soon as your page is seen to link to the article."),
    "full": Message("The page has as many links as it may. A place is looked for once a day."),
    "missing": Message(
        "Put the link to the article on your page and have it checked again before your link "
        "expires."
    ),
    "published": Message(
        "Readers of the article see it within half a minute. Please keep the link to the article "
        "on your page."
    ),
    "lapsed": Message(
        "Your page no longer links to the article. Put the link back before your link expires."
    ),
    "rejected": Message("An editor decided not to publish it."),
    "duplicate": Message("Its address leads to a page that another link has."),
    "unlinked": Message(
        "So its webmention was not accepted. Put the link on your page and send it again."
    ),
    "expired": Message("It waited for too long. You can submit it again."),
    "withdrawn": Message("Its address and title are erased. You can submit it again."),
    "removed": Message("An editor removed it."),
}
_LINK_BACK = {
    "unchecked": Message("not checked yet"),
    "seen": Message("found on your page"),
    "missing": Message("not found on your page"),
    "unreachable": Message("your page could not be reached"),
}


# What an editor decided of the address of a link that was rejected or removed.
_BLOCKED = Message("It cannot be submitted again.")
_FREE = Message("You can submit it again.")
# Whatever its status, a link is not seen while its article is a draft or deleted.
_NOT_PUBLIC = Message("The article is not public at the moment")
_KEPT = Message("Your link is hidden with it, and comes back when the article does.")


def status_page(store: Store, request: Request) -> Response:
    """GET /l/{link_id}?token=. Raises Refusal `not-found`."""
    link, checks = get_checked_link(store, request.path_link_id())
    if link is None:
        raise link_not_found()
    token = request.query_string("token")
    return _page(store, request, link, checks, token if is_token_of(link, token) else None)


def leave_form(_store: Store, request: Request) -> Response:
    """GET of a form's address, as a browser sends when it is entered again."""
    return see_other(status_path(request.path_link_id(), None), PRIVATE)


def withdraw_link(store: Store, request: Request, context: ChangeContext) -> Response:
    """POST /l/{link_id}/withdraw with the form field `token`. Raises Refusal."""
    link_id, token = request.path_link_id(), _sent_token(request)
    withdraw(store, context, link_id, token)
    return see_other(status_path(link_id, token), PRIVATE)


def check_link(store: Store, request: Request) -> Response:
    """POST /l/{link_id}/check with the form field `token`. Raises Refusal."""
    link_id, token = request.path_link_id(), _sent_token(request)
    request_check(store, link_id, token, datetime.now(UTC))
    return see_other(status_path(link_id, token), PRIVATE)


def _sent_token(request: Request) -> str:
    token: str = form_body(request).get("token", "")
    return token


def _page(
    store: Store, request: Request, link: Link, checks: Checks, token: str | None
) -> Response:
    site = get_policy(store, link.domain)
    language = language_of(site.language)
    situation = _situation(link, checks)
    article = read_public_article(store, link.article_id)
    is_hidden = article is None and link.status in CLAIM_HOLDERS
    headline = language.text(_NOT_PUBLIC if is_hidden else _HEADLINES[situation])
    values = {
        "link": link,
        "headline": headline,
        "explanation": language.text(_KEPT if is_hidden else _EXPLANATIONS[situation]),
        "may_be_submitted": _may_be_submitted(store, link, situation, language) if article else "",
        # It may have moved to another site.
        "article_href": article and article_href(get_policy(store, article.domain), article.id),
        "article_title": article and article.title,
        "times": _times(link, language),
        "link_back": language.text(_LINK_BACK[link.link_back]),
        "link_back_explained": " ".join(map(language.text, explanation(link, checks))),
        "checks": _check_times(link, checks, language),
        "reason": reason_for_submitter(link) if token else None,
        "token": token,
        "can_be_withdrawn": link.status in CLAIM_HOLDERS,
        "address": request.base_url + status_path(link.link_id, token),
    }
    head = Head(title=headline, is_indexed=False)
    return private_response(request, "status.html", language, head, values, headers=PRIVATE)


def _may_be_submitted(store: Store, link: Link, situation: str, language: Language) -> str:
    """Whether the URL of a link that editors ended may be submitted again, in words."""
    if situation not in ("rejected", "removed"):
        return ""
    return language.text(_BLOCKED if is_blocked(store, link) else _FREE)


def _situation(link: Link, checks: Checks) -> str:
    """Which of the explanations is the link's."""
    if link.status == "pending" and link.policy == "verified" and not link.needs_editor:
        if link.link_back == "seen":
            return "full"
        is_over = link.link_back == "missing" and not (link.check_at or checks.next_at)
        return "missing" if is_over else "verifying"
    is_by_check = link.last_change is not None and link.last_change["by"] == BY_CHECK
    if is_by_check and link.status in ("rejected", "removed"):
        return "duplicate"
    if is_by_check and link.status == "expired":
        return "unlinked"
    return link.status


def _check_times(link: Link, checks: Checks, language: Language) -> list[tuple[str, str]]:
    """When the link's page was looked at, and when it is looked at again."""
    times: list[tuple[Any, str | None]] = [
        (Message("Last checked"), checks.last["at"] if checks.last else None),
        (Message("Next check"), link.check_at or checks.next_at),
    ]
    return [(language.text(label), time) for label, time in times if time]


def _times(link: Link, language: Language) -> list[tuple[str, str]]:
    """What happened when, and what will: pairs of a label and a time."""
    since = link.last_change["at"] if link.last_change else None
    times: list[tuple[Any, str | None]] = [
        (Message("Submitted"), link.submitted_at),
        (Message("Published"), link.published_at if link.status == "published" else None),
        (Message("Since"), None if link.status == "published" else since),
        (Message("Expires"), link.expires_at if link.status in CLAIM_HOLDERS else None),
    ]
    return [(language.text(label), time) for label, time in times if time]
