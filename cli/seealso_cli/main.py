"""The command `seealso` and the list of its subcommands."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import click

from seealso_cli import streams


class _Placeholder(click.Command):
    """Stands for a subcommand until its module is imported; `summary` is the command's own."""

    def __init__(self, name: str, module: str, summary: str) -> None:
        super().__init__(name, help=summary)
        self.module = f"seealso_cli.commands.{module}"


class _LazyGroup(click.Group):
    """Imports the module of a subcommand when that is called.

    Help and completion need only the placeholders, so they answer at once.
    """

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, remaining = super().resolve_command(ctx, args)
        if name is not None and isinstance(command, _Placeholder):
            command = getattr(import_module(command.module), name)
        return name, command, remaining

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Print --help and --version; report streams that fail meanwhile."""
        with streams.reported_failures():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with streams.reported_failures():
            try:
                return super().invoke(ctx)
            except KeyboardInterrupt:
                raise click.Abort from None

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command and exit with its status, as the help of `seealso` has it.

        click would exit with 1 where a command is interrupted or its output is not read to the
        end, and with a traceback where its output can't be written.
        """
        run: Callable[[], Any] = partial(
            super().main, args, prog_name, complete_var, standalone_mode=False, **extra
        )
        if not standalone_mode:
            return run()
        streams.prepare()
        try:
            # The status of an Exit, or what the command returned: nothing.
            status = run() or 0
        except click.ClickException as error:
            status = streams.end(error.exit_code, error)
        except (KeyboardInterrupt, click.Abort):
            status = streams.end(130, message="Interrupted.")
        sys.exit(status)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seealso")
def main() -> None:
    """Run a network of article sites.

    load, export, checks, jobs, costs, verify, recover and `sites load` use the stack directly, and
    admins and editors its user pool: they need AWS credentials. All other commands call the API:
    sign in first.

    \b
    Exit status:
      0    success; also if the reader of the output stops reading (`| head`)
      1    invalid request, or some rows of a file were invalid (the others are done), or `verify`
           has found something
      2    failed: wrong usage, no such stack, no response, output that can't be written
      3    not signed in, or the session has expired
      4    not allowed
      5    not found
      6    conflict with the current state, or changed by someone else
      130  interrupted

    With several ids, it is the worst of them: 2, 3, 4, 6, 5, 1, in this order.
    """


for _name, _module, _summary in (
    ("admins", "users", "Manage admins (full access)."),
    ("articles", "articles", "List, show, edit and publish articles."),
    ("audit", "audit", "Show who changed what (admins)."),
    ("blocks", "blocks", "List blocked hosts; manage them (admins)."),
    ("checks", "checks", "Look after the checks of submitted pages."),
    ("costs", "costs", "Show what a stack has cost."),
    ("editors", "users", "Manage editors (articles and links)."),
    ("export", "export", "Export articles to JSON Lines."),
    ("jobs", "jobs", "Run the scheduled jobs."),
    ("links", "links", "Review submitted links."),
    ("load", "load", "Load articles from JSON Lines or CSV."),
    ("login", "login", "Sign in to the API."),
    ("logout", "login", "Sign out and revoke the tokens."),
    ("recover", "recover", "Bring back what was lost or changed."),
    ("sites", "sites", "List sites; manage them (admins)."),
    ("token", "login", "Print a valid access token."),
    ("verify", "verify", "Check that what a stack holds fits together."),
):
    main.add_command(_Placeholder(_name, _module, _summary))
