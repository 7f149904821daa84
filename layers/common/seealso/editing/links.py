"""What editors decide about submitted links, each with its audit entry."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any, NamedTuple

from seealso.errors import Message, Refusal, VersionConflict, link_not_found
from seealso.fields import boolean, check_members, optional, string
from seealso.limits import MAX_REASON
from seealso.members import Members
from seealso.store.tables import Store
from seealso.tables import links, sites
from seealso.tables.articles import get_article
from seealso.tables.audit import ChangeContext, link_entry, redact_entries
from seealso.tables.checks import Checks, TooSoon, plan_check
from seealso.tables.links import Cause, Link


class Decision(NamedTuple):
    """An editor's reason, whether the URL stays blocked, and whether the submitter is told."""

    reason: str | None = None
    keep_blocked: bool = True
    tell_submitter: bool = False


_REASON = string(1, MAX_REASON)
_CHECKS = {"reason": _REASON, "keep_blocked": boolean, "tell_submitter": boolean}


def parse_rejection(members: Members) -> Decision:
    """The decision of a body that needs a reason. Raises Refusal `invalid-fields`."""
    check_members(members, _CHECKS, ["reason"])
    return Decision(**members)


def parse_removal(members: Members) -> Decision:
    """The decision of a body that may have a reason. Raises Refusal `invalid-fields`."""
    check_members(members, {**_CHECKS, "reason": optional(_REASON)})
    return Decision(**members)


def shown(link: Link) -> dict[str, Any]:
    """The link as editors see it, without its token's hash and its claim."""
    hidden = ("token_hash", "claim", "final_claim", "check_at")
    members = {name: value for name, value in asdict(link).items() if name not in hidden}
    members["history"] = [
        {"reason": None, "tell_submitter": False, **entry} for entry in link.history
    ]
    return members


def shown_checks(link: Link, checks: Checks) -> dict[str, Any]:
    """What the last checks of the link's page found, and when the next one is due."""
    names = ("at", "found", "codes", "status", "final_url", "href", "rel", "canonical")
    return {
        "next_check_at": link.check_at or checks.next_at,
        "checks": [{name: entry.get(name) for name in names} for entry in checks.evidence],
    }


def approve(store: Store, context: ChangeContext, link_id: str, version: int) -> Link:
    """Publish a pending link. Raises Refusal 404, 409 (`page-full`, `conflict`) or 412."""
    link = _get_version(store, link_id, version)
    if link.status != "pending":
        raise _wrong_status(link, "approved")
    # The cap of the site that the link's article belongs to now.
    article = get_article(store, link.article_id)
    site = sites.get_site(store, article.domain if article else link.domain)
    also = [link_entry(store, context, "approve", link, "published")]
    if not link.check_at:
        days = site.recheck_days if link.link_back == "seen" else 1
        also.append(plan_check(store, link.link_id, context.at + timedelta(days=days)))
    try:
        return links.publish(store, link, Cause(context.at, context.actor), site.cap, also)
    except VersionConflict:
        raise _version_conflict(links.get_link(store, link_id)) from None
    except links.PageFull:
        raise Refusal("page-full", _full(site.cap), members={"cap": site.cap}) from None


def _full(cap: int) -> Message:
    if cap == 0:
        return Message("This site's pages have no places for links. Raise the site's cap first.")
    if cap == 1:
        return Message("This page already has its maximum of 1 link. Remove it first.")
    return Message("This page already has its maximum of {cap} links. Remove one first.", cap=cap)


def reject(
    store: Store, context: ChangeContext, link_id: str, version: int, decision: Decision
) -> Link:
    """End a pending link. Raises Refusal 404, 409 or 412."""
    link = _get_version(store, link_id, version)
    if link.status != "pending":
        raise _wrong_status(link, "rejected")
    entry = link_entry(store, context, "reject", link, "rejected", decision.reason)
    cause = Cause(context.at, context.actor, decision.reason, decision.tell_submitter)
    try:
        return links.reject(store, link, cause, keep_blocked=decision.keep_blocked, also=[entry])
    except VersionConflict:
        raise _version_conflict(links.get_link(store, link_id)) from None


def remove(
    store: Store, context: ChangeContext, link_id: str, version: int, decision: Decision
) -> Link:
    """End a link that has not ended yet. Raises Refusal 404, 409 or 412."""
    link = _get_version(store, link_id, version)
    if link.status not in links.CLAIM_HOLDERS:
        raise _wrong_status(link, "removed")
    entry = link_entry(store, context, "remove", link, "removed", decision.reason)
    cause = Cause(context.at, context.actor, decision.reason, decision.tell_submitter)
    try:
        return links.remove(store, link, cause, keep_blocked=decision.keep_blocked, also=[entry])
    except VersionConflict:
        raise _version_conflict(links.get_link(store, link_id)) from None


def restore(store: Store, context: ChangeContext, link_id: str, version: int) -> Link:
    """Make a rejected or removed link pending again. Raises Refusal 404, 409 or 412."""
    link = _get_version(store, link_id, version)
    if link.status not in ("rejected", "removed"):
        raise _wrong_status(link, "restored")
    if link.url is None:
        raise Refusal("conflict", "The link's URL is erased, so it cannot be restored.")
    article = get_article(store, link.article_id)
    if article is None or article.state == "deleted":
        raise Refusal("conflict", "The link's article is gone, so it cannot be restored.")
    site = sites.get_site(store, article.domain)
    entry = link_entry(store, context, "restore", link, "pending")
    try:
        return links.restore(store, link, Cause(context.at, context.actor), site, [entry])
    except VersionConflict:
        raise _version_conflict(links.get_link(store, link_id)) from None
    except links.DuplicateLink:
        detail = "Another link has this URL by now, so the link cannot be restored."
        raise Refusal("conflict", detail) from None
    except links.PageClosed:
        detail = "The link's article is being purged, so it cannot be restored."
        raise Refusal("conflict", detail) from None
    except links.QueueFull:
        detail = "The maximum number of links is already pending for this page. Decide some first."
        raise Refusal("queue-full", detail) from None


def erase(store: Store, context: ChangeContext, link_id: str, version: int) -> Link:
    """Erase what a submitter sent, on their behalf; a link that has not ended is withdrawn.

    URL, title and what checks found go, and the reasons that editors gave, from the link and from
    its audit entries. Safe to interrupt and to do again. Raises Refusal 404 or 412.
    """
    link = _get_version(store, link_id, version)
    redact_entries(store, link_id)
    is_live = link.status in links.CLAIM_HOLDERS
    entry = link_entry(store, context, "erase", link, "withdrawn" if is_live else link.status)
    history = [{name: each[name] for name in ("at", "status", "by")} for each in link.history]
    change = links.withdraw if is_live else links.forget
    try:
        cause = Cause(context.at, context.actor)
        return change(store, replace(link, history=history), cause, also=[entry])
    except VersionConflict:
        raise _version_conflict(links.get_link(store, link_id)) from None


def check(store: Store, context: ChangeContext, link_id: str) -> str:
    """Make a check of a link's page due; returns when. Raises Refusal 404, 409 or 429."""
    while True:
        link = links.get_link(store, link_id)
        if link is None:
            raise link_not_found()
        if link.status not in links.CLAIM_HOLDERS:
            raise _wrong_status(link, "checked")
        try:
            return links.request_check(store, link, context.at)
        except TooSoon as refused:
            raise refused.refusal(context.at) from None
        except VersionConflict:
            continue


def _get_version(store: Store, link_id: str, version: int) -> Link:
    link = links.get_link(store, link_id)
    if link is None:
        raise link_not_found()
    if link.version != version:
        raise _version_conflict(link)
    return link


def _wrong_status(link: Link, participle: str) -> Refusal:
    return Refusal("conflict", f"The link is {link.status}, so it cannot be {participle}.")


def _version_conflict(current: Link | None) -> Refusal:
    return Refusal(
        "precondition-failed",
        "The link has changed since you read it. Review `current` and retry with its ETag.",
        members={"current": shown(current) if current else None},
    )
