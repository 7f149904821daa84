"""The desk over an engine that counts read units as AWS does, and an issuer that it knows."""

from collections.abc import Iterator

import pytest

from seealso.desk import oidc, settings
from seealso.store.tables import Store, reset_store
from tests.support import engines, tables
from tests.support import issuer as issuers
from tests.support.desk import ORIGIN
from tests.support.engines import Engines
from tests.support.environment import use_store
from tests.support.issuer import Issuer
from tests.support.person import Person

COUNTING = [name for name in engines.names() if name in ("dynamodb-local", "address")]


@pytest.fixture(params=COUNTING)
def counting_store(
    request: pytest.FixtureRequest, all_engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A function's environment over an engine that counts read units."""
    found = tables.make_store(all_engines.endpoint(request.param))
    use_store(found, monkeypatch)
    yield found
    reset_store()
    tables.drop(found)


@pytest.fixture
def issuer(deployed_environment: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    """An issuer that the desk of `deployed_environment` trusts."""
    oidc._discovered.clear()
    settings._read.clear()
    with issuers.serving(ORIGIN) as serving:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", serving.url)
        yield serving


@pytest.fixture
def ann(issuer: Issuer) -> Person:
    """An editor's browser, in which nobody has signed in yet."""
    return Person(issuer)
