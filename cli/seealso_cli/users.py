"""`seealso admins add`, `seealso editors add`: users of a stack's Cognito user pool."""

from typing import Any

from seealso_cli.errors import Unable
from seealso_cli.output import harmless
from seealso_cli.stack import Stack


def add_user(stack: Stack, email: str, group: str) -> bool:
    """Put a user into a group, making the user if need be; whether it was made.

    Cognito mails a new one a temporary password. Safe to call again. Raises Unable.
    """
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    pool_id = stack.outputs.get("UserPoolId")
    if pool_id is None:
        raise Unable(
            f"The stack {stack.name} has no user pool: its editors are its issuer's "
            "(parameter AdminIssuer); put them into their groups there."
        )
    config = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3})
    try:
        cognito: Any = stack.session.client(
            "cognito-idp", endpoint_url=stack.endpoint, config=config
        )
        made = _make(cognito, pool_id, email)
        cognito.admin_add_user_to_group(UserPoolId=pool_id, Username=email, GroupName=group)
    except ClientError as error:
        said = error.response.get("Error", {})
        raise Unable(f"Cognito refused: {said.get('Message') or said.get('Code')}") from None
    except BotoCoreError as error:
        raise Unable(f"Cognito can't be asked: {harmless(str(error))}") from None
    return made


def _make(cognito: Any, pool_id: str, email: str) -> bool:
    attributes = {"email": email, "email_verified": "true"}
    try:
        cognito.admin_create_user(
            UserPoolId=pool_id,
            Username=email,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
            DesiredDeliveryMediums=["EMAIL"],
        )
    except cognito.exceptions.UsernameExistsException:
        return False
    return True
