"""`seealso recover`: what comes back, what never does, and what is left alone."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import botocore.session
import pytest
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

from seealso.editing import articles as editing
from seealso.editing import links as moderation
from seealso.editing.links import Decision
from seealso.editing.purging import purge
from seealso.editing.sites import block_host
from seealso.errors import Refusal, StoreError
from seealso.store.client import Client
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.submitting.withdrawing import withdraw
from seealso.tables.articles import Article, get_article, import_articles
from seealso.tables.audit import AuditFilter, ChangeContext, list_audit
from seealso.tables.expiry import expire_and_erase
from seealso.tables.links import Link, get_link
from seealso.tables.sites import Block, get_record, get_site
from seealso_cli.errors import CommandFailed
from seealso_cli.progress import ProgressDisplay
from seealso_cli.recovery import recovering, restoring, verifying
from seealso_cli.recovery.backups import Since, changes_since, read_backup
from seealso_cli.recovery.contents import Contents
from seealso_cli.recovery.recovering import Recovery, Scope
from tests.cli.support import Outcome, run_command, store_options
from tests.support import damage, engines
from tests.support.factories import (
    APPROVED,
    AT_ONCE,
    CAP,
    NOW,
    by_submitter,
    make_network,
    put_item,
    put_items,
    put_site,
    submit_url,
)
from tests.support.fake_client import Database, FakeClient, fake_store
from tests.support.interception import Killed
from tests.support.random_worlds import World
from tests.support.scan import delete_items, everything, scan, unchanged
from tests.support.tables import CREDENTIALS, drop, make_store, table_definitions

REMOVED_SITE = 3
EVERYTHING = Scope()
CONTEXT = ChangeContext("editor", NOW, "request", 3650)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "SETTLE_SECONDS", 0.0)


def database(store: Store) -> Database:
    assert isinstance(store.client, FakeClient)
    return store.client.database


def copied(store: Store) -> Store:
    """A store over a copy of the tables as they are now."""
    return fake_store(copy.deepcopy(database(store)))


class Run:
    """Recoveries of a store from a copy that was taken before."""

    def __init__(self, store: Store, backup: Store, taken_at: datetime) -> None:
        self.store = store
        self.backup = backup
        self.taken_at = taken_at

    def __call__(
        self,
        scope: Scope = EVERYTHING,
        store: Store | None = None,
        since: Since | None = None,
        **options: Any,
    ) -> dict[str, str]:
        """Recover; returns what became of what, by kind and name."""
        display = ProgressDisplay(None)
        found: dict[str, str] = {}
        with Contents() as contents:
            backup, _ = read_backup(self.backup, self.taken_at, contents, display, scope.article_id)
            used = store or self.store
            Recovery(
                used,
                backup,
                since or changes_since(used, self.taken_at),
                CONTEXT,
                display,
                lambda kind, name, outcome: found.update({f"{kind} {name}": outcome}),
                scope=scope,
                **options,
            ).run()
        return found


def backed_up(store: Store) -> Run:
    return Run(store, copied(store), datetime.now(UTC))


def findings(store: Store) -> list[str]:
    return [str(each) for each in verifying.verify(store, ProgressDisplay(None))[1]]


def by_key(items: list[Json]) -> dict[str, Json]:
    return {str(item.get("pk", item.get("id"))): item for item in items}


def without_version(item: Json) -> Json:
    # A counter that is not there has counted none.
    counters = {"published": 0, "pending": 0} if str(item.get("pk")).startswith("page#") else {}
    return {**counters, **{name: value for name, value in item.items() if name != "version"}}


def damaged_pages(was: dict[str, Json], shall_be: dict[str, Json]) -> set[object]:
    """The ids of the pages of which something differs."""
    differing = [
        item
        for key in {*was, *shall_be}
        if was.get(key) != shall_be.get(key)
        for item in (was.get(key), shall_be.get(key))
        if item is not None
    ]
    pages = {each.get("article_id", str(each.get("pk")).partition("#")[2]) for each in differing}
    return pages | {str(page) for page in pages}


def is_empty_page(item: Json) -> bool:
    is_page = str(item.get("pk")).startswith("page#")
    return is_page and not item.get("published") and not item.get("pending")


# ---- the drill -------------------------------------------------------------------------------


def big_stack(articles: int, links: int) -> World:
    """A stack in which much has happened, with as many articles and links."""
    world = World(fake_store(Database()), 1).live(100)
    store = world.store
    for domain in range(1, 7):
        put_site(store, get_site(store, domain)._replace(name="A site", publish="at_once"))
    for start in range(101, articles + 1, 50):
        batch = range(start, min(start + 50, articles + 1))
        import_articles(
            store,
            [Article(each, each % 6 + 1, f"Title {each}", "Text.", "2026-11-23") for each in batch],
        )
    present = len([each for each in scan(store, store.links) if each["pk"].startswith("link#")])
    for number in range(links - present):
        article_id = 101 + number % (articles - 100)
        receipt = submit_url(
            store, article_id, f"https://big.example.org/{number}", f"{number:020}"
        )
        world.tokens[receipt.link.link_id] = receipt.withdraw_token
    return world


def go_on(world: World, random: Random) -> list[str]:
    """What happens between the backup and the damage; returns the links that were withdrawn."""
    store = world.store
    published = [
        each["link_id"]
        for each in scan(store, store.links)
        if each.get("status") == "published" and each["link_id"] in world.tokens
    ]
    withdrawn = random.sample(sorted(published), 10)
    for link_id in withdrawn:
        withdraw(store, by_submitter(world.pages.now), link_id, world.tokens[link_id])
    for number in range(5):
        # Of the first site, which keeps its links.
        submit_url(store, 150 + 6 * number, f"{damage.SINCE}{number}", f"{number:022}")
    article = get_article(store, 138)
    assert article is not None
    editing.delete(store, CONTEXT, article.id, article.version)
    purge(store, CONTEXT, article.id, article.version + 1)
    return withdrawn


def drill(articles: int, links: int, times: int, check: Callable[[Run], None]) -> None:
    """Damage of five kinds, and a recovery that leaves all as it was but for its versions."""
    random = Random(2)
    world = big_stack(articles, links)
    run = backed_up(world.store)
    withdrawn = go_on(world, random)
    before = everything(world.store)
    damage.damage_stack(world.store, random, REMOVED_SITE, times)
    damaged = everything(world.store)
    assert len(findings(world.store)) > 5 * times
    check(run)
    assert findings(world.store) == []
    after = everything(world.store)
    for table in ("ArticlesTable", "LinksTable"):
        was, shall_be, now = by_key(damaged[table]), by_key(before[table]), by_key(after[table])
        # Of a withdrawn link whose record is gone, nothing comes back.
        gone = {f"link#{link_id}" for link_id in withdrawn} - was.keys()
        # A page that has counted no link need not be.
        gone |= {key for key, item in shall_be.items() if is_empty_page(item)} - now.keys()
        assert now.keys() == shall_be.keys() - gone
        damaged_too = damaged_pages(was, shall_be)
        for key, item in now.items():
            assert without_version(item) == without_version(shall_be[key]), key
            # Nothing else is touched: what was not damaged is written only with what was.
            page = item.get("article_id", key.partition("#")[2])
            if was.get(key) == shall_be[key] and page not in damaged_too:
                assert item == shall_be[key], key
    assert after["SitesTable"] == before["SitesTable"]
    assert after["TransientTable"] == before["TransientTable"]
    for link_id in withdrawn:
        link = get_link(world.store, link_id)
        assert link is None or (link.status, link.url) == ("withdrawn", None)


@pytest.mark.slow
def test_recovery_drill() -> None:
    def check(run: Run) -> None:
        dry = run(dry_run=True)
        found = run()
        assert set(found.values()) <= {
            recovering.RESTORED,
            recovering.ERASED,
            recovering.PURGED,
            recovering.LEFT,
        }
        assert {name for name, outcome in dry.items() if outcome == recovering.RESTORED} >= {
            name for name, outcome in found.items() if outcome == recovering.RESTORED
        }
        with unchanged(run.store):
            assert recovering.RESTORED not in run().values()

    drill(1_000, 500, 4, check)


@pytest.mark.long
def test_recovery_drill_of_ten_thousand_articles() -> None:
    def check(run: Run) -> None:
        run()

    drill(10_000, 5_000, 20, check)


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 20))]
)
def test_interrupted_recovery_is_completed_by_another(seed: int) -> None:
    def check(run: Run) -> None:
        random = Random(seed)
        runs = 0
        while True:
            # Further each time: what is done already is compared again.
            left = iter(range(random.randint(1, 100) * (runs + 1)))

            def turn(left: Iterator[int] = left) -> None:
                if next(left, None) is None:
                    raise Killed

            runs += 1
            try:
                run(store=fake_store(database(run.store), turn))
            except Killed:
                continue
            break
        assert runs > 1

    drill(300, 250, 3, check)


@pytest.mark.slow
@engines.on_the_reference
def test_recovers_under_the_rules_of_dynamodb(store: Store) -> None:
    """Expressions, sizes and transactions are taken by more than the small one in this process."""
    world = World(fake_store(Database()), 9).live(60)
    backup = make_store(store.client.endpoint)
    for table in ("articles", "links", "sites"):
        items = scan(world.store, getattr(world.store, table))
        put_items(store, getattr(store, table), items)
        put_items(backup, getattr(backup, table), items)
    before = by_key(scan(store, store.links))
    damage.damage_stack(store, Random(1), REMOVED_SITE, 2)
    assert findings(store)
    assert recovering.RESTORED in Run(store, backup, datetime.now(UTC))().values()
    assert findings(store) == []
    after = by_key(scan(store, store.links))
    links = [key for key in before if key.startswith("link#")]
    assert [without_version(after[key]) for key in links] == [
        without_version(before[key]) for key in links
    ]
    drop(backup)


# ---- what comes back ---------------------------------------------------------------------------


class Small:
    """Three articles of two sites, with a link each, and its backup."""

    def __init__(self) -> None:
        self.store = fake_store(Database())
        make_network(self.store, [(1, AT_ONCE), (2, AT_ONCE), (3, APPROVED)])
        self.receipts = [
            submit_url(self.store, article_id, f"https://blog.example.net/{article_id}")
            for article_id in (1, 2, 3)
        ]
        self.ids = [receipt.link.link_id for receipt in self.receipts]
        self.run = backed_up(self.store)

    def link(self, number: int) -> Link:
        link = get_link(self.store, self.ids[number])
        assert link is not None
        return link

    def withdraw(self, number: int) -> None:
        token = self.receipts[number].withdraw_token
        withdraw(self.store, by_submitter(NOW), self.ids[number], token)

    def erase(self, number: int) -> None:
        moderation.erase(self.store, CONTEXT, self.ids[number], self.link(number).version)

    def outcome(self, number: int) -> str | None:
        return self.run().get(f"link {self.ids[number]}")


def decide(small: Small, action: str, number: int) -> None:
    link = small.link(number)
    arguments = (small.store, CONTEXT, link.link_id, link.version)
    if action == "approve":
        moderation.approve(*arguments)
    else:
        moderation.remove(*arguments, Decision("A reason."))


@pytest.mark.parametrize(("action", "number"), [("remove", 0), ("approve", 2)])
def test_what_editors_did_since_is_undone(action: str, number: int) -> None:
    small = Small()
    before = small.link(number)
    decide(small, action, number)
    changed = small.link(number)
    assert small.outcome(number) == recovering.RESTORED
    after = small.link(number)
    assert after == replace(before, version=changed.version + 1)
    assert findings(small.store) == []
    entry = list_audit(small.store, AuditFilter(link_id=after.link_id), 1)[0]
    assert entry["action"] == "link.recover"
    assert (entry["before"] or {})["status"] == changed.status
    assert (entry["after"] or {})["status"] == before.status


def test_what_submitters_and_the_clock_did_since_stays() -> None:
    small = Small()
    small.withdraw(0)
    expire_and_erase(small.store, NOW + timedelta(days=20), 36500, lambda *_: None)
    with unchanged(small.store):
        assert small.outcome(0) == recovering.ERASED
        assert small.outcome(2) == recovering.LEFT
    decide(small, "remove", 1)
    small.withdraw(1)
    with unchanged(small.store):
        assert small.outcome(1) == recovering.ERASED


@pytest.mark.parametrize("is_ended", [False, True])
@pytest.mark.parametrize("by", ["submitter", "admin"])
def test_what_was_withdrawn_or_erased_since_never_comes_back(by: str, is_ended: bool) -> None:
    """Not even if its record is lost as well: the audit knows it."""
    small = Small()
    archive = Run(small.store, small.run.backup, small.run.taken_at)
    if is_ended:
        decide(small, "remove", 0)
    small.withdraw(0) if by == "submitter" else small.erase(0)
    assert small.outcome(0) == recovering.ERASED
    delete_items(small.store, small.store.links, [{"pk": f"link#{small.ids[0]}"}])
    with unchanged(small.store):
        assert small.outcome(0) == recovering.ERASED
        assert archive(only_missing=True)[f"link {small.ids[0]}"] == recovering.ERASED


def test_a_url_that_was_claimed_since_is_reported() -> None:
    small = Small()
    link = small.link(0)
    moderation.remove(
        small.store, CONTEXT, link.link_id, link.version, Decision(keep_blocked=False)
    )
    taken = submit_url(small.store, 2, "https://blog.example.net/1").link
    with unchanged(small.store):
        assert small.outcome(0) == recovering.CLAIMED
    assert get_link(small.store, taken.link_id) == taken


def test_a_claim_that_was_left_behind_is_taken() -> None:
    small = Small()
    claim = small.link(0).claim
    put_item(small.store, small.store.links, {"pk": claim, "link_id": "0" * 32, "article_id": 1})
    assert small.outcome(0) == recovering.RESTORED
    assert findings(small.store) == []


def test_a_page_without_a_free_place_takes_no_link_back() -> None:
    small = Small()
    decide(small, "remove", 0)
    for number in range(CAP):
        submit_url(small.store, 1, f"https://other.example.net/{number}")
    with unchanged(small.store):
        assert small.outcome(0) == recovering.NO_PLACE


def test_a_purged_article_stays_purged() -> None:
    small = Small()
    editing.delete(small.store, CONTEXT, 1, 1)
    purge(small.store, CONTEXT, 1, 2)
    with unchanged(small.store):
        found = small.run()
        assert found["article 1"] == recovering.PURGED
        assert found[f"link {small.ids[0]}"] == recovering.PURGED


def test_an_article_that_is_purged_meanwhile_stays_purged() -> None:
    small = Small()
    since = changes_since(small.store, small.run.taken_at)
    editing.delete(small.store, CONTEXT, 1, 1)
    purge(small.store, CONTEXT, 1, 2)
    with unchanged(small.store):
        found = small.run(since=since)
        assert found["article 1"] == found[f"link {small.ids[0]}"] == recovering.PURGED


def test_an_article_that_is_gone_comes_back_above_all_its_versions() -> None:
    small = Small()
    editing.unpublish(small.store, CONTEXT, 1, 1)
    editing.publish(small.store, CONTEXT, 1, 2)
    delete_items(small.store, small.store.articles, [{"id": 1}])
    assert small.run()["article 1"] == recovering.RESTORED
    article = get_article(small.store, 1)
    assert article is not None
    assert (article.state, article.version) == ("published", 4)


@pytest.mark.parametrize(
    ("scope", "restored"),
    [
        (Scope(article_id=1), {1}),
        (Scope(domain=AT_ONCE), {1, 2}),
        (Scope(domain=APPROVED), {3}),
        (Scope(), {1, 2, 3}),
    ],
)
def test_only_what_is_chosen_comes_back(scope: Scope, restored: set[int]) -> None:
    small = Small()
    delete_items(small.store, small.store.articles)
    delete_items(small.store, small.store.links)
    found = small.run(scope)
    assert {name for name in found if name.startswith("article")} == {
        f"article {each}" for each in restored
    }
    assert {item["id"] for item in scan(small.store, small.store.articles)} == restored
    links = [each for each in scan(small.store, small.store.links) if "url" in each]
    assert {link["article_id"] for link in links} == restored
    assert findings(small.store) == []


def test_sites_and_blocks_come_back_and_secrets_do_not() -> None:
    small = Small()
    site = get_site(small.store, AT_ONCE)._replace(hosts=["a.example"])
    put_site(small.store, site, ["b.example"])
    block_host(small.store, CONTEXT, Block("c.example", None))
    run = backed_up(small.store)
    delete_items(small.store, small.store.sites)
    found = run(Scope(domain=AT_ONCE))
    assert found == {f"site {AT_ONCE}": recovering.RESTORED}
    assert run()["block c.example"] == recovering.RESTORED
    kept = {item["kind"] for item in scan(small.store, small.store.sites)}
    assert kept == {"site", "host", "blocked", f"blocked#{AT_ONCE}"}
    assert findings(small.store) == []


def test_a_site_that_cannot_be_read_comes_back() -> None:
    small = Small()
    put_site(small.store, get_site(small.store, AT_ONCE)._replace(hosts=["a.example"]))
    run = backed_up(small.store)
    item = next(each for each in scan(small.store, small.store.sites) if each["kind"] == "site")
    put_item(small.store, small.store.sites, {**item, "hosts": [1], "cap": "x"})
    assert run(Scope(domain=AT_ONCE)) == {f"site {AT_ONCE}": recovering.RESTORED}
    assert findings(small.store) == []
    assert get_site(small.store, AT_ONCE).hosts == ["a.example"]
    # Nothing can be written on the condition of a version that is none.
    put_item(small.store, small.store.sites, {**item, "version": "x"})
    assert run(Scope(domain=AT_ONCE)) == {f"site {AT_ONCE}": recovering.DAMAGED}


def test_hosts_that_were_blocked_since_stay_blocked() -> None:
    small = Small()
    site = get_site(small.store, AT_ONCE)._replace(name="Before")
    put_site(small.store, site, ["old.example", "kept.example"])
    run = backed_up(small.store)
    put_site(small.store, site._replace(name="After"), ["kept.example", "new.example"])
    assert run(Scope(domain=AT_ONCE)) == {f"site {AT_ONCE}": recovering.RESTORED}
    record = get_record(small.store, AT_ONCE)
    assert record.site.name == "Before"
    assert record.blocked_hosts == ("kept.example", "new.example", "old.example")
    assert run(Scope(domain=AT_ONCE)) == {}
    assert findings(small.store) == []


def test_only_what_is_gone_comes_back_if_so_asked() -> None:
    small = Small()
    editing.unpublish(small.store, CONTEXT, 2, 1)
    decide(small, "remove", 1)
    delete_items(small.store, small.store.articles, [{"id": 1}])
    delete_items(small.store, small.store.links, [{"pk": f"link#{small.ids[0]}"}])
    found = small.run(only_missing=True)
    assert found["article 1"] == found[f"link {small.ids[0]}"] == recovering.RESTORED
    assert found["article 2"] == found[f"link {small.ids[1]}"] == recovering.EXISTS


def test_a_dry_run_writes_nothing() -> None:
    small = Small()
    damage.damage_stack(small.store, Random(1), AT_ONCE, 1)
    with unchanged(small.store):
        assert recovering.RESTORED in small.run(dry_run=True).values()


def test_others_may_write_while_a_recovery_runs() -> None:
    """What others change between reading and writing is read again, and never overwritten."""
    world = World(fake_store(Database()), 9).live(60)
    run = backed_up(world.store)
    damage.damage_stack(world.store, Random(1), 1, 2)
    world.live(3)
    busy = Random(5)
    erased: set[str] = set()

    def turn() -> None:
        if busy.random() < 0.2:
            with suppress(Refusal):  # of a link whose record is gone
                world.withdraw()
            erased.update(
                item["link_id"]
                for item in scan(world.store, world.store.links)
                if item["pk"].startswith("link#") and "url" not in item
            )

    run(store=fake_store(database(world.store), turn))
    assert erased
    for link_id in erased:
        link = get_link(world.store, link_id)
        assert link is None or link.url is None


# ---- restored tables ---------------------------------------------------------------------------

MOMENT = datetime(2026, 11, 23, 12, 30, 15, tzinfo=UTC)


class Aws(Client):
    """DynamoDB's control plane: `tables` by name, with the states that they are in one by one."""

    def __init__(self, tables: dict[str, list[str]]) -> None:
        super().__init__("https://nowhere.invalid", "eu-west-1", lambda: CREDENTIALS)
        self.tables = tables
        self.asked: list[tuple[str, Json]] = []

    def call(self, operation: str, body: Json) -> Json:
        self.asked.append((operation, body))
        name = body.get("TableName", "")
        match operation:
            case "DescribeTable":
                if name not in self.tables:
                    raise StoreError("ResourceNotFoundException", "")
                states = self.tables[name]
                state = states.pop(0) if len(states) > 1 else states[0]
                return {"Table": {"TableStatus": state, "TableSizeBytes": 2 * 1024**3}}
            case "DescribeContinuousBackups":
                times = {
                    "EarliestRestorableDateTime": MOMENT.timestamp() - 3600,
                    "LatestRestorableDateTime": MOMENT.timestamp() + 3600,
                }
                described = {"PointInTimeRecoveryStatus": "ENABLED", **times}
                return {
                    "ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": described}
                }
            case "RestoreTableToPointInTime":
                self.tables[body["TargetTableName"]] = ["CREATING", "CREATING", "ACTIVE"]
                return {}
            case "ListTables":
                names = sorted(self.tables)
                start = names.index(body["ExclusiveStartTableName"]) + 1 if body else 0
                more = (
                    {"LastEvaluatedTableName": names[start + 1]} if start + 2 < len(names) else {}
                )
                return {"TableNames": names[start : start + 2], **more}
            case "DeleteTable":
                if self.tables[name] != ["ACTIVE"]:
                    raise StoreError("ResourceInUseException", "")
                del self.tables[name]
                return {}
        raise NotImplementedError(operation)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(restoring, "_POLL_SECONDS", 0.0)
    names = ("prod-articles", "prod-links", "prod-sites", "prod-skips", "prod-audit", "prod-t")
    tables = {name: ["ACTIVE"] for name in (*names, "prod-links-old")}
    client = Aws(tables)
    articles, links, sites, skips, audit, transient = names
    return Store(client, articles, links, sites, skips, audit, transient)


def asked(store: Store, operation: str) -> list[Json]:
    assert isinstance(store.client, Aws)
    return [body for each, body in store.client.asked if each == operation]


def test_tables_are_restored_beside_those_of_the_stack(aws: Store) -> None:
    said: list[str] = []
    restored = restoring.restore_tables(aws, MOMENT, said.append)
    suffix = "-restored-20261123T123015Z"
    assert asked(aws, "RestoreTableToPointInTime") == [
        {
            "SourceTableName": name,
            "TargetTableName": f"{name}{suffix}",
            "RestoreDateTime": 1795437015,
            "BillingModeOverride": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexOverride": [],
        }
        for name in ("prod-articles", "prod-links", "prod-sites")
    ]
    assert (restored.articles, restored.links) == (f"prod-articles{suffix}", f"prod-links{suffix}")
    assert said[0] == (
        f"Restoring prod-articles{suffix}: about 2.00 GB, 0.30 dollars to restore and 0.50 dollars "
        "a month until it is deleted."
    )
    # The same recovery, run again, finds the tables of the first run.
    again = restoring.restore_tables(aws, MOMENT, said.append)
    assert (again.articles, again.links, again.sites) == (
        restored.articles,
        restored.links,
        restored.sites,
    )
    assert len(asked(aws, "RestoreTableToPointInTime")) == 3


def test_a_table_that_is_deleted_while_it_is_restored_is_not_waited_for(
    aws: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "_UNKNOWN_MINUTES", 0.0)
    assert isinstance(aws.client, Aws)
    tables = aws.client.tables

    def say(line: str) -> None:
        if "CREATING" in line:
            del tables[line.partition(":")[0]]

    with pytest.raises(CommandFailed, match="or was deleted meanwhile"):
        restoring.restore_tables(aws, MOMENT, say)


def test_the_call_is_one_that_aws_knows(aws: Store) -> None:
    """Its members and their types, by the service's model in botocore."""
    model = botocore.session.get_session().get_service_model("dynamodb")
    shape = model.operation_model("RestoreTableToPointInTime").input_shape
    body = restoring.restore_request("source", "target", MOMENT)
    assert shape is not None
    report = ParamValidator().validate({**body, "RestoreDateTime": MOMENT}, shape)
    assert not report.has_errors(), report.generate_report()
    sent = create_serializer("json").serialize_to_request(
        {**body, "RestoreDateTime": MOMENT}, model.operation_model("RestoreTableToPointInTime")
    )
    assert json.loads(sent["body"]) == body


@pytest.mark.parametrize("minutes", [-61, 61])
def test_a_time_that_cannot_be_restored_is_refused(aws: Store, minutes: int) -> None:
    moment = MOMENT + timedelta(minutes=minutes)
    expected = "from 2026-11-23T11:30:15.000Z to 2026-11-23T13:30:15.000Z"
    with pytest.raises(CommandFailed, match=expected):
        restoring.restore_tables(aws, moment, print)
    assert asked(aws, "RestoreTableToPointInTime") == []


def test_discarding_deletes_restored_tables_alone(aws: Store) -> None:
    restoring.restore_tables(aws, MOMENT, lambda _: None)
    assert isinstance(aws.client, Aws)
    aws.client.tables["prod-links-restored-x"] = ["CREATING"]
    aws.client.tables["other-links-restored-x"] = ["ACTIVE"]
    said: list[str] = []
    assert restoring.discard(aws, said.append) == 1
    assert len(said) == 4
    assert "prod-links-restored-x is still being restored or deleted; run this again later." in said
    assert sorted(aws.client.tables) == [
        "other-links-restored-x",
        "prod-articles",
        "prod-audit",
        "prod-links",
        "prod-links-old",
        "prod-links-restored-x",
        "prod-sites",
        "prod-skips",
        "prod-t",
    ]


# ---- the command -------------------------------------------------------------------------------


@pytest.fixture
def network(moto_store: Store) -> Iterator[Store]:
    """A network with a link, and restored tables beside it that have the same."""
    make_network(moto_store, [(1, AT_ONCE), (3, APPROVED)])
    submit_url(moto_store, 1, "https://blog.example.net/1")
    for name in ("articles", "links", "sites"):
        source = getattr(moto_store, name)
        target = restoring.restored_name(source, MOMENT)
        (logical_id,) = (each for each in table_definitions() if source.endswith(each))
        moto_store.client.call(
            "CreateTable", {"TableName": target, **table_definitions()[logical_id]}
        )
        put_items(moto_store, target, scan(moto_store, source))
    yield moto_store
    restoring.discard(moto_store, lambda _: None)


def run_recover(store: Store, *arguments: str) -> Outcome:
    return run_command(["recover", *arguments, *store_options(store)])


def test_command_shows_then_recovers_then_discards(network: Store) -> None:
    options = ["--to", "2026-11-23T13:30:15+01:00", "--all"]
    delete_items(network, network.articles, [{"id": 1}])
    delete_items(network, network.links)
    shown = run_recover(network, *options, "--dry-run")
    assert shown.status == 0
    assert shown.out.startswith("article 1: brought back\nlink ")
    assert "1 article: brought back" in shown.stderr
    assert "Nothing was written (--dry-run)." in shown.stderr
    kept = [line for line in shown.stderr if line.startswith("Kept: ")]
    assert len(kept) == 3
    assert all("dollars a month until it is deleted." in line for line in kept)
    done = run_recover(network, *options, "--yes", "--json")
    assert (done.status, len(done.json_lines())) == (0, 2)
    assert [line for line in done.stderr if line.startswith("Afterwards: ")] == []
    assert len([line for line in done.stderr if line.endswith(" is deleted.")]) == 3
    assert get_article(network, 1) is not None
    assert run_command(["verify", *store_options(network)]).status == 0
    again = run_recover(network, "--discard")
    assert (again.status, again.out, again.stderr) == (0, "", ["There are no restored tables."])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--all"], "Specify --to, and exactly one of"),
        (["--to", "2026-11-23T12:00:00Z"], "Specify --to, and exactly one of"),
        (["--to", "2026-11-23T12:00:00Z", "--all", "--article=1"], "exactly one of"),
        (["--to", "2026-11-23T12:00:00", "--all"], "is not a time with an offset"),
        (["--to", "noon", "--all"], "is not a time with an offset"),
        (["--discard", "--all"], "--discard takes neither"),
        (["--to", "2026-11-23T12:00:00Z", "--all"], "pass --yes to confirm"),
    ],
)
def test_command_refuses_what_is_not_clear(
    network: Store, arguments: list[str], message: str
) -> None:
    outcome = run_recover(network, *arguments)
    assert outcome.status == 2
    assert message in " ".join(outcome.stderr)
