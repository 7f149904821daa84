"""`seealso links`: editors' decisions about submitted links."""

from typing import Any, Unpack
from urllib.parse import quote

import click

from seealso_cli.lists import ListOptions, list_options, show_list
from seealso_cli.options import domain_option, json_option, version_now, version_option
from seealso_cli.output import Column, cell, print_fields, print_json

_STATUSES = ("pending", "published", "lapsed", "rejected", "expired", "withdrawn", "removed")
_ID = click.argument("link_id", metavar="ID")
_UNBLOCK = click.option("--unblock", is_flag=True, help="Let its URL be submitted again.")

_COLUMNS = (
    Column("link_id", lambda link: link["link_id"]),
    Column("article", lambda link: link["article_id"]),
    Column("submitted", lambda link: link["submitted_at"][:10]),
    Column("url", lambda link: link["url"], cut=True),
    Column("title", lambda link: link["title"], cut=True),
)


@click.group()
def links() -> None:
    """Submitted links: the queue, and what is decided about them."""


@links.command("queue")
@domain_option
@click.option(
    "--status", type=click.Choice(_STATUSES), default="pending", show_default=True, help="Which."
)
@list_options
def queue(domain: int | None, status: str, **options: Unpack[ListOptions]) -> None:
    """Links that wait, of all sites or one, the oldest first."""
    show_list("/links", "links", {"domain": domain, "status": status}, _COLUMNS, options)


@links.command("show")
@_ID
@json_option
def show_link(link_id: str, as_json: bool) -> None:
    """One link with its history."""
    from seealso_cli import admin_api

    link = admin_api.request("GET", _path(link_id))
    if as_json:
        print_json(link)
        return
    print_fields({name: value for name, value in link.items() if name != "history"})
    click.echo("history:" if link["history"] else "history:      -")
    for event in link["history"]:
        reason = f": {cell(event['reason'])}" if event["reason"] else ""
        click.echo(f"  {cell(event['at'])} {cell(event['status'])} by {cell(event['by'])}{reason}")


@links.command("approve")
@_ID
@version_option
@json_option
def approve_link(link_id: str, version: int | None, as_json: bool) -> None:
    """Publish a link that waits; it takes a place on its page."""
    _decide(link_id, "approve", None, version, as_json)


@links.command("reject")
@_ID
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the audit.")
@_UNBLOCK
@version_option
@json_option
def reject_link(
    link_id: str, reason: str, unblock: bool, version: int | None, as_json: bool
) -> None:
    """Refuse a link that waits; its URL stays blocked."""
    body = {"reason": reason, "keep_blocked": not unblock}
    _decide(link_id, "reject", body, version, as_json)


@links.command("remove")
@_ID
@click.option("--reason", metavar="TEXT", help="Why, for the audit.")
@_UNBLOCK
@version_option
@json_option
def remove_link(
    link_id: str, reason: str | None, unblock: bool, version: int | None, as_json: bool
) -> None:
    """Take a link off its page, or out of the queue; its URL stays blocked."""
    body = {"reason": reason, "keep_blocked": not unblock}
    _decide(link_id, "remove", body, version, as_json)


def _decide(
    link_id: str, action: str, body: dict[str, Any] | None, version: int | None, as_json: bool
) -> None:
    from seealso_cli import admin_api

    path = _path(link_id)
    version = version_now(path, version)
    link = admin_api.request("POST", f"{path}/{action}", body=body, version=version)
    if as_json:
        print_json(link)
    else:
        click.echo(f"Link {link['link_id']}: {link['status']}, version {link['version']}.")


def _path(link_id: str) -> str:
    return f"/links/{quote(link_id, safe='')}"
