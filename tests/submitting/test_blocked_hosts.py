"""What blocked hosts cost: a submission reads the keys of its own host, however many there are."""

import pytest

from seealso.store.tables import Store, current_store
from tests.submitting.sample_network import SHOWN
from tests.support import gateway, requests
from tests.support.environment import new_container
from tests.support.factories import put_items
from tests.support.requests import fields, post, problem

HOST = "a.b.c.d.example.net"
URL = f"https://{HOST}/page"


def units_of_a_submission(url: str) -> float:
    new_container()
    assert post(SHOWN, fields(url), key=None).status in (201, 409)
    return current_store().client.usage.read_units


def units_of_a_page_view() -> float:
    new_container()
    assert gateway.get(f"/articles/{SHOWN}").status == 200
    return current_store().client.usage.read_units


@pytest.mark.parametrize("count", [1000, pytest.param(100_000, marks=pytest.mark.long)])
def test_many_blocked_hosts_cost_nobody_more(network: Store, count: int) -> None:
    requests.withdrawn(post(SHOWN, fields(URL)).json())  # the stack's settings are stored
    receipt_units, view_units = units_of_a_submission(URL), units_of_a_page_view()
    put_items(
        network,
        network.sites,
        (
            {"kind": "blocked", "id": f"h{number}.{HOST.removeprefix('a.')}", "network": True}
            for number in range(count)
        ),
    )
    assert units_of_a_submission(f"{URL}/2") <= receipt_units + 2
    assert units_of_a_page_view() == view_units
    blocked = post(SHOWN, fields(f"https://deep.h7.{HOST.removeprefix('a.')}/"))
    assert problem(blocked) == "url-not-acceptable"
