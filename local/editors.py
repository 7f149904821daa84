"""The local stack's editor and admin, for trying out and testing the admin API."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from local import account


class User(NamedTuple):
    """A user of the local stack."""

    name: str
    password: str
    group: str


EDITOR = User("editor@example.com", "Editor-local-1", "editors")
ADMIN = User("admin@example.com", "Admin-local-12", "admins")


def create(port: int, outputs: Mapping[str, str], *users: User) -> None:
    """Creates the users in the stack's user pool, with their passwords and groups."""
    pool = outputs["UserPoolId"]
    client = cognito(port)
    for user in users:
        client.admin_create_user(
            UserPoolId=pool,
            Username=user.name,
            UserAttributes=[
                {"Name": "email", "Value": user.name},
                {"Name": "email_verified", "Value": "true"},
            ],
            MessageAction="SUPPRESS",
        )
        client.admin_set_user_password(
            UserPoolId=pool, Username=user.name, Password=user.password, Permanent=True
        )
        client.admin_add_user_to_group(UserPoolId=pool, Username=user.name, GroupName=user.group)


def sign_in(port: int, outputs: Mapping[str, str], user: User) -> dict[str, str]:
    """The user's tokens by Cognito's names: AccessToken, IdToken, RefreshToken."""
    response = cognito(port).initiate_auth(
        ClientId=outputs["UserPoolClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user.name, "PASSWORD": user.password},
    )
    tokens: dict[str, str] = response["AuthenticationResult"]
    return tokens


def cognito(port: int) -> Any:
    """A client of the emulator's Cognito."""
    return account.session().client("cognito-idp", endpoint_url=account.endpoint(port))
