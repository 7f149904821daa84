"""The audit: a line for each change and for nothing else, and how it is asked."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest

from seealso.store.tables import Store
from seealso.store.values import Json
from tests.editing import sample_network
from tests.editing.sample_network import COLUMNS, DELETED, DRAFT, SHOWN, SITE, SITED, link_id
from tests.support import requests
from tests.support.editors import ADMIN, EDITOR, as_editor
from tests.support.requests import admin, at_fault, editor, problem
from tests.support.scan import unchanged

REASON = "It is an advertisement."
NEW = DELETED + 1


def line_of(method: str, target: str, body: Any = None, version: int | None = None) -> Json:
    """The one line that a change has written, without what all lines have."""
    before = datetime.now(UTC)
    was = requests.listed("/audit", "audit", 100)
    assert admin(method, target, body, version).status in (200, 201, 204)
    added, *others = requests.listed("/audit", "audit", 100)
    assert others == was
    assert added["actor"] == ADMIN
    at = datetime.fromisoformat(added["at"])
    # Times are kept in milliseconds, cut off.
    assert before - timedelta(milliseconds=1) <= at <= datetime.now(UTC)
    assert added["entry"].startswith(f"{added['at']}#")
    assert added["request_id"]
    shared = ("entry", "at", "actor", "request_id")
    return {name: value for name, value in added.items() if name not in shared}


def about(action: str, before: Json | None, after: Json | None, **of: Any) -> Json:
    nothing = {"article_id": None, "link_id": None, "domain": SITED}
    return {"action": action, **nothing, **of, "before": before, "after": after}


def in_audit(article: Json) -> Json:
    """An article as a line has it: the text by its bytes and their hash alone."""
    data = article["text"].encode()
    return article | {"text": {"bytes": len(data), "sha256": sha256(data).hexdigest()}}


def read(article_id: int) -> Json:
    return in_audit(editor("GET", f"/articles/{article_id}").json())


# ---- one line for each change ----------------------------------------------------------------


def test_records_a_new_article(network: Store) -> None:
    line = line_of("POST", "/articles", COLUMNS | {"text": "Grüße"})
    assert line == about("article.create", None, read(NEW), article_id=NEW)
    assert line["after"]["text"] == {"bytes": 7, "sha256": sha256("Grüße".encode()).hexdigest()}


@pytest.mark.parametrize(
    ("method", "target", "body", "action"),
    [
        ("PUT", f"/{SHOWN}", COLUMNS, "replace"),
        ("PATCH", f"/{DRAFT}", {"text": "x" * 5000, "source_id": SHOWN}, "patch"),
        ("PATCH", f"/{DRAFT}", {}, "patch"),
        ("POST", f"/{DRAFT}/publish", None, "publish"),
        ("POST", f"/{SHOWN}/unpublish", None, "unpublish"),
        ("DELETE", f"/{SHOWN}", None, "delete"),
        ("POST", f"/{DELETED}/restore", None, "restore"),
    ],
)
def test_records_changed_articles(
    network: Store, method: str, target: str, body: Any, action: str
) -> None:
    article_id = int(target.split("/")[1])
    was = read(article_id)
    line = line_of(method, f"/articles{target}", body, 1)
    assert line == about(f"article.{action}", was, read(article_id), article_id=article_id)


def test_records_a_moved_article_under_its_new_domain(network: Store) -> None:
    line = line_of("PATCH", f"/articles/{SHOWN}", {"domain": 3}, 1)
    assert (line["domain"], line["before"]["domain"], line["after"]["domain"]) == (3, SITED, 3)


def test_a_purge_records_each_link(network: Store) -> None:
    was = read(SHOWN)
    admin("DELETE", f"/articles/{SHOWN}", version=1)
    admin("POST", f"/articles/{SHOWN}/purge", version=2)
    *ended, deleted = requests.listed(f"/audit?article={SHOWN}", "audit")
    (purged,) = [line for line in ended if line["link_id"] is None]
    gone = was | {"state": "deleted", "version": 2}
    assert (purged["action"], purged["before"], purged["after"]) == ("article.purge", gone, None)
    assert {(line["action"], line["link_id"]) for line in ended} == {
        ("article.purge", None),
        ("link.purge", link_id(1)),
        ("link.purge", link_id(2)),
    }
    assert {line["request_id"] for line in ended} == {purged["request_id"]}
    assert deleted["action"] == "article.delete"


@pytest.mark.parametrize(
    ("number", "action", "status"),
    [
        (1, "approve", "published"),
        (1, "reject", "rejected"),
        (2, "remove", "removed"),
    ],
)
def test_records_decisions_on_links(network: Store, number: int, action: str, status: str) -> None:
    was = editor("GET", f"/links/{link_id(number)}").json()
    said = {} if action == "approve" else {"reason": REASON}
    line = line_of("POST", f"/links/{link_id(number)}/{action}", said or None, 1)
    before = {"status": was["status"], "version": 1, "article_title": None}
    after = {"status": status, "version": 2, **said}
    of = {"article_id": SHOWN, "link_id": link_id(number)}
    assert line == about(f"link.{action}", before, after, **of)


def test_records_changes_of_sites(network: Store) -> None:
    was = admin("GET", f"/sites/{SITED}").json()
    line = line_of("PUT", f"/sites/{SITED}", SITE, 1)
    assert line == about("site.change", was, admin("GET", f"/sites/{SITED}").json())
    line = line_of("PUT", "/sites/12", SITE)
    assert line == about("site.create", None, admin("GET", "/sites/12").json(), domain=12)


@pytest.mark.parametrize("domain", [None, SITED])
def test_records_blocked_hosts(network: Store, domain: int | None) -> None:
    there = {"host": "spam.example.net", "domain": domain}
    line = line_of("POST", "/blocks", there)
    assert line == about("block.add", None, there, domain=domain)
    query = "" if domain is None else f"?domain={domain}"
    line = line_of("DELETE", f"/blocks/spam.example.net{query}")
    assert line == about("block.remove", there, None, domain=domain)


def test_shortens_long_values(network: Store) -> None:
    title, hosts = (
        "\U0001f41d" * 300,
        [f"h{each:02}.a-longer-name.example.net" for each in range(45)],
    )
    line = line_of("PATCH", f"/articles/{SHOWN}", {"title": title}, 1)
    data = title.encode()
    short = {"bytes": 1200, "sha256": sha256(data).hexdigest()}
    assert line["after"]["title"] == short
    line = line_of("PUT", f"/sites/{SITED}", {**SITE, "blocked_hosts": hosts}, 1)
    data = json.dumps(hosts).encode()
    short = {"bytes": len(data), "sha256": sha256(data).hexdigest()}
    assert line["after"]["blocked_hosts"] == short
    line = line_of("PATCH", f"/articles/{SHOWN}", {"title": "x" * 300}, 2)
    assert line["after"]["title"] == "x" * 300


def test_entries_have_no_texts_or_tokens(network: Store) -> None:
    line_of("PATCH", f"/articles/{SHOWN}", {"text": "A secret"}, 1)
    line_of("DELETE", f"/articles/{SHOWN}", None, 2)
    line_of("POST", f"/links/{link_id(1)}/reject", {"reason": REASON}, 1)
    lines = repr(sample_network.audit_lines(network))
    assert "A secret" not in lines
    assert not [word for word in ("token_hash", "claim") if word in lines]


@pytest.mark.parametrize("days", [36, 365, 3650])
def test_entries_expire_after_audit_days(
    network: Store, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    monkeypatch.setenv("AUDIT_DAYS", str(days))
    admin("POST", f"/articles/{DRAFT}/publish", version=1)
    (line,) = sample_network.audit_lines(network)
    written = datetime.fromisoformat(line["at"]).timestamp()
    assert line["expires_at"] == int(written) + days * 86400


# ---- and for nothing else --------------------------------------------------------------------


def test_reads_and_refused_changes_write_no_entry(network: Store) -> None:
    link = f"/links/{link_id(1)}"
    with unchanged(network):
        for target in ("/audit", "/blocks", "/sites", f"/sites/{SITED}", "/links", link):
            assert admin("GET", target).status == 200
        for target in (f"/articles/{SHOWN}", f"/articles?domain={SITED}"):
            assert editor("GET", target).status == 200
        refused = [
            editor("POST", "/articles", COLUMNS | {"id": SHOWN}),
            editor("POST", "/articles", {}),
            editor("PATCH", f"/articles/{SHOWN}", {"title": "T"}, 2),
            editor("POST", f"/articles/{SHOWN}/restore", version=1),
            admin("POST", f"/articles/{SHOWN}/purge", version=1),
            editor("POST", f"{link}/approve", version=2),
            editor("POST", f"/links/{link_id(2)}/approve", version=1),
            admin("PUT", f"/sites/{SITED}", SITE, 2),
            admin("DELETE", "/blocks/spam.example.net"),
        ]
        assert [each.status for each in refused] == [409, 422, 412, 409, 409, 412, 409, 412, 404]
        assert admin("POST", "/blocks", {"host": "casino.example.org"}).status == 200


# ---- asking ----------------------------------------------------------------------------------

OTHER = "another editor@example.com"


@pytest.fixture
def changes(network: Store) -> None:
    """Nine changes of two editors to an article, two links and a site."""
    for version in range(1, 5):
        editor("PATCH", f"/articles/{SHOWN}", {"title": f"Title {version}"}, version)
    for version in range(1, 3):
        as_editor("PATCH", f"/articles/{DRAFT}", {"title": "T"}, version, name=OTHER)
    editor("POST", f"/links/{link_id(1)}/approve", version=1)
    editor("POST", f"/links/{link_id(1)}/remove", version=2)
    admin("PUT", f"/sites/{SITED}", SITE, 1)


@pytest.mark.usefixtures("changes")
def test_filters_by_article_link_actor_and_domain(network: Store) -> None:
    everything = requests.listed("/audit", "audit", 100)
    entries = [line["entry"] for line in everything]
    assert entries == sorted(entries, reverse=True)
    assert len(entries) == 9
    wanted: list[tuple[str, str, Any, int]] = [
        ("article", "article_id", SHOWN, 6),
        ("article", "article_id", DRAFT, 2),
        ("article", "article_id", 999, 0),
        ("link", "link_id", link_id(1), 2),
        ("link", "link_id", link_id(2), 0),
        ("actor", "actor", EDITOR, 6),
        ("actor", "actor", OTHER, 2),
        ("actor", "actor", ADMIN, 1),
        ("actor", "actor", "nobody", 0),
    ]
    for name, member, value, count in wanted:
        found = requests.listed(f"/audit?{urlencode({name: value})}", "audit", 2)
        assert found == [line for line in everything if line[member] == value]
        assert len(found) == count


@pytest.mark.usefixtures("changes")
def test_paging_while_entries_are_added(network: Store) -> None:
    was = requests.listed("/audit", "audit", 100)
    seen: list[Json] = []
    for version, part in enumerate(requests.pages("/audit", "audit", 2), 1):
        seen += part
        assert admin("POST", "/blocks", {"host": f"h{version}.example.net"}).status == 201
    assert seen == was


@pytest.mark.usefixtures("changes")
def test_rejects_cursors_of_another_list(network: Store) -> None:
    lists = ["article=101", "article=102", f"link={link_id(1)}", f"actor={EDITOR}", "limit=1"]
    for mine in lists:
        for other in lists:
            cursor = requests.cursor_of(f"/audit?{other}" if other != "limit=1" else "/audit")
            response = admin("GET", f"/audit?{mine}&cursor={cursor}")
            assert response.status == (200 if mine == other else 400), (mine, other)


MALFORMED = {
    "article": [
        *["article=", "article=0", "article=x", "article=1&article=1"],
        *[f"article=1&link={link_id(1)}", f"link={link_id(1)}&actor=a", "article=1&actor=a"],
    ],
    "link": ["link=", "link=x", f"link={'A' * 32}"],
    "actor": ["actor=", f"actor={'x' * 129}"],
    "limit": ["limit=0", "limit=101"],
    "cursor": ["cursor=", "cursor=x", "cursor=YXVkaXQtTm9uZS1Ob25lLU5vbmUgeA"],
}


def test_rejects_malformed_queries(deployed_environment: Store) -> None:
    for field, queries in MALFORMED.items():
        for query in queries:
            response = admin("GET", f"/audit?{query}")
            assert (response.status, problem(response)) == (400, "malformed-request")
            assert at_fault(response) == [field]
