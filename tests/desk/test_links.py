"""Links of any status in lists, and the story of one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.units import recorded_calls
from seealso.contract.admin_models import AdminListedLink
from seealso.http.cursors import cursor_of
from seealso.store.tables import Store, current_store
from seealso.store.values import Json
from seealso.tables.articles import Article, put_articles
from seealso.tables.checks import Checks, checks_item
from seealso.tables.links import STATUSES, Cause, Link, get_link, link_item, withdraw
from seealso.tables.sites import Site
from seealso.times import rfc3339
from seealso.verifying import explanations
from seealso.verifying.explanations import for_editors
from seealso.web.languages import ENGLISH, language_of
from tests.desk.test_queue import pages
from tests.support import desk_links
from tests.support.desk import EDITOR, Browser, sign_in
from tests.support.desk_links import SITED, SITELESS, link_id, pending_link
from tests.support.desk_pages import facts, screen
from tests.support.factories import put_items, put_site
from tests.support.html import Tree, named, text

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def own(number: int, **changes: Any) -> Link:
    return pending_link(number, NOW, **changes)


def ids(*numbers: int) -> list[str]:
    return [link_id(number) for number in numbers]


@pytest.fixture
def store(deployed_environment: Store) -> Store:
    """Links 1..7 have each a status, 8 is to be looked at, 9 and 10 are of a host's subdomains."""
    store = deployed_environment
    put_site(store, Site(SITED, name="Night Ledger"))
    made = []
    for number, status in enumerate(STATUSES, 1):
        at = rfc3339(NOW)
        changes: Json = {"status": status, "domain": SITED, "article_id": 1}
        if status not in ("pending", "lapsed"):
            changes["expires_at"] = None
        if status != "pending":
            changes["history"] = [{"at": at, "status": status, "by": EDITOR}]
        made.append(own(number, url=f"https://example.org/{number}", **changes))
    shown: Json = {"status": "published", "expires_at": None, "article_id": 2, "domain": SITED}
    made.append(own(8, attention="moved", attention_at=rfc3339(NOW), **shown))
    made += [own(9, url="https://a.example.com/"), own(10, url="https://www.example.com/")]
    put_items(store, store.links, map(link_item, made))
    return store


@pytest.fixture
def browser(store: Store) -> Browser:
    return sign_in(store)


def listed(browser: Browser, query: str) -> list[str]:
    """The ids of the links of a list, page by page."""
    return [each for page in pages(browser, f"/desk/links{query}") for each in page]


# ---- lists -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [8, 2]),
        ("?status=published", [8, 2]),
        ("?status=attention", [8]),
        ("?status=pending", [10, 9, 1]),
        ("?status=pending&domain=3", [9]),
        ("?status=pending&domain=", [10, 9, 1]),
        ("?status=rejected&domain=7", [4]),
        ("?status=withdrawn", [6]),
        ("?host=example.com", [10, 9]),
        ("?host=WWW.Example.com", [10, 9]),
        ("?host=a.example.com", [9]),
        ("?host=example.net", [8]),
        ("?article=1", [1, 2, 3, 4, 5, 6, 7]),
        ("?article=999", []),
    ],
)
def test_lists(browser: Browser, query: str, numbers: list[int]) -> None:
    assert listed(browser, query) == ids(*numbers)


@pytest.mark.parametrize(
    "query",
    [
        "status=x",
        "domain=x",
        "article=0",
        "host=%3Cscript%3E",
        "host=example.com&article=1",
        "cursor=x",
        "status=published&status=pending",
    ],
)
def test_refuses_other_queries(browser: Browser, query: str) -> None:
    assert browser.get(f"/desk/links?{query}").status == 400


@pytest.mark.parametrize(
    "query", ["?status=pending", "?status=pending&domain=7", "?host=example.net", "?article=3"]
)
def test_lists_have_pages(deployed_environment: Store, query: str) -> None:
    store = deployed_environment
    made = [own(number, article_id=3, domain=SITED) for number in range(1, 61)]
    put_items(store, store.links, map(link_item, made))
    found = list(pages(sign_in(store), f"/desk/links{query}"))
    assert [len(page) for page in found] == [25, 25, 10]
    every = [each for page in found for each in page]
    assert sorted(every) == ids(*range(1, 61))
    if query.startswith("?article"):
        assert every == ids(*range(1, 61))
    elif query.startswith("?status"):
        assert every == ids(*range(60, 0, -1))


def test_a_list_costs_three_round_trips(store: Store, browser: Browser) -> None:
    for query in ("", "?host=example.com", "?article=1", "?status=attention"):
        browser.get(f"/desk/links{query}")
        usage = current_store().client.usage
        assert usage.round_trips <= 3, (query, usage.round_trips)


def test_what_can_be_done_with_several_follows_their_statuses(browser: Browser) -> None:
    def actions(query: str) -> list[str]:
        page = screen(browser, f"/desk/links{query}")
        return [str(each.attrs["value"]) for each in page.all("button", name="action")]

    assert actions("?status=published") == ["remove"]
    assert actions("?status=pending") == ["approve", "reject", "remove"]
    assert actions("?status=removed") == ["restore"]
    assert actions("?status=withdrawn") == []


# ---- one link --------------------------------------------------------------------------------


def told(page: Tree) -> list[str]:
    """The sentences of a link's story."""
    return [text(named(item, "p")[0]) for item in named(page.one("ol", class_="story"), "li")]


def test_a_story_has_submission_checks_and_decisions(store: Store, browser: Browser) -> None:
    submitted = NOW - timedelta(days=3)

    def after(hours: float) -> str:
        return rfc3339(submitted + timedelta(hours=hours))

    history = [
        {"at": after(2), "status": "published", "by": "check"},
        {"at": after(30), "status": "lapsed", "by": "check", "reason": "no-link"},
        {
            "at": after(31),
            "status": "removed",
            "by": EDITOR,
            "reason": "Gone",
            "tell_submitter": True,
        },
        {"at": after(32), "status": "pending", "by": "dan@example.com"},
    ]
    link = own(
        20,
        submitted_at=rfc3339(submitted),
        history=history,
        needs_editor="restored",
        url="https://blog.example.net/20",
    )
    evidence = [
        {
            "at": after(2),
            "found": "seen",
            "codes": [],
            "status": 200,
            "href": "https://x.example/1",
        },
        {
            "at": after(30),
            "found": "missing",
            "codes": ["near-miss", "cut-off"],
            "status": 200,
            "final_url": "https://blog.example.net/new",
            "href": "https://x.example/2",
            "rel": "nofollow",
            "canonical": "javascript:alert(1)",
        },
    ]
    put_items(store, store.links, [link_item(link)])
    checks = Checks(link_id(20), version=1, due_at=after(90), evidence=evidence)
    put_items(store, store.links, [checks_item(checks)])
    page = screen(browser, f"/desk/links/{link_id(20)}")
    near = "Checked: The page links to https://x.example/2 but not to this article."
    hidden = "Hidden: its page does not link to the article any more"
    assert told(page) == [
        "Submitted",
        "Checked: The page links to the article.",
        "Published, by a check",
        f"{near} Only the first 1 MiB of the page was read: the link must be in it.",
        f"{hidden}, by a check: The page has no link to the article.",
        f"Removed, by {EDITOR}: Gone (the submitter can read it)",
        "Restored: pending again, by dan@example.com",
    ]
    story = named(page.one("ol", class_="story"), "dl")
    assert facts(story[1]) == {
        "Status": "200",
        "Address after redirects": "https://blog.example.net/new",
        "Its link": "https://x.example/2",
        "rel of its link": "nofollow",
        "rel=canonical of the page": "javascript:alert(1)",
    }
    assert not named(story[1], "a")
    due = language_of(ENGLISH).time(after(90))
    assert f"The next check is due {due}." in text(page.one("main"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {
                "policy": "at_once",
                "status": "published",
                "published_at": "same",
                "expires_at": None,
            },
            "Submitted, and published at once as the site's policy was",
        ),
        ({"consent": {"by": "webmention"}}, "Came by webmention"),
    ],
)
def test_a_story_begins_with_how_the_link_came(
    store: Store, browser: Browser, changes: dict[str, Any], words: str
) -> None:
    if changes.get("published_at"):
        changes = {**changes, "published_at": own(30).submitted_at}
    put_items(store, store.links, [link_item(own(30, **changes))])
    assert told(screen(browser, f"/desk/links/{link_id(30)}")) == [words]


def test_counts_the_newest_100_links_of_the_host(store: Store, browser: Browser) -> None:
    host = "many.example.net"

    def others() -> Iterator[Link]:
        for number in range(100, 240):
            # The oldest 40 are rejected, which are not counted.
            status = ("published", "rejected", "removed", "published")[number % 4]
            status = "rejected" if number < 140 else status
            url = f"https://{host}/{number}"
            history = [{"at": rfc3339(NOW), "status": status, "by": EDITOR}]
            yield own(number, url=url, status=status, expires_at=None, history=history)
        yield own(300, url=f"https://sub.{host}/")

    put_items(store, store.links, map(link_item, others()))
    page = screen(browser, f"/desk/links/{link_id(239)}")
    words = text(page.section("Its host") or page.root)
    assert f"Of the newest 100 links of {host} (of which there may be more)" in words
    assert "50 published, 25 rejected, 25 removed." in words
    assert page.one("a", href=f"/desk/links?host={host}")
    assert current_store().client.usage.round_trips <= 3


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("draft", "Its article is a draft, so nobody sees its links."),
        ("deleted", "Its article is deleted, so nobody sees its links."),
        ("published", "Its article is now called Cold 5."),
        (None, "Its article is gone."),
    ],
)
def test_says_what_became_of_the_article(
    store: Store, browser: Browser, state: str | None, words: str
) -> None:
    if state:
        written = Article(5, SITED, "Cold 5", "Text.", "2026-02-25", state=state)
        put_articles(store, [(written, None)])
    put_items(store, store.links, [link_item(own(30, article_id=5, article_title="Heat 5"))])
    assert words in text(screen(browser, f"/desk/links/{link_id(30)}").one("main"))


def test_an_erased_link_keeps_its_story_alone(store: Store, browser: Browser) -> None:
    desk_links.put_links(store, [own(30)])
    link = get_link(store, link_id(30))
    assert link
    withdraw(store, link, Cause(NOW, "submitter"))
    page = screen(browser, f"/desk/links/{link_id(30)}")
    assert told(page) == ["Submitted", "Withdrawn, by its submitter"]
    assert link.title
    assert link.title not in text(page.root)
    assert not page.all("a", target="_blank", href=link.url or "")
    assert not page.all("form", action=f"/desk/links/{link_id(30)}/restore")
    assert link_id(30) in listed(browser, "?status=withdrawn")


@pytest.mark.parametrize(
    ("status", "actions"),
    [
        ("pending", {"approve", "reject", "check"}),
        ("published", {"remove", "check"}),
        ("lapsed", {"remove", "check"}),
        ("rejected", {"restore"}),
        ("removed", {"restore"}),
        ("expired", set()),
    ],
)
def test_offers_what_can_be_done(browser: Browser, status: str, actions: set[str]) -> None:
    number = STATUSES.index(status) + 1
    page = screen(browser, f"/desk/links/{link_id(number)}")
    forms = {str(form.attrs["action"]).rpartition("/")[2] for form in page.all("form")}
    assert forms - {"signout"} == actions


def test_a_domain_without_a_site_has_a_number(browser: Browser) -> None:
    page = screen(browser, f"/desk/links/{link_id(9)}")
    assert f"on Site {SITELESS}" in text(page.one("main"))


# ---- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["needs_editor", "attention", "link_back"])
def test_every_code_of_a_link_has_words(store: Store, browser: Browser, field: str) -> None:
    """The codes are those that the API names."""
    schema = AdminListedLink.model_json_schema()
    member = schema["properties"][field]
    elsewhere = schema["$defs"].get(member.get("$ref", "").rpartition("/")[2], {})
    options = [member, *member.get("anyOf", []), elsewhere]
    codes = [code for option in options for code in option.get("enum", [])]
    assert len(codes) >= 2
    for number, code in enumerate(codes, 100):
        changes: dict[str, Any] = {field: code}
        if field == "attention":
            changes |= {"status": "published", "expires_at": None, "attention_at": rfc3339(NOW)}
        put_items(store, store.links, [link_item(own(number, **changes))])
        screen(browser, f"/desk/links/{link_id(number)}")


def test_checks_are_told_to_editors_as_of_somebody_elses_page() -> None:
    said = [for_editors(message) for message in explanations._CODES.values()]
    assert said
    assert not [each.id for each in said if "your page" in each.id.lower()]


def test_a_made_up_cursor_of_another_host_begins_at_the_top(browser: Browser) -> None:
    cursor = cursor_of(
        "desk-links-host-example.com", f"org.other.#2026-11-27T12:00:00.000Z {'0' * 32}"
    )
    with recorded_calls() as recorded:
        assert browser.get(f"/desk/links?host=example.com&cursor={cursor}").status == 200
    assert not any("ExclusiveStartKey" in call.body for call in recorded)
