"""Whatever is sent to a route, the answer is what contract.md promises, and never a 500."""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seealso.contract.refusals import Problem
from seealso.http.cursors import cursor_of
from seealso.limits import MAX_ID
from seealso.store.tables import Store
from tests.support.events import event
from tests.support.functions import handler
from tests.support.log import Log

# What int() and friends take for a number, and what else breaks parsers.
NEARLY_NUMBERS = [
    "", " ", "+1", "-1", "-0", "01", "007", "1e3", "1.0", "1,0", "1_0", "0x10", " 1", "1 ", "1\n",
    "\t1", "1\x00", "\x00", "\u0661", "\uff11", "\u00b2", "\u2460", "\u0967", "NaN", "inf", "null",
    "true", "[]", "{}", str(2**31), str(2**32 + 1), str(2**63), "9" * 400, "9" * 5000, "%31",
    "%2531", "%", "%zz", "1%00", "..", ".", "'", '"', "1;--", "\ud800", "\udfff1", "\U0001f600",
]  # fmt: skip
texts = st.one_of(
    st.sampled_from(NEARLY_NUMBERS),
    st.text(max_size=30),
    st.text(alphabet="0123456789+-_.eE ", max_size=12),
    st.integers().map(str),
    st.text(st.characters(categories=["Nd", "Nl", "No", "Cs"]), max_size=4),
)


def is_number(text: str, least: int, most: int = MAX_ID) -> bool:
    """Whether contract.md takes the text: plain decimal, no sign, no leading zero, in range."""
    return (
        0 < len(text) <= 10
        and set(text) <= set("0123456789")
        and (text == "0" or text[0] != "0")
        and least <= int(text) <= most
    )


def check(function: str, asked: dict[str, Any], refused: set[str]) -> None:
    """Ask, and expect a 400 that names one of the fields at fault, if there are any."""
    answer = handler(function)(asked, None)
    json.dumps(answer, ensure_ascii=False).encode()  # as Lambda hands it over
    assert answer["headers"]["x-content-type-options"] == "nosniff"
    if not refused:
        assert answer["statusCode"] in (200, 304, 404)
        return
    assert answer["statusCode"] == 400
    assert answer["headers"]["cache-control"] == "no-store"
    problem = Problem.model_validate_json(answer["body"])
    (error,) = problem.errors
    assert error.field in refused
    in_path = error.field in asked["pathParameters"]
    assert problem.type == f"/problems/{'invalid-id' if in_path else 'malformed-request'}"
    usual = handler(function)(event(**USUAL[asked["routeKey"], error.field]), None)
    # The same words whatever the value was: so it is not among them.
    assert json.loads(usual["body"])["errors"] == [error.model_dump()]
    assert error.detail == problem.detail


PAGE = "GET /articles/{id}"
RELATED = "GET /articles/{id}/related"
LISTED = "GET /domains/{domain}/articles"
USUAL: dict[tuple[str, str], dict[str, Any]] = {
    (PAGE, "id"): {"route": PAGE, "path": {"id": "x"}},
    (PAGE, "domain"): {"route": PAGE, "path": {"id": "1"}, "query": "domain=x"},
    (PAGE, "source"): {"route": PAGE, "path": {"id": "1"}, "query": "source=x"},
    (RELATED, "id"): {"route": RELATED, "path": {"id": "x"}},
    (LISTED, "domain"): {"route": LISTED, "path": {"domain": "x"}},
    (LISTED, "limit"): {"route": LISTED, "path": {"domain": "5"}, "query": "limit=x"},
    (LISTED, "cursor"): {"route": LISTED, "path": {"domain": "5"}, "query": "cursor=x"},
}


@given(texts)
@example("9" * 5000)
def test_rejects_malformed_ids(network: Store, text: str) -> None:
    wrong = set() if is_number(text, 1) else {"id"}
    check("get_article", event(PAGE, {"id": text}), wrong)
    check("related", event(RELATED, {"id": text}), wrong)
    wrong = set() if is_number(text, 0) else {"domain"}
    check("related", event(LISTED, {"domain": text}), wrong)


def encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@given(texts, texts)
def test_rejects_malformed_hints(network: Store, domain: str, source: str) -> None:
    hints = {"domain": domain, "source": source}
    wrong = {name for name, text in hints.items() if not is_number(text, 0)}
    query = "&".join(f"{name}={encoded(text)}" for name, text in hints.items())
    check("get_article", event(PAGE, {"id": "100"}, query), wrong)


@given(texts)
def test_rejects_malformed_limits(network: Store, text: str) -> None:
    wrong = set() if is_number(text, 1, 100) else {"limit"}
    check("related", event(LISTED, {"domain": "5"}, f"limit={encoded(text)}"), wrong)


def base64_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@given(
    st.one_of(
        texts,
        st.binary(max_size=40).map(lambda raw: base64.b64encode(raw).decode()),
        st.text(max_size=20).map(base64_of),
        st.text(alphabet="domain-5 017", max_size=12).map(base64_of),
        st.sampled_from(["domain-7", "domain-55", "domain-", "domain-5 5", ""]).map(
            lambda name: cursor_of(name, 100)
        ),
    )
)
@example(base64_of("domain-5 0"))
@example(base64_of("domain-5 01"))
@example(base64_of("domain-5 -1"))
@example(base64_of("domain-5  7"))
@example(base64_of("domain-5"))
@example("=")
@example("A")
@example("AAA\n=")
def test_rejects_malformed_cursors(network: Store, text: str) -> None:
    check("related", event(LISTED, {"domain": "5"}, f"cursor={encoded(text)}"), {"cursor"})


@given(st.integers(1, MAX_ID))
def test_a_made_up_cursor_shows_only_what_its_list_shows(network: Store, position: int) -> None:
    asked = event(LISTED, {"domain": "5"}, f"limit=100&cursor={cursor_of('domain-5', position)}")
    answer = handler("related")(asked, None)
    assert answer["statusCode"] == 200
    found = [each["id"] for each in json.loads(answer["body"])["articles"]]
    assert found == [each for each in range(225, 200, -1) if each < position]


# Whatever bytes come as a query; the gateway hands it over as it came.
queries = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.tuples(
            st.sampled_from(
                ["domain", "source", "limit", "cursor", "%64omain", "x", "", "domain[]"]
            ),
            st.sampled_from(["=", "", "%3D", "=="]),
            texts.map(encoded) | texts | st.just("7"),
        ).map("".join),
        max_size=6,
    ).map("&".join),
)


@pytest.mark.parametrize(
    ("function", "route", "path"),
    [
        ("get_article", PAGE, {"id": "100"}),
        ("related", RELATED, {"id": "100"}),
        ("related", LISTED, {"domain": "5"}),
        ("related", "GET /openapi.json", {}),
    ],
)
@given(queries)
@example("domain=7&domain=7")
@example("limit=1;limit=2")
@example("&" * 5000)
def test_answers_any_query_string(
    network: Store, function: str, route: str, path: dict[str, str], query: str
) -> None:
    answer = handler(function)(event(route, path, query), None)
    assert answer["statusCode"] in (200, 400)
    if answer["statusCode"] == 400:
        problem = Problem.model_validate_json(answer["body"])
        assert problem.type == "/problems/malformed-request"
        assert {each.field for each in problem.errors} <= {"domain", "source", "limit", "cursor"}


@given(
    st.dictionaries(
        st.sampled_from(["if-none-match", "accept", "content-type", "host", "x-forwarded-proto"])
        | st.text(min_size=1, max_size=10),
        st.text(max_size=60) | st.text(alphabet='W/"*, \\', max_size=30),
    )
)
@example({"if-none-match": '"' * 10_000})
@example({"if-none-match": 'W/"' * 10_000})
def test_answers_any_headers(network: Store, headers: dict[str, str]) -> None:
    answer = handler("get_article")(event(PAGE, {"id": "100"}, headers=headers), None)
    assert answer["statusCode"] in (200, 304)


def test_a_refusal_is_not_counted_as_a_failure(network: Store, log: Log) -> None:
    handler("get_article")(event(PAGE, {"id": "x"}), None)
    assert (log.line()["level"], log.line()["failed"]) == ("INFO", 0)
