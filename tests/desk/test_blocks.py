"""Blocked hosts on the desk: reading pasted lines, what a block would do, doing it, files."""

import csv
from io import StringIO
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.units import recorded_calls
from seealso.desk.hosts import read_lines, read_standing
from seealso.editing import sites as editing
from seealso.errors import StoreUnavailable
from seealso.store.tables import Store, current_store
from seealso.tables import sites
from seealso.tables.audit import ChangeContext
from seealso.tables.sites import Block, Site
from seealso.urls import host_key
from tests.support import factories
from tests.support.desk import Browser, sign_in, sign_in_admin
from tests.support.desk_forms import check_harmless, error_of, form_of, pairs_of
from tests.support.factories import AT_ONCE, NOW, put_items, put_site
from tests.support.gateway import Response
from tests.support.html import Tree, named, text
from tests.support.html import links as links_in
from tests.support.payloads import PAYLOADS
from tests.support.scan import scan, unchanged

ACT = ChangeContext("carl@example.com", NOW, "of-a-test", 365)
NEW, ADD, REMOVE = "/desk/blocks/new", "/desk/blocks/add", "/desk/blocks/remove"
ARTICLE, OTHER = 101, 102


@pytest.fixture
def store(deployed_environment: Store) -> Store:
    """Two sites, and a pending link each of two hosts."""
    factories.make_network(deployed_environment, [(ARTICLE, AT_ONCE), (OTHER, factories.APPROVED)])
    put_site(deployed_environment, Site(AT_ONCE, ["ledger.example.com"], "Night Ledger", cap=9))
    for host in ("www.spam.example.org", "notspam.example.org"):
        factories.submit_url(deployed_environment, OTHER, f"https://{host}/")
    return deployed_environment


@pytest.fixture
def admin(store: Store) -> Browser:
    return sign_in_admin(store)


def publish_links(store: Store) -> None:
    put_site(store, Site(AT_ONCE, name="Night Ledger", publish="at_once"))
    for path in ("https://spam.example.org/1", "https://a.b.spam.example.org/2"):
        factories.submit_url(store, ARTICLE, path)


def review(browser: Browser, pasted: str, domain: str = "") -> Response:
    return browser.post(NEW, [("hosts", pasted), ("domain", domain)])


def rows(answer: Response, number: int = -1) -> list[str]:
    """What the rows of a list of a page show."""
    lists = Tree(answer.body).all("ul", class_="rows")
    return [text(each) for each in named(lists[number], "li")] if lists else []


def blocked(store: Store) -> list[Block]:
    return sites.list_blocks(store, 1000)


# ---- pasted lines ----------------------------------------------------------------------------

PASTED = {
    "example.com": "example.com",
    "  WWW.Example.com.  ": "example.com",
    "https://www.example.com/page?x#y": "example.com",
    "example.com/page": "example.com",
    "example.com:8080": "example.com",
    "http://user:pw@evil.example.org/": "evil.example.org",
    "*.example.com": "example.com",
    '"example.com",': "example.com",
    "<https://example.com/>": "example.com",
    "пример.рф": "xn--e1afmkfd.xn--p1ai",
    "spammer@example.com": "This looks like an e-mail address. Only hosts can be blocked.",
    "mailto:spammer@example.com": "This looks like an e-mail address. Only hosts can be blocked.",
    "0.0.0.0 ads.example.com": "Write one host a line.",
    "||ads.example.com^": "This is not a host name, such as example.com.",
    "https://": "This is not a host name, such as example.com.",
    "???": "This is not a host name, such as example.com.",
    "192.0.2.1": "The URL must have a host name; IP addresses are not accepted.",
    "localhost": "The host has only one part; a public host has at least two.",
    "a..example.com": "The host has an empty part: two dots in a row, or a leading dot.",
}


@pytest.mark.parametrize(("typed", "expected"), PASTED.items())
def test_each_line_says_what_is_made_of_it(typed: str, expected: str) -> None:
    (line,) = read_lines(f"\n# a comment\n\n{typed}\r\n")
    assert line.number == 4
    assert (line.host or line.note) == expected


def test_a_host_is_taken_once() -> None:
    lines = read_lines("example.com\nexample.org\nhttps://www.example.com/")
    assert [line.host for line in lines] == ["example.com", "example.org", None]
    assert lines[2].note == "The same host as in line 1."


@given(st.text(max_size=40))
def test_whatever_is_pasted_is_a_host_or_a_message(pasted: str) -> None:
    for line in read_lines(pasted):
        assert line.host or line.note
        assert line.host is None or host_key(line.host) == line.host


# ---- before it is done -----------------------------------------------------------------------


def test_shows_links_of_the_host_and_its_subdomains_before_blocking(
    store: Store, admin: Browser
) -> None:
    publish_links(store)
    with unchanged(store):
        answer = review(admin, "https://www.spam.example.org/\nquiet.example.net")
    assert rows(answer) == [
        (
            "spam.example.org A block is for the whole host, not for one page of it. "
            "2 published, 1 pending of this host and its subdomains"
        ),
        "quiet.example.net No published or pending links.",
    ]
    shown = links_in(Tree(answer.body).one("main"))
    assert ("/desk/links?host=spam.example.org", "2 published, 1 pending") in shown
    confirm = form_of(Tree(answer.body), ADD)
    assert pairs_of(confirm) == [("hosts", "spam.example.org quiet.example.net"), ("domain", "")]


def test_counts_links_only_so_far(
    store: Store, admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_links(store)
    monkeypatch.setattr("seealso.tables.counts.MAX_OF_HOST", 2)
    (row,) = rows(review(admin, "spam.example.org"))
    assert "at least" in row
    assert "among the first 100 links" in row


def test_lines_that_cannot_be_used_do_not_stop_the_others(admin: Browser) -> None:
    answer = review(admin, "x@example.com\nbad.example.net\nlocalhost")
    assert rows(answer, 0) == [
        "Line 1 x@example.com This looks like an e-mail address. Only hosts can be blocked.",
        "Line 3 localhost The host has only one part; a public host has at least two.",
    ]
    assert rows(answer, 1) == ["bad.example.net No published or pending links."]
    # What was pasted is still there to be corrected.
    again = dict(pairs_of(form_of(Tree(answer.body), NEW)))
    assert again["hosts"] == "x@example.com\nbad.example.net\nlocalhost"


def test_says_what_is_blocked_already_and_by_what(store: Store, admin: Browser) -> None:
    editing.block_host(store, ACT, Block("net.example.org", None))
    editing.block_host(store, ACT, Block("site.example.org", AT_ONCE))
    pasted = "net.example.org\nblog.net.example.org\nsite.example.org\nfree.example.org"
    network = [row.partition(" No ")[0] for row in rows(review(admin, pasted))]
    assert network == [
        "net.example.org is blocked already.",
        "blog.net.example.org is blocked already, as a subdomain of net.example.org.",
        "site.example.org",
        "free.example.org",
    ]
    answer = review(admin, pasted, str(AT_ONCE))
    assert [row.partition(" No ")[0] for row in rows(answer)] == [
        "net.example.org is blocked already, on the whole network.",
        (
            "blog.net.example.org is blocked already, as a subdomain of net.example.org, "
            "on the whole network."
        ),
        "site.example.org is blocked already.",
        "free.example.org",
    ]
    confirm = form_of(Tree(answer.body), ADD, "Block 1 host on Night Ledger (7)")
    assert pairs_of(confirm) == [("hosts", "free.example.org"), ("domain", str(AT_ONCE))]


def test_nothing_is_to_confirm_where_all_is_blocked(store: Store, admin: Browser) -> None:
    editing.block_host(store, ACT, Block("net.example.org", None))
    answer = review(admin, "net.example.org")
    assert Tree(answer.body).all("form", action=ADD) == []
    assert "All of them are blocked already." in answer.body


def test_warns_of_hosts_of_its_own_sites(store: Store, admin: Browser) -> None:
    put_site(store, Site(12, ["www.kettle.example.com", "localhost"], "Kettle"))
    shown = rows(
        review(admin, "ledger.example.com\nkettle.example.com\nexample.com\na.ledger.example.com")
    )
    warning = "This covers a host of your own: of "
    warnings = [row.partition(warning)[2].partition(". ")[0] for row in shown]
    assert warnings == ["Night Ledger (7)", "Kettle (12)", "Night Ledger (7), Kettle (12)", ""]


REFUSED = [
    ("", "", "Paste at least one host."),
    (" \n# nothing\n", "", "Paste at least one host."),
    ("a.example.com\n" * 501, "", "Paste at most 500 lines at a time; these are 501."),
    ("a.example.com", "12", "There is no site 12."),
    ("a.example.com", "x", "The number of a site has digits alone."),
]


def test_what_was_pasted_survives_a_refusal(store: Store, admin: Browser) -> None:
    for pasted, domain, error in REFUSED:
        with unchanged(store):
            answer = review(admin, pasted, domain)
        assert answer.status == 422
        page = Tree(answer.body)
        assert error_of(page, "domain" if domain else "hosts") == error
        assert pairs_of(form_of(page, NEW)) == [("hosts", pasted), ("domain", domain)]


def test_what_was_pasted_survives_a_store_that_does_not_answer(
    admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise StoreUnavailable("time limit reached")

    monkeypatch.setattr("seealso.desk.hosts.read_standing", fail)
    answer = review(admin, "a.example.com")
    assert answer.status == 503
    assert dict(pairs_of(form_of(Tree(answer.body), NEW)))["hosts"] == "a.example.com"


def test_a_long_list_is_looked_at_in_parts_and_blocked_as_a_whole(admin: Browser) -> None:
    hosts = [f"h{each:03}.example.net" for each in range(120)]
    pasted, answers = "\n".join(hosts), []
    answer = review(admin, pasted)
    while True:
        answers.append([row.split()[0] for row in rows(answer)])
        page = Tree(answer.body)
        assert dict(pairs_of(form_of(page, ADD)))["hosts"].split() == hosts
        if len(answers) == 3:
            break
        answer = admin.post(NEW, pairs_of(form_of(page, NEW, "Look at the next hosts")))
    assert answers == [hosts[:50], hosts[50:100], hosts[100:]]
    assert "Look at the next hosts" not in answer.body


# ---- doing it --------------------------------------------------------------------------------


def test_blocks_shows_each_outcome_and_can_be_undone(store: Store, admin: Browser) -> None:
    editing.block_host(store, ACT, Block("old.example.net", None))
    publish_links(store)
    sent = [("hosts", "spam.example.org old.example.net localhost"), ("domain", "")]
    answer = admin.post(ADD, sent)
    assert rows(answer) == [
        "spam.example.org Blocked.",
        "old.example.net Was blocked before.",
        (
            "localhost host cannot be blocked: The host has only one part; a public host has at "
            "least two."
        ),
    ]
    assert Block("spam.example.org", None) in blocked(store)
    again = admin.post(ADD, sent)
    assert rows(again)[0] == "spam.example.org Was blocked before."
    undo = form_of(Tree(answer.body), REMOVE, "Undo: unblock 1 host")
    undone = admin.post(REMOVE, pairs_of(undo))
    assert rows(undone) == ["spam.example.org Unblocked."]
    assert blocked(store) == [Block("old.example.net", None)]
    twice = admin.post(REMOVE, pairs_of(undo))
    assert rows(twice) == ["spam.example.org This host is not blocked."]
    back = form_of(Tree(undone.body), ADD, "Undo: block 1 host")
    admin.post(ADD, pairs_of(back))
    assert Block("spam.example.org", None) in blocked(store)
    # Links themselves are as they were.
    statuses = [each["status"] for each in scan(store, store.links) if "status" in each]
    assert sorted(statuses) == ["pending"] * 2 + ["published"] * 2


def test_blocks_on_one_site_alone(store: Store, admin: Browser) -> None:
    admin.post(ADD, [("hosts", "bad.example.net"), ("domain", str(AT_ONCE))])
    assert blocked(store) == [Block("bad.example.net", AT_ONCE)]
    undo = [("hosts", "bad.example.net"), ("domain", str(AT_ONCE))]
    assert rows(admin.post(REMOVE, undo)) == ["bad.example.net Unblocked."]
    assert blocked(store) == []


def test_a_post_does_what_fits_in_its_time_and_offers_the_rest(
    store: Store, admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seealso.desk.blocks.SECONDS", 0.0)
    hosts = ["a.example.net", "b.example.net", "c.example.net"]
    answer = admin.post(ADD, [("hosts", " ".join(hosts)), ("domain", "")])
    for number, host in enumerate(hosts, 1):
        assert rows(answer) == [f"{host} Blocked."]
        assert len(blocked(store)) == number
        forms = Tree(answer.body).all("form", action=ADD)
        if number < 3:
            rest = form_of(Tree(answer.body), ADD, "Block the rest")
            assert pairs_of(rest)[0] == ("hosts", " ".join(hosts[number:]))
            answer = admin.post(ADD, pairs_of(rest))
        else:
            assert forms == []


def test_what_the_store_did_not_answer_is_left_to_do(
    store: Store, admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    block_host = editing.block_host

    def fail_second(store: Store, context: ChangeContext, block: Block) -> bool:
        if block.host == "b.example.net":
            raise StoreUnavailable("time limit reached")
        return block_host(store, context, block)

    monkeypatch.setattr(editing, "block_host", fail_second)
    answer = admin.post(ADD, [("hosts", "a.example.net b.example.net"), ("domain", "")])
    assert answer.status == 503
    assert rows(answer) == ["a.example.net Blocked."]
    rest = form_of(Tree(answer.body), ADD, "Block the rest")
    assert pairs_of(rest)[0] == ("hosts", "b.example.net")


def test_editors_may_only_read(store: Store, admin: Browser) -> None:
    admin.post(ADD, [("hosts", "bad.example.net"), ("domain", "")])
    editor = sign_in(store)
    page = Tree(editor.get("/desk/blocks").body)
    assert page.all("form", action=REMOVE) == []
    assert editor.get("/desk/blocks/hosts.txt").body == "bad.example.net\n"
    with unchanged(store):
        assert editor.get(NEW).status == 403
        for path in (NEW, ADD, REMOVE):
            sent = [("hosts", "bad.example.net"), ("domain", "")]
            assert editor.post(path, sent).status == 403


# ---- the list --------------------------------------------------------------------------------


@pytest.fixture
def many(store: Store) -> list[str]:
    """60 hosts that are blocked on the network, some of them on a site too, and two there alone."""
    hosts = [f"h{each:02}.example.net" for each in range(60)]
    items = [{"kind": "blocked", "id": host, "network": True} for host in hosts]
    put_items(store, store.sites, items)
    for host in ("a.example.net", "h01.example.net", "z.example.net"):
        editing.block_host(store, ACT, Block(host, AT_ONCE))
    sites.add_network_block(store, "gone.example.net", [])
    sites.remove_network_block(store, "gone.example.net", [])
    return hosts


def listed(browser: Browser, query: str) -> list[str]:
    """The rows of all pages of a list."""
    found: list[str] = []
    target = f"/desk/blocks?{query}"
    while True:
        answer = browser.get(target)
        assert answer.status == 200
        assert current_store().client.usage.round_trips <= 3
        found += rows(answer)
        following = [href for href, label in links_in(Tree(answer.body).root) if "Next" in label]
        if not following:
            return found
        target = following[0] or ""


def test_lists_the_network_each_site_or_both(store: Store, many: list[str]) -> None:
    editor = sign_in(store)
    everything = ["a.example.net", *many, "z.example.net"]
    assert [row.split()[0] for row in listed(editor, "domain=")] == everything
    both = "h01.example.net on the whole network on Night Ledger (7)"
    assert both in listed(editor, "domain=")
    assert [row.split()[0] for row in listed(editor, "domain=network")] == many
    of_site = ["a.example.net", "h01.example.net", "z.example.net"]
    assert [row.split()[0] for row in listed(editor, f"domain={AT_ONCE}")] == of_site
    assert listed(editor, "domain=12") == []
    assert [row.split()[0] for row in listed(editor, "from=h58")] == [*many[58:], "z.example.net"]
    assert listed(editor, "from=H59.example.net")[0].startswith("h59.example.net")


def test_a_page_that_looked_at_others_alone_leads_on(
    store: Store, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seealso.desk.blocks.LOOKED_AT", 9)
    editor = sign_in(store)
    assert [row.split()[0] for row in listed(editor, "domain=network")] == many
    monkeypatch.setattr("seealso.desk.blocks.LOOKED_AT", 1)
    assert "Others may follow." in editor.get("/desk/blocks?domain=network").body


def test_rejects_malformed_queries(store: Store) -> None:
    editor = sign_in(store)
    for query in ("domain=x", "domain=-1", "after=a&after=b"):
        assert editor.get(f"/desk/blocks?{query}").status == 400


# ---- files -----------------------------------------------------------------------------------


def exported(browser: Browser, query: str, extension: str) -> list[str]:
    """The files of an export."""
    files: list[str] = []
    target = f"/desk/blocks/export?{query}"
    while True:
        answer = browser.get(target)
        assert current_store().client.usage.round_trips <= 3
        addresses = [href or "" for href, _ in links_in(Tree(answer.body).root)]
        for address in addresses:
            if f".{extension}" in address:
                file = browser.get(address)
                assert file.status == 200
                disposition = f'attachment; filename="blocked-hosts.{extension}"'
                assert file.headers["content-disposition"] == disposition
                files.append(file.body)
        more = [address for address in addresses if "/export?" in address]
        if not more:
            return files
        target = more[0]


def test_exports_a_host_a_line(store: Store, many: list[str]) -> None:
    editor = sign_in(store)
    everything = ["a.example.net", *many, "z.example.net"]
    assert exported(editor, "domain=", "txt") == ["".join(f"{host}\n" for host in everything)]
    assert exported(editor, "domain=network", "txt") == ["".join(f"{host}\n" for host in many)]
    of_site = "a.example.net\nh01.example.net\nz.example.net\n"
    assert exported(editor, f"domain={AT_ONCE}", "txt") == [of_site]


def test_exports_a_row_for_each_scope(store: Store, many: list[str]) -> None:
    (text,) = exported(sign_in(store), "", "csv")
    read = list(csv.DictReader(StringIO(text, newline="")))
    assert [(row["host"], row["domain"]) for row in read] == [
        (block.host, "" if block.domain is None else str(block.domain)) for block in blocked(store)
    ]
    assert text.startswith("host,domain\r\na.example.net,7\r\n")


def test_a_long_list_is_exported_in_parts(
    store: Store, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = ["a.example.net", *many, "z.example.net"]
    editor = sign_in(store)
    for size in (7, 61):
        monkeypatch.setattr("seealso.desk.blocks.MAX_IN_FILE", size)
        files = exported(editor, "domain=", "txt")
        assert len(files) >= 63 // size
        assert "".join(files).split() == everything


def test_a_host_that_is_added_meanwhile_is_in_no_gap(
    store: Store, many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seealso.desk.blocks.MAX_IN_FILE", 30)
    editor = sign_in(store)
    page = Tree(editor.get("/desk/blocks/export?domain=network").body)
    first = next(href for href, label in links_in(page.root) if label.startswith("Plain text"))
    sites.add_network_block(store, "a0.example.net", [])
    found = editor.get(first or "").body.split()
    assert found == ["a0.example.net", *many[: len(found) - 1]]
    assert len(found) == 29  # 30 items, of which one is of a site alone, and the new one


def test_no_query_has_a_key_that_is_too_long_for_the_store(admin: Browser) -> None:
    long = quote("\N{SLIGHTLY SMILING FACE}" * 600)
    for query in ("from=", "after=", "domain=7&from="):
        with recorded_calls() as recorded:
            assert admin.get(f"/desk/blocks?{query}{long}").status == 200
        firsts = [call.body["ExpressionAttributeValues"].get(":first") for call in recorded[1:]]
        assert max(len(first["S"].encode()) for first in firsts if first) <= 1024


@pytest.mark.usefixtures("many")
def test_a_file_takes_two_queries_at_most(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seealso.desk.blocks.MAX_IN_FILE", 10)
    editor = sign_in(store)
    answer = editor.get("/desk/blocks/hosts.txt?domain=network&last=zzz")
    assert answer.status == 409
    assert "Open Export anew." in answer.body
    assert current_store().client.usage.round_trips == 3  # one for the session


def test_no_cell_is_a_formula(store: Store, admin: Browser) -> None:
    names = ["=1+1.example.com", "+x.example.com"]
    for host in names:
        assert editing.block_host(store, ACT, Block(host_key(host), None))
    assert admin.get("/desk/blocks/hosts.txt").body.split() == sorted(names)
    cells = [row[0] for row in csv.reader(StringIO(admin.get("/desk/blocks/hosts.csv").body))]
    assert cells[1:] == [f"'{host}" for host in sorted(names)]
    check_harmless(Tree(admin.get("/desk/blocks").body))


# ---- measures and payloads -------------------------------------------------------------------


@pytest.mark.usefixtures("many")
def test_a_screen_takes_at_most_three_round_trips_and_40_kb(admin: Browser) -> None:
    for address in ("/desk/blocks", NEW, "/desk/blocks/export"):
        answer = admin.get(address, **{"accept-encoding": "gzip"})
        assert answer.status == 200
        assert current_store().client.usage.round_trips <= 3
        assert len(answer.content) <= 30_000


def test_a_review_takes_three_round_trips_at_most(store: Store, admin: Browser) -> None:
    deep = [f"{'a.' * 16}h{each}.example.net" for each in range(500)]
    answer = admin.post(
        NEW,
        [("hosts", "\n".join(deep)), ("domain", str(AT_ONCE))],
        **{"accept-encoding": "gzip"},
    )
    assert len(rows(answer)) == 50
    assert current_store().client.usage.round_trips == 3
    assert len(answer.content) <= 30_000
    standing, site = read_standing(store, None, deep[:2])
    assert site is None
    assert [each.host for each in standing] == deep[:2]


def test_what_is_pasted_stays_text(admin: Browser, store: Store) -> None:
    put_site(store, Site(AT_ONCE, name=PAYLOADS[0]))
    answer = review(admin, "\n".join(PAYLOADS), str(AT_ONCE))
    check_harmless(Tree(answer.body))
    sent = [("hosts", " ".join(PAYLOADS)), ("domain", str(AT_ONCE))]
    check_harmless(Tree(admin.post(ADD, sent).body))
    check_harmless(Tree(admin.post(REMOVE, sent).body))
    editing.block_host(store, ACT, Block("bad.example.net", AT_ONCE))
    for payload in PAYLOADS[:10]:
        query = urlencode({"from": payload, "after": payload})
        check_harmless(Tree(admin.get(f"/desk/blocks?{query}").body))
        check_harmless(Tree(admin.get(f"/desk/blocks/export?{query}").body))
