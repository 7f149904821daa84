"""What a submitter sees of the checks of their page, and how they ask for another."""

from datetime import timedelta
from typing import Any

import pytest

from seealso.store.tables import Store, current_store
from seealso.store.values import Json
from seealso.tables import checks
from seealso.tables.links import get_link
from seealso.times import rfc3339
from tests.submitting import sample_network
from tests.submitting.conftest import Clock
from tests.submitting.sample_network import SHOWN, WAITING
from tests.support import requests
from tests.support.fake_pages import MISSING, STATUS, FakePages, Page, run_all
from tests.support.gateway import Response
from tests.support.invariants import check
from tests.support.requests import call, posted, problem
from tests.support.scan import unchanged

URL = "https://blog.example.com/page"


def status(receipt: Json) -> Json:
    response = call("GET /links/{link_id}", {"link_id": receipt["link_id"]})
    assert response.status == 200
    found: Json = response.json()
    return found


def look(clock: Clock, page: Page) -> None:
    """Check what is due, an hour later."""
    clock.forward(hours=1)
    world = FakePages(clock.time, {URL: page})
    run_all(world.tools(current_store))
    assert world.failures == []


def ask(receipt: Json, token: str | None = None) -> Response:
    headers = {"Authorization": f"Bearer {token or receipt['withdraw_token']}"}
    return call("POST /links/{link_id}/check", {"link_id": receipt["link_id"]}, headers)


def test_a_status_tells_what_was_found(anywhere: Store, clock: Clock) -> None:
    receipt = posted(WAITING, URL)
    first = status(receipt)
    assert (first["checked_at"], first["found"]) == (None, None)
    assert first["next_check_at"] == first["submitted_at"]
    assert first["explanation"] == "Your page has not been looked at yet."

    look(clock, Page(finding=MISSING))
    second = status(receipt)
    assert second["link_back"] == "missing"
    assert second["checked_at"] == rfc3339(clock.time)
    assert second["next_check_at"] == rfc3339(clock.time + timedelta(hours=23))
    assert second["found"] is None
    assert second["explanation"] == "Your page has no link to the article."

    clock.forward(hours=22)
    look(clock, Page(url="https://blog.example.com/final"))
    third = status(receipt)
    assert (third["link_back"], third["next_check_at"]) == ("seen", None)
    assert third["found"] == {
        "href": "https://seven.example.com/1",
        "rel": None,
        "final_url": "https://blog.example.com/final",
    }
    requests.withdrawn(receipt)
    last = status(receipt)
    assert (last["found"], last["checked_at"], last["explanation"]) == (None, None, "")
    check(anywhere, within_caps=False)


def test_a_check_can_be_asked_for_once_in_ten_minutes(anywhere: Store, clock: Clock) -> None:
    receipt = posted(SHOWN, URL)
    look(clock, Page())
    response = ask(receipt)
    assert response.status == 202
    assert response.json() == {
        "link_id": receipt["link_id"],
        "next_check_at": rfc3339(clock.time),
    }
    assert status(receipt)["next_check_at"] == rfc3339(clock.time)
    check(anywhere, within_caps=False)
    clock.forward(minutes=9, seconds=30)
    with unchanged(anywhere):
        refused = ask(receipt)
    assert (problem(refused), refused.headers["retry-after"]) == ("rate-limited", "30")
    clock.forward(seconds=30)
    assert ask(receipt).status == 202
    look(clock, Page(410, STATUS))
    assert status(receipt)["status"] == "lapsed"
    check(anywhere, within_caps=False)


def test_a_first_check_is_due_anyway(network: Store, clock: Clock) -> None:
    receipt = posted(SHOWN, URL)
    with unchanged(network):
        assert ask(receipt).json()["next_check_at"] == rfc3339(clock.time)


@pytest.mark.parametrize("ended", ["withdrawn", "rejected"])
def test_an_ended_link_is_not_checked(network: Store, ended: str) -> None:
    receipt = posted(WAITING, URL)
    if ended == "withdrawn":
        requests.withdrawn(receipt)
    else:
        sample_network.change(network, receipt, "rejected")
    with unchanged(network):
        assert problem(ask(receipt)) == "conflict"


def test_only_the_token_asks_for_checks(network: Store) -> None:
    receipt = posted(SHOWN, URL)
    path = {"link_id": receipt["link_id"]}
    assert problem(ask(receipt, "another")) == "forbidden"
    assert problem(call("POST /links/{link_id}/check", path)) == "unauthorized"
    assert problem(ask({**receipt, "link_id": "0" * 32})) == "not-found"


def test_a_change_meanwhile_is_looked_at_again(
    network: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor removes the link between its being read and the check's being planned."""
    receipt = posted(SHOWN, URL)
    look(clock, Page())
    request_check = checks.request_check

    def remove_first(*arguments: Any, **options: Any) -> None:
        monkeypatch.setattr(checks, "request_check", request_check)
        sample_network.change(network, receipt, "removed")
        request_check(*arguments, **options)

    monkeypatch.setattr(checks, "request_check", remove_first)
    assert problem(ask(receipt)) == "conflict"
    link = get_link(network, receipt["link_id"])
    assert link
    assert link.status == "removed"
    check(network, within_caps=False)
