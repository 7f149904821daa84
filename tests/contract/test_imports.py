"""The built functions run with the built layer alone, and import no more than reading needs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from local import build, guard
from local.paths import LOCAL, ROOT
from seealso.store.tables import Store
from tests.support import tables
from tests.support.events import event

FUNCTIONS = [
    logical_id
    for logical_id, resource in cfn_yaml.load(str(ROOT / "template.yaml"))["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Function"
]
# What a reader's container has to load; each package more is paid for at every cold start.
PACKAGES = {"app", "aws_lambda_powertools", "jmespath", "seealso", "typing_extensions"}
# With those of the standard library: 188, 189 and 366 when this was written. Of the last, 128 are
# graphql-core's, which comes whole; it imports asyncio, too.
MODULES = {"GetArticle": 200, "Related": 200, "Graphql": 380}
AARCH64 = 183  # e_machine in an ELF header

IMPORTED = """
import json, sys
import app
assert callable(app.handler)
print(json.dumps(sorted(sys.modules)))
"""
FOUND = """
import importlib.util, json
print(json.dumps(getattr(importlib.util.find_spec("graphql"), "origin", None)))
"""
CALLED = """
import json, sys
import app
answer = app.handler(json.load(sys.stdin), None)
assert answer["statusCode"] == 400, answer
"""


@pytest.fixture(scope="session")
def built() -> Path:
    """The build for this machine; whoever comes first makes it."""
    return build.build_local()


def run(built: Path, function: str, program: str, sent: Any = None) -> str:
    """What the program prints where nothing but the built layer and function can be imported."""
    path = [built / "CommonLayer/python", built / function]
    settings = tables.environment(Store(tables.client("http://127.0.0.1:1"), *"abcde"))
    # -S: without the packages of this interpreter's environment; -P: nor of this folder.
    return subprocess.run(
        [sys.executable, "-S", "-P", "-c", program],
        input=json.dumps(sent),
        env=settings | {"PYTHONPATH": ":".join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=built,
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_handler_needs_no_more_than_the_layer(built: Path, function: str) -> None:
    modules = json.loads(run(built, function, IMPORTED))
    packages = {name.partition(".")[0] for name in modules}
    assert not packages & {"boto3", "botocore", "pydantic", "pydantic_core", "seealso_cli"}


@pytest.mark.parametrize("function", MODULES)
def test_reading_imports_little(built: Path, function: str) -> None:
    modules = json.loads(run(built, function, IMPORTED))
    packages = {name.partition(".")[0] for name in modules}
    own = {"graphql"} if function == "Graphql" else set()
    assert packages - sys.stdlib_module_names - {"__main__"} == PACKAGES | own
    assert len(modules) <= MODULES[function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_graphql_core_is_with_the_one_function_that_needs_it(built: Path, function: str) -> None:
    found = json.loads(run(built, function, FOUND))
    own = built / "Graphql/graphql/__init__.py"
    assert found == (str(own) if function == "Graphql" else None)
    assert ("graphql" in json.loads(run(built, function, IMPORTED))) == (function == "Graphql")


def test_a_request_prints_one_line(built: Path) -> None:
    printed = run(built, "GetArticle", CALLED, event("GET /articles/{id}", {"id": "x"}))
    (line,) = printed.splitlines()
    assert json.loads(line)["status"] == 400
    assert json.loads(line)["cold_start"] == 1


def test_the_description_is_built_in(built: Path) -> None:
    path = built / "Related/openapi.json"
    assert not path.is_symlink()
    assert path.read_bytes() == (ROOT / "docs/openapi.json").read_bytes()


def test_the_release_is_for_arm64(tmp_path: Path) -> None:
    release = tmp_path / "release"
    with guard.exclusive(LOCAL / "build.lock"):
        build._build(release, {})
    for library in release.rglob("*.so*"):
        header = library.read_bytes()[:20]
        assert header[:4] == b"\x7fELF", library
        assert int.from_bytes(header[18:20], "little") == AARCH64, library
