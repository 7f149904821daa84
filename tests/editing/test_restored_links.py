"""Undoing a rejection or removal, and finding the links of a host that was blocked afterwards."""

import pytest

from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables.links import Status, claim_key
from tests.editing import sample_network
from tests.editing.sample_network import DELETED, DRAFT, SHOWN, SITE, SITED, link_id
from tests.support import gateway, requests
from tests.support.editors import EDITOR
from tests.support.factories import put_item
from tests.support.gateway import Response
from tests.support.invariants import check
from tests.support.requests import admin, at_fault, editor, problem
from tests.support.scan import unchanged

REASON = {"reason": "Off topic."}


def decide(action: str, number: int, version: int, body: Json | None = None) -> Response:
    return editor("POST", f"/links/{link_id(number)}/{action}", body, version)


def read(number: int) -> Json:
    """A link as it is read, but for what its checks have found."""
    link: Json = editor("GET", f"/links/{link_id(number)}").json()
    del link["checks"], link["next_check_at"]
    return link


@pytest.mark.parametrize("keep_blocked", [True, False])
@pytest.mark.parametrize(("action", "number"), [("reject", 1), ("remove", 1), ("remove", 2)])
def test_a_rejected_or_removed_link_is_pending_again(
    network: Store, action: str, number: int, keep_blocked: bool
) -> None:
    assert decide(action, number, 1, {**REASON, "keep_blocked": keep_blocked}).status == 200
    answer = decide("restore", number, 2)
    assert answer.status == 200
    link = answer.json()
    assert link == read(number)
    assert (link["status"], link["needs_editor"], link["version"]) == ("pending", "restored", 3)
    assert link["expires_at"] is not None
    assert link["published_at"] is None
    assert [entry["status"] for entry in link["history"]][-1] == "pending"
    assert link["history"][-1]["by"] == EDITOR
    check(network, within_caps=False)
    # Its URL is claimed again, and an editor may publish it.
    again = requests.post(SHOWN, requests.fields(link["url"]))
    assert problem(again) == "duplicate-link"
    assert decide("approve", number, 3).json()["needs_editor"] is None


@pytest.mark.parametrize("status", ["pending", "published", "lapsed", "expired"])
def test_other_links_cannot_be_restored(network: Store, status: Status) -> None:
    number = 2 if status in ("published", "lapsed") else 1
    if status in ("lapsed", "expired"):
        sample_network.move(network, number, status)
    with unchanged(network):
        answer = decide("restore", number, read(number)["version"])
        assert (answer.status, problem(answer)) == (409, "conflict")


def test_a_link_whose_url_is_taken_cannot_be_restored(network: Store) -> None:
    assert decide("reject", 1, 1, {**REASON, "keep_blocked": False}).status == 200
    claim = claim_key("network", 1, "http://blog.example.net/1/")
    put_item(network, network.links, {"pk": claim, "link_id": link_id(2), "article_id": SHOWN})
    answer = decide("restore", 1, 2)
    assert (answer.status, problem(answer)) == (409, "conflict")


@pytest.mark.parametrize("state", ["deleted", "purged"])
def test_a_link_without_its_article_cannot_be_restored(network: Store, state: str) -> None:
    assert decide("reject", 1, 1, REASON).status == 200
    assert admin("DELETE", f"/articles/{SHOWN}", None, 1).status == 200
    if state == "purged":
        assert admin("POST", f"/articles/{SHOWN}/purge", None, 2).status == 204
        assert decide("restore", 1, 2).status in (404, 409)
        return
    answer = decide("restore", 1, 2)
    assert (answer.status, problem(answer)) == (409, "conflict")


def test_a_full_queue_takes_no_restored_link(network: Store) -> None:
    assert decide("reject", 1, 1, REASON).status == 200
    assert admin("PUT", f"/sites/{SITED}", {**SITE, "pending_cap": 0}, 1).status == 200
    answer = decide("restore", 1, 2)
    assert (answer.status, problem(answer)) == (409, "queue-full")


# ---- the links of a host -------------------------------------------------------------------------


def of_host(host: str) -> list[str]:
    found = requests.listed(f"/links?host={host}", "links", 1)
    return [link["url"] for link in found]


def test_lists_the_links_of_a_host_and_its_subdomains(network: Store) -> None:
    assert set(of_host("blog.example.net")) == {f"https://blog.example.net/{n}" for n in (1, 2)}
    assert of_host("www.BLOG.example.net") == of_host("blog.example.net")
    assert set(of_host("example.net")) == set(of_host("blog.example.net"))
    assert of_host("other.example.net") == of_host("log.example.net") == []
    # In any status, since a blocked host's links are to be removed.
    assert decide("reject", 1, 1, REASON).status == 200
    assert len(of_host("example.net")) == 2


@pytest.mark.parametrize("host", ["", "x y", "https://example.net/", "192.0.2.1", "a..b"])
def test_rejects_what_is_no_host(network: Store, host: str) -> None:
    answer = editor("GET", f"/links?host={host.replace(' ', '%20')}")
    assert (answer.status, at_fault(answer)) == (400, ["host"])


# ---- what editors see ----------------------------------------------------------------------------


def test_drafts_and_deleted_articles_of_all_sites(network: Store) -> None:
    def ids(query: str) -> list[int]:
        return [each["id"] for each in requests.listed(f"/articles?{query}", "articles", 1)]

    assert (ids("state=draft"), ids("state=deleted")) == ([DRAFT], [DELETED])
    assert admin("POST", f"/articles/{DRAFT}/publish", None, 1).status == 200
    assert ids("state=draft") == []
    for query in ("", "?state=published"):
        answer = editor("GET", f"/articles{query}")
        assert (answer.status, at_fault(answer)) == (400, ["domain"])


def test_editors_read_sites_and_blocks(network: Store) -> None:
    assert editor("GET", f"/sites/{SITED}").json()["name"] == "Heat"
    assert [site["domain"] for site in editor("GET", "/sites").json()["sites"]] == [SITED]
    assert editor("GET", "/blocks").json()["blocks"] == [
        {"host": "casino.example.org", "domain": None}
    ]


def test_the_queue_names_site_article_and_expiry(network: Store) -> None:
    receipt = requests.posted(SHOWN, "https://example.com/of-a-reader")
    (link,) = (
        each
        for each in editor("GET", "/links").json()["links"]
        if each["link_id"] == receipt["link_id"]
    )
    assert (link["site_name"], link["article_title"]) == ("Heat", f"The {SHOWN}th")
    assert link["expires_at"] == editor("GET", f"/links/{link['link_id']}").json()["expires_at"]
    assert link["needs_editor"] is None


@pytest.mark.parametrize("tell", [True, False])
def test_a_submitter_reads_the_reason_only_if_told(network: Store, tell: bool) -> None:
    receipt = requests.posted(SHOWN, "https://example.com/of-a-reader")
    body = {**REASON, "tell_submitter": tell}
    target = f"/links/{receipt['link_id']}/reject"
    assert editor("POST", target, body, 1).status == 200
    path = f"/links/{receipt['link_id']}"
    token = {"authorization": f"Bearer {receipt['withdraw_token']}"}
    assert gateway.request("GET", path, token).json()["reason"] == (
        REASON["reason"] if tell else None
    )
    for headers in ({}, {"authorization": "Bearer " + "0" * 32}):
        assert "reason" not in gateway.request("GET", path, headers).json()
