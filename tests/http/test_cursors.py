"""http/cursors.py on its own: pages of a list, and whose cursor is whose."""

import pytest

from seealso.errors import Refusal
from seealso.http.cursors import DEFAULT_LIMIT, ListPage, cursor_of, list_page
from seealso.http.requests import Request, request_of
from seealso.limits import MAX_LISTED
from tests.support.events import event


def request(query: str) -> Request:
    return request_of(event("GET /domains/{domain}/articles", {"domain": "7"}, query))


def test_begins_at_the_top_without_a_cursor() -> None:
    assert list_page(request(""), "articles 7") == ListPage("articles 7", DEFAULT_LIMIT, None)


def test_goes_on_at_the_cursor_of_the_last_member_shown() -> None:
    page = ListPage("articles 7", 2, None)
    body = page.body("articles", [30, 20, 10], position=lambda member: member)
    assert body == {"articles": [30, 20], "next_cursor": cursor_of("articles 7", 20)}
    following = list_page(request(f"limit=2&cursor={body['next_cursor']}"), "articles 7")
    assert following == ListPage("articles 7", 2, "20")
    assert following.body("articles", [10], position=lambda member: member)["next_cursor"] is None


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_last_page_has_no_cursor(count: int) -> None:
    members = list(range(count))
    body = ListPage("articles 7", 2, None).body("articles", members, position=lambda member: member)
    assert body == {"articles": members, "next_cursor": None}


@pytest.mark.parametrize("limit", ["0", str(MAX_LISTED + 1), "1.5", "", "x"])
def test_rejects_other_limits(limit: str) -> None:
    with pytest.raises(Refusal) as refused:
        list_page(request(f"limit={limit}"), "articles 7")
    assert [error.field for error in refused.value.errors] == ["limit"]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "%C3%A9",
        "!!!!",
        cursor_of("articles 70", 5),
        cursor_of("articles 7", 0),
        cursor_of("articles 7", "5 "),
        cursor_of("articles 7", "٣"),
        cursor_of("articles 7", 5) + "=",
    ],
)
def test_rejects_what_is_no_cursor_of_the_list(cursor: str) -> None:
    with pytest.raises(Refusal) as refused:
        list_page(request(f"cursor={cursor}"), "articles 7")
    assert refused.value.name == "malformed-request"
    assert [error.field for error in refused.value.errors] == ["cursor"]


def test_a_list_has_its_own_pattern_of_positions() -> None:
    cursor = cursor_of("queue pending", "2026-11-23T12:00:00.000Z 0a")
    page = list_page(request(f"cursor={cursor}"), "queue pending", r"\S+ [0-9a-f]+")
    assert page.after == "2026-11-23T12:00:00.000Z 0a"
