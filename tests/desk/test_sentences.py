"""Every action that an audit entry can have is a sentence."""

import ast
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest

from local.paths import ROOT
from seealso.desk.sentences import SENTENCES, changes, sentence
from seealso.tables.audit import AuditEntry
from tests.support.payloads import PAYLOADS

SOURCES = [*(ROOT / "layers").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
SOURCES += (ROOT / "cli").rglob("*.py")
# What writes an entry, and which of its arguments is the action.
WRITER, POSITION = "audit_entry", 2
Function = ast.FunctionDef | ast.AsyncFunctionDef


# ---- the actions in the code -----------------------------------------------------------------


@cache
def calls() -> dict[str, list[tuple[ast.Call, Function, Path]]]:
    """Every call in a function, by the name that is called."""
    found: dict[str, list[tuple[ast.Call, Function, Path]]] = {}
    for path in SOURCES:
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, Function):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call):
                        found.setdefault(_name(node.func), []).append((node, function, path))
    return found


def actions_of(value: ast.expr, function: Function, path: Path) -> set[str]:
    """What an expression for an action can be, in a function whose callers may choose it."""
    match value:
        case ast.Constant(value=str(action)):
            return {action}
        case ast.IfExp(body=body, orelse=other):
            return actions_of(body, function, path) | actions_of(other, function, path)
        case ast.JoinedStr(
            values=[ast.Constant(value=str(prefix)), ast.FormattedValue(value=name)]
        ):
            return {f"{prefix}{each}" for each in actions_of(name, function, path)}
        case ast.Name(id=name):
            parameters = [each.arg for each in function.args.args]
            assert name in parameters, f"{path}:{value.lineno}: {name} is no parameter"
            return _passed_on(function.name, parameters.index(name), path)
    raise AssertionError(f"{path}:{value.lineno}: an action that this test cannot find out")


def _passed_on(name: str, position: int, path: Path) -> set[str]:
    """What a function's callers pass; those of a private one are in its own file."""
    found = [
        actions_of(call.args[position], function, other)
        for call, function, other in calls().get(name, [])
        if other == path or not name.startswith("_")
    ]
    assert found, f"{path}: nobody calls {name}"
    return set().union(*found)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_every_action_has_a_sentence_and_no_other_has() -> None:
    found = set[str]().union(
        *(
            actions_of(call.args[POSITION], function, path)
            for call, function, path in calls()[WRITER]
        )
    )
    assert len(found) > 20
    assert found - SENTENCES.keys() == set()
    # These two come with the erasing of links.
    assert SENTENCES.keys() - found == set()


# ---- sentences -------------------------------------------------------------------------------


def entry(action: str, **members: Any) -> AuditEntry:
    made: AuditEntry = {
        "entry": "2026-11-27T10:00:00.000Z#0",
        "at": "2026-11-27T10:00:00.000Z",
        "actor": "ann@example.com",
        "action": action,
        "article_id": None,
        "link_id": None,
        "domain": None,
        "request_id": "r",
        "before": None,
        "after": None,
    }
    return cast(AuditEntry, {**made, **members})


def words(made: AuditEntry) -> str:
    pieces = sentence(made, {7: "Night Ledger"})
    return "".join(f"“{each.text}”" if each.is_name else each.text for each in pieces)


ARTICLE = {"article_id": 101, "domain": 7}
LINK = {"article_id": 101, "link_id": "a" * 32, "domain": 7}
OLD, NEW = {"title": "Heat", "cap": 1}, {"title": "Heat 2", "cap": 1}
EXAMPLES = [
    (
        entry("article.publish", **ARTICLE, before=OLD, after=NEW),
        "ann@example.com published “Heat 2” on “Night Ledger”.",
    ),
    (
        entry("article.patch", **ARTICLE, before=OLD, after=NEW | {"text": {"bytes": 7}}),
        "ann@example.com changed the title and text of “Heat 2” on “Night Ledger”.",
    ),
    (
        entry("article.replace", **ARTICLE, before=OLD, after=OLD | {"version": 3}),
        "ann@example.com changed nothing of “Heat” on “Night Ledger”.",
    ),
    (
        entry("article.purge", article_id=101, domain=3, before=OLD),
        "ann@example.com purged “Heat” for good on site 3.",
    ),
    (
        entry("article.delete", **ARTICLE, after={"title": {"bytes": 1200, "sha256": "ab"}}),
        "ann@example.com deleted article 101 on “Night Ledger”.",
    ),
    (
        entry("link.approve", **LINK, before={"article_title": "Heat 2"}),
        "ann@example.com approved a link for “Heat 2” on “Night Ledger”.",
    ),
    (
        entry("link.reject", **LINK, before={"status": "pending", "version": 1}),
        "ann@example.com rejected a link for article 101 on “Night Ledger”.",
    ),
    (
        entry("link.withdraw", **LINK, actor="submitter", before={"status": "pending"}),
        (
            "The submitter withdrew a link for article 101 on “Night Ledger”, which erased its "
            "URL and title."
        ),
    ),
    (
        entry("link.erase", **LINK, before={"status": "published"}),
        "ann@example.com erased the URL and the title of a link for article 101 on “Night Ledger”.",
    ),
    (
        entry("site.create", domain=7, after={"name": "Night Ledger, as it was"}),
        "ann@example.com made the site “Night Ledger, as it was”.",
    ),
    (
        entry("site.change", domain=7, before={"name": "A", "cap": 1}, after={"name": "B"}),
        "ann@example.com changed the name and cap of the site “B”.",
    ),
    (
        entry("block.add", after={"host": "spam.example.org", "domain": None}),
        "ann@example.com blocked spam.example.org on all sites.",
    ),
    (
        entry("block.remove", domain=7, before={"host": "spam.example.org", "domain": 7}),
        "ann@example.com unblocked spam.example.org on “Night Ledger”.",
    ),
    (
        entry("host.repair", domain=7, after={"host": "a.example.org", "kind": "host"}),
        "ann@example.com repaired where a.example.org belongs or is blocked.",
    ),
    (entry("thing.done"), "ann@example.com thing.done."),
]


@pytest.mark.parametrize(("made", "expected"), EXAMPLES, ids=[each[1] for each in EXAMPLES])
def test_says_who_did_what_to_what(made: AuditEntry, expected: str) -> None:
    assert words(made) == expected


@pytest.mark.parametrize("action", SENTENCES)
def test_an_entry_without_any_values_is_a_sentence(action: str) -> None:
    """As after a redaction."""
    assert words(entry(action, **LINK)).endswith(".")
    assert words(entry(action, domain=7, article_id=101, link_id="a" * 32, after={})).endswith(".")


def test_names_are_text_and_addresses_are_escaped() -> None:
    for payload in PAYLOADS:
        made = entry("block.add", actor=payload, after={"host": payload})
        pieces = sentence(made, {})
        assert pieces[0].text == payload
        for piece in pieces:
            if piece.href:
                assert piece.href.startswith("/desk/")
                assert not set(piece.href) & set("<>\"' ")


def test_changes_are_the_values_that_differ() -> None:
    before = {"title": "A", "text": {"bytes": 1200, "sha256": "ab"}, "cap": 1, "hosts": ["a", "b"]}
    made = entry("x", before=before, after={"title": "B", "cap": 1, "is": True, "text": None})
    assert [tuple(each) for each in changes(made)] == [
        ("title", "A", "B"),
        ("text", "1,200 bytes, SHA-256 ab", ""),
        ("hosts", "a, b", ""),
        ("is", "", "yes"),
    ]
