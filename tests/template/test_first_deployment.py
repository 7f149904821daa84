"""What `make deploy` does with a new stack: tests/template/test_deployments.py does it."""

from pathlib import Path
from typing import Any

import pytest

from local import environments, release
from local.environments import Environment
from local.steps import Failure
from seealso_cli.errors import CommandFailed
from tests.template.processed import source

JOBS = ["job CheckLinks", "job ExpireLinks", "job Notify", "job RecordSkips"]


def deploy(
    monkeypatch: pytest.MonkeyPatch, environment: Environment, *statuses: str | None
) -> list[str]:
    """What is done, in this order, while the stack has one status after the other."""
    done: list[str] = []
    found = iter(statuses)

    def sam_deploy(_: Environment, __: Path, parameters: dict[str, str], *___: str) -> None:
        done.append(f"protection {parameters['DeletionProtection']}")

    def run_job(stack: Any, logical_id: str) -> None:
        assert stack.name == environment.stack_name
        assert stack.session.region_name == environment.region
        assert stack.endpoint is None
        done.append(f"job {logical_id}")

    monkeypatch.setattr(release, "_sam_deploy", sam_deploy)
    monkeypatch.setattr(release, "_status", lambda _: next(found))
    monkeypatch.setattr(release, "_update", lambda *_: done.append("update"))
    monkeypatch.setattr(release, "run_job", run_job)
    release.deploy(environment, Path("built"))
    return done


def test_jobs_run_once_after_a_first_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the alarms of jobs that have not run would be about a stack in which none could."""
    prod, dev = (environments.environment(name) for name in ("prod", "dev"))
    protected = ["protection false", "protection true", *JOBS]
    done = "CREATE_COMPLETE"
    assert deploy(monkeypatch, prod, None, done, "UPDATE_COMPLETE") == protected
    assert deploy(monkeypatch, dev, None, done) == ["protection false", *JOBS]
    assert deploy(monkeypatch, dev, done) == ["update"]


def test_no_job_runs_where_nothing_was_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user has looked at the changes and said no."""
    prod, dev = (environments.environment(name) for name in ("prod", "dev"))
    assert deploy(monkeypatch, prod, None, None) == ["protection false"]
    assert deploy(monkeypatch, dev, None, None) == ["protection false"]


def test_a_job_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> None:
        raise CommandFailed("CheckLinks has failed; see the log of the function.")

    monkeypatch.setattr(release, "run_job", failing)
    with pytest.raises(Failure, match=r"seealso-dev is deployed\. CheckLinks has failed"):
        release._run_jobs(environments.environment("dev"))


def test_alarms_of_jobs_begin_after_these_runs() -> None:
    """They look at full hours once an hour, and the first deployment takes less than one."""
    for name in ("DailyJobNotRun", "HourlyJobsNotRun"):
        waits = source()["Resources"][name]["Properties"]["WarmUpConfiguration"]
        assert waits["OnlyStartEvaluatingAfterWarmUpPeriodEnds"] is True
        assert waits["WarmUpPeriodDurationInMinutes"] == 180
