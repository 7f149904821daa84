"""Sums of metrics by day or hour: CloudWatch's GetMetricData.

AWS, "GetMetricData": a call asks for at most 500 metrics and answers with at most 100,800 data
points and a token for the rest. Data points of a minute are kept for 15 days, those of 5 minutes
for 63 days, and those of an hour for 455 days. A period has to be a multiple of what is kept at the
start of the time that is asked for; days and hours always are. Where nothing was counted there is
no data point.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import batched
from typing import TYPE_CHECKING, Any, NamedTuple

from seealso_cli import aws

if TYPE_CHECKING:
    import boto3

KEPT_DAYS = 455
A_DAY, AN_HOUR = 86_400, 3_600  # seconds
_MOST_METRICS = 500


class Metric(NamedTuple):
    """A metric, its dimensions by name, and for how many seconds each of its sums is."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    period: int = A_DAY


class Sums(NamedTuple):
    """The sums of each metric that was asked for, by the start of its period in UTC.

    `asked` is the number of metrics in all calls, for which CloudWatch charges.
    """

    by_metric: dict[Metric, dict[datetime, float]]
    asked: int


def read_sums(
    session: "boto3.Session",
    endpoint: str | None,
    metrics: Sequence[Metric],
    first: date,
    days: int,
    region: str | None = None,
) -> Sums:
    """The sums of metrics over days in UTC, the first of which is `first`.

    Raises AwsRefused, AwsUnreachable.
    """
    start = datetime.combine(first, time(), UTC)
    found: dict[Metric, dict[datetime, float]] = {metric: {} for metric in metrics}
    asked = 0
    for some in batched(metrics, _MOST_METRICS, strict=False):
        by_id = {f"m{number}": metric for number, metric in enumerate(some)}
        token: dict[str, Any] = {}
        while True:
            answer = aws.call(
                session,
                "cloudwatch",
                endpoint,
                "get_metric_data",
                region=region,
                MetricDataQueries=[_query(id_, metric) for id_, metric in by_id.items()],
                StartTime=start,
                EndTime=start + timedelta(days=days),
                **token,
            )
            asked += len(some)
            for result in answer["MetricDataResults"]:
                # The rest of a metric's values may be on the next page (PartialData).
                metric = by_id[result["Id"]]
                if result["StatusCode"] not in ("Complete", "PartialData"):
                    raise aws.AwsRefused(result["StatusCode"], f"no values of {metric}")
                # botocore gives times in the zone of this machine.
                moments = (moment.astimezone(UTC) for moment in result["Timestamps"])
                found[metric] |= zip(moments, result["Values"], strict=True)
            if not answer.get("NextToken"):
                break
            token = {"NextToken": answer["NextToken"]}
    return Sums(found, asked)


def _query(id_: str, metric: Metric) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    return {
        "Id": id_,
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": dimensions,
            },
            "Period": metric.period,
            "Stat": "Sum",
        },
    }
