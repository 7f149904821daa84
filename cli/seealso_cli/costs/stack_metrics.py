"""Which metrics of CloudWatch count what a stack uses.

AWS's own, by the dimensions that their documents name: AWS "Working with metrics for HTTP APIs",
"Types of metrics for Lambda functions", "DynamoDB Metrics and dimensions", "Monitoring usage with
CloudWatch metrics" (Logs), "Types of metrics for CloudFront". And the stack's own, of which AWS
charges each hour with data.
"""

from collections.abc import Iterable

from seealso_cli.costs.inventory import Inventory
from seealso_cli.costs.metrics import AN_HOUR, Metric
from seealso_cli.stack import Stack

OF_FUNCTIONS = ("Invocations", "Duration")
READS, WRITES = OF_TABLES = ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")
# Metric filters of template.yaml, and what the hourly job writes.
BY_FUNCTION = ("read_units", "write_units")
BY_STACK = ("failed", "cold_start", "throttled")
OF_HOURLY_JOB = (
    *("PendingLinks", "FailedLinks", "FailingChecks"),
    *("OldestPendingLink", "OldestDueCheck"),
)
# The metrics of CloudFront are in this region alone.
CLOUDFRONT_REGION = "us-east-1"


def all_metrics(stack: Stack, parts: Inventory) -> list[Metric]:
    return [
        of_api(parts, "Count"),
        of_api(parts, "DataProcessed"),
        *(of_function(parts, name, each) for name in parts.functions for each in OF_FUNCTIONS),
        *(of_table(*names, each) for names in tables_and_indexes(parts) for each in OF_TABLES),
        *(of_log(group) for group in parts.log_groups.values()),
        *custom_metrics(stack, parts),
    ]


def of_api(parts: Inventory, name: str) -> Metric:
    return Metric("AWS/ApiGateway", name, (("ApiId", parts.api),))


def of_function(parts: Inventory, function: str, name: str) -> Metric:
    return Metric("AWS/Lambda", name, (("FunctionName", parts.functions[function].name),))


def of_table(table: str, index: str | None, name: str) -> Metric:
    dimensions = [("TableName", table)]
    if index:
        dimensions.append(("GlobalSecondaryIndexName", index))
    return Metric("AWS/DynamoDB", name, tuple(dimensions))


def tables_and_indexes(parts: Inventory) -> Iterable[tuple[str, str | None]]:
    """Tables and indexes: the metrics of a table have nothing of its indexes."""
    return [(table.name, index) for table in parts.tables for index in (None, *table.indexes)]


def of_log(group: str) -> Metric:
    return Metric("AWS/Logs", "IncomingBytes", (("LogGroupName", group),))


def custom_metrics(stack: Stack, parts: Inventory) -> list[Metric]:
    """Those that are charged for, by hour."""
    dimension = ("stack", stack.name)
    return [
        *(
            Metric("seealso", name, (dimension, ("function", function)), AN_HOUR)
            for name in BY_FUNCTION
            for function in parts.functions
        ),
        *(of_stack(stack, name) for name in (*BY_STACK, *OF_HOURLY_JOB)),
    ]


def of_stack(stack: Stack, name: str) -> Metric:
    return Metric("seealso", name, (("stack", stack.name),), AN_HOUR)


def edge_metrics(parts: Inventory) -> list[Metric]:
    names = [at_edges(parts, name) for name in ("Requests", "BytesDownloaded")]
    functions = [of_edge_function(name) for name in parts.edge_functions]
    return [*names, *functions] if parts.distribution else []


def at_edges(parts: Inventory, name: str) -> Metric:
    distribution = ("DistributionId", parts.distribution or "")
    return Metric("AWS/CloudFront", name, (distribution, ("Region", "Global")))


def of_edge_function(name: str) -> Metric:
    dimensions = (("FunctionName", name), ("Region", "Global"))
    return Metric("AWS/CloudFront", "FunctionInvocations", dimensions)
