"""`seealso checks`, and what editors see of checks with `seealso links`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from seealso.store.tables import Store
from seealso.tables.checks import SET_ASIDE, due_checks, get_checks, save_checks
from tests.cli.conftest import Run
from tests.cli.support import run_command, store_options
from tests.cli.test_links import add_pending_link
from tests.support.fake_pages import MISSING, FakePages, Page, run_all
from tests.support.invariants import check

DUE: dict[str, Any] = {
    "check_at": "2026-03-01T10:00:00.000Z",
    "expires_at": "2099-01-01T00:00:00.000Z",
}


def look(store: Store, page: Page, times: int = 1, days_ago: int = 3) -> None:
    """Check the link, some days ago."""
    now = datetime.now(UTC) - timedelta(days=days_ago)
    world = FakePages(now, {"https://blog.example.net/1": page})
    for _ in range(times):
        run_all(world.tools(lambda: store))
        world.forward(hours=7)


def test_failing_checks_are_listed_and_retried(deployed_environment: Store) -> None:
    store, options = deployed_environment, store_options(deployed_environment)
    link_id = add_pending_link(store, **DUE)
    (due,) = run_command(["checks", "list", "--json", *options]).json_lines()
    assert due == {"link_id": link_id, "due_at": "2026-03-01T10:00:00.000Z", "failures": 0}
    look(store, Page(failure="crash"), times=5)
    assert due_checks(store, datetime.now(UTC), 9, SET_ASIDE) == [link_id]
    lines = run_command(["checks", "list", "--failing", *options]).out.splitlines()
    assert [line.split()[0] for line in lines] == ["link_id", link_id]
    (listed,) = run_command(["checks", "list", "--failing", "--json", *options]).json_lines()
    assert (listed["link_id"], listed["failures"]) == (link_id, 5)
    assert run_command(["checks", "retry", *options]).out == f"Link {link_id}: check due.\n"
    assert run_command(["checks", "retry", link_id, *options]).out == (
        f"Link {link_id}: not failing.\n"
    )
    assert run_command(["checks", "retry", *options]).out == "No check is failing.\n"
    assert run_command(["checks", "list", "--failing", "--json", *options]).json_lines() == []
    assert due_checks(store, datetime.now(UTC), 9) == [link_id]
    check(store)


def test_an_editor_asks_for_a_check_and_sees_what_was_found(
    as_editor: Run, deployed_environment: Store
) -> None:
    link_id = add_pending_link(deployed_environment, **DUE)
    look(deployed_environment, Page(finding=MISSING))
    shown = as_editor("links", "show", link_id).out.splitlines()
    assert "link_back:     missing" in shown
    (line,) = [line for line in shown if " missing: " in line]
    assert line.endswith(" missing: no-link at https://blog.example.net/1")
    asked = as_editor("links", "check", link_id)
    assert asked.out.startswith(f"Link {link_id}: check due ")
    again = as_editor("links", "check", link_id)
    assert again.status != 0
    assert again.stderr == ["Error: A check can be requested once in ten minutes. Try again later."]


def test_editors_list_what_needs_their_attention(
    as_editor: Run, deployed_environment: Store
) -> None:
    store = deployed_environment
    link_id = add_pending_link(store, **DUE)
    look(store, Page())
    as_editor("links", "approve", link_id)
    save_checks(store, replace(get_checks(store, link_id), due_at="2026-03-01T10:00:00.000Z"))
    assert as_editor("links", "attention", "--json").json_lines() == []
    look(store, Page(url="https://parking.example.com/"), days_ago=2)
    (listed,) = as_editor("links", "attention", "--json").json_lines()
    assert (listed["link_id"], listed["attention"]) == (link_id, "moved")
    assert as_editor("links", "attention", "--ids").out == f"{link_id}\n"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (("checked", "published", "seen", []), "checked: seen. It is published."),
        (
            ("checked", "lapsed", "missing", ["no-link"]),
            "checked: missing (no-link). It is lapsed.",
        ),
        (("checked", "withdrawn", None, []), "checked: It is withdrawn."),
        (
            ("waiting", "pending", "seen", []),
            "waiting. Its host was asked a moment ago; try again in 15 seconds.",
        ),
        (("dropped", None, None, []), "dropped. It has ended, or there is no such link."),
    ],
)
def test_a_check_made_now_says_what_was_found(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[Any, ...], said: str
) -> None:
    payload = dict(zip(("result", "status", "found", "codes"), answer, strict=True))
    monkeypatch.setattr("seealso_cli.commands.checks.get_stack", lambda *_: None)
    monkeypatch.setattr("seealso_cli.commands.checks.run_job", lambda *_: payload)
    assert run_command(["checks", "run", "--now", "1" * 32]).out == f"Link {'1' * 32}: {said}\n"


@pytest.mark.parametrize("arguments", [["list"], ["retry"], ["run"]])
def test_a_stack_must_be_named(arguments: list[str]) -> None:
    assert run_command(["checks", *arguments]).status == 2
