"""What a stack decides once: its secret, and the scope of duplicates."""

from hashlib import sha256

import pytest

from seealso.store.tables import Store
from tests.submitting import sample_network
from tests.submitting.sample_network import SHOWN, WAITING
from tests.support import requests
from tests.support.environment import new_container
from tests.support.log import Log
from tests.support.requests import KEY, URL, fields, posted, problem, status_of
from tests.support.scan import scan

SCOPES = ["network", "page"]


def settings(store: Store) -> dict[str, str]:
    return {item["id"]: item["value"] for item in scan(store, store.sites) if "value" in item}


def test_neither_link_id_nor_token_follow_from_the_key_alone(network: Store) -> None:
    receipt = posted(SHOWN, key=KEY)
    for label, name in (("withdraw-token", "withdraw_token"), ("link-id", "link_id")):
        assert receipt[name] != sha256(f"{label}:{KEY}".encode()).hexdigest()[:32]
    assert len(settings(network)["token-secret"]) == 64


def test_the_secret_is_the_same_in_every_container(network: Store) -> None:
    receipt = posted(SHOWN, key=KEY)
    new_container()
    assert posted(SHOWN, key=KEY) == receipt | {"places_left": 4}
    requests.withdrawn(receipt)


def test_two_stacks_have_two_secrets(network: Store) -> None:
    first = posted(SHOWN, key=KEY)
    network.client.call(
        "DeleteItem",
        {
            "TableName": network.sites,
            "Key": {"kind": {"S": "setting"}, "id": {"S": "token-secret"}},
        },
    )
    new_container()
    second = posted(WAITING, "https://example.com/another", key=KEY)
    assert first["withdraw_token"] != second["withdraw_token"]


@pytest.mark.parametrize("scope", SCOPES)
def test_another_duplicate_scope_is_refused(
    network: Store, monkeypatch: pytest.MonkeyPatch, log: Log, scope: str
) -> None:
    other = SCOPES[1 - SCOPES.index(scope)]
    monkeypatch.setenv("DUPLICATE_SCOPE", scope)
    new_container()
    receipt = posted(SHOWN)
    monkeypatch.setenv("DUPLICATE_SCOPE", other)
    new_container()
    before = sample_network.uncounted(network)
    refused = requests.post(WAITING, fields(f"{URL}/2"))
    assert (refused.status, problem(refused)) == (503, "unavailable")
    assert sample_network.uncounted(network) == before
    assert f"Deploy it with DuplicateScope={scope} again" in log.text()
    # What is there can still be read and withdrawn.
    assert status_of(receipt) == "published"
    requests.withdrawn(receipt)
    monkeypatch.setenv("DUPLICATE_SCOPE", scope)
    new_container()
    assert posted(WAITING)["status"] == "pending"
