"""Runs a stack's scheduled functions by hand."""

import json
from typing import Any

from seealso_cli import aws
from seealso_cli.errors import CommandFailed
from seealso_cli.stack import Stack

# By the name that operators use, the function's logical id in template.yaml.
JOBS = {
    "check-links": "CheckLinks",
    "expire-links": "ExpireLinks",
    "notify": "Notify",
    "record-skips": "RecordSkips",
}
# The longest time limit of these functions (template.yaml) and the answer's way.
_SECONDS = 910


def run_job(stack: Stack, logical_id: str, event: dict[str, Any] | None = None) -> Any:
    """What a function of the stack returns, in the version that is in use. Raises CommandFailed."""
    try:
        found = aws.call(
            stack.session,
            "cloudformation",
            stack.endpoint,
            "describe_stack_resource",
            StackName=stack.name,
            LogicalResourceId=logical_id,
        )
        name = found["StackResourceDetail"]["PhysicalResourceId"]
        answer = aws.call(
            stack.session,
            "lambda",
            stack.endpoint,
            "invoke",
            seconds=_SECONDS,
            FunctionName=f"{name}:live",
            Payload=json.dumps(event or {}).encode(),
        )
        result = json.loads(answer["Payload"].read() or b"null")
    except (aws.AwsRefused, aws.AwsUnreachable) as error:
        raise CommandFailed(f"Could not run {logical_id}: {error}") from None
    if "FunctionError" in answer:
        raise CommandFailed(f"{logical_id} has failed; see the log of the function.")
    return result
