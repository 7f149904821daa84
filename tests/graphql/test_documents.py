"""Documents that were seen before, and what the template's parameters change."""

import json
from collections.abc import Iterator
from typing import Any

import graphql
import pytest

from local.paths import ROOT
from seealso.graphql import parsing
from seealso.graphql.documents import MAX_KEPT_CHARACTERS, Documents
from seealso.graphql.settings import settings
from seealso.store.tables import Store
from tests.graphql.requests import ask
from tests.support import functions

QUERY = (ROOT / "data/page.graphql").read_text("utf-8")
VARIABLES = json.loads((ROOT / "data/page.variables.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def _anew(deployed_environment: Store) -> Iterator[None]:
    """No document kept and no setting read, before and after."""
    documents()._from_sources()
    forget()
    yield
    forget()


def documents() -> Documents:
    """The documents of the function's container."""
    found: Documents = functions.function("graphql").documents
    return found


def forget() -> None:
    documents()._kept.clear()
    documents()._kept_characters = 0
    settings.cache_clear()


class Counted:
    """How often the library has parsed and validated."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        for name, called in (("parse", graphql.parse), ("validate", graphql.validate)):
            monkeypatch.setattr(parsing, name, self._counting(name, called))

    def _counting(self, name: str, called: Any) -> Any:
        def counting(*arguments: Any, **named: Any) -> Any:
            self.calls.append(name)
            return called(*arguments, **named)

        return counting


def test_a_cached_document_is_neither_parsed_nor_validated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted = Counted(monkeypatch)
    query = f"{QUERY} # not a known one"
    first = ask(query, VARIABLES)
    assert counted.calls == ["parse", "validate"]
    again = ask(query, VARIABLES | {"hasSelf": False})
    assert counted.calls == ["parse", "validate"]
    assert "self" in first.json()["data"]
    assert "self" not in again.json()["data"]


def test_a_document_that_is_not_valid_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)
    for _ in range(2):
        ask("{ nothing }")
    assert counted.calls == ["parse", "validate"] * 2
    assert not documents()._kept


def test_the_cache_is_bounded_and_keeps_recent_documents() -> None:
    long = "#" + "x" * 20_000
    for number in range(30):
        ask(QUERY, VARIABLES)
        ask(f"{{ __typename }} # {number}\n{long}")
        assert sum(map(len, documents()._kept)) == documents()._kept_characters
        assert documents()._kept_characters <= MAX_KEPT_CHARACTERS
        assert QUERY in documents()._kept
    assert 5 <= len(documents()._kept) <= 10


@pytest.mark.parametrize(
    ("parameter", "query"),
    [
        ("GRAPHQL_TOKENS", "{ a: __typename b: __typename }"),
        ("GRAPHQL_DEPTH", "{ ... { ... { ... { ... { ... { __typename } } } } } }"),
        ("GRAPHQL_FIELDS", "{ __typename qa_ai_by_pk(id: 1) { id title text date srcId } }"),
        ("GRAPHQL_TOP_FIELDS", ("{ a: __typename b: __typename c: __typename d: __typename "
         "... on query_root { e: __typename f: __typename } }")),
        ("GRAPHQL_DIRECTIVES", ("{ a: __typename @skip(if: false) b: __typename @skip(if: false) "
         "c: __typename @skip(if: false) d: __typename @skip(if: false) "
         "e: __typename @skip(if: false) @include(if: true) }")),
        ("GRAPHQL_READ_UNITS", ("{ qa_ai(where: {id: {_in: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}}) "
         "{ id } }")),
    ],
)  # fmt: skip
def test_each_limit_is_a_parameter(
    monkeypatch: pytest.MonkeyPatch, parameter: str, query: str
) -> None:
    assert "data" in ask(query).json()
    forget()
    monkeypatch.setenv(parameter, "5")
    (error,) = ask(query).json()["errors"]
    assert error["extensions"]["code"] == "too-expensive"


@pytest.mark.parametrize(
    "query", ["{ __schema { queryType { name } } }", '{ __type(name: "qa_ai") { name } }']
)
def test_introspection_can_be_switched_off(monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    assert "data" in ask(query).json()
    forget()
    monkeypatch.setenv("GRAPHQL_INTROSPECTION", "off")
    refused = ask(query).json()
    assert {each["extensions"]["code"] for each in refused["errors"]} == {"validation-failed"}
    assert "data" not in refused
    assert ask("{ __typename }").json() == {"data": {"__typename": "query_root"}}
    # Nor are names suggested, one by one.
    assert "Did you mean" not in ask("{ qa_a { id } }").body


def test_suggests_the_correct_name() -> None:
    assert "Did you mean 'qa_ai'?" in ask("{ qa_a { id } }").body
