"""Closed and full standard streams, readers that stop, and encodings that lack characters."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seealso.store.tables import Store
from seealso.tables.articles import Article, put_articles
from tests.cli.admin_server import AdminServer
from tests.cli.conftest import Run
from tests.cli.support import jsonl, row, store_options, write_file

NO_SPACE = "No space left on device"
CLOSED = "Bad file descriptor"


def environment_with(**variables: str) -> dict[str, str]:
    """This process's environment, in which output is buffered, and these variables."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return kept | variables


def run_shell(command: str, **environment: str) -> tuple[int, str, str]:
    """Run a shell command, in which `seealso` is the command line; its status and what it prints.

    The status is that of the first part of a pipe.
    """
    seealso = f'seealso() {{ "{sys.executable}" -c "{_MAIN}" "$@"; }}'
    process = subprocess.run(
        ["bash", "-c", f"{seealso}; {command}; exit ${{PIPESTATUS[0]}}"],
        check=False,
        capture_output=True,
        env=environment_with(**environment),
        timeout=60,
    )
    out, stderr = (data.decode(errors="replace") for data in (process.stdout, process.stderr))
    return process.returncode, out, stderr


_MAIN = "from seealso_cli.main import main; main()"


@pytest.fixture
def _articles(as_editor: Run, deployed_environment: Store) -> None:
    """A signed-in editor, and more articles than a pipe's buffer (64 KB) holds."""
    articles = [
        Article(number, 7, f"{'caf\u00e9 \u6c34 ' * 40}{number}", "", "2026-02-25", None, "draft")
        for number in range(1, 400)
    ]
    put_articles(deployed_environment, [(article, None) for article in articles])
    assert as_editor("articles", "list", "--domain=7").status == 0


LISTS = [
    "articles list --state draft --all",
    "articles list --state draft --all --json",
    "articles list --state draft --ids",
    "articles show 1",
    "articles --help",
    "--version",
]


@pytest.mark.usefixtures("_articles")
@pytest.mark.parametrize("command", LISTS)
def test_reader_may_stop_reading(command: str) -> None:
    status, out, stderr = run_shell(f"seealso {command} | head -1")
    assert (status, len(out.splitlines()), stderr) == (0, 1, "")
    # A reader that does not read at all.
    assert run_shell(f"seealso {command} | true")[::2] == (0, "")


@pytest.mark.usefixtures("_articles")
@pytest.mark.parametrize("command", LISTS)
@pytest.mark.parametrize(("redirect", "reason"), [("> /dev/full", NO_SPACE), (">&-", CLOSED)])
def test_reports_output_that_cannot_be_written(command: str, redirect: str, reason: str) -> None:
    status, out, stderr = run_shell(f"seealso {command} {redirect}")
    assert (status, out) == (2, "")
    assert stderr == f"Error: Could not write to standard output: {reason}.\n"


@pytest.mark.usefixtures("_articles")
@pytest.mark.parametrize("redirect", ["2> /dev/full", "2>&-", "2>&1 | true"])
def test_errors_that_cannot_be_written_keep_their_status(redirect: str) -> None:
    status, out, stderr = run_shell(f"seealso articles show 999 {redirect}")
    assert (status, out, stderr) == (5, "", "")


@pytest.mark.usefixtures("_articles")
def test_all_streams_may_be_closed() -> None:
    assert run_shell("seealso articles show 1 <&- >&- 2>&-") == (2, "", "")
    assert run_shell("seealso articles publish 1 <&- >&- 2>&-")[1:] == ("", "")
    assert run_shell("seealso articles show 1 <&-")[0] == 0


@pytest.mark.usefixtures("_articles")
@pytest.mark.parametrize(
    "command",
    [
        "articles create -",
        "articles publish -",
        "articles patch 1 --text-file -",
        "load --dry-run -",
        "sites load --dry-run -",
        "login --token-stdin --api https://api.example.com",
    ],
)
def test_reports_closed_standard_input(command: str) -> None:
    status, out, stderr = run_shell(f"seealso {command} <&-")
    assert (status in (1, 2), out) == (True, "")
    assert "Traceback" not in stderr
    assert "tandard input" in stderr
    assert CLOSED in stderr


@pytest.mark.usefixtures("_articles")
@pytest.mark.parametrize(
    ("redirect", "status", "stderr"),
    [
        ("| true", 0, ""),
        (
            "> /dev/full",
            2,
            (
                f"Error: Could not write to standard output: {NO_SPACE}. "
                "Check which changes were made.\n"
            ),
        ),
    ],
)
def test_changes_go_on_without_a_reader(
    as_editor: Run, redirect: str, status: int, stderr: str
) -> None:
    ids = " ".join(map(str, range(1, 6)))
    assert run_shell(f"seealso articles publish {ids} {redirect}")[::2] == (status, stderr)
    shown = [as_editor("articles", "show", number, "--json").json() for number in range(1, 6)]
    assert [article["state"] for article in shown] == ["published"] * 5


@pytest.mark.usefixtures("_articles")
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"PYTHONIOENCODING": "ascii"}, b"caf\\xe9 \\u6c34"),
        ({"PYTHONIOENCODING": "latin-1"}, b"caf\xe9 \\u6c34"),
        ({"LC_ALL": "C"}, "caf\u00e9 \u6c34".encode()),
        ({"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}, b"caf\\xe9 \\u6c34"),
    ],
)
@pytest.mark.parametrize("command", ["list --state draft --limit=1", "show 1"])
def test_escapes_what_the_encoding_lacks(
    environment: dict[str, str], expected: bytes, command: str
) -> None:
    process = subprocess.run(
        [sys.executable, "-c", _MAIN, "articles", *command.split()],
        check=False,
        capture_output=True,
        env=environment_with(**environment),
    )
    assert process.returncode == 0
    assert expected in process.stdout
    assert b"Traceback" not in process.stderr


@pytest.mark.usefixtures("_articles")
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_messages_are_printed_in_every_encoding(
    deployed_environment: Store, tmp_path: Path, encoding: str
) -> None:
    path = write_file(tmp_path, b"x", "caf\u00e9 \u6c34")
    status, _, stderr = run_shell(f"seealso load --dry-run '{path}'", PYTHONIOENCODING=encoding)
    assert (status, "Traceback" in stderr) == (1, False)
    # Arguments of any bytes.
    for command in ("articles show $'\\xff'", "links show $'\\xff'", "audit --actor $'\\xff'"):
        status, _, stderr = run_shell(f"seealso {command}", PYTHONIOENCODING=encoding)
        assert status in (2, 4, 5), stderr
        assert stderr.count("Traceback") == 0


@pytest.mark.parametrize(
    ("redirect", "status", "reason"),
    [
        ("| head -1", 0, ""),
        ("> /dev/full", 2, f"Error: Could not write to standard output: {NO_SPACE}."),
        (">&-", 2, f"Error: Could not write to standard output: {CLOSED}."),
    ],
)
def test_export_to_standard_output(
    moto_store: Store, redirect: str, status: int, reason: str
) -> None:
    articles = [Article(number, 7, "T", "x" * 9000, "2026-02-25") for number in range(1, 60)]
    put_articles(moto_store, [(article, None) for article in articles])
    command = f"seealso export - {' '.join(store_options(moto_store))} {redirect}"
    result, _, stderr = run_shell(command)
    assert (result, stderr.strip()) == (status, reason)


def test_export_to_a_full_disk(moto_store: Store) -> None:
    articles = [Article(number, 7, "T", "x" * 9000, "2026-02-25") for number in range(1, 60)]
    put_articles(moto_store, [(article, None) for article in articles])
    result, _, stderr = run_shell(f"seealso export /dev/full {' '.join(store_options(moto_store))}")
    assert (result, stderr) == (2, f"Error: Could not write /dev/full: {NO_SPACE}\n")


@pytest.mark.parametrize("redirect", ["2> /dev/full", "2>&1 | true"])
def test_load_fails_if_its_reports_cannot_be_written(tmp_path: Path, redirect: str) -> None:
    path = write_file(tmp_path, jsonl([row(number, title="") for number in range(1, 3000)]))
    assert run_shell(f"seealso load --dry-run {path} {redirect}")[:2] == (2, "")


def test_token_is_not_lost_silently(as_editor: Run, admin_server: AdminServer) -> None:
    assert as_editor("token").status == 0
    assert run_shell("seealso token > /dev/full")[0] == 2


def test_json_is_ascii_in_every_encoding(as_editor: Run) -> None:
    body: dict[str, Any] = {"domain": 7, "title": "caf\u00e9", "text": "", "date": "2026-02-25"}
    as_editor("articles", "create", "-", stdin=json.dumps(body).encode())
    status, out, _ = run_shell("seealso articles show 1 --json", PYTHONIOENCODING="ascii")
    assert (status, json.loads(out)["title"]) == (0, "caf\u00e9")
