"""`seealso login`, `logout`, `token`."""

import os
import sys
from typing import TypedDict, Unpack

import click

from seealso_cli import admin_api, auth, browser_login, cognito, login_file
from seealso_cli.errors import CommandFailed, RequestRefused
from seealso_cli.login_file import UserPoolClient
from seealso_cli.options import stack_options
from seealso_cli.output import escape_unprintable
from seealso_cli.stack import find_local_url, get_local_stack, get_stack


class _Server(TypedDict):
    """The options that say where to sign in, and how."""

    stack: str | None
    local: bool
    api_url: str | None
    client_id: str | None
    region: str | None
    login_url: str | None
    password: bool


@click.command()
@click.argument("email", metavar="[EMAIL]", required=False)
@stack_options
@click.option(
    "--api", "api_url", metavar="URL", help="API base URL; use with --client-id or --token-stdin."
)
@click.option(
    "--client-id",
    metavar="ID",
    help="UserPoolClientId of the stack (no AWS credentials needed).",
)
@click.option("--region", metavar="NAME", help="Region of the user pool.")
@click.option("--login-url", metavar="URL", help="LoginUrl of the stack, to use the browser.")
@click.option(
    "--password",
    is_flag=True,
    help="Ask for the password here; for machines without a browser.",
)
@click.option(
    "--token-stdin", is_flag=True, help="Read another issuer's access token from standard input."
)
@click.option(
    "--set-up-codes",
    is_flag=True,
    help="Let every later sign-in ask for a one-time code of an authenticator app too.",
)
def login(
    email: str | None, token_stdin: bool, set_up_codes: bool, **server: Unpack[_Server]
) -> None:
    """Sign in to the API.

    \b
      seealso login                            the running local stack, or else the last server
      seealso login --stack NAME               finds the API with your AWS credentials
      seealso login --local                    the stack of `make run`
      seealso login --api URL --client-id ID --region NAME --login-url URL
      seealso login --api URL --token-stdin

    The command opens the sign-in page in your browser. With --password, or without --login-url, it
    asks for EMAIL and the password; in scripts, set SEEALSO_PASSWORD (and SEEALSO_NEW_PASSWORD for
    the first sign-in, SEEALSO_CODE for a one-time code). You are signed in to one API at a time,
    until `seealso logout`. Your tokens are stored in seealso/login.json in XDG_CONFIG_HOME or
    ~/.config.
    """
    if token_stdin:
        if set_up_codes:
            raise click.UsageError("--set-up-codes can't be used with --token-stdin.")
        _sign_in_with_token(email, server)
    elif server["client_id"] or server["api_url"] or server["region"]:
        _sign_in_to_url(email, server)
    elif server["stack"] or server["local"]:
        stack = get_stack(server["stack"], server["local"])
        _sign_in(email, cognito.get_client(stack), stack.output("ApiUrl"), server)
    else:
        _sign_in_to_known_server(email, server)
    if set_up_codes:
        auth.require_codes(login_file.read(), _QUESTIONS)
        click.echo("Every sign-in now asks for a code of your app.", err=True)


def _sign_in_with_token(email: str | None, server: _Server) -> None:
    api_url = server["api_url"]
    others = [value for name, value in server.items() if name != "api_url"]
    if api_url is None or email or any(others):
        raise click.UsageError("--token-stdin must be used with --api, and with nothing else.")
    try:
        token = sys.stdin.buffer.readline().strip().decode(errors="surrogateescape")
    except OSError as error:
        raise CommandFailed(f"Could not read standard input: {error.strerror}.") from None
    login = auth.login_with_token(api_url, token)
    admin_api.check_login(login)
    login_file.write(login)
    click.echo(f"Signed in to {api_url}.", err=True)


def _sign_in_to_url(email: str | None, server: _Server) -> None:
    options = {
        "--api": server["api_url"],
        "--client-id": server["client_id"],
        "--region": server["region"],
    }
    missing = [name for name, value in options.items() if not value]
    if missing:
        raise click.UsageError(
            f"--api, --client-id and --region must be used together; {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing. "
            "With a token of another issuer, use --token-stdin instead."
        )
    if server["stack"] or server["local"]:
        raise click.UsageError("--api can't be used with --stack or --local.")
    client_id, region = options["--client-id"] or "", options["--region"] or ""
    pool = UserPoolClient(client_id, region, None, server["login_url"])
    _sign_in(email, pool, options["--api"] or "", server)


def _sign_in_to_known_server(email: str | None, server: _Server) -> None:
    """Sign in to the running local stack, or to where the user signed in the last time."""
    if find_local_url() is not None:
        stack = get_local_stack()
        click.echo("Signing in to the running local stack.", err=True)
        _sign_in(email, cognito.get_client(stack), stack.output("ApiUrl"), server)
        return
    try:
        last = login_file.read()
    except RequestRefused:
        last = None
    if last is None or last.pool is None:
        raise click.UsageError(
            "No local stack is running here. Specify where to sign in: --stack NAME, or --api URL "
            "with --client-id ID and --region NAME, or --api URL with --token-stdin."
        )
    click.echo(f"Signing in to {last.api_url}.", err=True)
    _sign_in(email or last.user, last.pool, last.api_url, server)


def _sign_in(email: str | None, client: UserPoolClient, api_url: str, server: _Server) -> None:
    if client.login_url and not (server["password"] or os.environ.get("SEEALSO_PASSWORD")):
        browser_login.sign_in(client, api_url, email, _show_address)
        click.echo(f"Signed in to {api_url}.", err=True)
        return
    if email is None:
        if not sys.stdin.isatty():
            raise click.UsageError("Missing argument 'EMAIL'.")
        email = click.prompt("Email", err=True)
        assert email is not None
    password = _get_secret("SEEALSO_PASSWORD", "Password", repeat=False)
    auth.sign_in(client, api_url, email, password, _QUESTIONS)
    click.echo(f"Signed in to {api_url} as {escape_unprintable(email)}.", err=True)


def _show_address(url: str) -> None:
    click.echo(
        f"Sign in with your browser. If it does not open, open this address:\n{url}", err=True
    )


def _get_secret(variable: str, prompt: str, *, repeat: bool) -> str:
    """The environment variable, or what the user types unseen. Raises CommandFailed."""
    if value := os.environ.get(variable):
        return value
    if not sys.stdin.isatty():
        raise CommandFailed(f"Not running in a terminal; set {variable} to the {prompt.lower()}.")
    secret: str = click.prompt(prompt, hide_input=True, confirmation_prompt=repeat, err=True)
    return secret


def _get_new_password() -> str:
    return _get_secret("SEEALSO_NEW_PASSWORD", "New password", repeat=True)


def _get_code(secret: str | None) -> str:
    if secret is not None:
        click.echo(f"Add this key to your authenticator app (time-based): {secret}", err=True)
    return _get_secret("SEEALSO_CODE", "Code of your app", repeat=False)


_QUESTIONS = auth.Questions(_get_new_password, _get_code)


@click.command()
def logout() -> None:
    """Sign out and revoke the tokens."""
    auth.sign_out()
    click.echo("Signed out.", err=True)


@click.command()
def token() -> None:
    """Print a valid access token.

    For other clients of the API. An expired token is refreshed first.
    """
    click.echo(auth.current_login().access_token)
