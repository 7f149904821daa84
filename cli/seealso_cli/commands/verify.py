"""`seealso verify`."""

import sys
from typing import Unpack

import click

from seealso_cli.options import StoreOptions, json_option, store_options
from seealso_cli.recovery.running import run_verify
from seealso_cli.stores import find_target


@click.command()
@click.option("--fix", is_flag=True, help="Mend what can be mended safely.")
@json_option
@store_options
def verify(fix: bool, as_json: bool, **options: Unpack[StoreOptions]) -> None:
    """Check that what a stack holds fits together.

    Pages' counters and lists against links, claims against links, articles against the lists that
    they are in, sites against their hosts. All tables are read, which costs read units by their
    size; others may write meanwhile. --fix mends counters, pages' lists, index keys, missing
    claims, hosts of sites and skip ranges, each with an entry in the audit. What is lost is for
    `seealso recover`. This needs AWS credentials.
    """
    tables = ["articles", "links", "sites", "skips", *(["audit"] if fix else [])]
    sys.exit(run_verify(find_target(options, tables), fix=fix, as_json=as_json))
