"""Submitting a link to an article's page, previewing that, and withdrawing a link.

Which refusal comes first when several apply is contract.md's order under "Problems". By the time
that submit() or preview() is called, the body is parsed (parsing.py) and the Origin is checked.
"""

import contextlib
import hmac
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from seealso import urls
from seealso.errors import (
    Message,
    Refusal,
    StoreUnavailable,
    VersionConflict,
    article_not_found,
    link_not_found,
)
from seealso.settings import SettingsError
from seealso.store.calls import batch_get, batch_items, query_items
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.submitting import rate_limit
from seealso.submitting.consent import consent_of
from seealso.submitting.parsing import (
    Submission,
    SubmissionError,
    refusal_of,
    url_error,
)
from seealso.tables import links, pages, sites
from seealso.tables.checks import TooSoon
from seealso.tables.indexes import Ids, timeline_query
from seealso.tables.links import Cause, Link, Status
from seealso.times import rfc3339


class Rules(NamedTuple):
    """What the stack's parameters say about submissions."""

    per_ten_minutes: int  # submissions of one client
    duplicate_scope: str  # whether a URL is claimed for the `network` or for its `page`


# Previews of one client. They follow what is typed, so that there are more of them.
PREVIEWS_PER_TEN_MINUTES = 60


class Attempt(NamedTuple):
    """A submission to an article's page, or the preview of one."""

    article_id: int
    submission: Submission
    client_address: str
    now: datetime
    base_url: str  # of this API, which has a page of the article, too


class Preview(NamedTuple):
    """What would become of a submission: its URL as it would be stored, and the link's status."""

    url: str
    status: Status
    places_left: int


class Receipt(NamedTuple):
    """What the submitter gets: the link, the token that withdraws it, the page's free places."""

    link: Link
    withdraw_token: str
    places_left: int


def check_origin(store: Store, origin: str | None, base_url: str) -> None:
    """Refuse a submission that a foreign site's page sent; a client that is no page sends none.

    `base_url` is that of this API (Request.base_url). Raises Refusal `foreign-origin`.
    """
    if origin is None:
        return
    if origin == "null":
        detail = (
            "The page hides its origin (Origin: null), as a file, a sandboxed frame and "
            "Referrer-Policy: no-referrer do. Submit from a page of one of this network's sites."
        )
        raise Refusal("foreign-origin", detail)
    # An origin is a scheme and a host (RFC 6454, section 6.1).
    host = origin.lower().partition("://")[2]
    own_host = base_url.lower().partition("://")[2]
    # A gateway on loopback is the local run's, where forms are served from any port.
    if host == own_host or (_is_loopback(host) and _is_loopback(own_host)):
        return
    if not host or not sites.has_host(store, host):
        detail = "Links can be submitted only from this network's own sites."
        raise Refusal("foreign-origin", detail)


def _is_loopback(host: str) -> bool:
    name, _, port = host.partition(":")
    return name in ("localhost", "127.0.0.1") and (not port or port.isdecimal())


def submit(store: Store, attempt: Attempt, idempotency_key: str | None, rules: Rules) -> Receipt:
    """Make a submission a link of a published article's page. Raises Refusal.

    The same key again for the same article and an equivalent URL gets the same receipt, with the
    link's current status.
    """
    context = _read_context(store, attempt)
    limit = rules.per_ten_minutes
    too_many = Message(
        "Limit of {limit} submissions per ten minutes reached. Try again later.", limit=limit
    )
    site = _check(context, attempt.now, limit, too_many)
    _check_scope(store, rules)
    # Without a key the submission can be sent again only as a duplicate.
    key = idempotency_key or os.urandom(32).hex()
    token = _derived(store, "withdraw-token", key)
    link_id = _derived(store, "link-id", key)
    link = replace(
        _new_link(link_id, token, site, attempt, rules),
        article_title=context.article_title,
    )
    stored = _store_link(store, link, site)
    return Receipt(stored, token, _places_left(context.page_item, stored, site.cap))


def preview(store: Store, attempt: Attempt, rules: Rules) -> Preview:
    """What would become of a submission. Raises the Refusal that it would get.

    It is only counted, apart from submissions. Another submission may still come first.
    """
    claim = _claim_of(attempt, rules)
    context = _read_preview_context(store, attempt, claim)
    limit = PREVIEWS_PER_TEN_MINUTES
    too_many = Message(
        "Limit of {limit} previews per ten minutes reached. Try again later.", limit=limit
    )
    site = _check(context, attempt.now, limit, too_many)
    status = _first_status(site, attempt.submission)
    try:
        if context.claim_item:
            raise links.DuplicateLink(
                context.claim_item["link_id"], context.claim_item["article_id"]
            )
        links.check_page(context.page_item, status, site, rfc3339(attempt.now))
    except links.LinkNotAdded as refused:
        raise _refusal_of_link(store, refused) from None
    places_left = pages.places_left(context.page_item, site.cap)
    return Preview(attempt.submission.url, status, places_left)


def _check_scope(store: Store, rules: Rules) -> None:
    """Refuse to go on under another DuplicateScope than the claims were made under.

    The claims of one scope say nothing in the other, so every URL would be free again, and every
    blocked one (docs/operations.md). Raises SettingsError.
    """
    scope = sites.get_setting(store, "duplicate-scope", rules.duplicate_scope)
    if scope != rules.duplicate_scope:
        raise SettingsError(
            f"DuplicateScope is {rules.duplicate_scope}, but this stack's links were submitted "
            f"under {scope}. Deploy it with DuplicateScope={scope} again; docs/operations.md says "
            "how to change it."
        )


class _Context(NamedTuple):
    """What a submission is decided by; `site` is None where the article is not published."""

    counted: int  # submissions, or previews, of the client in this window, this one included
    page_item: Json | None
    claim_item: Json | None  # read for previews alone
    site: sites.Site | None
    article_title: str | None
    errors: tuple[SubmissionError, ...]  # of all fields


def _read_context(store: Store, attempt: Attempt) -> _Context:
    """Count the submission and read what it is decided by, in one round trip."""
    items = batch_get(
        {
            store.articles: [{"id": attempt.article_id}],
            store.links: [pages.page_key(attempt.article_id)],
            store.sites: sites.block_keys(urls.host_suffixes(attempt.submission.url)),
        },
        only={store.articles: ("id", "domain", "state", "title")},
    )
    with _invalid_before_unavailable(attempt.submission):
        count = rate_limit.count_request(store, "submissions", attempt.client_address, attempt.now)
        counted, answer = store.client.send_all([count, items])
        article = next(iter(batch_items(answer, store.articles)), None)
        is_published = article is not None and article["state"] == "published"
        return _context(store, attempt, counted, answer, article if is_published else None)


def _read_preview_context(store: Store, attempt: Attempt, claim: str) -> _Context:
    """Count the preview and read what it is decided by, in one round trip.

    The article is read from the timeline: an item's units grow with its text, whatever is asked of
    it.
    """
    items = batch_get(
        {
            store.links: [pages.page_key(attempt.article_id), {"pk": claim}],
            store.sites: sites.block_keys(urls.host_suffixes(attempt.submission.url)),
        }
    )
    article = timeline_query(store, 1, Ids(attempt.article_id, attempt.article_id))
    with _invalid_before_unavailable(attempt.submission):
        count = rate_limit.count_request(store, "previews", attempt.client_address, attempt.now)
        counted, answer, found = store.client.send_all([count, items, article])
        return _context(store, attempt, counted, answer, next(iter(query_items(found)), None))


@contextlib.contextmanager
def _invalid_before_unavailable(submission: Submission) -> Iterator[None]:
    """Fields that are known to be invalid are the answer where the store does not answer."""
    try:
        yield
    except StoreUnavailable:
        if submission.errors:
            raise refusal_of(submission.errors) from None
        raise


def _context(
    store: Store, attempt: Attempt, counted: Json, answer: Json, article: Json | None
) -> _Context:
    """What was read; `article` is None if it is not published."""
    site = sites.get_policy(store, article["domain"]) if article else None
    read = {item["pk"]: item for item in batch_items(answer, store.links)}
    page_item = read.pop(pages.page_key(attempt.article_id)["pk"], None)
    return _Context(
        rate_limit.requests_counted(counted),
        page_item,
        next(iter(read.values()), None),
        site,
        article["title"] if article else None,
        attempt.submission.errors + _disallowed(attempt, batch_items(answer, store.sites), site),
    )


def _disallowed(
    attempt: Attempt, blocks: Sequence[Json], site: sites.Site | None
) -> tuple[SubmissionError, ...]:
    """The error of a blocked host or of the article's own page, as far as its site is known."""
    domain = site.domain if site else None
    is_blocked = any(sites.is_blocked(item, domain) for item in blocks)
    own_urls = [f"{attempt.base_url}/a/{attempt.article_id}"]
    if site:
        own_urls += urls.article_urls(site.article_url, site.hosts, attempt.article_id)
    try:
        urls.check_allowed(attempt.submission.url, own_urls, is_blocked=is_blocked)
    except urls.UrlNotAcceptable as refused:
        return (url_error(refused),)
    return ()


def _check(context: _Context, now: datetime, limit: int, too_many: Message) -> sites.Site:
    """The site whose policy applies. Raises the first Refusal that needs no transaction."""
    if context.errors:
        raise refusal_of(context.errors)
    if context.counted > limit:
        raise Refusal("rate-limited", too_many, retry_after=rate_limit.seconds_left(now))
    if context.site is None:
        raise article_not_found()
    return context.site


def _first_status(site: sites.Site, submission: Submission) -> Status:
    """The status that a new link gets."""
    is_published = site.publish == "at_once" and not submission.needs_editor
    return "published" if is_published else "pending"


def _claim_of(attempt: Attempt, rules: Rules) -> str:
    """The key of what makes the submission's URL taken."""
    is_network_wide = rules.duplicate_scope == "network"
    scope = "network" if is_network_wide else f"page-{attempt.article_id}"
    return links.claim_key(scope, urls.KEY_VERSION, urls.url_key(attempt.submission.url))


def _new_link(link_id: str, token: str, site: sites.Site, attempt: Attempt, rules: Rules) -> Link:
    submission, now = attempt.submission, attempt.now
    status = _first_status(site, submission)
    is_published = status == "published"
    consent = consent_of(site.language)
    return Link(
        link_id=link_id,
        article_id=attempt.article_id,
        domain=site.domain,
        url=submission.url,
        title=submission.title,
        status=status,
        version=1,
        link_back="unchecked",
        submitted_at=rfc3339(now),
        published_at=rfc3339(now) if is_published else None,
        claim=_claim_of(attempt, rules),
        consent={
            "version": consent["version"],
            "language": consent["language"],
            "at": rfc3339(now),
        },
        token_hash=token_hash(token),
        needs_editor=submission.needs_editor,
        expires_at=None if is_published else rfc3339(now + timedelta(days=site.pending_days)),
        policy=site.publish,
        check_at=rfc3339(now),
    )


def _store_link(store: Store, link: Link, site: sites.Site) -> Link:
    """The link as it is stored: this one, or the same one from an earlier try. Raises Refusal."""
    try:
        links.add_link(store, link, site)
    except links.AlreadySubmitted as earlier:
        first = earlier.link
        # A claim ends in a hash of the URL's key, which stays when the URL itself is erased.
        is_same_url = first.claim.rpartition("#")[2] == link.claim.rpartition("#")[2]
        if first.article_id != link.article_id or not is_same_url:
            raise Refusal(
                "idempotency-key-reused",
                "This Idempotency-Key was already used for a different link. "
                "Use a new key for each submission.",
            ) from None
        return first
    except links.LinkNotAdded as refused:
        raise _refusal_of_link(store, refused) from None
    return link


def _refusal_of_link(store: Store, refused: links.LinkNotAdded) -> Refusal:
    """What the submitter is told of a link that gets no place."""
    match refused:
        case links.DuplicateLink():
            return _duplicate(store, refused)
        case links.PageClosed():
            return article_not_found()
        case links.PageFull(cap=cap):
            return Refusal("page-full", _full(cap), members={"cap": cap})
        case links.QueueFull():
            detail = Message(
                "The maximum number of links is already awaiting review for this page. "
                "Try again in a few days."
            )
            return Refusal("queue-full", detail)
    raise refused


def _full(cap: int) -> Message:
    if cap == 0:
        return Message("This site takes no links.")
    if cap == 1:
        return Message("This page already has the maximum of {cap} link.", cap=cap)
    return Message("This page already has the maximum of {cap} links.", cap=cap)


def _duplicate(store: Store, duplicate: links.DuplicateLink) -> Refusal:
    """The refusal names the link that has the URL only where everybody can see it anyway."""
    members: dict[str, object] = {}
    link_key = {"pk": f"link#{duplicate.link_id}"}
    article_id = duplicate.article_id
    # That it is a duplicate is known by now, and comes before `unavailable`.
    with contextlib.suppress(StoreUnavailable):
        answer, shown = store.client.send_all(
            [
                batch_get({store.links: [link_key]}),
                timeline_query(store, 1, Ids(article_id, article_id)),
            ]
        )
        links_found = map(links.link_of, batch_items(answer, store.links))
        if query_items(shown):
            for link in links_found:
                if link.status == "published":
                    members = {"article_id": article_id, "url": link.url}
    return Refusal("duplicate-link", "This URL has already been submitted.", members=members)


def _places_left(page_item: Json | None, link: Link, cap: int) -> int:
    """The page's free places, less the link's own if the page was read before it was stored."""
    is_counted = any(shown["link_id"] == link.link_id for shown in pages.page_links(page_item))
    free = pages.places_left(page_item, cap)
    return max(free - (link.status == "published" and not is_counted), 0)


# ---- withdrawing -----------------------------------------------------------------------------


def withdraw(store: Store, link_id: str, token: str, now: datetime) -> None:
    """Withdraw a link by its submitter's token; doing it again changes nothing.

    A link that is rejected, removed or expired is off the page already and keeps its status; its
    URL and title are erased, so that no editor can restore it.

    Raises Refusal `not-found` or `forbidden`.
    """
    while True:
        link = links.get_link(store, link_id)
        if link is None:
            raise link_not_found()
        if not is_token_of(link, token):
            raise Refusal("forbidden", "The withdraw token does not match this link.")
        with contextlib.suppress(VersionConflict):
            if link.status in links.CLAIM_HOLDERS:
                links.withdraw(store, link, Cause(now, "submitter"))
            elif link.url is not None:
                links.forget(store, link, Cause(now, "submitter"))
            return


def request_check(store: Store, link_id: str, token: str, now: datetime) -> str:
    """Make a check of a link's page due, by its submitter's token; returns when it is due.

    Raises Refusal `not-found`, `forbidden`, `conflict` or `rate-limited`.
    """
    while True:
        link = links.get_link(store, link_id)
        if link is None:
            raise link_not_found()
        if not is_token_of(link, token):
            raise Refusal("forbidden", "The withdraw token does not match this link.")
        if link.status not in links.CLAIM_HOLDERS:
            raise Refusal("conflict", "This link has ended, so its page is not checked any more.")
        try:
            return links.request_check(store, link, now)
        except TooSoon as refused:
            raise refused.refusal(now) from None
        except VersionConflict:
            continue


def is_token_of(link: Link, token: str | None) -> bool:
    """Whether a token is the one that withdraws the link."""
    return token is not None and hmac.compare_digest(link.token_hash, token_hash(token))


def told_reason(link: Link) -> str | None:
    """An editor's reason for the link's last change, if the submitter may read it."""
    last = link.history[-1] if link.history else {}
    return last.get("reason") if last.get("tell_submitter") else None


def token_hash(token: str) -> str:
    """What is stored of a withdraw token."""
    return sha256(token.encode()).hexdigest()


def _derived(store: Store, label: str, key: str) -> str:
    """128 bits that follow from a key and a label (design.md, "Submitting a link").

    The stack's secret keeps a key that can be guessed from giving the token away: link ids are
    public, and without it both would follow from the key alone.
    """
    secret = sites.get_setting(store, "token-secret", os.urandom(32).hex())
    return hmac.digest(bytes.fromhex(secret), f"{label}:{key}".encode(), "sha256").hex()[:32]
