"""Submissions: what a stranger sends is checked here, field by field, and becomes a link or not.

Which refusal comes first when several apply is contract.md's order under "Problems".
"""

import contextlib
import hmac
import json
import os
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from seealso import clients, links, sites, urls
from seealso.bodies import Members, shown_name
from seealso.dynamodb import Json, Store, StoreUnavailable, batch_get, batch_got
from seealso.links import Link
from seealso.problems import Problem, article_not_found, link_not_found

LONGEST_TITLE = 200  # code points
CONSENT = json.loads(Path(__file__).with_name("consent.json").read_text("utf-8"))

_CONSENTS = ("has_right_to_share", "agrees_to_link_back")
_FIELDS = ("url", "title", *_CONSENTS)
_FORM_BOOLEANS = {"true": True, "on": True, "false": False, "": False}
# Embeddings, overrides and isolates (UAX #9): a title could read as what it is not.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Fault(NamedTuple):
    """A field at fault, and the problem that it alone would be."""

    problem: str
    field: str
    detail: str


class Submission(NamedTuple):
    """What a stranger submits: a URL that may be shown, and a title or None.

    `faults` are those of the other fields, kept until it is known whether the page may have the
    URL: all fields at fault are told at once. Without any, consent is given.
    """

    url: str
    title: str | None
    faults: tuple[Fault, ...] = ()


class Receipt(NamedTuple):
    """What the submitter gets: the link, the token that withdraws it, the page's free places."""

    link: Link
    withdraw_token: str
    places_left: int


# ---- checking --------------------------------------------------------------------------------


def with_form_consents(members: Members) -> Members:
    """A form's members with its checkboxes as the booleans that JSON has."""
    for field in _CONSENTS:
        if (text := members.get(field)) in _FORM_BOOLEANS:
            members[field] = _FORM_BOOLEANS[text]
    return members


def read_submission(members: Members) -> Submission:
    """The submission in a body's members. Raises Problem 422 if its URL can be on no page."""
    faults: list[Fault] = []

    def refuse(name: str, field: str, detail: str) -> None:
        faults.append(Fault(name, field, detail))

    for field in members.repeated:
        refuse("invalid-fields", shown_name(field), "This is there more than once; send it once.")
    for field in members:
        if field not in _FIELDS:
            expected = ", ".join(_FIELDS)
            refuse("invalid-fields", shown_name(field), f"Unknown; the fields are {expected}.")
    url: Any = members.get("url")
    if not isinstance(url, str):
        refuse("invalid-fields", "url", "The address of the page to link to, as a text; required.")
    else:
        try:
            url = urls.accept(url)
        except urls.UrlNotAcceptable as not_acceptable:
            refuse("url-not-acceptable", "url", not_acceptable.reason)
    title = members.get("title")
    if isinstance(title, str):
        title = title.strip()
        if fault := _title_fault(title):
            refuse("invalid-fields", "title", fault)
    elif title is not None:
        refuse("invalid-fields", "title", "The title must be a text; leave it out for none.")
    for field in _CONSENTS:
        consent = members.get(field, False)
        if consent is False:
            refuse("consent-missing", field, "A link is taken only if you confirm this: true.")
        elif consent is not True:
            refuse("invalid-fields", field, "This must be true.")
    if any(fault.field == "url" for fault in faults):
        raise _unacceptable(faults)
    return Submission(url, title or None, tuple(faults))


def _title_fault(title: str) -> str | None:
    if len(title) > LONGEST_TITLE:
        return f"The title has more than {LONGEST_TITLE} characters."
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in title):
        return "The title has control characters in it."
    if _BIDI.search(title):
        return "The title has characters in it that turn the direction of writing."
    return None


def _unacceptable(faults: Sequence[Fault]) -> Problem:
    """One problem for all fields at fault: with one cause that cause's, else invalid-fields."""
    names = {fault.problem for fault in faults}
    name = names.pop() if len(names) == 1 else "invalid-fields"
    detail = faults[0].detail if len(faults) == 1 else "Some fields are not as they must be."
    return Problem(name, detail, [(fault.field, fault.detail) for fault in faults])


# ---- submitting ------------------------------------------------------------------------------


def submit(
    store: Store,
    article_id: int,
    submission: Submission,
    idempotency_key: str | None,
    client_address: str,
    now: datetime,
    *,
    per_window: int,
    scope: str,
) -> Receipt:
    """Make a submission a link of a published article's page, or raise the Problem in its way.

    `per_window`: how often a client may submit in ten minutes; `scope`: whether a URL is taken
    for the `network` or for the `page`. The same key again for the same article and an equivalent
    URL gets the same receipt, with the status of now.
    """
    try:
        network = sites.network(store)
        counted, got = store.client.wave(
            [
                clients.count_submission(store, client_address, now),
                batch_get(
                    {
                        store.articles: [{"id": article_id}],
                        store.links: [links.page_key(article_id)],
                    },
                    {store.articles: ("id", "domain", "state")},
                ),
            ]
        )
    except StoreUnavailable:
        if submission.faults:
            raise _unacceptable(submission.faults) from None
        raise
    article = next(iter(batch_got(got, store.articles)), None)
    if article is not None and article["state"] != "published":
        article = None
    page_item = next(iter(batch_got(got, store.links)), None)
    site = network.site(article["domain"]) if article else None
    faults = submission.faults + _not_allowed(
        submission.url, article_id, network.blocked_hosts, site
    )
    if faults:
        raise _unacceptable(faults)
    if clients.counted(counted) > per_window:
        seconds = clients.seconds_left(now)
        detail = f"This is more than {per_window} submissions in ten minutes. Try again later."
        raise Problem("rate-limited", detail, headers={"retry-after": str(seconds)})
    if site is None:
        raise article_not_found()
    secret = idempotency_key or os.urandom(32).hex()
    token = _derived("withdraw-token", secret)
    url_key = urls.url_key(submission.url)
    claim_scope = "network" if scope == "network" else f"page-{article_id}"
    at_once = site.publish == "at_once"
    link = Link(
        link_id=_derived("link-id", secret),
        article_id=article_id,
        domain=site.domain,
        url=submission.url,
        title=submission.title,
        status="published" if at_once else "pending",
        version=1,
        link_back="unchecked",
        submitted_at=links.rfc3339(now),
        published_at=links.rfc3339(now) if at_once else None,
        claim=links.claim_key(claim_scope, urls.KEY_VERSION, url_key),
        consent={"version": CONSENT["in_force"], "at": links.rfc3339(now)},
        token_hash=token_hash(token),
        due_at=None if at_once else links.rfc3339(now + timedelta(days=site.pending_days)),
    )
    try:
        links.add_link(store, link, site)
    except links.AlreadySubmitted as already:
        there = already.link
        if there.article_id != article_id or urls.url_key(there.url) != url_key:
            detail = "This Idempotency-Key was used for another link; use a new one for each."
            raise Problem("idempotency-key-reused", detail) from None
        return Receipt(there, token, _places_left(page_item, there, site.cap))
    except links.Duplicate as duplicate:
        raise _duplicate(store, duplicate) from None
    except links.PageClosed:
        raise article_not_found() from None
    except links.PageFull as full:
        detail = f"The page has its {full.cap} links already."
        raise Problem("page-full", detail, members={"cap": full.cap}) from None
    except links.QueueFull:
        detail = "As many links as may wait for this page are waiting. Try again in some days."
        raise Problem("queue-full", detail) from None
    return Receipt(link, token, _places_left(page_item, link, site.cap))


def withdraw(store: Store, link_id: str, token: str, now: datetime) -> None:
    """Withdraw a link by its submitter's token; doing it again changes nothing.

    Raises Problem not-found or forbidden. A link that is rejected, removed or expired is off the
    page already and stays what it is.
    """
    while True:
        link = links.get_link(store, link_id)
        if link is None:
            raise link_not_found()
        if not hmac.compare_digest(link.token_hash, token_hash(token)):
            raise Problem("forbidden", "This is not the link's withdraw token.")
        if link.status not in links.HOLD_CLAIM:
            return
        try:
            links.change_link(store, link, "withdrawn", now, by="submitter")
        except links.Changed:
            continue
        return


def token_hash(token: str) -> str:
    """What is stored of a withdraw token."""
    return sha256(token.encode()).hexdigest()


def _derived(label: str, secret: str) -> str:
    """128 bits that follow from a key and a label (design.md, "Submitting a link")."""
    return sha256(f"{label}:{secret}".encode()).hexdigest()[:32]


def _places_left(page_item: Json | None, link: Link, cap: int) -> int:
    """The places that the page has free, the link's own taken off if it was read before that."""
    counted = any(each["link_id"] == link.link_id for each in links.page_links(page_item))
    free = links.places_left(page_item, cap)
    return max(free - (link.status == "published" and not counted), 0)


def _not_allowed(
    url: str, article_id: int, blocked_hosts: frozenset[str], site: sites.Site | None
) -> tuple[Fault, ...]:
    """The fault of a blocked host or the article's own page, as far as its site is known."""
    own_urls = []
    if site is not None:
        blocked_hosts = blocked_hosts.union(site.blocked_hosts)
        if site.article_url:
            own_urls.append(site.article_url.replace("{id}", str(article_id)))
    try:
        urls.check_allowed(url, blocked_hosts, own_urls)
    except urls.UrlNotAcceptable as refused:
        return (Fault("url-not-acceptable", "url", refused.reason),)
    return ()


def _duplicate(store: Store, duplicate: links.Duplicate) -> Problem:
    """The problem names the link that has the URL only where everybody can see it anyway."""
    members: dict[str, object] = {}
    # The duplicate is known by now, and comes before what is unavailable.
    with contextlib.suppress(StoreUnavailable):
        link = links.get_link(store, duplicate.link_id)
        if link is not None and link.status == "published":
            got = store.client.call(*batch_get({store.articles: [{"id": link.article_id}]}))
            if any(article["state"] == "published" for article in batch_got(got, store.articles)):
                members = {"article_id": link.article_id, "url": link.url}
    return Problem("duplicate-link", "This URL has been submitted already.", members=members)
