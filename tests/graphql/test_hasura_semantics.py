"""What a client of Hasura v2 relies on, rule by rule (contract.md, "GraphQL")."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import get_introspection_query

from seealso.limits import MAX_ID
from tests.graphql.conftest import (
    ARTICLE_WITH_LINKS,
    DELETED,
    DRAFT,
    MISSING,
    ids_where,
    row,
)
from tests.graphql.requests import (
    ARGUMENTS,
    PAGE,
    PAGE_VARIABLES,
    ask,
    call,
    call_by_variables,
    codes,
    data,
    ids,
    refused,
    store_requests,
)

type Arguments = Mapping[str, Any]

pytestmark = pytest.mark.usefixtures("network")

ANYTHING = ids_where()
COLUMNS = "{ id domain title text date srcId }"
RANGES = {
    "_lt": lambda each, end: each < end,
    "_lte": lambda each, end: each <= end,
    "_gt": lambda each, end: each > end,
    "_gte": lambda each, end: each >= end,
}
ENDS = [-(2**31), -1, 0, 1, 2, 110, MAX_ID - 1, MAX_ID]


# ---- Rows ------------------------------------------------------------------------------------


@pytest.mark.parametrize("article_id", [1, 101, ARTICLE_WITH_LINKS, 400, MAX_ID])
def test_a_row_has_the_columns_of_the_article(article_id: int) -> None:
    expected = row(article_id)
    where = {"where": {"id": {"_eq": article_id}}}
    assert data(ask(call(where, COLUMNS)))["qa_ai"] == [expected]
    by_key = f"{{ qa_ai_by_pk(id: {article_id}) {COLUMNS} }}"
    assert data(ask(by_key))["qa_ai_by_pk"] == expected
    # Of a list, what the index does not have is read too.
    of_domain = {"where": {"domain": {"_eq": expected["domain"]}}, "limit": 100}
    assert expected in data(ask(call(of_domain, COLUMNS)))["qa_ai"]
    of_timeline = {"where": {"id": {"_gte": article_id}}, "limit": 1}
    assert data(ask(call(of_timeline, COLUMNS)))["qa_ai"] == [expected]


def test_the_source_is_0_where_there_is_none() -> None:
    rows = data(ask(call({"where": {"id": {"_in": [100, 101, 102]}}}, "{ id srcId }")))["qa_ai"]
    assert [each["srcId"] for each in rows] == [100, 102, 0]


def test_links_are_in_order_of_submission() -> None:
    asked = call({"where": {"id": {"_in": [100, 101]}}}, "{ links { url title published_at } }")
    assert data(ask(asked))["qa_ai"] == [
        {
            "links": [
                {
                    "url": "https://example.com/a",
                    "title": "Of one's own",
                    "published_at": "2026-03-05T10:00:00.000Z",
                },
                {
                    "url": "https://example.com/b",
                    "title": None,
                    "published_at": "2026-03-02T11:00:00.000Z",
                },
            ]
        },
        {"links": []},
    ]


@pytest.mark.parametrize("article_id", [DRAFT, DELETED])
def test_unpublished_articles_are_in_no_answer(article_id: int) -> None:
    wheres = [
        {"id": {"_eq": article_id}},
        {"id": {"_in": [article_id]}},
        {"id": {"_gte": article_id, "_lte": article_id}},
        {"domain": {"_eq": 7 if article_id % 2 else 3}, "id": {"_lte": article_id, "_gt": 103}},
        {"domain": {"_neq": 5}, "id": {"_lt": article_id + 1, "_gt": 103}},
    ]
    for where in wheres:
        assert data(ask(call({"where": where, "limit": 100}))) == {"qa_ai": []}, where
    assert data(ask(f"{{ qa_ai_by_pk(id: {article_id}) {{ id }} }}")) == {"qa_ai_by_pk": None}


@pytest.mark.parametrize("article_id", [MISSING, 0, -1, -(2**31), MAX_ID - 1])
def test_a_missing_article_is_no_row_and_null_by_key(article_id: int) -> None:
    assert data(ask(call({"where": {"id": {"_eq": article_id}}}))) == {"qa_ai": []}
    assert data(ask(f"{{ qa_ai_by_pk(id: {article_id}) {{ id }} }}")) == {"qa_ai_by_pk": None}


# ---- Arguments -------------------------------------------------------------------------------

ODD = ids_where(lambda each: each.domain == 7)
EVEN = ids_where(lambda each: each.domain == 3)

SERVED: list[tuple[Arguments, list[int]]] = [
    # Ids by name: a limit is not needed.
    ({"where": {"id": {"_eq": 100}}}, [100]),
    ({"where": {"id": {"_eq": 100}}, "limit": 1}, [100]),
    ({"where": {"id": {"_in": [119, 100, MISSING, 100]}}}, [100, 119]),
    ({"where": {"id": {"_in": [119, 100]}}, "order_by": {"id": "desc"}}, [119, 100]),
    ({"where": {"id": {"_in": [119, 100]}}, "limit": 1}, [100]),
    ({"where": {"id": {"_in": [119, 100]}}, "offset": 1}, [119]),
    ({"where": {"id": {"_in": [119, 100]}}, "limit": 1_000}, [100, 119]),
    ({"where": {"id": {"_in": [119, 100]}}, "limit": MAX_ID}, [100, 119]),
    ({"where": {"id": {"_in": [119, 100], "_neq": 100}}}, [119]),
    ({"where": {"id": {"_in": [119, 100], "_lt": 119}}}, [100]),
    ({"where": {"id": {"_in": []}}}, []),
    ({"where": {"id": {"_in": []}}, "limit": 5}, []),
    ({"where": {"id": {"_in": list(range(20, 120))}}}, ids_where(lambda each: 20 <= each.id < 120)),
    # A domain.
    ({"where": {"domain": {"_eq": 3}}, "limit": 3}, EVEN[:3]),
    ({"where": {"domain": {"_eq": 0}}, "limit": 3}, [400]),
    ({"where": {"domain": {"_eq": 77}}, "limit": 3}, []),
    ({"where": {"domain": {"_eq": -1}}, "limit": 3}, []),
    ({"where": {"domain": {"_eq": 5}}, "order_by": {"id": "desc"}, "limit": 2}, [225, 224]),
    ({"where": {"domain": {"_eq": 5}}, "limit": 3, "offset": 2}, [203, 204, 205]),
    ({"where": {"domain": {"_eq": 5}}, "limit": 3, "offset": 24}, [225]),
    ({"where": {"domain": {"_eq": 5}}, "limit": 3, "offset": 1_000}, []),
    ({"where": {"domain": {"_eq": 7}, "id": {"_neq": ODD[0]}}, "limit": 2}, ODD[1:3]),
    ({"where": {"domain": {"_eq": 7}, "id": {"_gt": 110, "_lte": 113}}, "limit": 9}, [111, 113]),
    # The timeline.
    ({"limit": 2}, ANYTHING[:2]),
    ({"limit": 100}, ANYTHING),
    ({"limit": 2, "order_by": {"id": "desc"}}, ANYTHING[:-3:-1]),
    ({"limit": 2, "order_by": {"id": "asc"}, "offset": 3}, ANYTHING[3:5]),
    ({"limit": 2, "where": {"id": {"_neq": ANYTHING[0]}}}, ANYTHING[1:3]),
    ({"limit": 100, "where": {"id": {"_gt": 115}}}, ids_where(lambda each: each.id > 115)),
    ({"limit": 100, "where": {"id": {"_gt": 115, "_lt": 115}}}, []),
    ({"limit": 100, "where": {"domain": {"_neq": 5}}}, ids_where(lambda each: each.domain != 5)),
    (
        {"limit": 100, "where": {"domain": {"_nin": [5, 7, 5, 77]}}},
        ids_where(lambda each: each.domain not in (5, 7)),
    ),
    ({"limit": 100, "where": {"domain": {"_nin": []}}}, ANYTHING),
    # All of several conditions.
    ({"limit": 2, "where": {"_and": []}}, ANYTHING[:2]),
    ({"limit": 2, "where": {"_and": [{}]}}, ANYTHING[:2]),
    ({"limit": 2, "where": {"_and": [{"_and": []}, {"domain": {"_eq": 5}}]}}, [201, 202]),
    ({"where": {"_and": [{"id": {"_in": [100, 101]}}, {"id": {"_neq": 100}}]}}, [101]),
    ({"limit": 9, "where": {"_and": [{"domain": {"_eq": 7}}, {"id": {"_lt": 104}}]}}, [101, 103]),
    ({"limit": 9, "where": {"domain": {"_eq": 7}, "_and": [{"id": {"_lt": 104}}]}}, [101, 103]),
    # All there is.
    ({"limit": 3, "where": {}}, ANYTHING[:3]),
    ({"limit": 3, "where": None}, ANYTHING[:3]),
    # Nulls and empties beside the conditions are as if they were not there.
    ({"where": {"id": {"_eq": 100}}, "limit": None, "offset": None, "order_by": None}, [100]),
    ({"limit": 3, "order_by": []}, ANYTHING[:3]),
    ({"limit": 3, "order_by": {}}, ANYTHING[:3]),
    ({"limit": 3, "order_by": [{"id": "desc"}]}, ANYTHING[:-4:-1]),
    # No rows were wanted.
    ({"limit": 0}, []),
    ({"limit": 0, "where": {"domain": {"_eq": 5}}}, []),
    ({"limit": 0, "where": {"id": {"_eq": 100}}}, []),
    # Integers as large as there are.
    ({"limit": 5, "where": {"id": {"_gte": MAX_ID}}}, [MAX_ID]),
    ({"limit": 5, "where": {"id": {"_gt": MAX_ID}}}, []),
    ({"limit": 5, "where": {"domain": {"_eq": MAX_ID}}}, []),
]  # fmt: skip
NAMED = pytest.mark.parametrize(
    ("arguments", "expected"), SERVED, ids=[json.dumps(arguments)[:90] for arguments, _ in SERVED]
)


@NAMED
def test_arguments_as_literals(arguments: Arguments, expected: list[int]) -> None:
    assert ids(data(ask(call(arguments)))) == expected


@NAMED
def test_arguments_as_variables(arguments: Arguments, expected: list[int]) -> None:
    assert ids(data(ask(call_by_variables(arguments), arguments))) == expected


@NAMED
def test_a_variable_that_is_not_sent_is_as_an_absent_argument(
    arguments: Arguments, expected: list[int]
) -> None:
    assert ids(data(ask(call_by_variables(ARGUMENTS), arguments))) == expected


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("operator", RANGES)
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_ranges_of_ids(operator: str, end: int, order: str) -> None:
    expected = ids_where(lambda each: RANGES[operator](each.id, end))
    where = {"id": {operator: end}}
    arguments = {"where": where, "order_by": {"id": order}, "limit": 100}
    assert ids(data(ask(call(arguments)))) == expected[:: 1 if order == "asc" else -1]


def test_the_highest_limit_and_offset_are_served() -> None:
    assert ids(data(ask(call({"limit": 100, "offset": 40})))) == ANYTHING[40:]
    assert ids(data(ask(call({"limit": 100, "offset": 1_000})))) == []


# ---- Values that are errors ------------------------------------------------------------------

TOO_LARGE = [2**31, -(2**31) - 1, 2**32 + 100, 2**63, 2**64 + 100]
OF_ID = "$.selectionSet.qa_ai.args.where.id"

INVALID: list[tuple[Arguments, str]] = [
    # null is no value to compare with.
    *[
        ({"where": {"id": {operator: None}}}, f"{OF_ID}.{operator}")
        for operator in ("_eq", "_neq", "_in", "_nin", "_gt", "_gte", "_lt", "_lte")
    ],
    *[
        (
            {"where": {"domain": {operator: None}}, "limit": 5},
            f"$.selectionSet.qa_ai.args.where.domain.{operator}",
        )
        for operator in ("_eq", "_neq", "_nin")
    ],
    ({"where": {"id": {"_eq": 100, "_neq": None}}}, f"{OF_ID}._neq"),
    ({"where": {"id": {"_in": [100], "_gt": None}}}, f"{OF_ID}._gt"),
    ({"where": {"id": None}}, OF_ID),
    ({"where": {"id": None}, "limit": 5}, OF_ID),
    ({"where": {"domain": None}, "limit": 5}, "$.selectionSet.qa_ai.args.where.domain"),
    ({"where": {"id": {"_in": [100, None]}}}, f"{OF_ID}._in[1]"),
    (
        {"where": {"_and": [{}, {"id": {"_eq": None}}]}, "limit": 5},
        "$.selectionSet.qa_ai.args.where._and[1].id._eq",
    ),
    # Below zero.
    ({"limit": -1}, "$.selectionSet.qa_ai.args.limit"),
    ({"limit": -(2**31)}, "$.selectionSet.qa_ai.args.limit"),
    ({"limit": 5, "offset": -1}, "$.selectionSet.qa_ai.args.offset"),
    ({"limit": -1, "where": {"id": {"_eq": 100}}}, "$.selectionSet.qa_ai.args.limit"),
    ({"offset": -1, "where": {"id": {"_in": [100]}}}, "$.selectionSet.qa_ai.args.offset"),
    # Over 32 bits.
    *[({"where": {"id": {"_eq": value}}}, f"{OF_ID}._eq") for value in TOO_LARGE],
    *[({"where": {"id": {"_lt": value}}, "limit": 5}, f"{OF_ID}._lt") for value in TOO_LARGE],
    *[({"limit": value}, "$.selectionSet.qa_ai.args.limit") for value in TOO_LARGE],
    *[({"limit": 5, "offset": value}, "$.selectionSet.qa_ai.args.offset") for value in TOO_LARGE],
    ({"where": {"id": {"_in": [100, 2**31]}}}, f"{OF_ID}._in[1]"),
    (
        {"where": {"domain": {"_eq": 2**31}}, "limit": 5},
        "$.selectionSet.qa_ai.args.where.domain._eq",
    ),
    # Not integers.
    ({"where": {"id": {"_eq": 1.5}}}, f"{OF_ID}._eq"),
    ({"where": {"id": {"_eq": True}}}, f"{OF_ID}._eq"),
    ({"where": {"id": {"_eq": {}}}}, f"{OF_ID}._eq"),
    ({"where": {"id": {"_eq": [100]}}}, f"{OF_ID}._eq"),
    ({"limit": 1.5}, "$.selectionSet.qa_ai.args.limit"),
    ({"limit": True}, "$.selectionSet.qa_ai.args.limit"),
    # No such column, operator or order.
    ({"where": {"nothing": {"_eq": 1}}, "limit": 5}, "$.selectionSet.qa_ai.args.where"),
    ({"where": {"id": {"_nothing": 1}}, "limit": 5}, OF_ID),
    ({"where": 5, "limit": 5}, "$.selectionSet.qa_ai.args.where"),
    ({"where": [], "limit": 5}, "$.selectionSet.qa_ai.args.where"),
    ({"order_by": {"id": "sideways"}, "limit": 5}, "$.selectionSet.qa_ai.args.order_by"),
]
INVALIDS = pytest.mark.parametrize(
    ("arguments", "path"), INVALID, ids=[json.dumps(arguments)[:90] for arguments, _ in INVALID]
)


@INVALIDS
def test_a_literal_that_is_no_value_is_an_error_at_its_place(
    arguments: Arguments, path: str
) -> None:
    answer = ask(call(arguments))
    (error, *_) = refused(answer)
    assert codes(answer) == {"validation-failed"}
    # The fault may be named more closely: the place in a list, the member that is not known.
    assert error["extensions"]["path"].startswith(path)
    assert store_requests() == 0


@INVALIDS
def test_a_variable_that_is_no_value_is_an_error(arguments: Arguments, path: str) -> None:
    answer = ask(call_by_variables(arguments), arguments)
    assert codes(answer) == {"validation-failed"}
    assert store_requests() == 0


INNER = ["_eq", "_neq", "_gt", "_gte", "_lt", "_lte"]


@pytest.mark.parametrize("variables", [{"value": None}, {}, None])
@pytest.mark.parametrize("operator", [*INNER, "_in", "_nin"])
def test_null_by_a_variable_or_by_none_is_no_value_to_compare_with(
    operator: str, variables: Mapping[str, Any] | None
) -> None:
    # Where graphql-core alone would drop the member, and so every row would be an answer.
    kind = "Int" if operator in INNER else "[Int!]"
    asked = f"""query ($value: {kind}) {{
      qa_ai(where: {{id: {{{operator}: $value}}}}, limit: 5) {{ id }}
    }}"""
    assert codes(ask(asked, variables)) == {"validation-failed"}
    assert store_requests() == 0


@pytest.mark.parametrize("variables", [{"ids": None}, {}])
def test_null_by_a_variable_is_no_comparison(variables: Mapping[str, Any]) -> None:
    asked = "query ($ids: Int_comparison_exp) { qa_ai(where: {id: $ids}, limit: 5) { id } }"
    assert codes(ask(asked, variables)) == {"validation-failed"}
    assert ids(data(ask(asked, {"ids": {"_eq": 100}}))) == [100]


@pytest.mark.parametrize("value", [*TOO_LARGE, 1.5, "100", "", True, [], {}, [100]])
def test_an_id_by_a_variable_must_be_an_integer_of_32_bits(value: Any) -> None:
    by_where = "query ($id: Int!) { qa_ai(where: {id: {_eq: $id}}) { id } }"
    by_key = "query ($id: Int!) { qa_ai_by_pk(id: $id) { id } }"
    for query in (by_where, by_key):
        assert codes(ask(query, {"id": value})) == {"validation-failed"}
        assert store_requests() == 0


@pytest.mark.parametrize(
    "query",
    [
        "query ($id: Int!) { qa_ai(where: {id: {_eq: $id}}) { id } }",
        "query ($id: Int!) { qa_ai_by_pk(id: $id) { id } }",
    ],
)
@pytest.mark.parametrize("variables", [None, {}, {"id": None}, {"di": 100}])
def test_a_variable_that_may_not_be_null_must_be_sent(
    query: str, variables: Mapping[str, Any] | None
) -> None:
    assert codes(ask(query, variables)) == {"validation-failed"}


@pytest.mark.parametrize(
    "argument", ["", "(id: null)", "(id: 2147483648)", '(id: "100")', "(ID: 1)"]
)
def test_a_key_must_be_an_integer(argument: str) -> None:
    assert codes(ask(f"{{ qa_ai_by_pk{argument} {{ id }} }}")) == {"validation-failed"}


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("{ nothing }", "$.selectionSet.nothing"),
        ("{ qa_ai(limit: 1) { nothing } }", "$.selectionSet.qa_ai.selectionSet.nothing"),
        ("{ qa_ai(limit: 1, nothing: 1) { id } }", "$.selectionSet.qa_ai"),
        ("{ qa_ai(limit: 1) }", "$.selectionSet.qa_ai"),
        ("{ qa_ai(limit: 1) { id { x } } }", "$.selectionSet.qa_ai.selectionSet.id"),
        ("{ qa_ai(limit: 1) { links } }", "$.selectionSet.qa_ai.selectionSet.links"),
        ("{ qa_ai(limit: $n) { id } }", "$"),
        ("query ($n: Nothing) { qa_ai(limit: $n) { id } }", "$"),
        ("query ($n: Boolean) { qa_ai(limit: $n) { id } }", "$"),
        ("{ qa_ai(limit: 1) { id @nothing } }", "$"),
        ("{ ...Nothing }", "$"),
        ("{ __typename } fragment Unused on qa_ai { id }", "$"),
        ("{ a: qa_ai_by_pk(id: 100) { id } a: qa_ai_by_pk(id: 101) { id } }", "$"),
        ("fragment F on qa_ai { id }", "$"),
        ("mutation { insert_qa_ai { affected_rows } }", "$"),
        ("subscription { qa_ai(limit: 1) { id } }", "$"),
        ("type T { id: Int }", "$"),
    ],
)
def test_rejects_invalid_queries(query: str, path: str) -> None:
    (error, *_) = refused(ask(query))
    assert error["extensions"]["code"] in {"validation-failed", "not-supported"}
    assert error["extensions"]["path"].startswith(path)
    assert store_requests() == 0


@pytest.mark.parametrize(
    "query", ["", " ", "{", "{ qa_ai", "qa_ai", "{ qa_ai(limit: 1) { } }", "{ a\0 }"]
)
def test_a_syntax_error_is_one_of_the_query(query: str) -> None:
    (error,) = refused(ask(query))
    assert error["extensions"] == {"code": "parse-failed", "path": "$.query"}


# ---- Shapes that are not served --------------------------------------------------------------

NOT_SUPPORTED: list[Arguments] = [
    # No limit, or one too many, where ids are not named.
    {},
    {"limit": None},
    {"limit": 101},
    {"limit": MAX_ID},
    {"where": {}},
    {"where": None},
    {"where": {"domain": {"_eq": 3}}},
    {"where": {"domain": {"_eq": 3}}, "limit": None},
    {"where": {"domain": {"_eq": 3}}, "limit": 101},
    {"where": {"id": {"_gt": 100}}},
    {"where": {"id": {"_neq": 100}}},
    {"where": {"_and": []}},
    {"order_by": {"id": "desc"}},
    {"limit": 5, "offset": 1_001},
    {"where": {"domain": {"_eq": 3}}, "limit": 5, "offset": 1_001},
    {"where": {"id": {"_in": list(range(1, 102))}}},
    {"where": {"id": {"_in": list(range(1, 102))}}, "limit": 5},
    # Conditions.
    {"where": {"_or": [{"id": {"_eq": 100}}, {"id": {"_eq": 101}}]}, "limit": 5},
    {"where": {"_not": {"id": {"_eq": 100}}}, "limit": 5},
    {"where": {"_and": [{"_not": {"domain": {"_eq": 3}}}]}, "limit": 5},
    {"where": {"domain": {"_in": [3, 5]}}, "limit": 5},
    {"where": {"domain": {"_gt": 3}}, "limit": 5},
    {"where": {"id": {"_is_null": False}}, "limit": 5},
    {"where": {"id": {"_eq": 100, "_is_null": False}}},
    {"where": {"srcId": {"_eq": 102}}, "limit": 5},
    {"where": {"id": {"_eq": 101}, "srcId": {"_eq": 102}}},
    # Orders.
    {"order_by": {"domain": "asc"}, "limit": 5},
    {"order_by": {"title": "asc"}, "limit": 5},
    {"order_by": [{"domain": "asc"}, {"id": "asc"}], "limit": 5},
]
NOT_SUPPORTED_AS_TEXTS = [
    '{ qa_ai(limit: 5, where: {title: {_eq: "The 100th"}}) { id } }',
    '{ qa_ai(limit: 5, where: {title: {_ilike: "%the%"}}) { id } }',
    '{ qa_ai(limit: 5, where: {text: {_like: "%the%"}}) { id } }',
    '{ qa_ai(limit: 5, where: {date: {_gt: "2026-01-01"}}) { id } }',
    "{ qa_ai(limit: 5, distinct_on: domain) { id } }",
    "{ qa_ai(limit: 5, distinct_on: [domain]) { id domain } }",
    "{ qa_ai_aggregate { aggregate { count } } }",
]


def check_not_supported(
    query: str, variables: Arguments | None = None, path: str = "$.selectionSet.qa_ai"
) -> None:
    """Expect a refusal that says which shapes are served, before anything is read."""
    (error,) = refused(ask(query, variables))
    assert error["extensions"]["code"] == "not-supported"
    assert error["extensions"]["path"].startswith(path)
    told = json.dumps(error)
    for served in ("_eq", "_in", "domain", "limit"):
        assert served in told
    assert store_requests() == 0


@pytest.mark.parametrize("arguments", NOT_SUPPORTED, ids=lambda each: json.dumps(each)[:90])
def test_other_shapes_are_not_supported(arguments: Arguments) -> None:
    check_not_supported(call(arguments))


@pytest.mark.parametrize("arguments", NOT_SUPPORTED, ids=lambda each: json.dumps(each)[:90])
def test_other_shapes_are_not_supported_as_variables(arguments: Arguments) -> None:
    check_not_supported(call_by_variables(ARGUMENTS), arguments, path="$")


@pytest.mark.parametrize("query", NOT_SUPPORTED_AS_TEXTS)
def test_other_features_of_hasura_are_not_supported(query: str) -> None:
    check_not_supported(query)


def test_one_unsupported_shape_refuses_the_whole_query() -> None:
    (error,) = refused(ask("{ good: qa_ai_by_pk(id: 100) { id } qa_ai { id } }"))
    assert error["extensions"]["code"] == "not-supported"
    assert store_requests() == 0


# ---- The language ----------------------------------------------------------------------------


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("directive", ["include", "skip"])
def test_an_excluded_field_is_absent(directive: str, shown: bool) -> None:
    condition = shown if directive == "include" else not shown
    query = f"""query ($so: Boolean!) {{
      a: qa_ai_by_pk(id: 100) @{directive}(if: $so) {{ id }}
      b: qa_ai(where: {{id: {{_eq: 101}}}}) {{ id title @{directive}(if: $so) }}
      ... on query_root @{directive}(if: $so) {{ c: __typename }}
      ...D @{directive}(if: $so)
    }}
    fragment D on query_root {{ d: __typename }}"""
    expected: dict[str, Any] = {"b": [{"id": 101}]}
    if shown:
        expected = {
            "a": {"id": 100},
            "b": [{"id": 101, "title": row(101)["title"]}],
            "c": "query_root",
            "d": "query_root",
        }
    for asked, variables in (
        (query, {"so": condition}),
        (query.replace("($so: Boolean!)", "").replace("$so", json.dumps(condition)), None),
    ):
        assert data(ask(asked, variables)) == expected


def test_excluded_fields_are_not_read() -> None:
    query = """query ($no: Boolean!) {
      a: qa_ai(where: {domain: {_eq: 3}}, limit: 5) @include(if: $no) { id }
      b: qa_ai_by_pk(id: 100) @skip(if: true) { id }
    }"""
    assert data(ask(query, {"no": False})) == {}
    assert store_requests() == 0


def test_the_page_query_of_web_clients() -> None:
    def titles(found: list[int]) -> list[dict[str, Any]]:
        return [{"id": each, "title": row(each)["title"]} for each in found]

    same = [each for each in reversed(ODD) if each != 101]
    expected: dict[str, Any] = {
        "self": [{name: row(101)[name] for name in ("id", "title", "text", "date")}],
        "linksarticle": titles(same[:8]),
        "linksbottom": [
            {"id": each, "title": row(each)["title"], "domain": row(each)["domain"]}
            for each in (100, 1)
        ],
        "source": titles([102]),
    }
    answered = data(ask(PAGE, PAGE_VARIABLES))
    assert answered == expected
    assert list(answered) == list(expected)
    without = data(ask(PAGE, {**PAGE_VARIABLES, "hasSrc": False, "hasSelf": False}))
    assert without == {name: expected[name] for name in ("linksarticle", "linksbottom")}
    # Where there is nothing, every list is empty.
    nowhere = {**PAGE_VARIABLES, "id": 1, "domain": 9, "srcId": MISSING}
    assert data(ask(PAGE, nowhere))["linksbottom"] == []
    assert data(ask(PAGE, nowhere))["source"] == []


def test_members_come_in_the_order_that_they_were_asked_in() -> None:
    query = """{
      z: qa_ai_by_pk(id: 100) { title id ...F date }
      a: __typename
      qa_ai(limit: 1) { text id }
    }
    fragment F on qa_ai { srcId id domain }"""
    answered = data(ask(query))
    assert list(answered) == ["z", "a", "qa_ai"]
    assert list(answered["z"]) == ["title", "id", "srcId", "domain", "date"]
    assert list(answered["qa_ai"][0]) == ["text", "id"]


def test_type_names() -> None:
    query = (
        "{ __typename qa_ai(limit: 1) { __typename } one: qa_ai_by_pk(id: 100) { t: __typename } }"
    )
    assert data(ask(query)) == {
        "__typename": "query_root",
        "qa_ai": [{"__typename": "qa_ai"}],
        "one": {"t": "qa_ai"},
    }


def test_aliases_fragments_and_merged_fields() -> None:
    query = """query Q($id: Int!) {
      ...Top
      one: qa_ai_by_pk(id: $id) { title }
      ... { two: qa_ai(where: {id: {_eq: $id}}) { ... on qa_ai { number: id } ...Row } }
    }
    fragment Top on query_root { one: qa_ai_by_pk(id: $id) { id links { url } ...Row } }
    fragment Row on qa_ai { id domain links { title } }"""
    links: list[dict[str, Any]] = [
        {"url": "https://example.com/a", "title": "Of one's own"},
        {"url": "https://example.com/b", "title": None},
    ]
    assert data(ask(query, {"id": 100})) == {
        "one": {"id": 100, "title": row(100)["title"], "domain": 3, "links": links},
        "two": [
            {
                "number": 100,
                "id": 100,
                "domain": 3,
                "links": [{"title": each["title"]} for each in links],
            }
        ],
    }


def test_the_same_field_with_other_arguments_under_aliases() -> None:
    query = """{
      a: qa_ai(limit: 1) { id }
      b: qa_ai(limit: 1, offset: 1) { id }
      c: qa_ai(limit: 1) { id }
    }"""
    first, second = [{"id": each} for each in ANYTHING[:2]]
    assert data(ask(query)) == {"a": [first], "b": [second], "c": [first]}


TWO = "query One { a: qa_ai_by_pk(id: 100) { id } } query Two { b: qa_ai_by_pk(id: 101) { id } }"


def test_the_operation_that_is_named_is_answered() -> None:
    assert data(ask(TWO, operation_name="One")) == {"a": {"id": 100}}
    assert data(ask(TWO, operation_name="Two")) == {"b": {"id": 101}}


@pytest.mark.parametrize("name", [None, "Three", "one"])
def test_one_of_several_operations_must_be_named(name: str | None) -> None:
    assert codes(ask(TWO, operation_name=name)) == {"validation-failed"}
    assert store_requests() == 0


def test_variables_with_defaults() -> None:
    query = """query ($ids: [Int!] = [100, 101], $n: Int = 1, $order: order_by = desc) {
      qa_ai(where: {id: {_in: $ids}}, limit: $n, order_by: {id: $order}) { id }
    }"""
    assert ids(data(ask(query))) == [101]
    assert ids(data(ask(query, {"n": 2}))) == [101, 100]
    assert ids(data(ask(query, {"n": None}))) == [101, 100]
    assert ids(data(ask(query, {"ids": [102], "order": "asc"}))) == [102]
    assert codes(ask(query, {"ids": None})) == {"validation-failed"}
    no_ids = "query ($n: Int = 2) { qa_ai(limit: $n) { id } }"
    assert ids(data(ask(no_ids))) == ANYTHING[:2]
    assert codes(ask(no_ids, {"n": None})) == {"not-supported"}
    null = """query ($n: Int = null, $id: Int = null) {
      qa_ai(where: {id: {_eq: $id}}, limit: $n) { id }
    }"""
    assert codes(ask(null)) == {"validation-failed"}
    assert ids(data(ask(null, {"id": 100}))) == [100]


def test_one_document_with_other_variables_has_other_answers() -> None:
    # The second time, neither is it parsed nor validated.
    for article_id in (100, 101, MISSING, 100):
        answered = data(
            ask(call_by_variables({"where": None}), {"where": {"id": {"_eq": article_id}}})
        )
        assert ids(answered) == [article_id] * (article_id != MISSING)
    assert codes(ask(call_by_variables({"where": None}), {"where": {}})) == {"not-supported"}
    assert codes(ask(call_by_variables({"where": None}), {"where": {"id": {"_eq": None}}})) == {
        "validation-failed"
    }


def test_a_condition_that_has_a_default_must_not_be_null() -> None:
    for place in ("a: __typename @include(if: $so)", "... @include(if: $so) { a: __typename }"):
        query = f"query ($so: Boolean = true) {{ {place} qa_ai_by_pk(id: 100) {{ id }} }}"
        assert data(ask(query)) == {"a": "query_root", "qa_ai_by_pk": {"id": 100}}
        assert codes(ask(query, {"so": None})) == {"validation-failed"}
    inner = "query ($so: Boolean = true) { qa_ai_by_pk(id: 100) { id @skip(if: $so) } }"
    assert data(ask(inner)) == {"qa_ai_by_pk": {}}
    assert codes(ask(inner, {"so": None})) == {"validation-failed"}


@pytest.mark.parametrize(
    "query",
    [
        "query ($x: Int = 100) { qa_ai_by_pk(id: $x) { id } }",
        "query ($x: Int = 100) { qa_ai(where: {id: {_in: [$x]}}) { id } }",
        "query ($x: qa_ai_bool_exp = {}) { qa_ai(where: {_and: [$x]}, limit: 1) { id } }",
        "query ($x: qa_ai_order_by = {id: asc}) { qa_ai(order_by: [$x], limit: 1) { id } }",
    ],
)
def test_null_where_only_the_default_may_be_left_out(query: str) -> None:
    assert data(ask(query))
    assert codes(ask(query, {"x": None})) == {"validation-failed"}


def test_variables_that_are_not_declared_are_not_looked_at() -> None:
    assert data(ask("{ __typename }", {"anything": [1, {"more": None}]}))


# ---- Introspection ---------------------------------------------------------------------------


def test_types_are_named_as_hasura_names_them() -> None:
    schema = data(ask("{ __schema { queryType { name } types { name kind } } }"))["__schema"]
    assert schema["queryType"] == {"name": "query_root"}
    kinds = {each["name"]: each["kind"] for each in schema["types"]}
    expected = {
        "query_root": "OBJECT",
        "qa_ai": "OBJECT",
        "qa_ai_bool_exp": "INPUT_OBJECT",
        "qa_ai_order_by": "INPUT_OBJECT",
        "order_by": "ENUM",
        "Int_comparison_exp": "INPUT_OBJECT",
    }
    assert kinds.items() >= expected.items()
    assert store_requests() == 0


@pytest.mark.parametrize(
    ("name", "member", "expected"),
    [
        ("query_root", "fields", {"qa_ai", "qa_ai_by_pk"}),
        ("qa_ai", "fields", {"id", "domain", "title", "text", "date", "srcId", "links"}),
        ("qa_ai_bool_exp", "inputFields", {"_and", "id", "domain"}),
        ("qa_ai_order_by", "inputFields", {"id"}),
        ("order_by", "enumValues", {"asc", "desc"}),
        (
            "Int_comparison_exp",
            "inputFields",
            {"_eq", "_neq", "_in", "_nin", "_gt", "_gte", "_lt", "_lte"},
        ),
    ],
)
def test_types_have_the_members_that_are_served(name: str, member: str, expected: set[str]) -> None:
    found = data(ask(f'{{ __type(name: "{name}") {{ {member} {{ name }} }} }}'))["__type"]
    assert {each["name"] for each in found[member]} >= expected


def test_the_arguments_of_the_fields() -> None:
    fields = data(
        ask('{ __type(name: "query_root") { fields { name args { name type { kind name } } } } }')
    )["__type"]["fields"]
    arguments = {
        each["name"]: {one["name"]: one["type"]["name"] for one in each["args"]} for each in fields
    }
    assert (
        arguments["qa_ai"].items()
        >= {
            "where": "qa_ai_bool_exp",
            "order_by": None,  # a list
            "limit": "Int",
            "offset": "Int",
        }.items()
    )
    assert set(arguments["qa_ai_by_pk"]) == {"id"}


def test_the_introspection_query_of_tools_is_answered() -> None:
    # Its depth and its fields are within the limits.
    asked = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    assert data(ask(asked))["__schema"]["queryType"]["name"] == "query_root"
