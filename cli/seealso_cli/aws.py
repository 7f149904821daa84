"""AWS sessions, credentials and calls through boto3.

boto3 takes 0.1 s to import, longer than everything else together, and most commands do without
it. So it is imported in functions, here and nowhere else.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from seealso.limits import MAX_USER_NAME
from seealso.store.protocol import Credentials
from seealso_cli import network
from seealso_cli.errors import CommandFailed

if TYPE_CHECKING:
    import boto3

LOCAL_REGION = "eu-west-1"
LOCAL_CREDENTIALS = Credentials("test", "test", None)


class AwsRefused(Exception):
    """AWS refused a call; `code` is the short name of the error, such as ValidationError."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message or code)
        self.code = code


class AwsUnreachable(Exception):
    """A call could not be sent or got no response; the message says why."""


def user_session() -> "boto3.Session":
    """A session with the user's AWS configuration: environment, profile, single sign-on, role.

    Raises CommandFailed.
    """
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        # boto3 itself reads only AWS_DEFAULT_REGION.
        session = boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
    except BotoCoreError as error:
        raise CommandFailed(f"Your AWS configuration is invalid: {error}") from None
    if not session.region_name:
        raise CommandFailed("No AWS region is set. Set AWS_REGION, or a region in your profile.")
    return session


def user_credentials(session: "boto3.Session") -> Callable[[], Credentials]:
    """A function that returns the session's current credentials. Raises CommandFailed."""
    from botocore.exceptions import BotoCoreError

    try:
        refreshable = session.get_credentials()
    except BotoCoreError as error:
        raise CommandFailed(f"Could not get your AWS credentials: {error}") from None
    if refreshable is None:
        raise CommandFailed(
            "No AWS credentials were found. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY (any values will do for an emulator)."
        )

    def current() -> Credentials:
        # Those of a role or of single sign-on expire: this refreshes them when needed.
        frozen = refreshable.get_frozen_credentials()
        return Credentials(frozen.access_key or "", frozen.secret_key or "", frozen.token)

    return current


def isolated_session(region: str) -> "boto3.Session":
    """A session that ignores the user's AWS configuration, with the emulator's credentials."""
    import boto3
    import botocore.session

    # This keeps AWS_PROFILE from being read; setting the variable to None would not.
    core = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    core.set_config_variable("config_file", os.devnull)
    core.set_config_variable("credentials_file", os.devnull)
    keys = LOCAL_CREDENTIALS
    return boto3.Session(
        keys.access_key, keys.secret_key, region_name=region, botocore_session=core
    )


def caller_name(session: "boto3.Session") -> str:
    """Whose credentials a session has, such as user/ann or assumed-role/Admin/ann.

    Raises CommandFailed.
    """
    try:
        arn: str = call(session, "sts", None, "get_caller_identity")["Arn"]
    except (AwsRefused, AwsUnreachable) as error:
        raise CommandFailed(
            f"Could not find out your AWS user name for the audit: {error}"
        ) from None
    # arn:partition:service:region:account:resource
    return arn.split(":", 5)[-1][:MAX_USER_NAME]


def call(
    session: "boto3.Session",
    service: Literal[
        "cloudformation", "cloudwatch", "cognito-idp", "dynamodb", "lambda", "logs", "sts"
    ],
    endpoint: str | None,
    operation: str,
    *,
    unsigned: bool = False,
    seconds: int | None = None,
    region: str | None = None,
    **parameters: Any,
) -> Any:
    """The response to one call. `endpoint` None: the service's own in the session's region.

    `unsigned`: for operations that take no AWS credentials. `seconds`: for one that may take this
    long, and is not repeated. `region`: another one than the session's. Raises AwsRefused,
    AwsUnreachable.
    """
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    config = Config(
        signature_version=UNSIGNED if unsigned else None,
        connect_timeout=5,
        read_timeout=seconds or 20,
        retries={"total_max_attempts": 1 if seconds else 3},
        # This machine is never reached through a proxy (network.py).
        proxies={} if endpoint and network.is_loopback(endpoint) else None,
    )
    try:
        client = session.client(service, region, endpoint_url=endpoint, config=config)
        return getattr(client, operation)(**parameters)
    except ClientError as error:
        details = error.response.get("Error", {})
        raise AwsRefused(details.get("Code", ""), details.get("Message", "")) from None
    except BotoCoreError as error:
        raise AwsUnreachable(str(error)) from None
