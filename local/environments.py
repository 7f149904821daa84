"""The environments that `make build` and `make deploy` know: those of samconfig.toml."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from local.paths import ROOT
from local.steps import Failure

SAMCONFIG = ROOT / "samconfig.toml"


class Environment(NamedTuple):
    """Where an environment is deployed, and with which template parameters."""

    name: str
    stack_name: str
    region: str
    profile: str | None  # of the AWS configuration; None for the user's default
    parameters: dict[str, str]
    asks_first: bool = False  # whether the user confirms a change of the deployed stack


def names(path: Path = SAMCONFIG) -> list[str]:
    """The names of all environments."""
    return [name for name, value in _config(path).items() if isinstance(value, dict)]


def environment(name: str, path: Path = SAMCONFIG) -> Environment:
    """The environment of this name. Raises Failure if there is none."""
    known = names(path)
    if name not in known:
        raise Failure(f"Unknown environment {name!r}. samconfig.toml has: {', '.join(known)}.")
    settings = _config(path)[name]["deploy"]["parameters"]
    return Environment(
        name,
        settings["stack_name"],
        settings["region"],
        settings.get("profile"),
        {name: str(value) for name, value in settings["parameter_overrides"].items()},
        settings["confirm_changeset"],
    )


def configuration(environment: Environment, parameters: Mapping[str, str]) -> dict[str, Any]:
    """What samconfig.toml says of an environment, with other template parameters."""
    settings = _config(SAMCONFIG)[environment.name]["deploy"]["parameters"]
    changed = settings | {"parameter_overrides": dict(parameters)}
    return {"version": 0.1, environment.name: {"deploy": {"parameters": changed}}}


def _config(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text())
