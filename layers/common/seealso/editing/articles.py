"""What editors do to articles, each change in one transaction with its audit entry.

States: draft, published, deleted. A deleted article is kept until it is purged (purging.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import Any

from seealso.columns import EDITABLE, Column
from seealso.errors import FieldError, Message, Refusal, VersionConflict
from seealso.fields import ARTICLE, anything, check_members, one_of, optional, refuse_fields
from seealso.limits import MAX_ID
from seealso.members import Members
from seealso.store.tables import Store
from seealso.tables.articles import Article, get_article, new_id, raise_highest, save_article
from seealso.tables.audit import ChangeContext, audit_entry

type Columns = Mapping[str, Any]

NO_COLUMNS: Columns = MappingProxyType({})

_REQUIRED = [column.name for column in EDITABLE if column.required]
# A client may send these back as it has read them.
_READ_ONLY = ("id", "state", "version")
_NEW = {**ARTICLE, "id": optional(ARTICLE["id"]), "state": one_of("draft", "published")}
_CHANGED = {**ARTICLE, **dict.fromkeys(_READ_ONLY, anything)}
_NEXT_STATE = {
    "publish": "published",
    "unpublish": "draft",
    "delete": "deleted",
    "restore": "draft",
}


# ---- parsing ---------------------------------------------------------------------------------


def parse_new(members: Members) -> tuple[int | None, Article]:
    """The id that the body asks for, if any, and the new article (with id 0).

    Raises Refusal `invalid-fields`.
    """
    check_members(members, _NEW, _REQUIRED)
    article = Article(id=0, state=members.get("state", "draft"), **_whole(members))
    return members.get("id"), article


def parse_replacement(members: Members) -> Columns:
    """All columns of an article, and the read-only members. Raises Refusal `invalid-fields`."""
    check_members(members, _CHANGED, _REQUIRED)
    return {**members, **_whole(members)}


def parse_patch(members: Members) -> Columns:
    """Some columns of an article, and the read-only members. Raises Refusal `invalid-fields`."""
    check_members(members, _CHANGED)
    changed = [column for column in EDITABLE if column.name in members]
    return {**members, **_stored(changed, members)}


def _whole(members: Members) -> Columns:
    """All columns that an editor may change; those that are left out are None."""
    return _stored(EDITABLE, members)


def _stored(columns: Iterable[Column], members: Members) -> Columns:
    return {column.name: column.stored(members.get(column.name)) for column in columns}


# ---- changing --------------------------------------------------------------------------------


def shown(article: Article) -> dict[str, Any]:
    """The article as editors see it."""
    return asdict(article)


def create(
    store: Store, context: ChangeContext, article_id: int | None, article: Article
) -> Article:
    """Write a new article; without an id it gets the next above the highest.

    Raises Refusal `conflict` where the id is taken, or none is left.
    """
    if article_id is not None:
        created = _create(store, context, replace(article, id=article_id))
        raise_highest(store, article_id)
        return created
    while True:
        next_id = new_id(store, MAX_ID)
        if next_id is None:
            detail = Message(
                "No higher id is available. Specify an unused id from 1 to {max}.", max=MAX_ID
            )
            raise Refusal.of_field("conflict", "id", detail)
        try:
            return _create(store, context, replace(article, id=next_id))
        except Refusal:
            continue  # an article was given this id by hand at the same moment


def _create(store: Store, context: ChangeContext, article: Article) -> Article:
    entry = _entry(store, context, "create", None, article)
    try:
        save_article(store, article, None, [entry])
    except VersionConflict:
        detail = "An article with this id already exists."
        raise Refusal.of_field("conflict", "id", detail) from None
    return article


def replace_columns(
    store: Store, context: ChangeContext, article_id: int, version: int, columns: Columns
) -> Article:
    """Give an article the columns of parse_replacement(). Raises Refusal 404, 409, 412 or 422."""
    current, updated = _read_with_columns(store, article_id, version, columns)
    return _save(store, context, "replace", current, updated)


def patch_columns(
    store: Store, context: ChangeContext, article_id: int, version: int, columns: Columns
) -> Article:
    """Give an article the columns of parse_patch(). Raises Refusal 404, 409, 412 or 422."""
    current, updated = _read_with_columns(store, article_id, version, columns)
    return _save(store, context, "patch", current, updated)


def _read_with_columns(
    store: Store, article_id: int, version: int, columns: Columns
) -> tuple[Article, Article]:
    current = get_version(store, article_id, version)
    _refuse_deleted(current)
    return current, with_columns(current, columns)


def _refuse_deleted(current: Article) -> None:
    if current.state == "deleted":
        raise Refusal("conflict", "The article is deleted. Restore it first.")


def with_columns(current: Article, columns: Columns) -> Article:
    """The article with columns of parse_patch(). Raises Refusal `invalid-fields`."""
    _check_read_only(current, columns)
    changed = {column.name: columns[column.name] for column in EDITABLE if column.name in columns}
    return replace(current, **changed)


def _check_read_only(current: Article, columns: Columns) -> None:
    values = shown(current)
    detail = "{field} is read-only; omit it or send its current value."
    refuse_fields(
        [
            FieldError(name, Message(detail, field=name))
            for name in _READ_ONLY
            # To Python true is 1, and so is 1.0.
            if name in columns
            and (type(columns[name]), columns[name]) != (type(values[name]), values[name])
        ]
    )


def publish(
    store: Store,
    context: ChangeContext,
    article_id: int,
    version: int,
    columns: Columns = NO_COLUMNS,
) -> Article:
    """Show an article to readers, with these columns of parse_patch().

    Raises Refusal 404, 409, 412 or 422.
    """
    return _set_state(store, context, article_id, version, "publish", columns)


def unpublish(
    store: Store,
    context: ChangeContext,
    article_id: int,
    version: int,
    columns: Columns = NO_COLUMNS,
) -> Article:
    """Make an article a draft, with these columns of parse_patch().

    Raises Refusal 404, 409, 412 or 422.
    """
    return _set_state(store, context, article_id, version, "unpublish", columns)


def delete(store: Store, context: ChangeContext, article_id: int, version: int) -> Article:
    """Hide an article until it is restored or purged. Raises Refusal 404 or 412."""
    return _set_state(store, context, article_id, version, "delete")


def restore(
    store: Store,
    context: ChangeContext,
    article_id: int,
    version: int,
    columns: Columns = NO_COLUMNS,
) -> Article:
    """Make a deleted article a draft again, with these columns of parse_patch().

    Raises Refusal 404, 409, 412 or 422.
    """
    return _set_state(store, context, article_id, version, "restore", columns)


def _set_state(
    store: Store,
    context: ChangeContext,
    article_id: int,
    version: int,
    action: str,
    columns: Columns = NO_COLUMNS,
) -> Article:
    current = get_version(store, article_id, version)
    if action == "restore" and current.state != "deleted":
        raise Refusal("conflict", "The article is not deleted, so it cannot be restored.")
    if action in ("publish", "unpublish"):
        _refuse_deleted(current)
    updated = replace(with_columns(current, columns), state=_NEXT_STATE[action])
    return _save(store, context, action, current, updated)


def get_version(store: Store, article_id: int, version: int) -> Article:
    """The current article, if it is still the one that the editor has read.

    Raises Refusal `not-found` or `precondition-failed`.
    """
    article = get_article(store, article_id)
    if article is None:
        raise no_article()
    if article.version != version:
        raise version_conflict(article)
    return article


def no_article() -> Refusal:
    return Refusal("not-found", "There is no article with this id.")


def version_conflict(current: Article | None) -> Refusal:
    """Someone else was first: the current article comes with the refusal."""
    return Refusal(
        "precondition-failed",
        "The article has changed since you read it. Review `current` and retry with its ETag.",
        members={"current": shown(current) if current else None},
    )


def _save(
    store: Store, context: ChangeContext, action: str, current: Article, updated: Article
) -> Article:
    saved = replace(updated, version=current.version + 1)
    entry = _entry(store, context, action, current, saved)
    try:
        save_article(store, saved, current, [entry])
    except VersionConflict as conflict:
        raise version_conflict(conflict.current) from None
    return saved


def _entry(
    store: Store, context: ChangeContext, action: str, before: Article | None, after: Article
) -> dict[str, Any]:
    return audit_entry(
        store,
        context,
        f"article.{action}",
        shown(before) if before else None,
        shown(after),
        article_id=after.id,
        domain=after.domain,
    )
