"""GET /sites: how a client turns an article's id and domain into a link (contract.md)."""

from collections.abc import Iterator

import pytest

from seealso.store.tables import Store, current_store
from seealso.tables.sites import CACHE_SECONDS, Site
from tests.support import gateway
from tests.support.environment import new_container
from tests.support.factories import put_site
from tests.support.requests import at_fault

DOMAINS = [3, 7, 20, 100, 1000]


@pytest.fixture
def network(deployed_environment: Store) -> Iterator[Store]:
    for domain in DOMAINS:
        site = Site(
            domain,
            hosts=[f"s{domain}.example.com"],
            name=f"Site {domain}",
            article_url=f"https://s{domain}.example.com/a/{{id}}",
            language="de" if domain == 7 else "en",
        )
        put_site(deployed_environment, site, blocked_hosts=["spam.example.net"])
    new_container()
    yield deployed_environment
    new_container()


def listed(query: str) -> list[int]:
    return [site["domain"] for site in gateway.get(f"/sites?{query}").json()["sites"]]


def test_shows_how_to_link_and_nothing_of_the_policy(network: Store) -> None:
    answer = gateway.get("/sites?domain=7")
    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.json() == {
        "sites": [
            {
                "domain": 7,
                "name": "Site 7",
                "hosts": ["s7.example.com"],
                "article_url": "https://s7.example.com/a/{id}",
                "language": "de",
            }
        ],
        "next_cursor": None,
    }


def test_lists_by_domain_in_pages(network: Store) -> None:
    assert listed("") == DOMAINS
    found, query = [], "limit=2"
    while True:
        page = gateway.get(f"/sites?{query}").json()
        found += [site["domain"] for site in page["sites"]]
        if page["next_cursor"] is None:
            break
        query = f"limit=2&cursor={page['next_cursor']}"
    assert found == DOMAINS


def test_lists_some_domains(network: Store) -> None:
    assert listed("domain=20,3,3,5") == [3, 20]
    assert listed("domain=0") == []
    twenty = ",".join(map(str, range(1, 21)))
    assert listed(f"domain={twenty}") == [3, 7, 20]


@pytest.mark.parametrize("value", ["", "x", "3,", "-1", "3, 7", "2147483648", ",".join("1" * 21)])
def test_rejects_other_domains(network: Store, value: str) -> None:
    answer = gateway.get(f"/sites?domain={value.replace(' ', '%20')}")
    assert (answer.status, at_fault(answer)) == (400, ["domain"])


def test_made_up_domains_leave_no_more_than_the_cache_holds(network: Store) -> None:
    for number in range(0, 1100, 20):
        listed("domain=" + ",".join(map(str, range(number, number + 20))))
    for number in range(1100):
        gateway.get(f"/articles/1?domain={number}")
    store = current_store()
    assert (len(store.site_cache), len(store.host_cache)) <= (1000, 1000)
    assert CACHE_SECONDS <= 60
