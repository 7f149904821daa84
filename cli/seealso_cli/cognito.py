"""Calls to the Cognito user pool of a stack."""

from typing import Any

from seealso_cli import aws
from seealso_cli.errors import CommandFailed, RequestRefused
from seealso_cli.login_file import UserPoolClient
from seealso_cli.output import escape_unprintable
from seealso_cli.stack import Stack

# Cognito's refusals as HTTP statuses (AWS, InitiateAuth and RespondToAuthChallenge, "Errors").
_STATUSES = {
    "InvalidParameterException": 422,
    "InvalidPasswordException": 422,
    "NotAuthorizedException": 401,
    "PasswordResetRequiredException": 401,
    "UserNotConfirmedException": 401,
    "UserNotFoundException": 401,
}


def get_client(stack: Stack) -> UserPoolClient:
    """The client of a stack's user pool. Raises CommandFailed if it has no user pool."""
    client_id = stack.outputs.get("UserPoolClientId")
    if client_id is None:
        raise CommandFailed(
            f"The stack {stack.name} has no user pool. Get a token from its issuer (parameter "
            f"AdminIssuer), and use --token-stdin with --api {stack.output('ApiUrl')}."
        )
    cognito: Any = stack.session.client("cognito-idp", endpoint_url=stack.endpoint)
    return UserPoolClient(client_id, stack.session.region_name, cognito.meta.endpoint_url)


def call_unsigned(client: UserPoolClient, operation: str, **parameters: Any) -> Any:
    """The response to a call that needs no AWS credentials. Raises RequestRefused, CommandFailed.

    Editors sign in without any AWS configuration.
    """
    session = aws.isolated_session(client.region)
    try:
        return aws.call(
            session, "cognito-idp", client.endpoint, operation, unsigned=True, **parameters
        )
    except aws.AwsRefused as refused:
        message = f"Cognito refused: {escape_unprintable(str(refused))}"
        status = _STATUSES.get(refused.code)
        if status is None:
            raise CommandFailed(message) from None
        raise RequestRefused(status, message) from None
    except aws.AwsUnreachable as error:
        raise CommandFailed(_unreachable(error)) from None


def add_user(stack: Stack, email: str, group: str) -> bool:
    """Add a user to a group, creating the user if necessary. Returns whether it was created.

    Cognito mails a new user a temporary password. Safe to repeat. Raises CommandFailed.
    """
    pool_id = stack.outputs.get("UserPoolId")
    if pool_id is None:
        raise CommandFailed(
            f"The stack {stack.name} has no user pool. Add the user to the group at its issuer "
            "(parameter AdminIssuer)."
        )
    try:
        created = _create_user(stack, pool_id, email)
        _call_signed(
            stack,
            "admin_add_user_to_group",
            UserPoolId=pool_id,
            Username=email,
            GroupName=group,
        )
    except aws.AwsRefused as refused:
        raise CommandFailed(f"Cognito refused: {escape_unprintable(str(refused))}") from None
    except aws.AwsUnreachable as error:
        raise CommandFailed(_unreachable(error)) from None
    return created


def _create_user(stack: Stack, pool_id: str, email: str) -> bool:
    """Create a user; False if there is one with this email address already."""
    attributes = {"email": email, "email_verified": "true"}
    try:
        _call_signed(
            stack,
            "admin_create_user",
            UserPoolId=pool_id,
            Username=email,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
            DesiredDeliveryMediums=["EMAIL"],
        )
    except aws.AwsRefused as refused:
        if refused.code == "UsernameExistsException":
            return False
        raise
    return True


def _call_signed(stack: Stack, operation: str, **parameters: Any) -> Any:
    return aws.call(stack.session, "cognito-idp", stack.endpoint, operation, **parameters)


def _unreachable(error: aws.AwsUnreachable) -> str:
    return f"Could not reach Cognito: {escape_unprintable(str(error))}"
