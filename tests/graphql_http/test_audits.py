"""/graphql is GraphQL over HTTP, also in what that only recommends."""

import pytest

from seealso.store.tables import Store
from tests.graphql_http import PACKAGES, audit
from tests.support import gateway
from tests.support.node_packages import serving


@pytest.mark.engine
@pytest.mark.skipif(
    not PACKAGES.is_available(),
    reason="needs Node 20, npm and their packages, which make test fetches; CI=true fails without",
)
def test_every_audit_passes(deployed_environment: Store) -> None:
    with serving(gateway.application) as url:
        found = audit(f"{url}/graphql")
    assert len(found) == 61
    failed = [
        f"{each.id} {each.name}: {each.status}, {each.reason}"
        for each in found
        if each.status != "ok"
    ]
    assert not failed, "\n".join(failed)
