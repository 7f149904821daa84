"""What the stack says of the desk: its own address, and how the issuer knows it.

The issuer's client names the desk's address, which the API makes, which names this function. So no
variable of the function's environment can have the client's id: CloudFormation would find a cycle.
It is in a parameter of AWS Systems Manager, named after the stack, instead.
"""

import os

from seealso.desk.oidc import Provider
from seealso.editing.auth import Issuer
from seealso.settings import SettingsError, optional, string
from seealso.store.client import Client
from seealso.store.protocol import SSM
from seealso.store.tables import Store
from seealso.store.values import from_json


def own_url(store: Store) -> str:
    """The base URL of the desk, as the issuer has it: never by a request's Host header."""
    return _registration(store)["url"]


def provider(store: Store) -> Provider:
    """The issuer, and the desk as its client. Raises SettingsError."""
    registration = _registration(store)
    client_id, pool_domain = registration["client_id"], registration["pool_domain"]
    if not client_id:
        raise SettingsError("The desk needs AdminClientId, the client's id at AdminIssuer.")
    # Cognito's access tokens name the client in place of an audience.
    audience = client_id if pool_domain else string("ADMIN_AUDIENCE")
    issuer = Issuer(string("ADMIN_ISSUER"), audience, string("ADMIN_GROUPS_CLAIM"))
    return Provider(issuer, client_id, optional("ADMIN_SCOPES") or "openid", pool_domain)


def _registration(store: Store) -> dict[str, str]:
    """The parameter's members, read once per container. Raises StoreFailure."""
    if "desk" not in store.settings:
        endpoint = (
            os.environ.get("AWS_ENDPOINT_URL_SSM")
            or os.environ.get("AWS_ENDPOINT_URL")
            or string("SSM_ENDPOINT")
        )
        mine = store.client
        client = Client(endpoint.rstrip("/"), mine.region, mine.credentials, service=SSM)
        answer = client.call("GetParameter", {"Name": f"/{string('STACK_NAME')}/desk"})
        store.settings["desk"] = answer["Parameter"]["Value"]
    registration: dict[str, str] = from_json(store.settings["desk"])
    return registration
