"""`seealso sites`: admins' work on sites."""

import sys
from typing import BinaryIO, Unpack

import click

from seealso_cli import admin_api
from seealso_cli.bulk import load_sites as bulk
from seealso_cli.changes import get_version, parse_object, version_of
from seealso_cli.errors import RequestRefused
from seealso_cli.lists import print_items
from seealso_cli.options import (
    ListOptions,
    StoreOptions,
    dry_run_option,
    file_argument,
    file_type,
    json_option,
    list_options,
    store_options,
    version_option,
)
from seealso_cli.output import Column, print_fields, print_json
from seealso_cli.stores import store_opener

_DOMAIN = click.argument("domain", type=click.IntRange(min=0), metavar="DOMAIN")

_COLUMNS = (
    Column("domain", lambda site: site["domain"]),
    Column("name", lambda site: site["name"], shrinks=True),
    Column("publish", lambda site: site["publish"]),
    Column("cap", lambda site: site["cap"]),
    Column("hosts", lambda site: site["hosts"], shrinks=True),
    Column("blocked", lambda site: len(site["blocked_hosts"])),
)


@click.group()
def sites() -> None:
    """Manage sites (admins).

    A site is a domain's name, host names, article URL and link policy.
    """


@sites.command("load")
@click.argument("file", type=file_type, metavar="FILE")
@dry_run_option
@store_options
def load_sites(file: str, dry_run: bool, **options: Unpack[StoreOptions]) -> None:
    """Load sites from a JSON array or JSON Lines.

    `-` is standard input. Members: domain, hosts, name, article_url, cap, publish, pending_cap,
    pending_days, blocked_hosts. All are required: each site replaces the existing one.
    """
    open_store = None if dry_run else store_opener(options, required_tables=["sites"])
    sys.exit(bulk.load_sites(file, open_store))


@sites.command("list")
@list_options
def list_sites(**options: Unpack[ListOptions]) -> None:
    """List all sites by domain (admins)."""
    print_items("/sites", "sites", {}, _COLUMNS, options)


@sites.command("show")
@_DOMAIN
@json_option
def show_site(domain: int, as_json: bool) -> None:
    """Show a domain's site (admins)."""
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

    FILE holds a JSON object; `-` is standard input. Members: those of `sites load`; only name and
    article_url are required. You can edit the output of `sites show --json` and put it back: it
    contains its version, and the command fails if the current version is another one.
    """
    body = parse_object(file)
    version = version or version_of(body) or _get_version_if_any(domain)
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
