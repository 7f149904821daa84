"""One function for every change of a link or article, for tests that go through all of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from seealso.editing import articles
from seealso.editing import links as moderation
from seealso.editing.links import Decision
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables import links
from seealso.tables.articles import Article
from seealso.tables.audit import ChangeContext
from seealso.tables.links import Cause, Link, Status

_NO_REASON = Decision()


def change_link(
    store: Store,
    link: Link,
    status: Status,
    now: datetime,
    by: str,
    *,
    reason: str | None = None,
    cap: int = 0,
    keep_blocked: bool = True,
    also: Sequence[Json] = (),
) -> Link:
    """Give a link another status. Raises what the transition raises."""
    cause = Cause(now, by, reason)
    match status:
        case "published":
            return links.publish(store, link, cause, cap, also)
        case "lapsed":
            return links.lapse(store, link, cause, also)
        case "expired":
            return links.expire(store, link, cause, also)
        case "withdrawn":
            return links.withdraw(store, link, cause, also)
        case "rejected":
            return links.reject(store, link, cause, keep_blocked=keep_blocked, also=also)
        case "removed":
            return links.remove(store, link, cause, keep_blocked=keep_blocked, also=also)
    raise ValueError(f"{status} cannot follow {link.status}")


def set_state(
    store: Store, context: ChangeContext, article_id: int, version: int, action: str
) -> Article:
    """One of publish, unpublish, delete and restore. Raises Refusal."""
    changes = {
        "publish": articles.publish,
        "unpublish": articles.unpublish,
        "delete": articles.delete,
        "restore": articles.restore,
    }
    return changes[action](store, context, article_id, version)


def set_columns(
    store: Store,
    context: ChangeContext,
    article_id: int,
    version: int,
    columns: dict[str, Any],
    action: str,
) -> Article:
    """One of replace and patch. Raises Refusal."""
    change = articles.replace_columns if action == "replace" else articles.patch_columns
    return change(store, context, article_id, version, columns)


def decide(
    store: Store,
    context: ChangeContext,
    link_id: str,
    version: int,
    action: str,
    decision: Decision = _NO_REASON,
) -> Link:
    """One of approve, reject and remove. Raises Refusal."""
    match action:
        case "approve":
            return moderation.approve(store, context, link_id, version)
        case "reject":
            return moderation.reject(store, context, link_id, version, decision)
    return moderation.remove(store, context, link_id, version, decision)
