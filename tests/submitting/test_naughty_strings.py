"""Anything in any field, header, path or body: the right problem, no 500, and nothing changed."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seealso import urls
from seealso.fields import is_blank
from seealso.store.tables import Store
from tests.submitting import sample_network
from tests.submitting.sample_network import SHOWN, WAITING
from tests.support import requests
from tests.support.requests import FORM, JSON, URL, at_fault, fields, post, problem
from tests.support.scan import everything

pytestmark = pytest.mark.slow  # hundreds of requests in each test

# Of what breaks programs: names and syntax of JSON, DynamoDB, shells, templates and URLs;
# characters that are long, invisible, combining or turned round.
NAUGHTY = [
    "",
    " ",
    "null",
    "undefined",
    "NaN",
    "true",
    "0",
    "-1",
    "1e309",
    "'",
    '"',
    "\\",
    "\\u0000",
    "\x00",
    "\r\nSet-Cookie: a=b",
    "\x1b[31m",
    "{}",
    "[]",
    "{{7*7}}",
    "${7*7}",
    "%s%n%d",
    "%00",
    "%",
    "../../etc/passwd",
    "; rm -rf *",
    "$(id)",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "link#0",
    "claim#1#network#0",
    "#link",
    ":one",
    "attribute_not_exists(pk)",
    "__proto__",
    "constructor",
    "__class__",
    "\ufeff",
    "\u00a0",
    "\u200b",
    "\u200d",
    "\u2028",
    "\u202e",
    "\u2066",
    "\ufffd",
    "\uffff",
    "\U0010ffff",
    "\ud800",
    "\udfff\ud800",
    "e" + "\u0301" * 500,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "ﷺ" * 200,
    "İ",
    "ß",
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
    "x" * 201,
    "x" * 3000,
    "https://" + "a." * 500,
    "https://example.com/" + "%" * 100,
    "https://[::1]:80:80/",
    "https://xn--/",
    "http:////////example.com",
    "https://example.com\\@a.test/",
]
texts = st.one_of(st.sampled_from(NAUGHTY), st.text(), st.text(alphabet="htps:/.@#?%[]xn-0 \t"))
header_texts = st.one_of(
    st.sampled_from([each for each in NAUGHTY if each.isprintable()]),
    st.text(alphabet=st.characters(codec="utf-8")),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_strict(value: Any) -> bool:
    """Whether contract.md takes it as JSON; nothing that is generated here is nested too deep."""
    match value:
        case str():
            return not any(unicodedata.category(each) == "Cs" for each in value)
        case float():
            return value == value and abs(value) != float("inf")
        case bool() | None:
            return True
        case int():
            return len(str(abs(value))) <= 20
        case list():
            return all(map(is_strict, value))
        case dict():
            return all(is_strict(each) for pair in value.items() for each in pair)
    raise TypeError(type(value))


def expected_faults(members: dict[str, Any]) -> dict[str, str]:
    """Each field at fault with its problem, as contract.md has it."""
    faults = {name[:64]: "invalid-fields" for name in members if name not in fields(title="")}
    url = members.get("url")
    if not isinstance(url, str):
        faults["url"] = "invalid-fields"
    else:
        try:
            urls.accept(url)
        except urls.UrlNotAcceptable:
            faults["url"] = "url-not-acceptable"
    title = members.get("title")
    if isinstance(title, str):
        kept = title.strip()
        if len(kept) > 200 or any(unicodedata.category(c) == "Cc" or c in BIDI for c in kept):
            faults["title"] = "invalid-fields"
    elif title is not None:
        faults["title"] = "invalid-fields"
    for name in ("has_right_to_share", "agrees_to_link_back"):
        consent = members.get(name, False)
        if consent is False:
            faults[name] = "consent-missing"
        elif consent is not True:
            faults[name] = "invalid-fields"
    return faults


def check(store: Store, members: dict[str, Any]) -> None:
    before = sample_network.uncounted(store)
    response = post(WAITING, members)
    if not is_strict(members):
        assert (response.status, problem(response)) == (400, "malformed-request")
    elif faults := expected_faults(members):
        names = set(faults.values())
        assert response.status == 422
        assert problem(response) == (names.pop() if len(names) == 1 else "invalid-fields")
        assert set(at_fault(response)) == set(faults)
    elif response.status != 201:
        assert problem(response) in ("duplicate-link", "queue-full")
    else:
        link = requests.read(response.json()["link_id"]).json()
        title = (members.get("title") or "").strip()
        assert link["title"] == (None if is_blank(title) else title)
        sample_network.forget_links(store)
        return
    assert sample_network.uncounted(store) == before


def test_every_naughty_string_as_a_title(network: Store) -> None:
    for text in NAUGHTY:
        check(network, fields(title=text))


def test_every_naughty_string_as_a_url_and_in_one(network: Store) -> None:
    for text in NAUGHTY:
        check(network, fields(text))
        check(network, fields(f"{URL}?{text}"))


def test_every_naughty_string_as_a_consent_and_a_name(network: Store) -> None:
    for text in NAUGHTY:
        check(network, fields(has_right_to_share=text) | {text: 1})


@settings(max_examples=25)
@given(name=st.sampled_from(sorted(fields(title="", more=""))), value=values)
@example(name="title", value=1e308)
@example(name="more", value={"\ud800": 1})
def test_any_value_in_any_field(network: Store, name: str, value: Any) -> None:
    check(network, fields() | {name: value})


@settings(max_examples=25)
@given(
    members=st.dictionaries(st.sampled_from(sorted(fields(title=""))) | texts, values, max_size=6)
)
@example(members={"dynamodb": 1, "ArticlesTable": 1, "Traceback": 1})  # an answer may repeat names
def test_any_members(network: Store, members: dict[str, Any]) -> None:
    check(network, members or {"title": ""})


@settings(max_examples=25)
@given(title=texts)
def test_titles_come_back_as_they_were(network: Store, title: str) -> None:
    check(network, fields(title=title))


def check_body(store: Store, body: bytes | str, media_type: str) -> None:
    before = sample_network.uncounted(store)
    response = post(SHOWN, body, media_type=media_type)
    assert response.status in (201, 400, 409, 413, 422)
    if response.status == 201:
        sample_network.forget_links(store)
    else:
        assert sample_network.uncounted(store) == before


GOOD_JSON = json.dumps(fields()).encode()
GOOD_FORM = f"url={URL}&has_right_to_share=on&agrees_to_link_back=on".encode()


@settings(max_examples=25)
@given(body=st.binary(), media_type=st.sampled_from([JSON, FORM]))
def test_any_bytes_as_a_body(network: Store, body: bytes, media_type: str) -> None:
    check_body(network, body, media_type)


@settings(max_examples=25)
@given(
    at=st.integers(0, len(GOOD_JSON)),
    length=st.integers(0, 4),
    put=st.binary(max_size=4)
    | st.sampled_from([b'"', b"{", b"}", b"\\u", b"&", b"=", b"%f", b","]),
    media_type=st.sampled_from([JSON, FORM]),
)
def test_any_change_of_a_good_body(
    network: Store, at: int, length: int, put: bytes, media_type: str
) -> None:
    good = GOOD_JSON if media_type == JSON else GOOD_FORM
    check_body(network, good[:at] + put + good[at + length :], media_type)


@settings(max_examples=25)
@given(
    body=st.text(alphabet=st.characters(codec="utf-8")), media_type=st.sampled_from([JSON, FORM])
)
def test_any_text_as_a_body(network: Store, body: str, media_type: str) -> None:
    check_body(network, body, media_type)


# ---- headers and paths -------------------------------------------------------------------------

HEADER_ANSWERS = {
    "Content-Type": (201, 415),
    "Idempotency-Key": (201, 400),
    "Origin": (403,),
    "Accept": (201,),
    "User-Agent": (201,),
    "Authorization": (201,),
    "If-None-Match": (201,),
    "X-Forwarded-For": (201,),
}


@settings(max_examples=25)
@given(name=st.sampled_from(sorted(HEADER_ANSWERS)), value=header_texts)
def test_any_text_in_any_header(network: Store, name: str, value: str) -> None:
    before = sample_network.uncounted(network)
    response = post(SHOWN, headers={name: value})
    assert response.status in HEADER_ANSWERS[name]
    if response.status == 201:
        sample_network.forget_links(network)
    else:
        assert sample_network.uncounted(network) == before


@settings(max_examples=25)
@given(link_id=header_texts, authorization=header_texts | header_texts.map("Bearer {}".format))
def test_any_text_as_a_link_and_its_token(network: Store, link_id: str, authorization: str) -> None:
    before = everything(network)
    assert requests.read(link_id).status == 404
    assert requests.withdraw(link_id, authorization).status in (401, 404)
    assert everything(network) == before


@settings(max_examples=30)
@given(token=header_texts)
def test_any_text_as_the_token_of_a_link(network: Store, token: str) -> None:
    link_id = requests.posted(key=requests.KEY)["link_id"]
    assert requests.withdraw(link_id, f"Bearer {token}").status == (403 if token.strip() else 401)


@settings(max_examples=25)
@given(article_id=header_texts | st.integers().map(str))
def test_any_text_as_an_article(network: Store, article_id: str) -> None:
    before = sample_network.uncounted(network)
    response = post(article_id)
    assert response.status in (400, 404) or article_id in ("100", "101", "102")
    if response.status == 201:
        sample_network.forget_links(network)
    else:
        assert sample_network.uncounted(network) == before


# ---- all of it for longer ----------------------------------------------------------------------


@pytest.mark.long
@settings(max_examples=500)
@given(
    members=st.dictionaries(st.sampled_from(sorted(fields(title=""))) | texts, values, max_size=6)
)
def test_any_members_for_longer(network: Store, members: dict[str, Any]) -> None:
    check(network, members or {"title": ""})


@pytest.mark.long
@settings(max_examples=500)
@given(url=texts.map(lambda text: f"https://example.com/{text}") | texts, title=texts)
def test_any_url_and_title_for_longer(network: Store, url: str, title: str) -> None:
    check(network, fields(url, title=title))


@pytest.mark.long
@settings(max_examples=500)
@given(body=st.binary(), media_type=st.sampled_from([JSON, FORM]))
def test_any_bytes_for_longer(network: Store, body: bytes, media_type: str) -> None:
    check_body(network, body, media_type)
