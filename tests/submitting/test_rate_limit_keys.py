"""submitting/rate_limit.py on its own: who is one client, and for how long.

tests/submitting/test_rate_limit.py has the limit as clients meet it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from seealso.store.tables import Store
from seealso.store.values import marshal_item
from seealso.submitting.rate_limit import count_request, requests_counted, seconds_left
from tests.support.fake_client import Database, fake_store

NOW = datetime(2026, 11, 23, 10, 3, 20, tzinfo=UTC)


@pytest.fixture
def store() -> Store:
    return fake_store(Database())


def counter(store: Store, address: str, now: datetime = NOW) -> Any:
    """The key of the item that counts a client's submissions."""
    return count_request(store, "submissions", address, now).body["Key"]["pk"]["S"]


@pytest.mark.parametrize(
    ("address", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("2001:0db8:0001:0002::1", "2001:db8:1:2::1", True),
        ("unknown", "unknown", True),
        ("unknown", "192.0.2.7", False),
    ],
)
def test_a_client_is_an_ipv4_address_or_an_ipv6_64(
    store: Store, address: str, other: str, same: bool
) -> None:
    assert (counter(store, address) == counter(store, other)) is same


def test_a_window_lasts_ten_minutes(store: Store) -> None:
    start = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    last = start + timedelta(seconds=599.9)
    assert counter(store, "192.0.2.7", start) == counter(store, "192.0.2.7", last)
    assert counter(store, "192.0.2.7", start) != counter(
        store, "192.0.2.7", start + timedelta(seconds=600)
    )
    assert (seconds_left(start), seconds_left(NOW), seconds_left(last)) == (600, 400, 1)


def test_a_days_key_is_read_once_in_a_container(store: Store) -> None:
    first = counter(store, "192.0.2.7")
    requests = store.client.usage.requests
    assert counter(store, "192.0.2.7") == first
    assert store.client.usage.requests == requests
    store.day_key = None  # as in another container
    assert counter(store, "192.0.2.7") == first
    assert counter(store, "192.0.2.7", NOW + timedelta(days=1)).split("#")[1] != first.split("#")[1]
    assert "192.0.2.7" not in first


def test_a_days_key_expires(store: Store) -> None:
    counter(store, "192.0.2.7")
    item = store.client.get_item(store.transient, {"pk": "day-key#2026-11-23"})
    assert item is not None
    assert item["expires_at"] == int((NOW + timedelta(days=2)).timestamp())


def test_reads_the_count_of_an_answer() -> None:
    assert requests_counted({"Attributes": marshal_item({"requests": 3})}) == 3
