"""`seealso costs`."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import click

from seealso_cli.costs import prices
from seealso_cli.costs.metrics import KEPT_DAYS
from seealso_cli.costs.stack_costs import NOT_COUNTED, as_document, read_costs
from seealso_cli.options import json_option
from seealso_cli.output import Column, Json, print_json, print_line, print_list
from seealso_cli.stack import get_deployed_stack

_SERVICES = (
    Column("service", lambda service: service["service"]),
    Column("quantity", lambda service: _quantity(service)),
    Column("dollars", lambda service: f"{service['dollars']:.4f}"),
    Column("a month", lambda service: f"{service['dollars_a_month']:.2f}"),
)
_ACTIONS = (
    Column("action", lambda action: action["action"]),
    Column("count", lambda action: f"{action['count']:,}"),
    Column("dollars each", lambda action: f"{action['dollars_each']:.8f}"),
    Column("a million", lambda action: f"{action['dollars_a_million']:.2f}"),
)


@click.command()
@click.option("--stack", "name", required=True, metavar="NAME", help="The deployed stack.")
@click.option(
    "--days",
    type=click.IntRange(1, KEPT_DAYS),
    default=30,
    show_default=True,
    metavar="N",
    help="How many days until yesterday, in UTC; 1 is yesterday alone.",
)
@json_option
def costs(name: str, days: int, as_json: bool) -> None:
    """Show what a stack has cost.

    By service, a month of it, idle, and by action (a page view, a submission, a check), at AWS's
    list prices without free tiers. Quantities are those of the stack's own metrics and log lines,
    sizes are current ones. AWS's own bill is a day late and has what is not counted here.

    The command itself costs about 0.001 dollars for the metrics that it reads, and 0.005 for each
    GB of log lines. This needs AWS credentials.
    """
    stack = get_deployed_stack(name)
    report = read_costs(stack, datetime.now(UTC).date() - timedelta(days=days), days)
    document = as_document(stack, report)
    if as_json:
        print_json(document)
        return
    last = report.first + timedelta(days=days - 1)
    print_line(f"{name}, {_period(report.first, last)} (days in UTC)")
    print_line(f"{document['prices'].capitalize()}, as of {prices.DATE}")
    for first, end in _runs(report.missing):
        print_line(f"No metrics: {_period(first, end)}; not in what follows")
    print_line("")
    together = {
        "service": "together",
        "quantity": None,
        "dollars": document["dollars"],
        "dollars_a_month": document["dollars_a_month"],
    }
    print_list(iter([*document["services"], together]), _SERVICES, None)
    print_line("")
    print_line(f"Idle: {document['idle_dollars_a_month']:.2f} dollars a month")
    print_line("")
    if report.actions:
        print_list(iter(document["actions"]), _ACTIONS, None)
        print_line(f"Actions: of {report.logged_days} days, whose log lines are kept")
    else:
        print_line("No actions in the log lines that are kept")
    print_line("")
    print_line(f"Not counted: {NOT_COUNTED}")
    print_line(f"This report cost {report.own_dollars():.4f} dollars")


def _quantity(service: Json) -> str:
    if service["quantity"] is None:
        return ""
    digits = 3 if service["unit"] == "GB" else 0
    return f"{service['quantity']:,.{digits}f} {service['unit']}"


def _period(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} to {last}"


def _runs(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """The first and last of days that follow each other."""
    first = last = None
    for day in days:
        if last is None or day - last > timedelta(days=1):
            if first and last:
                yield first, last
            first = day
        last = day
    if first and last:
        yield first, last
