"""`seealso sites load`: sites of JSON arrays and JSON Lines, validated and stored."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.paths import ROOT
from seealso.errors import StoreUnavailable
from seealso.store.tables import Store
from seealso.tables.sites import list_sites, put_site
from seealso_cli.bulk import load_sites as command
from tests.cli.conftest import RunBulk
from tests.cli.support import Columns, jsonl, scan_table, without, write_file


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
    }
    return valid | members


def stored(store: Store) -> list[Columns]:
    """All sites, by domain, without their versions."""
    return [without(asdict(stored_site), "version") for stored_site in list_sites(store)]


def array(sites: list[Columns]) -> bytes:
    return json.dumps(sites, indent=2).encode()


@pytest.mark.parametrize("form", [array, jsonl])
@pytest.mark.parametrize("zipped", [False, True])
def test_replaces_whole_sites(
    run_bulk: RunBulk,
    store: Store,
    tmp_path: Path,
    form: Callable[[list[Columns]], bytes],
    zipped: bool,
) -> None:
    sites = [site(0, hosts=[], blocked_hosts=[], cap=0, pending_cap=0), site(7)]
    path = write_file(tmp_path, form(sites), zipped=zipped)
    outcome = run_bulk("sites", "load", path, store=store)
    assert (outcome.status, outcome.stderr) == (0, ["2 sites: 2 written, 0 invalid"])
    assert stored(store) == sites
    changed = site(7, publish="approved", cap=20, blocked_hosts=[])
    outcome = run_bulk("sites", "load", "-", store=store, stdin=form([changed]))
    assert outcome.status == 0
    assert stored(store) == [sites[0], changed]
    assert [stored_site.version for stored_site in list_sites(store)] == [1, 2]


def test_accepts_sample_sites(run_bulk: RunBulk) -> None:
    assert run_bulk("sites", "load", "--dry-run", ROOT / "data/sites.json").status == 0


def test_stores_blocked_hosts_as_keys(run_bulk: RunBulk, moto_store: Store, tmp_path: Path) -> None:
    blocked = ["www.spam.example.net", "spam.example.net", "b\u00fccher.example.org"]
    path = write_file(tmp_path, jsonl([site(blocked_hosts=blocked[:2])]))
    assert run_bulk("sites", "load", path, store=moto_store).status == 0
    (item,) = scan_table(moto_store, moto_store.sites)
    assert item["blocked_hosts"] == ["spam.example.net"]
    path = write_file(tmp_path, jsonl([site(blocked_hosts=blocked[2:])]))
    assert run_bulk("sites", "load", path, store=moto_store).status == 1


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
    ("article_url", None, "must be a URL"),
    ("cap", 21, f"{NUMBER} 0 to 20"),
    ("cap", -1, NUMBER),
    ("cap", 5.0, NUMBER),
    ("publish", "verified", "must be one of: at_once, approved"),
    ("publish", [], "must be one of: at_once, approved"),
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
        (without(site(8), "cap"), "cap: is required"),
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
        (array([site(1)])[:-1], 18),
        (array([site(1)]) + b"\n7", 18),
        (array([site(1)])[:-1] + b",]", 18),
        (array([site(1)])[:-1] + b", {},\n{,}]", 19),
        (array([site(1)])[:-1] + b"\n {}]", 19),
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


@pytest.mark.parametrize("content", [b"", b"[]", b"[\n]\n", b"\n"])
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

    def put_or_fail(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        put_site(*arguments)

    monkeypatch.setattr(command, "put_site", put_or_fail)
    path = write_file(tmp_path, jsonl([site()]))
    assert run_bulk("sites", "load", path, store=moto_store).status == 0
    assert stored(moto_store) == [site()]
