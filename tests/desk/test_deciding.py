"""Decisions: one link, several at once, refusals beside the link, and undoing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from seealso.errors import StoreUnavailable
from seealso.store.tables import Store
from seealso.tables import links
from seealso.tables.links import Link, get_link, is_blocked, link_item
from seealso.tables.sites import Block, Site, add_network_block, list_blocks
from seealso.times import rfc3339
from tests.support import desk_links, gateway
from tests.support.desk import ADMIN, EDITOR, Browser, sign_in, sign_in_admin
from tests.support.desk_forms import pairs_of
from tests.support.desk_links import SITED, link_id, pending_link
from tests.support.desk_pages import follow, press, screen, tree_of
from tests.support.factories import put_item, put_site
from tests.support.gateway import Response
from tests.support.html import Tree, named, text
from tests.support.scan import scan

REASON = ("reason", "It is an advertisement.")
HOST = "blog-1.example.net"


@pytest.fixture
def store(deployed_environment: Store) -> Store:
    desk_links.fill(deployed_environment, 4)
    return deployed_environment


@pytest.fixture
def browser(store: Store) -> Browser:
    return sign_in(store)


def link(store: Store, number: int = 1) -> Link:
    found = get_link(store, link_id(number))
    assert found is not None
    return found


def path(number: int, action: str) -> str:
    return f"/desk/links/{link_id(number)}/{action}"


def decide(
    browser: Browser, action: str, *more: tuple[str, str], number: int = 1, page: str = "/desk"
) -> Response:
    """The answer to the form of a link in the queue, or on another page."""
    return press(browser, screen(browser, page), path(number, action), *more)


def own_page(number: int = 1) -> str:
    return f"/desk/links/{link_id(number)}"


def notice(page: Tree) -> str:
    return text(page.one("p", class_="notice"))


def actions(store: Store) -> list[tuple[str, str]]:
    """Who did what, in order."""
    lines = sorted(scan(store, store.audit), key=lambda line: str(line["entry"]))
    return [(str(line["actor"]), str(line["action"])) for line in lines]


# ---- one link --------------------------------------------------------------------------------


def test_approves_in_the_queue_and_undoes_it(store: Store, browser: Browser) -> None:
    page = follow(browser, decide(browser, "approve"))
    assert notice(page) == "Published."
    assert link(store).status == "published"
    assert link_id(1) not in [str(box.attrs["id"]) for box in page.all("input", name="link")]
    shown = gateway.get("/articles/2").json()["links"]
    assert [each["link_id"] for each in shown] == [link_id(1)]

    undone = follow(browser, press(browser, page, path(1, "undo")))
    assert notice(undone) == "Undone: it is pending again."
    now = link(store)
    assert (now.status, now.needs_editor) == ("pending", "restored")
    assert gateway.get("/articles/2").json()["links"] == []
    steps = ("link.approve", "link.remove", "link.restore")
    assert actions(store) == [(EDITOR, step) for step in steps]
    assert [entry["status"] for entry in now.history] == ["published", "removed", "pending"]


def test_approves_on_the_links_own_screen(store: Store, browser: Browser) -> None:
    page = follow(browser, decide(browser, "approve", page=own_page()))
    assert notice(page) == "Published."
    assert text(page.one("h1")) == link(store).title
    press(browser, page, path(1, "undo"))
    assert link(store).status == "pending"


def test_a_form_leads_back_to_its_page_of_the_queue(store: Store, browser: Browser) -> None:
    now = datetime.now(UTC)
    desk_links.put_links(store, [pending_link(number, now) for number in range(5, 31)])
    page = screen(browser, "/desk")
    cursor = str(page.all("a", rel="next")[0].attrs["href"]).partition("cursor=")[2]
    found = decide(browser, "approve", number=27, page=f"/desk?cursor={cursor}")
    place = f"/desk?cursor={cursor}&link={link_id(27)}&done=link-approve"
    assert found.headers["location"] == place
    found = decide(browser, "approve", number=30, page="/desk?domain=3")
    assert found.headers["location"] == f"/desk?domain=3&link={link_id(30)}&done=link-approve"


@pytest.mark.parametrize("told", [True, False])
def test_rejects_with_a_reason_and_undoes_it(store: Store, browser: Browser, told: bool) -> None:
    more = [("tell_submitter", "yes")] if told else []
    page = follow(browser, decide(browser, "reject", REASON, *more))
    rejected = link(store)
    assert rejected.status == "rejected"
    assert rejected.history[-1].get("tell_submitter", False) == told
    assert rejected.history[-1]["reason"] == REASON[1]
    assert is_blocked(store, rejected)
    button = text(named(page.one("form", action=path(1, "undo")), "button")[0])
    assert button == "Undo: pending again" + (
        " (the submitter may have read your reason)" if told else ""
    )
    press(browser, page, path(1, "undo"))
    assert link(store).status == "pending"
    # What the submitter may have read stays in the history.
    assert link(store).history[0] == rejected.history[0]
    assert actions(store) == [(EDITOR, "link.reject"), (EDITOR, "link.restore")]


def test_a_reason_is_not_lost_while_the_store_does_not_answer(
    store: Store, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> Link:
        raise StoreUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(links, "reject", fails)
        answer = decide(browser, "reject", REASON, ("tell_submitter", "yes"))
    assert answer.headers["retry-after"] == "2"
    again = named(tree_of(answer, 503).one("main"), "form")[0]
    assert "action" not in again.attrs  # for a browser the address that the form was sent to
    assert browser.post(path(1, "reject"), pairs_of(again)).status == 303
    assert link(store).history[-1]["reason"] == REASON[1]
    assert link(store).history[-1]["tell_submitter"]


def test_a_rejected_url_may_be_submitted_again_if_the_editor_says_so(
    store: Store, browser: Browser
) -> None:
    decide(browser, "reject", REASON, ("may_return", "yes"))
    assert not is_blocked(store, link(store))
    words = text(screen(browser, own_page()).one("main"))
    assert "its URL can be submitted again" in words


def test_a_rejection_needs_a_reason(store: Store, browser: Browser) -> None:
    page = tree_of(decide(browser, "reject", ("reason", " "), ("tell_submitter", "yes")), 409)
    assert "Reason is required." in text(page.one("main"))
    assert "checked" in page.one("input", name="tell_submitter").attrs
    assert link(store).status == "pending"
    assert press(browser, page, path(1, "reject"), REASON).status == 303


def test_a_usual_reason_needs_no_typing(store: Store, browser: Browser) -> None:
    usual = "It is not about the article."
    page = screen(browser, "/desk")
    select = page.one("select", id=f"usual-reject-{link_id(1)}")
    assert usual in [text(option) for option in named(select, "option")]
    press(browser, page, path(1, "reject"), ("usual_reason", usual))
    assert link(store).history[-1]["reason"] == usual
    press(browser, page, path(2, "reject"), ("usual_reason", usual), REASON)
    assert link(store, 2).history[-1]["reason"] == REASON[1]


def test_removes_and_restores(store: Store, browser: Browser) -> None:
    decide(browser, "approve")
    assert notice(follow(browser, decide(browser, "remove", page=own_page()))) == "Removed."
    assert link(store).status == "removed"
    page = follow(browser, decide(browser, "restore", page=own_page()))
    assert notice(page) == "Restored: it is pending again."
    assert link(store).status == "pending"


def test_asks_for_a_check_once_in_ten_minutes(store: Store, browser: Browser) -> None:
    page = follow(browser, decide(browser, "check", page=own_page()))
    assert "looked at within minutes" in notice(page)
    again = tree_of(decide(browser, "check", page=own_page()), 429)
    assert "once in ten minutes" in text(again.one("main"))


def test_an_undo_that_is_half_done_says_so(store: Store, browser: Browser) -> None:
    page = follow(browser, decide(browser, "approve"))
    put_site(store, Site(SITED, name="Night Ledger", pending_cap=0))
    refused = tree_of(press(browser, page, path(1, "undo")), 409)
    assert "It is removed." in text(refused.one("main"))
    assert link(store).status == "removed"
    put_site(store, Site(SITED, name="Night Ledger"))
    assert press(browser, refused, path(1, "restore")).status == 303
    assert link(store).status == "pending"


# ---- refusals --------------------------------------------------------------------------------


def test_what_is_sent_twice_changes_nothing(store: Store, browser: Browser) -> None:
    page = screen(browser, "/desk")
    for _ in range(2):
        assert press(browser, page, path(1, "approve")).status == 303
    assert link(store).version == 2
    queue = follow(browser, press(browser, page, path(1, "approve")))
    for _ in range(2):
        assert press(browser, queue, path(1, "undo")).status == 303
    assert len(link(store).history) == 3


def test_a_link_that_another_editor_decided_on_is_shown_as_it_is(
    store: Store, browser: Browser
) -> None:
    page = screen(browser, "/desk")
    decide(sign_in(store, "cem@example.com"), "reject", REASON)
    refused = tree_of(press(browser, page, path(1, "approve")), 409)
    words = text(refused.one("main"))
    assert "it has become rejected, by cem@example.com." in words
    assert link(store).status == "rejected"
    # What can be done about it is beside it.
    assert press(browser, refused, path(1, "restore")).status == 303
    assert link(store).status == "pending"


def test_a_link_that_was_checked_meanwhile_is_shown_with_what_was_found(
    store: Store, browser: Browser
) -> None:
    page = screen(browser, "/desk")
    found = {"link_back": "unreachable", "link_back_at": rfc3339(datetime.now(UTC)), "version": 2}
    put_item(store, store.links, link_item(pending_link(1, datetime.now(UTC), **found)))
    refused = tree_of(press(browser, page, path(1, "approve")), 409)
    words = text(refused.one("main"))
    assert "Since you saw the link, its page was checked." in words
    assert "It is pending. Last check: The page could not be reached (just now)." in words
    assert press(browser, refused, path(1, "approve")).status == 303


def test_a_full_page_says_what_to_do(store: Store, browser: Browser) -> None:
    put_site(store, Site(SITED, name="Night Ledger", cap=1))
    desk_links.put_links(store, [pending_link(41, datetime.now(UTC))])  # on the page of link 1
    decide(browser, "approve")
    page = tree_of(decide(browser, "approve", number=41, page=own_page(41)), 409)
    assert "maximum of 1 link. Remove it first." in text(page.one("main"))
    assert page.one("a", href="/desk/links?article=2")
    assert link(store, 41).status == "pending"


@pytest.mark.parametrize("version", ["", "0", "x", "1e3", "99999999999"])
def test_refuses_a_form_without_a_version(browser: Browser, version: str) -> None:
    assert browser.post(path(1, "approve"), [("version", version)]).status == 400


def test_a_link_that_is_not_there_is_not_found(browser: Browser) -> None:
    assert browser.post(path(99, "approve"), [("version", "1")]).status == 404
    assert browser.get(own_page(99)).status == 404
    assert browser.get("/desk/links/x").status == 404


def test_the_address_of_a_form_leads_to_the_link(browser: Browser) -> None:
    for action in ("approve", "reject", "remove", "restore", "undo", "check"):
        found = browser.get(path(1, action))
        assert (found.status, found.headers["location"]) == (303, own_page())
    found = browser.get("/desk/links/chosen")
    assert (found.status, found.headers["location"]) == (303, "/desk")


def test_a_script_gets_what_became_of_the_link(store: Store, browser: Browser) -> None:
    page = tree_of(decide(browser, "approve", ("by_script", "1")))
    assert text(page.one("p", class_="done")) == "Published."
    assert press(browser, page, path(1, "undo"), ("by_script", "1")).status == 200
    assert link(store).status == "pending"


# ---- blocking --------------------------------------------------------------------------------


@pytest.mark.parametrize(("scope", "domain"), [("site", SITED), ("network", None)])
def test_an_admin_blocks_the_host_with_a_rejection(
    store: Store, scope: str, domain: int | None
) -> None:
    admin = sign_in_admin(store)
    page = tree_of(decide(admin, "reject", REASON, ("block", scope)))
    assert f"Rejected. {HOST} is blocked" in text(page.one("main"))
    assert list_blocks(store, 10) == [Block(HOST, domain)]
    button = text(named(page.one("form", action=path(1, "undo")), "button")[0])
    assert button == f"Undo: pending again, and unblock {HOST}"
    undone = tree_of(press(admin, page, path(1, "undo")))
    assert f"{HOST} is no longer blocked" in text(undone.one("main"))
    assert list_blocks(store, 10) == []
    assert link(store).status == "pending"
    steps = ("link.reject", "block.add", "link.restore", "block.remove")
    assert actions(store) == [(ADMIN, step) for step in steps]


def test_what_was_blocked_before_stays_blocked(store: Store) -> None:
    add_network_block(store, HOST, [])
    admin = sign_in_admin(store)
    page = tree_of(decide(admin, "reject", REASON, ("block", "network")))
    button = text(named(page.one("form", action=path(1, "undo")), "button")[0])
    assert button == "Undo: pending again"
    press(admin, page, path(1, "undo"))
    assert list_blocks(store, 10) == [Block(HOST, None)]


def test_refuses_other_scopes_of_a_block(store: Store) -> None:
    for action, field in (("reject", "block"), ("undo", "unblock")):
        fields = [("version", "1"), REASON, (field, "everywhere")]
        assert sign_in_admin(store).post(path(1, action), fields).status == 400
    assert link(store).status == "pending"


def test_an_editor_blocks_nothing(store: Store, browser: Browser) -> None:
    assert not screen(browser, "/desk").all("select", name="block")
    for action, field in (("reject", "block"), ("undo", "unblock")):
        fields = [("version", "1"), REASON, (field, "network")]
        assert browser.post(path(1, action), fields).status == 403
    assert (link(store).status, list_blocks(store, 10)) == ("pending", [])


def test_a_host_that_cannot_be_blocked_is_said(store: Store) -> None:
    """A domain without a site has no list of blocked hosts."""
    found = decide(sign_in_admin(store), "reject", REASON, ("block", "site"), number=3)
    words = text(tree_of(found).one("main"))
    assert "Rejected. Its host is not blocked: domain does not have a site yet" in words
    assert link(store, 3).status == "rejected"


# ---- several at once -------------------------------------------------------------------------


def choose(browser: Browser, action: str, *numbers: int) -> Tree:
    """The list to be confirmed, of links as they are now or were in the queue."""
    query = "&".join(f"link={link_id(number)}.1" for number in numbers)
    return screen(browser, f"/desk/links/chosen?action={action}&list=queue&{query}")


def confirm(browser: Browser, page: Tree, *more: tuple[str, str]) -> Tree:
    return tree_of(press(browser, page, "/desk/links/chosen", *more))


def test_several_are_listed_and_confirmed(store: Store, browser: Browser) -> None:
    page = choose(browser, "approve", 1, 2, 4)
    assert text(page.one("h1")) == "Approve 3 links?"
    assert [link(store, number).status for number in (1, 2, 4)] == ["pending"] * 3
    assert HOST in text(page.one("ol", class_="entries"))
    done = confirm(browser, page)
    assert "3 of 3 done." in text(done.one("main"))
    assert [link(store, number).status for number in (1, 2, 4)] == ["published"] * 3
    assert not done.all("form", action="/desk/links/chosen")
    press(browser, done, path(2, "undo"))
    assert link(store, 2).status == "pending"


def test_each_outcome_is_shown_where_some_fail(store: Store, browser: Browser) -> None:
    page = choose(browser, "approve", 1, 2, 4)
    decide(sign_in(store, "cem@example.com"), "reject", REASON, number=2)
    done = confirm(browser, page)
    words = text(done.one("main"))
    assert "2 of 3 done, 1 refused." in words
    assert "become rejected, by cem@example.com" in words
    # Sent again, as by a reload: the same outcomes, and nothing changed.
    before = [link(store, number) for number in (1, 2, 4)]
    assert "2 of 3 done, 1 refused." in text(confirm(browser, page).one("main"))
    assert [link(store, number) for number in (1, 2, 4)] == before


def test_what_has_changed_is_left_out_before_confirming(store: Store, browser: Browser) -> None:
    decide(browser, "approve", number=2)
    page = choose(browser, "reject", 1, 2, 99)
    assert text(page.one("h1")) == "Reject 1 link?"
    assert "published now" in text(page.one("main"))


def test_a_button_does_the_rest(
    store: Store, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seealso.desk.deciding.SECONDS", 0.0)
    page = choose(browser, "reject", 1, 2, 4)
    page = confirm(browser, page, REASON, ("tell_submitter", "yes"))
    assert "1 of 3 done, 2 to go." in text(page.one("main"))
    progress = page.one("progress").attrs
    assert (progress["max"], progress["value"]) == ("3", "1")
    page = confirm(browser, page)
    assert "2 of 3 done, 1 to go." in text(page.one("main"))
    page = confirm(browser, page)
    assert "3 of 3 done." in text(page.one("main"))
    for number in (1, 2, 4):
        entry = link(store, number).history[-1]
        assert (entry["status"], entry["reason"], entry["tell_submitter"]) == (
            "rejected",
            REASON[1],
            True,
        )


def test_a_store_that_stops_answering_loses_no_outcome(
    store: Store, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = choose(browser, "approve", 1, 2, 4)
    publish = links.publish

    def stop_at_the_second(*arguments: Any) -> Link:
        if arguments[1].link_id == link_id(2):
            raise StoreUnavailable
        return publish(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(links, "publish", stop_at_the_second)
        page = confirm(browser, page)
        assert "1 of 3 done, 2 to go." in text(page.one("main"))
        assert press(browser, page, "/desk/links/chosen").status == 503
    assert "3 of 3 done." in text(confirm(browser, page).one("main"))


def test_several_rejections_need_a_reason(store: Store, browser: Browser) -> None:
    page = choose(browser, "reject", 1, 2)
    again = tree_of(press(browser, page, "/desk/links/chosen", ("reason", "")), 422)
    assert "Reason is required." in text(again.one("div", role="alert"))
    assert "2 of 2 done." in text(confirm(browser, again, REASON).one("main"))


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "undo", "link": [f"{1:032x}.1"]},
        {"action": "approve", "link": ["x"]},
        {"action": "approve", "link": [f"{1:032x}"]},
        {"action": "approve", "link": [f"{number:032x}.1" for number in range(101)]},
        {"link": []},
    ],
)
def test_refuses_what_no_list_sends(browser: Browser, fields: dict[str, Any]) -> None:
    sent = [("action", fields["action"])] if "action" in fields else []
    sent += [("link", value) for value in fields["link"]]
    assert browser.post("/desk/links/chosen", sent).status == 400
    query = "&".join(f"{name}={value}" for name, value in sent)
    assert browser.get(f"/desk/links/chosen?{query or 'action='}").status == 400


def test_chosen_links_of_the_list_of_links_are_removed(store: Store, browser: Browser) -> None:
    decide(browser, "approve")
    query = f"action=remove&list=links&host={HOST}&link={link_id(1)}.2"
    page = screen(browser, f"/desk/links/chosen?{query}")
    done = confirm(browser, page, REASON)
    assert link(store).status == "removed"
    assert done.one("a", href=f"/desk/links?host={HOST}")
