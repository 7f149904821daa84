"""The commands as a whole: help, completion, and what they import."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import click
import pytest

from seealso_cli import admin_api
from seealso_cli.main import main
from tests.cli.conftest import Run
from tests.cli.support import Outcome

MAX_SUMMARY_LENGTH = 45  # click cuts longer ones

# Heavy packages, and the modules of the commands.
_SLOW = {"boto3", "botocore", "rich", "sqlite3", "urllib3", "seealso", "seealso_cli.commands"}


def commands(
    group: click.Group = main, names: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands and groups with their names, as they are when they run."""
    context = click.Context(group)
    for name in group.list_commands(context):
        _, command, _ = group.resolve_command(context, [name])
        assert command is not None
        yield (*names, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*names, name))


def run_code(code: str, **environment: str) -> tuple[str, set[str]]:
    """Run code in a new process. Returns its output and the modules of _SLOW that it imported."""
    code = f"import sys; sys.argv[0] = 'seealso'\n{code}\nprint(*sys.modules, file=sys.stderr)"
    process = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
    )
    return process.stdout, _SLOW & set(process.stderr.split())


def test_help_imports_no_command() -> None:
    code = "from seealso_cli.main import main; main(['--help'], standalone_mode=False)"
    output, imported = run_code(code)
    assert output.startswith("Usage: seealso ")
    assert imported == set()


def test_completion_imports_no_command() -> None:
    code = (
        "from contextlib import suppress\nfrom seealso_cli.main import main\n"
        "with suppress(SystemExit): main([], prog_name='seealso')"
    )
    environment = {
        "_SEEALSO_COMPLETE": "bash_complete",
        "COMP_WORDS": "seealso l",
        "COMP_CWORD": "1",
    }
    output, imported = run_code(code, **environment)
    assert [line.split(",")[1] for line in output.splitlines()] == [
        "links",
        "load",
        "login",
        "logout",
    ]
    assert imported == set()


@pytest.mark.parametrize("command", ["articles list", "load", "token"])
def test_commands_start_without_boto3(command: str) -> None:
    arguments = [*command.split(), "--help"]
    code = f"from seealso_cli.main import main; main({arguments}, standalone_mode=False)"
    _, imported = run_code(code)
    assert not {"boto3", "botocore"} & imported


def test_summaries_are_not_cut() -> None:
    for names, command in commands():
        assert command.help is not None, names
        first_line = command.help.splitlines()[0]
        assert len(first_line) <= MAX_SUMMARY_LENGTH, names
        assert first_line == command.get_short_help_str(), names


def test_placeholders_have_the_summaries_of_their_commands() -> None:
    for names, command in commands():
        if len(names) == 1:
            assert main.commands[names[0]].get_short_help_str() == command.get_short_help_str()
            assert command.name == names[0]


def test_help_of_every_command(run: Run) -> None:
    for names, _ in commands():
        outcome = run(*names, "--help")
        assert outcome.status == 0
        assert outcome.out.startswith("Usage: ")


def test_suggests_commands(run: Run) -> None:
    outcome = run("article", "list")
    assert outcome.status == 2
    assert "articles" in outcome.summary


def test_interrupted_command_exits_with_130(
    as_editor: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(admin_api, "request", interrupted)
    assert as_editor("articles", "show", 41) == Outcome(130, "", ["Interrupted."])
