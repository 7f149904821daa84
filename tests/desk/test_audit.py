"""The audit on the desk: sentences, filters, pages, details, for admins alone."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest

from seealso.editing import articles, sites
from seealso.editing import links as moderation
from seealso.editing.links import Decision
from seealso.store.tables import Store, current_store
from seealso.store.values import unmarshal_item
from seealso.tables.articles import Article, get_article
from seealso.tables.audit import ChangeContext, audit_entry
from seealso.tables.sites import Block, Site, SiteRecord, get_record
from tests.support.desk import Browser, sign_in, sign_in_admin
from tests.support.desk_forms import check_harmless, error_of
from tests.support.factories import NOW, put_items, put_site, submit_url
from tests.support.gateway import Response
from tests.support.html import Tree, named, text
from tests.support.html import links as links_in
from tests.support.payloads import PAYLOADS

ANN = ChangeContext("ann@example.com", NOW, "of-a-test", 365)
BEA = ChangeContext("bea@example.com", NOW, "of-a-test", 365)
DOMAIN = 7


@pytest.fixture
def store(deployed_environment: Store) -> Store:
    put_site(deployed_environment, Site(DOMAIN, name="Night Ledger"))
    return deployed_environment


@pytest.fixture
def admin(store: Store) -> Browser:
    return sign_in_admin(store)


@pytest.fixture
def link_id(store: Store) -> str:
    """A link of a day's work: an article is written, retitled and published, a link decided."""
    draft = Article(0, DOMAIN, "Heat 1", "Words.", "2026-02-25", state="draft")
    made = articles.create(store, ANN, 101, draft)
    columns = {"title": "Heat 2", "text": "Other words."}
    made = articles.patch_columns(store, ANN, 101, made.version, columns)
    articles.publish(store, ANN, 101, made.version)
    put_site(store, Site(DOMAIN, name="Night Ledger"))
    link = submit_url(store, 101, "https://blog.example.org/1").link
    moderation.reject(store, BEA, link.link_id, 1, Decision("Advertising."))
    current = get_record(store, DOMAIN)
    changed = current.site._replace(name="Day Ledger", cap=9)
    sites.change_site(store, BEA, current, SiteRecord(changed, ()))
    sites.block_host(store, BEA, Block("spam.example.net", DOMAIN))
    retitled = get_article(store, 101)
    assert retitled
    articles.patch_columns(store, ANN, 101, retitled.version, {"title": "Heat 3"})
    return link.link_id


def sentences(answer: Response) -> list[str]:
    return [text(each) for each in Tree(answer.body).all("p", class_="sentence")]


def earlier(page: Tree) -> str:
    """The address of the next page; empty on the last one."""
    return next((href or "" for href, label in links_in(page.root) if label == "Next page"), "")


def test_tells_what_was_done_with_the_titles_as_of_then(admin: Browser, link_id: str) -> None:
    assert sentences(admin.get("/desk/audit")) == [
        "ann@example.com changed the title of “Heat 3” on “Day Ledger”.",
        "bea@example.com blocked spam.example.net on “Day Ledger”.",
        "bea@example.com changed the name and cap of the site “Day Ledger”.",
        "bea@example.com rejected a link for “Heat 2” on “Day Ledger”.",
        "ann@example.com published “Heat 2” on “Day Ledger”.",
        "ann@example.com changed the title and text of “Heat 2” on “Day Ledger”.",
        "ann@example.com wrote “Heat 1” on “Day Ledger”.",
    ]
    page = Tree(admin.get("/desk/audit").body)
    fourth = page.all("p", class_="sentence")[3]
    assert [href for href, _ in links_in(fourth)] == [
        "/desk/audit?editor=bea%40example.com",
        f"/desk/links/{link_id}",
        "/desk/articles/101",
        f"/desk/sites/{DOMAIN}",
    ]


def test_details_show_what_has_changed(admin: Browser, link_id: str) -> None:
    details = Tree(admin.get("/desk/audit").body).all("details")
    rows = [[text(each) for each in named(row, "th", "td")] for row in named(details[3], "tr")]
    assert rows[1:] == [
        ["status", "pending", "rejected"],
        ["version", "1", "2"],
        ["article title", "Heat 2", ""],
        ["reason", "", "Advertising."],
    ]
    assert "Action link.reject, request of-a-test." in text(details[3])
    assert [href for href, _ in links_in(details[3])] == [
        "/desk/audit?article=101",
        f"/desk/audit?link={link_id}",
    ]
    rows = [[text(each) for each in named(row, "th", "td")] for row in named(details[5], "tr")]
    assert [row[0] for row in rows[1:]] == ["title", "text", "version"]
    assert rows[2][2].startswith("12 bytes, SHA-256 ")


def test_filters(admin: Browser, link_id: str) -> None:
    filters: list[tuple[dict[str, str], int]] = [
        ({"article": "101"}, 5),
        ({"article": "102"}, 0),
        ({"link": link_id}, 1),
        ({"editor": " bea@example.com "}, 3),
        ({"editor": "nobody"}, 0),
        ({"article": "", "link": "", "editor": ""}, 7),
    ]
    for query, number in filters:
        answer = admin.get(f"/desk/audit?{urlencode(query)}")
        assert (answer.status, len(sentences(answer))) == (200, number), query


WRONG: list[tuple[dict[str, str], str]] = [
    ({"article": "x"}, "article"),
    ({"article": "0"}, "article"),
    ({"link": "x"}, "link"),
    ({"editor": "x" * 129}, "editor"),
    ({"article": "101", "editor": "x"}, "article"),
    ({"link": "a" * 32, "editor": "x"}, "link"),
]


def test_a_wrong_filter_is_named_and_stays(admin: Browser) -> None:
    for query, field in WRONG:
        answer = admin.get(f"/desk/audit?{urlencode(query)}")
        assert answer.status == 400
        page = Tree(answer.body)
        assert error_of(page, field)
        for name, value in query.items():
            assert page.one("input", id=name).attrs["value"] == value


def test_pages_are_complete_while_entries_are_added(store: Store, admin: Browser) -> None:
    for number in range(60):
        sites.block_host(store, ANN, Block(f"h{number:02}.example.net", None))
    seen: list[str] = []
    target = "/desk/audit?editor=ann%40example.com"
    while target:
        answer = admin.get(target)
        assert current_store().client.usage.round_trips <= 3
        seen += [sentence.split()[2] for sentence in sentences(answer)]
        sites.block_host(store, ANN, Block(f"later{len(seen)}.example.net", None))
        target = earlier(Tree(answer.body))
    assert seen == [f"h{number:02}.example.net" for number in reversed(range(60))]


def test_a_cursor_is_of_its_list(store: Store, admin: Browser) -> None:
    for number in range(30):
        sites.block_host(store, ANN, Block(f"h{number:02}.example.net", None))
    address = earlier(Tree(admin.get("/desk/audit").body))
    assert admin.get(address).status == 200
    assert admin.get(f"{address}&editor=ann").status == 400


def test_is_for_admins_alone(store: Store, link_id: str) -> None:
    answer = sign_in(store).get("/desk/audit")
    assert answer.status == 403
    assert "Heat" not in answer.body


def test_takes_at_most_three_round_trips_and_40_kb(store: Store, admin: Browser) -> None:
    """With entries of many sites, whose columns have all changed."""
    text = " ".join(f"word{each}" for each in range(150))
    for domain in range(100, 113):
        current = get_record(store, domain)
        changed = SiteRecord(Site(domain, name=text[:200], article_url=f"{text}{{id}}"), ())
        sites.change_site(store, ANN, current, changed)
        article = Article(0, domain, text[:300], text, "2026-02-25", state="draft")
        made = articles.create(store, ANN, domain, article)
        articles.patch_columns(store, ANN, domain, made.version, {"title": text[50:350]})
    answer = admin.get("/desk/audit", **{"accept-encoding": "gzip"})
    assert len(sentences(answer)) == 25
    assert current_store().client.usage.round_trips == 3
    assert len(answer.content) <= 30_000


def test_whatever_is_in_an_entry_stays_text(store: Store, admin: Browser) -> None:
    items = []
    for number, payload in enumerate(PAYLOADS[:80]):
        context = replace(ANN, actor=payload[:128], request_id=payload)
        action = ("article.publish", "site.change", "block.add", payload)[number % 4]
        values = dict.fromkeys(("title", "name", "host", payload), payload)
        entry = audit_entry(
            store, context, action, values, values | {"x": payload}, article_id=1, domain=DOMAIN
        )
        items.append(unmarshal_item(entry["Put"]["Item"]))
    put_items(store, store.audit, items)
    put_site(store, Site(DOMAIN, name=PAYLOADS[0]))
    target, pages = "/desk/audit", 0
    while target:
        page = Tree(admin.get(target).body)
        check_harmless(page)
        pages += 1
        target = earlier(page)
    assert pages == 4
    for payload in PAYLOADS[:10]:
        query = urlencode(dict.fromkeys(("article", "link", "editor"), payload))
        check_harmless(Tree(admin.get(f"/desk/audit?{query}").body))
