"""The commands that the documentation names exist, with the options that they are given."""

import re
import shlex
from collections.abc import Iterator

import botocore.session
import click
import pytest
from botocore import xform_name

from local.paths import ROOT
from seealso_cli.main import main

# What the AWS CLI adds to the services' own operations, with its options.
OF_THE_CLI = {
    ("logs", "tail"): {"--since", "--format", "--filter-pattern"},
    ("cloudformation", "wait"): {"--stack-name"},
    ("dynamodb", "wait"): {"--table-name"},
    ("sns", "subscribe"): {"--topic-arn", "--protocol", "--notification-endpoint"},
}
# All but what tells of the past.
DOCUMENTS = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    if path.name not in ("CHANGELOG.md", "decisions.md")
)
FENCED = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
OF_ALL = {"--query", "--output", "--region", "--profile"}


def commands(program: str, *, is_inline: bool = True) -> Iterator[str]:
    """Each call of a program, in blocks of code and inline; without what it is piped into."""
    text = "".join(path.read_text("utf-8") for path in DOCUMENTS)
    document = re.sub(r"\\\n|\n +(?=\|)", " ", text)  # commands of several lines
    blocks = re.findall(FENCED, document)
    inline = re.findall(r"`([^`\n]+)`", re.sub(FENCED, "", document)) if is_inline else []
    for block in [*blocks, *inline]:
        # Calls within others, too: $(...) and pipes.
        for call in re.findall(
            rf"(?=(?:^|\$\(|\| |; ?|do )\s*{program} ([^\n]*))", block, re.MULTILINE
        ):
            quoted = re.sub(r"\$\([^()]*\)|\$\w+", "X", call)
            yield re.split(r" [|;#]|\)\"?$| #", quoted)[0] if "'" not in quoted else quoted


def parsed(call: str) -> tuple[click.Command, set[str]]:
    """The command of a call of seealso, and the long options that it is given."""
    words = shlex.split(call, comments=True)
    command: click.Command = main
    while isinstance(command, click.Group) and words:
        _, resolved, words = command.resolve_command(click.Context(command), words)
        assert resolved is not None
        command = resolved
    return command, {word.partition("=")[0] for word in words if word.startswith("--")}


@pytest.mark.parametrize("call", sorted(set(commands("seealso"))))
def test_commands_of_seealso_exist(call: str) -> None:
    command, used = parsed(call)
    known = {option for each in command.params for option in [*each.opts, *each.secondary_opts]}
    assert used <= known | {"--help"}


@pytest.mark.parametrize("call", sorted(set(commands("seealso", is_inline=False))))
def test_commands_in_blocks_have_the_options_that_they_require(call: str) -> None:
    command, used = parsed(call)
    for each in command.params:
        assert not (isinstance(each, click.Option) and each.required) or used & set(each.opts)


@pytest.mark.parametrize("call", sorted(set(commands("make"))))
def test_targets_of_make_exist(call: str) -> None:
    """With the variables that the target's description names."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    described = dict(re.findall(r"^([a-z-]+):.*## (.*)$", makefile, re.MULTILINE))
    target, *variables = shlex.split(call, comments=True)
    assert target in described
    for variable in variables:
        assert f"{variable.partition('=')[0]}=" in described[target]


@pytest.mark.parametrize("call", sorted(set(commands("aws"))))
def test_commands_of_aws_exist(call: str) -> None:
    service, operation, *words = shlex.split(call.removesuffix(")"), comments=True)
    used = {word.partition("=")[0] for word in words if word.startswith("--")}
    known = OF_THE_CLI.get((service, operation))
    if known is None:
        model = botocore.session.get_session().get_service_model(service)
        (name,) = [each for each in model.operation_names if xform_name(each, "-") == operation]
        shape = model.operation_model(name).input_shape
        known = {f"--{xform_name(each, '-')}" for each in (shape.members if shape else {})}
        known |= {option.replace("--", "--no-", 1) for option in known}
    assert used <= known | OF_ALL
