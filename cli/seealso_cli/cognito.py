"""Calls to the Cognito user pool of a stack."""

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from seealso_cli import aws
from seealso_cli.errors import CommandFailed, RequestRefused
from seealso_cli.login_file import UserPoolClient
from seealso_cli.output import escape_unprintable
from seealso_cli.stack import Stack

# Cognito's refusals as HTTP statuses (AWS, InitiateAuth, RespondToAuthChallenge and
# VerifySoftwareToken, "Errors").
_STATUSES = {
    "CodeMismatchException": 401,
    "EnableSoftwareTokenMFAException": 401,
    "ExpiredCodeException": 401,
    "InvalidParameterException": 422,
    "InvalidPasswordException": 422,
    "NotAuthorizedException": 401,
    "PasswordResetRequiredException": 401,
    # The client of a local stack that has been started anew since.
    "ResourceNotFoundException": 401,
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
    region, endpoint = stack.session.region_name, cognito.meta.endpoint_url
    return UserPoolClient(client_id, region, endpoint, stack.outputs.get("LoginUrl"))


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
    pool_id = _pool_id(stack)
    created = _create_user(stack, pool_id, email)
    _call_signed(
        stack,
        "admin_add_user_to_group",
        UserPoolId=pool_id,
        Username=email,
        GroupName=group,
    )
    return created


def list_users(stack: Stack, group: str) -> Iterator[dict[str, Any]]:
    """Yield a group's users: email, status (Cognito's), enabled, created. Raises CommandFailed."""
    parameters: dict[str, Any] = {"UserPoolId": _pool_id(stack), "GroupName": group, "Limit": 60}
    while True:
        answer = _call_signed(stack, "list_users_in_group", **parameters)
        for user in answer["Users"]:
            attributes = {one["Name"]: one["Value"] for one in user.get("Attributes", [])}
            yield {
                "email": attributes.get("email", user["Username"]),
                "status": user["UserStatus"],
                "enabled": user["Enabled"],
                "created": user["UserCreateDate"].astimezone(UTC).isoformat(timespec="seconds"),
            }
        if not answer.get("NextToken"):
            return
        parameters["NextToken"] = answer["NextToken"]


def remove_user(stack: Stack, email: str, group: str) -> bool:
    """Remove a user from a group and revoke their refresh tokens. Returns whether it was deleted.

    A user who is in no other group is deleted. Safe to repeat. Raises RequestRefused if the user is
    not in the group, and CommandFailed.
    """
    user = {"UserPoolId": _pool_id(stack), "Username": email}
    groups = _groups(stack, user, group)
    if group in groups:
        _call_signed(stack, "admin_remove_user_from_group", **user, GroupName=group)
    # A user without any group is what an interrupted removal has left.
    elif groups:
        raise _not_in_group(email, group)
    if groups - {group}:
        _call_signed(stack, "admin_user_global_sign_out", **user)
        return False
    _call_signed(stack, "admin_delete_user", **user)
    return True


def resend_invitation(stack: Stack, email: str, group: str) -> None:
    """Mail a user of a group, who has never signed in, a new temporary password.

    Raises RequestRefused, CommandFailed.
    """
    user = {"UserPoolId": _pool_id(stack), "Username": email}
    if group not in _groups(stack, user, group):
        raise _not_in_group(email, group)
    try:
        _call(
            stack,
            "admin_create_user",
            **user,
            MessageAction="RESEND",
            DesiredDeliveryMediums=["EMAIL"],
        )
    except aws.AwsRefused as refused:
        if refused.code != "UnsupportedUserStateException":
            raise _refused(refused) from None
        raise RequestRefused(
            409, f"{escape_unprintable(email)} has signed in before, so there is no invitation."
        ) from None


def _groups(stack: Stack, user: dict[str, str], group: str) -> set[str]:
    """The groups of a user. Raises RequestRefused if there is no such user, CommandFailed."""
    try:
        answer = _call(stack, "admin_list_groups_for_user", **user)
    except aws.AwsRefused as refused:
        if refused.code == "UserNotFoundException":
            raise _not_in_group(user["Username"], group) from None
        raise _refused(refused) from None
    return {one["GroupName"] for one in answer["Groups"]}


def _not_in_group(email: str, group: str) -> RequestRefused:
    return RequestRefused(404, f"{escape_unprintable(email)} is not in the group {group}.")


def _pool_id(stack: Stack) -> str:
    """The id of a stack's user pool. Raises CommandFailed if it has none."""
    if "UserPoolId" not in stack.outputs:
        raise CommandFailed(
            f"The stack {stack.name} has no user pool. Manage the users and their groups at its "
            "issuer (parameter AdminIssuer)."
        )
    return stack.outputs["UserPoolId"]


def _create_user(stack: Stack, pool_id: str, email: str) -> bool:
    """Create a user; False if there is one with this email address, in whatever case, already."""
    attributes = {"email": email, "email_verified": "true"}
    try:
        _call(
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
        raise _refused(refused) from None
    return True


def _call_signed(stack: Stack, operation: str, **parameters: Any) -> Any:
    """The response to a call with the user's AWS credentials. Raises CommandFailed."""
    try:
        return _call(stack, operation, **parameters)
    except aws.AwsRefused as refused:
        raise _refused(refused) from None


def _call(stack: Stack, operation: str, **parameters: Any) -> Any:
    """The same for a call whose refusal has a meaning. Raises AwsRefused, CommandFailed."""
    try:
        return aws.call(stack.session, "cognito-idp", stack.endpoint, operation, **parameters)
    except aws.AwsUnreachable as error:
        raise CommandFailed(_unreachable(error)) from None


def _refused(refused: aws.AwsRefused) -> CommandFailed:
    return CommandFailed(f"Cognito refused: {escape_unprintable(str(refused))}")


def _unreachable(error: aws.AwsUnreachable) -> str:
    return f"Could not reach Cognito: {escape_unprintable(str(error))}"
