"""What submitters may do with their link, by its token: withdraw it, or ask for a check."""

import contextlib
import hmac
import re
from datetime import datetime
from hashlib import sha256

from seealso.errors import Refusal, VersionConflict, link_not_found
from seealso.store.tables import Store
from seealso.tables import links
from seealso.tables.audit import ChangeContext, link_entry
from seealso.tables.checks import TooSoon
from seealso.tables.links import Cause, Link


def withdraw(store: Store, context: ChangeContext, link_id: str, token: str) -> None:
    """Withdraw a link by its submitter's token; doing it again changes nothing.

    Its audit entry says so to a recovery, should the link's record be lost.

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
        cause = Cause(context.at, context.actor)
        with contextlib.suppress(VersionConflict):
            if link.status in links.CLAIM_HOLDERS:
                entry = link_entry(store, context, "withdraw", link, "withdrawn")
                links.withdraw(store, link, cause, [entry])
            elif link.url is not None:
                entry = link_entry(store, context, "withdraw", link, link.status)
                links.forget(store, link, cause, [entry])
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


def is_token(text: str) -> bool:
    """Whether a text could be a withdraw token."""
    return re.fullmatch("[0-9a-f]{32}", text) is not None


def is_token_of(link: Link, token: str | None) -> bool:
    """Whether a token is the one that withdraws the link."""
    return token is not None and hmac.compare_digest(link.token_hash, token_hash(token))


def reason_for_submitter(link: Link) -> str | None:
    """An editor's reason for the link's last change, if the submitter may read it."""
    last = link.last_change or {}
    return last.get("reason") if last.get("tell_submitter") else None


def token_hash(token: str) -> str:
    """What is stored of a withdraw token."""
    return sha256(token.encode()).hexdigest()
