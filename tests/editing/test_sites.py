"""Sites and blocked hosts: what admins set, and that submissions then go by it."""

import time
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest

from seealso.contract.admin_models import SiteReplacement
from seealso.editing import sites as site_editing
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables import sites
from seealso.tables.articles import import_articles
from seealso.tables.sites import Block, Site, SiteRecord
from tests.editing import sample_network
from tests.editing.sample_network import ACT, SHOWN, SITE, SITED
from tests.support import gateway, requests
from tests.support.environment import new_container
from tests.support.factories import put_site
from tests.support.gateway import Response
from tests.support.races import RACERS, Racers, outcome_names
from tests.support.requests import admin, at_fault, fields, post, problem
from tests.support.scan import unchanged

DEFAULTS: Json = {
    "hosts": [],
    "article_url": None,
    "cap": 5,
    "publish": "approved",
    "pending_cap": 20,
    "pending_days": 14,
    "language": "en",
    "text_format": "plain",
    "recheck_days": 7,
    "webmentions": "review",
    "blocked_hosts": [],
}
NEW = 12


def put(domain: int, body: Json, version: int | None = None) -> Response:
    return admin("PUT", f"/sites/{domain}", body, version)


# ---- sites -----------------------------------------------------------------------------------


def test_creates_a_site(network: Store) -> None:
    assert admin("GET", f"/sites/{NEW}").status == 404
    response = put(NEW, SITE)
    assert response.status == 201
    made = {**DEFAULTS, **SITE, "domain": NEW, "version": 1}
    assert response.json() == made == admin("GET", f"/sites/{NEW}").json()


def test_absent_fields_are_as_without_a_site(network: Store) -> None:
    full = {
        **SITE,
        "domain": NEW,
        "hosts": ["heat.example.com", "xn--bcher-kva.example.com"],
        "cap": 20,
        "publish": "at_once",
        "pending_cap": 0,
        "pending_days": 1,
        "language": "de-AT",
        "text_format": "markdown",
        "recheck_days": 90,
        "webmentions": "off",
        "blocked_hosts": ["spam.example.net"],
    }
    assert put(NEW, full).json() == {**full, "version": 1}
    assert put(NEW, {"name": "Heat"}, 1).json() == {
        **DEFAULTS,
        "name": "Heat",
        "domain": NEW,
        "version": 2,
    }


def test_a_site_need_not_have_article_pages_of_its_own(network: Store) -> None:
    for version, none in enumerate(["", None], 1):
        assert put(SITED, {**SITE, "article_url": none}, version).json()["article_url"] is None
        new_container()
        (shown,) = gateway.get(f"/sites?domain={SITED}").json()["sites"]
        assert shown["article_url"] is None
        assert post(SHOWN, fields(f"https://example.com/{version}")).status == 201


def test_accepts_a_site_as_it_was_read(network: Store) -> None:
    was = admin("GET", f"/sites/{SITED}").json()
    assert put(SITED, was, 1).json() == was | {"version": 2}


def test_every_replacement_requires_if_match(network: Store) -> None:
    was = admin("GET", f"/sites/{SITED}").json()
    with unchanged(network):
        assert problem(put(SITED, SITE)) == "precondition-required"
        for tag in ("*", '"1", "2"', "", "x", "0"):
            body = '{"name": "Heat", "article_url": "https://example.com/{id}"}'
            response = requests.raw("PUT", f"/sites/{SITED}", body, if_match=tag)
            assert (response.status, at_fault(response)) == (400, ["If-Match"])
        for domain, current in ((SITED, was), (NEW, None)):
            response = put(domain, SITE, 2)
            assert (response.status, response.json()["current"]) == (412, current)


BAD: dict[str, list[Any]] = {
    "domain": [SITED + 1, "7", -1],
    "hosts": [
        *["heat.example.com", None, [1], [""], ["Heat.example.com"], ["a..b"], ["-a.com"]],
        *[["a_b.com"], ["a" * 64 + ".com"], ["a.b"] * 2, ["https://a.com"], ["a.com:80"]],
        *[
            ["bücher.example.com"],
            [["a.com"]],
            [f"h{number}." + "a" * 60 for number in range(2600)],
        ],
    ],
    "name": ["", "x" * 201, 7, None],
    "article_url": [
        *["https://heat.example.com/", "/a/{id}", "ftp://example.com/{id}", "{id}", 7, False, []],
        *[
            "https:// {id}",
            "javascript:{id}",
            f"https://example.com/{{id}}{'x' * 2048}",
            "http://{id",
        ],
    ],
    "cap": [-1, 21, 5.0, "5", True, None],
    "recheck_days": [0, 91, 7.5, "7", None],
    "webmentions": ["", "on", "Review", None, ["off"]],
    "publish": ["never", "", None, 1, ["at_once"], {}],
    "pending_cap": [-1, 2**31, 1.5, None],
    "pending_days": [0, 36501, "14", None],
    "text_format": ["", "html", "Markdown", None, ["plain"]],
    "blocked_hosts": [
        *["spam.example.net", None, [7], ["com"], ["192.0.2.1"], ["a.local"], ["a b"]],
        *[["a.com"] * 2, ["https://a.com"], [{"host": "a.com"}]],
    ],
    "more": [1],
}


@pytest.mark.parametrize("field", BAD)
def test_rejects_invalid_fields(network: Store, field: str) -> None:
    with unchanged(network):
        for value in BAD[field]:
            response = put(SITED, {**SITE, field: value}, 1)
            assert (response.status, problem(response), value) == (422, "invalid-fields", value)
            assert set(at_fault(response)) == {field}


def test_reports_all_invalid_fields(network: Store) -> None:
    assert at_fault(put(NEW, {})) == ["name"]
    bad = {name: None for name in BAD if name not in ("domain", "article_url", "more")}
    assert set(at_fault(put(NEW, bad | {"more": 1}))) == {*bad, "more"}


def test_details_end_in_one_full_stop(network: Store) -> None:
    response = put(NEW, {**SITE, "article_url": "x", "cap": -1, "blocked_hosts": ["com"]})
    assert len(response.json()["errors"]) == 3
    assert not [each for each in response.json()["errors"] if each["detail"].endswith("..")]


def test_absent_fields_have_documented_defaults(network: Store) -> None:
    """What docs/openapi.json allows is taken, and what it does not is refused."""
    members: list[Json] = [{"version": None}, {"version": "x"}, {"domain": None}]
    for member in members:
        body, version = SITE | member, admin("GET", f"/sites/{SITED}").json()["version"]
        described = requests.allowed(SiteReplacement, body)
        assert (put(SITED, body, version).status, member) == (200 if described else 422, member)


def test_rejects_invalid_domains(network: Store) -> None:
    with unchanged(network):
        for bad in ("x", "-1", "2147483648", "07", "1.0"):
            for response in (admin("GET", f"/sites/{bad}"), admin("PUT", f"/sites/{bad}", SITE)):
                assert (response.status, problem(response)) == (400, "invalid-id")


def test_lists_sites(network: Store) -> None:
    for domain in (2147483647, 0, 30, 200):
        put(domain, {**SITE, "name": f"The {domain}th"})
    for limit in (1, 2, 5, 100):
        found = requests.listed("/sites", "sites", limit)
        assert [site["domain"] for site in found] == [0, SITED, 30, 200, 2147483647]
    assert found[0] == admin("GET", "/sites/0").json()
    for cursor in ("", "x", "c2l0ZXMgeA", requests.cursor_of(f"/articles?domain={SITED}")):
        assert at_fault(admin("GET", f"/sites?cursor={cursor}")) == ["cursor"]


# ---- a change binds --------------------------------------------------------------------------


def test_a_change_takes_effect_within_a_minute(
    network: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Containers that have read the site go by it again after CACHE_SECONDS."""
    assert sites.CACHE_SECONDS < 60

    def submitted(number: int) -> str:
        name: str = post(SHOWN, fields(f"https://example.com/{number}")).json().get("status")
        return name

    assert submitted(1) == "pending"
    assert gateway.get(f"/articles/{SHOWN}").json()["places_left"] == 1
    put(SITED, {**SITE, "publish": "at_once", "cap": 9}, 1)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + sites.CACHE_SECONDS)
    assert submitted(2) == "published"
    assert gateway.get(f"/articles/{SHOWN}").json()["places_left"] == 7


def test_a_change_takes_effect_at_once_in_new_containers(network: Store) -> None:
    put(SITED, {**SITE, "publish": "at_once", "cap": 2}, 1)
    new_container()
    assert post(SHOWN, fields("https://example.com/1")).json()["status"] == "published"
    assert problem(post(SHOWN, fields("https://example.com/2"))) == "page-full"
    put(SITED, {**SITE, "blocked_hosts": ["www.spam.example.net"], "cap": 3}, 2)
    new_container()
    assert problem(post(SHOWN, fields("https://spam.example.net/"))) == "url-not-acceptable"


@pytest.mark.parametrize("address", ["https://example.com:{id}/", "https://1.2.3.{id}/"])
def test_rejects_an_article_url_that_is_invalid_for_most_ids(network: Store, address: str) -> None:
    """It would be met by every later submission to the site."""
    response = put(SITED, {**SITE, "article_url": address}, 1)
    assert (response.status, at_fault(response)) == (422, ["article_url"])


def test_accepts_the_id_anywhere_in_an_article_url(network: Store) -> None:
    last = 2147483647
    import_articles(network, [sample_network.article(last)])
    addresses = ("https://a{id}.example.com/", "http://example.com:8000/?a={id}&{id}#{id}")
    for version, address in enumerate(addresses, 1):
        assert put(SITED, {**SITE, "article_url": address}, version).status == 200
        new_container()
        assert post(last, fields(f"https://example.com/{version}")).status == 201
    put(SITED, {**SITE, "article_url": addresses[0]}, 3)
    new_container()
    assert problem(post(last, fields(f"http://a{last}.example.com"))) == "url-not-acceptable"


# ---- blocked hosts ---------------------------------------------------------------------------


def block(host: str, domain: Any = None) -> Response:
    body = {"host": host, **({} if domain is None else {"domain": domain})}
    return admin("POST", "/blocks", body)


def unblock(host: str, domain: int | None = None) -> Response:
    query = "" if domain is None else f"?domain={domain}"
    return admin("DELETE", f"/blocks/{host}{query}")


def refused(url: str) -> bool:
    """Whether a new container takes no link of the URL for the site's article."""
    new_container()
    response = post(SHOWN, fields(url))
    return response.status == 422 and problem(response) == "url-not-acceptable"


def blocks() -> list[Json]:
    return requests.listed("/blocks", "blocks", 100)


@pytest.mark.parametrize("domain", [None, SITED])
def test_blocks_a_host_and_its_subdomains(network: Store, domain: int | None) -> None:
    host = "spam.example.net"
    response = block(host, domain)
    assert (response.status, response.json()) == (201, {"host": host, "domain": domain})
    response = block(host, domain)
    assert (response.status, response.json()) == (200, {"host": host, "domain": domain})
    assert response.json() in blocks()
    for url in (f"https://{host}/", f"http://WWW.{host}./x", f"https://deep.in.{host}/"):
        assert refused(url)
    assert not refused(f"https://not{host}/")
    assert unblock(host, domain).status == 204
    with unchanged(network):
        assert (unblock(host, domain).status, unblock(host).status) == (404, 404)
    assert not refused(f"https://deep.in.{host}/")


def test_normalizes_blocked_hosts_as_urls(network: Store) -> None:
    for sent, host in {
        "www.Example.NET": "example.net",
        "EXAMPLE.net.": "example.net",
        "www2.example.net": "example.net",
        "bücher.example.net": "xn--bcher-kva.example.net",
        "XN--BCHER-KVA.example.net": "xn--bcher-kva.example.net",
    }.items():
        assert block(sent).json() == {"host": host, "domain": None}
        assert block(host).status == 200
        assert refused(f"https://{host}/page")
        assert unblock(quote(sent)).status == 204


def test_blocks_of_a_site_and_of_the_network_are_separate(network: Store) -> None:
    assert block("casino.example.org", SITED).status == 201
    assert unblock("casino.example.org").status == 204
    assert blocks() == [{"host": "casino.example.org", "domain": SITED}]
    assert admin("GET", f"/sites/{SITED}").json()["blocked_hosts"] == ["casino.example.org"]
    assert admin("GET", f"/sites/{SITED}").json()["version"] == 2
    assert unblock("casino.example.org", SITED).status == 204
    assert blocks() == []


def test_the_first_block_of_the_network(deployed_environment: Store) -> None:
    assert blocks() == []
    assert unblock("spam.example.net").status == 404
    assert block("spam.example.net").status == 201
    assert blocks() == [{"host": "spam.example.net", "domain": None}]
    assert admin("GET", "/sites").json()["sites"] == []


def test_rejects_invalid_hosts(network: Store) -> None:
    with unchanged(network):
        assert at_fault(block("spam.example.net", NEW)) == ["domain"]
        for domain in (-1, "7", 7.0, True, 2**31):
            assert at_fault(block("spam.example.net", domain)) == ["domain"]
        for host in ("", "com", "localhost", "192.0.2.1", "[::1]", "a.local", "a b", "a.com/x"):
            assert at_fault(block(host)) == ["host"], host
        for host in ("a.com:80", "u@a.com", "https://a.com", "a..com", "a.com?", "a.com#"):
            assert at_fault(block(host)) == ["host"], host
        assert at_fault(admin("POST", "/blocks", {"domain": [], "more": 1})) == [
            *["host", "domain", "more"]
        ]
        assert at_fault(unblock("spam.example.net?domain=x")) == ["domain"]
        for host in ("never.example.net", "com", "a%20b", "%00", "%FF"):
            assert unblock(host).status == 404


def test_lists_blocked_hosts(network: Store) -> None:
    """By name; of one host, the network's block first, then each site's."""
    put(0, SITE)
    put(30, SITE)
    wanted: list[tuple[str, int | None]] = [
        (host, domain) for host in ("a.com", "b.com") for domain in (None, 0, SITED, 30)
    ]
    for host, domain in reversed(wanted):
        assert block(host, domain).status == 201
    wanted.append(("casino.example.org", None))
    for limit in (1, 2, 4, 100):
        found = requests.listed("/blocks", "blocks", limit)
        assert [(each["host"], each["domain"]) for each in found] == wanted
    for cursor in ("", "x", "YmxvY2tzIDAg", requests.cursor_of("/sites")):
        assert at_fault(admin("GET", f"/blocks?cursor={cursor}")) == ["cursor"]


def test_many_host_names_raise_the_version_more_than_once(network: Store) -> None:
    hosts = [f"h{number:03}.example.net" for number in range(100)]
    assert put(NEW, {**SITE, "blocked_hosts": hosts}).json()["version"] == 3
    site = admin("GET", f"/sites/{NEW}").json()
    assert (site["blocked_hosts"], site["version"]) == (hosts, 3)
    assert unblock(hosts[0], NEW).status == 204
    assert block("one-more.example.net", NEW).status == 201


# ---- races -----------------------------------------------------------------------------------


@pytest.mark.parametrize("domain", [None, SITED])
def test_sixteen_admins_block_hosts_at_once(racers: Racers, domain: int | None) -> None:
    store = racers.store
    put_site(store, Site(SITED, name="Heat", article_url="https://heat.example.com/{id}"))
    wanted = [Block(f"h{number}.example.net", domain) for number in range(RACERS)]
    outcomes = racers.race(
        [partial(site_editing.block_host, context=ACT, block=each) for each in wanted]
    )
    assert outcomes == [True] * RACERS
    assert sites.list_blocks(store, 100) == sorted(wanted)
    if domain is not None:
        assert sites.get_site(store, domain).version == RACERS + 1
    lines = sample_network.audit_lines(store)
    assert sorted(line["after"]["host"] for line in lines) == sorted(each.host for each in wanted)


def test_sixteen_admins_save_the_same_site_at_once(racers: Racers) -> None:
    for version in (None, 1):
        made = [SiteRecord(Site(SITED, name=f"Site {number}"), ()) for number in range(RACERS)]
        outcomes = racers.race(
            [
                partial(site_editing.replace_site, context=ACT, record=each, version=version)
                for each in made
            ]
        )
        (saved,) = [outcome for outcome in outcomes if isinstance(outcome, SiteRecord)]
        assert sites.get_record(racers.store, SITED) == saved
        assert saved.site.version == (version or 0) + 1
        refusals = set(outcome_names(outcomes)) - {"ok"}
        assert refusals <= {"precondition-failed", "precondition-required"}
    assert len(sample_network.audit_lines(racers.store)) == 2
