"""What the start of a read function costs, in instructions, which repeat where times do not.

Each figure is compared with one of the same machine and interpreter. Without valgrind, the lists of
modules in test_imports.py remain.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.release.test_imports import run
from tests.support import faulty
from tests.support.events import event
from tests.support.faulty import answer_bytes, answering

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("valgrind") is None,
        reason="needs valgrind (Debian: valgrind)",
    ),
]

END = "import os; os._exit(0)"  # without taking modules apart, which no container does
# What a signed request over TLS cannot do without.
FLOOR = "import hashlib, hmac, json, socket, ssl, typing\n" + END
IMPORT = "import app\n" + END
REQUESTS = (
    """
import json, sys
import app
event = json.load(sys.stdin)
for _ in range({times}):
    assert app.handler(event, None)["statusCode"] == 200
"""
    + END
)

ARTICLE = {
    "id": {"N": "3"},
    "domain": {"N": "7"},
    "title": {"S": "How wetlands store carbon"},
    "text": {"S": "Peat is old. " * 150},
    "date": {"S": "2026-02-25"},
    "state": {"S": "published"},
}
LISTED = [
    {"id": {"N": f"{number}"}, "domain": {"N": f"{number % 5}"}, "title": {"S": "Kilns"}}
    for number in range(25, 0, -1)
]


@pytest.fixture
def store() -> Iterator[dict[str, str]]:
    """Variables that name a store with one page, which may take its time."""
    with faulty.proxy(None) as server:
        responses = {"a": [ARTICLE], "b": [], "c": []}
        batch, query = {"Responses": responses}, {"Items": LISTED}
        server.inject(answering(answer_bytes(200, batch)), times=None, operation="BatchGetItem")
        server.inject(answering(answer_bytes(200, query)), times=None, operation="Query")
        yield {"AWS_ENDPOINT_URL_DYNAMODB": server.endpoint, "LOCAL_RUN": "on"}


def instructions(
    built: Path,
    log: Path,
    function: str,
    program: str,
    sent: Any = None,
    variables: Mapping[str, str] | None = None,
) -> int:
    """How many instructions a program takes from the start of the process to its end."""
    tool = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    run(built, function, program, sent, variables=variables, under=[*tool, f"--log-file={log}"])
    (count,) = re.findall(r"I +refs: +([0-9,]+)", log.read_text())
    return int(count.replace(",", ""))


@pytest.mark.parametrize(
    ("function", "most"),
    # 1.57, 1.59 and 1.67 when this was written; 2.5 with dataclasses and all that they import.
    [("GetArticle", 1.7), ("Related", 1.7), ("Graphql", 1.8)],
)
def test_a_start_is_not_much_more_than_the_standard_library(
    built: Path, tmp_path: Path, function: str, most: float
) -> None:
    log = tmp_path / "log"
    empty = instructions(built, log, function, END)
    floor = instructions(built, log, function, FLOOR) - empty
    start = instructions(built, log, function, IMPORT) - empty
    assert start / floor <= most


def test_the_desk_starts_with_three_fifths_of_a_bare_boto3_client(
    built: Path, tmp_path: Path
) -> None:
    """`boto3.client("dynamodb")` takes 1,028 M instructions, where FLOOR takes 126, and END 35.

    The desk took 460 when this was written, .45 of it: 4.7 times FLOOR.
    """
    log = tmp_path / "log"
    empty = instructions(built, log, "Desk", END)
    floor = instructions(built, log, "Desk", FLOOR) - empty
    start = instructions(built, log, "Desk", IMPORT) - empty
    assert start / floor <= (0.6 * 1028 - 35) / (126 - 35)


def test_a_cold_page_view_costs_no_more_than_its_start_and_three_warm_ones(
    built: Path, tmp_path: Path, store: dict[str, str]
) -> None:
    def requests(times: int) -> int:
        sent = event("GET /articles/{id}", {"id": "3"}, query="domain=7&source=0")
        program = REQUESTS.format(times=times)
        return instructions(built, tmp_path / "log", "GetArticle", program, sent, store)

    none, first, eleven = requests(0), requests(1), requests(11)
    warm = (eleven - first) / 10
    assert first - none <= 3 * warm
