"""Where a command works: a deployed stack, the running local one, or any endpoint."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict
from urllib.parse import urlsplit

import click

from seealso.dynamodb import Client, Credentials, Store
from seealso_cli.errors import Unable

if TYPE_CHECKING:
    import boto3

type OpenStore = Callable[[], Store]

# For each wave of requests, all attempts together; it must stay below runs.WRITE_SECONDS.
LIMIT_SECONDS = 20.0
# For one attempt: half a megabyte gets through a slow line.
ATTEMPT_SECONDS = 10.0

# The local run's (README): its base URL is in this file while it runs.
_API_URL = Path(".local/api-url")
_LOCAL_STACK = "seealso-local"
_LOCAL_REGION = "eu-west-1"
_LOCAL_CREDENTIALS = Credentials("test", "test", None)

_TABLES = ("articles", "links", "sites", "runs")


class TargetOptions(TypedDict):
    """The options that target_options() gives a command."""

    stack: str | None
    local: bool
    endpoint: str | None
    articles_table: str | None
    links_table: str | None
    sites_table: str | None
    runs_table: str | None


class Stack(NamedTuple):
    """A stack of seealso that is there; `endpoint` is the emulator's, None for AWS."""

    name: str
    session: "boto3.Session"
    endpoint: str | None
    outputs: dict[str, str]

    def output(self, name: str) -> str:
        """An output that every stack of seealso has. Raises Unable."""
        if name not in self.outputs:
            raise Unable(f"The stack {self.name} has no output {name}: is it one of seealso?")
        return self.outputs[name]


def stack_options[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options --stack and --local."""
    command = click.option("--local", is_flag=True, help="The local stack that `make run` serves.")(
        command
    )
    return click.option("--stack", metavar="NAME", help="The deployed stack of this name.")(command)


def target_options[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options of TargetOptions."""
    options = [
        click.option("--endpoint", metavar="URL", help="Any DynamoDB, with the tables' names:"),
        *(click.option(f"--{table}-table", metavar="NAME") for table in _TABLES),
    ]
    for option in reversed(options):
        command = option(command)
    return stack_options(command)


def stores(target: TargetOptions, needs: Sequence[str]) -> OpenStore:
    """What opens a store of the target; each thread opens its own.

    `needs`: the tables that the command uses, which --endpoint must name. Raises
    click.UsageError, or Unable when the stack can't be found.
    """
    stack, endpoint = target["stack"], target["endpoint"]
    if (stack is not None) + target["local"] + (endpoint is not None) != 1:
        raise click.UsageError("Say where: exactly one of --stack NAME, --local, --endpoint URL.")
    named = _named_tables(target)
    if named and endpoint is None:
        raise click.UsageError(f"--{next(iter(named))}-table goes with --endpoint alone.")
    if stack is not None:
        return _deployed(stack)
    if endpoint is None:
        return _local()
    missing = [f"--{table}-table" for table in needs if table not in named]
    if missing:
        raise click.UsageError(f"--endpoint needs {' and '.join(missing)} too.")
    return _elsewhere(endpoint, named)


def _named_tables(target: TargetOptions) -> dict[str, str]:
    names = {
        "articles": target["articles_table"],
        "links": target["links_table"],
        "sites": target["sites_table"],
        "runs": target["runs_table"],
    }
    return {table: name for table, name in names.items() if name}


def _deployed(name: str) -> OpenStore:
    stack = _deployed_stack(name)
    # boto3 knows the endpoints of all partitions, and those that the user's profile sets.
    endpoint = stack.session.client("dynamodb").meta.endpoint_url
    credentials = _own_credentials(stack.session)
    return _opener(endpoint, stack.session.region_name, credentials, _tables(stack))


def _local() -> OpenStore:
    stack = _local_stack()
    endpoint = stack.endpoint or ""
    return _opener(endpoint, _LOCAL_REGION, lambda: _LOCAL_CREDENTIALS, _tables(stack))


def find_stack(name: str | None, local: bool) -> Stack:
    """The deployed stack of this name, or the local one.

    Raises click.UsageError, or Unable when it can't be found.
    """
    if (name is not None) + local != 1:
        raise click.UsageError("Say where: exactly one of --stack NAME, --local.")
    return _local_stack() if name is None else _deployed_stack(name)


def _deployed_stack(name: str) -> Stack:
    session = _own_session()
    return Stack(name, session, None, _outputs(session, name, None))


def _local_stack() -> Stack:
    here = Path.cwd()
    files = [folder / _API_URL for folder in (here, *here.parents)]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        raise Unable("The local stack is not running: start it with `make run` and keep it open.")
    api_url = file.read_text().strip()
    # By name: what comes to 127.0.0.1 is taken for a call of the API, not of AWS.
    endpoint = f"http://localhost:{urlsplit(api_url).port}"
    session = bare_session(_LOCAL_REGION)
    outputs = _outputs(session, _LOCAL_STACK, endpoint)
    # The emulator has no address of its own for an API.
    return Stack(_LOCAL_STACK, session, endpoint, {**outputs, "ApiUrl": api_url})


def _elsewhere(endpoint: str, tables: dict[str, str]) -> OpenStore:
    try:
        url = urlsplit(endpoint)
        usable = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise click.UsageError("--endpoint takes a URL such as http://localhost:8000.")
    session = _own_session()
    return _opener(endpoint.rstrip("/"), session.region_name, _own_credentials(session), tables)


def _opener(
    endpoint: str, region: str, credentials: Callable[[], Credentials], tables: dict[str, str]
) -> OpenStore:
    def open_store() -> Store:
        client = Client(endpoint, region, credentials, LIMIT_SECONDS, ATTEMPT_SECONDS)
        articles, links, sites, runs = (tables.get(table, "") for table in _TABLES)
        return Store(client, articles=articles, links=links, sites=sites, runs=runs, audit="")

    return open_store


def _own_session() -> "boto3.Session":
    """The user's own AWS set-up: environment, profile, single sign-on, role."""
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        # boto3 itself reads AWS_DEFAULT_REGION alone.
        session = boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
    except BotoCoreError as error:
        raise Unable(f"Your AWS set-up can't be used: {error}") from None
    if not session.region_name:
        raise Unable("No AWS region is set: set AWS_REGION, or a region in your profile.")
    return session


def _own_credentials(session: "boto3.Session") -> Callable[[], Credentials]:
    from botocore.exceptions import BotoCoreError

    try:
        found = session.get_credentials()
    except BotoCoreError as error:
        raise Unable(f"Your AWS credentials can't be used: {error}") from None
    if found is None:
        raise Unable(
            "No AWS credentials were found: set AWS_PROFILE or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY (for an emulator any will do)."
        )

    def current() -> Credentials:
        # Frozen anew for each request: those of a role or of single sign-on are refreshed so.
        frozen = found.get_frozen_credentials()
        return Credentials(frozen.access_key or "", frozen.secret_key or "", frozen.token)

    return current


def bare_session(region: str) -> "boto3.Session":
    """A session that reads nothing of the user's own AWS set-up; its keys are the emulator's."""
    import boto3
    import botocore.session

    # AWS_PROFILE is not looked at; setting the variable to None would not do.
    core = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    core.set_config_variable("config_file", os.devnull)
    core.set_config_variable("credentials_file", os.devnull)
    keys = _LOCAL_CREDENTIALS
    return boto3.Session(
        keys.access_key, keys.secret_key, region_name=region, botocore_session=core
    )


def _outputs(session: "boto3.Session", stack: str, endpoint: str | None) -> dict[str, str]:
    """The outputs of the stack of this name. Raises Unable."""
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    config = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3})
    where = "The local stack" if endpoint else "CloudFormation"
    try:
        cloudformation = session.client("cloudformation", endpoint_url=endpoint, config=config)
        found: Any = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        said = error.response.get("Error", {})
        if said.get("Code") == "ValidationError":
            raise Unable(
                f"There is no stack {stack} in {session.region_name} for your AWS account."
            ) from None
        raise Unable(f"{where} refused: {said.get('Message') or said.get('Code')}") from None
    except BotoCoreError as error:
        way_out = " Start it with `make run`." if endpoint else ""
        raise Unable(f"{where} can't be asked: {error}{way_out}") from None
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}


def _tables(stack: Stack) -> dict[str, str]:
    """The names of the stack's tables. Raises Unable."""
    tables = {table: stack.outputs.get(f"{table.capitalize()}Table", "") for table in _TABLES}
    missing = [table for table, name in tables.items() if not name]
    if missing:
        raise Unable(f"The stack {stack.name} has no table of {missing[0]}: is it one of seealso?")
    return tables
