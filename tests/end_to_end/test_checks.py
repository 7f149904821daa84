"""Checks of link-backs as deployed: from a submission to its page on loopback and back.

The functions are those of the local run, whose checks reach pages on loopback; their roles are
those of the template. Time is moved by deleting permits, which would expire by themselves.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import ronkyuu

from local import account, demo_page
from local.deploy import STACK_NAME
from local.editors import ADMIN, EDITOR
from local.paths import LOCAL
from seealso.store.values import marshal_item
from tests.end_to_end.conftest import Deployed
from tests.end_to_end.requests import SignedIn, new_domain, published_article, sign_in
from tests.end_to_end.test_links import page as json_page
from tests.end_to_end.test_links import submit
from tests.support import page_server
from tests.support.deployed_store import deployed_store
from tests.support.page_server import Exchange
from tests.support.scan import scan

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
_PAGES = count()


@dataclass
class Page:
    """A page on loopback: what its server answers now."""

    url: str
    answer: bytes = page_server.page(b"", status="404 Not Found")

    @property
    def host(self) -> str:
        return self.url.split("/")[2]

    def link_to(self, url: str | None) -> None:
        """Show a page with a link to this URL, or with none."""
        link = f'<a href="{url}">Part 7</a>' if url else "nothing"
        html = f"<!doctype html><title>On pans</title><p>We have read {link}."
        self.answer = page_server.page(html.encode(), "Content-Type: text/html; charset=utf-8")


@contextmanager
def served(live: Deployed) -> Iterator[Page]:
    """A page of its own host, which the stack's checks reach."""
    page = Page(f"http://{_WORKER}-{next(_PAGES)}.{demo_page.HOST}/on-pans")

    def answer(exchange: Exchange) -> None:
        exchange.send(page.answer)

    folder = live.folder / "demo-page"
    folder.mkdir(exist_ok=True)
    port = demo_page.port_file(folder, page.host)
    with page_server.serve(answer) as server:
        port.write_text(str(server.port), "utf-8")
        try:
            yield page
        finally:
            port.unlink()


@pytest.fixture
def page(live: Deployed) -> Iterator[Page]:
    with served(live) as page:
        yield page


@pytest.fixture
def admin(live: Deployed) -> SignedIn:
    return sign_in(live, ADMIN)


@pytest.fixture
def article(live: Deployed, admin: SignedIn) -> int:
    """An article of a new site, which publishes what was seen."""
    domain = new_domain()
    site = {"domain": domain, "publish": "verified", "hosts": [], "name": "On pans"}
    made = admin.request("PUT", f"/admin/sites/{domain}", site)
    assert made.status == 201, made.body
    return published_article(sign_in(live, EDITOR), domain)


def submitted(live: Deployed, article: int, page: Page) -> dict[str, Any]:
    answer = submit(live, article, page.url)
    assert answer.status == 201, answer.body
    receipt: dict[str, Any] = answer.json()
    assert receipt["status"] == "pending"
    return receipt


def article_url(live: Deployed, article: int) -> str:
    return f"{live.stack.api_url}/a/{article}"


def check_now(live: Deployed, link_id: str) -> dict[str, Any]:
    """The status of the link after a check, as if the last one were long ago."""
    forget_permits(live)
    said = seealso(live, "checks", "run", "--now", link_id)
    found = status(live, link_id)
    assert said.startswith(f"Link {link_id}: checked: {found['link_back']}")
    assert said.endswith(f" It is {found['status']}.\n")
    return found


def seealso(live: Deployed, *arguments: str) -> str:
    return subprocess.run(
        [LOCAL / "venv/bin/seealso", *arguments, "--stack", STACK_NAME],
        env=account.environment(live.stack.port),
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout


def run_checks(live: Deployed, link_id: str) -> dict[str, Any]:
    """The status of the link after a run that has checked it: another worker's may be under way."""
    before = status(live, link_id)
    for _ in range(60):
        forget_permits(live)
        seealso(live, "checks", "run")
        after = status(live, link_id)
        if after["checked_at"] != before["checked_at"]:
            return after
    raise AssertionError(after)


def forget_permits(live: Deployed) -> None:
    """Let the hosts of this worker's pages be asked again."""
    store = deployed_store(live.stack)
    for item in scan(store, store.transient):
        if item["pk"].startswith(f"fetch#host#{_WORKER}-"):
            key = marshal_item({"pk": item["pk"]})
            store.client.call("DeleteItem", {"TableName": store.transient, "Key": key})
    store.client.close()


def status(live: Deployed, link_id: str) -> dict[str, Any]:
    found: dict[str, Any] = live.get(f"/links/{link_id}").json()
    return found


def shown(live: Deployed, article: int) -> list[str]:
    return [link["url"] for link in json_page(live, article)["links"]]


def test_a_link_is_shown_while_its_page_links_back(
    live: Deployed, article: int, page: Page
) -> None:
    page.link_to(article_url(live, article))
    link_id = submitted(live, article, page)["link_id"]
    assert shown(live, article) == []
    # By the queue: a submission is due at once.
    found = run_checks(live, link_id)
    assert (found["status"], found["link_back"], found["title"]) == ("published", "seen", "On pans")
    assert found["found"]["href"] == article_url(live, article)
    assert found["explanation"] == "Your page links to the article."
    assert shown(live, article) == [page.url]

    page.link_to(None)
    found = check_now(live, link_id)
    assert (found["status"], found["link_back"]) == ("published", "missing")
    assert found["explanation"] == "Your page has no link to the article."
    assert shown(live, article) == [page.url]
    found = check_now(live, link_id)
    assert (found["status"], found["link_back"]) == ("lapsed", "missing")
    assert found["next_check_at"] > found["checked_at"]
    assert shown(live, article) == []

    page.link_to(article_url(live, article))
    found = check_now(live, link_id)
    assert (found["status"], found["link_back"]) == ("published", "seen")
    assert shown(live, article) == [page.url]


def test_a_page_that_leads_to_a_blocked_host_is_not_asked(
    live: Deployed, article: int, page: Page, admin: SignedIn
) -> None:
    with served(live) as target:
        target.link_to(article_url(live, article))
        page.answer = page_server.redirect(target.url)
        link_id = submitted(live, article, page)["link_id"]
        found = check_now(live, link_id)
        assert (found["status"], found["found"]["final_url"]) == ("published", target.url)

        block = {"host": target.host, "domain": json_page(live, article)["article"]["domain"]}
        assert admin.request("POST", "/admin/blocks", block).status == 201
        found = check_now(live, link_id)
        assert (found["status"], found["link_back"]) == ("published", "missing")
        assert "blocked" in found["explanation"]
        assert check_now(live, link_id)["status"] == "lapsed"
    assert shown(live, article) == []


def test_a_submitter_asks_for_a_check(live: Deployed, article: int, page: Page) -> None:
    page.link_to(None)
    receipt = submitted(live, article, page)
    link_id = receipt["link_id"]
    assert check_now(live, link_id)["link_back"] == "missing"
    page.link_to(article_url(live, article))

    token = {"Authorization": f"Bearer {receipt['withdraw_token']}"}
    asked = live.request("POST", f"/links/{link_id}/check", headers=token)
    assert (asked.status, asked.json()["link_id"]) == (202, link_id)
    assert status(live, link_id)["next_check_at"] == asked.json()["next_check_at"]
    assert run_checks(live, link_id)["status"] == "published"

    again = live.request("POST", f"/links/{link_id}/check", headers=token)
    assert again.status == 429
    assert 0 < int(again.headers["Retry-After"]) <= 600


def test_a_check_waits_for_its_host(live: Deployed, article: int, page: Page) -> None:
    page.link_to(article_url(live, article))
    link_id = submitted(live, article, page)["link_id"]
    check_now(live, link_id)
    said = seealso(live, "checks", "run", "--now", link_id)
    assert said.startswith(f"Link {link_id}: waiting. Its host was asked a moment ago;")
    found = status(live, link_id)
    assert found["next_check_at"] > found["checked_at"]


def test_a_webmention_of_a_senders_library(
    live: Deployed, admin: SignedIn, article: int, page: Page
) -> None:
    """The library finds the endpoint by itself; the page is shown, and ended by its sender."""
    domain = json_page(live, article)["article"]["domain"]
    site = {"domain": domain, "webmentions": "verified", "name": "On pans"}
    assert admin.request("PUT", f"/admin/sites/{domain}", site, version=1).status == 200
    target = article_url(live, article)

    def send() -> str:
        answer = ronkyuu.sendWebmention(page.url, target, test_urls=False)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"].rpartition("/")[2])

    page.link_to(target)
    link_id = send()
    assert check_now(live, link_id)["status"] == "published"
    assert shown(live, article) == [page.url]

    page.answer = page_server.page(b"", status="410 Gone")
    assert send() == link_id
    forget_permits(live)
    seealso(live, "checks", "run")
    found = status(live, link_id)
    assert (found["status"], found["url"], found["found"]) == ("withdrawn", None, None)
    assert shown(live, article) == []


@pytest.mark.parametrize("name", ["check-links", "expire-links", "notify"])
def test_operators_run_jobs(live: Deployed, name: str) -> None:
    assert seealso(live, "jobs", "run", name) == f"{name} has run.\n"


def test_operators_verify_a_stack(live: Deployed) -> None:
    assert seealso(live, "verify") == ""
