"""`seealso blocks`: blocking and unblocking hosts."""

import json

from tests.cli.conftest import Run


def test_adds_lists_and_removes_blocks(as_admin: Run) -> None:
    site = {"name": "The Mill", "article_url": "https://mill.example.org/a/{id}"}
    as_admin("sites", "put", 7, "-", stdin=json.dumps(site).encode())
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
    assert removed.out == "b\u00fccher.example.org is no longer blocked on domain 7.\n"
    assert as_admin("blocks", "remove", "spam.example.net", "--json").json() == {
        "host": "spam.example.net",
        "domain": None,
    }
    assert as_admin("blocks", "remove", "spam.example.net").status == 5
    assert as_admin("blocks", "add", "localhost").status == 1
