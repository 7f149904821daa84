"""What one check of a link-back costs the store, and links to check."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple
from unittest.mock import patch

from bench import networks
from bench.units import item_bytes, snapshot, write_units
from seealso.errors import StoreError
from seealso.store.calls import Call
from seealso.store.client import Client
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.submitting.deciding import Rules
from seealso.submitting.submitting import submit
from seealso.tables.articles import Article, put_articles
from seealso.tables.checks import MAX_KEPT, checks_item, get_checks
from seealso.tables.links import get_checked_link
from seealso.tables.sites import Site
from seealso.verifying import pipeline
from seealso.verifying.finding import Finding
from tests.support import tables
from tests.support.factories import attempt, put_site
from tests.support.fake_pages import BASE_URL, MISSING, SEEN, FakePages, Page, run_all

# Domains, by the policy of their site.
PUBLISHED, VERIFIED = 1, 2
WALL = Finding("wall", ("cloudflare",))
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cost:
    name: str
    requests: int
    round_trips: int
    read_units: float
    write_units: int

    def line(self) -> str:
        return (
            f"| {self.name} | {self.requests} | {self.round_trips} "
            f"| {self.read_units:g} | {self.write_units} |\n"
        )


class Costs(NamedTuple):
    checks: list[Cost]
    recheck: Cost  # unchanged, with as much evidence as is kept
    run: Cost  # a run's own, besides its checks
    idle: Cost
    stored_bytes: int  # of a link's checks, with as much evidence as is kept


# ---- links -----------------------------------------------------------------------------------

_articles = count(1)


def url_of(article: int, host: str | None = None) -> str:
    """The URL of an article's link; its host has the article's number if none is given."""
    return f"https://{host or f'page-{article:07}.example.org'}/2026/11/about-the-film-{article:09}"


def _submitted(store: Store, world: FakePages, domain: int = PUBLISHED, **of_url: str) -> str:
    """The id of a new link, whose page the world has."""
    article = next(_articles)
    put_articles(store, [(Article(article, domain, networks.TITLE, "", "2026-11-23"), None)])
    url = url_of(article, **of_url)
    world.pages[url] = Page(finding=SEEN._replace(href=f"{BASE_URL}/a/{article}"))
    made = attempt(article, url, world.now, networks.TITLE)
    return submit(store, made, None, Rules(10**9, "network")).link.link_id


def make_due(store: Store, number: int) -> None:
    """Publish links that were checked for the first time a week ago and are due again now."""
    world = FakePages(datetime.now(UTC) - 8 * DAY)
    for _ in range(number):
        _submitted(store, world)
    while run_all(world.tools(lambda: store, 10**9)).checked:
        pass


# ---- units -----------------------------------------------------------------------------------


@dataclass
class _Meter:
    """Units of a store's calls: those written, and those read in vain, which the engine leaves out.

    A read that finds nothing costs as much as the smallest item (AWS, "Read and write operations").
    """

    written: int = 0
    in_vain: float = 0.0

    @contextmanager
    def measuring(self, store: Store) -> Iterator[None]:
        reader = tables.another(store)
        try_all = Client.try_all

        def measured(client: Client, calls: Sequence[Call], *arguments: Any) -> list[Any]:
            if client is not store.client:
                return try_all(client, calls, *arguments)
            before = snapshot(reader)
            outcomes = try_all(client, calls, *arguments)
            self.written += write_units(reader, before, snapshot(reader), calls)
            for call, outcome in zip(calls, outcomes, strict=True):
                if isinstance(outcome, StoreError):
                    self.written += outcome.condition_failed()
                else:
                    self.in_vain += _units_in_vain(call, outcome)
            return outcomes

        with patch.object(Client, "try_all", measured):
            yield
        reader.client.close()


def _units_in_vain(call: Call, answer: Json) -> float:
    if call.operation == "Query":
        return 0 if answer["Count"] else 0.5
    if call.operation == "BatchGetItem":
        asked = sum(len(table["Keys"]) for table in call.body["RequestItems"].values())
        return (asked - sum(map(len, answer["Responses"].values()))) / 2
    return 0


def costs_of_checks(store: Store) -> Costs:
    """Measured on an empty store, in which nothing is due afterwards."""
    for domain, publish in ((PUBLISHED, "at_once"), (VERIFIED, "verified")):
        put_site(store, Site(domain, publish=publish))
    begun = datetime.now(UTC)
    world = FakePages(begun)  # whose time goes on, so that nothing here is due in ours
    tools = world.tools(lambda: store)
    costs: list[Cost] = []

    def measured(name: str, action: Callable[[], object]) -> Cost:
        meter = _Meter()
        usage = store.client.start()
        with meter.measuring(store):
            action()
        assert not world.failures
        read_units = usage.read_units + meter.in_vain
        return Cost(name, usage.requests, usage.round_trips, read_units, meter.written)

    def check(link_id: str, name: str = "", expected: str = "checked") -> None:
        """Check the link when its check is due; with a name, its cost is noted."""
        link, checks = get_checked_link(store, link_id)
        assert link
        world.now = max(world.now, datetime.fromisoformat(link.check_at or checks.next_at or ""))
        results: list[str] = []
        # Without the run's own requests.
        one = pipeline._Check(tools, pipeline._Waits(), link_id)  # noqa: SLF001
        if name:
            costs.append(measured(name, lambda: results.append(one.run())))
        else:
            results.append(one.run())
        assert results == [expected], (name, results)

    def show(link_id: str, **page: Any) -> None:
        link, _ = get_checked_link(store, link_id)
        assert link
        assert link.url
        world.pages[link.url] = Page(**page)

    link_id = _submitted(store, world)
    check(link_id)  # reads the site, for all that follow
    seen = _submitted(store, world)
    check(seen, "the first one of a published link: found")
    check(_submitted(store, world, VERIFIED), "the first one: found, and so published (`verified`)")
    missing = _submitted(store, world, VERIFIED)
    show(missing, finding=MISSING)
    check(missing, "the first one: not found")
    check(seen, "unchanged, the second one")
    for _ in range(MAX_KEPT - 2):
        check(seen)
    check(seen, f"unchanged, with {MAX_KEPT} earlier ones kept")
    recheck = costs[-1]
    stored_bytes = item_bytes(checks_item(get_checks(store, seen)))
    show(seen, finding=MISSING)
    check(seen, "not found once")
    check(seen, "not found twice: the link lapses")
    show(seen, finding=SEEN)
    check(seen, "found again: published again")
    show(seen, status=403, finding=WALL)
    check(seen, "a bot wall")
    check(seen, "a bot wall again")
    moved = _submitted(store, world)
    show(moved, url="https://www.example.net/moved", finding=SEEN)
    check(moved)
    check(moved, "unchanged, after a redirect to another host")
    together = [_submitted(store, world, host="together.example.com") for _ in range(2)]
    check(together[0])
    check(together[1], "put off, for its host", "waiting")
    world.now = begun
    idle = measured("a run that finds nothing due", lambda: run_all(tools))
    _submitted(store, world)
    alone, one = measured("", lambda: run_all(tools)), costs[0]
    run = Cost(
        "a run itself, where checks are due",
        alone.requests - one.requests,
        alone.round_trips - one.round_trips,
        alone.read_units - one.read_units,
        alone.write_units - one.write_units,
    )
    return Costs(costs, recheck, run, idle, stored_bytes)
