"""Who sent an admin request, or signs in to the desk, and what they may do.

The gateway's authorizer has checked the token's signature, issuer, audience and time before the
function is called. They are checked here again, for two reasons: it takes Cognito's ID tokens for
access tokens, and a route that lost its authorizer must not be open. The desk has its tokens from
the issuer itself (desk/oidc.py), and they must satisfy the same rules.
"""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from seealso.errors import Message, Refusal

EDITORS = "editors"
ADMINS = "admins"


class Issuer(NamedTuple):
    """Whose tokens are accepted, for which client, and which claim holds the groups."""

    url: str
    audience: str
    groups_claim: str


class Editor(NamedTuple):
    """Who sent the request: the user's name, and the groups that they are in."""

    name: str
    groups: frozenset[str]


def authorize(claims: Mapping[str, Any], token: str | None, issuer: Issuer, group: str) -> Editor:
    """The editor whose token has these claims, if they may do what the group may.

    `claims` are those that the gateway's authorizer hands over, `token` is what it has verified.
    `group` is EDITORS or ADMINS; admins may do everything. Raises Refusal `unauthorized` for a
    token that is not an access token of the issuer, `forbidden` for other groups.
    """
    editor = identify(claims, token, issuer)
    if not editor.groups & {group, ADMINS}:
        detail = Message("This operation requires the {group} group.", group=group)
        raise Refusal("forbidden", detail)
    return editor


def identify(claims: Mapping[str, Any], token: str | None, issuer: Issuer) -> Editor:
    """The person whose token has these claims, who may be in no group; as authorize().

    Raises Refusal `unauthorized` for a token that is not an access token of the issuer.
    """
    name = claims.get("username") or claims.get("sub")
    payload = claims_in(token)
    if not (name and _is_access_token(claims, payload, issuer) and _is_valid_now(claims)):
        raise Refusal(
            "unauthorized",
            "Send an access token of this deployment's issuer: Authorization: Bearer <token>.",
        )
    return Editor(str(name), strings_in(payload.get(issuer.groups_claim)))


def strings_in(claim: Any) -> frozenset[str]:
    """The strings of a claim that is a string or a list of them, such as groups or audiences."""
    members = claim if isinstance(claim, list) else [claim]
    return frozenset(member for member in members if isinstance(member, str))


def claims_in(token: str | None) -> dict[str, Any]:
    """The claims in a token (RFC 7519), {} if it has none; who signed it is not checked.

    The gateway hands a claim that is a list over as one string, "[editors it admins]", in which
    names with spaces can no longer be told apart. So lists are read from the token itself; that
    it is the one that the authorizer has verified is known by the claims that both have.
    """
    _, _, rest = (token or "").partition(".")
    encoded = rest.partition(".")[0]
    try:
        payload = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}


def _is_access_token(claims: Mapping[str, Any], payload: Mapping[str, Any], issuer: Issuer) -> bool:
    """Whether the token is an access token of the issuer, for this deployment's client."""
    if any(str(payload.get(name)) != str(claims.get(name)) for name in ("iss", "sub", "exp")):
        return False
    if claims.get("iss") != issuer.url:
        return False
    if "token_use" in claims:
        # Cognito's access tokens name their client instead of an audience (AWS "Understanding the
        # access token"); its ID tokens, which name both, are for the client alone.
        return (claims["token_use"], claims.get("client_id")) == ("access", issuer.audience)
    return issuer.audience in strings_in(payload.get("aud"))


def _is_valid_now(claims: Mapping[str, Any]) -> bool:
    try:
        return float(claims["exp"]) > time.time()
    except (KeyError, TypeError, ValueError):
        return False
