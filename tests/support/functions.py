"""The functions' real handlers, each loaded from its own folder as Lambda does."""

import importlib.util
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

from local.paths import ROOT


@cache
def function(name: str) -> ModuleType:
    """The module functions/<name>/app.py."""
    path = ROOT / "functions" / name / "app.py"
    spec = importlib.util.spec_from_file_location(f"functions_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def handler(name: str) -> Callable[[dict[str, Any], object], dict[str, Any]]:
    """The handler of functions/<name>/app.py."""
    found: Callable[[dict[str, Any], object], dict[str, Any]] = function(name).handler
    return found
