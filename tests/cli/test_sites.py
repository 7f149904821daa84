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
        ["domain", "name", "publish", "cap", "hosts", "blocked"],
        ["7", "The", "Mill", "approved", "4", "-", "0"],
    ]
    (listed,) = as_admin("sites", "list", "--json").json_lines()
    assert listed["version"] == 4
