"""The function check_links: the line that a run leaves."""

import sys
from datetime import UTC, datetime

import pytest

from seealso.store.tables import Store
from seealso.submitting.deciding import Rules
from seealso.submitting.submitting import submit
from seealso.tables.articles import Article, put_articles
from seealso.tables.sites import Site
from tests.support.factories import attempt, put_site
from tests.support.fake_pages import FakePages, Page
from tests.support.functions import function
from tests.support.log import Log


class Context:
    """Of an invocation that has just begun."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 300_000


def test_a_runs_line_has_its_own_units(
    deployed_environment: Store, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    module = function("check_links")
    put_site(deployed_environment, Site(1, publish="at_once"))
    put_articles(deployed_environment, [(Article(1, 1, "Title", "Text.", "2026-11-23"), None)])
    now = datetime.now(UTC)
    world = FakePages(now)
    monkeypatch.setattr(module, "TOOLS", world.tools(module.TOOLS.open_store))
    # Powertools' Logger goes on writing where standard output was when the first test started it.
    monkeypatch.setattr(module.logger.registered_handler, "stream", sys.stdout)

    def line_of_a_run(*hosts: str) -> dict[str, float]:
        for host in hosts:
            url = f"https://{host}/"
            world.pages[url] = Page()
            rules = Rules(10**6, "network")
            submit(deployed_environment, attempt(1, url, now, None), None, rules)
        world.forward(minutes=1)
        log.clear()
        module.handler({}, Context())
        return log.line()

    # Without those of transactions, for which moto has none.
    one = line_of_a_run("one.example.org")
    two = line_of_a_run("two.example.net", "three.example.com")
    assert (one["checked"], two["checked"]) == (1, 2)
    assert 0 < one["read_units"] < two["read_units"] < 3 * one["read_units"]
    assert 0 < one["write_units"] < two["write_units"] < 3 * one["write_units"]
    log.clear()
    module.handler({}, Context())
    assert log.lines() == []
