"""Sites on the desk: who sees and changes them, refusals, conflicts, and what pending links get."""

from itertools import batched

import pytest

from seealso.editing import sites as editing
from seealso.errors import StoreUnavailable
from seealso.fields import SITE
from seealso.store.tables import Store, current_store
from seealso.tables import sites
from seealso.tables.audit import ChangeContext
from seealso.tables.sites import Block, Site
from tests.support import factories
from tests.support.desk import Browser, sign_in, sign_in_admin
from tests.support.desk_forms import Pairs, changed, check_harmless, error_of, form_of, pairs_of
from tests.support.factories import NOW, put_item, put_site
from tests.support.html import Tree, named, text
from tests.support.html import links as links_in
from tests.support.payloads import PAYLOADS
from tests.support.scan import scan, unchanged

DOMAIN = 7
STORED = Site(
    DOMAIN,
    ["ledger.example.com", "www.ledger.example.com"],
    "Night Ledger",
    "https://ledger.example.com/{id}",
    cap=3,
    publish="verified",
    pending_cap=9,
    pending_days=12,
    language="de-AT",
    text_format="markdown",
    recheck_days=8,
    webmentions="off",
)
OTHER = Site(
    DOMAIN,
    ["other.example.com"],
    "Another",
    None,
    cap=4,
    publish="at_once",
    pending_cap=10,
    pending_days=13,
    language="en",
    text_format="plain",
    recheck_days=9,
    webmentions="review",
)
ACT = ChangeContext("carl@example.com", NOW, "of-a-test", 365)
ADDRESS = f"/desk/sites/{DOMAIN}"


@pytest.fixture
def store(deployed_environment: Store) -> Store:
    put_site(deployed_environment, STORED, ["spam.example.net"])
    return deployed_environment


@pytest.fixture
def admin(store: Store) -> Browser:
    return sign_in_admin(store)


def typed(browser: Browser, address: str = ADDRESS) -> Pairs:
    """What the form of a site sends if nothing is changed."""
    return pairs_of(form_of(Tree(browser.get(address).body), address))


def typed_of(site: Site) -> dict[str, str]:
    values = site._asdict()
    del values["domain"], values["version"]
    return values | {"hosts": "\n".join(site.hosts), "article_url": site.article_url or ""}


# ---- reading ---------------------------------------------------------------------------------


def test_lists_sites_by_number_on_pages(store: Store) -> None:
    for domain in range(100, 160):
        put_site(store, Site(domain, name=f"Site {domain}"))
    browser = sign_in(store)
    first = Tree(browser.get("/desk/sites").body)
    shown = [href for href, _ in links_in(first.one("main"))]
    assert shown[:2] == [ADDRESS, "/desk/sites/100"]
    second = Tree(browser.get(shown[-1] or "").body)
    assert [href for href, _ in links_in(second.one("main"))][:2] == [
        "/desk/sites/149",
        "/desk/sites/150",
    ]


def test_the_form_has_every_column_of_a_site(admin: Browser) -> None:
    names = {name for name, _ in typed(admin)}
    assert names == {*SITE, "version"} - {"domain", "blocked_hosts"}
    page = Tree(admin.get(ADDRESS).body)
    assert (f"/desk/blocks?domain={DOMAIN}", "1 blocked host") in links_in(page.one("main"))


def test_editors_read_the_values_and_have_no_form(store: Store) -> None:
    browser = sign_in(store)
    page = Tree(browser.get(ADDRESS).body)
    values = [text(each) for each in page.all("dd")]
    assert values[:3] == [
        "Night Ledger",
        "ledger.example.com www.ledger.example.com",
        "https://ledger.example.com/{id}",
    ]
    assert page.all("form", action=ADDRESS) == []
    assert not any(href == "/desk/sites/new" for href, _ in links_in(page.root))
    with unchanged(store):
        for answer in (
            browser.get("/desk/sites/new"),
            browser.post(ADDRESS, [("version", "1"), ("name", "Mine")]),
            browser.post("/desk/sites/new", [("domain", "9"), ("name", "Mine")]),
        ):
            assert answer.status == 403
            assert "This page is for admins." in answer.body


def test_a_number_without_a_site_is_not_found(admin: Browser) -> None:
    assert admin.get("/desk/sites/12").status == 404
    assert admin.get("/desk/sites/x").status == 400


# ---- changing --------------------------------------------------------------------------------


def test_saves_every_column_and_keeps_blocked_hosts(store: Store, admin: Browser) -> None:
    answer = admin.post(ADDRESS, changed(typed(admin), **typed_of(OTHER)))
    assert (answer.status, answer.headers["location"]) == (303, f"{ADDRESS}?done=site-saved")
    record = sites.get_record(store, DOMAIN)
    assert record.site == OTHER._replace(version=2)
    assert record.blocked_hosts == ("spam.example.net",)
    assert "The site is saved." in admin.get(f"{ADDRESS}?done=site-saved").body
    assert dict(typed(admin)) == {**{k: str(v) for k, v in typed_of(OTHER).items()}, "version": "2"}


def test_an_unchanged_form_changes_no_column(store: Store, admin: Browser) -> None:
    assert admin.post(ADDRESS, typed(admin)).status == 303
    assert sites.get_site(store, DOMAIN) == STORED._replace(version=2)


def test_makes_a_new_site(store: Store, admin: Browser) -> None:
    new = typed(admin, "/desk/sites/new")
    answer = admin.post("/desk/sites/new", changed(new, domain=" 12 ", name="Heat"))
    assert answer.headers["location"] == "/desk/sites/12?done=site-saved"
    assert sites.get_site(store, 12) == Site(12, name="Heat", version=1)


WRONG: dict[str, tuple[str, str]] = {
    "name": ("", "Name must be 1 to 200 characters long (is 0)."),
    "hosts": ("ok.example.com\nnot a host", "Host names item 2 is not a lowercase host name."),
    "article_url": ("https://x.example.com/", "Address of articles must be a URL containing {id}."),
    "publish": ("open", "Policy must be one of: at_once, approved, verified."),
    "cap": ("21", "Published links on a page, at most must be an integer from 0 to 20."),
    "pending_cap": ("-1", "Pending links on a page, at most must be an integer from 0 to"),
    "pending_days": ("", "Days that a link may stay pending must be an integer from 1 to 36500."),
    "recheck_days": (
        "1.5",
        "Days until a published link is checked again must be an integer from 1 to 90.",
    ),
    "webmentions": ("all", "Webmentions must be one of: off, review, verified."),
    "language": ("Deutsch!", "Language must be a language tag such as en or de-AT (BCP 47)."),
    "text_format": ("html", "Texts of articles must be one of: plain, markdown."),
}


def test_errors_are_beside_their_fields_and_nothing_typed_is_lost(
    store: Store, admin: Browser
) -> None:
    was = typed(admin)
    with unchanged(store):
        wrong = changed(was, **{name: value for name, (value, _) in WRONG.items()})
        answer = admin.post(ADDRESS, wrong)
    assert answer.status == 422
    page = Tree(answer.body)
    for name, (_, error) in WRONG.items():
        assert error_of(page, name).startswith(error)
    summary = page.one("div", id="problem")
    assert [href for href, _ in links_in(summary)] == [f"#{name}" for name in WRONG]
    shown = dict(pairs_of(form_of(page, ADDRESS)))
    chosen = ("publish", "webmentions", "text_format")  # no button is chosen
    assert shown == {name: value for name, value in wrong if name not in chosen}


def test_a_new_site_needs_a_free_number(store: Store, admin: Browser) -> None:
    was = typed(admin, "/desk/sites/new")
    for number in ("", "x", "-1", "2147483648", str(DOMAIN)):
        new = changed(was, domain=number, name="A long name")
        with unchanged(store):
            answer = admin.post("/desk/sites/new", new)
        is_taken = number == str(DOMAIN)
        assert answer.status == (409 if is_taken else 422)
        page = Tree(answer.body)
        error = "This number has a site already" if is_taken else "Number must be an integer"
        assert error_of(page, "domain").startswith(error)
        assert pairs_of(form_of(page, "/desk/sites/new")) == new


def test_nothing_typed_is_lost_when_the_store_does_not_answer(
    admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_kept: object) -> None:
        raise StoreUnavailable("time limit reached")

    sent = changed(typed(admin), name="Long Night Ledger")
    monkeypatch.setattr(editing, "replace_site", fail)
    answer = admin.post(ADDRESS, sent)
    assert answer.status == 503
    assert pairs_of(form_of(Tree(answer.body), ADDRESS)) == sent


# ---- somebody else was first -----------------------------------------------------------------


def test_a_conflict_shows_both_states_and_may_be_overruled(store: Store, admin: Browser) -> None:
    mine = changed(typed(admin), name="Mine", cap=5, hosts="ledger.example.com")
    put_site(store, STORED._replace(name="Theirs", publish="at_once"), ["spam.example.net"])
    with unchanged(store):
        answer = admin.post(ADDRESS, mine)
    assert answer.status == 412
    page = Tree(answer.body)
    rows = [[text(each) for each in named(row, "th", "td")] for row in page.all("tr")][1:]
    assert rows == [
        ["Name", "Mine", "Theirs"],
        ["Host names", "ledger.example.com", "ledger.example.com, www.ledger.example.com"],
        ["Policy", "When the page links back", "At once"],
        ["Published links on a page, at most", "5", "3"],
    ]
    again = pairs_of(form_of(page, ADDRESS))
    assert again == changed(mine, version=2)
    assert admin.post(ADDRESS, again).status == 303
    saved = sites.get_site(store, DOMAIN)
    assert (saved.name, saved.publish, saved.version) == ("Mine", "verified", 3)


def test_a_host_that_is_blocked_meanwhile_stays_blocked(store: Store, admin: Browser) -> None:
    mine = changed(typed(admin), name="Mine")
    editing.block_host(store, ACT, Block("late.example.net", DOMAIN))
    answer = admin.post(ADDRESS, mine)
    assert answer.status == 412
    again = pairs_of(form_of(Tree(answer.body), ADDRESS))
    assert admin.post(ADDRESS, again).status == 303
    blocked = sites.get_record(store, DOMAIN).blocked_hosts
    assert blocked == ("late.example.net", "spam.example.net")


def test_a_form_without_its_version_saves_nothing(store: Store, admin: Browser) -> None:
    was = typed(admin)
    with unchanged(store):
        for version in ("", "0", "x", "99999999999"):
            assert admin.post(ADDRESS, changed(was, version=version)).status == 412


# ---- what a policy means ---------------------------------------------------------------------


def put_pending(store: Store, number: int) -> None:
    """That many pending links of an article of the site."""
    factories.make_network(store, [(101, DOMAIN)], pending_cap=1000)
    put_site(store, STORED._replace(pending_cap=1000))
    for each in range(number):
        factories.submit_url(store, 101, f"https://blog.example.org/{each}")


def test_says_how_many_links_are_pending_and_that_a_change_moves_none(store: Store) -> None:
    put_pending(store, 3)
    admin = sign_in_admin(store)
    page = Tree(admin.get(ADDRESS).body)
    about = text(page.section("What a change means for pending links") or page.root)
    assert "3 links are pending at this site now. A change of the policy moves none" in about
    at_once = text(page.one("p", id="publish-at_once-hint"))
    assert "Those pending now are not published by the change" in at_once
    assert "If you change to this" not in text(page.one("p", id="publish-verified-hint"))
    # And so it is.
    admin.post(ADDRESS, changed(typed(admin), publish="at_once"))
    items = scan(store, store.links)
    assert [each["status"] for each in items if "status" in each] == ["pending"] * 3


def test_counts_a_long_queue_only_so_far(
    store: Store, admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_pending(store, 4)
    monkeypatch.setattr("seealso.tables.counts.MAX_PENDING", 3)
    assert "3 or more links are pending" in text(Tree(admin.get(ADDRESS).body).root)


# ---- measures --------------------------------------------------------------------------------


def test_a_screen_takes_at_most_three_round_trips_and_40_kb(admin: Browser) -> None:
    for address in ("/desk/sites", "/desk/sites/new", ADDRESS):
        answer = admin.get(address, **{"accept-encoding": "gzip"})
        assert answer.status == 200
        assert current_store().client.usage.round_trips <= 3
        assert len(answer.content) <= 30_000
        assert answer.headers["cache-control"] == "no-store"


# ---- nothing that is typed becomes markup ----------------------------------------------------


def test_names_and_refused_values_stay_text(store: Store, admin: Browser) -> None:
    was = typed(admin)
    names = [name for name, _ in was]
    for some in batched(PAYLOADS, len(names), strict=False):
        answer = admin.post(ADDRESS, changed(was, **dict(zip(names, some, strict=False))))
        assert answer.status in (412, 422)
        check_harmless(Tree(answer.body))
    for number, payload in enumerate(PAYLOADS[:49], 20):
        item = Site(number, [payload[:60]], payload[:200], publish=payload, version=1)._asdict()
        put_item(store, store.sites, {"kind": "site", "id": f"{number:010d}", **item})
    for address in ("/desk/sites", "/desk/sites/20", "/desk/sites/45"):
        for browser in (admin, sign_in(store)):
            check_harmless(Tree(browser.get(address).body))
