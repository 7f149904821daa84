"""Queries of log lines: CloudWatch Logs Insights, charged by the bytes that a query scans."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from seealso_cli import aws

if TYPE_CHECKING:
    import boto3

_PAUSE_SECONDS = 1.0


class Rows(NamedTuple):
    """A query's rows by field, and the bytes that it has scanned."""

    rows: list[dict[str, str]]
    scanned: float


def query_lines(
    session: "boto3.Session",
    endpoint: str | None,
    group: str,
    query: str,
    start: datetime,
    end: datetime,
) -> Rows:
    """What a query finds in a log group from `start` until before `end`.

    Waits until it is done; AWS ends a query after an hour. Raises AwsRefused, AwsUnreachable.
    """
    query_id = aws.call(
        session,
        "logs",
        endpoint,
        "start_query",
        logGroupName=group,
        startTime=int(start.timestamp()),
        endTime=int(end.timestamp()) - 1,  # inclusive
        queryString=query,
    )["queryId"]
    while True:
        found = aws.call(session, "logs", endpoint, "get_query_results", queryId=query_id)
        if found["status"] not in ("Scheduled", "Running"):
            break
        time.sleep(_PAUSE_SECONDS)
    if found["status"] != "Complete":
        raise aws.AwsRefused(found["status"], f"the query of {group} ended as {found['status']}")
    rows = [{each["field"]: each["value"] for each in row} for row in found["results"]]
    return Rows(rows, found["statistics"]["bytesScanned"])
