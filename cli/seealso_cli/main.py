"""The command `seealso` and the list of its subcommands."""

from importlib import import_module
from typing import Any

import click


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

    def invoke(self, ctx: click.Context) -> Any:
        """Exit with 130 where click would exit with 1, which has another meaning here."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            click.echo("Interrupted.", err=True)
            ctx.exit(130)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="seealso")
def main() -> None:
    """Run a network of article sites.

    load, export and `sites load` use the tables directly, and admins and editors use the user
    pool: they need AWS credentials. All other commands call the API: sign in first.

    \b
    Exit status:
      0    success
      1    invalid request, or some rows of a file were invalid (the others are done)
      2    failed: wrong usage, no such stack, no response
      3    not signed in, or the session has expired
      4    not allowed
      5    not found
      6    conflict with the current state, or changed by someone else
      130  interrupted
    """


for _name, _module, _summary in (
    ("admins", "users", "Manage admins (full access)."),
    ("articles", "articles", "List, show, edit and publish articles."),
    ("audit", "audit", "Show who changed what (admins)."),
    ("blocks", "blocks", "Manage blocked hosts (admins)."),
    ("editors", "users", "Manage editors (articles and links)."),
    ("export", "export", "Export articles to JSON Lines."),
    ("links", "links", "Review submitted links."),
    ("load", "load", "Load articles from JSON Lines or CSV."),
    ("login", "login", "Sign in to the API."),
    ("logout", "login", "Sign out and revoke the tokens."),
    ("sites", "sites", "Manage sites (admins)."),
    ("token", "login", "Print a valid access token."),
):
    main.add_command(_Placeholder(_name, _module, _summary))
