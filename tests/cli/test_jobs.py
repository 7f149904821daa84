"""`seealso jobs run`: tests/end_to_end/test_checks.py runs real ones."""

import io
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from local.paths import ROOT
from seealso_cli import aws
from seealso_cli.commands import jobs as command
from seealso_cli.jobs import JOBS
from seealso_cli.stack import Stack
from tests.cli.support import Outcome, run_command

SESSION: Any = object()


def test_every_scheduled_function_is_a_job() -> None:
    resources = cfn_yaml.load(str(ROOT / "template.yaml"))["Resources"]
    scheduled = {
        name
        for name, resource in resources.items()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "ScheduleV2"
    }
    assert scheduled == set(JOBS.values())


def run(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> tuple[Outcome, list[Any]]:
    """Run a job of a stack whose function gives this answer; returns the calls of AWS, too."""
    calls: list[Any] = []

    def call(
        session: object, service: str, endpoint: str | None, operation: str, **more: Any
    ) -> Any:
        assert (session, endpoint) == (SESSION, None)
        calls.append((service, operation, more))
        if operation == "invoke":
            return answer
        return {"StackResourceDetail": {"PhysicalResourceId": "prod-RecordSkips-1"}}

    monkeypatch.setattr(aws, "call", call)
    stack = Stack("prod", SESSION, None, {}, {})
    monkeypatch.setattr(command, "get_stack", lambda *_: stack)
    return run_command(["jobs", "run", "record-skips", "--stack=prod"]), calls


def test_runs_the_version_in_use_and_waits_for_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, calls = run(monkeypatch, {"Payload": io.BytesIO(b"null")})
    assert (outcome.status, outcome.out) == (0, "record-skips has run.\n")
    assert calls == [
        (
            "cloudformation",
            "describe_stack_resource",
            {"StackName": "prod", "LogicalResourceId": "RecordSkips"},
        ),
        # Longer than the function's own limit of 900 s, and not repeated meanwhile (aws.py).
        (
            "lambda",
            "invoke",
            {"seconds": 910, "FunctionName": "prod-RecordSkips-1:live"} | {"Payload": b"{}"},
        ),
    ]


def test_reports_a_job_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {"Payload": io.BytesIO(b'{"errorMessage": "x"}'), "FunctionError": "Unhandled"}
    outcome, _ = run(monkeypatch, failed)
    assert outcome.status == 2
    assert outcome.summary == "Error: RecordSkips has failed; see the log of the function."


def test_refuses_a_job_that_there_is_not() -> None:
    assert run_command(["jobs", "run", "everything", "--stack=prod"]).status == 2
