"""Purging: a deleted article is removed for good, its links first.

Each step can be done again, so an interrupted purge is continued by sending it again: the page is
closed to new links, each link that holds a claim is removed, and only when none is left is the
article removed, with the audit entry that records it.
"""

from seealso.editing.articles import get_version, shown, version_conflict
from seealso.errors import RETRY_AFTER_SECONDS, Refusal, StoreError, VersionConflict
from seealso.store.tables import Store
from seealso.tables import links
from seealso.tables.articles import remove_article
from seealso.tables.audit import ChangeContext, audit_entry, link_entry
from seealso.tables.links import Cause, Link

_REASON = "The article was purged."


def purge(store: Store, context: ChangeContext, article_id: int, version: int) -> None:
    """Remove a deleted article for good. Raises Refusal 404, 409, 412 or 503.

    What an editor has rejected or removed before keeps its URL blocked.
    """
    article = get_version(store, article_id, version)
    if article.state != "deleted":
        state = "is a draft" if article.state == "draft" else "is published"
        raise Refusal("conflict", f"Only a deleted article can be purged; this one {state}.")
    links.close_page(store, article_id, context.at)
    end_links_of(store, context, article_id)
    entry = audit_entry(
        store,
        context,
        "article.purge",
        shown(article),
        None,
        article_id=article_id,
        domain=article.domain,
    )
    try:
        remove_article(store, article, [links.page_is_empty(store, article_id), entry])
    except VersionConflict as conflict:
        raise version_conflict(conflict.current) from None
    except StoreError as error:
        if not error.condition_failed(1):
            raise
        detail = "A link was submitted while the article was being purged. Please retry."
        raise Refusal("unavailable", detail, retry_after=RETRY_AFTER_SECONDS) from None


def end_links_of(store: Store, context: ChangeContext, article_id: int) -> int:
    """Remove the links of an article and free their URLs; returns how many.

    Safe to kill and to call again: an ended link stays ended.
    """
    return sum(_remove(store, context, link) for link in links.claiming_links(store, article_id))


def _remove(store: Store, context: ChangeContext, link: Link) -> bool:
    """Remove a link even if others change it meanwhile; False if it ended without this."""
    current: Link | None = link
    while current is not None and current.status in links.CLAIM_HOLDERS:
        entry = link_entry(store, context, "purge", current, "removed", _REASON)
        cause = Cause(context.at, context.actor, _REASON)
        try:
            links.remove(store, current, cause, keep_blocked=False, also=[entry])
        except VersionConflict:
            current = links.get_link(store, link.link_id)
        else:
            return True
    return False
