"""The URL rules: every row of the tables in docs/url-equivalence.md, and general properties."""

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seealso import urls
from seealso.limits import MAX_URL_BYTES
from seealso.urls import (
    REFUSALS,
    RESERVED_NAMES,
    UrlNotAcceptable,
    accept,
    check_allowed,
    host_key,
    host_suffixes,
    url_key,
)

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/url-equivalence.md").read_text("utf-8")
OWN_URLS = ["https://heat.example.com/a/6646098"]
BLOCKED_HOSTS = frozenset({"spam.example.net", "xn--bse-sna.example.org"})


def table(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of the document, without its two header rows."""
    section = re.split(rf"^#+ {re.escape(heading)}$", DOCUMENT, flags=re.MULTILINE)[1]
    lines = re.split(r"^#+ ", section, flags=re.MULTILINE)[0].splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
    return rows[2:]


def examples(cell: str) -> list[str]:
    """The examples in a cell, whose notation the document explains."""
    quoted = re.findall(r"`([^`]*)`", cell)
    expanded = [re.sub(r"\{(\d+) (.+?)\}", lambda m: m[2] * int(m[1]), code) for code in quoted]
    return [json.loads(f'"{json_string}"') for json_string in expanded]


def example(cell: str) -> str:
    (only,) = examples(cell)
    return only


def short(value: str) -> str:
    """A readable test id."""
    return ascii(value)[1:-1][:60]


def accept_in_context(sent: str) -> str:
    """The stored form, with the blocked hosts and the article that the document assumes."""
    stored = accept(sent)
    is_blocked = not BLOCKED_HOSTS.isdisjoint(host_suffixes(stored))
    check_allowed(stored, OWN_URLS, is_blocked=is_blocked)
    return stored


def refusal(sent: str) -> str:
    with pytest.raises(UrlNotAcceptable) as refused:
        accept_in_context(sent)
    assert refused.value.reason == REFUSALS[refused.value.code]
    return refused.value.code


REFUSED = [(example(code), url) for code, _, cell in table("Refused") for url in examples(cell)]
ACCEPTED = [tuple(map(example, row)) for row in table("Accepted")]
SAME = [(step, example(one), example(other)) for step, one, other in table("The same")]
NOT_THE_SAME = [(step, example(one), example(other)) for step, one, other in table("Not the same")]


@pytest.mark.parametrize(("code", "sent"), REFUSED, ids=short)
def test_documented_refusals(code: str, sent: str) -> None:
    assert refusal(sent) == code


def test_all_codes_and_reasons_are_documented_in_order() -> None:
    documented = {example(code): reason for code, reason, _ in table("Refused")}
    assert list(documented.items()) == list(REFUSALS.items())


def test_every_reserved_name_has_an_example() -> None:
    hosts = [url.removeprefix("https://").rstrip("/") for code, url in REFUSED if code[0] == "r"]
    assert {name for name in RESERVED_NAMES for host in hosts if host.endswith(f".{name}")} == (
        RESERVED_NAMES
    )


@pytest.mark.parametrize(("sent", "stored", "key"), ACCEPTED, ids=short)
def test_documented_stored_forms_and_keys(sent: str, stored: str, key: str) -> None:
    assert accept_in_context(sent) == stored
    assert url_key(stored) == key


@pytest.mark.parametrize(("step", "one", "other"), SAME, ids=short)
def test_documented_equivalent_urls_have_one_key(step: str, one: str, other: str) -> None:
    assert url_key(accept(one)) == url_key(accept(other))


@pytest.mark.parametrize(("step", "one", "other"), NOT_THE_SAME, ids=short)
def test_documented_different_urls_have_different_keys(step: str, one: str, other: str) -> None:
    assert url_key(accept(one)) != url_key(accept(other))


def test_documented_keys_are_their_own_keys() -> None:
    for url in [row[0] for row in ACCEPTED] + [url for _, *both in SAME for url in both]:
        key = url_key(accept(url))
        assert url_key(key) == key


def test_tracking_parameters_match_the_document() -> None:
    data = json.loads((Path(urls.__file__).parent / "tracking_parameters.json").read_text("utf-8"))
    paragraph = re.search(r"The tracking parameters are (.+?), in exactly", DOCUMENT, re.DOTALL)
    assert paragraph is not None
    assert re.findall(r"`(.+?)`", paragraph[1]) == data["names"] + data["prefixes"]
    sourced = [name for source in data["sources"] for name in source["for"]]
    assert sorted(sourced) == sorted(data["names"] + [f"{p}*" for p in data["prefixes"]])
    assert data["key_version"] == urls.KEY_VERSION
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", data["date"])
    for name in data["names"] + [f"{prefix}anything" for prefix in data["prefixes"]]:
        assert url_key(f"https://example.com/?{name}=1&a") == "http://example.com/?a"


def test_rejects_unknown_key_version() -> None:
    with pytest.raises(ValueError, match="no version 2"):
        url_key("https://example.com/", version=2)


@pytest.mark.parametrize("url", ["", "example.com", "ftp://example.com/", "mailto:a@example.com"])
def test_only_http_and_https_urls_have_a_key(url: str) -> None:
    with pytest.raises(ValueError, match=r"Invalid input|only http and https"):
        url_key(url)


def test_own_page_with_port_differs_from_one_without() -> None:
    own = "https://example.com:8443/a/1"
    assert url_key(url_key(own)) == url_key(own) != url_key("https://example.com/a/1")
    check_allowed("https://example.com/a/1", [own], is_blocked=False)


def test_own_page_that_is_not_a_url_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"Invalid input"):
        check_allowed("https://example.com/", ["heat.example.com/a/1"], is_blocked=False)


def test_suffixes_of_a_host_have_two_labels_at_least() -> None:
    assert host_suffixes("https://www.a.example.com/page") == [
        "a.example.com",
        "example.com",
    ]


def test_an_article_has_its_pattern_on_every_host_of_its_site() -> None:
    own = urls.article_urls("https://a.example.com/x/{id}?p=1", ["b.example.com"], 12)
    assert own == ["https://a.example.com/x/12?p=1", "https://b.example.com/x/12?p=1"]
    assert urls.article_urls("", ["b.example.com"], 12) == []


@pytest.mark.parametrize(
    "character", ["\u200b", "\u2060", "\ufeff", "\u00a0", "\u3000", "\u200e", "\r"]
)
def test_invisible_characters_around_a_url_are_removed(character: str) -> None:
    assert accept(f"{character}https://example.com/a{character}") == "https://example.com/a"


def test_host_key_is_ascii_without_www() -> None:
    assert host_key("WWW.Böse.Example.COM.") == "xn--bse-sna.example.com"
    assert host_key("example.com") == "example.com"


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("", "not-parseable"),
        ("example.com/a", "not-parseable"),
        ("example.com?", "not-parseable"),
        ("example.com#", "not-parseable"),
        ("example.com:8080", "port"),
        ("someone@example.com", "credentials"),
        ("192.0.2.1", "ip-address"),
        ("com", "single-label"),
        ("nas.lan", "reserved-name"),
    ],
)
def test_host_key_rejects_what_no_link_can_have(host: str, code: str) -> None:
    with pytest.raises(UrlNotAcceptable) as refused:
        host_key(host)
    assert refused.value.code == code


# What submitters may send: any string, and strings that resemble a URL.
any_string = st.text(st.characters(exclude_categories=()))
pieces = st.sampled_from(
    [
        *("http:", "https:", "/", "//", "\\", "@", ":", ":443", "?", "#", "&", "=", "%", "%2", "+"),
        *("%2F", "%2e", "%41", "%zz", "%25", "%C3%A9", "..", ".", "www.", "www2.", "index.html"),
        *("default.asp", "index.php", "utm_source", "gclid", "example.com", "xn--", "xn--tda", "-"),
        *("é", "ß", "א", "1", "0x7f", "[::1]", "|", "'", '"', "^", " ", "\t", "\n", "\0", "\ud800"),
    ]
)
url_like = st.builds(
    lambda start, rest: start + "".join(rest),
    st.sampled_from(["", "https://", "https://example.com", "http://www.example.org/"]),
    st.lists(pieces | st.text(max_size=3), max_size=12),
)


@given(any_string | url_like)
def test_any_string_is_accepted_or_refused(sent: str) -> None:
    try:
        stored = accept(sent)
    except UrlNotAcceptable:
        return
    assert stored.isascii()
    assert len(stored) <= MAX_URL_BYTES
    assert accept(stored) == stored
    key = url_key(stored)
    assert key == url_key(sent)
    assert url_key(key) == key


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.lists(st.sampled_from("dox"), min_size=4))
def test_ip_addresses_are_refused_in_any_spelling(
    address: int, parts: int, bases: list[str]
) -> None:
    octets = list(address.to_bytes(4))
    numbers = [*octets[: parts - 1], int.from_bytes(octets[parts - 1 :])]
    spelling = {"d": "{}", "o": "0{:o}", "x": "0x{:x}"}
    host = ".".join(spelling[base].format(n) for base, n in zip(bases, numbers, strict=False))
    fullwidth = host.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789abcdefx."})
    for respelled in (host, f"{host}.", fullwidth, quote(host).replace("1", "%31")):
        assert refusal(f"https://{respelled}/") == "ip-address"


# Pages that need no normalizing: two of them are the same only if they are equal.
segments = st.text("aB1-._~%/?+ é'", min_size=1, max_size=4).filter(lambda s: s.strip("."))
values = st.text("aB1=%&+# é'", max_size=3)
pages = st.tuples(
    st.lists(st.sampled_from(["a", "b", "xn--tda", "w", "wwwx"]), max_size=2),
    st.lists(segments, max_size=3),
    st.dictionaries(st.text("aB1%&= é", min_size=1, max_size=2), st.none() | values, max_size=3),
)
type Page = tuple[list[str], list[str], dict[str, str | None]]


def page_url(page: Page) -> str:
    labels, path, query = page
    parts = [
        quote(name, safe="") + ("" if value is None else "=" + quote(value, safe=""))
        for name, value in query.items()
    ]
    host = ".".join([*labels, "example.com"])
    return f"https://{host}/{'/'.join(quote(s, safe='') for s in path)}?{'&'.join(parts)}"


@given(pages, pages, st.integers(0, 6))
def test_different_pages_have_different_keys(one: Page, other: Page, shared: int) -> None:
    # Pages that differ in one part or in none are the difficult cases.
    mixed = (
        one[0] if shared & 1 else other[0],
        one[1] if shared & 2 else other[1],
        one[2] if shared & 4 else other[2],
    )
    same = one == mixed
    assert (url_key(accept(page_url(one))) == url_key(accept(page_url(mixed)))) == same


@given(pages, st.data())
def test_equivalent_spellings_have_the_same_key(page: Page, data: st.DataObject) -> None:
    usual = page_url(page)
    rest = usual.removeprefix("https://")
    host, _, rest = rest.partition("/")
    path, _, query = rest.partition("?")

    def choose(*choices: str) -> str:
        return data.draw(st.sampled_from(choices))

    def respelled(encoded: str) -> str:
        """Some unreserved characters are escaped, and escapes are in either case."""
        tokens = re.findall(r"%..|.", encoded)
        return "".join(
            choose(token, token.lower())
            if token[0] == "%"
            else choose(token, f"%{ord(token):02x}")
            if token.isalnum() or token in "-._~"
            else token
            for token in tokens
        )

    parts = data.draw(st.permutations(query.split("&") if query else []))
    noise = data.draw(st.lists(st.sampled_from(["", "utm_term=x", "utm_", "fbclid=1", "yclid"])))
    parts = data.draw(st.permutations([*map(respelled, parts), *noise]))
    scheme, port = data.draw(
        st.sampled_from([("http", ""), ("https", ""), ("http", ":80"), ("HTTPS", ":443")])
    )
    end = choose("", "/", "/index.html", "/Default.ASP") if path else choose("", "index.php")
    unusual = (
        f"{scheme}://{choose('', 'www.', 'WWW7.')}{choose(host, host.upper())}{choose('', '.')}"
        f"{port}/{respelled(path)}{end}?{'&'.join(parts)}{choose('', '#', '#x?y')}"
    )
    assert url_key(accept(unusual)) == url_key(accept(usual))
