"""Signing in to the desk: an issuer on loopback, and a desk that it knows."""

from collections.abc import Iterator

import pytest

from seealso.desk import oidc, settings
from seealso.store.tables import Store
from tests.support import issuer as issuers
from tests.support.desk import ORIGIN
from tests.support.issuer import Issuer
from tests.support.person import Person


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
