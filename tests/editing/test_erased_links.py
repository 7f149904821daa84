"""Erasing a link for a submitter who asks for it: what they sent is nowhere any more."""

from dataclasses import replace

import pytest

from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.submitting.withdrawing import reason_for_submitter
from seealso.tables import audit
from seealso.tables.checks import Checks, put_checks
from seealso.tables.links import CLAIM_HOLDERS, STATUSES, Status, get_link, link_item
from tests.editing import sample_network
from tests.editing.sample_network import ACT, SHOWN, link_id
from tests.support import gateway, requests
from tests.support.editors import ADMIN
from tests.support.factories import put_item
from tests.support.gateway import Response
from tests.support.invariants import check
from tests.support.requests import admin, editor, problem
from tests.support.scan import everything, unchanged

URL = "https://blog.example.net/2"
REASON = "This is the blog of somebody whom I know."
# What a table must not hold of the link after it is erased.
PERSONAL = ("blog.example.net", "net.example.blog", "somebody", "A title of theirs")


def erase(number: int, version: int) -> Response:
    return admin("POST", f"/links/{link_id(number)}/erase", None, version)


def read(number: int) -> Json:
    link: Json = editor("GET", f"/links/{link_id(number)}").json()
    return link


def make_link(store: Store, status: Status) -> Json:
    """Link 2 with a title and checks, as it is in this status after decisions with reasons."""
    there = get_link(store, link_id(2))
    assert there is not None
    put_item(store, store.links, link_item(replace(there, title="A title of theirs")))
    evidence = [{"at": "2026-11-23T12:00:00Z", "found": "missing", "codes": [], "final_url": URL}]
    store.client.transact([put_checks(store, Checks(link_id(2), evidence=evidence))])
    # Removed with a reason, and pending again.
    body = {"reason": REASON, "tell_submitter": True}
    assert editor("POST", f"/links/{link_id(2)}/remove", body, 1).status == 200
    assert editor("POST", f"/links/{link_id(2)}/restore", None, 2).status == 200
    if status == "lapsed":
        sample_network.move(store, 2, "published")
    if status in ("removed", "rejected"):
        action = "remove" if status == "removed" else "reject"
        assert editor("POST", f"/links/{link_id(2)}/{action}", body, 3).status == 200
    elif status != "pending":
        sample_network.move(store, 2, status)
    # An entry of an earlier version of this code, which has the URL.
    link = get_link(store, link_id(2))
    assert link is not None
    entry = audit.link_entry(store, ACT, "approve", link, "published")
    entry["Put"]["Item"]["before"]["M"]["url"] = {"S": URL}
    store.client.transact([entry])
    return read(2)


def holds_personal_data(store: Store) -> set[str]:
    # The other link of the sample is of the same host.
    items = [
        repr(item)
        for table in everything(store).values()
        for item in table
        if link_id(1) not in repr(item)
    ]
    return {each for each in PERSONAL if any(each in item for item in items)}


@pytest.mark.parametrize("status", STATUSES)
def test_nothing_that_a_submitter_sent_is_left(network: Store, status: Status) -> None:
    was = make_link(network, status)
    assert was["status"] == status
    assert holds_personal_data(network)
    page = gateway.get(f"/articles/{SHOWN}").json()
    answer = erase(2, was["version"])
    assert answer.status == 200
    assert not holds_personal_data(network)
    link = read(2)
    assert link["url"] is link["title"] is None
    assert link["checks"] == []
    assert link["status"] == ("withdrawn" if status in CLAIM_HOLDERS else status)
    assert [entry["reason"] for entry in link["history"]] == [None] * len(link["history"])
    assert link["history"][-1]["by"] == ADMIN
    links = [each for each in page["links"] if each["link_id"] != link_id(2)]
    assert gateway.get(f"/articles/{SHOWN}").json()["links"] == links
    check(network, within_caps=False)


@pytest.mark.parametrize("status", ["pending", "published", "rejected", "removed"])
def test_what_an_editor_ended_stays_blocked_and_all_else_is_free(
    network: Store, status: Status
) -> None:
    was = make_link(network, status)
    assert erase(2, was["version"]).status == 200
    again = requests.post(SHOWN, requests.fields(URL))
    if status in CLAIM_HOLDERS:
        assert again.status == 201
    else:
        assert problem(again) == "duplicate-link"
        restored = editor("POST", f"/links/{link_id(2)}/restore", None, was["version"] + 1)
        assert problem(restored) == "conflict"


def test_the_audit_says_that_it_was_erased(network: Store) -> None:
    was = make_link(network, "removed")
    before = requests.listed("/audit", "audit", 100)
    assert erase(2, was["version"]).status == 200
    added, *others = requests.listed("/audit", "audit", 100)
    assert (added["action"], added["actor"], added["link_id"]) == ("link.erase", ADMIN, link_id(2))
    version = was["version"]
    assert added["before"] == {"status": "removed", "version": version, "article_title": None}
    assert added["after"] == {"status": "removed", "version": version + 1}
    # Who did what before is still told.
    for entry, earlier in zip(others, before, strict=True):
        for name in ("before", "after"):
            personal = ("reason", "url")
            kept = {key: value for key, value in earlier[name].items() if key not in personal}
            assert entry == earlier | {"before": entry["before"], "after": entry["after"]}
            assert entry[name] == kept


def test_entries_that_no_index_has_yet_lose_their_reasons(
    network: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a link is removed and erased within a second: an index follows its table."""
    was = make_link(network, "removed")
    query_all = type(network.client).query_all
    monkeypatch.setattr(
        type(network.client),
        "query_all",
        lambda client, body, *more: (
            iter(()) if body.get("IndexName") == "link-entry" else query_all(client, body, *more)
        ),
    )
    assert erase(2, was["version"]).status == 200
    assert not holds_personal_data(network)


def test_erasing_again_changes_nothing_that_is_shown(network: Store) -> None:
    was = make_link(network, "removed")
    for version in (was["version"], was["version"] + 1):
        assert erase(2, version).status == 200
    link = get_link(network, link_id(2))
    assert link is not None
    assert link.last_change == {
        "at": was["history"][-1]["at"],
        "status": "removed",
        "by": was["history"][-1]["by"],
    }
    assert reason_for_submitter(link) is None


def test_a_stale_version_and_a_missing_link_are_refused(network: Store) -> None:
    with unchanged(network):
        assert erase(1, 7).status == 412
        assert erase(99, 1).status == 404
        assert admin("POST", f"/links/{link_id(1)}/erase", None, None).status == 428
