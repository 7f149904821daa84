"""Submitted links: the queue, and what editors decide about what is in it."""

from datetime import UTC, datetime, timedelta

import pytest

from seealso.store.tables import Store, current_store
from seealso.store.values import Json
from seealso.tables.articles import import_articles
from seealso.tables.links import STATUSES
from tests.editing import sample_network
from tests.editing.sample_network import NOW, SHOWN, SITE, SITED, SITELESS, link_id
from tests.support import gateway, requests
from tests.support.editors import EDITOR
from tests.support.fake_pages import FakePages, Page, run_all
from tests.support.gateway import Response
from tests.support.invariants import check
from tests.support.requests import admin, at_fault, editor, fields, post, posted, problem
from tests.support.scan import unchanged

REASON = "It is an advertisement."
OTHER_PAGE = 110  # of a domain without a site


@pytest.fixture
def links(network: Store) -> Store:
    """A second page, of another domain; on both pages links 11..24, two of each time."""
    import_articles(network, [sample_network.article(OTHER_PAGE, SITELESS)])
    for number in range(11, 25):
        page = (SHOWN, SITED) if number % 3 else (OTHER_PAGE, SITELESS)
        # The later its number, the earlier the link: ids are in no order of time.
        at = NOW - timedelta(minutes=number // 2)
        sample_network.put_link(network, number, *page, submitted_at=at)
    return network


def read(number: int) -> Json:
    """A link as it is read, but for what its checks have found."""
    link: Json = editor("GET", f"/links/{link_id(number)}").json()
    del link["checks"], link["next_check_at"]
    return link


def decide(action: str, number: int, version: int | None = 1, body: Json | None = None) -> Response:
    if body is None and action == "reject":
        body = {"reason": REASON}
    return editor("POST", f"/links/{link_id(number)}/{action}", body, version)


def shown_links(article_id: int = SHOWN) -> list[str]:
    return [each["link_id"] for each in gateway.get(f"/articles/{article_id}").json()["links"]]


def queued(query: str = "", limit: int = 3) -> list[str]:
    return [each["link_id"] for each in requests.listed(f"/links{query}", "links", limit)]


# ---- the queue -------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 5, 100])
def test_the_queue_lists_the_oldest_first(links: Store, limit: int) -> None:
    """Links of the same time in any order, which stays; none is skipped or repeated."""
    in_order = sorted(range(11, 25), key=lambda number: -(number // 2))
    for query, numbers in {
        "": [*in_order, 1],
        f"?domain={SITED}": [*(each for each in in_order if each % 3), 1],
        f"?domain={SITELESS}&status=pending": [each for each in in_order if not each % 3],
        "?domain=12345": [],
    }.items():
        found = requests.listed(f"/links{query}", "links", limit)
        times = [each["submitted_at"] for each in found]
        assert times == sorted(times)
        assert sorted(each["link_id"] for each in found) == sorted(map(link_id, numbers))


def test_the_queue_shows_all_but_history_and_consent(links: Store) -> None:
    (first,) = editor("GET", f"/links?limit=1&domain={SITED}").json()["links"]
    link = editor("GET", f"/links/{first['link_id']}").json()
    assert first.pop("site_name") == "Heat"
    assert first == {name: link[name] for name in first}
    assert set(link) - set(first) == {"checks", "consent", "history", "next_check_at", "policy"}


def put_of_each_status(store: Store, first: int) -> dict[str, int]:
    """A link of each status; their numbers begin at `first`."""
    numbers: dict[str, int] = {}
    for number, status in enumerate(STATUSES, first):
        shown = status in ("published", "lapsed")
        sample_network.put_link(store, number, status="published" if shown else "pending")
        if status not in ("pending", "published"):
            sample_network.move(store, number, status)
        numbers[status] = number
    return numbers


def test_each_status_has_its_own_queue(network: Store) -> None:
    for status, number in put_of_each_status(network, 31).items():
        there_before = {"pending": [link_id(1)], "published": [link_id(2)]}.get(status, [])
        for query in (f"?status={status}", f"?status={status}&domain={SITED}"):
            assert queued(query) == [*there_before, link_id(number)]
        assert queued(f"?status={status}&domain={SITELESS}") == []


@pytest.mark.parametrize("limit", [1, 4])
def test_paging_while_links_are_decided(links: Store, limit: int) -> None:
    seen: list[str] = []
    for part in requests.pages("/links", "links", limit):
        seen += [each["link_id"] for each in part]
        for each in part[-1:]:
            assert editor("POST", f"/links/{each['link_id']}/remove", version=1).status == 200
    assert sorted(seen) == sorted(map(link_id, [1, *range(11, 25)]))


def test_rejects_cursors_of_another_queue(links: Store) -> None:
    queues = ["?status=pending", f"?domain={SITED}", f"?domain={SITELESS}"]
    sample_network.put_link(links, 3, status="published")
    queues.append("?status=published")
    for mine in queues:
        for other in queues:
            cursor = requests.cursor_of(f"/links{other}")
            response = editor("GET", f"/links{mine}&cursor={cursor}")
            assert response.status == (200 if mine == other else 400)


def test_rejects_malformed_queries(network: Store) -> None:
    for field, values in {
        "status": ["", "open", "pending&status=pending"],
        "domain": ["x", "", "-1"],
        "limit": ["101", "0"],
        "cursor": ["", "eA", "%FF"],
    }.items():
        for value in values:
            response = editor("GET", f"/links?{field}={value}")
            assert (response.status, at_fault(response)) == (400, [field])


# ---- one link --------------------------------------------------------------------------------


def test_shows_a_link_with_its_history(network: Store) -> None:
    link = read(1)
    assert (link["status"], link["history"], link["version"]) == ("pending", [], 1)
    assert not {"token_hash", "claim"} & set(link)
    assert decide("approve", 1).status == 200
    assert decide("remove", 1, 2, {"reason": REASON}).status == 200
    approved, removed = read(1)["history"]
    assert approved == {
        "at": approved["at"],
        "status": "published",
        "by": EDITOR,
        "reason": None,
        "tell_submitter": False,
    }
    assert removed == {**approved, "at": removed["at"], "status": "removed", "reason": REASON}
    assert approved["at"] <= removed["at"]


def test_a_missing_link_is_not_found(network: Store) -> None:
    with unchanged(network):
        for bad in (link_id(999), "x", "0" * 31, "0" * 33, "A" * 32, "%00"):
            assert editor("GET", f"/links/{bad}").status == 404
            for action in ("approve", "reject", "remove"):
                body = {"reason": REASON}
                assert editor("POST", f"/links/{bad}/{action}", body, 1).status == 404


# ---- decisions -------------------------------------------------------------------------------


def test_an_approved_link_is_on_the_page(network: Store) -> None:
    response = decide("approve", 1)
    link = response.json()
    assert (response.status, link["status"], link["version"]) == (200, "published", 2)
    assert link == read(1)
    assert link["published_at"] == link["history"][-1]["at"]
    assert shown_links() == [link_id(1), link_id(2)]
    check(network)


def test_the_checks_of_a_link_are_shown_and_asked_for(network: Store) -> None:
    receipt = posted(SHOWN, "https://blog.example.com/page")
    target = f"/links/{receipt['link_id']}"
    world = FakePages(datetime.now(UTC), {"https://blog.example.com/page": Page()})
    assert editor("POST", f"{target}/check").status == 202
    run_all(world.tools(current_store))
    link = editor("GET", target).json()
    (found,) = link["checks"]
    assert (found["found"], found["codes"], found["status"]) == ("seen", [], 200)
    assert link["link_back_at"] == found["at"]
    assert editor("POST", f"{target}/check").status == 202
    with unchanged(network):
        assert problem(editor("POST", f"{target}/check")) == "rate-limited"
        assert problem(editor("POST", f"/links/{link_id(999)}/check")) == "not-found"
    decide("reject", 1)
    assert problem(editor("POST", f"/links/{link_id(1)}/check")) == "conflict"
    check(network, within_caps=False)


def test_cannot_approve_on_a_full_page(network: Store) -> None:
    sample_network.put_link(network, 3, status="published")
    with unchanged(network):
        response = decide("approve", 1)
        assert (response.status, problem(response)) == (409, "page-full")
        assert response.json()["cap"] == 2
    assert decide("remove", 3).status == 200
    assert decide("approve", 1).status == 200
    assert len(shown_links()) == 2
    check(network)


def test_cannot_approve_on_a_page_without_places(network: Store) -> None:
    admin("PUT", f"/sites/{SITED}", {**SITE, "cap": 0}, 1)
    response = decide("approve", 1)
    assert (problem(response), response.json()["cap"]) == ("page-full", 0)


@pytest.mark.parametrize(("action", "status"), [("reject", "rejected"), ("remove", "removed")])
@pytest.mark.parametrize("keep", [{}, {"keep_blocked": True}, {"keep_blocked": False}])
def test_keep_blocked_decides_whether_the_url_stays_blocked(
    network: Store, action: str, status: str, keep: Json
) -> None:
    receipt = posted(SHOWN, "https://example.com/page")
    body = {"reason": REASON, **keep}
    response = editor("POST", f"/links/{receipt['link_id']}/{action}", body, 1)
    assert (response.status, response.json()["status"]) == (200, status)
    assert response.json()["history"][-1]["reason"] == REASON
    again = post(SHOWN, fields("https://www.example.com/page/"))
    if keep.get("keep_blocked", True):
        assert (again.status, problem(again)) == (409, "duplicate-link")
        assert not {"article_id", "url"} & set(again.json())
    else:
        assert again.status == 201
    check(network)


@pytest.mark.parametrize("body", [None, {}, {"reason": None}, {"reason": REASON}])
def test_a_removed_link_is_off_the_page(network: Store, body: Json | None) -> None:
    assert decide("remove", 2, 1, body).json()["status"] == "removed"
    assert (shown_links(), gateway.get(f"/articles/{SHOWN}").json()["places_left"]) == ([], 2)
    assert gateway.get(f"/links/{link_id(2)}").json()["status"] == "removed"
    check(network)


# Which statuses allow what.
ALLOWED = {
    "approve": {"pending"},
    "reject": {"pending"},
    "remove": {"pending", "published", "lapsed"},
}


@pytest.mark.parametrize("action", ALLOWED)
def test_rejects_decisions_that_the_status_does_not_allow(network: Store, action: str) -> None:
    for status, number in put_of_each_status(network, 41).items():
        if status in ALLOWED[action]:
            continue
        version = read(number)["version"]
        with unchanged(network):
            response = decide(action, number, version)
            assert (response.status, problem(response)) == (409, "conflict"), status


@pytest.mark.parametrize("action", ALLOWED)
def test_a_decision_requires_if_match(network: Store, action: str) -> None:
    with unchanged(network):
        assert problem(decide(action, 1, None)) == "precondition-required"
        for tag in ("*", '"1", "2"', "", "x"):
            target, body = f"/links/{link_id(1)}/{action}", f'{{"reason": "{REASON}"}}'
            response = requests.raw("POST", target, body, if_match=tag)
            assert (response.status, at_fault(response)) == (400, ["If-Match"])
        target, body = f"/links/{link_id(1)}/{action}", f'{{"reason": "{REASON}"}}'
        weak = requests.raw("POST", target, body, if_match='W/"1"')
        assert (weak.status, problem(weak)) == (412, "precondition-failed")
        response = decide(action, 1, 2)
        assert (response.status, problem(response)) == (412, "precondition-failed")
        assert response.json()["current"] == read(1)
    assert requests.raw("POST", target, body, if_match="1").status == 200


@pytest.mark.parametrize("action", ["reject", "remove"])
def test_rejects_invalid_decisions(network: Store, action: str) -> None:
    faults: list[tuple[Json, list[str]]] = [
        ({"reason": ""}, ["reason"]),
        ({"reason": "x" * 501}, ["reason"]),
        ({"reason": 7}, ["reason"]),
        ({"reason": REASON, "keep_blocked": "true"}, ["keep_blocked"]),
        ({"reason": REASON, "keep_blocked": None}, ["keep_blocked"]),
        ({"reason": [], "keep_blocked": 1, "more": 1}, ["reason", "keep_blocked", "more"]),
    ]
    with unchanged(network):
        for body, fields_at_fault in faults:
            response = decide(action, 1, 1, body)
            assert (response.status, at_fault(response)) == (422, fields_at_fault)


def test_a_rejection_requires_a_reason(network: Store) -> None:
    bodies: list[Json] = [{}, {"reason": None}, {"keep_blocked": False}]
    for body in bodies:
        assert at_fault(decide("reject", 1, 1, body)) == ["reason"]
    response = requests.raw("POST", f"/links/{link_id(1)}/reject", if_match="1")
    assert problem(response) == "malformed-request"
    assert decide("reject", 1, 1, {"reason": "\U0001f41d" * 500}).status == 200


def test_rejects_decisions_on_a_link_withdrawn_meanwhile(network: Store) -> None:
    receipt = posted(SHOWN)
    token = {"authorization": f"Bearer {receipt['withdraw_token']}"}
    assert gateway.request("DELETE", f"/links/{receipt['link_id']}", token).status == 204
    response = editor("POST", f"/links/{receipt['link_id']}/approve", version=1)
    assert response.status == 412
    assert response.json()["current"]["status"] == "withdrawn"
    assert shown_links() == [link_id(2)]
