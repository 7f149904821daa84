"""The tables of a running stack, for what no client of its API can do."""

from local import account
from local.deploy import STACK_NAME
from local.stack import Stack
from seealso.store.tables import Store
from tests.support import tables


def deployed_store(stack: Stack) -> Store:
    """A store over the stack's tables, with all rights. Close its client."""
    endpoint = account.endpoint(stack.port)
    cloudformation = account.session().client("cloudformation", endpoint_url=endpoint)
    resources = cloudformation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    names = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    return Store(
        tables.client(endpoint),
        articles=names["ArticlesTable"],
        links=names["LinksTable"],
        sites=names["SitesTable"],
        skips=names["SkipsTable"],
        audit=names["AuditTable"],
        transient=names["TransientTable"],
    )
