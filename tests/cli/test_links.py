"""`seealso links`: the queue and decisions; titles and URLs can't control the terminal."""

from typing import Any

import pytest
from rich.cells import cell_len

from seealso.store.tables import Store
from seealso.tables.links import Link, add_link, claim_key, get_link
from seealso.tables.sites import Site
from seealso_cli import output
from tests.cli.admin_server import AdminServer
from tests.cli.conftest import Run
from tests.cli.support import unprintable


def add_pending_link(store: Store, number: int = 1, **members: Any) -> str:
    """Add a pending link of article 41. Returns its id."""
    link_id = f"{number:032x}"
    defaults: dict[str, Any] = {
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
        "claim": claim_key("network", 1, f"http://blog.example.net/{number}/"),
        "consent": {"version": 1, "language": "en", "at": "2026-03-01T10:00:00.000Z"},
        "token_hash": "0",
    }
    add_link(store, Link(**{**defaults, **members}), Site(7))
    return link_id


def test_link_lifecycle(as_editor: Run, deployed_environment: Store) -> None:
    first, second = (
        add_pending_link(
            deployed_environment,
            1,
            article_title="An old mill",
            expires_at="2026-03-15T10:00:00.000Z",
        ),
        add_pending_link(deployed_environment, 2, domain=8),
    )
    queue = as_editor("links", "queue").out.splitlines()
    about = ["7", "An", "old", "mill", "Number", "1", "https://blog.example.net/1"]
    assert [line.split() for line in queue] == [
        [
            *["link_id", "submitted", "expires", "link_back", "needs_editor"],
            *["article", "site", "article_title", "title", "url"],
        ],
        [first, "2026-03-01", "2026-03-15", "unchecked", "-", "41", "domain", *about],
        [
            second,
            "2026-03-01",
            "-",
            "unchecked",
            "-",
            "41",
            "domain",
            "8",
            "-",
            "Number",
            "2",
            "https://blog.example.net/2",
        ],
    ]
    of_one = as_editor("links", "queue", "--domain=8", "--json").json_lines()
    assert [link["link_id"] for link in of_one] == [second]
    assert as_editor("links", "approve", first).out == f"Link {first}: published, version 2.\n"
    repeated = as_editor("links", "approve", first)
    assert repeated.status == 6
    assert repeated.stderr == ["Error: The link is published, so it cannot be approved."]
    published = as_editor("links", "queue", "--status=published", "--json").json_lines()
    assert [link["link_id"] for link in published] == [first]
    shown = as_editor("links", "show", first).out.splitlines()
    assert "url:           https://blog.example.net/1" in shown
    assert "consent:       version 1, language en, at 2026-03-01T10:00:00.000Z" in shown
    assert shown[-1].endswith(" published by editor@example.com")
    removed = as_editor("links", "remove", first, "--reason=It is gone", "--json").json()
    assert (removed["status"], removed["version"]) == ("removed", 3)
    assert as_editor("links", "show", first).out.splitlines()[-1].endswith(": It is gone")


@pytest.mark.parametrize("unblock", [False, True])
@pytest.mark.parametrize("action", ["reject", "remove"])
def test_unblock_frees_the_url(
    as_editor: Run, deployed_environment: Store, action: str, unblock: bool
) -> None:
    link_id = add_pending_link(deployed_environment)
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


def test_admins_erase_links(as_editor: Run, as_admin: Run, deployed_environment: Store) -> None:
    first, second = (add_pending_link(deployed_environment, number) for number in (1, 2))
    assert as_editor("links", "reject", first, "--reason=Spam.").status == 0
    assert as_editor("links", "erase", first).status == 4
    outcome = as_admin("links", "erase", first, second)
    assert outcome.out.splitlines() == [
        f"Link {first}: rejected, version 3.",
        f"Link {second}: withdrawn, version 2.",
    ]
    for link_id in (first, second):
        link = get_link(deployed_environment, link_id)
        assert link is not None
        assert link.url is link.title is None


def test_reject_requires_a_reason(as_editor: Run, deployed_environment: Store) -> None:
    link_id = add_pending_link(deployed_environment)
    assert as_editor("links", "reject", link_id).status == 2
    assert as_editor("links", "reject", link_id, "--reason=").status == 1
    assert as_editor("links", "remove", link_id).status == 0


def test_invalid_ids_are_not_found(as_editor: Run, admin_server: AdminServer) -> None:
    for wrong in ("1", "../articles/41", "?", "a b", "\u202e", "..", "."):
        assert as_editor("links", "show", wrong).status == 5
    assert all("/articles" not in target for _, target, _, _ in admin_server.requests)


# ---- submitters' titles and URLs ---------------------------------------------------------------

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


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 250])
def test_titles_do_not_control_the_terminal(
    as_editor: Run,
    deployed_environment: Store,
    monkeypatch: pytest.MonkeyPatch,
    columns: int,
) -> None:
    # The API rejects some of these now, but they may have been stored earlier.
    ids = [
        add_pending_link(
            deployed_environment, number, title=title, url=f"https://blog.example.net/{title}"
        )
        for number, title in enumerate(HOSTILE, 1)
    ]
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(output, "_is_terminal", lambda: True)
    queue = as_editor("links", "queue")
    assert unprintable(queue.out) == set()
    lines = queue.out.splitlines()
    assert max(map(cell_len, lines)) <= columns
    assert all(link_id in queue.out for link_id in ids)
    as_json = as_editor("links", "queue", "--json")
    assert unprintable(as_json.out) == set()
    assert [link["title"] for link in as_json.json_lines()] == HOSTILE
    shown = as_editor("links", "show", ids[0])
    assert unprintable(shown.out) == set()
    assert len(shown.out.splitlines()) == 21
    stale = as_editor("links", "approve", ids[0], "--version=7")
    assert stale.status == 6
    assert unprintable("".join(stale.stderr)) == set()
    assert stale.stderr[1].startswith(
        "  The current version is 1, pending, https://blog.example.net/"
    )
