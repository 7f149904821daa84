"""`seealso blocks`: admins' work on hosts that links must not point to."""

from collections.abc import Sequence
from typing import Unpack
from urllib.parse import quote

import click

from seealso_cli import admin_api
from seealso_cli.lists import print_items
from seealso_cli.options import HostName, ListOptions, domain_option, json_option, list_options
from seealso_cli.output import Column, Json, format_value
from seealso_cli.several import for_each, ids_argument

_HOSTS = ids_argument("hosts", HostName(), "HOST...")

_COLUMNS = (
    Column("domain", lambda block: "all" if block["domain"] is None else block["domain"]),
    Column("host", lambda block: block["host"], "wrap"),
)


@click.group()
def blocks() -> None:
    """List blocked hosts; manage them (admins).

    Links to a blocked host or its subdomains are refused.
    """


@blocks.command("list")
@list_options
def list_blocks(**options: Unpack[ListOptions]) -> None:
    """List the blocked hosts by name.

    Each once for the network and for each site.
    """
    print_items("/blocks", "blocks", {}, _COLUMNS, options)


@blocks.command("add")
@_HOSTS
@domain_option
@json_option
def add_blocks(hosts: Sequence[str], domain: int | None, as_json: bool) -> None:
    """Block hosts and their subdomains (admins).

    In the whole network, or on one site with --domain. HOST is a host name such as
    spam.example.net, without scheme and path; `-` stands for those on standard input. Links that
    are published already stay: find them with `links list --host HOST`.
    """
    for_each(
        hosts,
        lambda host: admin_api.request("POST", "/blocks", body={"host": host, "domain": domain}),
        lambda block: f"{format_value(block['host'])} is blocked {_scope(domain)}.",
        as_json=as_json,
    )


@blocks.command("remove")
@_HOSTS
@domain_option
@json_option
def remove_blocks(hosts: Sequence[str], domain: int | None, as_json: bool) -> None:
    """Unblock hosts (admins).

    In the whole network, or on one site with --domain. `-` stands for the hosts on standard input.
    """

    def remove(host: str) -> Json:
        path = f"/blocks/{quote(host, safe='', errors='surrogateescape')}"
        admin_api.request("DELETE", path, query={"domain": domain})
        return {"host": host, "domain": domain}

    for_each(
        hosts,
        remove,
        lambda block: f"{format_value(block['host'])} is no longer blocked {_scope(domain)}.",
        as_json=as_json,
    )


def _scope(domain: int | None) -> str:
    return "in the network" if domain is None else f"on domain {domain}"
