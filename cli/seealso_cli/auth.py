"""Signing in and out, and access tokens that are valid.

A stack's users sign in with Cognito's password flow (AWS "Amazon Cognito user pools API",
InitiateAuth); users of another issuer bring its token.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from seealso_cli import cognito, login_file, network
from seealso_cli.errors import CommandFailed, RequestRefused
from seealso_cli.login_file import Login, UserPoolClient

# A token is refreshed this long before it expires, so that it does not expire on its way.
EARLY_SECONDS = 30.0

TOKEN_REJECTED = "Your token was rejected. Sign in again with `seealso login`."  # noqa: S105 a message


def sign_in(
    client: UserPoolClient,
    api_url: str,
    email: str,
    password: str,
    ask_new_password: Callable[[], str],
) -> None:
    """Sign in with a password; a new one is asked for if Cognito requires it.

    Raises RequestRefused, CommandFailed.
    """
    check_api_url(api_url)
    response = cognito.call_unsigned(
        client,
        "initiate_auth",
        ClientId=client.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    if response.get("ChallengeName") == "NEW_PASSWORD_REQUIRED":
        response = cognito.call_unsigned(
            client,
            "respond_to_auth_challenge",
            ClientId=client.client_id,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            ChallengeResponses={"USERNAME": email, "NEW_PASSWORD": ask_new_password()},
            Session=response["Session"],
        )
    if response.get("ChallengeName"):
        raise CommandFailed(
            f"Cognito requires {response['ChallengeName']}, which this command does not support."
        )
    login_file.write(_with_tokens(Login(api_url, "", email, pool=client), response))


def login_with_token(api_url: str, token: str) -> Login:
    """The login with an access token of another issuer, not stored yet. Raises CommandFailed."""
    check_api_url(api_url)
    if not token.isascii() or not token.isprintable() or not token or " " in token:
        raise CommandFailed("No token on standard input. Send it as one line without spaces.")
    return Login(api_url, token)


def check_api_url(api_url: str) -> None:
    """Refuse a URL to which a token must not be sent. Raises CommandFailed."""
    try:
        url = urlsplit(api_url)
        valid = bool(url.hostname) and url.port != 0 and not url.query and not url.fragment
    except ValueError:
        valid = False
    if not valid or url.scheme not in ("https", "http") or url.username is not None:
        raise CommandFailed("The API's URL must be a URL such as https://api.example.com.")
    if url.scheme == "http" and not network.is_loopback(api_url):
        raise CommandFailed(
            "The API's URL must begin with https: tokens must not be sent over plain HTTP."
        )


def current_login() -> Login:
    """The stored login, refreshed if it is known to have expired.

    Raises RequestRefused, CommandFailed.
    """
    login = login_file.read()
    if login.expires_at is not None and login.expires_at < time.time() + EARLY_SECONDS:
        return refresh(login)
    return login


def refresh(login: Login) -> Login:
    """Get and store a new access token. Raises RequestRefused if there is none, CommandFailed."""
    if login.pool is None or login.refresh_token is None:
        raise RequestRefused(401, TOKEN_REJECTED)
    try:
        response = cognito.call_unsigned(
            login.pool,
            "initiate_auth",
            ClientId=login.pool.client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": login.refresh_token},
        )
    except RequestRefused:
        raise RequestRefused(
            401, "Your session has expired. Sign in again with `seealso login`."
        ) from None
    refreshed = _with_tokens(login, response)
    login_file.write(refreshed)
    return refreshed


def sign_out() -> None:
    """Delete the stored login and have Cognito revoke its refresh token.

    Raises RequestRefused if nobody is signed in, and CommandFailed, also where the file is deleted
    but Cognito could not be reached.
    """
    login = login_file.read()
    login_file.remove()
    if login.pool is not None and login.refresh_token is not None:
        try:
            cognito.call_unsigned(
                login.pool,
                "revoke_token",
                ClientId=login.pool.client_id,
                Token=login.refresh_token,
            )
        except (RequestRefused, CommandFailed) as error:
            raise CommandFailed(
                f"Your tokens were deleted here but could not be revoked: {error}"
            ) from None


def _with_tokens(login: Login, response: Any) -> Login:
    result = response["AuthenticationResult"]
    return replace(
        login,
        access_token=result["AccessToken"],
        expires_at=time.time() + result["ExpiresIn"],
        # Present only if the previous one is no longer valid (AWS "Refresh tokens", rotation).
        refresh_token=result.get("RefreshToken", login.refresh_token),
    )
