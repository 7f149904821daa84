"""`seealso blocks`: blocking and unblocking hosts."""

import json

import pytest

from tests.cli.admin_server import AdminServer
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


def test_editors_see_blocks(as_admin: Run, as_editor: Run) -> None:
    as_admin("blocks", "add", "spam.example.net")
    assert as_editor("blocks", "list", "--json").json_lines() == [
        {"host": "spam.example.net", "domain": None}
    ]
    assert as_editor("blocks", "add", "other.example.net").status == 4


@pytest.mark.parametrize("command", [["blocks", "add"], ["blocks", "remove"]])
@pytest.mark.parametrize(
    ("given", "explanation"),
    [
        ("https://evil.example.org/page", "; do you mean evil.example.org?"),
        ("Evil.example.org/page", "; do you mean evil.example.org?"),
        ("evil.example.org:8080", "; do you mean evil.example.org?"),
        ("https://ann@evil.example.org", "; do you mean evil.example.org?"),
        ("not a host", " such as blog.example.net."),
        ("https://", " such as blog.example.net."),
        ("http://[", " such as blog.example.net."),
    ],
)
def test_explains_what_is_no_host(
    as_admin: Run,
    admin_server: AdminServer,
    command: list[str],
    given: str,
    explanation: str,
) -> None:
    outcome = as_admin(*command, given)
    assert outcome.status == 2
    assert outcome.summary.endswith(f"{given!r} is not a host name{explanation}")
    assert as_admin("links", "list", "--host", given).summary.endswith(explanation)
    assert admin_server.requests == []


def test_adds_and_removes_several(as_admin: Run) -> None:
    added = as_admin("blocks", "add", "-", "c.example.net", stdin=b"a.example.net\nlocalhost\n")
    assert added.out.splitlines() == [
        "a.example.net is blocked in the network.",
        "c.example.net is blocked in the network.",
    ]
    assert added.status == 1
    assert added.stderr[0].startswith("Error: localhost: host cannot be blocked: ")
    removed = as_admin("blocks", "remove", "a.example.net", "b.example.net", "c.example.net")
    assert (removed.status, len(removed.out.splitlines())) == (5, 2)
