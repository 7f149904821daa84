"""`seealso admins`, `seealso editors`: users of a stack's user pool and their groups."""

import re
from typing import Any, Unpack

import click

from seealso_cli import cognito
from seealso_cli.options import DEFAULT_LIMIT, ListOptions, json_option, list_options, stack_options
from seealso_cli.output import Column, escape_unprintable, print_json, print_line, print_list
from seealso_cli.stack import get_stack

# The words for Cognito's (AWS, UserType, "UserStatus").
_STATUSES = {
    "CONFIRMED": "active",
    "FORCE_CHANGE_PASSWORD": "invited",
    "RESET_REQUIRED": "must reset password",
}
_COLUMNS = (
    Column("email", lambda user: user["email"], "wrap"),
    Column("status", lambda user: _status(user)),
    Column("created", lambda user: user["created"][:10]),
)


def _status(user: dict[str, Any]) -> str:
    return _STATUSES.get(user["status"], user["status"]) if user["enabled"] else "disabled"


def _check_email(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise click.BadParameter("an email address such as ann@example.com is required.")
    return value


_EMAIL = click.argument("email", metavar="EMAIL", callback=_check_email)


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


@admins.command("list")
@stack_options
@list_options
def list_admins(stack: str | None, local: bool, **options: Unpack[ListOptions]) -> None:
    """List the admins.

    This needs your AWS credentials.
    """
    _list("admins", stack, local, options)


@editors.command("list")
@stack_options
@list_options
def list_editors(stack: str | None, local: bool, **options: Unpack[ListOptions]) -> None:
    """List the editors.

    This needs your AWS credentials.
    """
    _list("editors", stack, local, options)


@admins.command("remove")
@_EMAIL
@stack_options
@json_option
def remove_admin(email: str, stack: str | None, local: bool, as_json: bool) -> None:
    """Remove a user from the admins.

    This needs your AWS credentials. A user who is in no other group is deleted. An access token
    that the user has already stays valid for up to an hour.
    """
    _remove(email, "admins", stack, local, as_json)


@editors.command("remove")
@_EMAIL
@stack_options
@json_option
def remove_editor(email: str, stack: str | None, local: bool, as_json: bool) -> None:
    """Remove a user from the editors.

    This needs your AWS credentials. A user who is in no other group is deleted. An access token
    that the user has already stays valid for up to an hour.
    """
    _remove(email, "editors", stack, local, as_json)


@admins.command("resend")
@_EMAIL
@stack_options
@json_option
def resend_to_admin(email: str, stack: str | None, local: bool, as_json: bool) -> None:
    """Mail an admin a new temporary password.

    This needs your AWS credentials. It is for users who have not signed in yet.
    """
    _resend(email, "admins", stack, local, as_json)


@editors.command("resend")
@_EMAIL
@stack_options
@json_option
def resend_to_editor(email: str, stack: str | None, local: bool, as_json: bool) -> None:
    """Mail an editor a new temporary password.

    This needs your AWS credentials. It is for users who have not signed in yet.
    """
    _resend(email, "editors", stack, local, as_json)


def _add(email: str, group: str, stack_name: str | None, local: bool, as_json: bool) -> None:
    stack = get_stack(stack_name, local)
    created = cognito.add_user(stack, email, group)
    if as_json:
        print_json({"email": email, "group": group, "made": created})
        return
    print_line(f"{escape_unprintable(email)} is in the group {group}.")
    # The emulator sends no mail.
    if created and stack.endpoint is None:
        desk, login = stack.outputs.get("DeskUrl"), stack.outputs.get("LoginUrl")
        print_line(
            "Cognito has mailed a temporary password, valid for 7 days. To sign in, "
            f"{f'open {desk}, or ' if desk else ''}run:\n"
            f"  seealso login {escape_unprintable(email)} --api {stack.output('ApiUrl')} "
            f"--client-id {stack.output('UserPoolClientId')} "
            f"--region {stack.session.region_name}{f' --login-url {login}' if login else ''}"
        )


def _list(group: str, stack_name: str | None, local: bool, options: ListOptions) -> None:
    users = cognito.list_users(get_stack(stack_name, local), group)
    limit = None if options["everything"] else options["limit"] or DEFAULT_LIMIT
    print_list(users, _COLUMNS, limit, as_json=options["as_json"])


def _remove(email: str, group: str, stack_name: str | None, local: bool, as_json: bool) -> None:
    deleted = cognito.remove_user(get_stack(stack_name, local), email, group)
    if as_json:
        print_json({"email": email, "group": group, "deleted": deleted})
        return
    name = escape_unprintable(email)
    print_line(f"{name} is no longer in the group {group}{' and was deleted' if deleted else ''}.")
    print_line("An access token that was issued before stays valid for up to an hour.")


def _resend(email: str, group: str, stack_name: str | None, local: bool, as_json: bool) -> None:
    cognito.resend_invitation(get_stack(stack_name, local), email, group)
    if as_json:
        print_json({"email": email, "group": group})
    else:
        print_line(f"A new temporary password was sent to {escape_unprintable(email)}.")
