"""Lambda functions in processes of their own, over a fixed store: ours as built, and their peers.

A process starts, imports the function, and answers the same event some times. What it took is
measured from outside (instructions, by Valgrind's cachegrind) or within (time per answer).
"""

import hashlib
import json
import os
import platform
import re
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cfnlint.decode import cfn_yaml

from bench import one_page
from local import build
from local.paths import LOCAL, ROOT
from local.steps import Failure
from seealso.store.tables import Store
from tests.support import environment, events, tables

PYTHON = LOCAL / "tools/bench/bin/python"
PACKAGES = PYTHON.parent.parent / "lib/python3.13/site-packages"
QUERY = (ROOT / "data/page.graphql").read_text("utf-8")

# It imports little, since that counts. It ends like Lambda's: without taking anything down.
_PROGRAM = """
import json, os, sys, time
from MODULE import handler
event, count = json.load(sys.stdin)
times = []
for _ in range(count):
    started, cpu = time.perf_counter(), time.process_time()
    answer = handler(event, None)
    times.append((time.perf_counter() - started, time.process_time() - cpu))
assert answer["statusCode"] == 200, answer
assert '"errors"' not in answer["body"], answer
print(json.dumps(times), flush=True)
os._exit(0)
"""
_BARE_CLIENT = "import boto3, os; boto3.client('dynamodb'); os._exit(0)"


class Function(NamedTuple):
    """A function that answers an event: its module is found on `path`."""

    name: str
    module: str
    path: Sequence[Path]
    event: events.Event


class Taken(NamedTuple):
    """What the answers of one process took, in seconds each, without the first ones."""

    wall: float  # median
    cpu: float  # mean


def machine() -> str:
    """The processor, the number of cores and the Python of the measured processes."""
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text("utf-8"))
    name = model[1] if model else platform.machine()
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}"


def peers() -> list[Function]:
    """The page view by boto3 alone, and in two frameworks."""
    path = [ROOT / "bench/peers", PACKAGES]
    event = _page_event("")
    return [
        Function("five boto3 calls", "with_boto3", path, event),
        Function("Powertools", "with_powertools", path, event),
        Function("FastAPI + Mangum", "with_fastapi", path, event),
    ]


def get_article(*, all_known: bool = True) -> Function:
    """GET /articles/{id} with the hints that web clients send, or without any."""
    query = f"domain={one_page.DOMAIN}&source={one_page.SOURCE_ID}" if all_known else ""
    return Function("`get_article`", "app", built_path("GetArticle"), _page_event(query))


def graphql(name: str, body: dict[str, str]) -> Function:
    """POST /graphql with the variables of the page's query."""
    variables = {
        "id": one_page.ID,
        "domain": one_page.DOMAIN,
        "srcId": one_page.SOURCE_ID,
        "hasSrc": True,
        "hasSelf": True,
    }
    headers = {"content-type": "application/json"}
    content = json.dumps({**body, "variables": variables})
    event = events.event("POST /graphql", headers=headers, body=content)
    return Function(name, "app", built_path("Graphql"), event)


def persisted() -> dict[str, str]:
    """The page's query as a client names it by its hash."""
    return {"documentId": f"sha256:{hashlib.sha256(QUERY.encode()).hexdigest()}"}


@cache
def built_path(logical_id: str) -> list[Path]:
    """Where a built function and its layers look for modules."""
    return [folder for folder, _ in built_folders(logical_id)]


def built_folders(logical_id: str) -> list[tuple[Path, Path]]:
    """A function's and its layers' folders: where modules are, and what is uploaded."""
    built = build.build_local()
    resources = cfn_yaml.load(str(built / "template.yaml"))["Resources"]
    properties = resources[logical_id]["Properties"]
    code = built / properties["CodeUri"]
    layers = [
        built / resources[layer["Ref"]]["Properties"]["ContentUri"]
        for layer in properties.get("Layers", [])
    ]
    return [(code, code), *((layer / "python", layer) for layer in layers)]


def bare_client_instructions() -> int:
    """The instructions of a process that makes a boto3 client and ends."""
    path = peers()[0].path
    return _counted(["-c", _BARE_CLIENT], _variables("http://127.0.0.1:1", path), "")


def instructions(function: Function, endpoint: str, count: int) -> int:
    """The instructions of a process from its start to its answer number `count`."""
    return _counted(_arguments(function), *_inputs(function, endpoint, count))


def taken(function: Function, endpoint: str, count: int, skipped: int) -> Taken:
    """What `count` answers took after the first ones, which are skipped."""
    variables, sent = _inputs(function, endpoint, skipped + count)
    command: list[str | Path] = [PYTHON, "-S", "-P", *_arguments(function)]
    done = subprocess.run(
        command, env=variables, input=sent, stdout=subprocess.PIPE, text=True, check=True
    )
    wall, cpu = zip(*json.loads(done.stdout.splitlines()[-1])[skipped:], strict=True)
    return Taken(statistics.median(wall), statistics.fmean(cpu))


def check_valgrind() -> None:
    """Raises Failure where instructions cannot be counted."""
    try:
        subprocess.run(["valgrind", "--version"], check=True, stdout=subprocess.DEVNULL)
    except FileNotFoundError:
        raise Failure("Install Valgrind (Debian: valgrind), which counts instructions.") from None


def _page_event(query: str) -> events.Event:
    event = events.event("GET /articles/{id}", {"id": str(one_page.ID)}, query)
    # What the frameworks' own routers read, and the same number of digits each time.
    event["requestContext"] |= {"requestId": "0123456789abcdef", "stage": "$default"}
    return event


def _arguments(function: Function) -> list[str]:
    return ["-c", _PROGRAM.replace("MODULE", function.module)]


def _inputs(function: Function, endpoint: str, count: int) -> tuple[dict[str, str], str]:
    """The environment and the standard input of a function's process."""
    return _variables(endpoint, function.path), json.dumps([function.event, count])


def _variables(endpoint: str, path: Sequence[Path]) -> dict[str, str]:
    return {
        **environment.variables(Store(tables.client(endpoint), *one_page.TABLES)),
        "AWS_DEFAULT_REGION": tables.REGION,
        "LAMBDA_TASK_ROOT": str(path[0]),
        # Valgrind makes a process so slow that it would give up the store within its limits.
        "LOCAL_RUN": "on",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONHASHSEED": "0",
    }


def _counted(arguments: Sequence[str], variables: dict[str, str], sent: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command: list[str | Path] = ["valgrind", "--tool=cachegrind", "--cache-sim=no"]
        command += [f"--log-file={log}", "--cachegrind-out-file=/dev/null"]
        command += [PYTHON, "-S", "-P", *arguments]
        subprocess.run(
            command, env=variables, input=sent, stdout=subprocess.DEVNULL, text=True, check=True
        )
        found = re.search(r"I\s+refs:\s+([\d,]+)", log.read_text("utf-8"))
    assert found
    return int(found[1].replace(",", ""))
