"""Editors' changes while the store fails, at each request of each of them.

Whatever is lost, throttled or killed: no change is without its audit line and no line without its
change, lists agree with their articles, and the change sent again comes to its end.

moto forgets client tokens: there a transaction that is sent again after its reply was lost meets
its own change as somebody else's, so that an editor may get a 412 (or 409) with the very change
in it. DynamoDB, and DynamoDB Local as the reference, know it again.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from seealso.editing.articles import create
from seealso.editing.links import Decision
from seealso.editing.purging import purge
from seealso.editing.sites import block_host, replace_site
from seealso.errors import Refusal, StoreUnavailable
from seealso.limits import MAX_ID
from seealso.reading.page import list_domain, read_page
from seealso.store.calls import Call
from seealso.store.client import REQUEST_SECONDS
from seealso.store.tables import Store
from seealso.submitting import submitting
from seealso.submitting.deciding import Rules
from seealso.submitting.submitting import submit
from seealso.tables import links, sites, skips
from seealso.tables.articles import (
    STATES,
    Article,
    article_of,
    get_article,
    list_articles,
    put_articles,
)
from seealso.tables.audit import ChangeContext
from seealso.tables.links import (
    CLAIM_HOLDERS,
    Link,
    PageClosed,
    add_link,
    claim_key,
    get_link,
    link_of,
)
from seealso.tables.sites import Block, Site, SiteRecord, get_record, get_site
from seealso.tables.skips import SkipRange, record_skips, skippable_ranges
from seealso.urls import KEY_VERSION, url_key
from tests.editing.audit_replay import read_all, replay, shortened
from tests.support import engines, faulty, oracle
from tests.support.engines import Engines
from tests.support.factories import attempt
from tests.support.faulty import Proxy
from tests.support.interception import Killed, killed_at, watched
from tests.support.invariants import check
from tests.support.scan import scan
from tests.support.tables import another, make_store
from tests.support.transitions import decide, set_columns, set_state

pytestmark = pytest.mark.slow  # faults wait for retries and time limits

TRANSACTION = "TransactWriteItems"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHORT_SECONDS = 0.2
# How far the domain is that an article is moved to.
MOVED = 500
# Of the record that a published article breaks, where it does.
RUN_DOMAIN = 9

# The reference honors client tokens. The other one is slow, so it is for `make test-long`.
ENGINES = [name for name in engines.names() if name != "ministack"]
REFERENCE = ENGINES[-1]


@pytest.fixture(
    params=[
        pytest.param(name, marks=() if name == REFERENCE else pytest.mark.long) for name in ENGINES
    ]
)
def store(request: pytest.FixtureRequest, all_engines: Engines) -> Iterator[Store]:
    made = make_store(all_engines.endpoint(request.param))
    yield made
    made.client.close()


@pytest.fixture
def forgets_tokens(request: pytest.FixtureRequest) -> bool:
    return bool(request.node.callspec.params["store"] == "moto")


@pytest.fixture
def between(store: Store) -> Iterator[Proxy]:
    with faulty.proxy(store.client.endpoint) as made:
        yield made


# ---- editors' changes ------------------------------------------------------------------------
#
# Each is about things of its own: of the number of its case.


class Change(NamedTuple):
    """A change: what is there before, the change itself, and whether it is done."""

    prepare: Callable[[Store, int], None]
    do: Callable[[Store, int, int], object]  # of a case, on the version that the editor has read
    is_done: Callable[[Store, int], bool]


_seconds = itertools.count(1)


def later() -> datetime:
    """A time after all before."""
    return NOW + timedelta(seconds=next(_seconds))


def context() -> ChangeContext:
    """An editor's request, later than all before."""
    return ChangeContext("editor", later(), "request", kept_days=365)


def article(number: int, state: str) -> Article:
    return Article(number * 1000, number, f"Title {number}", "Words.", "2026-11-23", state=state)


def nothing(store: Store, number: int) -> None:
    """There is nothing before."""


def there(state: str) -> Callable[[Store, int], None]:
    def prepare(store: Store, number: int) -> None:
        create(store, context(), number * 1000, article(number, state))

    return prepare


def is_there(**columns: object) -> Callable[[Store, int], bool]:
    def is_done(store: Store, number: int) -> bool:
        found = get_article(store, number * 1000)
        return found is not None and columns.items() <= asdict(found).items()

    return is_done


def stated(action: str) -> Callable[[Store, int, int], object]:
    return lambda store, number, version: set_state(
        store, context(), number * 1000, version, action
    )


def create_anew(store: Store, number: int, _version: int) -> None:
    create(store, context(), None, article(number, "published"))


def is_listed(store: Store, number: int) -> bool:
    return list_articles(store, number, ["published"], 10) != []


def patch(store: Store, number: int, version: int) -> None:
    columns = {"domain": number + MOVED, "title": "Another title", "text": "Other words."}
    set_columns(store, context(), number * 1000, version, columns, "patch")


def prepare_run(store: Store, number: int) -> None:
    """A draft where a record says that all is of another domain."""
    there("draft")(store, number)
    low, high = number * 1000 - 100, number * 1000 + 100
    assert skips._change(store, None, SkipRange(low, high, RUN_DOMAIN, high, [], ""))


def submitted(store: Store, number: int, which: str) -> Link:
    """A link on the article of a case, and of its own id."""
    return submit(
        store,
        attempt(number * 1000, f"https://blog.example.net/{number}/{which}", later()),
        key_of(number, which),
        Rules(1_000_000, "network"),
    ).link


def key_of(number: int, which: str) -> str:
    return f"{number:016}{which}"


def link_id(store: Store, number: int) -> str:
    """The id of the first link of a case."""
    return submitting._derived(store, "link-id", key_of(number, "a"))


def prepare_link(store: Store, number: int) -> None:
    there("published")(store, number)
    assert submitted(store, number, "a").link_id == link_id(store, number)


def decided(action: str, decision: Decision) -> Callable[[Store, int, int], object]:
    return lambda store, number, version: decide(
        store, context(), link_id(store, number), version, action, decision
    )


def has_status(status: str) -> Callable[[Store, int], bool]:
    def is_done(store: Store, number: int) -> bool:
        link = get_link(store, link_id(store, number))
        return link is not None and link.status == status

    return is_done


def prepare_purge(store: Store, number: int) -> None:
    """A deleted article with a link that waits, one that is shown, and one that was refused."""
    prepare_link(store, number)
    actions: dict[str, str] = {"b": "approve", "c": "reject"}
    for which, action in actions.items():
        link = submitted(store, number, which)
        decide(store, context(), link.link_id, 1, action, Decision("Spam."))
    set_state(store, context(), number * 1000, 1, "delete")


def is_purged(store: Store, number: int) -> bool:
    return get_article(store, number * 1000) is None and not holding(store, number)


def holding(store: Store, number: int) -> list[Link]:
    """The links of a case's article that hold their URL."""
    return [
        link
        for item in scan(store, store.links)
        if item["pk"].startswith("link#")
        for link in [link_of(item)]
        if link.article_id == number * 1000 and link.status in CLAIM_HOLDERS
    ]


def prepare_site(store: Store, number: int) -> None:
    replace_site(store, context(), SiteRecord(site(number, cap=5), ()), None)


def site(number: int, cap: int) -> Site:
    return Site(number, name="A site", article_url=f"https://site-{number}.net/{{id}}", cap=cap)


def change_site(store: Store, number: int, version: int) -> None:
    replace_site(store, context(), SiteRecord(site(number, cap=3), ()), version)


def block(store: Store, number: int, _version: int) -> None:
    block_host(store, context(), Block("bad.example.net", number))


CHANGES = {
    "create": Change(
        nothing,
        lambda store, number, _: create(
            store, context(), number * 1000, article(number, "published")
        ),
        is_there(state="published"),
    ),
    "create without id": Change(nothing, create_anew, is_listed),
    "patch": Change(there("published"), patch, is_there(title="Another title")),
    "publish": Change(prepare_run, stated("publish"), is_there(state="published")),
    "unpublish": Change(there("published"), stated("unpublish"), is_there(state="draft")),
    "delete": Change(there("published"), stated("delete"), is_there(state="deleted")),
    "purge": Change(
        prepare_purge,
        lambda store, number, version: purge(store, context(), number * 1000, version),
        is_purged,
    ),
    "approve": Change(prepare_link, decided("approve", Decision()), has_status("published")),
    "reject": Change(prepare_link, decided("reject", Decision("Spam.")), has_status("rejected")),
    "remove": Change(
        prepare_link, decided("remove", Decision(None, keep_blocked=False)), has_status("removed")
    ),
    "save a site": Change(
        prepare_site, change_site, lambda store, number: get_site(store, number).cap == 3
    ),
    "block": Change(
        prepare_site, block, lambda store, number: get_record(store, number).blocked_hosts != ()
    ),
}


def version_of(store: Store, name: str, number: int) -> int:
    """The version that an editor reads before a change."""
    if name in ("approve", "reject", "remove"):
        link = get_link(store, link_id(store, number))
        return link.version if link else 0
    if name in ("save a site", "block"):
        return get_site(store, number).version
    found = get_article(store, number * 1000)
    return found.version if found else 0


# ---- what must be, whatever has failed -------------------------------------------------------


def check_all(store: Store, *domains: int) -> None:
    """The audit is the tables, counters are their links, lists of these domains (or all) theirs."""
    found = {each["id"]: article_of(each) for each in scan(store, store.articles) if each["id"]}
    lines = read_all(store)
    told = replay(lines)
    assert told.articles == {each.id: shortened(asdict(each)) for each in found.values()}
    everything = check(store)
    assert told.links == {
        item["pk"].removeprefix("link#"): {name: item[name] for name in ("status", "version")}
        for item in everything
        if item["pk"].startswith("link#") and item["version"] > 1
    }
    assert told.sites == {
        record.site.domain: record.members() for record in sites.list_records(store, 100)
    }
    # Those that an article was moved from, or purged from, too.
    of_lines = {line["domain"] or 0 for line in lines if line["action"].startswith("article.")}
    for domain in domains or of_lines:
        of_domain = {each.id: each for each in found.values() if each.domain == domain}
        listed = list_articles(store, domain, STATES, 100)
        assert {each.id: (each.state, each.version) for each in listed} == {
            each.id: (each.state, each.version) for each in of_domain.values()
        }
        shown = list_domain(store, domain, 100)
        assert shown == oracle.domain_list(found, domain, 100)
    for run in skips._records(store, 1, MAX_ID):
        for low, high in skippable_ranges(run):
            for each in found.values():
                if low <= each.id <= high and each.state == "published":
                    assert each.domain == run.domain


def outcome[**P](change: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> str:
    """`done`, or the name of what came instead."""
    try:
        change(*args, **kwargs)
    except Refusal as problem:
        return problem.name
    except StoreUnavailable:
        return "unavailable"
    except Killed:
        return "killed"
    return "done"


@contextmanager
def through(between: Proxy, store: Store, limit_seconds: float = 20.0) -> Iterator[Store]:
    """A function's store for one request, behind the proxy."""
    mine = another(store)
    mine.client.endpoint = between.endpoint
    mine.client.limit_seconds = limit_seconds
    mine.client.start()
    with closing(mine.client):
        yield mine


def requests_of(between: Proxy, store: Store, name: str) -> list[str]:
    """The operations of a change that nothing comes in the way of."""
    change = CHANGES[name]
    change.prepare(store, 1)
    with through(between, store) as mine:
        change.do(mine, 1, version_of(store, name, 1))
    assert change.is_done(store, 1)
    check_all(store)
    return [operation for operation, _ in between.requests]


def cases(between: Proxy, store: Store, name: str) -> Iterator[tuple[int, int, str, int]]:
    """Each request of a change in turn, all arranged for it to meet a fault.

    Yields the number of the case, the position and operation of the request, and the version that
    the editor has read. Afterwards what is left must be whole, and the change, sent again if need
    be, done.
    """
    change = CHANGES[name]
    for position, operation in enumerate(requests_of(between, store, name)):
        number = position + 2
        change.prepare(store, number)
        between.clear()
        between.inject(faulty.passed, times=position)
        yield number, position, operation, version_of(store, name, number)
        check_all(store, number, number + MOVED)
        if not change.is_done(store, number):
            change.do(store, number, version_of(store, name, number))
            assert change.is_done(store, number)
    check_all(store)


# ---- faults ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_not_done_is_sent_again(between: Proxy, store: Store, name: str) -> None:
    for number, _, _, version in cases(between, store, name):
        between.inject(faulty.reset)
        between.inject(faulty.throttled, times=2)
        with through(between, store) as mine:
            assert outcome(CHANGES[name].do, mine, number, version) == "done"
        assert CHANGES[name].is_done(store, number)


@pytest.mark.parametrize("name", CHANGES)
def test_a_reply_that_is_lost_after_the_write(
    between: Proxy, store: Store, name: str, forgets_tokens: bool
) -> None:
    for number, _, operation, version in cases(between, store, name):
        between.inject(faulty.reply_lost)
        with through(between, store) as mine:
            came = outcome(CHANGES[name].do, mine, number, version)
        if forgets_tokens and operation == TRANSACTION:
            assert came in ("done", "precondition-failed", "conflict")
        else:
            assert came == "done"
        assert CHANGES[name].is_done(store, number)


@pytest.mark.parametrize("name", CHANGES)
def test_what_fails_for_ever_is_unavailable(between: Proxy, store: Store, name: str) -> None:
    """Throttled from a request on, the reply to which was lost."""
    for number, _, _, version in cases(between, store, name):
        between.inject(faulty.reply_lost)
        between.inject(faulty.throttled, times=None)
        started = time.monotonic()
        with through(between, store, SHORT_SECONDS) as mine:
            assert outcome(CHANGES[name].do, mine, number, version) == "unavailable"
        assert time.monotonic() - started < REQUEST_SECONDS


@pytest.mark.parametrize("name", CHANGES)
def test_killed_before_any_request(between: Proxy, store: Store, name: str) -> None:
    for number, position, _, version in cases(between, store, name):
        with closing((dies := killed_at(store, position)).client):
            assert outcome(CHANGES[name].do, dies, number, version) == "killed"


@pytest.mark.parametrize("store", ENGINES, indirect=True)
def test_a_late_reply_is_told_with_what_is_there(
    between: Proxy, store: Store, forgets_tokens: bool
) -> None:
    """Where an engine can't know that the change was this editor's own, it shows as `current`."""
    there("draft")(store, 1)
    between.inject(faulty.reply_lost, operation=TRANSACTION)
    with through(between, store) as mine:
        if not forgets_tokens:
            assert set_state(mine, context(), 1000, 1, "publish").version == 2
            return
        with pytest.raises(Refusal) as refused:
            set_state(mine, context(), 1000, 1, "publish")
    assert refused.value.name == "precondition-failed"
    published = replace(article(1, "published"), version=2)
    assert refused.value.members["current"] == asdict(published)


# ---- purging ---------------------------------------------------------------------------------


def test_a_killed_purge_goes_on_when_it_is_sent_again(store: Store) -> None:
    """Killed again and again, one request later each time, on the version that was first read."""
    prepare_purge(store, 1)
    came: list[str] = []
    while "done" not in came:
        with closing((dies := killed_at(store, len(came))).client):
            came.append(outcome(purge, dies, context(), 1000, 2))
        check_all(store)
    assert set(came) == {"killed", "done"}
    assert is_purged(store, 1)
    assert outcome(purge, store, context(), 1000, 2) == "not-found"
    told = [each["action"] for each in read_all(store, article_id=1000)]
    assert told[-3:] == ["link.purge", "link.purge", "article.purge"]


def test_a_submission_that_was_begun_before_the_purge(store: Store) -> None:
    """Its article was public when it looked; the purge is at any point when it writes."""
    came: list[tuple[str, str]] = []
    while ("done", "not-found") not in came:
        number = len(came) + 1
        prepare_link(store, number)
        of_purge: list[str] = []

        def purge_meanwhile(
            call: Call, number: int = number, of_purge: list[str] = of_purge
        ) -> None:
            if call.operation == TRANSACTION and not of_purge:
                set_state(store, context(), number * 1000, 1, "delete")
                with closing((dies := killed_at(store, number - 1)).client):
                    of_purge.append(outcome(purge, dies, context(), number * 1000, 2))

        with closing((late := watched(store, purge_meanwhile)).client):
            of_submission = outcome(submitted, late, number, "late")
        came.append((of_purge[0], of_submission))
        check_all(store)
        if of_purge == ["killed"]:
            purge(store, context(), number * 1000, 2)
        check_purged(store, number)
    # Before the page was closed, between that and the end, and after it.
    assert list(dict.fromkeys(came)) == [
        ("killed", "done"),
        ("killed", "not-found"),
        ("done", "not-found"),
    ]


def test_a_link_that_is_added_while_a_purge_is_under_way(store: Store) -> None:
    came: list[str] = []
    while len(came) < 2 or came[-1] != came[-2] or came[-1] != "not reached":
        number = len(came) + 1
        prepare_link(store, number)
        first = get_link(store, link_id(store, number))
        assert first is not None
        url = f"https://other.example.net/{number}"
        claim = claim_key("network", KEY_VERSION, url_key(url))
        other = replace(first, link_id=f"{number:032}", url=url, claim=claim)
        set_state(store, context(), number * 1000, 1, "delete")
        calls = 0
        added = "not reached"

        def add_meanwhile(_: Call, number: int = number, other: Link = other) -> None:
            nonlocal calls, added
            calls += 1
            if calls == number:
                added = outcome_of_adding(store, other)

        with closing((mine := watched(store, add_meanwhile)).client):
            purge(mine, context(), number * 1000, 2)
        came.append(added)
        check_purged(store, number)
    assert list(dict.fromkeys(came)) == ["done", "closed", "not reached"]


def test_a_link_that_the_index_does_not_show_yet(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The purge asks to be sent again, and its article stays until then."""
    prepare_link(store, 1)
    set_state(store, context(), 1000, 1, "delete")
    with monkeypatch.context() as patch:
        patch.setattr(links, "claiming_links", lambda *_: iter(()))
        with pytest.raises(Refusal) as refused:
            purge(store, context(), 1000, 2)
    assert refused.value.name == "unavailable"
    assert refused.value.retry_after
    assert get_article(store, 1000) is not None
    check_all(store)
    purge(store, context(), 1000, 2)
    check_purged(store, 1)


def outcome_of_adding(store: Store, link: Link) -> str:
    try:
        add_link(store, link, Site(link.domain))
    except PageClosed:
        return "closed"
    return "done"


def check_purged(store: Store, number: int) -> None:
    """The article is gone, and nothing of it is left that holds a URL."""
    check_all(store)
    assert get_article(store, number * 1000) is None
    held = [each for each in scan(store, store.links) if each["pk"].startswith("claim#")]
    assert [each for each in held if each["article_id"] == number * 1000] == []


# ---- long same-domain runs -------------------------------------------------------------------


def test_a_record_that_a_killed_publish_opened_heals_by_the_next_job(store: Store) -> None:
    """Pages are right all the time; the job closes the hole in which nothing came to be."""
    run = [replace(article(7, "published"), id=each) for each in range(101, 181) if each != 150]
    assert not any(put_articles(store, [(each, None) for each in run]))
    below = replace(article(3, "published"), id=50)
    draft = replace(article(5, "draft"), id=150)
    for each in (below, draft):
        create(store, context(), each.id, each)
    model = {each.id: each for each in [*run, below, draft]}
    record_skips(store, no_wait)
    assert known(store) == [(101, 180)]
    holes = []
    for position in range(100):
        with closing((dies := killed_at(store, position)).client):
            came = outcome(set_state, dies, context(), 150, 1, "publish")
        if came == "done":
            break
        assert get_article(store, 150) == draft
        assert read_page(store, 180) == oracle.page(model, 180)
        holes.append(known(store) != [(101, 180)])
        record_skips(store, no_wait)
        assert known(store) == [(101, 180)]
    assert True in holes
    model[150] = replace(draft, state="published", version=2)
    for _ in range(2):
        assert known(store) == [(151, 180), (101, 149)]
        assert read_page(store, 180) == oracle.page(model, 180)
        record_skips(store, no_wait)


def no_wait(_: float) -> None:
    """Nobody writes while the job runs here, and the engines' indexes do not lag."""


def known(store: Store) -> list[tuple[int, int]]:
    """What readers step over."""
    return [each for run in skips._records(store, 1, MAX_ID) for each in skippable_ranges(run)]
