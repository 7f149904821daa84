"""What the screens of sites and blocked hosts cost on DynamoDB Local, which has true units."""

from urllib.parse import quote

import pytest

from seealso.desk.hosts import read_standing
from seealso.store.batching import read_one
from seealso.store.tables import Store, current_store
from seealso.tables.counts import MAX_OF_HOST, MAX_PENDING, read_pending_count
from seealso.tables.links import Link, link_item
from tests.support.desk import sign_in
from tests.support.engines import REFERENCE
from tests.support.environment import use_store
from tests.support.factories import put_items
from tests.support.html import Tree
from tests.support.html import links as links_in

on_reference = pytest.mark.parametrize("store", [REFERENCE], indirect=True)
HOSTS = [f"host-{each:06}.example.net" for each in range(100_000)]


def put_links(store: Store, number: int) -> None:
    """Pending links of a site with long URLs and titles, all of one host."""
    items = [
        link_item(
            Link(
                link_id=f"{each:032x}",
                article_id=101,
                domain=7,
                url=f"https://blog.spam.example.org/{each:0100}",
                title="T" * 60,
                status="pending",
                version=1,
                link_back="unchecked",
                submitted_at=f"2026-11-23T12:00:{each % 60:02}.{each:03}Z",
                published_at=None,
                claim=f"claim#1#network#{each:064x}",
                consent={"version": 1, "language": "en", "at": "2026-11-23T12:00:00.000Z"},
                token_hash="-",
                article_title="A" * 60,
                expires_at="2026-12-07T12:00:00.000Z",
            )
        )
        for each in range(number)
    ]
    put_items(store, store.links, items)


@on_reference
def test_counts_cost_the_same_however_many_links_there_are(store: Store) -> None:
    put_links(store, 700)
    usage = store.client.start()
    assert read_one(store, read_pending_count(store, 7)) == (MAX_PENDING, True)
    assert usage.read_units <= 27.5
    usage = store.client.start()
    (standing,), _ = read_standing(store, None, ["spam.example.org"])
    assert standing.links == (0, MAX_OF_HOST, True)
    assert usage.read_units <= 6.5


@pytest.mark.long
@on_reference
def test_100_000_hosts_are_exported_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for start in range(0, len(HOSTS), 1000):
        items = [
            {"kind": "blocked", "id": host, "network": True} for host in HOSTS[start : start + 1000]
        ]
        put_items(store, store.sites, items)
    use_store(store, monkeypatch)
    browser = sign_in(store)
    target, exported, sizes = "/desk/blocks/export?domain=network", "", []
    while target:
        page = browser.get(target)
        assert current_store().client.usage.round_trips <= 3
        addresses = [href or "" for href, _ in links_in(Tree(page.body).root)]
        for address in addresses:
            if ".txt" in address:
                file = browser.get(address)
                usage = current_store().client.usage
                assert usage.round_trips == 2
                assert usage.read_units <= 108.5
                exported += file.body
                sizes.append(file.body.count("\n"))
        target = next((address for address in addresses if "/export?" in address), "")
    assert sizes == [20_000] * 5
    assert exported.split() == HOSTS
    listed = browser.get(f"/desk/blocks?from={quote(HOSTS[50_000])}")
    assert HOSTS[50_001] in listed.body
    assert current_store().client.usage.read_units <= 4
