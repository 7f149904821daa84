"""`seealso sites load`: sites of JSON arrays and JSON Lines, checked and written whole."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.paths import ROOT
from seealso.dynamodb import Store, StoreUnavailable
from seealso.sites import all_sites, put_site
from seealso_cli.bulk import site_rows as command
from tests.cli.conftest import Seealso
from tests.cli.support import Columns, jsonl, table, without, write


def site(domain: Any = 7, **members: Any) -> Columns:
    """A good site with some members changed."""
    made: Columns = {
        "domain": domain,
        "hosts": ["mill.example.org", "www.mill.example.org"],
        "name": "The Mill",
        "article_url": "https://mill.example.org/a/{id}",
        "cap": 5,
        "publish": "at_once",
        "waiting_cap": 20,
        "pending_days": 14,
        "blocked_hosts": ["spam.example.net"],
    }
    return made | members


def stored(store: Store) -> list[Columns]:
    """All sites, by domain, without their versions."""
    return [without(asdict(each), "version") for each in all_sites(store)]


def array(sites: list[Columns]) -> bytes:
    return json.dumps(sites, indent=2).encode()


@pytest.mark.parametrize("form", [array, jsonl])
@pytest.mark.parametrize("zipped", [False, True])
def test_sites_are_written_whole(
    seealso: Seealso,
    store: Store,
    tmp_path: Path,
    form: Callable[[list[Columns]], bytes],
    zipped: bool,
) -> None:
    sites = [site(0, hosts=[], blocked_hosts=[], cap=0, waiting_cap=0), site(7)]
    path = write(tmp_path, form(sites), zipped=zipped)
    outcome = seealso("sites", "load", path, over=store)
    assert (outcome.status, outcome.lines) == (0, ["2 sites: 2 written, 0 bad"])
    assert stored(store) == sites
    changed = site(7, publish="approved", cap=20, blocked_hosts=[])
    outcome = seealso("sites", "load", "-", over=store, stdin=form([changed]))
    assert outcome.status == 0
    assert stored(store) == [sites[0], changed]
    assert [each.version for each in all_sites(store)] == [1, 2]


def test_the_sample_sites_are_good(seealso: Seealso) -> None:
    assert seealso("sites", "load", "--dry-run", ROOT / "data/sites.json").status == 0


def test_blocked_hosts_are_kept_as_links_are_compared(
    seealso: Seealso, moto_store: Store, tmp_path: Path
) -> None:
    blocked = ["www.spam.example.net", "spam.example.net", "b\u00fccher.example.org"]
    path = write(tmp_path, jsonl([site(blocked_hosts=blocked[:2])]))
    assert seealso("sites", "load", path, over=moto_store).status == 0
    (item,) = table(moto_store, moto_store.sites)
    assert item["blocked_hosts"] == ["spam.example.net"]
    path = write(tmp_path, jsonl([site(blocked_hosts=blocked[2:])]))
    assert seealso("sites", "load", path, over=moto_store).status == 1


NUMBER = "must be a whole number from"
BAD: list[tuple[str, Any, str]] = [
    ("domain", -1, f"{NUMBER} 0 to 2147483647"),
    ("domain", 2**31, NUMBER),
    ("domain", True, NUMBER),
    ("domain", "7", NUMBER),
    ("hosts", "mill.example.org", "must be a list of host names"),
    ("hosts", None, "must be a list of host names"),
    ("hosts", ["Mill.example.org"], "number 1 is not a host name in lower case"),
    ("hosts", ["a.example.org", "b..example.org"], "number 2 is not a host name"),
    ("hosts", ["-a.example.org"], "number 1 is not a host name"),
    ("hosts", ["a.example.org:80"], "number 1 is not a host name"),
    ("hosts", ["a.example.org."], "number 1 is not a host name"),
    ("hosts", ["a" * 64 + ".org"], "number 1 is not a host name"),
    ("hosts", ["a." * 127], "number 1 is not a host name"),
    ("hosts", [7], "number 1 is not a host name"),
    ("hosts", ["a.example.org", "a.example.org"], "has a host twice"),
    ("name", "", "must have 1 to 200 characters"),
    ("name", "\ud83d", "has half a surrogate pair"),
    ("name", 7, "must be a text"),
    ("article_url", "https://mill.example.org/a/", "must be a URL with {id} in it"),
    ("article_url", "/a/{id}", "must be an http or https URL"),
    ("article_url", "ftp://mill.example.org/{id}", "must be an http or https URL"),
    ("article_url", "https:///{id}:x", "must be an http or https URL"),
    ("article_url", "https://mill.example.org/{id}" + "x" * 2048, "must have at most 2048 bytes"),
    ("article_url", None, "must be a URL"),
    ("cap", 21, f"{NUMBER} 0 to 20"),
    ("cap", -1, NUMBER),
    ("cap", 5.0, NUMBER),
    ("publish", "verified", "must be at_once or approved"),
    ("publish", [], "must be at_once or approved"),
    ("waiting_cap", -1, NUMBER),
    ("pending_days", 0, f"{NUMBER} 1 to 36500"),
    ("blocked_hosts", {}, "must be a list of host names"),
    ("blocked_hosts", ["localhost"], "number 1 can't be blocked: The host has only one part"),
    ("blocked_hosts", ["127.0.0.1"], "number 1 can't be blocked: "),
]


@pytest.mark.parametrize(("member", "value", "reason"), BAD)
def test_bad_members(
    seealso: Seealso, tmp_path: Path, member: str, value: Any, reason: str
) -> None:
    bad = site(8) | {member: value}
    check_one_bad_site(seealso, write(tmp_path, jsonl([site(1), bad])), f"2: {member}: {reason}")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (without(site(8), "cap"), "cap: missing"),
        (site(8, caps=5), "'caps': unknown"),
        (site(1), "domain: twice in this file; the site that came first stands"),
    ],
)
def test_bad_sites_of_an_array(seealso: Seealso, tmp_path: Path, bad: Columns, reason: str) -> None:
    lines = len(json.dumps(site(1), indent=2).splitlines())
    path = write(tmp_path, array([site(1), bad]))
    check_one_bad_site(seealso, path, f"{2 + lines}: {reason}")


def check_one_bad_site(seealso: Seealso, path: Path, report: str) -> None:
    """Of two sites one is bad, for one reason, of which the report is the beginning."""
    outcome = seealso("sites", "load", "--dry-run", path)
    assert outcome.status == 1
    assert len(outcome.lines) == 2, outcome.lines
    assert outcome.lines[0].startswith(f"{path}:{report}")
    assert outcome.summary == "2 sites: 1 good, 1 bad; nothing was written (--dry-run)"


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
def test_an_array_that_breaks_off(
    seealso: Seealso, tmp_path: Path, content: bytes, line: int
) -> None:
    path = write(tmp_path, content)
    outcome = seealso("sites", "load", "--dry-run", path)
    assert outcome.status == 1
    assert outcome.lines[-2].startswith(f"{path}:{line}: not JSON")
    assert "sites: 1 good, " in outcome.summary


@pytest.mark.parametrize("content", [b"", b"[]", b"[\n]\n", b"\n"])
def test_a_file_without_sites(seealso: Seealso, tmp_path: Path, content: bytes) -> None:
    outcome = seealso("sites", "load", "--dry-run", write(tmp_path, content))
    assert (outcome.status, outcome.lines) == (
        0,
        ["0 sites: 0 good, 0 bad; nothing was written (--dry-run)"],
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
def test_any_bytes_end_in_a_report(seealso: Seealso, content: bytes) -> None:
    outcome = seealso("sites", "load", "--dry-run", "-", stdin=content)
    assert outcome.status in (0, 1, 2)
    assert outcome.lines
    assert all(line.isprintable() for line in outcome.lines)


def test_a_busy_store(
    seealso: Seealso, moto_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [StoreUnavailable("PutItem: ThrottlingException")] * 3

    def put_or_fail(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        put_site(*arguments)

    monkeypatch.setattr(command, "put_site", put_or_fail)
    path = write(tmp_path, jsonl([site()]))
    assert seealso("sites", "load", path, over=moto_store).status == 0
    assert stored(moto_store) == [site()]
