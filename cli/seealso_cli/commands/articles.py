"""`seealso articles`: editors' work on articles."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, Unpack

import click

from seealso import columns
from seealso_cli import admin_api
from seealso_cli.changes import get_version, parse_object, read_text, version_of
from seealso_cli.editor import edited_text
from seealso_cli.lists import print_items
from seealso_cli.options import (
    ListOptions,
    domain_option,
    file_argument,
    ids_option,
    json_option,
    list_options,
    version_option,
    yes_option,
)
from seealso_cli.output import Column, Json, print_fields, print_json, print_line, print_text
from seealso_cli.several import check_version, for_each, ids_argument

_ID = click.argument("article_id", type=click.IntRange(min=1), metavar="ID")
_IDS = ids_argument("article_ids", click.IntRange(min=1))

_COLUMNS = (
    Column("id", lambda article: article["id"]),
    Column("domain", lambda article: article["domain"]),
    Column("state", lambda article: article["state"]),
    Column("version", lambda article: article["version"]),
    Column("date", lambda article: article["date"]),
    Column("title", lambda article: article["title"], "cut"),
)
_REQUIRED = ", ".join(column.name for column in columns.EDITABLE if column.required)
_OPTIONAL = ", ".join(column.name for column in columns.EDITABLE if not column.required)


def _column_options[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Add an option for each column but texts, such as --source-id for source_id."""
    for column in reversed(columns.EDITABLE):
        if column.kind != "text":
            is_number = column.kind == "integer"
            option = click.option(
                f"--{column.name.replace('_', '-')}",
                type=int if is_number else str,
                metavar="N" if is_number else None,
                help=_option_help(column),
            )
            command = option(command)
    return command


def _option_help(column: columns.Column) -> str | None:
    if not column.required:
        return "Empty for none." if column.none_as is None else f"{column.none_as} for none."
    if column.kind == "date":
        return "Such as 2026-02-25 or 2026-02-25T10:00:00Z."
    return None


@click.group()
def articles() -> None:
    """List, show, edit and publish articles."""


@articles.command("list")
@domain_option
@click.option("--state", type=click.Choice(["published", "draft", "deleted"]))
@ids_option
@list_options
def list_articles(
    domain: int | None, state: str | None, only_ids: bool, **options: Unpack[ListOptions]
) -> None:
    """List articles, highest ids first.

    Those of one domain; drafts and deleted articles also of all domains.
    """
    if domain is None and state not in ("draft", "deleted"):
        raise click.UsageError("Specify --domain, or --state draft or deleted for all domains.")
    query, ids = {"domain": domain, "state": state}, "id" if only_ids else None
    print_items("/articles", "articles", query, _COLUMNS, options, ids=ids)


@articles.command("show")
@_ID
@json_option
def show_article(article_id: int, as_json: bool) -> None:
    """Show an article in any state."""
    article = admin_api.request("GET", f"/articles/{article_id}")
    if as_json:
        print_json(article)
        return
    print_fields({name: value for name, value in article.items() if name != "text"})
    click.echo()
    print_text(article["text"])


@articles.command(
    "create",
    help=f"""Create an article and print its id.

    FILE holds a JSON object; `-` is standard input. Members: {_REQUIRED}, and optionally
    {_OPTIONAL}, id and state (draft or published; default: draft).
    """,
)
@file_argument
@json_option
def create_article(file: BinaryIO, as_json: bool) -> None:
    article = admin_api.request("POST", "/articles", body=parse_object(file))
    if as_json:
        print_json(article)
    else:
        click.echo(article["id"])


@articles.command(
    "put",
    help=f"""Replace an article's columns.

    FILE holds a JSON object; `-` is standard input. Members: {_REQUIRED}, and optionally
    {_OPTIONAL}. You can edit the output of `articles show --json` and put it back: it contains its
    version, and the command fails if the current version is another one.
    """,
)
@_ID
@file_argument
@version_option
@json_option
def put_article(article_id: int, file: BinaryIO, version: int | None, as_json: bool) -> None:
    path, body = f"/articles/{article_id}", parse_object(file)
    version = version or version_of(body) or get_version(path)
    _print_changed(admin_api.request("PUT", path, body=body, version=version), as_json)


@articles.command("patch")
@_ID
@_column_options
@click.option("--text-file", type=click.File("rb"), metavar="FILE", help="`-` is standard input.")
@version_option
@json_option
def patch_article(
    article_id: int,
    version: int | None,
    as_json: bool,
    text_file: BinaryIO | None,
    **options: str | int | None,
) -> None:
    """Change some of an article's columns."""
    body: dict[str, Any] = {
        column.name: column.stored(options[column.name])
        for column in columns.EDITABLE
        if options.get(column.name) is not None
    }
    if text_file is not None:
        body["text"] = read_text(text_file)
    if not body:
        raise click.UsageError("Specify what to change: --title, --date, --domain, ...")
    path = f"/articles/{article_id}"
    version = version or get_version(path)
    _print_changed(admin_api.request("PATCH", path, body=body, version=version), as_json)


@articles.command("edit")
@_ID
@json_option
def edit_article(article_id: int, as_json: bool) -> None:
    """Edit an article's text with $EDITOR.

    Nothing is sent if nothing has changed. If the new text can't be stored, because someone else
    has changed the article meanwhile for example, its file is kept.
    """
    path = f"/articles/{article_id}"
    article = admin_api.request("GET", path)
    with edited_text(article["text"], f"seealso-{article_id}-") as text:
        if text is None:
            click.echo("Nothing was changed.", err=True)
            return
        changed = admin_api.request("PATCH", path, body={"text": text}, version=article["version"])
    _print_changed(changed, as_json)


@articles.command("publish")
@_IDS
@version_option
@json_option
def publish_articles(article_ids: Sequence[int], version: int | None, as_json: bool) -> None:
    """Publish articles.

    `-` stands for the ids on standard input.
    """
    _set_state("POST", article_ids, "/publish", version, as_json)


@articles.command("unpublish")
@_IDS
@version_option
@json_option
def unpublish_articles(article_ids: Sequence[int], version: int | None, as_json: bool) -> None:
    """Turn published articles into drafts.

    `-` stands for the ids on standard input.
    """
    _set_state("POST", article_ids, "/unpublish", version, as_json)


@articles.command("delete")
@_IDS
@version_option
@json_option
def delete_articles(article_ids: Sequence[int], version: int | None, as_json: bool) -> None:
    """Delete articles; they can be restored.

    A deleted article is on no page and in no public list. `-` stands for the ids on standard input.
    """
    _set_state("DELETE", article_ids, "", version, as_json)


@articles.command("restore")
@_IDS
@version_option
@json_option
def restore_articles(article_ids: Sequence[int], version: int | None, as_json: bool) -> None:
    """Turn deleted articles into drafts.

    `-` stands for the ids on standard input.
    """
    _set_state("POST", article_ids, "/restore", version, as_json)


@articles.command("purge")
@_IDS
@yes_option
@version_option
@json_option
def purge_articles(
    article_ids: Sequence[int], yes: bool, version: int | None, as_json: bool
) -> None:
    """Remove deleted articles for good (admins).

    Their links are removed too. If the command is interrupted, run it again. `-` stands for the ids
    on standard input.
    """
    check_version(article_ids, version)
    if len(article_ids) == 1:
        # An id that does not exist is refused before anybody is asked.
        version = version or get_version(f"/articles/{article_ids[0]}")
    if article_ids and not yes and not _confirmed(article_ids):
        click.echo("Nothing was removed.", err=True)
        sys.exit(2)

    def purge(article_id: int) -> Json:
        path = f"/articles/{article_id}"
        admin_api.request("POST", f"{path}/purge", version=version or get_version(path))
        return {"id": article_id, "state": "purged"}

    for_each(
        article_ids,
        purge,
        lambda article: f"Article {article['id']} is purged.",
        as_json=as_json,
    )


def _confirmed(article_ids: Sequence[int]) -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError("Not running in a terminal; pass --yes to confirm.")
    count = len(article_ids)
    which = f"article {article_ids[0]}" if count == 1 else f"{count:,} articles"
    return click.confirm(f"Remove {which} for good?", err=True)


def _set_state(
    method: str, article_ids: Sequence[int], action: str, version: int | None, as_json: bool
) -> None:
    check_version(article_ids, version)

    def change(article_id: int) -> Json:
        path = f"/articles/{article_id}"
        current = version or get_version(path)
        return admin_api.request(method, f"{path}{action}", version=current)

    for_each(article_ids, change, _describe, as_json=as_json)


def _print_changed(article: Json, as_json: bool) -> None:
    if as_json:
        print_json(article)
    else:
        print_line(_describe(article))


def _describe(article: Json) -> str:
    return f"Article {article['id']}: {article['state']}, version {article['version']}."
