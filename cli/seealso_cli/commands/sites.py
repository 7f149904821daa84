"""`seealso sites`, `seealso blocks`: admins' work on sites and blocked hosts."""

import sys
from typing import BinaryIO, Unpack
from urllib.parse import quote

import click

from seealso_cli.lists import ListOptions, list_options, show_list
from seealso_cli.options import (
    domain_option,
    dry_run_option,
    file_argument,
    file_type,
    json_option,
    read_object,
    version_option,
    version_read,
)
from seealso_cli.output import Column, print_fields, print_json
from seealso_cli.stack import TargetOptions, target_options

_DOMAIN = click.argument("domain", type=click.IntRange(min=0), metavar="DOMAIN")
_HOST = click.argument("host", metavar="HOST")

_SITE_COLUMNS = (
    Column("domain", lambda site: site["domain"]),
    Column("name", lambda site: site["name"], cut=True),
    Column("publish", lambda site: site["publish"]),
    Column("cap", lambda site: site["cap"]),
    Column("hosts", lambda site: site["hosts"], cut=True),
    Column("blocked", lambda site: len(site["blocked_hosts"])),
)
_BLOCK_COLUMNS = (
    Column("domain", lambda block: "all" if block["domain"] is None else block["domain"]),
    Column("host", lambda block: block["host"], cut=True),
)


@click.group()
def sites() -> None:
    """Sites: a domain's host names, name, article address and link policy."""


@sites.command("load")
@click.argument("file", type=file_type, metavar="FILE")
@dry_run_option
@target_options
def load_sites(file: str, dry_run: bool, **target: Unpack[TargetOptions]) -> None:
    """Load sites from a JSON array or JSON Lines; `-` is standard input.

    Members: domain, hosts, name, article_url, cap, publish, waiting_cap, pending_days,
    blocked_hosts. Each site is written whole, over the one that is there.
    """
    from seealso_cli.bulk import site_rows
    from seealso_cli.stack import stores

    sys.exit(site_rows.load_sites(file, None if dry_run else stores(target, needs=["sites"])))


@sites.command("list")
@list_options
def list_sites(**options: Unpack[ListOptions]) -> None:
    """All sites, by domain (admins)."""
    show_list("/sites", "sites", {}, _SITE_COLUMNS, options)


@sites.command("show")
@_DOMAIN
@json_option
def show_site(domain: int, as_json: bool) -> None:
    """One domain's site (admins)."""
    from seealso_cli import admin_api

    site = admin_api.request("GET", f"/sites/{domain}")
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
    """Create or replace a site by a JSON object in FILE (`-`: standard input; admins).

    Members: those of `sites load`, of which all but name and article_url may be left out. What
    `sites show --json` has printed can be put again once it is edited: unless --version says
    otherwise, it is the version in it that is changed, and no later one.
    """
    from seealso_cli import admin_api

    body = read_object(file)
    version = version or version_read(body) or _version_there(domain)
    site = admin_api.request("PUT", f"/sites/{domain}", body=body, version=version)
    if as_json:
        print_json(site)
    else:
        click.echo(f"The site of domain {site['domain']} is at version {site['version']}.")


def _version_there(domain: int) -> int | None:
    """The version of a domain's site, None where it has none."""
    from seealso_cli import admin_api
    from seealso_cli.errors import Refusal

    try:
        version: int = admin_api.request("GET", f"/sites/{domain}")["version"]
    except Refusal as refused:
        if refused.status != 404:
            raise
        return None
    return version


@click.group()
def blocks() -> None:
    """Hosts that no link may be of."""


@blocks.command("list")
@list_options
def list_blocks(**options: Unpack[ListOptions]) -> None:
    """The blocked hosts: the network's, then each site's (admins)."""
    show_list("/blocks", "blocks", {}, _BLOCK_COLUMNS, options)


@blocks.command("add")
@_HOST
@domain_option
@json_option
def add_block(host: str, domain: int | None, as_json: bool) -> None:
    """Block a host and its subdomains, in the network or on one site (admins)."""
    from seealso_cli import admin_api

    block = admin_api.request("POST", "/blocks", body={"host": host, "domain": domain})
    if as_json:
        print_json(block)
    else:
        click.echo(f"{block['host']} is blocked {_where(domain)}.")


@blocks.command("remove")
@_HOST
@domain_option
@json_option
def remove_block(host: str, domain: int | None, as_json: bool) -> None:
    """Unblock a host in the network or on one site (admins)."""
    from seealso_cli import admin_api

    admin_api.request("DELETE", f"/blocks/{quote(host, safe='')}", query={"domain": domain})
    if as_json:
        print_json({"host": host, "domain": domain})
    else:
        click.echo(f"{host} is not blocked {_where(domain)} any more.")


def _where(domain: int | None) -> str:
    return "in the network" if domain is None else f"on domain {domain}"
