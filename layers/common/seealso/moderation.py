"""Moderation: what editors decide about submitted links, each with its audit line."""

from dataclasses import asdict
from typing import Any, Literal, NamedTuple

from seealso import links, sites
from seealso.articles import get_article
from seealso.audit import Act, audit_line
from seealso.bodies import Members
from seealso.dynamodb import Json, Store
from seealso.fields import REASON_LENGTH, check_members, optional, text, true_or_false
from seealso.links import Link, Status
from seealso.problems import Problem, link_not_found

type Action = Literal["approve", "reject", "remove"]

_STATUS: dict[str, Status] = {"approve": "published", "reject": "rejected", "remove": "removed"}
_FROM = {
    "approve": ("pending",),
    "reject": ("pending",),
    "remove": ("pending", "published", "lapsed"),
}


class Decision(NamedTuple):
    """An editor's reason, and whether the URL of a link that is not to be shown stays blocked."""

    reason: str | None = None
    keep_blocked: bool = True


_NO_WORD = Decision()
_REASON = text(1, REASON_LENGTH)
_CHECKS = {"reason": _REASON, "keep_blocked": true_or_false}


def read_rejection(members: Members) -> Decision:
    """The decision of a body that needs a reason. Raises Problem 422."""
    check_members(members, _CHECKS, ["reason"])
    return Decision(**members)


def read_removal(members: Members) -> Decision:
    """The decision of a body that may have a reason. Raises Problem 422."""
    check_members(members, {**_CHECKS, "reason": optional(_REASON)})
    return Decision(**members)


def shown(link: Link) -> dict[str, Any]:
    """The link as editors see it; its token and claim are nobody's business."""
    hidden = ("token_hash", "claim")
    link_item = {name: value for name, value in asdict(link).items() if name not in hidden}
    link_item["history"] = [{"reason": None, **event} for event in link.history]
    return link_item


def decide(
    store: Store,
    act: Act,
    link_id: str,
    version: int,
    action: Action,
    decision: Decision = _NO_WORD,
) -> Link:
    """Approve, reject or remove a link as the editor has read it.

    Raises Problem 404, 409 (`page-full`, or `conflict` where its status does not allow it), 412.
    """
    link = links.get_link(store, link_id)
    if link is None:
        raise link_not_found()
    if link.version != version:
        raise _changed(link)
    if link.status not in _FROM[action]:
        raise Problem("conflict", f"The link is {link.status}; there is nothing to {action}.")
    cap = _cap(store, link) if action == "approve" else 0
    status = _STATUS[action]
    line = link_line(store, act, action, link, status, decision.reason)
    try:
        return links.change_link(
            store,
            link,
            status,
            act.at,
            by=act.actor,
            reason=decision.reason,
            cap=cap,
            keep_blocked=decision.keep_blocked,
            also=[line],
        )
    except links.Changed:
        raise _changed(links.get_link(store, link_id)) from None
    except links.PageFull:
        detail = f"The page has its {cap} links already: remove one first."
        raise Problem("page-full", detail, members={"cap": cap}) from None


def _cap(store: Store, link: Link) -> int:
    """How many places the link's page has: by the site that its article belongs to now."""
    article = get_article(store, link.article_id)
    return sites.get_site(store, article.domain if article else link.domain).cap


def link_line(
    store: Store, act: Act, action: str, link: Link, status: str, reason: str | None
) -> Json:
    """The audit line of a link's change of status."""
    after = {"status": status, "version": link.version + 1}
    return audit_line(
        store,
        act,
        f"link.{action}",
        {"status": link.status, "version": link.version, "url": link.url},
        after | ({"reason": reason} if reason else {}),
        article_id=link.article_id,
        link_id=link.link_id,
        domain=link.domain,
    )


def _changed(link: Link | None) -> Problem:
    return Problem(
        "precondition-failed",
        "The link has changed since: look at it as it is now, then send its version.",
        members={"current": shown(link) if link else None},
    )
