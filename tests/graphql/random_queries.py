"""Random GraphQL requests: over the shapes that are served, and with one piece that is not.

A request is made as a tree of plain Python values, which the oracle answers, and as the text and
variables that say the same, with each value written out or handed over by a variable.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, NamedTuple

LOWEST, MAX_ID = -(2**31), 2**31 - 1
MAX_VALUES, MOST_ROWS, MOST_SKIPPED = 100, 100, 1000
# What is promised to be taken; longer requests are not compared.
MOST_BYTES = 10_000

COLUMNS = ("id", "domain", "title", "text", "date", "srcId")
LINK_COLUMNS = ("url", "title", "published_at")
DIRECTIONS = [
    f"{way}{nulls}" for way in ("asc", "desc") for nulls in ("", "_nulls_first", "_nulls_last")
]

_NUMBERS = dict.fromkeys(("_eq", "_neq", "_gt", "_gte", "_lt", "_lte"), "Int")
_NUMBERS |= dict.fromkeys(("_in", "_nin"), "[Int!]")
# The input types by their members.
_INPUTS: dict[str, dict[str, str]] = {
    "qa_ai_bool_exp": {
        "_and": "[qa_ai_bool_exp!]",
        "_or": "[qa_ai_bool_exp!]",
        "_not": "qa_ai_bool_exp",
        "id": "Int_comparison_exp",
        "domain": "Int_comparison_exp",
        "srcId": "Int_comparison_exp",
        "title": "String_comparison_exp",
        "text": "String_comparison_exp",
    },
    "Int_comparison_exp": _NUMBERS,
    "String_comparison_exp": {"_eq": "String", "_like": "String"},
    "qa_ai_order_by": dict.fromkeys(COLUMNS, "order_by"),
}
_ARGUMENTS = {
    "qa_ai": {
        "where": "qa_ai_bool_exp",
        "order_by": "[qa_ai_order_by!]",
        "limit": "Int",
        "offset": "Int",
        "distinct_on": "[qa_ai_select_column!]",
    },
    "qa_ai_by_pk": {"id": "Int!"},
}

type Where = dict[str, Any]
type Atom = tuple[str, str, Any]  # column, operator, value


class Directive(NamedTuple):
    """`@include` or `@skip` as it is written, and whether it lets its selection through."""

    text: str
    shows: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A field under the key that its answer has; the arguments as values and as written."""

    key: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    selections: Sequence["Selection"] = ()
    directives: Sequence[Directive] = ()


@dataclass(frozen=True, slots=True)
class Fragment:
    """Selections of a type in a fragment; `name` is None where it stands in line."""

    type: str | None
    name: str | None
    selections: Sequence["Selection"]
    directives: Sequence[Directive] = ()


type Selection = Field | Fragment


class Request(NamedTuple):
    """A request as a tree, as text and as the body that is sent."""

    roots: Sequence[Selection]
    query: str
    variables: dict[str, Any]
    body: str

    def __str__(self) -> str:
        return f"{self.query}\nvariables: {json.dumps(self.variables)}"


class Nearby(NamedTuple):
    """Values about what there is: articles' ids and their domains."""

    random: Random
    ids: Sequence[int]
    domains: Sequence[int]

    def id(self) -> int:
        """An id that is there, or one beside it, or any."""
        rng = self.random
        if rng.random() < 0.05:
            return rng.choice([LOWEST, -1, 0, 1, MAX_ID, rng.randint(LOWEST, MAX_ID)])
        return min(rng.choice(self.ids) + rng.choices([0, -1, 1], [80, 10, 10])[0], MAX_ID)

    def domain(self) -> int:
        """A domain that is there, or any."""
        rng = self.random
        if rng.random() < 0.2:
            return rng.choice([LOWEST, -1, 0, MAX_ID, rng.randint(0, 60)])
        return rng.choice(self.domains)

    def value(self, column: str) -> int:
        return self.id() if column == "id" else self.domain()

    def values(self, column: str) -> list[int]:
        """A list of values, some of them repeated."""
        rng = self.random
        count = rng.choices([0, 1, rng.randint(2, 8), MAX_VALUES], [10, 30, 55, 5])[0]
        return [self.value(column) for _ in range(count)]


# ---- arguments -------------------------------------------------------------------------------


def served(near: Nearby) -> dict[str, Any]:
    """The arguments of a `qa_ai` that is served."""
    rng = near.random
    if rng.random() < 0.25:
        return _of_a_page(near)
    return _arguments(near, rng.choice(["ids", "domain", "timeline"]))


def _of_a_page(near: Nearby) -> dict[str, Any]:
    """One of the fields of which a page is made (data/page.graphql)."""
    rng = near.random
    article_id, domain = near.id(), near.domain()
    downwards = [{"id": "desc"}]
    return rng.choice(
        [
            {"where": {"id": {"_eq": article_id}}, "limit": 1},
            {
                "where": {"domain": {"_eq": domain}, "id": {"_neq": article_id}},
                "order_by": downwards,
                "limit": 8,
            },
            {
                "where": {"domain": {"_neq": domain}, "id": {"_lt": article_id}},
                "order_by": downwards,
                "limit": 3,
            },
        ]
    )


def _arguments(near: Nearby, base: str) -> dict[str, Any]:
    """Arguments over named ids, one domain or the whole timeline."""
    rng = near.random
    arguments: dict[str, Any] = {}
    if (where := _where(near, _atoms(near, base))) or rng.random() < 0.5:
        arguments["where"] = where
    elif rng.random() < 0.5:
        arguments["where"] = None
    if rng.random() < 0.7:
        one = [{"id": rng.choice(DIRECTIONS)}]
        arguments["order_by"] = rng.choices([one, None, [], [{}]], [85, 5, 5, 5])[0]
    limit = rng.choice([0, 1, 2, 3, 8, 20, rng.randint(0, MOST_ROWS), MOST_ROWS])
    if base != "ids":
        arguments["limit"] = limit
    elif rng.random() < 0.6:
        arguments["limit"] = rng.choice([None, limit, MOST_ROWS + 1, MAX_ID])
    if rng.random() < 0.3:
        far = rng.randint(0, MOST_SKIPPED)
        arguments["offset"] = rng.choice([None, 0, 1, 2, 5, rng.randint(0, 120), far, MOST_SKIPPED])
    return _shuffled(rng, arguments)


def _atoms(near: Nearby, base: str) -> list[Atom]:
    """The conditions of a base and others beside them, which may contradict one another."""
    rng = near.random
    atoms: list[Atom] = []
    if base == "ids":
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            # Parts of what is named already, so that not all intersections are empty.
            named = [each for _, _, value in atoms if isinstance(value, list) for each in value]
            some = near.values("id") + [each for each in named if rng.random() < 0.5]
            name_one: Atom = ("id", "_eq", rng.choice([near.id(), *some[:5]]))
            name_some: Atom = ("id", "_in", rng.sample(some, len(some))[:MAX_VALUES])
            atoms.append(rng.choice([name_one, name_some, name_some]))
        if rng.random() < 0.2:
            atoms.append(("domain", "_eq", near.domain()))
    if base == "domain":
        domain = near.domain()
        atoms += [("domain", "_eq", domain)] * rng.choice([1, 1, 1, 2])
        if rng.random() < 0.05:
            atoms.append(("domain", "_eq", near.domain()))
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 3])):
        atoms.append(("id", rng.choice(["_gt", "_gte", "_lt", "_lte"]), near.id()))
    for _ in range(rng.choice([0, 0, 0, 1, 2, 3])):
        atoms.append(("id", "_neq", near.id()))
    # Of few domains, more would leave nothing.
    for _ in range(rng.choice([0, 0, 0, 0, 1, 1, 2])):
        atoms.append(("domain", "_neq", near.domain()))
    for _ in range(rng.choice([0, 0, 0, 0, 0, 0, 1, 2])):
        atoms.append(("domain", "_nin", near.values("domain")))
    return atoms


def _where(near: Nearby, atoms: Sequence[Atom], depth: int = 3) -> Where:
    """A tree that is the conjunction of the conditions."""
    rng = near.random
    where: Where = {}
    rest: list[Atom] = []
    for atom in rng.sample(atoms, len(atoms)):
        column, operator, value = atom
        if operator in where.get(column, {}) or (depth and rng.random() < 0.3):
            rest.append(atom)
        else:
            where.setdefault(column, {})[operator] = value
    if rest or rng.random() < 0.1:
        if depth:
            groups: list[list[Atom]] = [[] for _ in range(rng.randint(bool(rest), 3))]
            for atom in rest:
                rng.choice(groups).append(atom)
        else:
            groups = [[atom] for atom in rest]
        where["_and"] = [_where(near, group, max(depth - 1, 0)) for group in groups]
    if rng.random() < 0.03:
        where.setdefault(rng.choice(["id", "domain"]), {})
    return _shuffled(rng, where)


def _shuffled(rng: Random, members: dict[str, Any]) -> dict[str, Any]:
    return dict(rng.sample(list(members.items()), len(members)))


# ---- arguments that are refused --------------------------------------------------------------


def unserved(near: Nearby) -> dict[str, Any]:
    """The arguments of a `qa_ai` that has one piece outside the served shapes."""
    rng = near.random
    base = rng.choice(["ids", "domain", "timeline"])
    arguments = _arguments(near, base)
    match rng.choice(["where", "where", "order", "limit", "offset", "values", "distinct"]):
        case "where":
            arguments["where"] = _with(near, arguments, _unserved_piece(near))
        case "order":
            arguments["order_by"] = _unserved_order(rng)
        case "limit":
            arguments = _arguments(near, rng.choice(["domain", "timeline"]))
            arguments["limit"] = rng.choice([None, *_beyond(rng, MOST_ROWS)])
            if rng.random() < 0.3:
                del arguments["limit"]
        case "offset":
            arguments["offset"] = rng.choice(_beyond(rng, MOST_SKIPPED))
        case "values":
            start = near.id() - rng.randint(0, MAX_VALUES)
            start = min(max(start, LOWEST), MAX_ID - MAX_VALUES)
            many = [*range(start, start + MAX_VALUES + 1)]
            arguments["where"] = _with(near, arguments, {"id": {"_in": many}})
        case "distinct":
            arguments["distinct_on"] = rng.sample(COLUMNS, rng.randint(1, 2))
    return arguments


def invalid(near: Nearby) -> tuple[str, dict[str, Any]]:
    """A field at the top and arguments of it that no query may have."""
    rng = near.random
    over = rng.choice([MAX_ID + 1, LOWEST - 1, 2**53, -(10**18)])
    arguments = served(near)
    column = rng.choice(["id", "domain"])
    match rng.choice(["limit", "offset", "null", "over", "over in a list", "key"]):
        case "limit" | "offset" as name:
            arguments[name] = rng.choice([-1, -rng.randint(1, MOST_SKIPPED), LOWEST, over])
        case "null":
            operators = ["_eq", *_NUMBERS] if column == "id" else ["_eq", "_neq", "_nin"]
            operator = rng.choice(operators)
            arguments["where"] = _with(near, arguments, {column: {operator: None}})
        case "over":
            operator = rng.choice(["_eq", "_neq", "_lt"] if column == "id" else ["_eq", "_neq"])
            arguments["where"] = _with(near, arguments, {column: {operator: over}})
        case "over in a list":
            operator = "_in" if column == "id" else "_nin"
            some = [*near.values(column)[: MAX_VALUES - 1], over]
            arguments["where"] = _with(near, arguments, {column: {operator: some}})
        case "key":
            return "qa_ai_by_pk", {"id": rng.choice([over, None])}
    return "qa_ai", arguments


def _with(near: Nearby, arguments: dict[str, Any], piece: Where) -> Where:
    """The arguments' tree and a piece, joined."""
    rng = near.random
    where: Where = arguments.get("where") or {}
    for _ in range(rng.choice([0, 0, 1])):
        piece = {"_and": [piece]}
    if rng.random() < 0.5 and not where.keys() & piece.keys():
        return _shuffled(rng, where | piece)
    return {"_and": rng.sample([where, piece], 2)}


def _unserved_piece(near: Nearby) -> Where:
    rng = near.random
    others = [
        _where(near, _atoms(near, rng.choice(["ids", "domain", "timeline"]))) for _ in range(2)
    ]
    return rng.choice(
        [
            {"_or": others},
            {"_or": others[:1]},
            {"_not": others[0]},
            {"domain": {"_in": near.values("domain") or [near.domain()]}},
            {"domain": {rng.choice(["_gt", "_gte", "_lt", "_lte"]): near.domain()}},
            {"id": {"_nin": near.values("id") or [near.id()]}},
            {rng.choice(["title", "text"]): {"_eq": "Title 7"}},
            {rng.choice(["title", "text"]): {"_like": "%7"}},
            {"srcId": {rng.choice(["_eq", "_neq", "_lt"]): near.id()}},
        ]
    )


def _unserved_order(rng: Random) -> list[dict[str, str]]:
    others = [each for each in COLUMNS if each != "id"]
    by_other, by_id = {rng.choice(others): rng.choice(DIRECTIONS)}, {"id": rng.choice(DIRECTIONS)}
    return rng.choice([[by_other], [by_other, by_id], [by_id, by_other], [by_id, by_id]])


def _beyond(rng: Random, most: int) -> list[int]:
    return [most + 1, most + rng.randint(1, 100), rng.randint(most + 1, MAX_ID), MAX_ID]


# ---- requests --------------------------------------------------------------------------------


def served_request(near: Nearby) -> Request:
    """A request that is served."""
    return _short(lambda: _request(near, None))


def unserved_request(near: Nearby) -> Request:
    """A request with one piece outside the served shapes."""
    return _short(lambda: _request(near, ("qa_ai", unserved(near))))


def invalid_request(near: Nearby) -> Request:
    """A request with one value that none may have."""
    return _short(lambda: _request(near, invalid(near)))


class Form:
    """A text with all arguments by variables, to be asked more than once."""

    def __init__(self, near: Nearby) -> None:
        self._near = near
        self._draft = _Draft(near)
        self._roots: list[tuple[Field, dict[str, str]]] = []
        for at in range(near.random.randint(1, 4)):
            names = {
                each: self._draft.declare("", None, kind, ())
                for each, kind in _ARGUMENTS["qa_ai"].items()
            }
            text = f"({', '.join(f'{each}: ${name}' for each, name in names.items())})"
            names["shown"] = self._draft.declare("", None, "Boolean!", ())
            shown = Directive(f"@include(if: ${names['shown']})", True)
            columns = self._draft.columns()
            self._roots.append((Field(f"r{at}", "qa_ai", {}, text, columns, [shown]), names))
        self._query = self._draft.text([each for each, _ in self._roots])

    def served(self) -> Request:
        """The request with arguments that are served."""
        return _short(lambda: self._request(None))

    def unserved(self) -> Request:
        """The request with one piece outside the served shapes."""
        return _short(lambda: self._request(unserved(self._near)))

    def _request(self, refused: dict[str, Any] | None) -> Request:
        rng = self._near.random
        place = None if refused is None else rng.randrange(len(self._roots))
        variables = self._draft.sent()
        roots: list[Selection] = []
        for at, (root, names) in enumerate(self._roots):
            arguments = served(self._near)
            if refused is not None and at == place:
                arguments = refused
            shown = at == place or rng.random() < 0.8
            variables |= {names[each]: value for each, value in arguments.items()}
            variables[names["shown"]] = shown
            roots.append(replace(root, arguments=arguments, directives=[Directive("", shown)]))
        return _sent(roots, self._query, variables)


def _request(near: Nearby, refused: tuple[str, dict[str, Any]] | None) -> Request:
    """A request; `refused` is one more field, which no directive leaves out."""
    rng = near.random
    draft = _Draft(near)
    roots = draft.roots()
    if refused is not None:
        roots.insert(rng.randint(0, len(roots)), draft.root("outside", *refused))
    return _sent(roots, draft.text(roots), draft.sent())


def _sent(roots: Sequence[Selection], query: str, variables: dict[str, Any]) -> Request:
    body = {"query": query, "variables": variables or None}
    return Request(roots, query, variables, json.dumps(body))


def _short(make: Callable[[], Request]) -> Request:
    while len((made := make()).body.encode()) > MOST_BYTES:
        pass
    return made


class _Variable(NamedTuple):
    """A variable, its type and value where it is used; `sent` is empty where it is not given."""

    name: str
    type: str
    value: Any
    declared: str
    sent: Sequence[Any]


class _Draft:
    """What the parts of one request share: variables, fragments and the keys of columns."""

    def __init__(self, near: Nearby) -> None:
        self.near = near
        self.random = near.random
        self.variables: list[_Variable] = []
        self.fragments: list[Fragment] = []
        # How much comes by variables: of one request nothing, of another each argument.
        self.share = self.random.choice([0.0, 0.1, 0.3, 1.0])
        # One meaning of each key in the whole request, or fields that merge might differ.
        self.keys = self._keys([*COLUMNS, "links", "__typename"])
        self.link_keys = self._keys([*LINK_COLUMNS, "__typename"])

    def _keys(self, columns: Sequence[str]) -> dict[str, str]:
        rng = self.random
        keys = {each: each for each in columns}
        if rng.random() < 0.3:
            one, other = rng.sample(columns, 2)
            keys |= {one: other, other: one}
        if rng.random() < 0.5:
            keys |= {f"{each}_{at}": each for at, each in enumerate(rng.choices(columns, k=4))}
        return {key: name for key, name in keys.items() if key == name or key[:2] != "__"}

    def roots(self) -> list[Selection]:
        """Fields at the top, some of them in fragments."""
        rng = self.random
        roots: list[Selection] = []
        asked = "qa_ai", served(self.near)
        for at in range(rng.randint(1, 6)):
            # Rarely the same as before under another key.
            if at and rng.random() < 0.9:
                asked = "qa_ai", served(self.near)
                if rng.random() < 0.12:
                    asked = "qa_ai_by_pk", {"id": self.near.id()}
            made = self.root("qa_ai" if at == 0 and rng.random() < 0.5 else f"r{at}", *asked)
            roots.append(replace(made, directives=self._directives()))
            if rng.random() < 0.05:
                # Once more under the same key: the two are merged.
                again = replace(made, selections=self.columns(), directives=self._directives())
                roots.append(again)
        if rng.random() < 0.1:
            roots.append(Field("__typename", "__typename", directives=self._directives()))
        if rng.random() < 0.3:
            rng.shuffle(roots)
        if rng.random() < 0.2:
            start = rng.randrange(len(roots))
            end = rng.randint(start + 1, len(roots))
            name = rng.choice(["Roots", None])
            roots[start:end] = [
                Fragment("query_root", name, tuple(roots[start:end]), self._directives())
            ]
        return roots

    def root(self, key: str, name: str, arguments: dict[str, Any]) -> Field:
        """A field at the top."""
        return Field(key, name, arguments, self._in_text(name, arguments), self.columns())

    def sent(self) -> dict[str, Any]:
        """The variables' values."""
        return {each.name: value for each in self.variables for value in each.sent}

    def text(self, roots: Sequence[Selection]) -> str:
        """The document."""
        rng = self.random
        declared = ", ".join(each.declared for each in self.variables)
        head = f"query Q({declared}) " if declared else rng.choice(["query Q ", "query ", ""])
        definitions = [f"{head}{{ {_written(roots)} }}"]
        for name, each in _named(roots).items():
            definitions.append(f"fragment {name} on {each.type} {{ {_written(each.selections)} }}")
        rng.shuffle(definitions)
        return "\n".join(definitions)

    # ---- selections

    def columns(self, depth: int = 2) -> Sequence[Selection]:
        """Selections of an article: columns, links and fragments."""
        rng = self.random
        made: list[Selection] = []
        for key in rng.choices(list(self.keys), k=rng.choice([1, 2, 3, 4, 8])):
            name = self.keys[key]
            inner = self._link_columns() if name == "links" else ()
            made.append(Field(key, name, selections=inner, directives=self._directives()))
        if depth and rng.random() < 0.15:
            inner = self.columns(depth - 1)
            kind = rng.choice(["qa_ai", None])
            made.append(Fragment(kind, None, inner, self._directives()))
        if depth and rng.random() < 0.15:
            shared = self._shared_columns()
            made.append(Fragment(shared.type, shared.name, shared.selections, self._directives()))
        rng.shuffle(made)
        return tuple(made)

    def _shared_columns(self) -> Fragment:
        """A named fragment: one that is used already, or a new one."""
        rng = self.random
        if self.fragments and rng.random() < 0.5:
            return rng.choice(self.fragments)
        made = Fragment("qa_ai", f"F{len(self.fragments)}", self.columns(0))
        self.fragments.append(made)
        return made

    def _link_columns(self) -> Sequence[Selection]:
        rng = self.random
        chosen = rng.choices(list(self.link_keys), k=rng.choice([1, 2, 3, 4]))
        made: list[Selection] = [
            Field(key, self.link_keys[key], directives=self._directives()) for key in chosen
        ]
        if rng.random() < 0.1:
            made = [Fragment("qa_ai_links", None, tuple(made), self._directives())]
        return tuple(made)

    def _directives(self) -> Sequence[Directive]:
        rng = self.random
        made: list[Directive] = []
        for name in rng.sample(["include", "skip"], rng.choices([0, 1, 2], [90, 8, 2])[0]):
            value = rng.random() < 0.6
            text = f"@{name}(if: {self._value(value, 'Boolean!', max(self.share, 0.5))})"
            made.append(Directive(text, value is (name == "include")))
        return tuple(made)

    # ---- values

    def _in_text(self, name: str, arguments: dict[str, Any]) -> str:
        """A field's arguments as text; an absent one may be a variable that has no value."""
        rng = self.random
        types = _ARGUMENTS[name]
        parts = [
            f"{each}: {self._value(value, types[each], self.share)}"
            for each, value in arguments.items()
        ]
        optional = ("where", "order_by", "limit", "offset") if name == "qa_ai" else ()
        parts += [
            f"{each}: ${self.declare('', None, types[each], ())}"
            for each in optional
            if each not in arguments and rng.random() < 0.1 * self.share
        ]
        return f"({', '.join(parts)})" if parts else ""

    def _value(self, value: Any, kind: str, share: float) -> str:
        """A value of a type as text: so much of it by variables."""
        if self.random.random() < share:
            return f"${self._variable(value, kind)}"
        inner = kind.removesuffix("!")
        if value is None:
            return "null"
        if inner.startswith("["):
            if self._alone(value):
                # A variable of the type of one value may not stand for a list.
                return self._value(value[0], inner[1:-1], 0)
            texts = [self._value(each, inner[1:-1], share / 4) for each in value]
            return f"[{self.random.choice([', ', ' ']).join(texts)}]"
        if inner in _INPUTS:
            members = [
                f"{name}: {self._value(each, _INPUTS[inner][name], share)}"
                for name, each in value.items()
            ]
            return f"{{{', '.join(members)}}}"
        return str(value) if inner in ("order_by", "qa_ai_select_column") else json.dumps(value)

    def _alone(self, values: Sequence[Any]) -> bool:
        """Whether a list is written as its only value, which GraphQL takes for the list of it."""
        return len(values) == 1 and values[0] is not None and self.random.random() < 0.15

    def _variable(self, value: Any, kind: str) -> str:
        """The name of a variable that stands for a value, which may be there already."""
        rng = self.random
        for each in self.variables:
            if (each.type, each.value) == (kind, value) and rng.random() < 0.7:
                return each.name
        declared = kind
        if not kind.endswith("!") and value is not None and rng.random() < 0.4:
            declared += "!"
        sent = [value[0] if isinstance(value, list) and self._alone(value) else value]
        match rng.choices(["given", "by default", "not sent", "not the default"], [60, 15, 15, 10])[
            0
        ]:
            case "by default" if value is not None:
                declared += f" = {self._value(value, kind, 0)}"
                sent = []
            case "not sent" if value is None and not kind.endswith("!"):
                sent = []
            case "not the default" if kind in ("Int", "[Int!]"):
                declared += " = 3"
        return self.declare(kind, value, declared, sent)

    def declare(self, kind: str, value: Any, declared: str, sent: Sequence[Any]) -> str:
        """The name of a new variable; one of no kind stands for nothing else."""
        name = f"v{len(self.variables)}"
        self.variables.append(_Variable(name, kind, value, f"${name}: {declared}", sent))
        return name


def _written(selections: Iterable[Selection]) -> str:
    """Selections as text, without the braces around them."""
    return " ".join(_selection(each) for each in selections)


def _selection(selection: Selection) -> str:
    match selection:
        case Field(key, name, _, text, inner):
            parts = [name + text if key == name else f"{key}: {name}{text}"]
        case Fragment(kind, None, inner):
            parts = [f"... on {kind}" if kind else "..."]
        case Fragment(_, name, _):
            parts, inner = [f"...{name}"], ()
    parts += [each.text for each in selection.directives]
    if inner:
        parts.append(f"{{ {_written(inner)} }}")
    return " ".join(parts)


def _named(selections: Iterable[Selection]) -> dict[str, Fragment]:
    """The named fragments that selections use."""
    found: dict[str, Fragment] = {}
    for each in selections:
        if isinstance(each, Fragment) and each.name is not None:
            found[each.name] = each
        found |= _named(each.selections)
    return found
