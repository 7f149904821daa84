"""`seealso verify`: it finds what does not fit together, and mends what follows from the rest."""

from random import Random

import pytest

from seealso.store.tables import Store
from seealso.tables.audit import AuditFilter, ChangeContext, list_audit
from seealso_cli.progress import ProgressDisplay
from seealso_cli.recovery import verifying
from seealso_cli.recovery.invariants import Finding
from seealso_cli.recovery.mending import mend
from tests.cli.support import run_command, store_options
from tests.support import damage
from tests.support.damage import Damage
from tests.support.factories import AT_ONCE, NOW, make_network, put_item, submit_url
from tests.support.fake_client import Database, FakeClient, fake_store
from tests.support.random_worlds import World
from tests.support.scan import scan, unchanged

STEPS = 60
CONTEXT = ChangeContext("editor", NOW, "request", 3650)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "SETTLE_SECONDS", 0.0)


def verify(store: Store) -> list[Finding]:
    _, findings = verifying.verify(store, ProgressDisplay(None))
    return findings


def world(seed: int, steps: int = STEPS) -> World:
    return World(fake_store(Database()), seed).live(steps)


def check_healthy(seed: int) -> None:
    store = world(seed).store
    with unchanged(store):
        assert verify(store) == [], seed


@pytest.mark.parametrize("first", range(0, 50, 10))
def test_finds_nothing_in_healthy_worlds(first: int) -> None:
    for seed in range(first, first + 10):
        check_healthy(seed)


@pytest.mark.long
def test_finds_nothing_in_a_thousand_healthy_worlds() -> None:
    for seed in range(1_000):
        check_healthy(seed)


def planted(kind: Damage, seed: int) -> tuple[World, str]:
    """A world with a damage, and the name of what must be found."""
    for number in range(seed, seed + 100):
        made = world(number)
        if name := kind(made.store, Random(number)):
            return made, name
    raise AssertionError("no world has what is to be damaged")


@pytest.mark.parametrize("kind", damage.MENDED, ids=lambda kind: kind.__name__)
def test_finds_and_mends_what_follows_from_the_rest(kind: Damage) -> None:
    for seed in (1, 200, 400):
        made, name = planted(kind, seed)
        findings = verify(made.store)
        assert name in [finding.name for finding in findings]
        audited = len(list_audit(made.store, AuditFilter(), 10_000))
        changes = mend(made.store, made.context, findings)
        assert verify(made.store) == []
        # Skip ranges hold no data of their own.
        entries = 0 if kind is damage.skipped else changes
        assert changes
        assert len(list_audit(made.store, AuditFilter(), 10_000)) == audited + entries


@pytest.mark.parametrize("kind", damage.LEFT, ids=lambda kind: kind.__name__)
def test_finds_what_is_lost_and_leaves_it(kind: Damage) -> None:
    for seed in (1, 200, 400):
        made, name = planted(kind, seed)
        findings = verify(made.store)
        assert name in [finding.name for finding in findings]
        mend(made.store, made.context, findings)
        assert verify(made.store)


@pytest.mark.parametrize(
    ("table", "key", "name", "value"),
    [
        ("links", "link#", "claim", None),
        ("links", "link#", "claim", []),
        ("links", "link#", "history", "x"),
        ("links", "link#", "history", [{"status": "published", "at": 5, "by": []}]),
        ("links", "link#", "status", []),
        ("links", "link#", "version", 10**30),
        ("sites", "0", "hosts", None),
        ("sites", "0", "hosts", [1]),
        ("sites", "0", "domain", "x"),
        ("sites", "0", "version", None),
        ("articles", "", "domain", []),
        ("articles", "", "domain", 10**30),
    ],
)
def test_finds_what_has_a_wrong_type(table: str, key: str, name: str, value: object) -> None:
    store = fake_store(Database())
    make_network(store, [(1, AT_ONCE)])
    submit_url(store, 1, "https://blog.example.net/1")
    table = getattr(store, table)
    found = (
        each for each in scan(store, table) if str(each.get("pk", each.get("id"))).startswith(key)
    )
    put_item(store, table, {**next(found), name: value})
    findings = verify(store)
    assert findings
    mend(store, CONTEXT, findings)
    assert verify(store)


def test_mending_never_loses_a_link(subtests: pytest.Subtests) -> None:
    for kind in (*damage.MENDED, *damage.LEFT):
        with subtests.test(kind.__name__):
            made, _ = planted(kind, 1)
            before = [each for each in scan(made.store, made.store.links) if "url" in each]
            mend(made.store, made.context, verify(made.store))
            after = {each["pk"]: each for each in scan(made.store, made.store.links)}
            assert all(after[link["pk"]]["url"] == link["url"] for link in before)


def test_what_others_are_changing_is_not_reported() -> None:
    """Between the pages that are read, links come, go and change."""
    made = world(3, 20)
    busy = Random(3)

    def turn() -> None:
        if busy.random() < 0.5:
            made.live(1)

    assert isinstance(made.store.client, FakeClient)
    store = fake_store(made.store.client.database, turn)
    for _ in range(20):
        assert verify(store) == []


@pytest.fixture
def network(moto_store: Store) -> Store:
    make_network(moto_store, [(1, AT_ONCE), (2, AT_ONCE)])
    for article_id in (1, 2):
        submit_url(moto_store, article_id, f"https://blog.example.net/{article_id}")
    return moto_store


def test_command_reports_and_fixes(network: Store) -> None:
    healthy = run_command(["verify", *store_options(network)])
    assert (healthy.status, healthy.out) == (0, "")
    assert healthy.summary.startswith("2 articles (2 published), 2 links, 2 sites in ")
    assert healthy.summary.endswith(": 0 things do not fit")
    page = network.client.get_item(network.links, {"pk": "page#1"}) or {}
    put_item(network, network.links, {**page, "published": 4})
    found = run_command(["verify", *store_options(network)])
    assert (found.status, found.out) == (1, "page 1 counts 4 published links, not 1\n")
    as_json = run_command(["verify", "--json", *store_options(network)])
    assert as_json.status == 1
    assert '"kind": "page"' in as_json.out
    fixed = run_command(["verify", "--fix", *store_options(network)])
    assert (fixed.status, fixed.out) == (0, found.out)
    assert fixed.summary.endswith(": 0 things do not fit; 1 changes made")
    mended = network.client.get_item(network.links, {"pk": "page#1"})
    assert mended == {"pending": 0, **page}
    (entry,) = [
        each
        for each in list_audit(network, AuditFilter(article_id=1), 10)
        if each["action"] == "page.repair"
    ]
    assert (entry["before"] or {})["published"] == 4
    assert (entry["after"] or {})["published"] == 1


def test_command_needs_the_tables_that_it_reads(network: Store) -> None:
    outcome = run_command(["verify", f"--endpoint={network.client.endpoint}"])
    assert outcome.status == 2
