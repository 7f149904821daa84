"""What a submission to an article's page is decided by, and what that makes of it.

All of it is read in one round trip. Which refusal comes first when several apply is contract.md's
order under "Problems".
"""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from seealso import urls
from seealso.errors import Message, Refusal, StoreUnavailable, article_not_found
from seealso.settings import SettingsError
from seealso.store.calls import batch_get, batch_items, query_items
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.submitting import rate_limit
from seealso.submitting.consent import consent_of
from seealso.submitting.parsing import Submission, SubmissionError, refusal_of, url_error
from seealso.submitting.withdrawing import token_hash
from seealso.tables import links, pages, sites
from seealso.tables.indexes import Ids, timeline_query
from seealso.tables.links import Link, Status
from seealso.times import rfc3339


class Rules(NamedTuple):
    """What the stack's parameters say about submissions."""

    per_ten_minutes: int  # submissions of one client
    duplicate_scope: str  # whether a URL is claimed for the `network` or for its `page`


class Attempt(NamedTuple):
    """A submission to an article's page, or the preview of one."""

    article_id: int
    submission: Submission
    client_address: str
    now: datetime
    base_url: str  # of this API, which has a page of the article, too


class Context(NamedTuple):
    """What a submission is decided by; `site` is None where the article is not published."""

    counted: int  # submissions, or previews, of the client in this window, this one included
    page_item: Json | None
    claim_item: Json | None  # by read_claimed_context() alone
    site: sites.Site | None
    article_title: str | None
    errors: tuple[SubmissionError, ...]  # of all fields


def read_context(store: Store, attempt: Attempt) -> Context:
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


def read_claimed_context(
    store: Store,
    attempt: Attempt,
    claim: str,
    kind: Literal["submissions", "previews"],
) -> Context:
    """Count a request of the kind and read what it is decided by, who has the claim among it.

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
        count = rate_limit.count_request(store, kind, attempt.client_address, attempt.now)
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
) -> Context:
    """What was read; `article` is None if it is not published."""
    site = sites.get_policy(store, article["domain"]) if article else None
    read = {item["pk"]: item for item in batch_items(answer, store.links)}
    page_item = read.pop(pages.page_key(attempt.article_id)["pk"], None)
    return Context(
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


def check(context: Context, now: datetime, limit: int, too_many: Message) -> sites.Site:
    """The site whose policy applies. Raises the first Refusal that needs no transaction."""
    if context.errors:
        raise refusal_of(context.errors)
    if context.counted > limit:
        raise Refusal("rate-limited", too_many, retry_after=rate_limit.seconds_left(now))
    if context.site is None:
        raise article_not_found()
    return context.site


def check_submission(store: Store, context: Context, now: datetime, rules: Rules) -> sites.Site:
    """check(), for what is not a preview. Raises SettingsError, too."""
    limit = rules.per_ten_minutes
    too_many = Message(
        "Limit of {limit} submissions per ten minutes reached. Try again later.", limit=limit
    )
    site = check(context, now, limit, too_many)
    _check_scope(store, rules)
    return site


def _check_scope(store: Store, rules: Rules) -> None:
    """Refuse to go on under another DuplicateScope than the claims were made under.

    The claims of one scope say nothing in the other, so every URL would be free again, and every
    blocked one (docs/deploying.md). Raises SettingsError.
    """
    scope = sites.get_setting(store, "duplicate-scope", rules.duplicate_scope)
    if scope != rules.duplicate_scope:
        raise SettingsError(
            f"DuplicateScope is {rules.duplicate_scope}, but this stack's links were submitted "
            f"under {scope}. Deploy it with DuplicateScope={scope} again; docs/deploying.md says "
            "how to change it."
        )


def first_status(site: sites.Site, submission: Submission) -> Status:
    """The status that a new link gets."""
    is_published = site.publish == "at_once" and not submission.needs_editor
    return "published" if is_published else "pending"


def new_link(
    link_id: str,
    token: str,
    site: sites.Site,
    attempt: Attempt,
    rules: Rules,
    article_title: str | None,
) -> Link:
    """The link of a submission, as it is to be stored."""
    submission, now = attempt.submission, attempt.now
    status = first_status(site, submission)
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
        claim=claim_of(attempt, rules),
        consent={
            "version": consent["version"],
            "language": consent["language"],
            "at": rfc3339(now),
        },
        token_hash=token_hash(token),
        article_title=article_title,
        needs_editor=submission.needs_editor,
        expires_at=None if is_published else rfc3339(now + timedelta(days=site.pending_days)),
        policy=site.publish,
        check_at=rfc3339(now),
    )


def claim_of(attempt: Attempt, rules: Rules) -> str:
    """The key of what makes the submission's URL taken."""
    is_network_wide = rules.duplicate_scope == "network"
    scope = "network" if is_network_wide else f"page-{attempt.article_id}"
    return links.claim_key(scope, urls.KEY_VERSION, urls.url_key(attempt.submission.url))


def refusal_of_link(store: Store, refused: links.LinkNotAdded) -> Refusal:
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
