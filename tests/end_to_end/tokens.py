"""Tokens that must not open the admin endpoint: of others, spoilt, and forged."""

import base64
import json
import secrets
import time
from contextlib import suppress
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local import editors
from local.editors import ADMIN, User
from tests.end_to_end.conftest import Deployed

# What every admin route answers to each: 401 to who is not known, 403 to who is not an editor.
REFUSED = {
    "no token": 401,
    "no JWT": 401,
    "signature flipped": 401,
    "groups rewritten": 401,
    "not signed": 401,
    "signed by another key": 401,
    "expired": 401,
    "of another issuer": 401,
    "of another client": 401,
    "an ID token": 401,
    "in no group": 403,
    "in group noteditors": 403,
}


def refused_tokens(deployed: Deployed) -> dict[str, str | None]:
    """A token for each of REFUSED; but for its one fault each is an admin's."""
    tokens = _tokens(deployed, ADMIN)
    good = tokens["AccessToken"]
    header, body, signature = good.split(".")
    claims, key = claims_of(good), pool_key(deployed)
    now = int(time.time())
    old = {"iat": now - 7200, "auth_time": now - 7200, "exp": now - 3600}
    other_key = generate_private_key(public_exponent=65537, key_size=2048)
    other_issuer = {"iss": claims["iss"].replace("amazonaws", "example")}
    richer = _encoded(claims | {"cognito:groups": ["editors", "admins"]})
    return {
        "no token": None,
        "no JWT": "letmein",
        "signature flipped": f"{header}.{body}.{_flipped(signature)}",
        "groups rewritten": f"{header}.{richer}.{signature}",
        "not signed": f"{_encoded(_header(good) | {'alg': 'none'})}.{body}.",
        "signed by another key": signed(_header(good), claims, other_key),
        "expired": signed(_header(good), claims | old, key),
        "of another issuer": signed(_header(good), claims | other_issuer, key),
        "of another client": _of_another_client(deployed),
        "an ID token": tokens["IdToken"],
        "in no group": _of_group(deployed, None),
        "in group noteditors": _of_group(deployed, "noteditors"),
    }


def resigned(deployed: Deployed) -> str:
    """An admin's token, signed anew with the pool's key: as good as the pool's own."""
    good = _tokens(deployed, ADMIN)["AccessToken"]
    return signed(_header(good), claims_of(good), pool_key(deployed))


def claims_of(token: str) -> dict[str, Any]:
    """What a token says."""
    return _decoded(token.split(".")[1])


def pool_key(deployed: Deployed) -> RSAPrivateKey:
    """The key of the emulator's user pool for access tokens, from where the emulator keeps it."""
    name = f"{deployed.stack.outputs['UserPoolId']}-access.pem"
    file = deployed.folder / "emulator/state/cognito-pool-keys" / name
    key = load_pem_private_key(file.read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


def signed(header: dict[str, Any], claims: dict[str, Any], key: RSAPrivateKey) -> str:
    """A token of these claims (RFC 7515, section 3.1; RS256)."""
    text = f"{_encoded(header)}.{_encoded(claims)}"
    return f"{text}.{_base64(key.sign(text.encode(), PKCS1v15(), SHA256()))}"


def _tokens(deployed: Deployed, user: User) -> dict[str, str]:
    return editors.sign_in(deployed.stack.port, deployed.stack.outputs, user)


def _of_another_client(deployed: Deployed) -> str:
    made = editors.cognito(deployed.stack.port).create_user_pool_client(
        UserPoolId=deployed.stack.outputs["UserPoolId"],
        ClientName="another",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    outputs = deployed.stack.outputs | {"UserPoolClientId": made["UserPoolClient"]["ClientId"]}
    return editors.sign_in(deployed.stack.port, outputs, ADMIN)["AccessToken"]


def _of_group(deployed: Deployed, group: str | None) -> str:
    """The token of a user who was in the group admins and is in this one alone now."""
    cognito = editors.cognito(deployed.stack.port)
    user = User(f"{secrets.token_hex(6)}@example.com", "Outsider-local-1", ADMIN.group)
    editors.create(deployed.stack.port, deployed.stack.outputs, user)
    there = {"UserPoolId": deployed.stack.outputs["UserPoolId"]}
    cognito.admin_remove_user_from_group(**there, Username=user.name, GroupName=user.group)
    if group:
        # Another worker's tests may have been first.
        with suppress(cognito.exceptions.GroupExistsException):
            cognito.create_group(**there, GroupName=group)
        cognito.admin_add_user_to_group(**there, Username=user.name, GroupName=group)
    return _tokens(deployed, user)["AccessToken"]


def _header(token: str) -> dict[str, Any]:
    return _decoded(token.split(".")[0])


def _flipped(signature: str) -> str:
    # In the middle: of the last character some bits mean nothing.
    half = len(signature) // 2
    return f"{signature[:half]}{'A' if signature[half] != 'A' else 'B'}{signature[half + 1 :]}"


def _encoded(values: dict[str, Any]) -> str:
    return _base64(json.dumps(values).encode())


def _decoded(part: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return values


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
