"""/graphql is GraphQL over HTTP, also in what that only recommends."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from werkzeug.serving import make_server

from seealso.store.tables import Store
from tests import graphql_http
from tests.support import gateway


@contextmanager
def _serving() -> Iterator[str]:
    """The API on a free port."""
    server = make_server("127.0.0.1", 0, gateway.application)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()


@pytest.mark.engine
@pytest.mark.skipif(
    not graphql_http.is_available(),
    reason="needs Node 20, npm and their packages, which make test fetches; CI=true fails without",
)
def test_every_audit_passes(deployed_environment: Store) -> None:
    with _serving() as url:
        found = graphql_http.audit(f"{url}/graphql")
    assert len(found) == 61
    failed = [
        f"{each.id} {each.name}: {each.status}, {each.reason}"
        for each in found
        if each.status != "ok"
    ]
    assert not failed, "\n".join(failed)
