"""The desk's sign-in in a browser: the emulator's user pool, with script and without."""

import os
from collections.abc import Iterator
from hashlib import sha256

import pytest
from playwright.sync_api import Page, expect

from local import editors
from local.editors import ADMIN, EDITOR, User
from local.stack import Stack
from seealso.store.values import marshal_item
from tests.browser import needs_checkers, with_script
from tests.support.accessibility import axe
from tests.support.deployed_store import deployed_store
from tests.support.scan import scan

# The user pool is shared with other processes.
NOBODY = User(f"nobody-{os.getpid()}@example.com", "Nobody-local-1", "")

# What an editor's form sends; it stands for all, since they are handled alike.
SEND = """(token) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/desk/kept";
  for (const [name, value] of [["form_token", token], ["text", "Peat is old."]]) {
    const field = document.createElement("input");
    [field.type, field.name, field.value] = ["hidden", name, value];
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""


@pytest.fixture
def desk(page: Page, running_stack: Stack) -> Iterator[Page]:
    """The desk's first page, in a browser in which nobody has signed in."""
    page.context.clear_cookies()
    page.goto(f"{running_stack.api_url}/desk")
    yield page
    page.context.clear_cookies()


def sign_in(page: Page, user: User) -> None:
    """From a page with the sign-in link, over the issuer's page."""
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Username").fill(user.name)
    page.get_by_label("Password").fill(user.password)
    page.get_by_role("button", name="Sign in").click()


def test_an_editor_signs_in_and_out(desk: Page) -> None:
    sign_in(desk, EDITOR)
    expect(desk.get_by_role("heading", level=1)).to_have_text("Queue")
    assert desk.url.endswith("/desk")
    expect(desk.get_by_role("banner")).to_contain_text(EDITOR.name)
    (cookie,) = desk.context.cookies()
    assert (cookie["name"], cookie["secure"]) == ("__Host-desk", True)
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")

    desk.get_by_role("button", name="Sign out").click()
    if desk.get_by_role("link", name="Sign out there").count():  # the script follows it
        desk.get_by_role("link", name="Sign out there").click()
    desk.wait_for_url("**/desk/signed-out")
    expect(desk.get_by_role("heading", level=1)).to_have_text("You are signed out")
    desk.goto(desk.url.removesuffix("/signed-out"))
    expect(desk.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert not desk.context.cookies()


def test_a_person_without_a_group_sees_whom_to_ask(desk: Page, running_stack: Stack) -> None:
    client = editors.cognito(running_stack.port)
    pool = running_stack.outputs["UserPoolId"]
    client.admin_create_user(UserPoolId=pool, Username=NOBODY.name, MessageAction="SUPPRESS")
    client.admin_set_user_password(
        UserPoolId=pool, Username=NOBODY.name, Password=NOBODY.password, Permanent=True
    )
    try:
        sign_in(desk, NOBODY)
        expect(desk.get_by_role("main")).to_contain_text("Ask an admin of this network")
        expect(desk.get_by_role("navigation")).to_have_count(0)
    finally:
        client.admin_delete_user(UserPoolId=pool, Username=NOBODY.name)


@with_script
def test_what_is_sent_after_the_rights_have_ended_is_kept(desk: Page, running_stack: Stack) -> None:
    sign_in(desk, ADMIN)
    expect(desk.get_by_role("heading", level=1)).to_have_text("Queue")
    token = desk.locator('input[name="form_token"]').first.get_attribute("value")
    end_rights(running_stack, desk)
    with desk.expect_navigation():
        desk.evaluate(SEND, token)
    expect(desk.get_by_role("main")).to_contain_text("is kept for 8 hours")
    sign_in(desk, ADMIN)
    expect(desk.get_by_role("heading", level=1)).to_have_text("Send it now?")
    expect(desk.get_by_role("main")).to_contain_text("Peat is old.")
    desk.get_by_role("button", name="Send it").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Queue")


@needs_checkers
@with_script
@pytest.mark.parametrize("path", ["/desk", "/desk/signed-out", "/desk/signed-out?why=failed"])
def test_axe_finds_nothing_on_pages_for_who_is_not_signed_in(
    desk: Page, running_stack: Stack, path: str
) -> None:
    desk.goto(f"{running_stack.api_url}{path}")
    assert axe(desk) == []


def end_rights(running: Stack, page: Page) -> None:
    """Let the session of this browser be of two hours ago, and no renewal help.

    Others have sessions of the same user in this stack at the same time.
    """
    (cookie,) = page.context.cookies()
    key = f"session#{sha256(cookie['value'].encode()).hexdigest()}"
    store = deployed_store(running)
    (item,) = (item for item in scan(store, store.transient) if item["pk"] == key)
    changed = item | {"ends_at": item["began_at"], "was_renewed": True}
    call = {"TableName": store.transient, "Item": marshal_item(changed)}
    store.client.call("PutItem", call)
    store.client.close()
