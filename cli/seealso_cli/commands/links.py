"""`seealso links`: editors' decisions about submitted links."""

from collections.abc import Sequence
from typing import Any, Unpack
from urllib.parse import quote

import click

from seealso_cli import admin_api
from seealso_cli.changes import get_version
from seealso_cli.lists import print_items
from seealso_cli.options import (
    HostName,
    ListOptions,
    domain_option,
    ids_option,
    json_option,
    list_options,
    version_option,
)
from seealso_cli.output import (
    Column,
    Json,
    format_value,
    print_fields,
    print_json,
    print_line,
)
from seealso_cli.several import check_version, for_each, ids_argument

_STATUSES = ("pending", "published", "lapsed", "rejected", "expired", "withdrawn", "removed")
# A link with one of these statuses holds its URL and can be removed.
_LIVE = ("pending", "published", "lapsed")
_ID = click.argument("link_id", metavar="ID")
_IDS = ids_argument("link_ids", click.STRING)
_UNBLOCK = click.option("--unblock", is_flag=True, help="Let its URL be submitted again.")

_LINK = Column("link_id", lambda link: link["link_id"])
_SUBMITTED = Column("submitted", lambda link: link["submitted_at"][:10])
_ABOUT = (
    Column("article", lambda link: link["article_id"]),
    Column("site", lambda link: link["site_name"] or f"domain {link['domain']}", "cut"),
    Column("article_title", lambda link: link["article_title"], "cut"),
    Column("title", lambda link: link["title"], "cut"),
    Column("url", lambda link: link["url"], "wrap"),
)
_QUEUE_COLUMNS = (
    _LINK,
    _SUBMITTED,
    Column("expires", lambda link: link["expires_at"] and link["expires_at"][:10]),
    Column("link_back", lambda link: link["link_back"]),
    Column("needs_editor", lambda link: link["needs_editor"]),
    *_ABOUT,
)
_ATTENTION_COLUMNS = (
    _LINK,
    Column("why", lambda link: link["attention"]),
    Column("since", lambda link: link["attention_at"] and link["attention_at"][:10]),
    *_ABOUT,
)
_LIST_COLUMNS = (_LINK, _SUBMITTED, Column("status", lambda link: link["status"]), *_ABOUT)


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
@ids_option
@list_options
def queue(domain: int | None, status: str, only_ids: bool, **options: Unpack[ListOptions]) -> None:
    """List pending links, oldest first.

    Those of all sites, or of one with --domain.
    """
    query = {"domain": domain, "status": status}
    ids = "link_id" if only_ids else None
    print_items("/links", "links", query, _QUEUE_COLUMNS, options, ids=ids)


@links.command("list")
@click.option("--host", type=HostName(), metavar="HOST", required=True)
@click.option(
    "--status",
    "statuses",
    type=click.Choice(_STATUSES),
    multiple=True,
    default=_LIVE,
    help=f"Show links with this status; can be repeated. Default: {', '.join(_LIVE)}.",
)
@ids_option
@list_options
def list_links(
    host: str, statuses: Sequence[str], only_ids: bool, **options: Unpack[ListOptions]
) -> None:
    """List the links to a host and its subdomains.

    To remove them: seealso links list --host HOST --ids | seealso links remove -
    """
    print_items(
        "/links",
        "links",
        {"host": host},
        _LIST_COLUMNS,
        options,
        ids="link_id" if only_ids else None,
        only=lambda link: link["status"] in statuses,
    )


@links.command("show")
@_ID
@json_option
def show_link(link_id: str, as_json: bool) -> None:
    """Show a link and its history."""
    link = admin_api.request("GET", _path(link_id))
    if as_json:
        print_json(link)
        return
    lists = ("checks", "history")
    print_fields({name: value for name, value in link.items() if name not in lists})
    print_line("checks:" if link["checks"] else "checks:       -")
    for check in link["checks"]:
        reasons = ", ".join(check["codes"]) or check["href"]
        where = f" at {check['final_url']}" if check["final_url"] else ""
        print_line(format_value(f"  {check['at']} {check['found']}: {reasons}{where}"))
    print_line("history:" if link["history"] else "history:      -")
    for event in link["history"]:
        at, status, by = (format_value(event[name]) for name in ("at", "status", "by"))
        reason = f": {format_value(event['reason'])}" if event["reason"] else ""
        print_line(f"  {at} {status} by {by}{reason}")


@links.command("approve")
@_IDS
@version_option
@json_option
def approve_links(link_ids: Sequence[str], version: int | None, as_json: bool) -> None:
    """Publish pending links on their pages.

    `-` stands for the ids on standard input.
    """
    _decide(link_ids, "approve", None, version, as_json)


@links.command("reject")
@_IDS
@click.option("--reason", required=True, metavar="TEXT", help="Recorded in the audit log.")
@_UNBLOCK
@version_option
@json_option
def reject_links(
    link_ids: Sequence[str], reason: str, unblock: bool, version: int | None, as_json: bool
) -> None:
    """Reject pending links and block their URLs.

    `-` stands for the ids on standard input.
    """
    body = {"reason": reason, "keep_blocked": not unblock}
    _decide(link_ids, "reject", body, version, as_json)


@links.command("remove")
@_IDS
@click.option("--reason", metavar="TEXT", help="Recorded in the audit log.")
@_UNBLOCK
@version_option
@json_option
def remove_links(
    link_ids: Sequence[str], reason: str | None, unblock: bool, version: int | None, as_json: bool
) -> None:
    """Remove links and block their URLs.

    The links may be published or pending. `-` stands for the ids on standard input.
    """
    body = {"reason": reason, "keep_blocked": not unblock}
    _decide(link_ids, "remove", body, version, as_json)


@links.command("restore")
@_IDS
@version_option
@json_option
def restore_links(link_ids: Sequence[str], version: int | None, as_json: bool) -> None:
    """Make rejected or removed links pending again.

    `-` stands for the ids on standard input.
    """
    _decide(link_ids, "restore", None, version, as_json)


@links.command("erase")
@_IDS
@version_option
@json_option
def erase_links(link_ids: Sequence[str], version: int | None, as_json: bool) -> None:
    """Erase what submitters sent (admins).

    For a submitter who asks for it and has no withdraw token. URL, title and what checks found are
    gone at once, also from the audit, with the reasons that editors gave. A link that has not ended
    is withdrawn, so that its URL is free; a rejected or removed link keeps its URL blocked. This
    cannot be undone. `-` stands for the ids on standard input.
    """
    _decide(link_ids, "erase", None, version, as_json)


@links.command("check")
@_IDS
@json_option
def check_links(link_ids: Sequence[str], as_json: bool) -> None:
    """Have the pages of links looked at again.

    As soon as possible, at most once in ten minutes for each link. `-` stands for the ids on
    standard input.
    """
    for_each(
        link_ids,
        lambda link_id: admin_api.request("POST", f"{_path(link_id)}/check"),
        lambda check: f"Link {check['link_id']}: check due {check['next_check_at']}.",
        as_json=as_json,
    )


@links.command("attention")
@ids_option
@list_options
def list_attention(only_ids: bool, **options: Unpack[ListOptions]) -> None:
    """List published links to look at.

    Their pages have not been reached for a week, or now end at another domain.
    """
    ids = "link_id" if only_ids else None
    print_items("/links", "links", {"attention": "true"}, _ATTENTION_COLUMNS, options, ids=ids)


def _decide(
    link_ids: Sequence[str],
    action: str,
    body: dict[str, Any] | None,
    version: int | None,
    as_json: bool,
) -> None:
    check_version(link_ids, version)

    def decide(link_id: str) -> Json:
        path = _path(link_id)
        current = version or get_version(path)
        return admin_api.request("POST", f"{path}/{action}", body=body, version=current)

    for_each(
        link_ids,
        decide,
        lambda link: f"Link {link['link_id']}: {link['status']}, version {link['version']}.",
        as_json=as_json,
    )


def _path(link_id: str) -> str:
    return f"/links/{quote(link_id, safe='', errors='surrogateescape')}"
