"""Asks the new versions of a deployment what readers and submitters ask, before they get traffic.

CodeDeploy calls it before it moves the alias of a function, and waits up to an hour for a verdict
(AWS "AppSpec 'hooks' section", "Structure of hooks for an AWS Lambda deployment"). Each call asks
the new versions of all functions, so that no alias moves if one of them is broken.
"""

import base64
import json
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from seealso.probing.probes import Answer, Ask, ProbeFailed, Request, probe

# The variable that has the ARN of the version that serves a route.
_VERSIONS = {
    "GET /": "PAGE_VERSION",
    "GET /admin/articles": "ADMIN_VERSION",
    "GET /articles/{id}": "GET_ARTICLE_VERSION",
    "GET /desk": "DESK_VERSION",
    "GET /domains/{domain}/articles": "RELATED_VERSION",
    "GET /sites": "RELATED_VERSION",
    "POST /articles/{id}/links/preview": "SUBMIT_LINK_VERSION",
    "POST /graphql": "GRAPHQL_VERSION",
}
_TIMEOUT_SECONDS = 10


def handler(event: dict[str, str], _context: object) -> None:
    # Lambda's runtime has it, and needs half a second for it, which is nothing here.
    import boto3

    session: Any = boto3.Session()
    try:
        lines = _verdict(session)
        _log("INFO", lines)
        status = "Succeeded"
    except Exception as error:  # noqa: BLE001 without a verdict, CodeDeploy would wait an hour
        _log("ERROR", [f"{type(error).__name__}: {error}"])
        status = "Failed"
    session.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=status,
    )


def _verdict(session: Any) -> list[str]:
    """What was found. Raises ProbeFailed, and what boto3 raises."""
    name = os.environ["STACK_ID"]
    stack = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    if "ROLLBACK" in stack["StackStatus"]:
        # Back to versions that have served. A failure would leave the stack half rolled back.
        return [f"not probed: the stack is in {stack['StackStatus']}"]
    query = Path(__file__).with_name("page.graphql").read_text("utf-8")
    return probe(_by_invoking(session), query)


def _by_invoking(session: Any) -> Ask:
    from botocore.config import Config

    # Retries, because the probes of all aliases run at once, and Lambda may throttle them.
    retries: Any = {"mode": "standard", "total_max_attempts": 3}
    settings = Config(read_timeout=_TIMEOUT_SECONDS, retries=retries)
    functions = session.client("lambda", config=settings)

    def ask(request: Request) -> Answer:
        version = os.environ[_VERSIONS[request.route]]
        sent = json.dumps(_event(request)).encode()
        started = time.monotonic()
        invoked = functions.invoke(FunctionName=version, Payload=sent)
        payload = invoked["Payload"].read().decode()
        seconds = time.monotonic() - started
        if "FunctionError" in invoked:
            raise ProbeFailed(f"{request.route} ({version}) failed: {payload[:1000]}")
        answer = json.loads(payload)
        body = answer.get("body", "")
        if answer.get("isBase64Encoded"):
            body = base64.b64decode(body).decode()
        return Answer(answer["statusCode"], body, seconds)

    return ask


def _event(request: Request) -> dict[str, Any]:
    """The event that API Gateway would send for the request (payload format 2.0)."""
    method, _, template = request.route.partition(" ")
    path = template.format(**request.path)
    # As CloudFront shows it: where it is in front, functions answer nobody else.
    secret = os.environ["ORIGIN_SECRETS"].partition(" ")[0]
    return {
        "version": "2.0",
        "routeKey": request.route,
        "rawPath": unquote(path),
        "rawQueryString": request.query,
        "headers": {
            "host": "probe.invalid",
            "x-forwarded-proto": "https",
            "content-type": "application/json",
            "x-origin-secret": secret,
        },
        "pathParameters": dict(request.path),
        "requestContext": {
            # An address of nobody (RFC 5737).
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
            "requestId": "probe",
        },
        "body": None if request.body is None else json.dumps(request.body),
        "isBase64Encoded": False,
    }


def _log(level: str, lines: list[str]) -> None:
    print(json.dumps({"level": level, "message": "; ".join(lines)}), flush=True)
