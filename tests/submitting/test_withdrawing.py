"""Withdrawing a link by the token of its receipt."""

from datetime import UTC, datetime

import pytest

from seealso.reading.page import read_page
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables import links
from seealso.tables.audit import AuditFilter, list_audit
from seealso.tables.links import Status
from seealso.times import rfc3339
from tests.submitting import sample_network
from tests.submitting.sample_network import SHOWN, WAITING
from tests.support import engines, requests, tables
from tests.support.invariants import check
from tests.support.races import at_once
from tests.support.requests import KEY, call, posted, problem, status_of, withdraw
from tests.support.scan import everything, scan


@pytest.mark.parametrize("article_id", [SHOWN, WAITING])
def test_withdrawing_twice_changes_nothing_more(anywhere: Store, article_id: int) -> None:
    receipt = posted(article_id)
    authorization = f"Bearer {receipt['withdraw_token']}"
    response = withdraw(receipt["link_id"], authorization)
    assert (response.status, response.body) == (204, "")
    after = everything(anywhere)
    assert withdraw(receipt["link_id"], authorization).status == 204
    assert everything(anywhere) == after
    assert status_of(receipt) == "withdrawn"
    page = read_page(anywhere, article_id)
    assert page is not None
    assert (page["links"], page["places_left"]) == ([], 5)
    assert sample_network.kept(anywhere, "claim") == []
    check(anywhere, within_caps=False)


@pytest.mark.parametrize("ended", ["rejected", None])
def test_the_audit_says_that_a_link_was_withdrawn(network: Store, ended: Status | None) -> None:
    """Without its URL, so that a recovery knows it even if the link's record is lost."""
    receipt = posted(WAITING)
    if ended:
        sample_network.change(network, receipt, ended)
    requests.withdrawn(receipt)
    requests.withdrawn(receipt)
    (entry,) = list_audit(network, AuditFilter(), 10)
    link = sample_network.link_of(network, receipt)
    title = link.article_title
    was = {"status": ended or "pending", "version": link.version - 1, "article_title": title}
    after = {"status": ended or "withdrawn", "version": link.version}
    assert (entry["actor"], entry["action"]) == ("submitter", "link.withdraw")
    assert (entry["link_id"], entry["before"], entry["after"]) == (link.link_id, was, after)
    assert requests.URL not in repr(scan(network, network.audit))


def test_withdrawing_frees_the_url(anywhere: Store) -> None:
    mine = posted(SHOWN, key=KEY)
    requests.withdrawn(mine)
    theirs = posted(WAITING)
    requests.withdrawn(mine)
    assert [status_of(each) for each in (mine, theirs)] == ["withdrawn", "pending"]
    assert problem(requests.post(SHOWN)) == "duplicate-link"
    check(anywhere, within_caps=False)


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
def test_ended_links_keep_their_status(
    network: Store, article_id: int, statuses: list[links.Status], after: str
) -> None:
    receipt = posted(article_id)
    sample_network.change(network, receipt, *statuses)
    blocked = [each for each in sample_network.kept(network, "claim") if each.get("blocked")]
    requests.withdrawn(receipt)
    assert status_of(receipt) == after
    # What an editor has rejected cannot be freed by withdrawing it.
    assert [
        each for each in sample_network.kept(network, "claim") if each.get("blocked")
    ] == blocked
    check(network, within_caps=False)


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer   ", "Basic dXNlcjpwYXNz", "{token}", "Token {token}"],
)
def test_requires_a_token(network: Store, authorization: str | None) -> None:
    receipt = posted()
    before = everything(network)
    sent = authorization and authorization.format(token=receipt["withdraw_token"])
    for link_id in (receipt["link_id"], "0" * 32, "nonsense"):
        response = withdraw(link_id, sent)
        assert (response.status, problem(response)) == (401, "unauthorized")
        assert response.headers["www-authenticate"] == "Bearer"
    assert everything(network) == before


def test_the_scheme_is_case_insensitive(network: Store) -> None:
    receipt = posted()
    assert withdraw(receipt["link_id"], f"bEARER  {receipt['withdraw_token']} ").status == 204


def test_rejects_other_tokens(network: Store) -> None:
    receipt, other = posted(), posted(url="https://example.com/2")
    before = everything(network)
    token = receipt["withdraw_token"]
    for wrong in (
        other["withdraw_token"],
        receipt["link_id"],
        sample_network.link_of(network, receipt).token_hash,
        token.upper(),
        token[:-1],
        token + "0",
        f"{token} {token}",
        "é",
        "*",
    ):
        response = withdraw(receipt["link_id"], f"Bearer {wrong}")
        assert (response.status, problem(response)) == (403, "forbidden")
    assert everything(network) == before


@pytest.mark.parametrize(
    "link_id", ["0" * 32, "", "x", "0" * 31, "0" * 33, "\uff10" * 32, "link#" + "0" * 27, "{upper}"]
)
def test_a_missing_link_is_not_found(network: Store, link_id: str) -> None:
    link_id = link_id.format(upper=posted()["link_id"].upper() + "A")
    before = everything(network)
    gone = withdraw(link_id, "Bearer x")
    assert (gone.status, problem(gone)) == (404, "not-found")
    unread = requests.read(link_id)
    assert (unread.status, problem(unread)) == (404, "not-found")
    assert requests.without_request_id(gone) == requests.without_request_id(unread)
    assert everything(network) == before


def test_a_withdrawal_wins_a_race_with_an_editor(
    network: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = posted(WAITING)
    editors = tables.another(network)
    withdraw_link = links.withdraw

    def late(store: Store, link: links.Link, cause: links.Cause, also: list[Json]) -> links.Link:
        """The editor publishes the link after the withdrawal has read it."""
        monkeypatch.setattr(links, "withdraw", withdraw_link)
        sample_network.change(editors, receipt, "published")
        return withdraw_link(store, link, cause, also)

    monkeypatch.setattr(links, "withdraw", late)
    requests.withdrawn(receipt)
    editors.client.close()
    link = sample_network.link_of(network, receipt)
    assert [each["status"] for each in link.history] == ["published", "withdrawn"]
    check(network, within_caps=False)


@engines.on_the_reference
def test_sixteen_withdrawals_at_once(anywhere: Store) -> None:
    receipts = [posted(), posted(url="https://example.com/2")]
    statuses = at_once(
        lambda receipt: withdraw(receipt["link_id"], f"Bearer {receipt['withdraw_token']}").status,
        receipts * 8,
    )
    assert statuses == [204] * 16
    check(anywhere, within_caps=False)


def test_the_history_has_actor_and_time(network: Store) -> None:
    before = rfc3339(datetime.now(UTC))
    receipt = posted()
    requests.withdrawn(receipt)
    (entry,) = sample_network.link_of(network, receipt).history
    assert (entry["status"], entry["by"]) == ("withdrawn", "submitter")
    assert before <= entry["at"] <= rfc3339(datetime.now(UTC))


def test_a_withdrawn_link_stays_readable(network: Store) -> None:
    receipt = posted(key=KEY)
    requests.withdrawn(receipt)
    response = call("GET /links/{link_id}", {"link_id": receipt["link_id"]})
    assert (response.status, response.json()["status"]) == (200, "withdrawn")
