"""Who sent an admin request, and what they may do.

The gateway's authorizer has checked the token's signature, issuer, audience and time before the
function is called. They are checked here again, for two reasons: it takes Cognito's ID tokens for
access tokens, and a route that lost its authorizer must not be open.
"""

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


def authorize(claims: Mapping[str, Any], issuer: Issuer, group: str) -> Editor:
    """The editor whose token has these claims, if they may do what the group may.

    `group` is EDITORS or ADMINS; admins may do everything. Raises Refusal `unauthorized` for a
    token that is not an access token of the issuer, `forbidden` for other groups.
    """
    name = claims.get("username") or claims.get("sub")
    if not name or not _is_access_token(claims, issuer) or not _is_valid_now(claims):
        raise Refusal(
            "unauthorized",
            "Send an access token of this deployment's issuer: Authorization: Bearer <token>.",
        )
    groups = groups_in(claims.get(issuer.groups_claim))
    if not groups & {group, ADMINS}:
        detail = Message("This operation requires the {group} group.", group=group)
        raise Refusal("forbidden", detail)
    return Editor(str(name), groups)


def groups_in(claim: Any) -> frozenset[str]:
    """The groups of a claim as the gateway hands it over: "[editors admins]".

    It writes every claim that is a list so (AWS "Controlling access to HTTP APIs with JWT
    authorizers"); the names in it have no spaces (Cognito allows none).
    """
    if not isinstance(claim, str):
        return frozenset()
    if claim.startswith("[") and claim.endswith("]"):
        return frozenset(claim[1:-1].split())
    return frozenset([claim])


def _is_access_token(claims: Mapping[str, Any], issuer: Issuer) -> bool:
    """Whether the token is an access token of the issuer, for this deployment's client."""
    if claims.get("iss") != issuer.url:
        return False
    if "token_use" in claims:
        # Cognito's access tokens name their client instead of an audience (AWS "Understanding the
        # access token"); its ID tokens, which name both, are for the client alone.
        return (claims["token_use"], claims.get("client_id")) == ("access", issuer.audience)
    return issuer.audience in groups_in(claims.get("aud"))


def _is_valid_now(claims: Mapping[str, Any]) -> bool:
    try:
        return float(claims["exp"]) > time.time()
    except (KeyError, TypeError, ValueError):
        return False
