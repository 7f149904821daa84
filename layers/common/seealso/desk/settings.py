"""How people sign in: the issuer of the desk's tokens, and how the desk is registered there.

The issuer's client names the desk's address, which the API makes, which names this function. So no
variable of the function's environment can have the client's id: CloudFormation would find a cycle.
All of it is in one parameter of AWS Systems Manager instead, named after the stack.
"""

import os
from typing import NamedTuple

from seealso.desk.oidc import Provider, SignInFailed
from seealso.editing.auth import Issuer
from seealso.errors import StoreFailure
from seealso.settings import string
from seealso.store.caches import Cache
from seealso.store.client import Client
from seealso.store.protocol import SSM
from seealso.store.tables import Store
from seealso.store.values import from_json


class Registration(NamedTuple):
    """The desk's base URL, as it is registered, and the issuer."""

    url: str
    provider: Provider


# Anybody may begin to sign in, and an account reads 40 parameters a second (AWS "Systems Manager
# quotas"). A changed parameter is noticed after 5 minutes.
_read: Cache[str, Registration] = Cache(300.0, 1)


def registration(store: Store) -> Registration:
    """How the desk is registered. Raises SignInFailed if nobody can say it."""
    name = f"/seealso/{string('STACK_NAME')}/desk"
    return _read.get(name) or _read.put(name, _registration(store, name))


def _registration(store: Store, name: str) -> Registration:
    endpoint = (
        os.environ.get("AWS_ENDPOINT_URL_SSM")
        or os.environ.get("AWS_ENDPOINT_URL")
        or string("SSM_ENDPOINT")
    )
    like = store.client
    client = Client(
        endpoint.rstrip("/"), like.region, like.credentials, like.limit_seconds, service=SSM
    )
    try:
        answer = client.call("GetParameter", {"Name": name})
    except StoreFailure as failure:
        raise SignInFailed(f"{name} cannot be read: {failure}") from None
    found: dict[str, str] = from_json(answer["Parameter"]["Value"])
    if not found["client_id"]:
        raise SignInFailed("the stack's parameter AdminClientId is empty")
    issuer = Issuer(found["issuer"], found["audience"], found["groups_claim"])
    provider = Provider(issuer, found["client_id"], found["scopes"], found["login"])
    return Registration(found["url"], provider)
