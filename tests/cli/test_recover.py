"""`seealso recover`: what comes back, what never does, and what is left alone."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from seealso.editing import articles as editing
from seealso.editing import links as moderation
from seealso.editing.links import Decision
from seealso.editing.purging import purge
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.submitting.withdrawing import withdraw
from seealso.tables.articles import Article, get_article, import_articles
from seealso.tables.audit import AuditFilter, ChangeContext, list_audit
from seealso.tables.links import get_link
from seealso.tables.sites import Site, get_site
from seealso_cli.progress import ProgressDisplay
from seealso_cli.recovery import recovering, verifying
from seealso_cli.recovery.backups import changes_since, erased_links, read_backup
from seealso_cli.recovery.contents import Contents
from seealso_cli.recovery.recovering import Recovery, Scope
from tests.support import damage
from tests.support.factories import NOW, put_item, put_site, submit_url
from tests.support.fake_client import Database, FakeClient, fake_store
from tests.support.interception import Killed
from tests.support.random_worlds import World
from tests.support.scan import delete_items, everything, scan, unchanged

REMOVED_SITE = 3
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
        self.later: Store | None = None

    def __call__(
        self, scope: Scope = Scope(), store: Store | None = None, **options: Any
    ) -> dict[str, str]:
        """Recover; returns what became of what, by kind and name."""
        display = ProgressDisplay(None)
        found: dict[str, str] = {}
        with Contents() as contents:
            backup, _ = read_backup(self.backup, self.taken_at, contents, display)
            if self.later:
                backup.erased = erased_links(self.later, display)
            used = store or self.store
            Recovery(
                used,
                backup,
                changes_since(used, self.taken_at),
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
        put_site(store, replace(get_site(store, domain), name="A site", publish="at_once"))
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
        withdraw(store, link_id, world.tokens[link_id], world.pages.now)
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
    run.later = copied(world.store)
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
        for key, item in now.items():
            assert without_version(item) == without_version(shall_be[key]), key
            # Nothing else is touched: what was not damaged is written only with what was.
            page = item.get("article_id", key.partition("#")[2])
            if was.get(key) == shall_be[key] and page not in damaged_pages(was, shall_be):
                assert item == shall_be[key], key
    assert after["SitesTable"] == before["SitesTable"]
    assert after["TransientTable"] == before["TransientTable"]
    for link_id in withdrawn:
        link = get_link(world.store, link_id)
        assert link is None or (link.status, link.url) == ("withdrawn", None)


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
    drill(10_000, 5_000, 20, lambda run: None if run() else None)


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 50))]
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
