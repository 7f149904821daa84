"""Sixteen at once: places, URLs, queues and keys are never given twice, whoever comes first.

Each race returns what is wrong after a round of it. The same races must find what is wrong with
two submissions that read first and write then, as they are tempting to write.
"""

import json
from collections.abc import Callable
from functools import partial
from random import Random

import pytest

from seealso.errors import Refusal, StoreError, VersionConflict
from seealso.reading.page import read_page
from seealso.store.tables import Store
from seealso.store.values import marshal_item, unmarshal_item
from seealso.submitting import withdrawing
from seealso.submitting.submitting import Receipt
from seealso.tables import links, pages
from seealso.tables.links import DuplicateLink, Link, PageFull, Status, get_link
from seealso.tables.sites import Site
from tests.support import engines
from tests.support.environment import use_store
from tests.support.events import event
from tests.support.factories import (
    APPROVED,
    AT_ONCE,
    CAP,
    NOW,
    PENDING_CAP,
    by_submitter,
    make_network,
    submit_url,
)
from tests.support.functions import handler
from tests.support.invariants import check, violations
from tests.support.races import RACERS, Racers, outcome_names
from tests.support.scan import delete_items
from tests.support.transitions import change_link

# Many rounds of sixteen threads.
pytestmark = [engines.on_the_reference, pytest.mark.slow]

ROUNDS = 10
# Small, so that it is met often.
MIXED_CAP = 3
type Race = Callable[[Racers], list[str]]

# Article 1 and all from 100 on publish at once, 2 wants approval.
ARTICLES = [(1, AT_ONCE), (2, APPROVED), *((100 + number, AT_ONCE) for number in range(RACERS))]


def places(racers: Racers) -> list[str]:
    """Different URLs to one page: as many are published as there are places."""
    outcomes = racers.race(
        [partial(submit_url, article_id=1, url=_url(number)) for number in range(RACERS)]
    )
    wrong = _differs(outcome_names(outcomes), ["ok"] * CAP + ["page-full"] * (RACERS - CAP))
    page = read_page(racers.store, 1)
    assert page is not None
    accepted = sorted(str(each.link.url) for each in outcomes if isinstance(each, Receipt))
    wrong += _differs(sorted(each["url"] for each in page["links"]), accepted)
    return wrong + _differs(page["places_left"], 0) + violations(racers.store)


def queue(racers: Racers) -> list[str]:
    """Different URLs to a page that wants approval: as many wait as may."""
    outcomes = racers.race(
        [partial(submit_url, article_id=2, url=_url(number)) for number in range(RACERS)]
    )
    wanted = ["ok"] * PENDING_CAP + ["queue-full"] * (RACERS - PENDING_CAP)
    return _differs(outcome_names(outcomes), wanted) + violations(racers.store)


def one_url(racers: Racers) -> list[str]:
    """One URL, in spellings that are the same, to sixteen pages: one of them has it."""
    outcomes = racers.race(
        [
            partial(submit_url, article_id=100 + number, url=f"{_url(0)}?utm_source={number}")
            for number in range(RACERS)
        ]
    )
    wrong = _differs(outcome_names(outcomes), ["duplicate-link"] * (RACERS - 1) + ["ok"])
    return wrong + violations(racers.store)


def one_key(racers: Racers) -> list[str]:
    """One submission sent sixteen times with its Idempotency-Key: one link, one receipt."""
    outcomes = racers.race([partial(submit_url, article_id=1, url=_url(0), key="k" * 16)] * RACERS)
    wrong = _differs(outcome_names(outcomes), ["ok"] * RACERS)
    wrong += _differs(len({repr(outcome) for outcome in outcomes}), 1)
    return wrong + violations(racers.store)


def last_place(racers: Racers) -> list[str]:
    """One key sixteen times for the last place: the place that it takes is not denied to it."""
    for number in range(CAP - 1):
        submit_url(racers.store, 1, _url(100 + number))
    return one_key(racers)


def approvals(racers: Racers) -> list[str]:
    """More links are approved than there are places, each by two editors."""
    pending = [submit_url(racers.store, 2, _url(number)).link for number in range(PENDING_CAP)]
    return _published(racers, pending)


def restores(racers: Racers) -> list[str]:
    """More lapsed links come back than there are places, each message delivered twice."""
    lapsed: list[Link] = []
    for number in range(PENDING_CAP):
        link = submit_url(racers.store, 1, _url(number)).link
        lapsed.append(change_link(racers.store, link, "lapsed", NOW, by="a test"))
    return _published(racers, lapsed)


def _published(racers: Racers, waiting: list[Link]) -> list[str]:
    outcomes = racers.race(
        [partial(_publish, link=waiting[number % len(waiting)]) for number in range(RACERS)]
    )
    wrong = _differs(sum(isinstance(outcome, Link) for outcome in outcomes), CAP)
    others = {type(outcome) for outcome in outcomes} - {Link}
    return wrong + _differs(others, {VersionConflict, PageFull}) + violations(racers.store)


def _publish(store: Store, link: Link) -> Link:
    return change_link(store, link, "published", NOW, by="a racer", cap=CAP)


RACES: list[Race] = [places, queue, one_url, one_key, last_place, approvals, restores]


@pytest.mark.parametrize("race", RACES)
def test_races(racers: Racers, race: Race) -> None:
    make_network(racers.store, ARTICLES)
    for _ in range(ROUNDS):
        assert race(racers) == []
        delete_items(racers.store, racers.store.links)


@pytest.mark.long
@pytest.mark.parametrize("race", RACES)
def test_hundreds_of_races(racers: Racers, race: Race) -> None:
    make_network(racers.store, ARTICLES)
    for _ in range(200):
        assert race(racers) == []
        delete_items(racers.store, racers.store.links)


# ---- the test of the tests -------------------------------------------------------------------


def add_link_counting_first(store: Store, link: Link, site: Site) -> None:
    """What must not be done: look for room, then take it by a transaction that does not ask."""
    answer = store.client.call("GetItem", _get(store, f"page#{link.article_id}"))
    page = unmarshal_item(answer.get("Item", {}))
    if pages.places_left(page, site.cap) == 0:
        raise PageFull(site.cap)
    if link.status == "pending" and page.get("pending", 0) >= site.pending_cap:
        raise links.QueueFull
    claim = {"pk": link.claim, "link_id": link.link_id, "article_id": link.article_id}
    roomy = site._replace(cap=1_000_000, pending_cap=1_000_000)
    page_update = links._count_new(store, link, roomy)
    actions = [links._put_new(store, each) for each in (claim, links.link_item(link))]
    try:
        store.client.transact([*actions, page_update])
    except StoreError as refused:
        there = refused.reasons[0].item
        assert there is not None
        raise DuplicateLink(there["link_id"], there["article_id"]) from None


def add_link_looking_first(store: Store, link: Link, site: Site) -> None:
    """What must not be done: look whether the URL is taken, then take it without asking."""
    answer = store.client.call("GetItem", _get(store, link.claim))
    if "Item" in answer:
        there = unmarshal_item(answer["Item"])
        raise DuplicateLink(there["link_id"], there["article_id"])
    claim = {"pk": link.claim, "link_id": link.link_id, "article_id": link.article_id}
    put_claim = {"Put": {"TableName": store.links, "Item": marshal_item(claim)}}
    page_update = links._count_new(store, link, site)
    store.client.transact([put_claim, links._put_new(store, links.link_item(link)), page_update])


@pytest.mark.parametrize(
    ("race", "careless"),
    [
        (places, add_link_counting_first),
        (queue, add_link_counting_first),
        (one_url, add_link_looking_first),
    ],
)
def test_races_find_a_submission_that_reads_first(
    racers: Racers,
    race: Race,
    careless: Callable[[Store, Link, Site], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_network(racers.store, ARTICLES)
    monkeypatch.setattr(links, "add_link", careless)
    found: list[str] = []
    for _ in range(2 * ROUNDS):
        found += race(racers)
        delete_items(racers.store, racers.store.links)
        if found:
            return
    pytest.fail("no round of the race found it")


# ---- all changes at once ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_mixed_races(racers: Racers, seed: int) -> None:
    mixed_races(racers, seed, ROUNDS // 2)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 104))
def test_hundreds_of_mixed_races(racers: Racers, seed: int) -> None:
    mixed_races(racers, seed, 50)


def mixed_races(racers: Racers, seed: int, rounds: int) -> None:
    """Submissions and changes of the same few links, all at once, round after round."""
    random = Random(seed)
    store = racers.store
    make_network(store, ARTICLES, cap=MIXED_CAP, pending_cap=MIXED_CAP)
    receipts: dict[str, Receipt] = {}
    changes = 0
    for number in range(rounds):
        if number % 10 == 0:
            # Rejected and removed links block their URLs, until nothing more can happen.
            delete_items(store, store.links)
            receipts.clear()
        there = [found for each in receipts if (found := get_link(store, each)) is not None]
        actions = [_some_action(random, there, receipts) for _ in range(RACERS)]
        for outcome in racers.race(actions):
            if isinstance(outcome, Receipt):
                receipts[outcome.link.link_id] = outcome
            elif not isinstance(outcome, (VersionConflict, PageFull, Refusal)):
                assert outcome is None or isinstance(outcome, Link), repr(outcome)
                changes += isinstance(outcome, Link)
        check(store)
        _check_page(store)
    assert changes > rounds


def _some_action(
    random: Random, there: list[Link], receipts: dict[str, Receipt]
) -> Callable[[Store], Receipt | Link | None]:
    """A submission, or a change that may follow a link's status as it was before the round.

    The URLs and the keys are few, so that submissions meet one another's.
    """
    moves = [(link, *move) for link in there for move in _TRANSITIONS.get(link.status, ())]
    if not moves or random.random() < 0.4:
        number = random.randrange(12)
        key = random.choice([None, f"key-{random.randrange(30)}-{number}".ljust(16, "x")])
        return partial(submit_url, article_id=random.choice([1, 2]), url=_url(number), key=key)
    if random.random() < 0.2:
        link = random.choice(there)
        token = receipts[link.link_id].withdraw_token
        return lambda store: withdrawing.withdraw(store, by_submitter(NOW), link.link_id, token)
    link, status, keep_blocked = random.choice(moves)
    return lambda store: change_link(
        store, link, status, NOW, by="a racer", cap=MIXED_CAP, keep_blocked=keep_blocked
    )


_TRANSITIONS: dict[str, list[tuple[Status, bool]]] = {
    "pending": [
        ("published", True),
        ("published", True),
        ("rejected", True),
        ("rejected", False),
        ("expired", True),
        ("removed", False),
    ],
    "published": [("lapsed", True), ("lapsed", True), ("removed", True), ("removed", False)],
    "lapsed": [("published", True), ("published", True), ("expired", True), ("removed", False)],
}


def _check_page(store: Store) -> None:
    for article_id in (1, 2):
        page = read_page(store, article_id)
        assert page is not None
        for shown in page["links"]:
            link = get_link(store, shown["link_id"])
            assert link is not None
            assert (link.status, link.article_id) == ("published", article_id)


# ---- through the function --------------------------------------------------------------------


@pytest.mark.parametrize("rounds", [3, pytest.param(200, marks=pytest.mark.long)])
def test_races_through_the_function(
    racers: Racers, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    make_network(racers.store, ARTICLES)
    use_store(racers.store, monkeypatch)
    for _ in range(rounds):
        outcomes = racers.race([partial(_post, 1, _url(number)) for number in range(RACERS)])
        assert sorted(outcomes, key=repr) == [(201, None)] * CAP + [
            (409, "/problems/page-full")
        ] * (RACERS - CAP)
        outcomes = racers.race([partial(_post, 100 + number, _url(99)) for number in range(RACERS)])
        assert sorted(outcomes, key=repr) == [(201, None)] + [(409, "/problems/duplicate-link")] * (
            RACERS - 1
        )
        check(racers.store)
        delete_items(racers.store, racers.store.links)


def _post(article_id: int, url: str, _store: Store) -> tuple[int, str | None]:
    """The status of a POST, and the type of its problem."""
    body = {"url": url, "has_right_to_share": True, "agrees_to_link_back": True}
    made = event(
        "POST /articles/{id}/links",
        {"id": str(article_id)},
        headers={"content-type": "application/json"},
        body=json.dumps(body),
    )
    answer = handler("submit_link")(made, None)
    return answer["statusCode"], json.loads(answer["body"]).get("type")


def _url(number: int) -> str:
    return f"https://blog.reader-{number}.net/a-page-that-links-back"


def _get(store: Store, pk: str) -> dict[str, object]:
    return {"TableName": store.links, "Key": marshal_item({"pk": pk}), "ConsistentRead": True}


def _differs(found: object, wanted: object) -> list[str]:
    return [] if found == wanted else [f"{found} is not {wanted}"]
