"""`seealso admins`, `seealso editors`: users of a stack's user pool and their groups."""

import click

from seealso_cli import cognito
from seealso_cli.options import json_option, stack_options
from seealso_cli.output import escape_unprintable, print_json
from seealso_cli.stack import get_stack

_EMAIL = click.argument("email", metavar="EMAIL")


@click.group()
def admins() -> None:
    """Manage admins (full access)."""


@click.group()
def editors() -> None:
    """Manage editors (articles and links)."""


@admins.command("add")
@_EMAIL
@stack_options
@json_option
def add_admin(email: str, stack: str | None, local: bool, as_json: bool) -> None:
    """Make a user an admin.

    This needs your AWS credentials. Cognito mails a new user a temporary password. It is safe to
    run the command again.
    """
    _add(email, "admins", stack, local, as_json)


@editors.command("add")
@_EMAIL
@stack_options
@json_option
def add_editor(email: str, stack: str | None, local: bool, as_json: bool) -> None:
    """Make a user an editor.

    This needs your AWS credentials. Cognito mails a new user a temporary password. It is safe to
    run the command again.
    """
    _add(email, "editors", stack, local, as_json)


def _add(email: str, group: str, stack_name: str | None, local: bool, as_json: bool) -> None:
    stack = get_stack(stack_name, local)
    created = cognito.add_user(stack, email, group)
    if as_json:
        print_json({"email": email, "group": group, "made": created})
        return
    click.echo(f"{escape_unprintable(email)} is in the group {group}.")
    # The emulator sends no mail.
    if created and stack.endpoint is None:
        click.echo(
            "Cognito has mailed a temporary password, valid for 7 days. To sign in, run:\n"
            f"  seealso login {escape_unprintable(email)} --api {stack.output('ApiUrl')} "
            f"--client-id {stack.output('UserPoolClientId')} "
            f"--region {stack.session.region_name}"
        )
