"""Submitting a link to an article's page, and previewing that.

By the time that submit() or preview() is called, the body is parsed (parsing.py) and the Origin is
checked (origins.py).
"""

import hmac
import os
from typing import NamedTuple

from seealso.errors import Message, Refusal
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.submitting.deciding import (
    Attempt,
    Rules,
    check,
    check_submission,
    claim_of,
    first_status,
    new_link,
    read_claimed_context,
    read_context,
    refusal_of_link,
)
from seealso.tables import links, pages, sites
from seealso.tables.links import Link, Status
from seealso.times import rfc3339

# Previews of one client. They follow what is typed, so that there are more of them.
PREVIEWS_PER_TEN_MINUTES = 60


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


def submit(store: Store, attempt: Attempt, idempotency_key: str | None, rules: Rules) -> Receipt:
    """Make a submission a link of a published article's page. Raises Refusal.

    The same key again for the same article and an equivalent URL gets the same receipt, with the
    link's current status.
    """
    context = read_context(store, attempt)
    site = check_submission(store, context, attempt.now, rules)
    # Without a key the submission can be sent again only as a duplicate.
    key = idempotency_key or os.urandom(32).hex()
    token = _derived(store, "withdraw-token", key)
    link_id = _derived(store, "link-id", key)
    link = new_link(link_id, token, site, attempt, rules, context.article_title)
    stored = _store_link(store, link, site)
    return Receipt(stored, token, _places_left(context.page_item, stored, site.cap))


def preview(store: Store, attempt: Attempt, rules: Rules) -> Preview:
    """What would become of a submission. Raises the Refusal that it would get.

    It is only counted, apart from submissions. Another submission may still come first.
    """
    claim = claim_of(attempt, rules)
    context = read_claimed_context(store, attempt, claim, "previews")
    limit = PREVIEWS_PER_TEN_MINUTES
    too_many = Message(
        "Limit of {limit} previews per ten minutes reached. Try again later.", limit=limit
    )
    site = check(context, attempt.now, limit, too_many)
    status = first_status(site, attempt.submission)
    try:
        if context.claim_item:
            raise links.DuplicateLink(
                context.claim_item["link_id"], context.claim_item["article_id"]
            )
        links.check_page(context.page_item, status, site, rfc3339(attempt.now))
    except links.LinkNotAdded as refused:
        raise refusal_of_link(store, refused) from None
    places_left = pages.places_left(context.page_item, site.cap)
    return Preview(attempt.submission.url, status, places_left)


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
        raise refusal_of_link(store, refused) from None
    return link


def _places_left(page_item: Json | None, link: Link, cap: int) -> int:
    """The page's free places, less the link's own if the page was read before it was stored."""
    is_counted = any(shown["link_id"] == link.link_id for shown in pages.page_links(page_item))
    free = pages.places_left(page_item, cap)
    return max(free - (link.status == "published" and not is_counted), 0)


def _derived(store: Store, label: str, key: str) -> str:
    """128 bits that follow from a key and a label (design.md, "Submitting a link").

    The stack's secret keeps a key that can be guessed from giving the token away: link ids are
    public, and without it both would follow from the key alone.
    """
    secret = sites.get_setting(store, "token-secret", os.urandom(32).hex())
    return hmac.digest(bytes.fromhex(secret), f"{label}:{key}".encode(), "sha256").hex()[:32]
