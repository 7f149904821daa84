"""`seealso recover`."""

import sys
from datetime import datetime
from typing import Unpack

import click

from seealso_cli.options import (
    StoreOptions,
    domain_option,
    dry_run_option,
    json_option,
    store_options,
    yes_option,
)
from seealso_cli.recovery.recovering import Scope
from seealso_cli.recovery.running import run_discard, run_recover
from seealso_cli.stores import find_target

_TABLES = ["articles", "links", "sites", "skips", "audit"]


class _Moment(click.ParamType[datetime]):
    """A time with its offset, to the second."""

    name = "time"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail(
                f"{value!a} is not a time with an offset such as 2026-11-27T12:00:00Z.", param, ctx
            )
        return moment.replace(microsecond=0)


@click.command()
@click.option(
    "--to",
    "moment",
    type=_Moment(),
    metavar="TIME",
    help="The time to go back to, such as 2026-11-27T12:00:00+01:00.",
)
@click.option("--article", "article_id", type=click.IntRange(min=1), metavar="ID")
@domain_option
@click.option("--all", "everything", is_flag=True, help="All articles, links and sites.")
@click.option(
    "--only-missing", is_flag=True, help="Bring back only what is gone; leave what exists."
)
@click.option("--keep", is_flag=True, help="Keep the restored tables at the end.")
@click.option("--discard", is_flag=True, help="Only delete the restored tables of the stack.")
@dry_run_option
@yes_option
@json_option
@store_options
def recover(
    moment: datetime | None,
    article_id: int | None,
    domain: int | None,
    everything: bool,
    only_missing: bool,
    keep: bool,
    discard: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    **options: Unpack[StoreOptions],
) -> None:
    """Bring back what was lost or changed.

    Articles and links get the state that they had at TIME: those of one article (--article), of a
    site (--domain) or all (--all). The tables are restored beside those of the stack, which takes
    20 minutes or more, and what differs is brought back with conditional writes. What editors did
    since TIME, and what was done to the tables by hand, is undone. What submitters, checks and the
    clock did stays, and so does what is new. Withdrawn and erased links and purged articles are
    never brought back; a link whose URL was claimed since is reported.

    Begin with --dry-run, which keeps the restored tables for the next run. It is safe to interrupt
    the command and to run it again. This needs AWS credentials.
    """
    if discard:
        if moment or article_id or domain is not None or everything:
            raise click.UsageError("--discard takes neither a time nor what to bring back.")
        sys.exit(run_discard(find_target(options, _TABLES[:3])))
    if moment is None or (article_id is not None) + (domain is not None) + everything != 1:
        raise click.UsageError("Specify --to, and exactly one of --article, --domain and --all.")
    target = find_target(options, _TABLES)
    if not dry_run and not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("Not running in a terminal; pass --yes to confirm.")
        click.confirm(f"Go back to {moment.isoformat()}?", abort=True, err=True)
    sys.exit(
        run_recover(
            target,
            moment,
            Scope(article_id, domain),
            dry_run=dry_run,
            only_missing=only_missing,
            keep=keep,
            as_json=as_json,
        )
    )
