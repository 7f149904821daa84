"""Whoever asks for too much is refused in bounded time, before anything is read."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from seealso.limits import MAX_ID
from tests.graphql.conftest import LARGE, LARGE_DOMAIN, LARGE_TEXT, PUBLISHED, ids_where
from tests.graphql.requests import (
    PAGE,
    PAGE_VARIABLES,
    ask,
    call,
    codes,
    data,
    ids,
    post,
    store_requests,
    timed,
)
from tests.support import engines
from tests.support.gateway import Response, get

type Attack = tuple[str, dict[str, Any]]

# Five times what the most expensive of them takes; without limits they take many seconds or never
# end. It is CPU time, so that a busy machine adds little to it.
CPU_SECONDS = 2.0
MAX_BODY_BYTES = 65_536
MAX_ANSWER_CHARACTERS = 6 * 1024 * 1024  # of a Lambda function, as JSON
# The others count an item as one unit, whatever its size.
COUNTING = [name for name in engines.names() if name in ("dynamodb-local", "address")]
DEPTH, FIELDS, TOP_FIELDS, DIRECTIVES, READ_UNITS = 20, 500, 50, 100, 200

pytestmark = pytest.mark.usefixtures("network")


def aliases(count: int, field: str) -> str:
    """A field that often, each time under another name; `#` in it is the number."""
    return " ".join(f"a{each}: {field.replace('#', str(each))}" for each in range(count))


def repeated(count: int, text: str) -> str:
    """A text that often; `#` in it is the number."""
    return " ".join(text.replace("#", str(each)) for each in range(count))


def nested(opening: str, inner: str, closing: str, times: int) -> str:
    return opening * times + inner + closing * times


def laughs(fragments: int, spreads: int, on: str, last: str) -> str:
    """Fragments that spread the next one so many times each; the last selects something."""
    made = [
        f"fragment f{each} on {on} {{ {f'...f{each + 1} ' * spreads}}}" for each in range(fragments)
    ]
    return " ".join([*made, f"fragment f{fragments} on {on} {{ {last} }}"])


def check(answer: Response, seconds: float, sent: int) -> None:
    """What holds for every refusal of a request of so many bytes."""
    assert "unexpected" not in codes(answer)
    assert store_requests() == 0
    assert seconds < CPU_SECONDS
    # Many errors, or a long name in each of them, make no answer of megabytes.
    assert len(answer.body.encode()) < 30_000 + 2 * sent


def check_refused(query: str, variables: dict[str, Any] | None = None) -> set[str]:
    """Ask, expect a refusal in bounded time and without a read; returns its codes."""
    sent = len(json.dumps({"query": query, "variables": variables}))
    assert sent <= MAX_BODY_BYTES  # else it would be refused for this alone
    answer, seconds = timed(lambda: ask(query, variables))
    assert answer.status == 200
    check(answer, seconds, sent)
    return codes(answer)


# ---- What must work --------------------------------------------------------------------------

PAGES = [100, 101, 103, 110, 119, 201, 225, 400]


def page_fields(article_id: int) -> str:
    """The four fields of the page query with an article's values, under names of its own."""
    values = {"$id": article_id, "$domain": PUBLISHED[article_id].domain, "$srcId": 102}
    fields = PAGE[PAGE.index("{") + 1 : PAGE.rindex("}")]
    for name in ("$hasSelf", "$hasSrc"):
        fields = fields.replace(f"@include(if: {name})", "")
    for name, value in values.items():
        fields = fields.replace(name, str(value))
    for name in ("self", "linksarticle", "linksbottom", "source"):
        fields = fields.replace(f"{name}:", f"{name}{article_id}:")
    return fields


def test_30_fields_of_the_page_querys_kinds_are_served() -> None:
    assert len(PAGES) * 4 >= 30
    expected: dict[str, Any] = {}
    for article_id in PAGES:
        its = {"id": article_id, "domain": PUBLISHED[article_id].domain}
        alone = data(ask(PAGE, PAGE_VARIABLES | its))
        expected |= {f"{name}{article_id}": rows for name, rows in alone.items()}
    assert data(ask("{" + "".join(map(page_fields, PAGES)) + "}")) == expected


def test_a_depth_of_10_is_served() -> None:
    asked = nested("{ ... on query_root ", "{ __typename }", "}", 9)
    assert data(ask(asked)) == {"__typename": "query_root"}
    where = nested("{_and: [", "{id: {_eq: 100}}", "]}", 10)
    assert ids(data(ask(f"{{ qa_ai(where: {where}) {{ id }} }}"))) == [100]
    by_variable = json.loads(nested('{"_and": [', '{"id": {"_eq": 100}}', "]}", 10))
    asked = "query ($where: qa_ai_bool_exp) { qa_ai(where: $where) { id } }"
    assert ids(data(ask(asked, {"where": by_variable}))) == [100]


def test_100_values_in_a_list_are_served() -> None:
    hundred = list(range(101, 201))
    expected = ids_where(lambda each: each.id in hundred)
    assert ids(data(ask(call({"where": {"id": {"_in": hundred}}})))) == expected
    domains = [*range(1, 6), *range(1001, 1096)]
    expected = ids_where(lambda each: each.domain not in domains)
    arguments = {"where": {"domain": {"_nin": domains}}, "limit": 100}
    assert ids(data(ask(call(arguments)))) == expected


def test_a_document_of_10_000_bytes_is_served() -> None:
    field = "qa_ai(where: {id: {_eq: $id}}, limit: 1) { id title date text links { url title } }"
    query = f"query ($id: Int!) {{ {aliases(30, field)} }} #" + " and a comment" * 600
    assert len(query) > 10_000
    rows = list(data(ask(query, {"id": 100})).values())
    assert rows == [rows[0]] * 30


def largest(more: int) -> dict[str, str]:
    """Documents that reach a limit, or go beyond it by so much."""
    row = "{{ qa_ai_by_pk(id: 100) {{ {} }} }}"
    return {
        "fields at the top": "{" + aliases(TOP_FIELDS + more, "__typename") + "}",
        "fields": row.format(aliases(FIELDS - 1 + more, "id")),
        "depth": nested("{ ... ", "{ __typename }", "}", DEPTH - 1 + more),
        "directives": row.format(aliases(DIRECTIVES + more, "id @skip(if: true)")),
    }


@pytest.mark.parametrize("limit", largest(0))
def test_limits_may_be_reached_and_not_exceeded(limit: str) -> None:
    assert data(ask(largest(0)[limit])) is not None
    assert check_refused(largest(1)[limit]) == {"too-expensive"}


# ---- Documents that are too large --------------------------------------------------------------

DEEP_WHERE = nested("{_and: [", "{id: {_eq: 100}}", "]}", 500)

TOO_EXPENSIVE = {
    "1,000 aliases of a read": "{" + aliases(1000, "qa_ai_by_pk(id: #) {id}") + "}",
    "1,000 aliases of no read": "{" + aliases(1000, "__typename") + "}",
    "1,000 aliases of introspection": "{" + aliases(1000, '__type(name: "qa_ai") {name}') + "}",
    "1,000 aliases in a row": "{ qa_ai_by_pk(id: 100) {" + aliases(1000, "text") + "} }",
    "1,000 aliases in a link": "{ qa_ai(limit: 1) { links {" + aliases(1000, "url") + "} } }",
    "1,000 times the same field": "{" + "__typename " * 1000 + "}",
    "800 aliases in inline fragments": "{" + repeated(800, "... { a#: __typename }") + "}",
    "100 aliases by a fragment": (
        "{ ...F } fragment F on query_root {" + aliases(100, "__typename") + "}"
    ),
    "100 aliases by fragments": (
        "{" + repeated(100, "...f#") + "}"
        + repeated(100, "fragment f# on query_root { a#: __typename }")
    ),
    "20 times 40 fields by a fragment": (
        "{" + aliases(20, "qa_ai_by_pk(id: 100) { ...F }") + "}"
        "fragment F on qa_ai {" + aliases(40, "title") + "}"
    ),
    "depth 500": nested("{ links ", "{ id }", "}", 500),
    "depth 500 in inline fragments": nested("{ ... ", "{ __typename }", "}", 500),
    "depth 500 of introspection": "{ __schema { types " + nested("{ ofType ", "{ name }", "}", 500)
    + "} }",
    "depth 500 of a condition": f"{{ qa_ai(where: {DEEP_WHERE}) {{ id }} }}",
    "depth 500 of a default": (
        f"query ($w: qa_ai_bool_exp = {DEEP_WHERE}) {{ qa_ai(where: $w) {{ id }} }}"
    ),
    "depth 500 of fragments": (
        "{ ...f0 }"
        + " ".join(f"fragment f{n} on query_root {{ ...f{n + 1} }}" for n in range(500))
        + "fragment f500 on query_root { __typename }"
    ),
    "directives on a field": "{ __typename " + "@include(if: true) " * 500 + "}",
    "unknown directives on a field": "{ __typename " + "@a" * 2000 + "}",
    "directives on fields": "{ qa_ai_by_pk(id: 1) {" + aliases(400, "id @skip(if: true)") + "} }",
    "directives on an operation": "query " + "@a " * 1000 + "{ __typename }",
    "directives on a fragment": (
        "{ ...F } fragment F on query_root " + "@a " * 1000 + "{ __typename }"
    ),
    "directives on a spread": (
        "{ ...F " + "@include(if: true) " * 500 + "} fragment F on query_root { __typename }"
    ),
    "directives on an inline fragment": "{ ... " + "@skip(if: false) " * 500 + "{ __typename } }",
    "directives on a variable": "query ($a: Int " + "@a " * 1000 + ") { __typename }",
    "a billion laughs": "{ ...f0 } " + laughs(10, 10, "query_root", "__typename"),
    "a billion laughs in a row": (
        "{ qa_ai_by_pk(id: 100) { ...f0 } } " + laughs(10, 10, "qa_ai", "text")
    ),
    "a billion laughs in introspection": (
        "{ __schema { types { ...f0 } } } " + laughs(10, 10, "__Type", "name")
    ),
    "2 ^ 100 laughs": "{ ...f0 } " + laughs(100, 2, "query_root", "__typename"),
    "100 times 100 laughs": (
        "{" + "...f0 " * 100 + "} " + laughs(1, 100, "query_root", "__typename")
    ),
    "2,000 operations": repeated(2000, "query q# { __typename }"),
    "2,000 fragments": "{ __typename }" + repeated(2000, "fragment f# on qa_ai { id }"),
    "2,000 variables": "query (" + repeated(2000, "$v#: Int") + ") { __typename }",
    "2,000 arguments": "{ qa_ai(" + "limit: 1 " * 2000 + ") { id } }",
    "6,000 values": call({"where": {"id": {"_in": [1] * 6000}}}),
    "500 ids by name": "{" + " ".join(
        f"a{n}: qa_ai(where: {{id: {{_in: {list(range(n, n + 100))}}}}}) {{id}}"
        for n in range(1, 501, 100)
    ) + "}",
    "1,000 conditions": "{ qa_ai(limit: 1, where: {_and: ["
    + repeated(1000, "{id: {_neq: #}}") + "]}) { id } }",
}  # fmt: skip


@pytest.mark.parametrize("attack", TOO_EXPENSIVE)
def test_too_large_documents_are_refused_unread(attack: str) -> None:
    assert check_refused(TOO_EXPENSIVE[attack]) == {"too-expensive"}


CYCLES = {
    "itself": "{ ...A } fragment A on query_root { ...A }",
    "itself, with a field": "{ ...A } fragment A on query_root { __typename ...A }",
    "itself, below a field": "{ qa_ai(limit: 1) { ...A } } fragment A on qa_ai { links { ...A } }",
    "itself, in an inline fragment": "{ ...A } fragment A on query_root { ... { ...A } }",
    "itself, excluded": "{ ...A } fragment A on query_root { __typename ...A @skip(if: true) }",
    "two": "{ ...A } fragment A on query_root { ...B } fragment B on query_root { ...A }",
    "two, unused": (
        "{ __typename } fragment A on query_root { ...B } fragment B on query_root { ...A }"
    ),
    "ten": "{ ...f0 }" + " ".join(
        f"fragment f{n} on query_root {{ ...f{(n + 1) % 10} }}" for n in range(10)
    ),
    "each with each": (
        "{ ...f0 }" + repeated(30, f"fragment f# on query_root {{ {repeated(30, '...f#')} }}")
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", CYCLES)
def test_fragment_cycles_are_refused_unread(attack: str) -> None:
    assert check_refused(CYCLES[attack]) == {"validation-failed"}


def test_200_kb_are_refused_unread() -> None:
    query = "{ __typename } #" + "x" * 200_000
    for asked in (
        lambda: post(with_query(query)),
        lambda: post(with_query(query).encode()),
        lambda: post(with_query("{ __typename }", variables={"x": query})),
        lambda: get(f"/graphql?query={quote(query)}"),
    ):
        answer, seconds = timed(asked)
        check(answer, seconds, 0)


# ---- Documents that are wrong at length --------------------------------------------------------

DIGITS = "9" * 10_000
NAME = "n" * 28_000
DEEP = 2_000  # too deep for a parser that calls itself, in few tokens
IDS = "query ($ids: [Int!]!) { qa_ai(where: {id: {_in: $ids}}) { id } }"
WHERE = "query ($where: qa_ai_bool_exp) { qa_ai(where: $where, limit: 1) { id } }"

WRONG = {
    # Numbers.
    "10,000 digits": f"{{ qa_ai_by_pk(id: {DIGITS}) {{ id }} }}",
    "10,000 digits below zero": f"{{ qa_ai(limit: -{DIGITS}) {{ id }} }}",
    "10,000 digits in a list": f"{{ qa_ai(where: {{id: {{_in: [{DIGITS}]}}}}) {{ id }} }}",
    "10,000 digits of a fraction": f"{{ qa_ai(limit: 1.{DIGITS}) {{ id }} }}",
    "10,000 digits of an exponent": f"{{ qa_ai(limit: 1e{DIGITS}) {{ id }} }}",
    "a huge exponent": "{ qa_ai(limit: 1e999999999) { id } }",
    "10,000 digits as a default": (
        f"query ($id: Int = {DIGITS}) {{ qa_ai(where: {{id: {{_eq: $id}}}}) {{ id }} }}"
    ),
    "10,000 digits as a condition": f"{{ __typename @skip(if: {DIGITS}) }}",
    "10,000 digits as a name": f"{{ __type(name: {DIGITS}) {{ name }} }}",
    # Names and texts.
    "a long field": f"{{ {NAME} }}",
    "a long argument": f"{{ qa_ai({NAME}: 1) {{ id }} }}",
    "a long column": f"{{ qa_ai(limit: 1, where: {{{NAME}: 1}}) {{ id }} }}",
    "a long enum value": f"{{ qa_ai(limit: 1, order_by: {{id: {NAME}}}) {{ id }} }}",
    "a long type": f"query ($a: {NAME}) {{ __typename }}",
    "a long directive": f"{{ __typename @{NAME} }}",
    "a long variable": f"{{ qa_ai(limit: ${NAME}) {{ id }} }}",
    "a long spread": f"{{ ...{NAME} }}",
    "a long operation that errors name": (
        f"query {NAME} {{" + aliases(45, "qa_ai(limit: $v#) { id }") + "}"
    ),
    "a long fragment that errors name": (
        f"{{ qa_ai_by_pk(id: 1) {{ ...{NAME} }} }} fragment {NAME} on qa_ai {{"
        + aliases(100, "id(v: $v#)") + "}"
    ),
    "a long text": f'{{ qa_ai(limit: 1, where: {{title: {{_eq: "{NAME}"}}}}) {{ id }} }}',
    "a long text as a number": f'{{ qa_ai(limit: "{NAME}") {{ id }} }}',
    "a long block text": '{ qa_ai(limit: """' + "  x\n" * 10_000 + '""") { id } }',
    "a long text of escapes": '{ qa_ai(limit: "' + r"\u{1F600}" * 5_000 + '") { id } }',
    "an endless text": '{ qa_ai(limit: "' + "x" * 50_000,
    "an endless block text": '{ qa_ai(limit: """' + "\n" * 30_000,
    # Nesting.
    "selections": "{a" * DEEP + "}" * DEEP,
    "selections without an end": "{a" * 20_000,
    "braces": "{" * 60_000,
    "parentheses": "{a" + "(" * 60_000,
    "lists": f"{{ qa_ai(where: {{id: {{_in: {nested('[', '1', ']', DEEP)}}}}}) {{ id }} }}",
    "lists without an end": "{ qa_ai(limit: " + "[" * 60_000,
    "objects": f"{{ qa_ai(limit: {nested('{a:', '1', '}', DEEP // 2)}) {{ id }} }}",
    "objects without an end": "{ qa_ai(limit: " + "{a:" * 20_000,
    "list types": f"query ($a: {nested('[', 'Int', ']', DEEP)}) {{ __typename }}",
    "list types without an end": "query ($a: " + "[" * 60_000,
    "lists as a default": (
        f"query ($n: [Int!] = {nested('[', '1', ']', DEEP)}) {{ qa_ai(limit: $n) {{ id }} }}"
    ),
    "lists in a directive": f"{{ __typename @skip(if: {nested('[', '1', ']', DEEP)}) }}",
    # Errors by the hundred.
    "unknown fields": "{ qa_ai_by_pk(id: 1) {" + aliases(450, "titlf") + "} }",
    "unknown types": "query (" + repeated(900, "$v#: qa_ay") + ") { __typename }",
    "unknown variables": "{" + aliases(45, "qa_ai(limit: $v#) { id }") + "}",
    "variables that nobody uses": "query (" + repeated(900, "$v#: Int") + ") { __typename }",
    "the same variable": "query (" + "$v: Int " * 900 + ") { qa_ai(limit: $v) { id } }",
    "the same argument": "{ qa_ai(" + "limit: 1 " * 900 + ") { id } }",
    "the same member": "{ qa_ai(limit: 1, where: {" + "_and: [] " * 900 + "}) { id } }",
    "the same operation": "query Q { __typename } " * 900,
    "the same fragment": "{ ...F } " + "fragment F on query_root { __typename } " * 600,
    "fragments that nobody uses": (
        "{ __typename }" + repeated(600, "fragment f# on qa_ai { id }")
    ),
    "definitions of types": repeated(700, "type T# { a: Int }"),
    # Each of these fields is compared with each other one.
    "fields that conflict": "{ qa_ai_by_pk(id: 1) {" + "x: id x: title " * 240 + "} }",
    "fields that conflict by arguments": "{" + repeated(50, "x: qa_ai(limit: #) { id }") + "}",
    "fields that conflict below others": (
        "{" + f"x: qa_ai_by_pk(id: 1) {{ {'y: id y: title ' * 4} }}" * 50 + "}"
    ),
    "fields that conflict in fragments": (
        "{ qa_ai_by_pk(id: 1) {" + repeated(100, "...f# ...g#") + "} }"
        + repeated(100, "fragment f# on qa_ai { x#: id y: id }")
        + repeated(100, "fragment g# on qa_ai { z#: id y: title }")
    ),
    # Laughs that are not on the way of the operation.
    "laughs that nobody uses": "{ __typename }" + laughs(10, 10, "query_root", "__typename"),
    "2 ^ 100 laughs that nobody uses": (
        "{ __typename }" + laughs(100, 2, "query_root", "__typename")
    ),
    "a cycle of a hundred": "{ ...f0 }" + " ".join(
        f"fragment f{n} on query_root {{ ...f{(n + 1) % 100} }}" for n in range(100)
    ),
    "laughs that end in a cycle": "{ ...f0 }" + laughs(10, 10, "query_root", "__typename ...f0"),
    # Characters.
    "NUL": "{ __typename \0 }",
    "NULs": "\0" * 10_000,
    "a BOM inside": "{ __type\ufeffname }",
    "an escaped half of a surrogate pair": r'{ qa_ai(limit: "\ud800") { id } }',
    "an escaped code point of half a pair": r'{ qa_ai(limit: "\u{D800}") { id } }',
    "an escaped code point that is none": r'{ qa_ai(limit: "\u{FFFFFFFFFF}") { id } }',
}  # fmt: skip


@pytest.mark.parametrize("attack", WRONG)
def test_wrong_documents_are_refused_unread(attack: str) -> None:
    check_refused(WRONG[attack])


WRONG_VARIABLES: dict[str, Attack] = {
    "10,000 ids": (IDS, {"ids": list(range(10_000))}),
    "10,000 ids that are none": (IDS, {"ids": ["x"] * 10_000}),
    "an id of 10,000 digits as a text": (IDS, {"ids": [DIGITS]}),
    "a long text as a number": (IDS, {"ids": NAME}),
    "3,000 columns that are none": (WHERE, {"where": {f"column{n}": 1 for n in range(3_000)}}),
    "a long column": (WHERE, {"where": {NAME: 1}}),
    "an object that errors name": (
        WHERE,
        {"where": {"_and": [{"id": {"_eq": {"x": [n] * 300}}} for n in range(40)]}},
    ),
    "3,000 orders that are none": (
        "query ($order: [qa_ai_order_by!]) { qa_ai(order_by: $order, limit: 1) { id } }",
        {"order": [{"id": "down"}] * 3_000},
    ),
    "a long text in each of 40 variables": (
        f"query ({repeated(40, '$v#: Int')}) {{ {aliases(40, 'qa_ai(limit: $v#) { id }')} }}",
        {f"v{n}": "x" * 1_200 for n in range(40)},
    ),
    "a long variable that is not sent": (
        f"query (${NAME}: Int!) {{ qa_ai(limit: ${NAME}) {{ id }} }}",
        {},
    ),
}


@pytest.mark.parametrize("attack", WRONG_VARIABLES)
def test_wrong_variables_are_refused_unread(attack: str) -> None:
    check_refused(*WRONG_VARIABLES[attack])


# ---- Bodies, headers, query strings ------------------------------------------------------------


def with_where(value: str) -> str:
    """A body with this JSON as the condition."""
    return f'{{"query": {json.dumps(WHERE)}, "variables": {{"where": {value}}}}}'


def with_query(query: str, **members: Any) -> str:
    return json.dumps({"query": query, **members})


TWO_OPERATIONS = "query A { __typename } query B { __typename }"

BODIES: dict[str, str | bytes] = {
    "a batch of 1,000": json.dumps([{"query": "{ __typename }"}] * 1_000),
    "a batch in a batch": '[[{"query": "{ __typename }"}]]',
    "lists 10,000 deep": nested("[", "", "]", 10_000),
    "lists without an end": "[" * 60_000,
    "objects 9,000 deep": nested('{"a":', "1", "}", 9_000),
    "objects without an end": '{"a":' * 12_000,
    "variables 10,000 deep": with_where(nested("[", "", "]", 10_000)),
    "conditions 5,000 deep": with_where(nested('{"_and":[', "{}", "]}", 5_000)),
    "conditions 200 deep": with_where(nested('{"_and":[', "{}", "]}", 200)),
    "conditions 30 deep": with_where(nested('{"_and":[', "{}", "]}", 30)),
    "conditions 5,000 deep without lists": with_where(nested('{"_and":', "[]", "}", 5_000)),
    "extensions 10,000 deep": (
        '{"query": "{ nothing }", "extensions": {"a": ' + nested("[", "", "]", 10_000) + "}}"
    ),
    "10,000 digits": with_where(f'{{"id": {{"_eq": {DIGITS}}}}}'),
    "10,000 digits below zero": with_where(f'{{"id": {{"_eq": -{DIGITS}}}}}'),
    "10,000 digits of a fraction": with_where(f'{{"id": {{"_eq": 1.{DIGITS}}}}}'),
    "10,000 digits of an exponent": with_where(f'{{"id": {{"_eq": 1e{DIGITS}}}}}'),
    "an infinite number": with_where('{"id": {"_eq": 1e400}}'),
    "half a surrogate pair in a text": with_query('{ qa_ai(limit: "\ud800") { id } }'),
    "half a surrogate pair as a field": with_query("{ \ud800 }"),
    "half a surrogate pair as a column": with_where(r'{"\ud800": 1}'),
    "half a surrogate pair as a value": with_where(r'{"id": {"_eq": "\udfff"}}'),
    "half a surrogate pair as a name": with_query(TWO_OPERATIONS, operationName="\ud800"),
    "NUL as a name": with_query(TWO_OPERATIONS, operationName="\0"),
    "a long name": with_query(TWO_OPERATIONS, operationName=NAME),
    "no UTF-8": b'{"query": "\xff\xfe{ __typename }"}',
    "half a character": b'{"query": "{ __typename }\xe2\x80',
    "blanks": " " * 60_000,
    "the same member": "{" + ", ".join(['"variables": {}'] * 3_500) + "}",
}  # fmt: skip


@pytest.mark.parametrize("attack", BODIES)
def test_bodies_made_to_hurt_are_refused_unread(attack: str) -> None:
    body = BODIES[attack]
    assert len(body) <= MAX_BODY_BYTES
    answer, seconds = timed(lambda: post(body))
    assert answer.status in (200, 400)
    check(answer, seconds, len(body))


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "a/b;q=0.1," * 1_000},
        {"accept": ";" * 10_000},
        {"accept": "application/graphql-response+json" + ";x" * 4_000},
        {"accept": '"' * 10_000},
        {"accept": " " * 10_000 + "x"},
        {"accept": "a/b;q=" + "0" * 10_000},
        {"accept": "application/graphql-response+json;q=nan"},
        {"content-type": "application/json" + ";" * 10_000},
        {"content-type": "a" * 10_000},
        {"if-none-match": '"' * 10_000},
        {"if-none-match": 'W/"' * 3_000},
    ],
    ids=lambda headers: " ".join(f"{name}: {value[-20:]}" for name, value in headers.items()),
)
def test_headers_made_to_hurt_are_read_in_bounded_time(headers: dict[str, str]) -> None:
    for asked in (
        lambda: post(with_query("{ __typename }"), headers),
        lambda: get(f"/graphql?query={quote('{ __typename }')}", headers),
    ):
        answer, seconds = timed(asked)
        assert seconds < CPU_SECONDS
        assert answer.status in (200, 415)


@pytest.mark.parametrize(
    "query",
    [
        "&" * 9_000,
        "query=" + "%7B" * 3_000,
        "query=%7Ba" + "%00" * 3_000,
        "query=%ff%fe",
        "query=%ed%a0%80",
        "query=%7Ba%7D&variables=" + "[" * 9_000,
        "%" * 9_000,
    ],
    ids=lambda query: query[:40],
)
def test_query_strings_made_to_hurt_are_refused_unread(query: str) -> None:
    answer, seconds = timed(lambda: get(f"/graphql?{query}"))
    check(answer, seconds, len(query))


# ---- What may be answered, but not at any price ------------------------------------------------

WHOLE_TYPE = "name kind fields { name args { name } type { name } } inputFields { name }"

EXPENSIVE: dict[str, Attack] = {
    "comments": ("#\n" * 20_000 + "{ __typename }", {}),
    "a long comment": ("#" + "x" * 60_000 + "\n{ __typename }", {}),
    "commas": ("{" + "," * 60_000 + "__typename }", {}),
    "lines": ("{" + "\r\n" * 15_000 + "__typename }", {}),
    "BOMs": ("\ufeff" * 10_000 + "{ __typename }", {}),
    "a long alias": (f"{{ {NAME}: __typename }}", {}),
    "a long operation": (f"query {NAME} {{ __typename }}", {}),
    "a long fragment": (f"{{ ...{NAME} }} fragment {NAME} on query_root {{ __typename }}", {}),
    "a long name of a type": (f'{{ __type(name: "{NAME}") {{ name }} }}', {}),
    "half a surrogate pair as the name of a type": (
        "query ($name: String!) { __type(name: $name) { name } }",
        {"name": "\ud800"},
    ),
    # Introspection that grows with each level.
    "all types, often": ("{" + aliases(40, f"__schema {{ types {{ {WHOLE_TYPE} }} }}") + "}", {}),
    "a type, often": ("{" + aliases(40, f'__type(name: "__Type") {{ {WHOLE_TYPE} }}') + "}", {}),
    "fields of types of fields": (
        "{ __schema { types {" + nested("fields { type { ", "name", "} } ", 8) + "} } }",
        {},
    ),
    "fields of lists' types of fields": (
        "{ __schema { types {" + nested("fields { type { ofType { ", "name", "} } } ", 5) + "} } }",
        {},
    ),
    "fields of any types of fields": (
        "{ __schema { types { ...f0 } } }"
        + " ".join(
            f"fragment f{n} on __Type {{ fields {{ type {{ ...f{n + 1} ofType {{ ...f{n + 1}"
            f" ofType {{ ...f{n + 1} ofType {{ ...f{n + 1} }} }} }} }} }} }}"
            for n in range(3)
        )
        + "fragment f3 on __Type { name }",
        {},
    ),
    # Much to compare.
    "the same fields": ("{ qa_ai_by_pk(id: 100) {" + "id title " * 240 + "} }", {}),
    "the same rows": ("{" + "qa_ai_by_pk(id: 100) { id title date } " * 45 + "}", {}),
    "fragments in pairs": (
        "{ qa_ai_by_pk(id: 100) {" + repeated(300, "...f#") + "} }"
        + repeated(300, "fragment f# on qa_ai { id }"),
        {},
    ),
    "300 operations with 280 fragments each": (
        repeated(300, "query q# { ...f0 }")
        + " ".join(f"fragment f{n} on query_root {{ ...f{n + 1} }}" for n in range(280))
        + "fragment f280 on query_root { __typename }",
        {},
    ),
    "excluded laughs": (
        "{ __typename ...f0 @skip(if: true) } " + laughs(10, 10, "query_root", "__typename"),
        {},
    ),
    "laughs of another operation": (
        "query Q { __typename } query R { ...f0 }" + laughs(10, 10, "query_root", "__typename"),
        {},
    ),
    # Much that is not looked at.
    "3,500 variables that are not declared": (
        "{ __typename }",
        {f"v{n}": n for n in range(3_500)},
    ),
    "a variable of 7,000 lists": ("{ __typename }", {"x": [[n] for n in range(7_000)]}),
    "a variable with half a surrogate pair": ("{ __typename }", {"x": "\ud800"}),
}  # fmt: skip


@pytest.mark.parametrize("attack", EXPENSIVE)
def test_expensive_documents_are_answered_or_refused_in_bounded_time(attack: str) -> None:
    query, variables = EXPENSIVE[attack]
    answered = answered_or_refused(query, variables)
    assert answered is None or answered


def answered_or_refused(query: str, variables: dict[str, Any]) -> dict[str, Any] | None:
    """The data of the answer, None where it is a refusal; either way in bounded time."""
    sent = len(json.dumps({"query": query, "variables": variables}))
    assert sent <= MAX_BODY_BYTES
    answer, seconds = timed(lambda: ask(query, variables))
    assert seconds < CPU_SECONDS
    if "errors" not in answer.json():
        found: dict[str, Any] = data(answer)
        return found
    check(answer, seconds, sent)
    return None


CONDITIONS = {"_and": [{"id": {"_neq": each}} for each in range(2_300)]}
DOMAINS = {"domain": {"_nin": list(range(10, 8_000))}}
MANY_PLACES = (
    "query ($where: qa_ai_bool_exp) {" + aliases(45, "qa_ai(where: $where, limit: 1) { id }") + "}"
)


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        (
            "{ qa_ai(limit: 1, where: {_and: [" + repeated(400, "{id: {_neq: #}}") + "]}) { id } }",
            {},
            400,
        ),
        (WHERE, {"where": CONDITIONS}, MAX_ID),
        (WHERE, {"where": DOMAINS}, 1),
        (MANY_PLACES, {"where": CONDITIONS}, MAX_ID),
        (MANY_PLACES, {"where": DOMAINS}, 1),
    ],
    ids=["literals", "ids", "domains", "ids at 45 places", "domains at 45 places"],
)
def test_many_conditions_are_all_met_or_refused_in_bounded_time(
    query: str, variables: dict[str, Any], expected: int
) -> None:
    answered = answered_or_refused(query, variables) or {}
    assert all(rows == [{"id": expected}] for rows in answered.values())


def test_reads_end_soon_after_their_limit() -> None:
    # Nothing is left of the timeline, and each place looks for long runs of a hundred domains.
    domains = [*{article.domain for article in PUBLISHED.values()}, *range(1000, 1095)]
    place = "qa_ai(where: {domain: {_nin: $domains}}, limit: 1, offset: #) { id }"
    answer = ask(f"query ($domains: [Int!]) {{ {aliases(45, place)} }}", {"domains": domains})
    if "errors" in answer.json():
        assert codes(answer) == {"too-expensive"}
    else:
        assert all(rows == [] for rows in data(answer).values())
    # Half a read unit is the least that a request costs.
    assert 0 < store_requests() <= READ_UNITS / 0.5 + 50


def test_ignores_a_bom_before_the_query() -> None:
    assert data(ask("\ufeff{ __typename }")) == {"__typename": "query_root"}


# ---- Answers that are too large ----------------------------------------------------------------


def handed_over(answer: Response) -> int:
    """The bytes of an answer on its way out of Lambda, where its body is a text in JSON."""
    whole = {"statusCode": answer.status, "headers": answer.headers, "body": answer.body}
    return len(json.dumps(whole, ensure_ascii=False).encode())


@pytest.mark.usefixtures("large")
def test_a_large_text_is_answered() -> None:
    for article_id, text in LARGE.items():
        asked = f"{{ qa_ai_by_pk(id: {article_id}) {{ text }} }}"
        assert data(ask(asked)) == {"qa_ai_by_pk": {"text": text}}


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize(
    "query",
    [
        "{ qa_ai_by_pk(id: 301) {" + aliases(400, "text") + "} }",
        "{ qa_ai_by_pk(id: 302) {" + aliases(400, "text") + "} }",
        "{ qa_ai(where: {id: {_in: [301, 302]}}) {" + aliases(400, "text") + "} }",
        "{" + aliases(45, "qa_ai_by_pk(id: 301) { text }") + "}",
        "{" + aliases(45, "qa_ai_by_pk(id: 302) { text }") + "}",
    ],
    ids=lambda query: query[:40],
)
def test_megabytes_by_aliases_are_refused(query: str) -> None:
    answer, seconds = timed(lambda: ask(query))
    assert codes(answer) == {"too-expensive"}
    assert len(answer.body) < 2_000
    assert seconds < CPU_SECONDS


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("article_id", [301, 302])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_is_whole_and_fits_or_is_refused(method: str, article_id: int) -> None:
    outcomes = []
    for times in range(1, 25):
        query = f"{{ qa_ai_by_pk(id: {article_id}) {{ {aliases(times, 'text')} }} }}"
        answer = ask(query, method=method)
        assert handed_over(answer) < MAX_ANSWER_CHARACTERS
        outcomes.append("errors" not in answer.json())
        if outcomes[-1]:
            assert len(data(answer)["qa_ai_by_pk"]) == times
        else:
            assert codes(answer) == {"too-expensive"}
    # Up to some size all are answered, beyond it none.
    assert outcomes == sorted(outcomes, reverse=True)
    assert set(outcomes) == {True, False}


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize("rows", [1, 25])
def test_megabytes_of_links_are_refused(rows: int) -> None:
    # 20 links of 2 KB, 490 times each, are 20 MB a page.
    links = f"links {{ {aliases(490, 'url')} }}"
    query = f"{{ qa_ai(where: {{domain: {{_eq: 5}}}}, limit: {rows}) {{ {links} }} }}"
    answer, seconds = timed(lambda: ask(query))
    assert codes(answer) == {"too-expensive"}
    assert seconds < CPU_SECONDS


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("store", COUNTING, indirect=True)
@pytest.mark.parametrize(
    "query",
    [
        f"{{ qa_ai(where: {{domain: {{_eq: {LARGE_DOMAIN}}}}}, limit: 10) {{ text }} }}",
        f"{{ qa_ai(where: {{id: {{_in: {list(LARGE)}}}}}) {{ text }} }}",
        "{" + " ".join(f"a{n}: qa_ai_by_pk(id: {n}) {{ text }}" for n in LARGE) + "}",
    ],
    ids=["a domain", "ids", "keys"],
)
def test_reads_of_too_many_units_are_refused(query: str) -> None:
    # Each of the seven texts is 37 read units, and a request may use 200.
    assert codes(ask(query)) == {"too-expensive"}
    assert len(LARGE) * LARGE_TEXT < MAX_ANSWER_CHARACTERS / 2  # so it is not for the answer's size
    # What the index has is cheap.
    assert ids(data(ask(call({"where": {"domain": {"_eq": LARGE_DOMAIN}}, "limit": 10})))) == [
        *LARGE
    ]
