"""Stacks of seealso: a deployed one, or the local one of `make run`."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import click

from seealso_cli import aws
from seealso_cli.errors import CommandFailed

if TYPE_CHECKING:
    import boto3

_LOCAL_STACK = "seealso-local"
# While the local stack runs, this file has the base URL of its API.
_API_URL_FILE = Path(".local/api-url")


class Stack(NamedTuple):
    """An existing stack. `endpoint` is the emulator's, or None for AWS."""

    name: str
    session: "boto3.Session"
    endpoint: str | None
    outputs: dict[str, str]

    def output(self, name: str) -> str:
        """An output that every stack of seealso has. Raises CommandFailed."""
        if name not in self.outputs:
            raise CommandFailed(
                f"The stack {self.name} has no output {name}. Is it a seealso stack?"
            )
        return self.outputs[name]


def get_stack(name: str | None, local: bool) -> Stack:
    """The deployed stack of this name, or the local one.

    Raises click.UsageError, and CommandFailed if there is no such stack.
    """
    if (name is not None) + local != 1:
        raise click.UsageError("Specify exactly one of --stack and --local.")
    return get_local_stack() if name is None else get_deployed_stack(name)


def get_deployed_stack(name: str) -> Stack:
    """The stack of this name in the user's AWS account. Raises CommandFailed."""
    session = aws.user_session()
    return Stack(name, session, None, _get_outputs(session, name, None))


def get_local_stack() -> Stack:
    """The stack that `make run` serves. Raises CommandFailed."""
    current = Path.cwd()
    candidates = [folder / _API_URL_FILE for folder in (current, *current.parents)]
    file = next((file for file in candidates if file.is_file()), None)
    if file is None:
        raise CommandFailed("The local stack is not running. Start it with `make run`.")
    api_url = file.read_text().strip()
    # The emulator takes requests to the host 127.0.0.1 for calls of the API, not of AWS.
    endpoint = f"http://localhost:{urlsplit(api_url).port}"
    session = aws.isolated_session(aws.LOCAL_REGION)
    outputs = _get_outputs(session, _LOCAL_STACK, endpoint)
    # The emulator's own ApiUrl is not one that it serves.
    return Stack(_LOCAL_STACK, session, endpoint, {**outputs, "ApiUrl": api_url})


def _get_outputs(session: "boto3.Session", stack: str, endpoint: str | None) -> dict[str, str]:
    """The outputs of a stack by name. Raises CommandFailed."""
    service = "the local stack" if endpoint else "CloudFormation"
    try:
        response = aws.call(session, "cloudformation", endpoint, "describe_stacks", StackName=stack)
    except aws.AwsRefused as refused:
        if refused.code == "ValidationError":
            raise CommandFailed(
                f"There is no stack {stack} in {session.region_name} in your AWS account."
            ) from None
        raise CommandFailed(f"{service[:1].upper()}{service[1:]} refused: {refused}") from None
    except aws.AwsUnreachable as error:
        next_step = " Start it with `make run`." if endpoint else ""
        raise CommandFailed(f"Could not reach {service}: {error}{next_step}") from None
    outputs = response["Stacks"][0].get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}
