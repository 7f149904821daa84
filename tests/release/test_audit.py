"""`make audit`, without its look-ups: nothing that is locked is left out, and failures count."""

from pathlib import Path
from typing import Any

import pytest

from local import audit
from local.audit import Check
from local.paths import ROOT
from local.steps import Failure


def test_every_lock_is_audited_strictly() -> None:
    locks = {
        path.relative_to(ROOT).as_posix()
        for folder in ("bench", "cli", "functions", "layers", "local", "requirements", "tests")
        for path in (ROOT / folder).rglob("*")
        if path.name == "package-lock.json"
        or (path.suffix == ".txt" and "--hash=sha256" in path.read_text("utf-8"))
    }
    assert len(locks) > 12
    audited = set()
    for check in audit.checks():
        if check.name.startswith("pip-audit"):
            assert {"--strict", "--require-hashes"} <= set(check.command)
            audited.add(str(Path(check.command[-1]).relative_to(ROOT)))
        elif check.name.startswith("npm audit"):
            audited.add(str(check.folder.relative_to(ROOT) / "package-lock.json"))
    assert audited == locks


def test_every_suppressed_rule_of_the_template_has_a_reason() -> None:
    assert audit.suppressions((ROOT / "template.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    "line", ["ignore_checks: [W1030]", "ignore_checks: [W1030] # ", "ignore_checks:\n  - W1030"]
)
def test_a_suppressed_rule_without_a_reason_is_refused(line: str) -> None:
    with pytest.raises(Failure, match=r"^template\.yaml:2: Write the suppressed rules"):
        audit.suppressions(f"config:\n  {line}\n")


def test_all_checks_run_and_each_failure_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = [Check("good", ["true"]), Check("bad", ["false"]), Check("gone", ["no-such-program"])]

    def main(*some: Check) -> Any:
        monkeypatch.setattr(audit, "checks", lambda: some)
        return audit.main()

    assert main(*checks) == 1
    captured = capsys.readouterr()
    assert [line for line in captured.out.splitlines() if line.startswith("== ")][:3] == [
        "== good",
        "== bad",
        "== gone",
    ]
    assert captured.err.splitlines() == [
        "no-such-program is not installed.",
        "failed: bad",
        "failed: gone",
    ]
    assert main(checks[0]) == 0
