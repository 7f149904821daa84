"""`seealso links`: the queue and decisions, and that no link acts on an editor's terminal."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seealso.dynamodb import Store
from seealso.links import Link, add_link, claim_key, get_link
from seealso.sites import Site
from seealso_cli import output
from tests.cli.admin_server import AdminServer
from tests.cli.conftest import Admin


def add(store: Store, number: int = 1, **members: Any) -> str:
    """A link that waits for page 41; returns its id."""
    link_id = f"{number:032x}"
    made: dict[str, Any] = {
        "link_id": link_id,
        "article_id": 41,
        "domain": 7,
        "url": f"https://blog.example.net/{number}",
        "title": f"Number {number}",
        "status": "pending",
        "version": 1,
        "link_back": "unchecked",
        "submitted_at": f"2026-03-01T10:00:{number:02}.000Z",
        "published_at": None,
        "claim": claim_key("network", 1, f"http://blog.example.net/{number}"),
        "consent": {"version": 1, "at": "2026-03-01T10:00:00.000Z"},
        "token_hash": "0",
    }
    add_link(store, Link(**{**made, **members}), Site(7))
    return link_id


def test_from_the_queue_to_the_page(as_editor: Admin, deployed_environment: Store) -> None:
    first, second = add(deployed_environment, 1), add(deployed_environment, 2, domain=8)
    queue = as_editor("links", "queue").out.splitlines()
    assert [line.split() for line in queue] == [
        ["link_id", "article", "submitted", "url", "title"],
        [first, "41", "2026-03-01", "https://blog.example.net/1", "Number", "1"],
        [second, "41", "2026-03-01", "https://blog.example.net/2", "Number", "2"],
    ]
    of_one = as_editor("links", "queue", "--domain=8", "--json").json_lines()
    assert [each["link_id"] for each in of_one] == [second]
    assert as_editor("links", "approve", first).out == f"Link {first}: published, version 2.\n"
    again = as_editor("links", "approve", first)
    assert again.status == 6
    assert again.told == ["Error: The link is published; there is nothing to approve."]
    published = as_editor("links", "queue", "--status=published", "--json").json_lines()
    assert [each["link_id"] for each in published] == [first]
    shown = as_editor("links", "show", first).out.splitlines()
    assert "url:          https://blog.example.net/1" in shown
    assert "consent:      version 1, at 2026-03-01T10:00:00.000Z" in shown
    assert shown[-1].endswith(" published by editor@example.com")
    removed = as_editor("links", "remove", first, "--reason=It is gone", "--json").json()
    assert (removed["status"], removed["version"]) == ("removed", 3)
    assert as_editor("links", "show", first).out.splitlines()[-1].endswith(": It is gone")


@pytest.mark.parametrize("unblock", [False, True])
@pytest.mark.parametrize("action", ["reject", "remove"])
def test_a_url_stays_blocked_or_not(
    as_editor: Admin, deployed_environment: Store, action: str, unblock: bool
) -> None:
    link_id = add(deployed_environment)
    options = ["--reason=Not ours", *(["--unblock"] if unblock else [])]
    outcome = as_editor("links", action, link_id, *options)
    status = {"reject": "rejected", "remove": "removed"}[action]
    assert (outcome.status, outcome.out) == (0, f"Link {link_id}: {status}, version 2.\n")
    link = get_link(deployed_environment, link_id)
    assert link is not None
    answer = deployed_environment.client.call(
        "GetItem", {"TableName": deployed_environment.links, "Key": {"pk": {"S": link.claim}}}
    )
    assert ("Item" in answer) is not unblock


def test_a_rejection_needs_a_reason(as_editor: Admin, deployed_environment: Store) -> None:
    link_id = add(deployed_environment)
    assert as_editor("links", "reject", link_id).status == 2
    assert as_editor("links", "reject", link_id, "--reason=").status == 1
    assert as_editor("links", "remove", link_id).status == 0


def test_ids_that_are_no_ids(as_editor: Admin, admin_server: AdminServer) -> None:
    for wrong in ("1", "../articles/41", "?", "a b", "\u202e", "..", "."):
        assert as_editor("links", "show", wrong).status == 5
    assert all("/articles" not in target for _, target, _, _ in admin_server.requests)


# ---- strangers' texts --------------------------------------------------------------------------

HOSTILE = [
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m",
    "\u202egpj.exe",
    "\u2066isolated\u2069",
    "line\r\nApproved",
    "[bold red]markup[/] :smile: [link=https://x.example.net]x[/link]",
    "[/]",
    "\u200bhidden\ufeff",
    "\u2028",
    "\U000e0041",
]


def acts(text: str) -> set[str]:
    """The signs of an output that a terminal would act on, or not show."""
    return {
        sign
        for sign in text
        if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") and sign != "\n"
    }


@pytest.mark.parametrize("columns", [40, 80, 250])
def test_no_title_acts_on_the_terminal(
    as_editor: Admin,
    deployed_environment: Store,
    monkeypatch: pytest.MonkeyPatch,
    columns: int,
) -> None:
    # The API refuses some of these today; what is stored may be older.
    ids = [
        add(deployed_environment, number, title=title, url=f"https://blog.example.net/{title}")
        for number, title in enumerate(HOSTILE, 1)
    ]
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(output, "_is_terminal", lambda: True)
    queue = as_editor("links", "queue")
    assert acts(queue.out) == set()
    lines = queue.out.splitlines()
    assert len(lines) == 1 + len(HOSTILE)
    assert max(map(len, lines)) <= columns
    assert columns == 40 or all(link_id in queue.out for link_id in ids)
    as_json = as_editor("links", "queue", "--json")
    assert acts(as_json.out) == set()
    assert [each["title"] for each in as_json.json_lines()] == HOSTILE
    shown = as_editor("links", "show", ids[0])
    assert acts(shown.out) == set()
    assert len(shown.out.splitlines()) == 13
    stale = as_editor("links", "approve", ids[0], "--version=7")
    assert stale.status == 6
    assert acts("".join(stale.told)) == set()
    assert stale.told[1].startswith("  It is version 1 now, pending, https://blog.example.net/")


@given(st.text())
def test_any_text_is_harmless(text: str) -> None:
    assert acts(output.harmless(text)) == set()
    assert "\n" not in output.harmless(text)
    # What has nothing of that kind is shown as it is.
    if not acts(text.replace("\n", "\r")):
        unassigned = any(unicodedata.category(sign) in ("Cn", "Co") for sign in text)
        assert unassigned or output.harmless(text) == text
