"""`seealso sites`: admins' work on sites."""

import sys
from typing import BinaryIO, Unpack

import click

from seealso_cli import admin_api
from seealso_cli.bulk import load_sites as bulk
from seealso_cli.changes import file_name, get_version, parse_object, version_of
from seealso_cli.errors import RequestRefused
from seealso_cli.lists import print_items
from seealso_cli.options import (
    ListOptions,
    StoreOptions,
    file_argument,
    file_type,
    json_option,
    list_options,
    store_options,
    version_option,
    yes_option,
)
from seealso_cli.output import Column, print_fields, print_json
from seealso_cli.stores import find_target

_DOMAIN = click.argument("domain", type=click.IntRange(min=0), metavar="DOMAIN")

_COLUMNS = (
    Column("domain", lambda site: site["domain"]),
    Column("publish", lambda site: site["publish"]),
    Column("cap", lambda site: site["cap"]),
    Column("blocked", lambda site: len(site["blocked_hosts"])),
    Column("name", lambda site: site["name"], "cut"),
    Column("hosts", lambda site: site["hosts"], "cut"),
)


@click.group()
def sites() -> None:
    """List sites; manage them (admins).

    A site is a domain's name, host names, article URL and link policy.
    """


@sites.command("load")
@click.argument("file", type=file_type, metavar="FILE")
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
@yes_option
@store_options
def load_sites(file: str, dry_run: bool, yes: bool, **options: Unpack[StoreOptions]) -> None:
    """Load sites from a JSON array or JSON Lines.

    `-` is standard input. Members: domain, hosts, name, article_url, cap, publish, pending_cap,
    pending_days, blocked_hosts, language, text_format, recheck_days, version. Only domain is
    required, and the name of a new site: an existing site keeps what FILE does not name. The
    command shows what it will change, and asks. With a version in FILE, a site at another version
    is left alone. The audit has the changes, in the name of your AWS user (`import` in the local
    stack).

    With --dry-run and no store, FILE is only checked.
    """
    if dry_run and not any(options.values()):
        sys.exit(bulk.check_sites(file))
    target = find_target(options, required_tables=["sites", "audit"])
    sys.exit(bulk.load_sites(file, target, dry_run=dry_run, yes=yes))


@sites.command("list")
@list_options
def list_sites(**options: Unpack[ListOptions]) -> None:
    """List all sites by domain."""
    print_items("/sites", "sites", {}, _COLUMNS, options)


@sites.command("show")
@_DOMAIN
@json_option
def show_site(domain: int, as_json: bool) -> None:
    """Show a domain's site."""
    site = admin_api.request("GET", _path(domain))
    if as_json:
        print_json(site)
    else:
        print_fields(site)


@sites.command("put")
@_DOMAIN
@file_argument
@version_option
@json_option
def put_site(domain: int, file: BinaryIO, version: int | None, as_json: bool) -> None:
    """Create or replace a site (admins).

    FILE holds a JSON object; `-` is standard input. Members: those of `sites load`; only name is
    required. You can edit the output of `sites show --json` and put it back: it contains its
    version, and the command fails if the current version is another one.
    """
    body = parse_object(file)
    if body.get("domain", domain) != domain:
        raise RequestRefused(
            422,
            f"{file_name(file)} is of another domain than {domain}. Change its domain or leave it "
            "out.",
        )
    if version is None:
        current = _get_version_if_any(domain)
        # In a copy of another site, for a domain without one, the version means nothing.
        version = current and (version_of(body) or current)
    site = admin_api.request("PUT", _path(domain), body=body, version=version)
    if as_json:
        print_json(site)
    else:
        click.echo(f"The site of domain {site['domain']} is at version {site['version']}.")


def _get_version_if_any(domain: int) -> int | None:
    """The current version of a domain's site, or None if it has no site."""
    try:
        return get_version(_path(domain))
    except RequestRefused as refused:
        if refused.status != 404:
            raise
        return None


def _path(domain: int) -> str:
    return f"/sites/{domain}"
