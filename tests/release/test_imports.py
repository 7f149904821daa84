"""The built functions run with the built layer alone, and import no more than they need."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from local.paths import ROOT
from seealso.store.tables import Store
from tests.support import environment, tables
from tests.support.events import event

POWERTOOLS = {"aws_lambda_powertools", "aws_xray_sdk", "jmespath", "typing_extensions", "wrapt"}
URL_PARSER = {"_cffi_backend", "ada_url"}
TEMPLATES = {"jinja2", "markupsafe"}
# What each function imports of its own requirements. All else is its app.py, the layer's seealso
# and the standard library; nothing is of Lambda's runtime, such as boto3.
REQUIREMENTS: dict[str, set[str]] = {
    "GetArticle": set(),
    "Related": set(),
    "Page": TEMPLATES,
    "SubmitLink": URL_PARSER,
    "Graphql": set(),  # graphql-core is imported for documents that are not known
    "Admin": POWERTOOLS | URL_PARSER,
    "Desk": URL_PARSER | TEMPLATES,
    "CheckLinks": POWERTOOLS | URL_PARSER,
    "ExpireLinks": POWERTOOLS,
    "Notify": POWERTOOLS | URL_PARSER,
    "RecordSkips": POWERTOOLS,
    "VersionProbe": set(),  # boto3 of Lambda's runtime, when it is called
}
# All public modules that a read function may import, except for those of an empty interpreter. A
# new one has its price: dataclasses, for one, would be a fifth of get_article's start.
STANDARD = {
    "base64",
    "binascii",
    "bisect",
    "collections",
    "collections.abc",
    "copyreg",
    "datetime",
    "enum",
    "errno",
    "functools",
    "gc",
    "hashlib",
    "hmac",
    "json",
    "json.decoder",
    "json.encoder",
    "json.scanner",
    "keyword",
    "math",
    "operator",
    "os",
    "re",
    "reprlib",
    "select",
    "selectors",
    "socket",
    "ssl",
    "stat",
    "struct",
    "threading",
    "types",
    "typing",
    "array",
    "itertools",
    "warnings",
    "os.path",
    "posixpath",
    "genericpath",
}
PAGE_VIEW = {
    "errors",
    "http",
    "http.handler",
    "http.log",
    "http.problems",
    "http.requests",
    "http.responses",
    "limits",
    "reading",
    "reading.page",
    "settings",
    "store",
    "store.batching",
    "store.caches",
    "store.calls",
    "store.client",
    "store.protocol",
    "store.tables",
    "store.values",
    "tables",
    "tables.indexes",
    "tables.pages",
    "tables.sites",
    "tables.skips",
    "times",
}
READS: dict[str, set[str]] = {
    "GetArticle": PAGE_VIEW,
    "Related": PAGE_VIEW | {"http.cursors"},
    "Graphql": PAGE_VIEW - {"reading.page", "tables.sites"}
    | {
        "columns",
        "graphql",
        "graphql.answering",
        "graphql.documents",
        "graphql.input_types",
        "graphql.graphql_core",
        "graphql.planning",
        "graphql.plans",
        "graphql.refusals",
        "graphql.settings",
        "graphql.transport",
        "http.bodies",
        "members",
        "reading.selections",
    },
}
WITHOUT_LOGGING = ("GetArticle", "Graphql", "Related", "Page", "SubmitLink")

IMPORTED = """
import json, sys
import app
assert callable(app.handler)
files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
print(json.dumps(files))
"""
EMPTY = "import sys; print(*sys.modules)"
CALLED = """
import json, sys
import app
app.handler(json.load(sys.stdin), None)
"""
ANSWERED = """
import json, sys
import app
answer = app.handler(json.load(sys.stdin), None)
print(json.dumps({"body": json.loads(answer["body"]), "modules": sorted(sys.modules)}))
"""


@cache
def resources() -> dict[str, Any]:
    found: dict[str, Any] = cfn_yaml.load(str(ROOT / "template.yaml"))["Resources"]
    return found


def layer_of(function: str) -> str:
    """The logical id of the only layer that a function has."""
    (layer,) = resources()[function]["Properties"]["Layers"]
    name: str = layer["Ref"]
    return name


def run(
    built: Path,
    function: str,
    program: str,
    sent: Any = None,
    *,
    variables: Mapping[str, str] | None = None,
    under: Sequence[str] = (),
) -> str:
    """What the program prints where nothing but the built layer and function can be imported.

    `variables` are added to the function's; `under` is a command that runs another, as valgrind.
    """
    path = [built / layer_of(function) / "python", built / function]
    settings = environment.variables(Store(tables.client("http://127.0.0.1:1"), *"abcdef"))
    # As on Lambda: elsewhere, Powertools' Tracer is switched off and imports less.
    settings |= {"LAMBDA_TASK_ROOT": str(built / function)}
    # -S: without the packages of this interpreter's environment; -P: nor of this folder.
    return subprocess.run(
        [*under, sys.executable, "-S", "-P", "-c", program],
        input=json.dumps(sent),
        env=settings
        | dict(variables or {})
        | {
            "PYTHONPATH": ":".join(map(str, path)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
        },
        cwd=built,
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout


def imported(built: Path, function: str) -> dict[str, str | None]:
    """The file of each module that the function imports; None for those without a file."""
    files: dict[str, str | None] = json.loads(run(built, function, IMPORTED))
    return files


def test_every_function_is_listed() -> None:
    assert set(REQUIREMENTS) == {
        name for name, it in resources().items() if it["Type"] == "AWS::Serverless::Function"
    }


@pytest.mark.parametrize("function", REQUIREMENTS)
def test_where_imports_come_from(built: Path, function: str) -> None:
    files = imported(built, function)
    packages: dict[str, set[str]] = {"layer": set(), "function": set()}
    for name, file in files.items():
        package = name.partition(".")[0]
        if file is None or package in sys.stdlib_module_names:
            continue  # without a file: __main__, and parts of extension modules
        in_layer = Path(file).is_relative_to(built / layer_of(function) / "python")
        assert in_layer or Path(file).is_relative_to(built / function), (name, file)
        packages["layer" if in_layer else "function"].add(package)
    assert packages == {"layer": {"seealso"}, "function": {"app"} | REQUIREMENTS[function]}


@pytest.mark.parametrize("function", READS)
def test_reading_imports_little(built: Path, function: str) -> None:
    empty = set(run(built, function, EMPTY).split())
    found = set(imported(built, function)) - empty - {"__main__", "app", "seealso"}
    own = {name.removeprefix("seealso.") for name in found if name.startswith("seealso.")}
    assert own == READS[function]
    public = {name for name in found if not re.search(r"(^|[.])_|^seealso[.]", name)}
    assert public <= STANDARD


@pytest.mark.parametrize("function", WITHOUT_LOGGING)
def test_requests_are_logged_without_the_logging_module(built: Path, function: str) -> None:
    assert "logging" not in imported(built, function)


@pytest.mark.parametrize(
    ("function", "sent", "status"),
    [
        ("GetArticle", event("GET /articles/{id}", {"id": "x"}), 400),
        # Rendered with compiled templates.
        ("Page", event("GET /problems/{name}", {"name": "not-found"}), 200),
        ("SubmitLink", event("GET /l/{link_id}", {"link_id": "x"}), 404),
        ("Desk", event("GET /desk"), 401),
        # Its Tracer has no X-Ray here to send to.
        ("Admin", event("GET /admin/articles"), 401),
    ],
)
def test_a_request_prints_one_line(
    built: Path, function: str, sent: dict[str, Any], status: int
) -> None:
    (line,) = run(built, function, CALLED, sent).splitlines()
    assert json.loads(line)["status"] == status
    assert json.loads(line)["cold_start"] == 1


def asked(built: Path, query: str) -> tuple[Any, set[str]]:
    """The answer to a GraphQL query, and the names of all modules that are imported for it."""
    variables = {"id": 3, "domain": 7, "srcId": 0, "hasSrc": False, "hasSelf": True}
    body = json.dumps({"query": query, "variables": variables})
    sent = event("POST /graphql", headers={"content-type": "application/json"}, body=body)
    answer = json.loads(run(built, "Graphql", ANSWERED, sent).splitlines()[-1])
    return answer["body"], set(answer["modules"])


def test_a_known_document_does_not_need_graphql_core(built: Path) -> None:
    answer, modules = asked(built, (ROOT / "data/page.graphql").read_text("utf-8"))
    # There is no store here, which only a planned query finds out.
    assert [each["extensions"]["code"] for each in answer["errors"]] == ["unexpected"]
    assert "temporarily unavailable" in answer["errors"][0]["message"]
    assert "graphql" not in modules


def test_another_document_does_not_need_asyncio(built: Path) -> None:
    answer, modules = asked(built, "{ __typename }")
    assert answer == {"data": {"__typename": "query_root"}}
    assert "graphql" in modules
    assert "asyncio" not in modules


def test_known_documents_are_built(built: Path) -> None:
    names = {path.name for path in (built / "Graphql/documents").iterdir()}
    text = (ROOT / "functions/graphql/documents/page.graphql").read_bytes()
    assert f"{sha256(text).hexdigest()}.json" in names
    assert {name.rpartition(".")[2] for name in names} == {"json"}


def test_a_traceback_names_files_and_lines_of_the_layer(built: Path) -> None:
    malformed = event("GET /articles/{id}", {}) | {"pathParameters": {}}
    (line,) = run(built, "GetArticle", CALLED, malformed).splitlines()
    traceback = json.loads(line)["exception"]
    assert re.search(
        r'File "/opt/python/seealso/\S+[.]py", line [0-9]+, in path_integer', traceback
    )
    assert traceback.endswith("KeyError: 'id'")
