"""Links that waited too long: the hourly schedule's function, run as the schedule runs it."""

import json
from datetime import datetime, timedelta

import pytest

from seealso.store.client import Client
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.tables import links, queue
from seealso.times import rfc3339
from tests.submitting import sample_network
from tests.submitting.conftest import Clock
from tests.submitting.sample_network import OTHER, SHOWN, WAITING
from tests.support import requests
from tests.support.factories import put_item
from tests.support.functions import handler
from tests.support.invariants import check
from tests.support.log import Log
from tests.support.races import at_once
from tests.support.requests import fields, post, posted, problem, status_of
from tests.support.scan import everything
from tests.support.transitions import change_link


def expire() -> None:
    handler("expire_links")({}, None)


def test_pending_links_expire_after_the_sites_days(anywhere: Store, clock: Clock) -> None:
    sample_network.put_site(anywhere, publish="approved", pending_days=3)
    fortnight = posted(WAITING, "https://example.com/14")
    three_days = posted(SHOWN, "https://example.com/3")
    clock.forward(days=3, seconds=-1)
    expire()
    assert status_of(three_days) == "pending"
    clock.forward(seconds=1)
    expire()
    assert [status_of(each) for each in (three_days, fortnight)] == ["expired", "pending"]
    check(anywhere, within_caps=False)
    clock.forward(days=11)
    expire()
    assert status_of(fortnight) == "expired"
    check(anywhere, within_caps=False)
    assert sample_network.kept(anywhere, "claim") == []


def test_an_expired_link_frees_its_place_and_url(network: Store, clock: Clock) -> None:
    sample_network.put_site(network, publish="approved", pending_cap=1)
    posted(SHOWN)
    clock.forward(days=14)
    expire()
    assert posted(SHOWN)["status"] == "pending"


def test_other_links_stay(network: Store, clock: Clock) -> None:
    posted(SHOWN, "https://example.com/published")
    approved = posted(WAITING, "https://example.com/approved")
    sample_network.change(network, approved, "published")
    rejected = posted(WAITING, "https://example.com/rejected")
    sample_network.change(network, rejected, "rejected")
    withdrawn = posted(WAITING, "https://example.com/withdrawn")
    requests.withdrawn(withdrawn)
    before = everything(network)
    clock.forward(days=364)
    expire()
    after = everything(network)
    (counts,) = (item for item in after[network.transient] if item["pk"] == "counts#pending")
    after[network.transient].remove(counts)
    assert after == before


def test_lapsed_links_expire(network: Store, clock: Clock) -> None:
    receipt = posted(SHOWN)
    link = change_link(
        network, sample_network.link_of(network, receipt), "lapsed", clock.time, "test"
    )
    assert link.expires_at == rfc3339(clock.time + timedelta(days=links.LAPSED_DAYS))
    clock.forward(days=links.LAPSED_DAYS, seconds=-1)
    expire()
    assert status_of(receipt) == "lapsed"
    clock.forward(seconds=1)
    expire()
    assert status_of(receipt) == "expired"
    assert posted(OTHER)["status"] == "published"


def test_the_history_names_the_schedule(network: Store, clock: Clock) -> None:
    receipt = posted(WAITING)
    clock.forward(days=14)
    expire()
    (entry,) = sample_network.link_of(network, receipt).history
    assert entry == {"at": rfc3339(clock.time), "status": "expired", "by": "schedule"}


def test_a_second_job_changes_nothing(anywhere: Store, clock: Clock) -> None:
    receipts = [posted(WAITING, f"https://example.com/{number}") for number in range(8)]
    clock.forward(days=15)
    at_once(lambda _: expire(), range(4))
    expire()
    assert {status_of(each) for each in receipts} == {"expired"}
    assert {len(sample_network.link_of(anywhere, each).history) for each in receipts} == {1}
    check(anywhere, within_caps=False)


def test_expires_more_than_one_batch(
    network: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    query_pages = Client.query_pages
    monkeypatch.setattr(
        Client,
        "query_pages",
        lambda client, body, *more: query_pages(client, {**body, "Limit": 3}, *more),
    )
    receipts = [posted(WAITING, f"https://example.com/{number}") for number in range(10)]
    clock.forward(days=15)
    expire()
    assert {status_of(each) for each in receipts} == {"expired"}


def test_ignores_stale_entries_of_the_index(
    network: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The due index is behind: it still has links that were decided since, or are gone."""
    published, withdrawn, due = [
        posted(WAITING, f"https://example.com/{number}") for number in range(3)
    ]
    sample_network.change(network, published, "published")
    requests.withdrawn(withdrawn)
    behind = [each["link_id"] for each in (published, withdrawn, due)]
    monkeypatch.setattr(
        links,
        "due_links",
        lambda _store, kind, _until: ["0" * 32, *behind] if kind == "due" else [],
    )
    clock.forward(days=15)
    expire()
    assert [status_of(each) for each in (published, withdrawn, due)] == [
        "published",
        "withdrawn",
        "expired",
    ]
    check(network, within_caps=False)


def test_links_that_wait_for_their_link_back_do_not_wait_for_editors(
    network: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "MAX_KEYS", 2)  # in one BatchGetItem
    sample_network.put_site(network, publish="verified")
    for number in range(3):
        posted(SHOWN, f"https://example.com/{number}")
        clock.forward(hours=1)
    assert queue.oldest_for_editors(network) is None
    review = posted(SHOWN, "https://example.com/review")
    at = rfc3339(clock.time)
    network.client.call(
        "UpdateItem",
        {
            "TableName": network.links,
            "Key": marshal_item({"pk": f"link#{review['link_id']}"}),
            "UpdateExpression": "SET needs_editor = :why",
            "ExpressionAttributeValues": marshal_item({":why": "restored"}),
        },
    )
    clock.forward(hours=1)
    posted(SHOWN, "https://example.com/last")
    assert queue.oldest_for_editors(network) == at
    posted(WAITING, "https://example.com/approved")
    assert queue.oldest_for_editors(network) == at


def test_counts_links_that_are_due(
    anywhere: Store,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    receipts = [posted(WAITING, f"https://example.com/{number}") for number in range(7)]
    sample_network.change(anywhere, receipts[0], "published")
    call = Client.call

    def short(client: Client, operation: str, body: Json) -> Json:
        """A count that takes several parts, as over 1 MB."""
        return call(client, operation, body | ({"Limit": 4} if "Select" in body else {}))

    monkeypatch.setattr(Client, "call", short)
    capsys.readouterr()
    expire()
    (line,) = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    values = json.loads(line)
    assert values["PendingLinks"] == [6]
    assert values["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "seealso",
            "Dimensions": [["stack"]],
            "Metrics": [
                {"Name": "PendingLinks", "Unit": "Count"},
                {"Name": "FailedLinks", "Unit": "Count"},
                {"Name": "FailingChecks", "Unit": "Count"},
                {"Name": "OldestPendingLink", "Unit": "Seconds"},
                {"Name": "OldestDueCheck", "Unit": "Seconds"},
            ],
        }
    ]


# ---- links that cannot be changed, and ended ones ------------------------------------------------


def test_one_broken_link_keeps_no_other_from_expiring(
    network: Store, clock: Clock, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    receipts = [posted(WAITING, f"https://example.com/{number}") for number in range(5)]
    (broken, *others) = sorted(receipts, key=lambda receipt: receipt["link_id"])
    item = network.client.get_item(network.links, {"pk": f"link#{broken['link_id']}"})
    assert item is not None
    # An item that no code of ours has written: its history is no list.
    put_item(network, network.links, {**item, "history": 7})
    clock.forward(days=15)
    log.clear()
    expire()
    assert {status_of(each) for each in others} == {"expired"}
    (failure,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert (failure.message, vars(failure)["link_id"]) == ("link not changed", broken["link_id"])
    assert failure.exc_info is not None
    (metric,) = [line for line in log.lines() if "FailedLinks" in line]
    assert (metric["FailedLinks"], metric["PendingLinks"]) == ([1.0], [1.0])


def test_an_ended_link_forgets_its_url_and_title_after_link_days(
    network: Store, clock: Clock
) -> None:
    receipt = post(WAITING, fields(title="A title")).json()
    sample_network.change(network, receipt, "rejected")
    ended = sample_network.link_of(network, receipt).history[-1]["at"]
    clock.time = datetime.fromisoformat(ended) + timedelta(days=364)
    expire()
    link = sample_network.link_of(network, receipt)
    assert (link.url, link.title) == (requests.URL, "A title")
    clock.forward(days=2)
    expire()
    link = sample_network.link_of(network, receipt)
    assert (link.url, link.title, link.status) == (None, None, "rejected")
    shown = requests.read(receipt["link_id"]).json()
    assert (shown["url"], shown["title"], shown["status"]) == (None, None, "rejected")
    # Its URL stays blocked by the hash in its claim.
    assert problem(post(WAITING)) == "duplicate-link"
    before = everything(network)
    expire()
    assert everything(network) == before


def test_a_withdrawn_link_forgets_its_url_and_title_at_once(network: Store) -> None:
    receipt = post(SHOWN, fields(title="A title")).json()
    requests.withdrawn(receipt)
    stored = repr(everything(network))
    assert requests.URL not in stored
    assert "A title" not in stored
