"""`make smoke`: the probes over HTTP, against the deployed template."""

import sys
from pathlib import Path

import pytest

from local import emulator, release, smoke
from seealso.probing import probes
from tests.end_to_end.conftest import Deployed


def run(monkeypatch: pytest.MonkeyPatch, environment: str) -> int:
    monkeypatch.setattr(sys, "argv", ["local.smoke", environment])
    return smoke.main()


@pytest.fixture
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may need long to start a function."""
    monkeypatch.setattr(probes, "SLOWEST_SECONDS", 120.0)
    monkeypatch.setattr(probes, "MEDIAN_SECONDS", 120.0)
    monkeypatch.setattr(smoke, "TIMEOUT_SECONDS", 120.0)


@pytest.mark.usefixtures("_patient")
def test_a_deployed_stack_passes_at_its_own_address(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = deployed.stack.api_url
    monkeypatch.setattr(release, "outputs", lambda _: {"ApiUrl": url})
    assert run(monkeypatch, "prod") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == url
    assert lines[4].startswith("  ok: 20 articles: median ")
    assert lines[5].startswith("  ok: the network's query, as article ")
    assert lines[6].startswith("  ok: preview of a submission (")


@pytest.mark.usefixtures("_patient")
def test_the_local_run_is_found(
    deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smoke, "API_URL", tmp_path / "api-url")
    (tmp_path / "api-url").write_text(f"{deployed.stack.api_url}\n")
    assert run(monkeypatch, "local") == 0


def test_what_does_not_answer_fails_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(smoke, "API_URL", tmp_path / "api-url")
    assert run(monkeypatch, "local") == 1
    assert capsys.readouterr().err == "The local run was not found. Start it with `make run`.\n"
    (tmp_path / "api-url").write_text(f"http://127.0.0.1:{emulator.free_port()}\n")
    assert run(monkeypatch, "local") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "was not answered" in line
