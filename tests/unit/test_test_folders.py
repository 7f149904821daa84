"""Test folders import from tests/support and from themselves, never from one another."""

from local.paths import ROOT
from tests.support.imports import imports_of

TESTS = ROOT / "tests"


def test_no_test_folder_imports_from_another() -> None:
    wrong = [
        f"{place}: {module} belongs into tests/support"
        for path in sorted(TESTS.rglob("*.py"))
        for place, module in imports_of(path, "tests")
        if module.split(".")[1] not in ("support", path.relative_to(TESTS).parts[0])
    ]
    assert wrong == []


def test_every_test_folder_is_in_the_readme() -> None:
    readme = (TESTS / "README.md").read_text("utf-8")
    folders = {path.parent.name for path in TESTS.rglob("test_*.py")}
    assert {name for name in folders if f"`tests/{name}`" not in readme} == set()


def test_every_helper_is_in_the_readme() -> None:
    readme = (TESTS / "README.md").read_text("utf-8")
    helpers = {path.name for path in (TESTS / "support").glob("*.py")} - {"__init__.py"}
    assert {name for name in helpers if f"`{name}`" not in readme} == set()
