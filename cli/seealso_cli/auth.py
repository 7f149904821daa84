"""Signing in with a stack's Cognito user pool, or with a token of another issuer.

Cognito's password flow: AWS "Amazon Cognito user pools API", InitiateAuth.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from seealso_cli import login_file
from seealso_cli.errors import Refusal, Unable
from seealso_cli.login_file import SIGN_IN, Login, Pool
from seealso_cli.output import harmless
from seealso_cli.stack import Stack, bare_session

# A token that ends so soon could end on its way.
EARLY_SECONDS = 30.0

# Cognito's refusals as HTTP statuses (AWS, InitiateAuth and RespondToAuthChallenge, "Errors").
_STATUS = {
    "InvalidParameterException": 422,
    "InvalidPasswordException": 422,
    "NotAuthorizedException": 401,
    "PasswordResetRequiredException": 401,
    "UserNotConfirmedException": 401,
    "UserNotFoundException": 401,
}


def pool_of(stack: Stack) -> Pool:
    """The user pool of a stack. Raises Unable where its editors have another issuer."""
    client_id = stack.outputs.get("UserPoolClientId")
    if client_id is None:
        raise Unable(
            f"The stack {stack.name} has no user pool: get a token from its issuer "
            f"(parameter AdminIssuer) and use --token-stdin with --api {stack.output('ApiUrl')}."
        )
    cognito: Any = stack.session.client("cognito-idp", endpoint_url=stack.endpoint)
    return Pool(client_id, stack.session.region_name, cognito.meta.endpoint_url)


def sign_in(
    pool: Pool, api_url: str, email: str, password: str, new_password: Callable[[], str]
) -> None:
    """Sign in with a password; `new_password` is asked where Cognito wants another one.

    Raises Refusal, Unable.
    """
    check_api_url(api_url)
    answer = _ask(
        pool,
        "initiate_auth",
        ClientId=pool.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    if answer.get("ChallengeName") == "NEW_PASSWORD_REQUIRED":
        answer = _ask(
            pool,
            "respond_to_auth_challenge",
            ClientId=pool.client_id,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            ChallengeResponses={"USERNAME": email, "NEW_PASSWORD": new_password()},
            Session=answer["Session"],
        )
    if answer.get("ChallengeName"):
        raise Unable(f"Cognito asks for {answer['ChallengeName']}, which is not possible here.")
    login_file.write(_with_tokens(Login(api_url, "", email, pool=pool), answer))


def keep_token(api_url: str, token: str) -> None:
    """Sign in with an access token of another issuer. Raises Unable."""
    check_api_url(api_url)
    if not token.isascii() or not token.isprintable() or not token or " " in token:
        raise Unable("Standard input has no token: one line without spaces is expected.")
    login_file.write(Login(api_url, token))


def check_api_url(api_url: str) -> None:
    """Refuse an address to which a token must not be sent. Raises Unable."""
    try:
        url = urlsplit(api_url)
        here = url.hostname in ("localhost", "127.0.0.1", "::1")
        usable = bool(url.hostname) and url.port != 0 and not url.query and not url.fragment
    except ValueError:
        usable = here = False
    if not usable or url.scheme not in ("https", "http") or url.username is not None:
        raise Unable("The API's address must be a URL such as https://api.example.com.")
    if url.scheme == "http" and not here:
        raise Unable("The API's address must begin with https: a token is not for all to read.")


def current() -> Login:
    """The login of now, with a fresh token where that is known to have expired.

    Raises Refusal, Unable.
    """
    login = login_file.read()
    if login.expires_at is not None and login.expires_at < time.time() + EARLY_SECONDS:
        return refreshed(login)
    return login


def refreshed(login: Login) -> Login:
    """The login with a fresh token, which is kept. Raises Refusal where there is none to be had."""
    if login.pool is None or login.refresh_token is None:
        raise Refusal(401, f"The API does not take your token: {SIGN_IN} again.")
    try:
        answer = _ask(
            login.pool,
            "initiate_auth",
            ClientId=login.pool.client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": login.refresh_token},
        )
    except Refusal:
        raise Refusal(401, f"Your sign-in has run out: {SIGN_IN} again.") from None
    fresh = _with_tokens(login, answer)
    login_file.write(fresh)
    return fresh


def sign_out() -> None:
    """Forget the login, and have Cognito forget its refresh token.

    Raises Refusal where nobody is signed in; Unable where Cognito could not be told, though the
    file is gone.
    """
    login = login_file.read()
    login_file.remove()
    if login.pool is not None and login.refresh_token is not None:
        try:
            _ask(
                login.pool,
                "revoke_token",
                ClientId=login.pool.client_id,
                Token=login.refresh_token,
            )
        except (Refusal, Unable) as error:
            raise Unable(f"Your tokens are gone from here, but {error}") from None


def _with_tokens(login: Login, answer: Any) -> Login:
    result = answer["AuthenticationResult"]
    return replace(
        login,
        access_token=result["AccessToken"],
        expires_at=time.time() + result["ExpiresIn"],
        # There only where the old one does not go on (AWS "Refresh tokens", rotation).
        refresh_token=result.get("RefreshToken", login.refresh_token),
    )


def _ask(pool: Pool, operation: str, **members: Any) -> Any:
    """Cognito's answer. Raises Refusal, Unable."""
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    # These calls are the client's own: an editor needs no AWS credentials.
    config = Config(
        signature_version=UNSIGNED,
        connect_timeout=5,
        read_timeout=20,
        retries={"total_max_attempts": 3},
    )
    try:
        cognito: Any = bare_session(pool.region).client(
            "cognito-idp", endpoint_url=pool.endpoint, config=config
        )
        return getattr(cognito, operation)(**members)
    except ClientError as error:
        said = error.response.get("Error", {})
        message = f"Cognito refused: {harmless(str(said.get('Message') or said.get('Code')))}"
        status = _STATUS.get(said.get("Code", ""))
        if status is None:
            raise Unable(message) from None
        raise Refusal(status, message) from None
    except BotoCoreError as error:
        raise Unable(f"Cognito can't be asked: {harmless(str(error))}") from None
