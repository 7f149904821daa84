"""Bodies that are refused, each by its name, and the tables left as they were."""

import json
from typing import Any

import pytest

from seealso.store.tables import Store
from seealso.urls import REFUSALS
from tests.submitting import sample_network
from tests.submitting.sample_network import SHOWN
from tests.support import requests
from tests.support.events import event
from tests.support.malformed import GOOD, MALFORMED_JSON, nested
from tests.support.requests import FORM, JSON, URL, at_fault, call, fields, post, problem
from tests.support.scan import everything

LARGEST = 8 * 1024

# ---- 400 -------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", MALFORMED_JSON)
@pytest.mark.parametrize("in_base64", [True, False], ids=["base64", "plain"])
def test_rejects_malformed_json(network: Store, why: str, in_base64: bool) -> None:
    text = MALFORMED_JSON[why]
    before = everything(network)
    response = post(body=text.encode() if in_base64 else text)
    assert (response.status, problem(response)) == (400, "malformed-request")
    assert everything(network) == before


def test_a_byte_order_mark_before_json_is_skipped(network: Store) -> None:
    assert post(body=("\ufeff" + GOOD).encode()).status == 201


@pytest.mark.parametrize(
    "data", [b"\xff", GOOD.encode("utf-16"), b'{"url": "\xe9"}', b"\xed\xa0\x80"]
)
@pytest.mark.parametrize("media_type", [JSON, FORM])
def test_rejects_invalid_utf_8(network: Store, data: bytes, media_type: str) -> None:
    response = post(body=data, media_type=media_type)
    assert (response.status, problem(response)) == (400, "malformed-request")


@pytest.mark.parametrize("text", ["url=%FF", "url=%ED%A0%80", "%80=1", "url=%C3"])
def test_rejects_invalid_utf_8_in_escapes_of_forms(network: Store, text: str) -> None:
    assert problem(post(body=text, media_type=FORM)) == "malformed-request"


@pytest.mark.parametrize("body", ["x", "e30", "e30=\n", "é", "====", "e30=e30="])
def test_rejects_invalid_base64(network: Store, body: str) -> None:
    path = {"id": str(SHOWN)}
    made = event("POST /articles/{id}/links", path, "", {"Content-Type": JSON}, body)
    made["isBase64Encoded"] = True
    assert problem(requests.answer(made)) == "malformed-request"


def test_accepts_unusual_but_strict_json(network: Store) -> None:
    for more in (nested(32), f'{GOOD[:-1]}, "more": {"1" * 20}}}'):
        assert at_fault(post(body=more)) == ["more"]
    assert post(body=GOOD.replace("page", "\\ud83d\\udc1d")).status == 201


def test_rejects_an_absent_body(network: Store) -> None:
    path = {"id": str(SHOWN)}
    response = call("POST /articles/{id}/links", path, {"Content-Type": JSON})
    assert problem(response) == "malformed-request"
    response = call("POST /articles/{id}/links", path, {"Content-Type": FORM})
    assert at_fault(response) == ["url", "has_right_to_share", "agrees_to_link_back"]


# ---- 413, 415 --------------------------------------------------------------------------------


@pytest.mark.parametrize("in_base64", [True, False], ids=["base64", "plain"])
def test_limits_bodies_to_8_kb(network: Store, in_base64: bool) -> None:
    text = GOOD + " " * (LARGEST - len(GOOD))
    assert post(body=text.encode() if in_base64 else text).status == 201
    for more in (" ", " " * 10_000, " " * 1_000_000):
        longer = text + more
        response = post(body=longer.encode() if in_base64 else longer)
        assert (response.status, problem(response)) == (413, "too-large")
    assert problem(post(body=json.dumps(fields(title="é" * LARGEST), ensure_ascii=False))) == (
        "too-large"
    )


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "text/plain",
        "application/jsonp",
        "application/ld+json",
        "text/json",
        "multipart/form-data",
        f"{JSON}, {JSON}",
        "*/*",
        "application",
        ";application/json",
        f"x {JSON}",
    ],
)
def test_rejects_other_media_types(network: Store, media_type: str) -> None:
    before = everything(network)
    response = post(media_type=media_type)
    assert (response.status, problem(response)) == (415, "unsupported-media-type")
    assert at_fault(response) == ["Content-Type"]
    assert everything(network) == before


def test_rejects_an_absent_media_type(network: Store) -> None:
    response = call("POST /articles/{id}/links", {"id": str(SHOWN)}, {}, GOOD)
    assert problem(response) == "unsupported-media-type"


# ---- 422: one cause has its own name, several are invalid-fields --------------------------------

BAD_URL = "https://192.0.2.1/"
CASES: dict[str, tuple[str, list[str], dict[str, Any]]] = {
    "no right": ("consent-missing", ["has_right_to_share"], fields(has_right_to_share=False)),
    "no link back": ("consent-missing", ["agrees_to_link_back"], fields(agrees_to_link_back=False)),
    "no consent at all": (
        "consent-missing",
        ["has_right_to_share", "agrees_to_link_back"],
        {"url": URL},
    ),
    "a consent of another type": (
        "invalid-fields",
        ["has_right_to_share", "agrees_to_link_back"],
        fields(has_right_to_share="true", agrees_to_link_back=1),
    ),
    "a consent that is null": (
        "invalid-fields",
        ["has_right_to_share"],
        fields(has_right_to_share=None),
    ),
    "a consent that is zero": (
        "invalid-fields",
        ["has_right_to_share"],
        fields(has_right_to_share=0),
    ),
    "one missing, one of another type": (
        "invalid-fields",
        ["has_right_to_share", "agrees_to_link_back"],
        fields(has_right_to_share=False, agrees_to_link_back=[]),
    ),
    "no url": (
        "invalid-fields",
        ["url"],
        {"has_right_to_share": True, "agrees_to_link_back": True},
    ),
    "a url of another type": ("invalid-fields", ["url"], fields([URL])),
    "a url that is null": ("invalid-fields", ["url"], fields(None)),
    "an empty url": ("url-not-acceptable", ["url"], fields("")),
    "a url that is not acceptable": ("url-not-acceptable", ["url"], fields(BAD_URL)),
    "a title of another type": ("invalid-fields", ["title"], fields(title=5)),
    "a title that is too long": ("invalid-fields", ["title"], fields(title="x" * 201)),
    "a title of too many bees": ("invalid-fields", ["title"], fields(title="\U0001f41d" * 201)),
    "an unknown member": ("invalid-fields", ["URL"], fields(URL="")),
    "url and consent": (
        "invalid-fields",
        ["url", "has_right_to_share", "agrees_to_link_back"],
        {"url": BAD_URL},
    ),
    "everything": (
        "invalid-fields",
        ["more", "url", "title", "has_right_to_share", "agrees_to_link_back"],
        {"more": 1, "url": 1, "title": 1, "has_right_to_share": 1, "agrees_to_link_back": 1},
    ),
    "nothing": (
        "invalid-fields",
        ["url", "has_right_to_share", "agrees_to_link_back"],
        {"title": ""},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_rejects_invalid_fields(network: Store, case: str) -> None:
    name, expected, body = CASES[case]
    before = sample_network.uncounted(network)
    response = post(body=body)
    assert (response.status, problem(response)) == (422, name)
    assert at_fault(response) == expected
    assert sample_network.uncounted(network) == before


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x07", "\n", "\t", "\x1b", "\x7f", "\x85", "\u202a", "\u202e", "\u2066", "\u2069"],
)
def test_rejects_control_characters_in_titles(network: Store, character: str) -> None:
    response = post(body=fields(title=f"a{character}b"))
    assert (problem(response), at_fault(response)) == ("invalid-fields", ["title"])


@pytest.mark.parametrize(
    "name", ["url", "title", "has_right_to_share", "agrees_to_link_back", "more"]
)
@pytest.mark.parametrize("media_type", [JSON, FORM])
def test_rejects_repeated_members(network: Store, name: str, media_type: str) -> None:
    members = fields(title="A title")
    members.setdefault(name, "more")
    if media_type == FORM:
        texts = {key: "on" if value is True else value for key, value in members.items()}
        text = "&".join(f"{key}={value}" for key, value in [*texts.items(), (name, texts[name])])
    else:
        text = f"{json.dumps(members)[:-1]}, {json.dumps({name: members[name]})[1:]}"
    before = sample_network.uncounted(network)
    response = post(body=text, media_type=media_type)
    assert (response.status, problem(response)) == (422, "invalid-fields")
    assert name in at_fault(response)
    assert sample_network.uncounted(network) == before


def test_shortens_names_of_unknown_members(network: Store) -> None:
    names = ["x" * 64, "y" * 65, "\U0001f41d" * 100, "z" * 5000, "", "\x00"]
    response = post(body=fields(**dict.fromkeys(names)))
    assert at_fault(response) == [name[:64] for name in names]
    repeated = f'{GOOD[:-1]}, "{"r" * 99}": 1, "{"r" * 99}": 2}}'
    assert set(at_fault(post(body=repeated))) == {"r" * 64}


def test_does_not_repeat_invalid_values(network: Store) -> None:
    secret = "f2b9secret"
    for body in (
        fields(f"https://{secret}.local/"),
        fields(f"https://{secret}@example.com/"),
        fields(secret),
        fields([secret]),
        fields(title=f"{secret}\x00"),
        fields(title={secret: secret}),
        fields(has_right_to_share=secret),
        fields(more=secret),
    ):
        assert secret not in post(body=body).body
    headers = {"Idempotency-Key": f"{secret}!", "Origin": f"https://{secret}.example.com"}
    for name, value in headers.items():
        assert secret not in post(headers={name: value}).body
    assert secret not in post(secret).body
    assert secret not in post(media_type=secret).body


# ---- forms -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("has_right_to_share=on", "consent-missing", ["agrees_to_link_back"]),
        ("has_right_to_share=on&agrees_to_link_back=", "consent-missing", ["agrees_to_link_back"]),
        (
            "has_right_to_share=false&agrees_to_link_back=true",
            "consent-missing",
            ["has_right_to_share"],
        ),
        (
            "has_right_to_share=on&agrees_to_link_back=yes",
            "invalid-fields",
            ["agrees_to_link_back"],
        ),
        ("has_right_to_share=ON&agrees_to_link_back=1", "invalid-fields", None),
        ("has_right_to_share=on&agrees_to_link_back=on&more=", "invalid-fields", ["more"]),
        ("has_right_to_share=on;agrees_to_link_back=on", "invalid-fields", None),
    ],
)
def test_reads_check_boxes_of_forms(
    network: Store, text: str, name: str, expected: list[str] | None
) -> None:
    before = sample_network.uncounted(network)
    response = post(body=f"url={URL}&{text}", media_type=FORM)
    assert (response.status, problem(response)) == (422, name)
    assert at_fault(response) == (expected or ["has_right_to_share", "agrees_to_link_back"])
    assert sample_network.uncounted(network) == before


def test_rejects_json_as_a_form_and_a_form_as_json(network: Store) -> None:
    assert problem(post(body=GOOD, media_type=FORM)) == "invalid-fields"
    assert problem(post(body=f"url={URL}", media_type=JSON)) == "malformed-request"


# ---- URLs that are refused -----------------------------------------------------------------------

REFUSED = {
    "too-long": ["https://example.com/" + "a" * 2029, "https://example.com/" + "é" * 400],
    "control-character": [
        "https://example.com/\x00",
        "\x1bhttps://example.com/",
        "https://a.com/\x85",
    ],
    "not-parseable": ["", "example.com", "//example.com/", "https://", "https://a b.com/"],
    "scheme": ["ftp://example.com/", "javascript:alert(1)", "mailto:a@b.com", "a:b"],
    "credentials": ["https://a@example.com/", "https://a:b@example.com/", "https://@example.com/"],
    "port": ["https://example.com:8443/", "http://example.com:443/", "https://example.com:0/"],
    "ip-address": ["https://192.0.2.1/", "https://127.1/", "https://2130706433/", "https://[::1]/"],
    "empty-label": ["https://example..com/", "https://.example.com/"],
    "long-label": [f"https://{'a' * 64}.example.com/"],
    "long-host": [f"https://{'a.' * 122}example.com/"],
    "hyphen": ["https://-a.example.com/", "https://a-.example.com/"],
    "a-label": ["https://xn--a.example.com/"],
    "single-label": ["https://localhost/", "https://com./"],
    "many-labels": ["https://" + "a." * 119 + "com/", "https://" + "a." * 20 + "com/"],
    "reserved-name": ["https://a.local/", "https://api.internal/", "https://home.arpa/"],
    "blocked": [
        "https://spam.example.net/",
        "http://www.SPAM.example.net./page",
        "https://deep.in.spam.example.net/",
        "https://casino.example.org/a",
    ],
    "own-page": [
        f"https://heat.example.com/a/{SHOWN}",
        f"http://www.HEAT.example.com/a/{SHOWN}/?utm_source=mail#top",
        f"https://api.example.com/a/{SHOWN}",
        f"http://www2.API.example.com./%61/{SHOWN}/index.html?fbclid=1#links",
    ],
}


def test_every_refusal_is_an_example() -> None:
    assert list(REFUSED) == list(REFUSALS)


@pytest.mark.parametrize(
    ("why", "url"), [(why, url) for why, urls in REFUSED.items() for url in urls], ids=str
)
def test_rejects_unacceptable_urls(network: Store, why: str, url: str) -> None:
    before = sample_network.uncounted(network)
    for key in (None, requests.KEY):
        response = post(body=fields(url), key=key)
        assert (response.status, problem(response)) == (422, "url-not-acceptable")
        assert response.json()["detail"] == REFUSALS[why]
        assert response.json()["errors"] == [{"field": "url", "detail": REFUSALS[why]}]
    assert sample_network.uncounted(network) == before


def test_accepts_other_articles(network: Store) -> None:
    for host in ("heat.example.com", "api.example.com"):
        url = f"https://{host}/a/{sample_network.OTHER}"
        assert post(body=fields(url)).status == 201


def test_rejects_the_article_at_the_public_url(
    network: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://articles.example.com")
    for article_id in (SHOWN, sample_network.WAITING):
        own = f"https://articles.example.com/a/{article_id}"
        assert problem(post(article_id, fields(own))) == "url-not-acceptable"


def test_a_sites_blocked_hosts_are_its_own(network: Store) -> None:
    spam = "https://spam.example.net/"
    assert post(sample_network.WAITING, fields(spam)).status == 201
    response = post(sample_network.WAITING, fields("https://casino.example.org/"))
    assert problem(response) == "url-not-acceptable"


def test_a_draft_reveals_nothing_of_its_site(network: Store) -> None:
    for article_id in (sample_network.DRAFT, sample_network.MISSING):
        assert problem(post(article_id, fields("https://spam.example.net/"))) == "not-found"
        own = f"https://heat.example.com/a/{article_id}"
        assert problem(post(article_id, fields(own))) == "not-found"


@pytest.mark.parametrize("media_type", [JSON, FORM])
def test_lists_at_most_20_errors(network: Store, media_type: str) -> None:
    names = [f"unknown{number}" for number in range(300)]
    body = json.dumps(fields() | dict.fromkeys(names, 1))
    if media_type == FORM:
        body = "&".join(f"{name}=1" for name in names)
    answer = post(body=body, media_type=media_type)
    assert answer.status == 422
    assert len(answer.json()["errors"]) == 20
    more = 300 - 20 + (3 if media_type == FORM else 0)  # the url and both consents are missing too
    assert answer.json()["detail"].endswith(f"{more} more errors are not listed.")
    assert len(answer.body) < 4096
