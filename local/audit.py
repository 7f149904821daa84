"""`make audit`: known vulnerabilities of what is locked, and what the template's lint leaves out.

It asks the services of the package registries, so it is no part of `make test`.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from local.paths import LOCAL, ROOT, TOOLS
from local.steps import Failure

_SUPPRESSED = re.compile(r"ignore_checks: *(?P<rules>\[[^]]*\])? *(# *(?P<reason>\S.*))?")


class Check(NamedTuple):
    """A program that fails if it finds something, or if it cannot look something up."""

    name: str
    command: list[str | Path]
    folder: Path = ROOT


def checks() -> Iterator[Check]:
    """A check for each lock, and one for the template."""
    locks = sorted([*ROOT.glob("functions/*/requirements.txt"), *ROOT.glob("requirements/*.txt")])
    # Only the versions in the lock: with --disable-pip nothing is resolved. Without --strict,
    # packages that cannot be looked up are left out, and all seems well.
    command: list[str | Path] = [TOOLS / "audit/bin/pip-audit", "--strict", "--disable-pip"]
    command += ["--require-hashes", "--progress-spinner=off", "-r"]
    for lock in locks:
        yield Check(f"pip-audit {lock.relative_to(ROOT)}", [*command, lock])
    package_locks = [
        *ROOT.glob("bench/**/package-lock.json"),
        *ROOT.glob("tests/**/package-lock.json"),
    ]
    for package_lock in sorted(package_locks):
        folder = package_lock.parent
        npm = ["npm", "audit", "--package-lock-only"]
        yield Check(f"npm audit {folder.relative_to(ROOT)}", [*npm], folder)
    yield Check("cfn-lint template.yaml", [LOCAL / "venv/bin/cfn-lint", "template.yaml"])


def suppressions(template: str) -> list[str]:
    """Each suppressed rule of cfn-lint and its reason. Raises Failure for one without a reason."""
    found = []
    for number, line in enumerate(template.splitlines(), 1):
        match = _SUPPRESSED.search(line)
        if match is None:
            continue
        if match["rules"] is None or match["reason"] is None:
            raise Failure(
                f"template.yaml:{number}: Write the suppressed rules in brackets, and the reason "
                "in a comment after them."
            )
        found.append(f"template.yaml:{number}: {match['rules']} {match['reason']}")
    return found


def main() -> int:
    failed = []
    for check in checks():
        print(f"\n== {check.name}", flush=True)
        try:
            status = subprocess.run(check.command, cwd=check.folder, check=False).returncode
        except FileNotFoundError as error:
            print(f"{error.filename} is not installed.", file=sys.stderr)
            status = 1
        if status:
            failed.append(check.name)
    try:
        print("\n== suppressed rules of cfn-lint")
        for line in suppressions((ROOT / "template.yaml").read_text("utf-8")):
            print(line)
    except Failure as failure:
        failed.append(str(failure))
    print()
    for name in failed:
        print(f"failed: {name}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
