"""`seealso links`: editors' decisions about submitted links."""

from typing import Any, Unpack
from urllib.parse import quote

import click

from seealso_cli import admin_api
from seealso_cli.changes import get_version
from seealso_cli.lists import print_items
from seealso_cli.options import (
    ListOptions,
    domain_option,
    json_option,
    list_options,
    version_option,
)
from seealso_cli.output import Column, format_value, print_fields, print_json

_STATUSES = ("pending", "published", "lapsed", "rejected", "expired", "withdrawn", "removed")
_ID = click.argument("link_id", metavar="ID")
_UNBLOCK = click.option("--unblock", is_flag=True, help="Let its URL be submitted again.")

_COLUMNS = (
    Column("link_id", lambda link: link["link_id"]),
    Column("article", lambda link: link["article_id"]),
    Column("submitted", lambda link: link["submitted_at"][:10]),
    Column("url", lambda link: link["url"], shrinks=True),
    Column("title", lambda link: link["title"], shrinks=True),
)


@click.group()
def links() -> None:
    """Review submitted links."""


@links.command("queue")
@domain_option
@click.option(
    "--status",
    type=click.Choice(_STATUSES),
    default="pending",
    show_default=True,
    help="Show links with this status.",
)
@list_options
def queue(domain: int | None, status: str, **options: Unpack[ListOptions]) -> None:
    """List pending links, oldest first.

    Those of all sites, or of one with --domain.
    """
    print_items("/links", "links", {"domain": domain, "status": status}, _COLUMNS, options)


@links.command("show")
@_ID
@json_option
def show_link(link_id: str, as_json: bool) -> None:
    """Show a link and its history."""
    link = admin_api.request("GET", _path(link_id))
    if as_json:
        print_json(link)
        return
    print_fields({name: value for name, value in link.items() if name != "history"})
    click.echo("history:" if link["history"] else "history:      -")
    for event in link["history"]:
        at, status, by = (format_value(event[name]) for name in ("at", "status", "by"))
        reason = f": {format_value(event['reason'])}" if event["reason"] else ""
        click.echo(f"  {at} {status} by {by}{reason}")


@links.command("approve")
@_ID
@version_option
@json_option
def approve_link(link_id: str, version: int | None, as_json: bool) -> None:
    """Publish a pending link on its page."""
    _decide(link_id, "approve", None, version, as_json)


@links.command("reject")
@_ID
@click.option("--reason", required=True, metavar="TEXT", help="Recorded in the audit log.")
@_UNBLOCK
@version_option
@json_option
def reject_link(
    link_id: str, reason: str, unblock: bool, version: int | None, as_json: bool
) -> None:
    """Reject a pending link; its URL stays blocked."""
    body = {"reason": reason, "keep_blocked": not unblock}
    _decide(link_id, "reject", body, version, as_json)


@links.command("remove")
@_ID
@click.option("--reason", metavar="TEXT", help="Recorded in the audit log.")
@_UNBLOCK
@version_option
@json_option
def remove_link(
    link_id: str, reason: str | None, unblock: bool, version: int | None, as_json: bool
) -> None:
    """Remove a link; its URL stays blocked.

    The link may be published or pending.
    """
    body = {"reason": reason, "keep_blocked": not unblock}
    _decide(link_id, "remove", body, version, as_json)


def _decide(
    link_id: str, action: str, body: dict[str, Any] | None, version: int | None, as_json: bool
) -> None:
    path = _path(link_id)
    version = version or get_version(path)
    link = admin_api.request("POST", f"{path}/{action}", body=body, version=version)
    if as_json:
        print_json(link)
    else:
        click.echo(f"Link {link['link_id']}: {link['status']}, version {link['version']}.")


def _path(link_id: str) -> str:
    return f"/links/{quote(link_id, safe='')}"
