"""Imports point one way: what a room of the shared package may import (design.md, "Packages")."""

from pathlib import Path

import pytest

from local.paths import ROOT
from tests.support.imports import imports_of

PACKAGE = ROOT / "layers/common/seealso"
LEAVES = {
    "columns",
    "errors",
    "fields",
    "language_tags",
    "limits",
    "members",
    "settings",
    "times",
    "urls",
}
DOMAIN = {"reading", "submitting", "editing", "verifying"}
BELOW_DOMAIN = LEAVES | {"store", "tables"}
HTTP = {"errors", "limits", "members", "settings", "store", "times"}
# Each module or folder directly in the package: what it may import besides itself.
ALLOWED: dict[str, set[str]] = {
    "errors": {"limits"},
    "limits": set(),
    "language_tags": set(),
    "settings": set(),
    "times": set(),
    "columns": {"limits"},
    "members": {"limits"},
    "urls": {"limits"},
    "fields": {"columns", "errors", "limits", "members", "urls"},
    "store": LEAVES,
    "tables": LEAVES | {"store"},
    "http": HTTP,
    **dict.fromkeys(DOMAIN, BELOW_DOMAIN),
    "notifying": BELOW_DOMAIN | {"verifying"},
    "graphql": BELOW_DOMAIN | DOMAIN | {"http"},
    "web": BELOW_DOMAIN | DOMAIN | {"http"},
    "desk": BELOW_DOMAIN | DOMAIN | {"http", "web"},
    # The names of problems and the caching headers are all that it takes from `http`.
    "contract": {"columns", "limits", "urls", "http.problems", "http.responses"},
    "probing": set(),
    "__init__": set(),
}


def violations(package: Path) -> list[str]:
    """Each import that points the wrong way, with its file and line."""
    found = []
    for path in sorted(package.rglob("*.py")):
        room = path.relative_to(package).parts[0].removesuffix(".py")
        assert room in ALLOWED, f"say in ALLOWED what {path} may import"
        allowed = ALLOWED[room] | {room}
        for place, module in imports_of(path, "seealso"):
            imported = module.removeprefix("seealso.")
            if not any(f"{imported}.".startswith(f"{each}.") for each in allowed):
                found.append(f"{place}: {room} must not import {imported}")
    return found


def test_imports_point_one_way() -> None:
    assert violations(PACKAGE) == []


def test_functions_import_the_shared_package_but_not_its_contract() -> None:
    found = [
        f"{place}: a function must not import {module}"
        for path in sorted((ROOT / "functions").glob("*/*.py"))
        for package in ("seealso", "seealso_cli", "local", "tests", "bench")
        for place, module in imports_of(path, package)
        if package != "seealso" or module.startswith("seealso.contract")
    ]
    assert found == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("store/client.py", "from seealso.tables import articles"),
        ("store/client.py", "import seealso.reading.page"),
        ("tables/links.py", "from seealso.submitting.parsing import Submission"),
        ("reading/page.py", "from seealso.http.problems import PROBLEMS"),
        ("http/bodies.py", "from seealso.tables.links import Link"),
        ("editing/links.py", "from seealso import graphql"),
        ("contract/admin.py", "from seealso.http import handler"),
        ("times.py", "def later():\n    from seealso import settings"),
    ],
)
def test_names_the_file_and_line_of_a_wrong_import(tmp_path: Path, file: str, line: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'"""A module."""\n\n{line}\n')
    (violation,) = violations(tmp_path)
    number = 3 + line.count("\n")
    assert violation.startswith(f"{path}:{number}: {Path(file).parts[0].removesuffix('.py')} must")
