"""`seealso articles`: editors' work on articles."""

import sys
from typing import Any, BinaryIO, Unpack

import click

from seealso_cli.lists import ListOptions, list_options, show_list
from seealso_cli.options import (
    file_argument,
    json_option,
    read_object,
    version_now,
    version_option,
    version_read,
)
from seealso_cli.output import Column, print_fields, print_json, print_text

_ID = click.argument("article_id", type=click.IntRange(min=1), metavar="ID")

_COLUMNS = (
    Column("id", lambda article: article["id"]),
    Column("state", lambda article: article["state"]),
    Column("version", lambda article: article["version"]),
    Column("date", lambda article: article["date"]),
    Column("title", lambda article: article["title"], cut=True),
)


@click.group()
def articles() -> None:
    """Articles: list, read, write, publish."""


@articles.command("list")
@click.option("--domain", type=click.IntRange(min=0), metavar="N", required=True)
@click.option("--state", type=click.Choice(["published", "draft", "deleted"]))
@list_options
def list_articles(domain: int, state: str | None, **options: Unpack[ListOptions]) -> None:
    """A domain's articles, the highest ids first."""
    show_list("/articles", "articles", {"domain": domain, "state": state}, _COLUMNS, options)


@articles.command("show")
@_ID
@json_option
def show_article(article_id: int, as_json: bool) -> None:
    """One article, in whatever state."""
    from seealso_cli import admin_api

    article = admin_api.request("GET", f"/articles/{article_id}")
    if as_json:
        print_json(article)
        return
    print_fields({name: value for name, value in article.items() if name != "text"})
    click.echo()
    print_text(article["text"])


@articles.command("create")
@file_argument
@json_option
def create_article(file: BinaryIO, as_json: bool) -> None:
    """Create an article from a JSON object in FILE (`-`: standard input); prints its id.

    Members: domain, title, text, date, and optionally id, source_id and state (draft, which is
    the default, or published).
    """
    from seealso_cli import admin_api

    article = admin_api.request("POST", "/articles", body=read_object(file))
    if as_json:
        print_json(article)
    else:
        click.echo(article["id"])


@articles.command("put")
@_ID
@file_argument
@version_option
@json_option
def put_article(article_id: int, file: BinaryIO, version: int | None, as_json: bool) -> None:
    """Replace an article's columns by a JSON object in FILE (`-`: standard input).

    Members: domain, title, text, date and optionally source_id. What `articles show --json` has
    printed can be put again once it is edited: unless --version says otherwise, it is the version
    in it that is changed, and no later one.
    """
    from seealso_cli import admin_api

    path, body = f"/articles/{article_id}", read_object(file)
    version = version_now(path, version or version_read(body))
    _show_changed(admin_api.request("PUT", path, body=body, version=version), as_json)


@articles.command("patch")
@_ID
@click.option("--title")
@click.option("--date", help="As 2026-02-25 or 2026-02-25T10:00:00Z.")
@click.option("--domain", type=int, metavar="N")
@click.option("--source-id", type=int, metavar="ID", help="0: none.")
@click.option("--text-file", type=click.File("rb"), metavar="FILE", help="-: standard input.")
@version_option
@json_option
def patch_article(
    article_id: int,
    version: int | None,
    as_json: bool,
    text_file: BinaryIO | None,
    **columns: str | int | None,
) -> None:
    """Change some of an article's columns."""
    from seealso_cli import admin_api

    body: dict[str, Any] = {name: value for name, value in columns.items() if value is not None}
    if text_file is not None:
        try:
            body["text"] = text_file.read().decode()
        except UnicodeDecodeError:
            raise click.UsageError("--text-file takes a file in UTF-8.") from None
    if not body:
        raise click.UsageError("Say what to change: --title, --date, --domain, ...")
    path = f"/articles/{article_id}"
    version = version_now(path, version)
    _show_changed(admin_api.request("PATCH", path, body=body, version=version), as_json)


@articles.command("publish")
@_ID
@version_option
@json_option
def publish_article(article_id: int, version: int | None, as_json: bool) -> None:
    """Show an article to readers."""
    _set_state("POST", article_id, "/publish", version, as_json)


@articles.command("unpublish")
@_ID
@version_option
@json_option
def unpublish_article(article_id: int, version: int | None, as_json: bool) -> None:
    """Make an article a draft again."""
    _set_state("POST", article_id, "/unpublish", version, as_json)


@articles.command("delete")
@_ID
@version_option
@json_option
def delete_article(article_id: int, version: int | None, as_json: bool) -> None:
    """Take an article off every page and list; it can be restored."""
    _set_state("DELETE", article_id, "", version, as_json)


@articles.command("restore")
@_ID
@version_option
@json_option
def restore_article(article_id: int, version: int | None, as_json: bool) -> None:
    """Make a deleted article a draft again."""
    _set_state("POST", article_id, "/restore", version, as_json)


@articles.command("purge")
@_ID
@click.option("--yes", is_flag=True, help="Do not ask.")
@version_option
@json_option
def purge_article(article_id: int, yes: bool, version: int | None, as_json: bool) -> None:
    """End a deleted article's links and remove it for good (admins).

    It can be run again where it was cut short.
    """
    from seealso_cli import admin_api

    version = version_now(f"/articles/{article_id}", version)
    if not yes and not _agreed(f"Remove article {article_id} for good?"):
        click.echo("Nothing was done.", err=True)
        sys.exit(2)
    admin_api.request("POST", f"/articles/{article_id}/purge", version=version)
    if as_json:
        print_json({"id": article_id, "state": "purged"})
    else:
        click.echo(f"Article {article_id} is purged.")


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: give --yes.")
    return click.confirm(question, err=True)


def _set_state(
    method: str, article_id: int, action: str, version: int | None, as_json: bool
) -> None:
    from seealso_cli import admin_api

    path = f"/articles/{article_id}"
    version = version_now(path, version)
    _show_changed(admin_api.request(method, f"{path}{action}", version=version), as_json)


def _show_changed(article: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(article)
    else:
        click.echo(f"Article {article['id']}: {article['state']}, version {article['version']}.")
