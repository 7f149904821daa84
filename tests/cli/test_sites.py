"""`seealso sites`: what is sent, printed and stored."""

import json

from tests.cli.admin_server import AdminServer
from tests.cli.conftest import Run

SITE = {"name": "The Mill", "article_url": "https://mill.example.org/a/{id}"}


def put(as_admin: Run, *arguments: str, **members: object) -> int:
    body = json.dumps(SITE | members).encode()
    return as_admin("sites", "put", "7", "-", *arguments, stdin=body).status


def test_puts_shows_and_lists_sites(as_admin: Run, admin_server: AdminServer) -> None:
    assert as_admin("sites", "show", 7).status == 5
    created = as_admin("sites", "put", 7, "-", stdin=json.dumps(SITE).encode())
    assert (created.status, created.out) == (0, "The site of domain 7 is at version 1.\n")
    assert put(as_admin, hosts=["mill.example.org"], cap=3) == 0
    shown = as_admin("sites", "show", 7, "--json").json()
    assert (shown["version"], shown["cap"], shown["hosts"]) == (2, 3, ["mill.example.org"])
    # The output of `show` contains its version.
    assert put(as_admin, **shown) == 0
    assert put(as_admin, **shown) == 6
    assert put(as_admin, "--version=3", cap=4) == 0
    assert put(as_admin, "--version=3", cap=4) == 6
    assert "hosts:         -" in as_admin("sites", "show", 7).out.splitlines()
    assert [line.split() for line in as_admin("sites", "list").out.splitlines()] == [
        ["domain", "publish", "cap", "blocked", "name", "hosts"],
        ["7", "approved", "4", "0", "The", "Mill", "-"],
    ]
    (listed,) = as_admin("sites", "list", "--json").json_lines()
    assert listed["version"] == 4


def test_editors_see_sites(as_admin: Run, as_editor: Run, admin_server: AdminServer) -> None:
    assert put(as_admin) == 0
    assert [site["domain"] for site in as_editor("sites", "list", "--json").json_lines()] == [7]
    assert as_editor("sites", "show", 7).status == 0
    outcome = as_editor("sites", "put", "7", "-", stdin=json.dumps(SITE).encode())
    assert (outcome.status, outcome.stderr) == (
        4,
        ["Error: This operation requires the admins group."],
    )


def test_puts_a_new_site_from_a_copy(as_admin: Run) -> None:
    assert put(as_admin) == 0
    assert put(as_admin, cap=3) == 0
    copy = as_admin("sites", "show", 7, "--json").json()
    assert copy["version"] == 2
    of_other = as_admin("sites", "put", 8, "-", stdin=json.dumps(copy).encode())
    assert (of_other.status, of_other.stderr) == (
        1,
        ["Error: Standard input is of another domain than 8. Change its domain or leave it out."],
    )
    copy |= {"domain": 8, "name": "The Weir"}
    created = as_admin("sites", "put", 8, "-", "--json", stdin=json.dumps(copy).encode()).json()
    assert (created["version"], created["cap"], created["name"]) == (1, 3, "The Weir")
    # With --version, which is meant, a site that does not exist is a conflict.
    copy |= {"domain": 9}
    assert (
        as_admin("sites", "put", 9, "-", "--version=2", stdin=json.dumps(copy).encode()).status == 6
    )
