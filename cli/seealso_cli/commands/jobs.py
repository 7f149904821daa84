"""`seealso jobs`: the scheduled jobs, for who runs a stack."""

import click

from seealso_cli import jobs as functions
from seealso_cli.options import stack_options
from seealso_cli.output import print_line
from seealso_cli.stack import get_stack


@click.group()
def jobs() -> None:
    """Run the scheduled jobs."""


@jobs.command("run")
@click.argument("name", type=click.Choice(list(functions.JOBS)), metavar="NAME")
@stack_options
def run_job(name: str, stack: str | None, local: bool) -> None:
    """Run a job now, and wait until it ends.

    NAME: check-links, expire-links, notify or record-skips. All are safe to run at any time and
    twice at once. This needs AWS credentials.
    """
    functions.run_job(get_stack(stack, local), functions.JOBS[name])
    print_line(f"{name} has run.")
