"""Withdrawing a link by the token of its receipt."""

from datetime import UTC, datetime

import pytest

from seealso.reading.page import read_page
from seealso.store.tables import Store
from seealso.tables import links
from seealso.times import rfc3339
from tests.submissions import world
from tests.submissions.world import KEY, SHOWN, WAITING, call, posted, problem, status_of, withdraw
from tests.support import engines, tables


@pytest.mark.parametrize("article_id", [SHOWN, WAITING])
def test_a_link_is_withdrawn_once_and_again(anywhere: Store, article_id: int) -> None:
    receipt = posted(article_id)
    authorization = f"Bearer {receipt['withdraw_token']}"
    response = withdraw(receipt["link_id"], authorization)
    assert (response.status, response.body) == (204, "")
    after = world.contents(anywhere)
    assert withdraw(receipt["link_id"], authorization).status == 204
    assert world.contents(anywhere) == after
    assert status_of(receipt) == "withdrawn"
    page = read_page(anywhere, article_id)
    assert page is not None
    assert (page["links"], page["places_left"]) == ([], 5)
    assert world.kept(anywhere, "claim") == []
    world.check_books(anywhere)


def test_the_url_is_free_for_somebody_else(anywhere: Store) -> None:
    mine = posted(SHOWN, key=KEY)
    world.withdrawn(mine)
    theirs = posted(WAITING)
    world.withdrawn(mine)
    assert [status_of(each) for each in (mine, theirs)] == ["withdrawn", "pending"]
    assert problem(world.post(SHOWN)) == "duplicate-link"
    world.check_books(anywhere)


@pytest.mark.parametrize(
    ("article_id", "statuses", "after"),
    [
        (WAITING, ["published"], "withdrawn"),
        (SHOWN, ["lapsed"], "withdrawn"),
        (WAITING, ["rejected"], "rejected"),
        (SHOWN, ["removed"], "removed"),
        (WAITING, ["expired"], "expired"),
    ],
)
def test_what_is_off_the_page_already_stays_what_it_is(
    network: Store, article_id: int, statuses: list[links.Status], after: str
) -> None:
    receipt = posted(article_id)
    world.change(network, receipt, *statuses)
    blocked = [each for each in world.kept(network, "claim") if each.get("blocked")]
    world.withdrawn(receipt)
    assert status_of(receipt) == after
    # What an editor has rejected cannot be freed by withdrawing it.
    assert [each for each in world.kept(network, "claim") if each.get("blocked")] == blocked
    world.check_books(network)


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer   ", "Basic dXNlcjpwYXNz", "{token}", "Token {token}"],
)
def test_a_token_is_needed(network: Store, authorization: str | None) -> None:
    receipt = posted()
    before = world.contents(network)
    sent = authorization and authorization.format(token=receipt["withdraw_token"])
    for link_id in (receipt["link_id"], "0" * 32, "nonsense"):
        response = withdraw(link_id, sent)
        assert (response.status, problem(response)) == (401, "unauthorized")
        assert response.headers["www-authenticate"] == "Bearer"
    assert world.contents(network) == before


def test_the_schemes_name_has_no_case(network: Store) -> None:
    receipt = posted()
    assert withdraw(receipt["link_id"], f"bEARER  {receipt['withdraw_token']} ").status == 204


def test_only_the_links_own_token_will_do(network: Store) -> None:
    receipt, other = posted(), posted(url="https://example.com/2")
    before = world.contents(network)
    token = receipt["withdraw_token"]
    for wrong in (
        other["withdraw_token"],
        receipt["link_id"],
        world.link_of(network, receipt).token_hash,
        token.upper(),
        token[:-1],
        token + "0",
        f"{token} {token}",
        "é",
        "*",
    ):
        response = withdraw(receipt["link_id"], f"Bearer {wrong}")
        assert (response.status, problem(response)) == (403, "forbidden")
    assert world.contents(network) == before


@pytest.mark.parametrize(
    "link_id", ["0" * 32, "", "x", "0" * 31, "0" * 33, "\uff10" * 32, "link#" + "0" * 27, "{upper}"]
)
def test_links_that_are_not_there(network: Store, link_id: str) -> None:
    link_id = link_id.format(upper=posted()["link_id"].upper() + "A")
    before = world.contents(network)
    gone = withdraw(link_id, "Bearer x")
    assert (gone.status, problem(gone)) == (404, "not-found")
    unread = world.read(link_id)
    assert (unread.status, problem(unread)) == (404, "not-found")
    assert world.without_request_id(gone) == world.without_request_id(unread)
    assert world.contents(network) == before


def test_a_withdrawal_that_races_with_an_editor_wins_in_the_end(
    network: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = posted(WAITING)
    editors = tables.another(network)
    withdraw_link = links.withdraw

    def late(store: Store, link: links.Link, cause: links.Cause) -> links.Link:
        """The editor publishes the link after the withdrawal has read it."""
        monkeypatch.setattr(links, "withdraw", withdraw_link)
        world.change(editors, receipt, "published")
        return withdraw_link(store, link, cause)

    monkeypatch.setattr(links, "withdraw", late)
    world.withdrawn(receipt)
    editors.client.close()
    link = world.link_of(network, receipt)
    assert [each["status"] for each in link.history] == ["published", "withdrawn"]
    world.check_books(network)


@engines.on_the_reference
def test_sixteen_withdrawals_at_once(anywhere: Store) -> None:
    receipts = [posted(), posted(url="https://example.com/2")]
    statuses = world.at_once(
        lambda receipt: withdraw(receipt["link_id"], f"Bearer {receipt['withdraw_token']}").status,
        receipts * 8,
    )
    assert statuses == [204] * 16
    world.check_books(anywhere)


def test_the_history_tells_who_and_when(network: Store) -> None:
    before = rfc3339(datetime.now(UTC))
    receipt = posted()
    world.withdrawn(receipt)
    (entry,) = world.link_of(network, receipt).history
    assert (entry["status"], entry["by"]) == ("withdrawn", "submitter")
    assert before <= entry["at"] <= rfc3339(datetime.now(UTC))


def test_a_withdrawn_link_stays_readable(network: Store) -> None:
    receipt = posted(key=KEY)
    world.withdrawn(receipt)
    response = call("GET /links/{link_id}", {"link_id": receipt["link_id"]})
    assert (response.status, response.json()["status"]) == (200, "withdrawn")
