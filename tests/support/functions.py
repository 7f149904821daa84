"""The functions' real handlers, each loaded from its own folder as Lambda does."""

import importlib.util
import os
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

from cfnlint.decode import cfn_yaml

from local.paths import ROOT


def function(name: str) -> ModuleType:
    """The module functions/<name>/app.py, as it starts with the current environment.

    It is started anew when a setting has changed. Raises SettingsError.
    """
    settings = frozenset(
        (variable, value)
        for variable, value in os.environ.items()
        # Stores are opened anew for each test, by reset_store().
        if variable in _settings() and not variable.endswith("_TABLE")
    )
    return _start(name, settings)


@cache
def _settings() -> frozenset[str]:
    """The variables that template.yaml sets for any function."""
    resources = cfn_yaml.load(str(ROOT / "template.yaml"))
    functions = [
        resource["Properties"]
        for resource in resources["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    return frozenset(
        variable
        for properties in [resources["Globals"]["Function"], *functions]
        for variable in properties.get("Environment", {}).get("Variables", {})
    )


@cache
def _start(name: str, _settings: frozenset[tuple[str, str]]) -> ModuleType:
    return start(name)


def start(name: str) -> ModuleType:
    """The module functions/<name>/app.py, started now. Raises SettingsError."""
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
