"""`sam deploy` of the release to AWS, with the user's own credentials.

python -m local.release ENV     ENV: an environment of samconfig.toml

A change of an existing stack is shown first, and refused if it would empty a table (change_set.py).
After a first deployment the scheduled jobs run once: alarms look for it.

Secrets are not in samconfig.toml: the variables ORIGIN_SECRET and ORIGIN_SECRET_PREVIOUS of the
environment set them, and without these a stack keeps the ones that it has.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local import change_set, environments
from local.build import BUILT, SAM
from local.environments import Environment
from local.paths import ROOT
from local.steps import Failure
from seealso_cli.errors import CommandFailed
from seealso_cli.jobs import JOBS, run_job
from seealso_cli.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef

# In these states a stack cannot be updated, only deleted.
_DEAD = ("CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
# CloudFormation throttles faster callers.
POLL_SECONDS = 3.0
_SECRETS = {"ORIGIN_SECRET": "OriginSecret", "ORIGIN_SECRET_PREVIOUS": "OriginSecretPrevious"}


def deploy(environment: Environment, built: Path = BUILT) -> None:
    """Deploys what `make build` has built; a new stack twice, and its jobs run. Raises Failure.

    CloudFormation deletes the tables and the user pool of a first deployment that fails
    (RetainExceptOnCreate), unless deletion protection prevents it. So protection is off in the
    first deployment, and the second one turns it on.
    """
    status = _status(environment)
    if status in _DEAD:
        raise Failure(
            f"The stack {environment.stack_name} is in {status} and can only be deleted. "
            "docs/deploying.md says how to start over."
        )
    secrets = {_SECRETS[name]: os.environ[name] for name in _SECRETS if name in os.environ}
    ids = [secret.partition(".")[0] for secret in secrets.values() if secret]
    if len(ids) > len(set(ids)):
        # Functions would keep the previous secret: a version is published for another id.
        raise Failure("ORIGIN_SECRET must have another id than ORIGIN_SECRET_PREVIOUS.")
    parameters = environment.parameters | secrets
    if status is not None:
        try:
            _update(environment, built, parameters)
        except (BotoCoreError, ClientError) as error:
            raise Failure(f"Could not change {environment.stack_name}: {error}") from error
        return
    if parameters["DeletionProtection"] == "true":
        print("First deployment: deletion protection stays off until it has succeeded.", flush=True)
        _sam_deploy(environment, built, parameters | {"DeletionProtection": "false"})
        if _status(environment) is None:
            return  # the user did not confirm the changes
        print("Second deployment: deletion protection on.", flush=True)
    _sam_deploy(environment, built, parameters)
    if _status(environment) is not None:
        _run_jobs(environment)


def _run_jobs(environment: Environment) -> None:
    """Runs each scheduled job once, instead of within a day. Raises Failure."""
    stack = Stack(environment.stack_name, _session(environment), None, {}, {})
    for name, logical_id in JOBS.items():
        print(f"Running the job {name}.", flush=True)
        try:
            run_job(stack, logical_id)
        except CommandFailed as error:
            raise Failure(f"{environment.stack_name} is deployed. {error.message}") from error


def outputs(environment: Environment) -> dict[str, str]:
    """The deployed stack's outputs, by name. Raises Failure."""
    try:
        stacks = _cloudformation(environment).describe_stacks(StackName=environment.stack_name)
    except (BotoCoreError, ClientError) as error:
        raise Failure(f"Could not read the stack {environment.stack_name}: {error}") from error
    found = stacks["Stacks"][0].get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in found}


def _update(environment: Environment, built: Path, parameters: Mapping[str, str]) -> None:
    """Makes a change set, shows it, and carries it out if it is safe and the user agrees."""
    client = _cloudformation(environment)
    known = _change_sets(client, environment.stack_name)
    _sam_deploy(environment, built, parameters, "--no-execute-changeset")
    made = _change_sets(client, environment.stack_name) - known
    if not made:
        return  # nothing changes
    (arn,) = made
    summary = change_set.summarize(change_set.read(client, arn))
    print(f"What changes in {environment.stack_name}:")
    for line in summary.lines:
        print(f"  {line}")
    is_wanted = not summary.dangers and (not environment.asks_first or _agrees())
    if not is_wanted:
        client.delete_change_set(ChangeSetName=arn)
    if summary.dangers:
        raise Failure(
            "\n".join(
                [*summary.dangers, 'Nothing was deployed. See docs/deploying.md, "Deploying".']
            )
        )
    if is_wanted:
        _execute(client, environment.stack_name, arn)


def _change_sets(client: "CloudFormationClient", stack: str) -> set[str]:
    """The ARNs of the stack's change sets that can be carried out."""
    pages = client.get_paginator("list_change_sets").paginate(StackName=stack)
    return {
        each["ChangeSetId"]
        for page in pages
        for each in page["Summaries"]
        if each["ExecutionStatus"] == "AVAILABLE"
    }


def _agrees() -> bool:
    try:
        return input("Deploy this? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _execute(client: "CloudFormationClient", stack: str, arn: str) -> None:
    """Carries out a change set, and prints the stack's events as they come. Raises Failure."""
    last = next(iter(_events_since(client, stack, None)))["EventId"]
    client.execute_change_set(ChangeSetName=arn)
    status = "UPDATE_IN_PROGRESS"
    while status.endswith("_IN_PROGRESS"):
        time.sleep(POLL_SECONDS)
        for event in reversed(list(_events_since(client, stack, last))):
            last = event["EventId"]
            state, reason = event["ResourceStatus"], event.get("ResourceStatusReason", "")
            print(f"  {state:<20} {event['LogicalResourceId']} {reason}".rstrip(), flush=True)
            if event["ResourceType"] == "AWS::CloudFormation::Stack":
                status = state
    if status != "UPDATE_COMPLETE":
        raise Failure(f"The stack is in {status}. docs/deploying.md says what to do.")


def _events_since(
    client: "CloudFormationClient", stack: str, last: str | None
) -> "Iterator[StackEventTypeDef]":
    """The stack's events after the one with this id, newest first."""
    for page in client.get_paginator("describe_stack_events").paginate(StackName=stack):
        for event in page["StackEvents"]:
            if event["EventId"] == last:
                return
            yield event


def _status(environment: Environment) -> str | None:
    """The stack's status; None if it was never deployed. Raises Failure."""
    try:
        stacks = _cloudformation(environment).describe_stacks(StackName=environment.stack_name)
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise Failure(f"Could not read the stack {environment.stack_name}: {error}") from error
    except BotoCoreError as error:
        raise Failure(f"Could not read the stack {environment.stack_name}: {error}") from error
    status: str = stacks["Stacks"][0]["StackStatus"]
    # A change set was made for a new stack and not carried out.
    return None if status == "REVIEW_IN_PROGRESS" else status


def _cloudformation(environment: Environment) -> "CloudFormationClient":
    return _session(environment).client("cloudformation")


def _session(environment: Environment) -> boto3.Session:
    return boto3.Session(profile_name=environment.profile, region_name=environment.region)


def _sam_deploy(
    environment: Environment, built: Path, parameters: Mapping[str, str], *options: str
) -> None:
    # An option of the command line could pass no empty values, and others would see the secrets.
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "samconfig.yaml"  # of which JSON is a part
        config.write_text(json.dumps(environments.configuration(environment, parameters)))
        command: list[str | Path] = [SAM, "deploy", "--template-file", built / "template.yaml"]
        command += ["--config-file", config, "--config-env", environment.name, *options]
        variables = os.environ | {"SAM_CLI_TELEMETRY": "0"}
        status = subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
    if status:
        raise Failure("sam deploy failed. docs/deploying.md says what to do after a failure.")


def main() -> int:
    try:
        deploy(environments.environment(sys.argv[1]))
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
