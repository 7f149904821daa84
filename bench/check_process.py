"""The function CheckLinks in a process of its own, as it is built, before pages on loopback.

`Process` starts it. A line on its standard input is a run; its answer is a line of JSON.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from cfnlint.decode import cfn_yaml

from bench import processes
from local import build
from local.paths import ROOT
from seealso.store.tables import Store
from tests.support import environment

# Of a round trip to the store, which on AWS is another machine's.
STORE_SECONDS = 0.005
TIMEOUT_SECONDS = 300
_TEMPLATE = cfn_yaml.load(str(ROOT / "template.yaml"))
MEMORY_MB: int = _TEMPLATE["Resources"]["CheckLinks"]["Properties"].get(
    "MemorySize", _TEMPLATE["Globals"]["Function"]["MemorySize"]
)
_TICKS = os.sysconf("SC_CLK_TCK")

# The network and the slower store are put in from outside: the function knows of neither.
_PROGRAM = """
import io, json, ssl, sys, time
from seealso.store.client import Client
from seealso.verifying import fetching

port, certificate, delay, timeout = json.loads(sys.argv[1])
trusted = ssl.create_default_context(cafile=certificate)
fetching.PUBLIC = fetching.PUBLIC._replace(
    resolve=lambda host, _: [("127.0.0.1", port)],
    is_allowed=lambda address: True,
    tls=lambda: trusted,
)
try_all = Client.try_all

def delayed(self, *arguments, **options):
    time.sleep(delay)
    return try_all(self, *arguments, **options)

Client.try_all = delayed
answers, sys.stdout = sys.stdout, io.StringIO()
import app

class Context:
    function_name = "bench"

    def __init__(self):
        self.end = time.monotonic() + timeout

    def get_remaining_time_in_millis(self):
        return (self.end - time.monotonic()) * 1000

for _ in sys.stdin:
    sys.stdout.truncate(sys.stdout.seek(0))
    started = time.monotonic()
    said = app.handler({}, Context())
    seconds = time.monotonic() - started
    print(json.dumps([said, seconds, len(sys.stdout.getvalue())]), file=answers, flush=True)
"""


class Run(NamedTuple):
    """One run: what the function answered, and what it took, with all of its processes.

    `peak_mb` is the highest sum of their resident memory, in which what they share counts for each
    of them; `log_bytes` are the lines that the function itself wrote.
    """

    said: str
    seconds: float
    cpu: float
    peak_mb: float
    log_bytes: int


class Process:
    """A container of the function; `peak_mb` of its own process alone."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self) -> Run:
        assert self._process.stdin
        assert self._process.stdout
        before = self._cpu()
        with self._sampled() as peaks:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the function's process ended")
        said, seconds, log_bytes = json.loads(line)
        return Run(said, seconds, self._cpu() - before, max(peaks), log_bytes)

    def peak_mb(self) -> float:
        """The most memory that the function's own process has ever had."""
        return _status_mb(self._process.pid, "VmHWM")

    def child_mb(self) -> float:
        """The most memory that the process which forks for each page has had."""
        _, child, *_ = _tree(self._process.pid, {})
        return _status_mb(child, "VmHWM")

    def _cpu(self) -> float:
        return cpu_of_tree(self._process.pid)

    @contextmanager
    def _sampled(self) -> Iterator[list[float]]:
        peaks = [0.0]
        ended = threading.Event()
        parents: dict[int, int] = {}

        def sample() -> None:
            while not ended.wait(0.005):
                tree = _tree(self._process.pid, parents)
                peaks[0] = max(peaks[0], sum(_status_mb(pid, "VmRSS") for pid in tree))

        sampler = threading.Thread(target=sample)
        sampler.start()
        try:
            yield peaks
        finally:
            ended.set()
            sampler.join()


@contextmanager
def started(store: Store, port: int, certificate: Path) -> Iterator[Process]:
    """The built function over a store's tables; every host is the server on this port."""
    built = build.build_local()
    settings = environment.variables(store) | {
        "PYTHONPATH": os.pathsep.join(map(str, processes.built_path("CheckLinks"))),
        "LAMBDA_TASK_ROOT": str(built / "CheckLinks"),
        "POWERTOOLS_TRACE_DISABLED": "true",
        # The pages of this measurement are one domain's.
        "CHECK_FETCHES_PER_HOUR": "1000000",
    }
    arguments = json.dumps([port, str(certificate), STORE_SECONDS, TIMEOUT_SECONDS])
    with subprocess.Popen(
        [sys.executable, "-S", "-P", "-c", _PROGRAM, arguments],
        env=settings,
        cwd=built,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Process(process)
        finally:
            process.kill()


def cpu_of_tree(root: int) -> float:
    """The CPU time of a process and of all its descendants, in seconds."""
    return sum(map(_cpu, _tree(root, {})))


def _tree(root: int, parents: dict[int, int]) -> list[int]:
    """A process and its descendants; `parents` remembers what was found out about processes."""
    found = [root]
    for pid in sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()):
        if pid not in parents:
            parents[pid] = int((_stat(pid) or ["", "0"])[1])
        if parents[pid] in found:
            found.append(pid)
    return found


def _cpu(pid: int) -> float:
    """The CPU time of a process and of the descendants that it has waited for, in seconds."""
    return sum(map(int, _stat(pid)[11:15])) / _TICKS


def _stat(pid: int) -> list[str]:
    """What /proc/PID/stat has behind the process's name; nothing of one that has ended."""
    return _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()


def _status_mb(pid: int, name: str) -> float:
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""
