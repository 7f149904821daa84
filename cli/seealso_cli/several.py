"""Commands that change several things: a line for each id, and the worst exit status of all."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from seealso_cli import streams
from seealso_cli.errors import SEVERITY, CommandFailed, RequestRefused, reworded
from seealso_cli.output import Json, escape_unprintable, print_json, print_line


def ids_argument[F: Callable[..., Any]](
    name: str, kind: click.ParamType[Any], metavar: str = "ID..."
) -> Callable[[F], F]:
    """An argument of one or more ids; `-` stands for those on standard input."""

    def expand(
        ctx: click.Context, param: click.Parameter, values: Sequence[str]
    ) -> Sequence[object]:
        texts = [text for value in values for text in (_stdin() if value == "-" else [value])]
        # A repeated id is one.
        return list(dict.fromkeys(kind.convert(text, param, ctx) for text in texts))

    return click.argument(name, nargs=-1, required=True, type=str, metavar=metavar, callback=expand)


def _stdin() -> list[str]:
    """What stands on standard input, separated by white space. Raises CommandFailed."""
    try:
        content = sys.stdin.buffer.read()
    except OSError as error:
        raise CommandFailed(f"Could not read standard input: {error.strerror}.") from None
    return content.removeprefix(b"\xef\xbb\xbf").decode(errors="surrogateescape").split()


def check_version(ids: Sequence[object], version: int | None) -> None:
    """Refuse one version for several things. Raises click.UsageError."""
    if version is not None and len(ids) > 1:
        raise click.UsageError("--version can only be used with a single ID.")


def for_each[T](
    ids: Sequence[T],
    change: Callable[[T], Json],
    describe: Callable[[Json], str],
    *,
    as_json: bool,
) -> None:
    """Change each and print a line about its result; several go on after a refusal.

    Exits with the worst status of several. Raises RequestRefused, CommandFailed.
    """
    if not ids:
        click.echo("No ids on standard input.", err=True)
    status = 0
    unwritable: OSError | None = None
    for number, one in enumerate(ids, 1):
        try:
            result = change(one)
        except (RequestRefused, CommandFailed) as error:
            if len(ids) == 1:
                raise
            reworded(error, f"{escape_unprintable(str(one))}: {error.message}").show()
            status = max(status, error.exit_code, key=SEVERITY.index)
            # Without a response, a valid token or the right group, no other will succeed.
            if isinstance(error, CommandFailed) or error.exit_code in (3, 4):
                _report_rest(len(ids) - number)
                break
        else:
            try:
                if as_json:
                    print_json(result)
                else:
                    print_line(describe(result))
            except OSError as error:
                # What is already asked for is done, even if nobody reads the results any more.
                streams.discard(sys.stdout)
                unwritable = error
    if unwritable is not None and not isinstance(unwritable, BrokenPipeError):
        reason = streams.describe(unwritable, sys.stdout)
        raise CommandFailed(f"{reason} Check which changes were made.")
    sys.exit(status)


def _report_rest(count: int) -> None:
    if count:
        click.echo(f"Stopped: {count:,} more were not changed.", err=True)
