"""Editing: what editors do to articles, each change in one transaction with its audit line.

States: draft, published, deleted. A deleted article is kept until it is purged (purging.py).
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from seealso import fields
from seealso.articles import (
    Article,
    Changed,
    change_article,
    get_article,
    new_id,
    raise_highest,
)
from seealso.audit import Act, audit_line
from seealso.bodies import Members
from seealso.dynamodb import Store
from seealso.fields import ARTICLE, Fault, anything, check_members, one_of, optional
from seealso.problems import Problem

type Columns = dict[str, Any]

_COLUMNS = ("domain", "title", "text", "date", "source_id")
_REQUIRED = ("domain", "title", "text", "date")
# What a client may send back as it has read it.
_READ_ONLY = ("id", "state", "version")
_NEW = {**ARTICLE, "id": optional(ARTICLE["id"]), "state": one_of("draft", "published")}
_CHANGED = {**ARTICLE, **dict.fromkeys(_READ_ONLY, anything)}
# The states in which an article can be taken to another one, by what is done.
_FROM = {
    "publish": ("draft", "published"),
    "unpublish": ("draft", "published"),
    "delete": ("draft", "published", "deleted"),
    "restore": ("deleted",),
}
_TO = {"publish": "published", "unpublish": "draft", "delete": "deleted", "restore": "draft"}


# ---- checking --------------------------------------------------------------------------------


def read_new(members: Members) -> tuple[int | None, Article]:
    """The id that a new article shall have, if one is given, and the article (then with id 0).

    Raises Problem 422.
    """
    check_members(members, _NEW, _REQUIRED)
    article = Article(id=0, state=members.get("state", "draft"), **_columns(members))
    return members.get("id"), article


def read_replacement(members: Members) -> Columns:
    """What an article shall be, whole. Raises Problem 422."""
    check_members(members, _CHANGED, _REQUIRED)
    return {**members, **_columns(members)}


def read_patch(members: Members) -> Columns:
    """What of an article shall change. Raises Problem 422."""
    check_members(members, _CHANGED)
    no_source = {"source_id": None} if members.get("source_id", ...) in (0, None) else {}
    return {**members, **no_source}


def _columns(members: Members) -> Columns:
    columns = {name: members[name] for name in _COLUMNS if name in members}
    return columns | {"source_id": columns.get("source_id") or None}


# ---- changing --------------------------------------------------------------------------------


def shown(article: Article) -> dict[str, Any]:
    """The article as editors see it."""
    return asdict(article)


def create(store: Store, act: Act, article_id: int | None, article: Article) -> Article:
    """Write a new article; without an id it gets the next above the highest.

    Raises Problem 409 where the id is taken, or none is left.
    """
    if article_id is not None:
        raise_highest(store, article_id)
    while True:
        number = article_id if article_id is not None else new_id(store, fields.HIGHEST)
        if number is None:
            detail = f"No id is left above the highest: give one from 1 to {fields.HIGHEST}."
            raise Problem("conflict", detail, [("id", detail)])
        made = replace(article, id=number)
        line = audit_line(
            store, act, "article.create", None, shown(made), article_id=number, domain=made.domain
        )
        try:
            change_article(store, made, None, [line])
        except Changed:
            if article_id is None:
                continue
            detail = "There is an article with this id: change it, or give another id."
            raise Problem("conflict", detail, [("id", detail)]) from None
        return made


def set_columns(
    store: Store, act: Act, article_id: int, version: int, columns: Columns, action: str
) -> Article:
    """Give an article these columns (read_replacement(), read_patch()); `action` says which.

    Raises Problem 404, 409, 412, or 422 where a read-only member is not as it is.
    """

    def with_columns(article: Article) -> Article:
        if article.state == "deleted":
            raise Problem("conflict", "The article is deleted: restore it first.")
        there = shown(article)
        fields.refuse(
            [
                Fault(name, "is not changed so; leave it out, or send it as it is")
                for name in _READ_ONLY
                if name in columns and not _is_same(columns[name], there[name])
            ]
        )
        return replace(article, **{name: columns[name] for name in _COLUMNS if name in columns})

    return _change(store, act, article_id, version, action, with_columns)


def set_state(store: Store, act: Act, article_id: int, version: int, action: str) -> Article:
    """Do one of publish, unpublish, delete and restore. Raises Problem 404, 409, 412."""

    def with_state(article: Article) -> Article:
        if article.state not in _FROM[action]:
            way_out = "restore it first" if article.state == "deleted" else "nothing to restore"
            raise Problem("conflict", f"The article is {article.state}: {way_out}.")
        return replace(article, state=_TO[action])

    return _change(store, act, article_id, version, action, with_state)


def article_as_read(store: Store, article_id: int, version: int) -> Article:
    """The article, if it is as the editor has read it. Raises Problem 404, 412."""
    article = get_article(store, article_id)
    if article is None:
        raise no_article()
    if article.version != version:
        raise changed(article)
    return article


def no_article() -> Problem:
    return Problem("not-found", "There is no article with this id.")


def changed(article: Article | None) -> Problem:
    """Somebody else was first: what is there now comes with the refusal."""
    return Problem(
        "precondition-failed",
        "The article has changed since: look at it as it is now, then send its version.",
        members={"current": shown(article) if article else None},
    )


def _is_same(sent: object, there: object) -> bool:
    # To Python true is 1, and 1.0 is.
    return type(sent) is type(there) and sent == there


def _change(
    store: Store,
    act: Act,
    article_id: int,
    version: int,
    action: str,
    make: Callable[[Article], Article],
) -> Article:
    was = article_as_read(store, article_id, version)
    article = replace(make(was), version=version + 1)
    line = audit_line(
        store,
        act,
        f"article.{action}",
        shown(was),
        shown(article),
        article_id=article_id,
        domain=article.domain,
    )
    try:
        change_article(store, article, was, [line])
    except Changed as refused:
        raise changed(refused.article) from None
    return article
