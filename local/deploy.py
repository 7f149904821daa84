"""`sam deploy` of a built template to the emulator."""

from collections.abc import Mapping
from pathlib import Path

from local import account, commands
from local.build import SAM, host_architecture, overrides
from local.steps import Failure

STACK_NAME = "seealso-local"
_BUILD_PARAMETER = f"/{STACK_NAME}/build"

# Where the local run differs from the template's defaults.
PARAMETERS = {
    "Architecture": host_architecture(),
    "DeletionProtection": "false",
    "LoginStyle": "off",
    "ContactUrl": "mailto:editors@example.org",
    "PrivacyUrl": "https://example.org/privacy",
    "SubmitsPerTenMinutes": "100000",
}


def deploy(
    port: int,
    template: Path,
    log: Path,
    stack_name: str = STACK_NAME,
    parameters: Mapping[str, str] = PARAMETERS,
) -> None:
    """Deploys as a stack. Raises a Failure that names the first resource that failed."""
    command: list[str | Path] = [SAM, "deploy", "--template-file", template]
    command += ["--stack-name", stack_name]
    command += ["--config-env", "local", "--resolve-s3", "--capabilities", "CAPABILITY_IAM"]
    command += ["--no-progressbar", "--no-confirm-changeset", "--no-fail-on-empty-changeset"]
    command += ["--parameter-overrides", *overrides(parameters)]
    environment = account.environment(port)
    environment |= {"SAM_CLI_POLL_DELAY": "0.3", "SAM_CLI_TELEMETRY": "0"}
    if commands.run(command, environment, log):
        reason = failure_reason(port, stack_name) or commands.error_line(log)
        raise Failure(f"sam deploy failed: {reason}\nFull output: {log}")


def deployed_build(port: int) -> str | None:
    """The name of the build that remember_build() has stored, None in an empty emulator."""
    ssm = account.session().client("ssm", endpoint_url=account.endpoint(port))
    try:
        value: str = ssm.get_parameter(Name=_BUILD_PARAMETER)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return None
    return value


def remember_build(port: int, build: str) -> None:
    """Stores the build's name in the emulator, which saves it together with the stack."""
    ssm = account.session().client("ssm", endpoint_url=account.endpoint(port))
    ssm.put_parameter(Name=_BUILD_PARAMETER, Value=build, Type="String", Overwrite=True)


def outputs(port: int) -> dict[str, str]:
    """The stack's outputs, by name."""
    cloudformation = account.session().client("cloudformation", endpoint_url=account.endpoint(port))
    stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def stop_schedule(port: int, function: str) -> None:
    """Deletes the schedule of a function, named as in template.yaml. Raises Failure."""
    endpoint = account.endpoint(port)
    cloudformation = account.session().client("cloudformation", endpoint_url=endpoint)
    resources = cloudformation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    names = [
        resource["PhysicalResourceId"]
        for resource in resources
        if resource["ResourceType"] == "AWS::Scheduler::Schedule"
        and resource["LogicalResourceId"].startswith(function)
    ]
    if len(names) != 1:
        raise Failure(f"{function} must have exactly one schedule, not {len(names)}.")
    scheduler = account.session().client("scheduler", endpoint_url=endpoint)
    scheduler.delete_schedule(Name=names[0].rpartition("/")[2])


def failure_reason(port: int, stack_name: str = STACK_NAME) -> str | None:
    """The first resource of the stack that failed, and why; None if CloudFormation names none."""
    cloudformation = account.session().client("cloudformation", endpoint_url=account.endpoint(port))
    try:
        events = cloudformation.describe_stack_events(StackName=stack_name)["StackEvents"]
    except cloudformation.exceptions.ClientError:
        events = []
    for event in reversed(events):
        if event.get("ResourceStatus", "").endswith("_FAILED"):
            return f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason')}"
    return None
