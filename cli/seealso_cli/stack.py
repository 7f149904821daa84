"""Stacks of seealso: a deployed one, or the local one of `make run`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import click

from seealso_cli import aws, network
from seealso_cli.errors import CommandFailed

if TYPE_CHECKING:
    import boto3

_LOCAL_STACK = "seealso-local"
# While the local stack runs, this file has the base URL of its API.
_API_URL_FILE = Path(".local/api-url")
# The same URL, for commands that run outside its checkout.
_LOCAL_URL = "SEEALSO_LOCAL_URL"


class Stack(NamedTuple):
    """An existing stack. `endpoint` is the emulator's, or None for AWS."""

    name: str
    session: "boto3.Session"
    endpoint: str | None
    outputs: dict[str, str]
    parameters: dict[str, str]

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
    return Stack(name, session, None, *_describe(session, name, None))


def get_local_stack() -> Stack:
    """The stack that `make run` serves. Raises CommandFailed."""
    api_url = find_local_url()
    if api_url is None:
        raise CommandFailed(
            "No running local stack was found from this folder. Start it with `make run`, or, "
            f"outside its checkout, set {_LOCAL_URL} to the base URL that it prints."
        )
    try:
        url = urlsplit(api_url)
        port = url.port if url.scheme == "http" and network.is_loopback(api_url) else None
    except ValueError:
        port = None
    if port is None:
        raise CommandFailed(f"{_LOCAL_URL} must be a URL such as http://127.0.0.1:4566.")
    # The emulator takes requests to the host 127.0.0.1 for calls of the API, not of AWS.
    endpoint = f"http://localhost:{port}"
    session = aws.isolated_session(aws.LOCAL_REGION)
    outputs, parameters = _describe(session, _LOCAL_STACK, endpoint)
    # The emulator's own ApiUrl is not one that it serves.
    outputs["ApiUrl"] = api_url.rstrip("/")
    return Stack(_LOCAL_STACK, session, endpoint, outputs, parameters)


def find_local_url() -> str | None:
    """The local stack's base URL: from the environment, or of the checkout around this folder."""
    if api_url := os.environ.get(_LOCAL_URL):
        return api_url
    current = Path.cwd()
    candidates = [folder / _API_URL_FILE for folder in (current, *current.parents)]
    file = next((file for file in candidates if file.is_file()), None)
    return file.read_text().strip() if file else None


def _describe(
    session: "boto3.Session", stack: str, endpoint: str | None
) -> tuple[dict[str, str], dict[str, str]]:
    """The outputs of a stack and its parameters, by name. Raises CommandFailed."""
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
    described = response["Stacks"][0]
    return (
        {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])},
        {one["ParameterKey"]: one["ParameterValue"] for one in described.get("Parameters", [])},
    )
