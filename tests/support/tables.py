"""The project's tables on any engine, made from template.yaml, and a store over them."""

import secrets
from functools import cache
from typing import Any

from cfnlint.decode import cfn_yaml

from local.paths import ROOT
from seealso.store.client import Client
from seealso.store.protocol import Credentials
from seealso.store.tables import Store

REGION = "eu-west-1"
# Of editors' tokens.
ISSUER = f"https://cognito-idp.{REGION}.amazonaws.com/{REGION}_Editors00"
AUDIENCE = "client0000000000000000000"
CREDENTIALS = Credentials("test", "test", None)
_MEMBERS = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


@cache
def table_definitions() -> dict[str, dict[str, Any]]:
    """CreateTable's members of each table of template.yaml, by logical id."""
    resources = cfn_yaml.load(str(ROOT / "template.yaml"))["Resources"]
    return {
        logical_id: {
            member: resource["Properties"][member]
            for member in _MEMBERS
            if member in resource["Properties"]
        }
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }


def client(endpoint: str, limit_seconds: float = 20.0) -> Client:
    """A client of an engine that runs here, which a busy machine may slow down."""
    return Client(endpoint, REGION, lambda: CREDENTIALS, limit_seconds, limit_seconds)


def make_store(endpoint: str) -> Store:
    """Empty tables under names of their own, and the store over them."""
    prefix = f"t{secrets.token_hex(6)}-"
    made = client(endpoint)
    for logical_id, definition in table_definitions().items():
        made.call("CreateTable", {"TableName": prefix + logical_id, **definition})
    return Store(
        made,
        articles=f"{prefix}ArticlesTable",
        links=f"{prefix}LinksTable",
        sites=f"{prefix}SitesTable",
        skips=f"{prefix}SkipsTable",
        audit=f"{prefix}AuditTable",
        transient=f"{prefix}TransientTable",
    )


def drop(store: Store) -> None:
    """Delete the tables, which would stay in the engine's memory, and close the connections."""
    for name in (
        store.articles,
        store.links,
        store.sites,
        store.skips,
        store.audit,
        store.transient,
    ):
        store.client.call("DeleteTable", {"TableName": name})
    store.client.close()


def another(store: Store) -> Store:
    """A store of its own, for another thread, over the same tables."""
    mine = store.client
    theirs = client(mine.endpoint, mine.limit_seconds or 20.0)
    return Store(
        theirs, store.articles, store.links, store.sites, store.skips, store.audit, store.transient
    )
