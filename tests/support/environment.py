"""The environment of the deployed functions, over a test's tables, and new containers."""

from functools import partial

import pytest

from seealso.store import tables as store_tables
from seealso.store.client import ATTEMPT_SECONDS, Client
from seealso.store.tables import Store, reset_store
from tests.support import tables

# A busy machine is no fault of a function. Tests of the production limits set them themselves.
LIMIT_SECONDS = 20.0


def variables(store: Store) -> dict[str, str]:
    """What a function's environment must hold to use this store."""
    return {
        "AWS_REGION": tables.REGION,
        "AWS_ACCESS_KEY_ID": tables.CREDENTIALS.access_key,
        "AWS_SECRET_ACCESS_KEY": tables.CREDENTIALS.secret_key,
        "AWS_ENDPOINT_URL_DYNAMODB": store.client.endpoint,
        "AWS_LAMBDA_FUNCTION_NAME": "seealso-test-Function",
        "STACK_NAME": "seealso-test",
        "STACK_UUID": "51af3dc0-da77-11e4-872e-1234567db123",
        "ARTICLES_TABLE": store.articles,
        "LINKS_TABLE": store.links,
        "SITES_TABLE": store.sites,
        "SKIPS_TABLE": store.skips,
        "AUDIT_TABLE": store.audit,
        "TRANSIENT_TABLE": store.transient,
        "ADMIN_ISSUER": tables.ISSUER,
        "ADMIN_AUDIENCE": tables.AUDIENCE,
        "ADMIN_GROUPS_CLAIM": "cognito:groups",
        "AUDIT_DAYS": "365",
        "LINK_DAYS": "365",
        "CONTACT_URL": "mailto:editors@example.org",
        "PRIVACY_URL": "https://example.org/privacy",
        "ORIGIN_SECRETS": "",
        "SERVER_TIMING": "off",
        "DUPLICATE_SCOPE": "network",
        "SUBMITS_PER_TEN_MINUTES": "100000",
        "OWN_URLS": "https://api.seealso.example",
        "CHECK_FETCHES_PER_HOUR": "60",
        "GRAPHQL_INTROSPECTION": "on",
        "GRAPHQL_TOKENS": "5000",
        "GRAPHQL_DEPTH": "20",
        "GRAPHQL_FIELDS": "500",
        "GRAPHQL_TOP_FIELDS": "50",
        "GRAPHQL_DIRECTIVES": "100",
        "GRAPHQL_INDEX_ENTRIES": "2000",
        "GRAPHQL_READ_UNITS": "200",
        "GRAPHQL_DOCUMENTS": "any",
    }


def use_store(
    store: Store, monkeypatch: pytest.MonkeyPatch, *, endpoint: str | None = None
) -> None:
    """Let the functions use this store's tables, through the proxy at `endpoint` if given.

    A proxy swallows answers, so attempts through it have the production limit.
    """
    for name, value in variables(store).items():
        monkeypatch.setenv(name, value)
    attempt_seconds = LIMIT_SECONDS
    if endpoint is not None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
        attempt_seconds = ATTEMPT_SECONDS
    monkeypatch.setattr(store_tables, "Client", _patient(attempt_seconds))
    new_container()


def be_patient() -> None:
    """Let all functions of this process wait for a busy machine; for programs that tests start."""
    pytest.MonkeyPatch().setattr(store_tables, "Client", _patient(LIMIT_SECONDS))


def _patient(attempt_seconds: float) -> "partial[Client]":
    return partial(Client, limit_seconds=LIMIT_SECONDS, attempt_seconds=attempt_seconds)


def new_container() -> None:
    """Let this thread's next request meet a function that has read nothing yet."""
    reset_store()
