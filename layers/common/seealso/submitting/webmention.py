"""Receiving webmentions: a page tells us itself that it links to an article (W3C Webmention).

A webmention becomes a pending link with the claim, the cap and the queue of any other; the check of
its page (verifying/) decides what comes next. Sent again, it makes a check due. Its sender has no
token: who can change the page can end the link, by taking the hyperlink out and sending again.
"""

import os
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from ada_url import URL

from seealso import urls
from seealso.errors import Message, Refusal, VersionConflict
from seealso.limits import MAX_URL_BYTES
from seealso.members import Members
from seealso.store.tables import Store
from seealso.submitting.deciding import (
    Attempt,
    Rules,
    check_submission,
    claim_of,
    new_link,
    read_claimed_context,
    refusal_of_link,
)
from seealso.submitting.parsing import Submission
from seealso.tables import links, sites
from seealso.tables.links import Link
from seealso.times import rfc3339

# Problems of submissions that are a sender's own fault.
_FAULTS = ("invalid-fields", "url-not-acceptable", "not-found")
_NO_ARTICLE = Message("The target is not the address of an article of this network.")


class Webmention(NamedTuple):
    """A page that says that it links to an article: two absolute URLs."""

    source: str
    target: str


def parse_webmention(members: Members) -> Webmention:
    """The webmention of a form; other fields are ignored, as extensions of the standard have them.

    Raises Refusal `webmention-refused`.
    """
    for field in ("target", "source"):
        if not members.get(field) or field in members.repeated:
            raise _refused(field, Message("{field} is required, once.", field=field))
    return Webmention(members["source"], members["target"])


def receive(
    store: Store,
    sent: Webmention,
    client_address: str,
    now: datetime,
    base_url: str,
    rules: Rules,
) -> Link:
    """The link of a webmention: a new one, or the one that it became before.

    `base_url` is that of this API. Raises Refusal: `webmention-refused` for what the sender can
    mend, otherwise those of submissions.
    """
    article_id, domains = _article_at(store, sent.target, base_url)
    source = _acceptable_source(store, sent, base_url)
    attempt = Attempt(article_id, Submission(source, None), client_address, now, base_url)
    claim = claim_of(attempt, rules)
    try:
        context = read_claimed_context(store, attempt, claim, "submissions")
        site = check_submission(store, context, now, rules)
    except Refusal as refused:
        if refused.name not in _FAULTS:
            raise
        is_target = refused.name == "not-found"
        field, detail = ("target", _NO_ARTICLE) if is_target else ("source", refused.detail)
        raise _refused(field, detail) from None
    if site.domain not in (domains or (site.domain,)):
        raise _refused("target", _NO_ARTICLE)
    if context.claim_item and (known := _resent(store, claim, attempt, context.claim_item)):
        return known
    if site.webmentions == "off":
        raise _refused("target", Message("This site takes no webmentions."))
    link = _new_link(site, attempt, rules, context.article_title)
    try:
        links.add_link(store, link, site)
    except links.DuplicateLink as refused:
        # The same webmention may have come twice at this moment.
        known = _resent(store, claim, attempt, {"link_id": refused.link_id})
        if known is None:
            raise refusal_of_link(store, refused) from None
        return known
    except links.LinkNotAdded as refused:
        raise refusal_of_link(store, refused) from None
    return link


def _article_at(store: Store, target: str, base_url: str) -> tuple[int, Collection[int]]:
    """The id of the article that a URL is an address of, and the domains that it may be of.

    No domains: of any. Raises Refusal.
    """
    if len(target.encode(errors="replace")) > MAX_URL_BYTES:
        raise _refused("target", _NO_ARTICLE)
    host = _host(target)
    if host is None:
        detail = Message("The target must be an absolute URL that begins with http:// or https://.")
        raise _refused("target", detail)
    article_id = urls.article_id_at(target, f"{base_url}/a/{{id}}", ())
    if article_id:
        return article_id, ()
    found: dict[int, int] = {}
    for name in _names(target):
        for domain in sites.domains_of_host(store, name):
            site = sites.get_policy(store, domain)
            article_id = urls.article_id_at(target, site.article_url or "", [name])
            if article_id:
                found[domain] = article_id
    if not found:
        raise _refused("target", _NO_ARTICLE)
    # Two sites on one host have different patterns; of one pattern, ids are of one site each.
    article_id = next(iter(found.values()))
    return article_id, [domain for domain, each in found.items() if each == article_id]


def _acceptable_source(store: Store, sent: Webmention, base_url: str) -> str:
    """The source as it is stored. Raises Refusal."""
    try:
        source = urls.accept(sent.source)
    except urls.UrlNotAcceptable as refused:
        raise _refused("source", Message(refused.reason)) from None
    if urls.url_key(source) == urls.url_key(sent.target):
        raise _refused("source", Message("The source and the target are the same page."))
    names = _names(source)
    if _host(base_url) in names or any(sites.has_host(store, name) for name in names):
        detail = Message("The source is a page of this network, which sends itself no webmentions.")
        raise _refused("source", detail)
    return source


def _names(url: str) -> tuple[str, ...]:
    """The host of an http or https URL, and those that its URL key takes for the same."""
    host, bare = _host(url) or "", _host(urls.url_key(url)) or ""
    return tuple(dict.fromkeys((host, bare, f"www.{bare}")))


def _host(url: str) -> str | None:
    """The host of an http or https URL; None if it is none."""
    try:
        parsed = URL(url)
    except ValueError:
        return None
    return parsed.hostname if parsed.protocol in ("http:", "https:") else None


def _new_link(site: sites.Site, attempt: Attempt, rules: Rules, article_title: str | None) -> Link:
    if site.webmentions == "verified":
        site = site._replace(publish="verified")
    else:
        marked = attempt.submission._replace(needs_editor="webmention")
        attempt = attempt._replace(submission=marked)
    # Nobody gets the token.
    link_id, token = os.urandom(16).hex(), os.urandom(16).hex()
    link = new_link(link_id, token, site, attempt, rules, article_title)
    return replace(link, consent={"by": "webmention", "at": rfc3339(attempt.now)})


def _resent(store: Store, claim: str, attempt: Attempt, holder: dict[str, str]) -> Link | None:
    """The link that the webmention became before, of which a check is now due; None if it is new.

    A URL that came otherwise, or to another article, is a duplicate.
    """
    while True:
        link = links.get_link(store, holder["link_id"])
        is_known = (
            link is not None
            and link.is_webmention
            and link.status in links.CLAIM_HOLDERS
            and (link.claim, link.article_id) == (claim, attempt.article_id)
        )
        if link is None or not is_known:
            return None
        try:
            links.request_check(store, link, attempt.now, is_resend=True)
        except VersionConflict:
            continue
        return link


def _refused(field: str, detail: Message | str) -> Refusal:
    return Refusal.of_field("webmention-refused", field, detail)
