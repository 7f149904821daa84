"""`seealso sites load`: sites of JSON arrays and JSON Lines, validated and stored."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.paths import ROOT
from seealso.editing.sites import block_host, change_site
from seealso.errors import StoreUnavailable
from seealso.store.tables import Store
from seealso.tables.audit import AuditFilter, ChangeContext, list_audit
from seealso.tables.sites import Block, get_record, list_blocks, list_records
from seealso_cli.bulk import load_sites as command
from tests.cli.conftest import RunBulk
from tests.cli.support import Columns, jsonl, run_on_terminal, store_options, without, write_file

CONTEXT = ChangeContext("admin@example.com", datetime.now(UTC), "r1", 365)


def site(domain: Any = 7, **members: Any) -> Columns:
    """A valid site, with these members."""
    valid: Columns = {
        "domain": domain,
        "hosts": ["mill.example.org", "www.mill.example.org"],
        "name": "The Mill",
        "article_url": "https://mill.example.org/a/{id}",
        "cap": 5,
        "publish": "at_once",
        "pending_cap": 20,
        "pending_days": 14,
        "blocked_hosts": ["spam.example.net"],
        "language": "en",
        "text_format": "plain",
        "recheck_days": 7,
        "webmentions": "review",
    }
    return valid | members


def stored(store: Store) -> list[Columns]:
    """All sites, by domain, without their versions."""
    return [without(record.members(), "version") for record in list_records(store, 100)]


def array(sites: list[Columns]) -> bytes:
    return json.dumps(sites, indent=2).encode()


@pytest.mark.parametrize("form", [array, jsonl])
@pytest.mark.parametrize("zipped", [False, True])
def test_creates_and_changes_sites(
    run_bulk: RunBulk,
    store: Store,
    tmp_path: Path,
    form: Callable[[list[Columns]], bytes],
    zipped: bool,
) -> None:
    sites = [site(0, hosts=[], blocked_hosts=[], cap=0, pending_cap=0), site(7)]
    path = write_file(tmp_path, form(sites), zipped=zipped)
    outcome = run_bulk("sites", "load", "--yes", path, store=store)
    assert (outcome.status, outcome.summary) == (0, "2 sites: 2 written, 0 unchanged, 0 invalid")
    assert outcome.stderr[0] == "site 0 (The Mill): new"
    assert stored(store) == sites
    changed = {"domain": 7, "publish": "approved", "cap": 20, "blocked_hosts": []}
    outcome = run_bulk("sites", "load", "--yes", "-", store=store, stdin=form([changed]))
    assert (outcome.status, outcome.stderr) == (
        0,
        [
            "site 7 (The Mill)",
            "  cap: 5 -> 20",
            "  publish: at_once -> approved",
            "  blocked_hosts: -spam.example.net",
            "1 sites: 1 written, 0 unchanged, 0 invalid",
        ],
    )
    assert stored(store) == [sites[0], sites[1] | changed]
    assert [record.site.version for record in list_records(store, 100)] == [1, 2]
    outcome = run_bulk("sites", "load", "-", store=store, stdin=form([changed]))
    assert outcome.stderr == ["1 sites: 0 written, 1 unchanged, 0 invalid"]


def test_keeps_what_the_file_does_not_name(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path
) -> None:
    """Neither an admin's change nor a blocked host is undone."""
    path = write_file(tmp_path, jsonl([without(site(7), "cap", "blocked_hosts")]))
    assert run_bulk("sites", "load", "--yes", path, store=moto_store).status == 0
    block_host(moto_store, CONTEXT, Block("spam.example.net", 7))
    block_host(moto_store, CONTEXT, Block("network.example.net", None))
    current = get_record(moto_store, 7)
    raised = current._replace(site=current.site._replace(cap=9))
    change_site(moto_store, CONTEXT, current, raised)
    outcome = run_bulk("sites", "load", path, store=moto_store)
    assert outcome.stderr == ["1 sites: 0 written, 1 unchanged, 0 invalid"]
    kept = get_record(moto_store, 7)
    assert (kept.site.cap, kept.blocked_hosts, kept.site.version) == (9, ("spam.example.net",), 3)
    assert list_blocks(moto_store, 10) == [
        Block("network.example.net", None),
        Block("spam.example.net", 7),
    ]


def test_writes_audit_entries(run_bulk: RunBulk, moto_store: Store, tmp_path: Path) -> None:
    path = write_file(tmp_path, jsonl([site(7)]))
    assert run_bulk("sites", "load", "--yes", path, store=moto_store).status == 0
    stdin = jsonl([{"domain": 7, "cap": 3}])
    assert run_bulk("sites", "load", "--yes", "-", store=moto_store, stdin=stdin).status == 0
    changed, created = list_audit(moto_store, AuditFilter(), 10)
    assert (created["action"], created["before"]) == ("site.create", None)
    assert (changed["action"], changed["actor"], changed["domain"]) == ("site.change", "import", 7)
    assert changed["before"] == site(7) | {"version": 1}
    assert changed["after"] == site(7, cap=3) | {"version": 2}
    assert changed["request_id"].startswith("cli-")


def test_leaves_sites_at_another_version_alone(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file(tmp_path, jsonl([site(7, version=0), site(8)]))
    assert run_bulk("sites", "load", "--yes", path, store=moto_store).status == 0
    path = write_file(tmp_path, jsonl([site(7, version=2, cap=1), site(8, version=1, cap=1)]))
    outcome = run_bulk("sites", "load", "--yes", path, store=moto_store)
    assert outcome.status == 1
    assert outcome.stderr[0] == (
        f"{path}:1: version: the site is at version 1: load the current one, or none"
    )
    assert outcome.summary == "2 sites: 1 written, 0 unchanged, 1 invalid"
    assert [members["cap"] for members in stored(moto_store)] == [5, 1]

    # Changed after the command has read it.
    def interfering(*arguments: Any) -> Any:
        monkeypatch.undo()
        current = get_record(moto_store, 7)
        theirs = current._replace(site=current.site._replace(name="Theirs"))
        change_site(moto_store, CONTEXT, current, theirs)
        return change_site(*arguments)

    monkeypatch.setattr(command, "change_site", interfering)
    path = write_file(tmp_path, jsonl([{"domain": 7, "cap": 1}, {"domain": 8, "cap": 2}]))
    outcome = run_bulk("sites", "load", "--yes", path, store=moto_store)
    assert outcome.status == 6
    assert outcome.stderr[-2:] == [
        "site 7 was changed by someone else meanwhile; run the same command again",
        "2 sites: 1 written, 0 unchanged, 0 invalid, 1 changed by someone else meanwhile",
    ]
    assert [(members["name"], members["cap"]) for members in stored(moto_store)] == [
        ("Theirs", 5),
        ("The Mill", 2),
    ]


def test_dry_run_shows_changes_only(run_bulk: RunBulk, moto_store: Store, tmp_path: Path) -> None:
    path = write_file(tmp_path, jsonl([site(7), {"domain": 8, "cap": 3}]))
    outcome = run_bulk("sites", "load", "--dry-run", path, store=moto_store)
    assert (outcome.status, outcome.stderr[:2]) == (
        1,
        [
            f"{path}:2: name: is required for a new site",
            "site 7 (The Mill): new",
        ],
    )
    assert outcome.summary == (
        "2 sites: 1 to change, 0 unchanged, 1 invalid; nothing was written (--dry-run)"
    )
    assert stored(moto_store) == []


def test_asks_before_it_changes(run_bulk: RunBulk, moto_store: Store, tmp_path: Path) -> None:
    path = write_file(tmp_path, jsonl([site(7)]))
    outcome = run_bulk("sites", "load", path, store=moto_store)
    assert outcome.status == 2
    assert outcome.stderr[0] == "site 7 (The Mill): new"
    assert outcome.summary == "Error: Not running in a terminal; pass --yes to confirm."
    arguments = ["sites", "load", str(path), *store_options(moto_store)]
    status, screen = run_on_terminal(arguments, ["n"])
    assert (status, "Nothing was changed." in screen) == (2, True), screen
    assert stored(moto_store) == []
    status, screen = run_on_terminal(arguments, ["y"])
    assert (status, "1 sites: 1 written" in screen) == (0, True), screen
    assert stored(moto_store) == [site(7)]


def test_describes_changes_of_hosts(run_bulk: RunBulk, moto_store: Store, tmp_path: Path) -> None:
    hosts = ["a.example.org", "b.example.org"]
    path = write_file(tmp_path, jsonl([site(7, hosts=hosts)]))
    assert run_bulk("sites", "load", "--yes", path, store=moto_store).status == 0
    for changed, line in (
        (["b.example.org", "c.example.org"], "-a.example.org +c.example.org"),
        (hosts[::-1], "another order"),
    ):
        path = write_file(tmp_path, jsonl([{"domain": 7, "hosts": changed}]))
        outcome = run_bulk("sites", "load", "--dry-run", path, store=moto_store)
        assert outcome.stderr[:-1] == ["site 7 (The Mill)", f"  hosts: {line}"]


def test_accepts_sample_sites(run_bulk: RunBulk) -> None:
    assert run_bulk("sites", "load", "--dry-run", ROOT / "data/sites.json").status == 0


def test_stores_blocked_hosts_as_keys(run_bulk: RunBulk, moto_store: Store, tmp_path: Path) -> None:
    blocked = ["www.spam.example.net", "spam.example.net", "b\u00fccher.example.org"]
    path = write_file(tmp_path, jsonl([site(blocked_hosts=blocked[:2])]))
    assert run_bulk("sites", "load", "--yes", path, store=moto_store).status == 0
    assert get_record(moto_store, 7).blocked_hosts == ("spam.example.net",)
    path = write_file(tmp_path, jsonl([site(blocked_hosts=blocked[2:])]))
    assert run_bulk("sites", "load", "--yes", path, store=moto_store).status == 1


NUMBER = "must be an integer from"
INVALID: list[tuple[str, Any, str]] = [
    ("domain", -1, f"{NUMBER} 0 to 2147483647"),
    ("domain", 2**31, NUMBER),
    ("domain", True, NUMBER),
    ("domain", "7", NUMBER),
    ("hosts", "mill.example.org", "must be a list of host names"),
    ("hosts", None, "must be a list of host names"),
    ("hosts", ["Mill.example.org"], "item 1 is not a lowercase host name"),
    ("hosts", ["a.example.org", "b..example.org"], "item 2 is not a lowercase host name"),
    ("hosts", ["-a.example.org"], "item 1 is not a lowercase host name"),
    ("hosts", ["a.example.org:80"], "item 1 is not a lowercase host name"),
    ("hosts", ["a.example.org."], "item 1 is not a lowercase host name"),
    ("hosts", ["a" * 64 + ".org"], "item 1 is not a lowercase host name"),
    ("hosts", ["a." * 127], "item 1 is not a lowercase host name"),
    ("hosts", [7], "item 1 is not a lowercase host name"),
    ("hosts", ["a.example.org", "a.example.org"], "contains a duplicate host"),
    ("name", "", "must be 1 to 200 characters long (is "),
    ("name", "\ud83d", "contains an unpaired surrogate"),
    ("name", 7, "must be a string"),
    ("article_url", "https://mill.example.org/a/", "must be a URL containing {id}"),
    ("article_url", "/a/{id}", "must be a valid http or https URL"),
    ("article_url", "ftp://mill.example.org/{id}", "must be a valid http or https URL"),
    ("article_url", "https:///{id}:x", "must be a valid http or https URL"),
    ("article_url", "https://mill.example.org/{id}" + "x" * 2048, "must be at most 2048 bytes"),
    ("article_url", 7, "must be a URL"),
    ("text_format", "html", "must be one of: plain, markdown"),
    ("cap", 21, f"{NUMBER} 0 to 20"),
    ("cap", -1, NUMBER),
    ("cap", 5.0, NUMBER),
    ("publish", "later", "must be one of: at_once, approved, verified"),
    ("publish", [], "must be one of: at_once, approved, verified"),
    ("recheck_days", 0, f"{NUMBER} 1 to 90"),
    ("recheck_days", 91, f"{NUMBER} 1 to 90"),
    ("pending_cap", -1, NUMBER),
    ("pending_days", 0, f"{NUMBER} 1 to 36500"),
    ("blocked_hosts", {}, "must be a list of host names"),
    ("blocked_hosts", ["localhost"], "item 1 cannot be blocked: The host has only one part"),
    ("blocked_hosts", ["127.0.0.1"], "item 1 cannot be blocked: "),
]


@pytest.mark.parametrize(("member", "value", "reason"), INVALID)
def test_rejects_invalid_members(
    run_bulk: RunBulk, tmp_path: Path, member: str, value: Any, reason: str
) -> None:
    invalid = site(8) | {member: value}
    check_one_invalid_site(
        run_bulk, write_file(tmp_path, jsonl([site(1), invalid])), f"2: {member}: {reason}"
    )


@pytest.mark.parametrize(
    ("invalid", "reason"),
    [
        (without(site(8), "domain"), "domain: is required"),
        (site(8, caps=5), "'caps': unknown field"),
        (site(1), "domain: duplicate domain; the first site is used"),
    ],
)
def test_rejects_invalid_sites_of_an_array(
    run_bulk: RunBulk, tmp_path: Path, invalid: Columns, reason: str
) -> None:
    lines = len(json.dumps(site(1), indent=2).splitlines())
    path = write_file(tmp_path, array([site(1), invalid]))
    check_one_invalid_site(run_bulk, path, f"{2 + lines}: {reason}")


def check_one_invalid_site(run_bulk: RunBulk, path: Path, report: str) -> None:
    """Check that one of two sites is invalid and that its only report begins like this."""
    outcome = run_bulk("sites", "load", "--dry-run", path)
    assert outcome.status == 1
    assert len(outcome.stderr) == 2, outcome.stderr
    assert outcome.stderr[0].startswith(f"{path}:{report}")
    assert outcome.summary == "2 sites: 1 valid, 1 invalid; nothing was written (--dry-run)"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (array([site(1)])[:-1], 22),
        (array([site(1)]) + b"\n7", 22),
        (array([site(1)])[:-1] + b",]", 22),
        (array([site(1)])[:-1] + b", {},\n{,}]", 23),
        (array([site(1)])[:-1] + b"\n {}]", 23),
    ],
)
def test_rejects_malformed_arrays(
    run_bulk: RunBulk, tmp_path: Path, content: bytes, line: int
) -> None:
    path = write_file(tmp_path, content)
    outcome = run_bulk("sites", "load", "--dry-run", path)
    assert outcome.status == 1
    assert outcome.stderr[-2].startswith(f"{path}:{line}: invalid JSON")
    assert "sites: 1 valid, " in outcome.summary


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf\n"])
def test_empty_file_is_an_error(run_bulk: RunBulk, tmp_path: Path, content: bytes) -> None:
    path = write_file(tmp_path, content)
    outcome = run_bulk("sites", "load", "--dry-run", path)
    assert (outcome.status, outcome.stderr[0]) == (1, f"{path}:1: the file is empty")


def test_names_utf_16(run_bulk: RunBulk, tmp_path: Path) -> None:
    path = write_file(tmp_path, array([site(7)]).decode().encode("utf-16"))
    outcome = run_bulk("sites", "load", "--dry-run", path)
    assert outcome.status == 2
    assert outcome.summary == f"Error: Could not read {path}: it is UTF-16; save it as UTF-8."


@pytest.mark.parametrize("content", [b"[]", b"[\n]\n"])
def test_accepts_files_without_sites(run_bulk: RunBulk, tmp_path: Path, content: bytes) -> None:
    outcome = run_bulk("sites", "load", "--dry-run", write_file(tmp_path, content))
    assert (outcome.status, outcome.stderr) == (
        0,
        ["0 sites: 0 valid, 0 invalid; nothing was written (--dry-run)"],
    )


PIECES = [
    b"[",
    b"]",
    b",",
    b"{",
    b"}",
    b" ",
    b"\n",
    b"\xff",
    b"7",
    b'"',
    b"\x1f\x8b",
    *jsonl([site()]).split(b","),
]


@given(st.binary(max_size=100) | st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join))
def test_any_bytes_get_a_report(run_bulk: RunBulk, content: bytes) -> None:
    outcome = run_bulk("sites", "load", "--dry-run", "-", stdin=content)
    assert outcome.status in (0, 1, 2)
    assert outcome.stderr
    assert all(line.isprintable() for line in outcome.stderr)


def test_retries_while_store_is_busy(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [StoreUnavailable("PutItem: ThrottlingException")] * 3

    def change_or_fail(*arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return change_site(*arguments)

    monkeypatch.setattr(command, "change_site", change_or_fail)
    path = write_file(tmp_path, jsonl([site()]))
    assert run_bulk("sites", "load", "--yes", path, store=moto_store).status == 0
    assert stored(moto_store) == [site()]


def test_lost_answer_is_no_conflict(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_and_fail(*arguments: Any) -> Any:
        monkeypatch.undo()
        change_site(*arguments)
        raise StoreUnavailable("TransactWriteItems: no answer")

    monkeypatch.setattr(command, "change_site", change_and_fail)
    path = write_file(tmp_path, jsonl([site()]))
    outcome = run_bulk("sites", "load", "--yes", path, store=moto_store)
    assert (outcome.status, outcome.summary) == (0, "1 sites: 1 written, 0 unchanged, 0 invalid")
