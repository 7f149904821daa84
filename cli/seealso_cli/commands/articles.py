"""`seealso articles`: editors' work on articles."""

import sys
from collections.abc import Callable
from typing import Any, BinaryIO, Unpack

import click

from seealso import columns
from seealso_cli import admin_api
from seealso_cli.changes import get_version, parse_object, version_of
from seealso_cli.lists import print_items
from seealso_cli.options import (
    ListOptions,
    file_argument,
    json_option,
    list_options,
    version_option,
)
from seealso_cli.output import Column, print_fields, print_json, print_text

_ID = click.argument("article_id", type=click.IntRange(min=1), metavar="ID")

_COLUMNS = (
    Column("id", lambda article: article["id"]),
    Column("state", lambda article: article["state"]),
    Column("version", lambda article: article["version"]),
    Column("date", lambda article: article["date"]),
    Column("title", lambda article: article["title"], shrinks=True),
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
@click.option("--domain", type=click.IntRange(min=0), metavar="N", required=True)
@click.option("--state", type=click.Choice(["published", "draft", "deleted"]))
@list_options
def list_articles(domain: int, state: str | None, **options: Unpack[ListOptions]) -> None:
    """List a domain's articles, highest ids first."""
    print_items("/articles", "articles", {"domain": domain, "state": state}, _COLUMNS, options)


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
        try:
            body["text"] = text_file.read().decode()
        except UnicodeDecodeError:
            raise click.UsageError("--text-file must be a file in UTF-8.") from None
    if not body:
        raise click.UsageError("Specify what to change: --title, --date, --domain, ...")
    path = f"/articles/{article_id}"
    version = version or get_version(path)
    _print_changed(admin_api.request("PATCH", path, body=body, version=version), as_json)


@articles.command("publish")
@_ID
@version_option
@json_option
def publish_article(article_id: int, version: int | None, as_json: bool) -> None:
    """Publish an article."""
    _set_state("POST", article_id, "/publish", version, as_json)


@articles.command("unpublish")
@_ID
@version_option
@json_option
def unpublish_article(article_id: int, version: int | None, as_json: bool) -> None:
    """Turn a published article into a draft."""
    _set_state("POST", article_id, "/unpublish", version, as_json)


@articles.command("delete")
@_ID
@version_option
@json_option
def delete_article(article_id: int, version: int | None, as_json: bool) -> None:
    """Delete an article; it can be restored.

    A deleted article is on no page and in no public list.
    """
    _set_state("DELETE", article_id, "", version, as_json)


@articles.command("restore")
@_ID
@version_option
@json_option
def restore_article(article_id: int, version: int | None, as_json: bool) -> None:
    """Turn a deleted article into a draft."""
    _set_state("POST", article_id, "/restore", version, as_json)


@articles.command("purge")
@_ID
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@version_option
@json_option
def purge_article(article_id: int, yes: bool, version: int | None, as_json: bool) -> None:
    """Remove a deleted article for good (admins).

    Its links are removed too. If the command is interrupted, run it again.
    """
    version = version or get_version(f"/articles/{article_id}")
    if not yes and not _confirmed(f"Remove article {article_id} for good?"):
        click.echo("Nothing was removed.", err=True)
        sys.exit(2)
    admin_api.request("POST", f"/articles/{article_id}/purge", version=version)
    if as_json:
        print_json({"id": article_id, "state": "purged"})
    else:
        click.echo(f"Article {article_id} is purged.")


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError("Not running in a terminal; pass --yes to confirm.")
    return click.confirm(question, err=True)


def _set_state(
    method: str, article_id: int, action: str, version: int | None, as_json: bool
) -> None:
    path = f"/articles/{article_id}"
    version = version or get_version(path)
    _print_changed(admin_api.request(method, f"{path}{action}", version=version), as_json)


def _print_changed(article: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(article)
    else:
        click.echo(f"Article {article['id']}: {article['state']}, version {article['version']}.")
