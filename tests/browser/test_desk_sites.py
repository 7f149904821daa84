"""Admins set sites and block hosts in a browser: with script and without, for everyone.

Over the real handlers in this process; how editors sign in is tested elsewhere.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from seealso.desk import sessions
from seealso.editing import sites as editing
from seealso.store.tables import Store
from seealso.tables import sites
from seealso.tables.audit import ChangeContext
from seealso.tables.sites import Block, Site
from tests.browser import checks, needs_checkers, with_script
from tests.browser.test_accessibility import PHONE, overflow
from tests.support import desk, factories, gateway
from tests.support.desk import sign_in, sign_in_admin
from tests.support.environment import new_container
from tests.support.factories import NOW, put_site, submit_url
from tests.support.gateway import Response
from tests.support.node_packages import serving

DOMAIN, QUIET = factories.AT_ONCE, factories.APPROVED
ACT = ChangeContext("carl@example.com", NOW, "of-a-test", 365)
LONG = f"{60 * 'x'}.{60 * 'y'}.{60 * 'z'}.example.net"


class Desk(NamedTuple):
    """The desk on loopback, over a store of its own."""

    url: str
    store: Store

    def enter(self, page: Page, *, is_admin: bool = True) -> None:
        """Signs an editor in, in the page's context."""
        browser = sign_in_admin(self.store) if is_admin else sign_in(self.store)
        # Chromium sends it to loopback without TLS, too, but sets it only for https.
        page.context.add_cookies(
            [
                {
                    "name": sessions.COOKIE,
                    "value": browser.session_id,
                    "url": "https://127.0.0.1/",
                    "secure": True,
                }
            ]
        )

    def open(self, page: Page, path: str) -> None:
        page.goto(f"{self.url}/desk{path}")


def _ask(method: str, target: str, headers: dict[str, str], body: str | bytes | None) -> Response:
    if target.startswith("/desk"):
        return desk.request(method, target, headers, body)
    return gateway.request(method, target, headers, body)


@pytest.fixture
def served(deployed_environment: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Two sites, one with two published links of a host's subdomain, one with a pending link."""
    store = deployed_environment
    factories.make_network(store, [(101, DOMAIN), (102, QUIET)])
    put_site(store, Site(DOMAIN, ["ledger.example.com"], "Night Ledger", publish="at_once"))
    put_site(store, Site(QUIET, name="Quiet Ledger"))
    for number in range(2):
        submit_url(store, 101, f"https://blog.spam.example.org/{number}")
    submit_url(store, 102, "https://quiet.example.org/")
    editing.block_host(store, ACT, Block(LONG, None))
    editing.block_host(store, ACT, Block("bad.example.net", DOMAIN))
    new_container()
    with serving(partial(gateway.application, ask=_ask)) as url:
        monkeypatch.setenv("PUBLIC_URL", url)
        yield Desk(url, store)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_an_admin_changes_the_policy_of_a_site(page: Page, served: Desk) -> None:
    served.enter(page)
    served.open(page, "/sites")
    page.get_by_role("link", name="Quiet Ledger (3)").click()
    expect(page.get_by_text("1 link is pending at this site now.")).to_be_visible()
    choice = page.get_by_role("group", name="Policy").get_by_label("At once", exact=True)
    expect(choice).not_to_be_checked()
    choice.check()
    page.get_by_label("Published links on a page, at most").fill("99")
    press(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("must be an integer from 0 to 20")
    expect(choice).to_be_checked()
    page.get_by_label("Published links on a page, at most").fill("9")
    press(page, "Save")
    expect(page.get_by_role("status")).to_contain_text("The site is saved.")
    # The pending link is still pending.
    expect(page.get_by_text("1 link is pending at this site now.")).to_be_visible()
    assert sites.get_site(served.store, QUIET).publish == "at_once"


def test_two_admins_on_one_site(page: Page, served: Desk) -> None:
    served.enter(page)
    served.open(page, "/sites/7")
    put_site(served.store, Site(DOMAIN, ["ledger.example.com"], "Their name"), ["bad.example.net"])
    page.get_by_label("Name", exact=True).fill("My name")
    press(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("somebody else has changed this site")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Name"))
    expect(row.get_by_role("cell")).to_have_text(["My name", "Their name"])
    press(page, "Save")
    expect(page.get_by_role("heading", level=1)).to_have_text("My name")


def test_an_editor_on_an_admins_screen(page: Page, served: Desk) -> None:
    served.enter(page, is_admin=False)
    served.open(page, "/sites/7")
    expect(page.get_by_text("Admins of this network can change a site.")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    expect(page.get_by_role("link", name="Audit")).to_have_count(0)
    for path in ("/audit", "/sites/new", "/blocks/new"):
        served.open(page, path)
        expect(page.get_by_text("This page is for admins.")).to_be_visible()
        page.get_by_role("link", name="To the queue").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Queue")


def test_a_host_with_published_links_is_blocked_and_unblocked(page: Page, served: Desk) -> None:
    served.enter(page)
    served.open(page, "/blocks")
    page.get_by_role("link", name="Block hosts").click()
    page.get_by_label("Hosts, one a line").fill("https://spam.example.org/x\nx@example.org")
    press(page, "See what would be blocked")
    row = page.get_by_role("listitem").filter(has_text="spam.example.org")
    expect(row.get_by_role("link", name="2 published, 0 pending")).to_be_visible()
    expect(page.get_by_text("This looks like an e-mail address.")).to_be_visible()
    assert len(sites.list_blocks(served.store, 9)) == 2
    press(page, "Block 1 host on the whole network")
    expect(page.get_by_role("status")).to_contain_text("1 of 1 host blocked on the whole network.")
    assert Block("spam.example.org", None) in sites.list_blocks(served.store, 9)
    press(page, "Undo: unblock 1 host")
    expect(page.get_by_role("status")).to_contain_text("1 of 1 host unblocked")
    assert len(sites.list_blocks(served.store, 9)) == 2
    served.open(page, "/audit?editor=bea%40example.com")
    expect(page.locator(".sentence")).to_have_text(
        [
            "bea@example.com unblocked spam.example.org on all sites.",
            "bea@example.com blocked spam.example.org on all sites.",
        ]
    )


@with_script
def test_the_export_is_a_file(page: Page, served: Desk) -> None:
    served.enter(page, is_admin=False)
    served.open(page, "/blocks/export")
    with page.expect_download() as download:
        page.get_by_role("link", name="Plain text of part 1").click()
    assert download.value.suggested_filename == "blocked-hosts.txt"
    assert download.value.path().read_text("utf-8") == f"bad.example.net\n{LONG}\n"


# ---- for everyone ----------------------------------------------------------------------------


def _at(path: str) -> Callable[[Page, Desk], None]:
    return lambda page, served: served.open(page, path)


def _errors(page: Page, served: Desk) -> None:
    served.open(page, "/sites/new")
    press(page, "Save")
    expect(page.get_by_role("alert")).to_be_visible()


def _conflict(page: Page, served: Desk) -> None:
    served.open(page, "/sites/7")
    site = sites.get_site(served.store, DOMAIN)
    put_site(served.store, site._replace(name=f"{site.name}{90 * 'x'}", cap=site.cap + 1))
    page.get_by_label("Name", exact=True).fill(100 * "y")
    press(page, "Save")
    expect(page.get_by_role("alert")).to_be_visible()


def _review(page: Page, served: Desk) -> None:
    served.open(page, "/blocks/new?domain=7")
    pasted = f"a.{LONG}\nspam.example.org\nledger.example.com\n{90 * 'x'}@example.org"
    page.get_by_label("Hosts, one a line").fill(pasted)
    press(page, "See what would be blocked")
    expect(page.get_by_text("This covers a host of your own")).to_be_visible()


def _done(page: Page, served: Desk) -> None:
    _review(page, served)
    page.get_by_role("button", name="Block 2 hosts").click()
    expect(page.get_by_role("status")).to_be_visible()


def _empty_paste(page: Page, served: Desk) -> None:
    served.open(page, "/blocks/new")
    press(page, "See what would be blocked")
    expect(page.get_by_text("Paste at least one host.")).to_be_visible()


def _audit(page: Page, served: Desk) -> None:
    served.open(page, "/audit")
    for summary in page.locator("summary").all():
        summary.click()


SCREENS: dict[str, Callable[[Page, Desk], None]] = {
    "sites": _at("/sites"),
    "site": _at("/sites/7"),
    "errors": _errors,
    "conflict": _conflict,
    "blocks": _at("/blocks"),
    "empty paste": _empty_paste,
    "review": _review,
    "done": _done,
    "export": _at("/blocks/export"),
    "audit": _audit,
    "wrong filter": _at("/audit?article=x"),
}


@pytest.mark.long
@needs_checkers
@with_script
def test_axe_finds_nothing_on_any_screen_of_sites(page: Page, served: Desk) -> None:
    found: dict[tuple[str, str], list[str]] = {}
    served.enter(page)
    for name, show in SCREENS.items():
        page.set_viewport_size({"width": 1280, "height": 800})
        page.emulate_media(color_scheme="light")
        show(page, served)
        assert overflow(page) == 0, name
        found[name, "light"] = checks.axe(page)
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": PHONE, "height": 640})
        found[name, "dark, 320 px"] = checks.axe(page)
        assert overflow(page) == 0, name
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert overflow(page) == 0, name
        page.evaluate("document.documentElement.style.fontSize = ''")
    assert not any(found.values()), found
