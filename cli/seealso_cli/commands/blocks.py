"""`seealso blocks`: admins' work on hosts that links must not point to."""

from typing import Unpack
from urllib.parse import quote

import click

from seealso_cli import admin_api
from seealso_cli.lists import print_items
from seealso_cli.options import ListOptions, domain_option, json_option, list_options
from seealso_cli.output import Column, print_json

_HOST = click.argument("host", metavar="HOST")

_COLUMNS = (
    Column("domain", lambda block: "all" if block["domain"] is None else block["domain"]),
    Column("host", lambda block: block["host"], shrinks=True),
)


@click.group()
def blocks() -> None:
    """Manage blocked hosts (admins).

    Links to a blocked host or its subdomains are refused.
    """


@blocks.command("list")
@list_options
def list_blocks(**options: Unpack[ListOptions]) -> None:
    """List the blocked hosts (admins).

    Those of the network come first, then those of each site.
    """
    print_items("/blocks", "blocks", {}, _COLUMNS, options)


@blocks.command("add")
@_HOST
@domain_option
@json_option
def add_block(host: str, domain: int | None, as_json: bool) -> None:
    """Block a host and its subdomains (admins).

    In the whole network, or on one site with --domain.
    """
    block = admin_api.request("POST", "/blocks", body={"host": host, "domain": domain})
    if as_json:
        print_json(block)
    else:
        click.echo(f"{block['host']} is blocked {_scope(domain)}.")


@blocks.command("remove")
@_HOST
@domain_option
@json_option
def remove_block(host: str, domain: int | None, as_json: bool) -> None:
    """Unblock a host (admins).

    In the whole network, or on one site with --domain.
    """
    admin_api.request("DELETE", f"/blocks/{quote(host, safe='')}", query={"domain": domain})
    if as_json:
        print_json({"host": host, "domain": domain})
    else:
        click.echo(f"{host} is no longer blocked {_scope(domain)}.")


def _scope(domain: int | None) -> str:
    return "in the network" if domain is None else f"on domain {domain}"
