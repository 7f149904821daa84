"""`seealso checks`: the checks of submitted pages, for who runs a stack."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Unpack

import click

from seealso.tables import checks as table
from seealso.tables.checks import SET_ASIDE
from seealso.tables.links import get_checked_link
from seealso_cli.jobs import JOBS, run_job
from seealso_cli.options import StoreOptions, json_option, stack_options, store_options
from seealso_cli.output import Column, Json, print_line, print_list
from seealso_cli.stack import get_stack
from seealso_cli.stores import find_target

MAX_LISTED = 1000
_COLUMNS = (
    Column("link_id", lambda check: check["link_id"]),
    Column("due", lambda check: check["due_at"][:19]),
    Column("failures", lambda check: check["failures"]),
)


@click.group()
def checks() -> None:
    """Look after the checks of submitted pages."""


@checks.command("list")
@click.option("--failing", is_flag=True, help="Those that were set aside after 5 failures.")
@json_option
@store_options
def list_checks(failing: bool, as_json: bool, **options: Unpack[StoreOptions]) -> None:
    """List checks that are due, or set aside.

    The longest overdue come first. This needs AWS credentials. The log of the function CheckLinks
    has the errors of failing checks.
    """
    store = find_target(options, ("links",)).open_store()
    kind = SET_ASIDE if failing else table.DUE
    found: Iterator[Json] = (
        {
            "link_id": link_id,
            "due_at": (link and link.check_at) or checks.due_at or "-",
            "failures": checks.failures,
        }
        for link_id in table.due_checks(store, datetime.now(UTC), MAX_LISTED, kind)
        for link, checks in [get_checked_link(store, link_id)]
    )
    print_list(found, _COLUMNS, None, as_json=as_json)


@checks.command("retry")
@click.argument("link_ids", metavar="[ID]...", nargs=-1)
@store_options
def retry_checks(link_ids: Sequence[str], **options: Unpack[StoreOptions]) -> None:
    """Make failing checks due again.

    Those of some links, by default all. This needs AWS credentials.
    """
    store = find_target(options, ("links",)).open_store()
    now = datetime.now(UTC)
    failing = link_ids or table.due_checks(store, now, MAX_LISTED, SET_ASIDE)
    for link_id in failing:
        was_failing = table.retry_check(store, link_id, now)
        print_line(f"Link {link_id}: {'check due' if was_failing else 'not failing'}.")
    if not failing:
        print_line("No check is failing.")
    elif not link_ids and len(failing) == MAX_LISTED:
        print_line("There may be more: run the command again.")


@checks.command("run")
@click.option(
    "--now",
    "link_id",
    metavar="ID",
    help="Check this link, due or not; its id is the last part of its status page's address.",
)
@stack_options
def run_checks(link_id: str | None, stack: str | None, local: bool) -> None:
    """Run the checks that are due now.

    This needs AWS credentials, except with --local.
    """
    event: dict[str, Any] = {} if link_id is None else {"check": link_id}
    result = run_job(get_stack(stack, local), JOBS["check-links"], event)
    if link_id is None:
        print_line(f"Checks: {result}.")
        return
    print_line(f"Link {link_id}: {_outcome(result)}")


def _outcome(found: Json) -> str:
    if found["result"] != "checked":
        return f"{found['result']}.{_NEXT_STEPS[found['result']]}"
    codes = f" ({', '.join(found['codes'])})" if found["codes"] else ""
    # Of a withdrawn link nothing is kept.
    what = f"{found['found']}{codes}. " if found["found"] else ""
    return f"checked: {what}It is {found['status']}."


# By what became of one check that could not be made.
_NEXT_STEPS = {
    "waiting": " Its host was asked a moment ago; try again in 15 seconds.",
    "dropped": " It has ended, or there is no such link.",
    "failed": " See the log of the function CheckLinks.",
    "left": " The store did not answer, or someone else is changing the link; try again.",
}
