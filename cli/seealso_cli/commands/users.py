"""`seealso login`, `logout`, `token`, `admins`, `editors`: who may do what."""

import os
import sys

import click

from seealso_cli.errors import Unable
from seealso_cli.options import json_option
from seealso_cli.output import harmless, print_json
from seealso_cli.stack import stack_options

_EMAIL = click.argument("email", metavar="EMAIL")


@click.command()
@click.argument("email", metavar="[EMAIL]", required=False)
@stack_options
@click.option("--api", "api_url", metavar="URL", help="The API's address, with one of these:")
@click.option("--client-id", metavar="ID", help="The stack's UserPoolClientId, without AWS rights.")
@click.option("--region", metavar="NAME", help="That of --client-id.")
@click.option("--token-stdin", is_flag=True, help="An access token of another issuer, on stdin.")
def login(
    email: str | None,
    stack: str | None,
    local: bool,
    api_url: str | None,
    client_id: str | None,
    region: str | None,
    token_stdin: bool,
) -> None:
    """Sign in, for the commands that go to the API.

    \b
      seealso login EMAIL --stack NAME         looks the API up with your AWS credentials
      seealso login EMAIL --local              the stack of `make run`
      seealso login EMAIL --api URL --client-id ID --region NAME
      seealso login --api URL --token-stdin

    It asks for the password; scripts set SEEALSO_PASSWORD (and SEEALSO_NEW_PASSWORD, for the
    first time). What keeps you signed in is in seealso/login.json of XDG_CONFIG_HOME or
    ~/.config; `seealso logout` ends it. You are signed in to one API at a time.
    """
    from seealso_cli import auth
    from seealso_cli.login_file import Pool
    from seealso_cli.stack import find_stack

    if token_stdin:
        if api_url is None or email or stack or local or client_id or region:
            raise click.UsageError("--token-stdin goes with --api URL, and with nothing else.")
        auth.keep_token(api_url, sys.stdin.readline().strip())
        click.echo(f"Signed in to {api_url}.", err=True)
        return
    if email is None:
        raise click.UsageError("Missing argument 'EMAIL'.")
    if client_id or api_url or region:
        if not (client_id and api_url and region) or stack or local:
            raise click.UsageError("--api URL, --client-id ID and --region NAME go together.")
        pool = Pool(client_id, region, None)
    else:
        found = find_stack(stack, local)
        pool, api_url = auth.pool_of(found), found.output("ApiUrl")
    password = _secret("SEEALSO_PASSWORD", "Password", twice=False)
    auth.sign_in(
        pool,
        api_url,
        email,
        password,
        lambda: _secret("SEEALSO_NEW_PASSWORD", "New password", twice=True),
    )
    click.echo(f"Signed in to {api_url} as {harmless(email)}.", err=True)


def _secret(variable: str, prompt: str, *, twice: bool) -> str:
    """What the environment has, or what is typed without being shown. Raises Unable."""
    if value := os.environ.get(variable):
        return value
    if not sys.stdin.isatty():
        raise Unable(f"There is no terminal to ask for the {prompt.lower()}: set {variable}.")
    typed: str = click.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True)
    return typed


@click.command()
def logout() -> None:
    """Sign out: the tokens are forgotten here and at Cognito."""
    from seealso_cli import auth

    auth.sign_out()
    click.echo("Signed out.", err=True)


@click.command()
def token() -> None:
    """Print an access token that is valid now, for other clients of the API."""
    from seealso_cli import auth

    click.echo(auth.current().access_token)


@click.group()
def admins() -> None:
    """Who may do all."""


@click.group()
def editors() -> None:
    """Who may run articles and links."""


@admins.command("add")
@_EMAIL
@stack_options
@json_option
def add_admin(email: str, stack: str | None, local: bool, as_json: bool) -> None:
    """Make a user an admin, by your AWS credentials.

    Cognito mails a new user a temporary password. It is safe to run again.
    """
    _add(email, "admins", stack, local, as_json)


@editors.command("add")
@_EMAIL
@stack_options
@json_option
def add_editor(email: str, stack: str | None, local: bool, as_json: bool) -> None:
    """Make a user an editor, by your AWS credentials.

    Cognito mails a new user a temporary password. It is safe to run again.
    """
    _add(email, "editors", stack, local, as_json)


def _add(email: str, group: str, stack: str | None, local: bool, as_json: bool) -> None:
    from seealso_cli.stack import find_stack
    from seealso_cli.users import add_user

    found = find_stack(stack, local)
    made = add_user(found, email, group)
    if as_json:
        print_json({"email": email, "group": group, "made": made})
        return
    click.echo(f"{harmless(email)} is in the group {group}.")
    # The emulator sends no mail.
    if made and found.endpoint is None:
        click.echo(
            "Cognito has mailed a temporary password, good for 7 days. They sign in with:\n"
            f"  seealso login {harmless(email)} --api {found.output('ApiUrl')} "
            f"--client-id {found.output('UserPoolClientId')} "
            f"--region {found.session.region_name}"
        )
