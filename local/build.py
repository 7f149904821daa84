"""`sam build`, then bytecode: without it a cold start takes twice as long.

python -m local.build     builds what is deployed to AWS, into .aws-sam/build
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from local import commands, guard
from local.paths import LOCAL, LOGS, ROOT, TOOLS
from local.steps import Failure

TEMPLATE = ROOT / "template.yaml"
SAM = TOOLS / "sam/bin/sam"
_KEPT = 3


def build_local() -> Path:
    """Builds for this machine, unless the same sources were built before.

    Returns the folder that holds the built template.yaml. Raises Failure when the build fails.
    """
    parameters = {"Architecture": host_architecture()}
    target = LOCAL / "build" / _fingerprint(parameters)
    with guard.exclusive(LOCAL / "build.lock"):
        if not target.is_dir():
            unfinished = LOCAL / "build" / "unfinished"
            _build(unfinished, parameters)
            unfinished.rename(target)
        target.touch()
        _remove_old(target.parent)
    return target


def build_release() -> Path:
    """Builds for AWS with the parameters of samconfig.toml. Raises Failure when the build fails."""
    target = ROOT / ".aws-sam/build"
    _build(target, {})
    return target


def host_architecture() -> str:
    """This machine's architecture in Lambda's words."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def _build(target: Path, parameters: dict[str, str]) -> None:
    shutil.rmtree(target, ignore_errors=True)
    command: list[str | Path] = [SAM, "build", "--template-file", TEMPLATE, "--build-dir", target]
    if parameters:
        command += ["--config-env", "local", "--parameter-overrides", *overrides(parameters)]
    # `sam build` takes the first python3.13 on the PATH that has pip.
    path = f"{SAM.parent}:{os.environ['PATH']}"
    log = LOGS / "build.log"
    if commands.run(command, os.environ | {"PATH": path, "SAM_CLI_TELEMETRY": "0"}, log):
        raise Failure(f"sam build failed: {commands.last_line(log)} (all of it: {log})")
    for folder in target.iterdir():
        if folder.is_dir():
            _compile(folder)


def _compile(folder: Path) -> None:
    # As Lambda sees them: tracebacks then show its paths, and the same source gives the same bytes.
    seen_as = "/opt" if (folder / "python").is_dir() else "/var/task"
    options = ["-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "-p", seen_as]
    subprocess.run(
        [sys.executable, "-m", "compileall", *options, "-s", str(folder), str(folder)], check=True
    )


def overrides(parameters: dict[str, str]) -> list[str]:
    """Template parameters as SAM's --parameter-overrides takes them."""
    return [f"{name}={value}" for name, value in parameters.items()]


def _fingerprint(parameters: dict[str, str]) -> str:
    """Changes when anything changes that the build is made of."""
    sources = [TEMPLATE, ROOT / "requirements/sam.txt", Path(__file__)]
    for folder in ("functions", "layers"):
        sources += (path for path in (ROOT / folder).rglob("*") if path.is_file())
    digest = hashlib.sha256(repr(sorted(parameters.items())).encode())
    for path in sorted(sources):
        if "__pycache__" not in path.parts:
            digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _remove_old(folder: Path) -> None:
    builds = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for build in builds[_KEPT:]:
        shutil.rmtree(build)


def main() -> int:
    try:
        print(f"built {build_release().relative_to(ROOT)}")
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
