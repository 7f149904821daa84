"""`make test` draws the same examples everywhere, whatever this process has imported."""

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def drawn() -> list[str]:
    values: list[str] = []

    @settings(max_examples=300)
    @given(st.text())
    def collect(value: str) -> None:
        values.append(value)

    collect()
    return values


def import_constants(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Import a local module with many strings."""
    path = folder / "many_constants.py"
    path.write_text(f"NAMES = {[f'constant {number}' for number in range(1000)]}\n")
    spec = importlib.util.spec_from_file_location("many_constants", path)
    assert spec is not None
    monkeypatch.setitem(sys.modules, "many_constants", importlib.util.module_from_spec(spec))


def test_examples_do_not_depend_on_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    if pytestconfig.getoption("--hypothesis-profile") == "long":
        pytest.skip("make test-long draws at random")
    before = drawn()
    import_constants(tmp_path, monkeypatch)
    assert drawn() == before
