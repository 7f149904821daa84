"""Commands with several ids: a line for each, the worst exit status, ids from standard input."""

import json
from typing import Any

import pytest

from seealso.store.tables import Store
from seealso.tables.links import get_link
from tests.cli.admin_server import AdminServer
from tests.cli.conftest import Run
from tests.cli.support import Outcome
from tests.cli.test_admin_api import problem
from tests.cli.test_links import add_pending_link

NEW: dict[str, Any] = {"domain": 7, "title": "A", "text": "", "date": "2026-02-25"}


@pytest.fixture
def three(as_admin: Run, admin_server: AdminServer) -> Run:
    """Runs `seealso` as an admin, with the drafts 41 to 43."""
    for article_id in (41, 42, 43):
        body = json.dumps(NEW | {"id": article_id}).encode()
        assert as_admin("articles", "create", "-", stdin=body).status == 0
    admin_server.requests.clear()
    return as_admin


def test_prints_a_line_for_each_article(three: Run) -> None:
    published = three("articles", "publish", 41, 42)
    assert published == Outcome(
        0, "Article 41: published, version 2.\nArticle 42: published, version 2.\n", []
    )
    assert three("articles", "unpublish", 41, 42).status == 0
    assert three("articles", "delete", 41, 42, "--json").out.count('"deleted"') == 2
    assert three("articles", "restore", 41, 42).status == 0


def test_goes_on_after_refusals_and_exits_with_the_worst_status(three: Run) -> None:
    three("articles", "delete", 42)
    outcome = three("articles", "publish", 41, 42, 99, 43)
    assert outcome.status == 6
    assert outcome.out.splitlines() == [
        "Article 41: published, version 2.",
        "Article 43: published, version 2.",
    ]
    assert [line.split(": ")[:2] for line in outcome.stderr] == [["Error", "42"], ["Error", "99"]]
    assert three("articles", "delete", 99, 41).status == 5


def test_reads_ids_from_standard_input(three: Run, admin_server: AdminServer) -> None:
    ids = three("articles", "list", "--state=draft", "--ids").out
    assert ids == "43\n42\n41\n"
    outcome = three("articles", "publish", "-", 41, stdin=b"\xef\xbb\xbf" + ids.encode())
    assert (outcome.status, len(outcome.out.splitlines())) == (0, 3)
    admin_server.requests.clear()
    assert three("articles", "publish", "-") == Outcome(0, "", ["No ids on standard input."])
    assert three("articles", "publish", "-", stdin=b"41 x\n").status == 2
    assert three("articles", "publish", "-", stdin=b"41 \xff\n").status == 2
    assert admin_server.requests == []


def test_stops_where_the_others_would_fail_too(
    three: Run, as_editor: Run, admin_server: AdminServer
) -> None:
    outcome = as_editor("articles", "purge", 41, 42, 43, "--yes")
    assert outcome == Outcome(
        4,
        "",
        [
            "Error: 41: This operation requires the admins group.",
            "Stopped: 2 more were not changed.",
        ],
    )
    # A server's error is of one article.
    admin_server.requests.clear()
    admin_server.canned = [problem(500, detail="Oh.")]
    outcome = three("articles", "publish", 41, 42, 43)
    assert outcome.status == 2
    assert outcome.out.count("published") == 2


def test_purges_several(three: Run) -> None:
    three("articles", "delete", 41, 42)
    assert three("articles", "purge", 41, 42).status == 2
    assert three("articles", "purge", 41, 42, "--yes").out.splitlines() == [
        "Article 41 is purged.",
        "Article 42 is purged.",
    ]


@pytest.mark.usefixtures("three")
def test_decides_about_several_links(as_editor: Run, deployed_environment: Store) -> None:
    ids = [add_pending_link(deployed_environment, number) for number in range(1, 6)]
    assert as_editor("links", "approve", *ids[:2]).out.splitlines() == [
        f"Link {link_id}: published, version 2." for link_id in ids[:2]
    ]
    assert as_editor("links", "reject", *ids[2:4], "--reason=Not ours").status == 0
    queued = as_editor("links", "queue", "--ids").out
    assert queued == f"{ids[4]}\n"
    assert as_editor("links", "remove", "-", stdin=queued.encode()).status == 0
    restored = as_editor("links", "restore", *ids[2:], "--json").json_lines()
    assert [link["status"] for link in restored] == ["pending"] * 3
    wrong = as_editor("links", "restore", ids[0], ids[2])
    assert wrong.status == 6
    assert wrong.stderr == [
        f"Error: {ids[0]}: The link is published, so it cannot be restored.",
        f"Error: {ids[2]}: The link is pending, so it cannot be restored.",
    ]


@pytest.mark.usefixtures("three")
def test_removes_the_links_of_a_host(as_editor: Run, deployed_environment: Store) -> None:
    ids = [
        add_pending_link(deployed_environment, number, url=f"https://{host}/{number}")
        for number, host in enumerate(
            ["spam.example.net", "www.spam.example.net", "a.spam.example.net", "b.example.net"], 1
        )
    ]
    as_editor("links", "approve", ids[0])
    listed = as_editor("links", "list", "--host=spam.example.net", "--ids")
    assert sorted(listed.out.split()) == ids[:3]
    removed = as_editor("links", "remove", "-", stdin=listed.out.encode())
    assert (removed.status, len(removed.out.splitlines())) == (0, 3)
    # What is removed already is listed only if it is asked for.
    assert as_editor("links", "list", "--host=spam.example.net", "--ids").out == ""
    removed_ids = as_editor("links", "list", "--host=spam.example.net", "--status=removed", "--ids")
    assert sorted(removed_ids.out.split()) == ids[:3]
    assert as_editor("links", "restore", "-", stdin=removed_ids.out.encode()).status == 0
    link = get_link(deployed_environment, ids[0])
    assert link is not None
    assert link.status == "pending"
