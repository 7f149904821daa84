"""How often a client may submit: counted for all containers together, and no address kept."""

import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cfnlint.decode import cfn_yaml

from local.paths import ROOT
from seealso.store.tables import Store
from tests.submitting import sample_network
from tests.submitting.conftest import Clock
from tests.submitting.sample_network import SHOWN, WAITING
from tests.support import requests
from tests.support.invariants import check
from tests.support.races import at_once
from tests.support.requests import fields, post, problem
from tests.support.scan import everything

WINDOW_LEFT = 400  # seconds, at the clock's 10:03:20


def submit(number: int, address: str = "198.51.100.23") -> int:
    """The status of a submission with a URL of its own."""
    url = f"https://example.com/{sha256(address.encode()).hexdigest()[:8]}/{number}"
    return post(WAITING, fields(url), address=address).status


@pytest.fixture
def three_per_window(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three submissions in ten minutes, in a window that does not end during the test."""
    request.getfixturevalue("anywhere" if "tables" in request.fixturenames else "network")
    monkeypatch.setenv("SUBMITS_PER_TEN_MINUTES", "3")
    request.getfixturevalue("clock")


@pytest.fixture
def tables(anywhere: Store, three_per_window: None) -> Store:
    """The tables on each engine."""
    return anywhere


@pytest.fixture
def quick(network: Store, three_per_window: None) -> Store:
    """The tables on moto."""
    return network


def test_limits_the_submissions_of_a_client(tables: Store) -> None:
    assert [submit(number) for number in range(3)] == [201] * 3
    before = sample_network.uncounted(tables)
    for _ in range(2):
        response = post(WAITING, address="198.51.100.23")
        assert (response.status, problem(response)) == (429, "rate-limited")
        assert response.headers["retry-after"] == str(WINDOW_LEFT)
    assert sample_network.uncounted(tables) == before


def test_retry_after_is_long_enough(quick: Store, clock: Clock) -> None:
    for number in range(4):
        submit(number)
    clock.forward(seconds=WINDOW_LEFT - 1)
    response = post(WAITING, address="198.51.100.23")
    assert (response.status, response.headers["retry-after"]) == (429, "1")
    clock.forward(milliseconds=999)
    assert post(WAITING, address="198.51.100.23").headers["retry-after"] == "1"
    clock.forward(milliseconds=1)
    assert [submit(number) for number in range(10, 14)] == [201, 201, 201, 429]


def test_clients_are_counted_separately(quick: Store) -> None:
    for number in range(4):
        submit(number)
    assert submit(0, "198.51.100.24") == 201


def test_behind_the_cdn_its_viewers_are_clients(
    quick: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORIGIN_SECRETS", "1a2b.secret")

    def status(number: int, viewer: str) -> int:
        headers = {"X-Origin-Secret": "1a2b.secret", "X-Viewer-Address": viewer}
        return post(WAITING, fields(f"https://example.com/{number}"), headers=headers).status

    assert [status(number, "198.51.100.23") for number in range(4)] == [201, 201, 201, 429]
    assert status(4, "198.51.100.24") == 201
    # Forged, past the CDN: it is not even counted.
    assert post(WAITING, headers={"X-Viewer-Address": "198.51.100.25"}).status == 403
    assert len(sample_network.kept(quick, "submissions")) == 2


@pytest.mark.parametrize(
    "same",
    [
        ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:DB8:1:2:0::"],
        ["198.51.100.23"] * 3,
    ],
    ids=["ipv6", "ipv4"],
)
def test_addresses_of_a_network_are_counted_together(quick: Store, same: list[str]) -> None:
    for number, address in enumerate(same):
        assert submit(number, address) == 201
    assert [submit(9, address) for address in same] == [429] * 3
    assert submit(9, "2001:db8:1:3::1") == 201
    assert submit(9, "2001:db8:0:2::1") == 201
    assert len(sample_network.kept(quick, "submissions")) == 3


def test_counts_replays_and_refusals(quick: Store) -> None:
    for _ in range(2):
        assert post(SHOWN, key=requests.KEY).status == 201
    assert problem(post(SHOWN)) == "duplicate-link"
    assert problem(post(SHOWN, key=requests.KEY)) == "rate-limited"


def test_all_containers_share_one_limit(tables: Store) -> None:
    statuses = at_once(submit, range(16))
    assert sorted(statuses) == [201] * 3 + [429] * 13
    (count,) = sample_network.kept(tables, "submissions")
    assert count["requests"] == 16
    check(tables, within_caps=False)


def test_racing_containers_share_one_key_of_the_day(tables: Store) -> None:
    at_once(lambda number: submit(0, f"198.51.100.{number}"), range(16))
    (key,) = sample_network.kept(tables, "day-key")
    assert len(bytes.fromhex(key["key"])) == 32
    # Each client has its own count: all 16 used the same key, now and afterwards.
    assert len(sample_network.kept(tables, "submissions")) == 16
    submit(1, "198.51.100.3")
    counts = [each["requests"] for each in sample_network.kept(tables, "submissions")]
    assert sorted(counts) == [1] * 15 + [2]


@pytest.mark.long
@pytest.mark.parametrize("round_", range(10))
def test_racing_containers_share_one_key_of_the_day_in_many_rounds(
    tables: Store, round_: int
) -> None:
    test_racing_containers_share_one_key_of_the_day(tables)


def test_stores_no_address(quick: Store) -> None:
    addresses = ["198.51.100.23", "2001:db8:1:2::77"]
    for address in addresses:
        submit(0, address)
        submit(0, address)
    stored = json.dumps(everything(quick))
    (key,) = [bytes.fromhex(each["key"]) for each in sample_network.kept(quick, "day-key")]
    for address in [*addresses, "2001:db8:1:2::/64", "2001:db8:1:2::"]:
        assert address not in stored
        # Nor anything that finds it again by trying all there are, once the day's key is gone.
        assert sha256(address.encode()).hexdigest()[:32] not in stored
    hashed = hmac.digest(key, b"198.51.100.23", "sha256").hex()[:32]
    assert hashed in stored


def test_counters_expire(quick: Store, clock: Clock) -> None:
    submit(0)
    (count,) = sample_network.kept(quick, "submissions")
    (key,) = sample_network.kept(quick, "day-key")
    resources = cfn_yaml.load(str(ROOT / "template.yaml"))["Resources"]
    live = resources["TransientTable"]["Properties"]["TimeToLiveSpecification"]
    assert live["Enabled"] is True
    now = clock.time.timestamp()
    assert now + WINDOW_LEFT <= count[live["AttributeName"]] <= now + 3600
    assert key[live["AttributeName"]] == int(now) + 2 * 24 * 3600
    for kind in ("link", "claim", "page"):
        (item,) = sample_network.kept(quick, kind)
        # The time to live is a number; when a link expires is not.
        assert not isinstance(item.get(live["AttributeName"]), int)


def test_each_day_has_its_own_key(quick: Store, clock: Clock) -> None:
    clock.time = datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)
    submit(0)
    clock.forward(seconds=1)
    submit(1)
    submit(2)
    keys = sample_network.kept(quick, "day-key")
    assert [each["pk"] for each in keys] == ["day-key#2026-11-23", "day-key#2026-11-24"]
    assert keys[0]["key"] != keys[1]["key"]
    ids = {each["pk"].split("#")[1] for each in sample_network.kept(quick, "submissions")}
    assert len(ids) == 2
