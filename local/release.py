"""`sam deploy` of the release to AWS, with the user's own credentials.

python -m local.release ENV     ENV: an environment of samconfig.toml

Secrets are not in samconfig.toml: the variables ORIGIN_SECRET and ORIGIN_SECRET_PREVIOUS of the
environment set them, and without these a stack keeps the ones that it has.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local import environments
from local.build import BUILT, SAM
from local.environments import Environment
from local.paths import ROOT
from local.steps import Failure

# In these states a stack cannot be updated, only deleted.
_DEAD = ("CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
_SECRETS = {"ORIGIN_SECRET": "OriginSecret", "ORIGIN_SECRET_PREVIOUS": "OriginSecretPrevious"}


def deploy(environment: Environment, built: Path = BUILT) -> None:
    """Deploys what `make build` has built; a new stack twice. Raises Failure.

    CloudFormation deletes the tables and the user pool of a first deployment that fails
    (RetainExceptOnCreate), unless deletion protection prevents it. So protection is off in the
    first deployment, and the second one turns it on.
    """
    status = _status(environment)
    if status in _DEAD:
        raise Failure(
            f"The stack {environment.stack_name} is in {status} and can only be deleted. "
            "docs/operations.md says how to start over."
        )
    secrets = {_SECRETS[name]: os.environ[name] for name in _SECRETS if name in os.environ}
    ids = [secret.partition(".")[0] for secret in secrets.values() if secret]
    if len(ids) > len(set(ids)):
        # Functions would keep the previous secret: a version is published for another id.
        raise Failure("ORIGIN_SECRET must have another id than ORIGIN_SECRET_PREVIOUS.")
    parameters = environment.parameters | secrets
    if status is None and parameters["DeletionProtection"] == "true":
        print("First deployment: deletion protection stays off until it has succeeded.", flush=True)
        _sam_deploy(environment, built, parameters | {"DeletionProtection": "false"})
        if _status(environment) is None:
            return  # the user did not confirm the changes
        print("Second deployment: deletion protection on.", flush=True)
    _sam_deploy(environment, built, parameters)


def _status(environment: Environment) -> str | None:
    """The stack's status; None if it was never deployed. Raises Failure."""
    try:
        session = boto3.Session(profile_name=environment.profile, region_name=environment.region)
        stacks = session.client("cloudformation").describe_stacks(StackName=environment.stack_name)
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise Failure(f"Could not read the stack {environment.stack_name}: {error}") from error
    except BotoCoreError as error:
        raise Failure(f"Could not read the stack {environment.stack_name}: {error}") from error
    status: str = stacks["Stacks"][0]["StackStatus"]
    # A change set was made for a new stack and not carried out.
    return None if status == "REVIEW_IN_PROGRESS" else status


def _sam_deploy(environment: Environment, built: Path, parameters: Mapping[str, str]) -> None:
    # An option of the command line could pass no empty values, and others would see the secrets.
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "samconfig.yaml"  # of which JSON is a part
        config.write_text(json.dumps(environments.configuration(environment, parameters)))
        command: list[str | Path] = [SAM, "deploy", "--template-file", built / "template.yaml"]
        command += ["--config-file", config, "--config-env", environment.name]
        variables = os.environ | {"SAM_CLI_TELEMETRY": "0"}
        status = subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
    if status:
        raise Failure("sam deploy failed. docs/operations.md says what to do after a failure.")


def main() -> int:
    try:
        deploy(environments.environment(sys.argv[1]))
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
