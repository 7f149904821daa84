"""`seealso sites`, `seealso blocks`, `seealso audit`."""

import json

from tests.cli.admin_server import AdminServer
from tests.cli.conftest import Admin

SITE = {"name": "The Mill", "article_url": "https://mill.example.org/a/{id}"}


def put(as_admin: Admin, *arguments: str, **members: object) -> int:
    body = json.dumps(SITE | members).encode()
    return as_admin("sites", "put", "7", "-", *arguments, stdin=body).status


def test_sites(as_admin: Admin, admin_server: AdminServer) -> None:
    assert as_admin("sites", "show", 7).status == 5
    created = as_admin("sites", "put", 7, "-", stdin=json.dumps(SITE).encode())
    assert (created.status, created.out) == (0, "The site of domain 7 is at version 1.\n")
    assert put(as_admin, hosts=["mill.example.org"], cap=3) == 0
    shown = as_admin("sites", "show", 7, "--json").json()
    assert (shown["version"], shown["cap"], shown["hosts"]) == (2, 3, ["mill.example.org"])
    # What was shown says which version is changed.
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


def test_blocks(as_admin: Admin) -> None:
    put(as_admin)
    added = as_admin("blocks", "add", "www.spam.example.net")
    assert (added.status, added.out) == (0, "spam.example.net is blocked in the network.\n")
    of_site = as_admin("blocks", "add", "b\u00fccher.example.org", "--domain=7", "--json").json()
    assert of_site == {"host": "xn--bcher-kva.example.org", "domain": 7}
    assert [line.split() for line in as_admin("blocks", "list").out.splitlines()] == [
        ["domain", "host"],
        ["all", "spam.example.net"],
        ["7", "xn--bcher-kva.example.org"],
    ]
    assert as_admin("blocks", "list", "--json").json_lines()[1] == of_site
    removed = as_admin("blocks", "remove", "b\u00fccher.example.org", "--domain=7")
    assert removed.out == "b\u00fccher.example.org is not blocked on domain 7 any more.\n"
    assert as_admin("blocks", "remove", "spam.example.net", "--json").json() == {
        "host": "spam.example.net",
        "domain": None,
    }
    assert as_admin("blocks", "remove", "spam.example.net").status == 5
    assert as_admin("blocks", "add", "localhost").status == 1


def test_audit(as_admin: Admin, as_editor: Admin) -> None:
    body = {"id": 41, "domain": 7, "title": "A", "text": "", "date": "2026-02-25"}
    as_editor("articles", "create", "-", stdin=json.dumps(body).encode())
    as_editor("articles", "publish", 41)
    as_admin("blocks", "add", "spam.example.net")
    heading, *lines = [line.split()[1:] for line in as_admin("audit").out.splitlines()]
    assert heading == ["actor", "action", "of", "change"]
    assert [" ".join(line) for line in lines[:2]] == [
        "admin@example.com block.add network host spam.example.net, domain -",
        "editor@example.com article.publish article 41 state published, version 2",
    ]
    created = " ".join(lines[2])
    assert created.startswith("editor@example.com article.create article 41 ")
    # Texts are told by length and digest.
    assert "text bytes 0, sha256 " in created
    of_article = as_admin("audit", "--article=41", "--json").json_lines()
    assert [line["action"] for line in of_article] == ["article.publish", "article.create"]
    (of_admin,) = as_admin("audit", "--actor=admin@example.com", "--json").json_lines()
    assert of_admin["action"] == "block.add"
    assert as_admin("audit", f"--link={'a' * 32}", "--json").json_lines() == []
    assert as_admin("audit", "--link=x").status == 1
    assert as_admin("audit", "--article=41", "--actor=x").status == 2
