"""Purging: a deleted article goes for good, its links first.

Each step can be done again, so a purge that was interrupted is taken up by sending it again: the
page is closed to new links, each link that holds its URL is removed, and only when none is left
does the article go, with the audit line that says so.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import batched

from seealso import articles, editing, links
from seealso.articles import remove_article
from seealso.audit import Act, audit_line
from seealso.dynamodb import Json, Refused, Store, batch_get, batch_got, items, typed_item
from seealso.links import HOLD_CLAIM, Link, get_link, page_key, rfc3339
from seealso.moderation import link_line
from seealso.problems import Problem

# A submission that was begun before its article's purge is written, or refused, within this time:
# the function's own limit is 10 s (template.yaml).
CLOSED_SECONDS = 60
RETRY_AFTER_SECONDS = 2
_REASON = "The article was purged."


def purge(store: Store, act: Act, article_id: int, version: int) -> None:
    """Remove a deleted article for good. Raises Problem 404, 409, 412, 503.

    What an editor has rejected or removed before keeps its URL blocked.
    """
    article = editing.article_as_read(store, article_id, version)
    if article.state != "deleted":
        raise Problem("conflict", f"The article is {article.state}: delete it first.")
    close_page(store, article_id, act.at)
    end_links_of(store, act, article_id)
    line = audit_line(
        store,
        act,
        "article.purge",
        editing.shown(article),
        None,
        article_id=article_id,
        domain=article.domain,
    )
    try:
        remove_article(store, article, [_page_is_empty(store, article_id), line])
    except articles.Changed as refused:
        raise editing.changed(refused.article) from None
    except Refused as refused:
        if not refused.reasons or refused.reasons[1].code != "ConditionalCheckFailed":
            raise
        raise Problem(
            "unavailable",
            "A link was submitted in the last moment. Send the purge again.",
            headers={"retry-after": str(RETRY_AFTER_SECONDS)},
        ) from None


def end_links_of(store: Store, act: Act, article_id: int) -> int:
    """Remove the links of an article and free their URLs; returns how many.

    Safe to kill and to call again: what has ended stays so.
    """
    return sum(_removed(store, act, link) for link in held_links_of(store, article_id))


def _removed(store: Store, act: Act, link: Link) -> bool:
    """Remove a link, whatever becomes of it meanwhile; whether it was still there to be removed."""
    current: Link | None = link
    while current is not None and current.status in links.HOLD_CLAIM:
        line = link_line(store, act, "purge", current, "removed", _REASON)
        try:
            links.change_link(
                store,
                current,
                "removed",
                act.at,
                by=act.actor,
                reason=_REASON,
                keep_blocked=False,
                also=[line],
            )
        except links.Changed:
            current = links.get_link(store, link.link_id)
        else:
            return True
    return False


def close_page(store: Store, article_id: int, now: datetime) -> None:
    """Let the page take no new links: its article is being purged.

    What was submitted before and is not written yet is refused for CLOSED_SECONDS. A later article
    of the same id has an open page.
    """
    store.client.call(
        "UpdateItem",
        {
            "TableName": store.links,
            "Key": typed_item(page_key(article_id)),
            "UpdateExpression": "SET closed_until = :until",
            "ExpressionAttributeValues": typed_item(
                {":until": rfc3339(now + timedelta(seconds=CLOSED_SECONDS))}
            ),
            "ReturnConsumedCapacity": "TOTAL",
        },
    )


def held_links_of(store: Store, article_id: int) -> Iterator[Link]:
    """The links of an article that hold their URL, in order of submission, each as it is now.

    A link that was added just now may not be in the index yet: _page_is_empty() tells.
    """
    ids = _links_of(store, article_id)
    for some in batched(ids, 100, strict=False):
        keys = [{"pk": f"link#{link_id}"} for link_id in some]
        call = batch_get({store.links: keys}, {store.links: ("pk", "status")})
        got = batch_got(store.client.call(*call), store.links)
        # What has ended stays so; of the others this may be late to know.
        ended = {item["pk"] for item in got if item["status"] not in HOLD_CLAIM}
        for link_id in some:
            if f"link#{link_id}" in ended:
                continue
            link = get_link(store, link_id)
            if link is not None and link.status in HOLD_CLAIM:
                yield link


def _page_is_empty(store: Store, article_id: int) -> Json:
    """The transaction's check that a page has no link that is published or waits."""
    return {
        "ConditionCheck": {
            "TableName": store.links,
            "Key": typed_item(page_key(article_id)),
            "ConditionExpression": "(attribute_not_exists(published) OR published = :zero)"
            " AND (attribute_not_exists(waiting) OR waiting = :zero)",
            "ExpressionAttributeValues": typed_item({":zero": 0}),
        }
    }


def _links_of(store: Store, article_id: int) -> Iterator[str]:
    """The ids of all links of an article, in order of submission."""
    body: Json = {
        "TableName": store.links,
        "IndexName": "article-submitted",
        "KeyConditionExpression": "article_id = :article_id",
        "ExpressionAttributeValues": typed_item({":article_id": article_id}),
        "ReturnConsumedCapacity": "TOTAL",
    }
    while True:
        answer = store.client.call("Query", body)
        for item in items(answer):
            yield item["pk"].removeprefix("link#")
        if "LastEvaluatedKey" not in answer:
            return
        body["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
