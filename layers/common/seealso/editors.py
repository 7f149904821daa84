"""Editors: who sent an admin request, and what they may do.

The gateway's authorizer has checked the token's signature, issuer, audience and time before the
function is called. It is checked here again, for two reasons: it takes Cognito's ID tokens for
access tokens, and a route that lost its authorizer must not be open.
"""

import os
import time
from typing import Any, NamedTuple

from seealso.problems import Problem

type Event = dict[str, Any]

EDITORS = "editors"
ADMINS = "admins"


class Editor(NamedTuple):
    """Who sent the request: the user's name, and the groups that they are in."""

    name: str
    groups: frozenset[str]


def editor_of(event: Event, group: str) -> Editor:
    """The editor whose token the request has, if they may do what the group may.

    `group` is EDITORS or ADMINS; admins may do all. Raises Problem 401 for a token that is not an
    access token of this deployment, 403 for other groups.
    """
    authorizer = event["requestContext"].get("authorizer") or {}
    claims: dict[str, Any] = (authorizer.get("jwt") or {}).get("claims") or {}
    name = claims.get("username") or claims.get("sub")
    if not name or not _is_ours(claims) or not _is_valid_now(claims):
        detail = "Send an access token of this deployment's issuer: Authorization: Bearer <token>."
        raise Problem("unauthorized", detail, headers={"www-authenticate": "Bearer"})
    groups = groups_in(claims.get(os.environ["ADMIN_GROUPS_CLAIM"]))
    if not groups & {group, ADMINS}:
        raise Problem("forbidden", f"This is for the group {group}; your token is not in it.")
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


def _is_ours(claims: dict[str, Any]) -> bool:
    """Whether the token is an access token of the issuer, for this deployment's client."""
    if claims.get("iss") != os.environ["ADMIN_ISSUER"]:
        return False
    audience = os.environ["ADMIN_AUDIENCE"]
    if "token_use" in claims:
        # Cognito's access tokens name their client instead of an audience (AWS "Understanding the
        # access token"); its ID tokens, which name both, are for the client alone.
        return (claims["token_use"], claims.get("client_id")) == ("access", audience)
    return audience in groups_in(claims.get("aud"))


def _is_valid_now(claims: dict[str, Any]) -> bool:
    try:
        return float(claims["exp"]) > time.time()
    except (KeyError, TypeError, ValueError):
        return False
