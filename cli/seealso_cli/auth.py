"""Signing in and out, and access tokens that are valid.

A stack's users sign in with Cognito's password flow (AWS "Amazon Cognito user pools API",
InitiateAuth); users of another issuer bring its token.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from seealso_cli import cognito, login_file, network
from seealso_cli.errors import CommandFailed, RequestRefused
from seealso_cli.login_file import Login, UserPoolClient

# A token is refreshed this long before it expires, so that it does not expire on its way.
EARLY_SECONDS = 30.0

TOKEN_REJECTED = "Your token was rejected. Sign in again with `seealso login`."  # noqa: S105 a message


class Questions(NamedTuple):
    """What the user may be asked for besides the password.

    `code` asks for a one-time code of the user's app, which is first set up with the secret, if
    one is given.
    """

    new_password: Callable[[], str]
    code: Callable[[str | None], str]


def sign_in(
    client: UserPoolClient, api_url: str, email: str, password: str, questions: Questions
) -> None:
    """Sign in with a password, and with what else Cognito requires.

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
    while response.get("ChallengeName"):
        response = _answer_challenge(client, email, response, questions)
    login_file.write(_with_tokens(Login(api_url, "", email, pool=client), response))


def _answer_challenge(
    client: UserPoolClient, email: str, challenge: Any, questions: Questions
) -> Any:
    """The response to the answer (AWS, RespondToAuthChallenge, "ChallengeResponses")."""
    name, session = challenge["ChallengeName"], challenge["Session"]
    answers = {"USERNAME": email}
    match name:
        case "NEW_PASSWORD_REQUIRED":
            answers["NEW_PASSWORD"] = questions.new_password()
        case "SOFTWARE_TOKEN_MFA":
            answers["SOFTWARE_TOKEN_MFA_CODE"] = questions.code(None)
        case "MFA_SETUP":
            session = _set_up_app(client, questions, Session=session)["Session"]
        case _:
            raise CommandFailed(f"Cognito requires {name}, which this command does not support.")
    return cognito.call_unsigned(
        client,
        "respond_to_auth_challenge",
        ClientId=client.client_id,
        ChallengeName=name,
        ChallengeResponses=answers,
        Session=session,
    )


def require_codes(login: Login, questions: Questions) -> None:
    """Set up the signed-in user's app for one-time codes, which every sign-in then asks for.

    Raises RequestRefused, CommandFailed.
    """
    assert login.pool is not None
    _set_up_app(login.pool, questions, AccessToken=login.access_token)
    cognito.call_unsigned(
        login.pool,
        "set_user_mfa_preference",
        AccessToken=login.access_token,
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
    )


def _set_up_app(client: UserPoolClient, questions: Questions, **user: str) -> Any:
    """The response to the first code; `user` is an AccessToken, or the Session of a sign-in."""
    made = cognito.call_unsigned(client, "associate_software_token", **user)
    if "Session" in user:
        user["Session"] = made["Session"]
    verified = cognito.call_unsigned(
        client, "verify_software_token", **user, UserCode=questions.code(made["SecretCode"])
    )
    if verified["Status"] != "SUCCESS":
        raise CommandFailed("The code is not the app's. Check the device's clock, and try again.")
    return verified


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
