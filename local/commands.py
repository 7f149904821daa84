"""Running other programs with their output in a log file."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.paths import ROOT


def run(command: Sequence[str | Path], environment: Mapping[str, str], log: Path) -> int:
    """Runs the command in the repository's root folder. Returns its exit status."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode


def error_line(log: Path) -> str:
    """The last line of the program's output that starts with "Error", or else the last line."""
    lines = log.read_text(errors="replace").strip().splitlines()
    errors = [line for line in lines if line.startswith("Error")]
    return (errors or lines or ["no output"])[-1]
