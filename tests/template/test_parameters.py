"""Parameters: bounds as the functions check them, and each one named in samconfig.toml."""

import ast
import json
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local import build, environments, release
from local.environments import Environment
from local.paths import ROOT
from local.steps import Failure
from seealso import limits
from tests.template.processed import source

# Numbers that AWS alone reads, with its default quotas as bounds.
OF_AWS = {
    *("RequestsPerSecond", "RequestsBurst", "CostlyRequestsPerSecond", "CostlyRequestsBurst"),
    *("PublicConcurrency", "MonthlyBudget"),
}


def checks(name: str) -> dict[str, list[Any]]:
    """The arguments of each call of settings.integer() or choice(), by environment variable."""
    found: dict[str, list[Any]] = {}
    for folder in ("functions", "layers"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == name
                    and isinstance(node.args[0], ast.Constant)
                    and isinstance(node.args[0].value, str)
                ):
                    found[node.args[0].value] = [value_of(each) for each in node.args[1:]]
    return found


def value_of(node: ast.expr) -> Any:
    return getattr(limits, node.id) if isinstance(node, ast.Name) else ast.literal_eval(node)


def parameters_of_variables() -> dict[str, str]:
    """The parameter that each environment variable has as its value."""
    resources = source()
    functions = [
        resources["Globals"]["Function"],
        *(each["Properties"] for each in resources["Resources"].values() if "Properties" in each),
    ]
    return {
        variable: value["Ref"]
        for properties in functions
        for variable, value in properties.get("Environment", {}).get("Variables", {}).items()
        if isinstance(value, dict) and value.get("Ref") in resources["Parameters"]
    }


def test_numbers_have_the_bounds_that_the_functions_check() -> None:
    parameters = source()["Parameters"]
    variables = parameters_of_variables()
    bounds = {variables[name]: checked for name, checked in checks("integer").items()}
    numbers = {
        name: [parameter.get("MinValue"), parameter.get("MaxValue")]
        for name, parameter in parameters.items()
        if parameter["Type"] == "Number" and "AllowedValues" not in parameter
    }
    assert set(numbers) == set(bounds) | OF_AWS
    for name, (minimum, maximum) in numbers.items():
        assert minimum is not None, name
        assert maximum is not None, name
        if name in bounds:
            assert [minimum, maximum] == bounds[name], name


def test_choices_are_those_that_the_functions_check() -> None:
    parameters = source()["Parameters"]
    variables = parameters_of_variables()
    checked = checks("choice")
    assert len(checked) >= 3
    for variable, choices in checked.items():
        assert parameters[variables[variable]]["AllowedValues"] == choices, variable


@pytest.mark.parametrize("name", environments.names())
def test_samconfig_names_every_parameter(name: str) -> None:
    """`sam deploy` sends the previous value for others: a new default would not arrive."""
    parameters = source()["Parameters"]
    secrets = {each for each in parameters if parameters[each].get("NoEcho")}
    assert set(environments.environment(name).parameters) == set(parameters) - secrets


@pytest.mark.parametrize("name", environments.names())
def test_samconfigs_values_are_allowed(name: str) -> None:
    for parameter, value in environments.environment(name).parameters.items():
        rules = source()["Parameters"][parameter]
        if "AllowedValues" in rules:
            assert value in [str(each) for each in rules["AllowedValues"]], parameter
        if "MinValue" in rules:
            assert rules["MinValue"] <= int(value) <= rules["MaxValue"], parameter
        assert re.fullmatch(rules.get("AllowedPattern", ".*"), value), parameter


def test_an_unknown_environment_lists_the_known_ones() -> None:
    with pytest.raises(Failure) as failure:
        environments.environment("foo")
    assert str(failure.value) == (
        "Unknown environment 'foo'. samconfig.toml has: dev, staging, prod."
    )


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_the_release_is_built_for_the_environments_architecture(
    monkeypatch: pytest.MonkeyPatch, architecture: str
) -> None:
    built: list[dict[str, str]] = []
    monkeypatch.setattr(build, "_build", lambda *arguments: built.append(arguments[2]))
    build.build_release(an_environment({"Architecture": architecture}))
    assert built == [{"Architecture": architecture}]


@pytest.mark.long
@pytest.mark.parametrize(("architecture", "machine"), [("arm64", 183), ("x86_64", 62)])
def test_a_builds_libraries_are_of_its_architecture(
    tmp_path: Path, architecture: str, machine: int
) -> None:
    build._build(build.TEMPLATE, tmp_path / "built", {"Architecture": architecture})
    libraries = list(tmp_path.rglob("*.so*"))
    assert libraries
    for library in libraries:
        header = library.read_bytes()[:20]  # of ELF; e_machine is at 18
        assert int.from_bytes(header[18:20], "little") == machine, library


def an_environment(parameters: dict[str, str]) -> Environment:
    return Environment("test", "seealso-test", "eu-west-1", None, parameters)


class Deployments:
    """What release.deploy() would send, with a stack that has one status after the other."""

    def __init__(self, patch: pytest.MonkeyPatch, *statuses: str | None) -> None:
        self.parameters: list[dict[str, str]] = []
        self.ran_jobs = 0
        left = list(statuses)
        patch.setattr(release, "_status", lambda _environment: left.pop(0))
        for name in ("_sam_deploy", "_update"):
            patch.setattr(release, name, lambda *sent: self.parameters.append(sent[2]))
        patch.setattr(release, "_run_jobs", self._run_jobs)

    def _run_jobs(self, _environment: Environment) -> None:
        self.ran_jobs += 1


PARAMETERS = {"DeletionProtection": "true", "AdminIssuer": "", "LinkDays": "5"}
PROTECTED = an_environment(PARAMETERS)


def test_a_new_stack_is_deployed_without_and_then_with_protection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Deployments(monkeypatch, None, "CREATE_COMPLETE", "UPDATE_COMPLETE")
    release.deploy(PROTECTED)
    assert made.parameters == [PARAMETERS | {"DeletionProtection": "false"}, PARAMETERS]
    assert made.ran_jobs == 1


def test_an_existing_stack_is_deployed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Deployments(monkeypatch, "UPDATE_ROLLBACK_COMPLETE")
    release.deploy(PROTECTED)
    assert made.parameters == [PARAMETERS]
    assert not made.ran_jobs


def test_secrets_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty one is set, too: that is how a previous one is taken back."""
    monkeypatch.setenv("ORIGIN_SECRET", "1.new")
    monkeypatch.setenv("ORIGIN_SECRET_PREVIOUS", "")
    made = Deployments(monkeypatch, "UPDATE_COMPLETE")
    release.deploy(PROTECTED)
    secrets = {"OriginSecret": "1.new", "OriginSecretPrevious": ""}
    assert made.parameters == [PARAMETERS | secrets]


def test_a_new_secret_with_the_same_id_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORIGIN_SECRET", "1.new")
    monkeypatch.setenv("ORIGIN_SECRET_PREVIOUS", "1.old")
    made = Deployments(monkeypatch, "UPDATE_COMPLETE")
    with pytest.raises(Failure, match="another id"):
        release.deploy(PROTECTED)
    assert not made.parameters


def test_sam_gets_samconfigs_settings_with_the_parameters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configurations = []

    def run(command: list[Any], **_: Any) -> SimpleNamespace:
        configurations.append(
            json.loads(Path(command[command.index("--config-file") + 1]).read_text())
        )
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    release._sam_deploy(environments.environment("prod"), Path("built"), {"LinkDays": "5"})
    (configuration,) = configurations
    settings = configuration["prod"]["deploy"]["parameters"]
    assert settings["confirm_changeset"] is True
    assert settings["stack_name"] == "seealso-prod"
    assert settings["parameter_overrides"] == {"LinkDays": "5"}


def test_a_new_stack_without_protection_is_deployed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Deployments(monkeypatch, None, "CREATE_COMPLETE")
    release.deploy(an_environment({"DeletionProtection": "false"}))
    assert made.parameters == [{"DeletionProtection": "false"}]
    assert made.ran_jobs == 1


def test_a_first_deployment_that_the_user_refuses_is_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Deployments(monkeypatch, None, None)
    release.deploy(PROTECTED)
    assert len(made.parameters) == 1
    assert not made.ran_jobs


def test_a_stack_that_can_only_be_deleted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Deployments(monkeypatch, "ROLLBACK_COMPLETE")
    with pytest.raises(Failure, match="ROLLBACK_COMPLETE and can only be deleted"):
        release.deploy(PROTECTED)
    assert not made.parameters
