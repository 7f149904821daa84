"""What a deployed stack consists of, as far as it costs something."""

from typing import Any, NamedTuple

from seealso_cli import aws
from seealso_cli.stack import Stack

# Its contents must not outlive themselves in a backup (template.yaml).
_WITHOUT_BACKUP = "TransientTable"
_MOST_NAMES = 100  # of DescribeAlarms


class Function(NamedTuple):
    """A function by its name in AWS, and the GB of memory that it has."""

    name: str
    memory_gb: float


class Table(NamedTuple):
    """A table with its indexes.

    Bytes are as DynamoDB last counted them, which it does about every six hours; those of a backup
    are without the indexes.
    """

    name: str
    indexes: list[str]
    stored_bytes: int
    backup_bytes: int


class Inventory(NamedTuple):
    """The parts of a stack, by their logical ids in template.yaml where they have several."""

    api: str
    functions: dict[str, Function]
    tables: list[Table]
    log_groups: dict[str, str]
    alarm_metrics: int
    has_dashboard: bool
    distribution: str | None
    edge_functions: list[str]


def read_inventory(stack: Stack) -> Inventory:
    """Raises AwsRefused, AwsUnreachable."""
    resources = _resources(stack)

    def of_type(kind: str) -> dict[str, str]:
        return {name: id_ for name, (type_, id_) in resources.items() if type_ == kind}

    return Inventory(
        api=of_type("AWS::ApiGatewayV2::Api")["Api"],
        functions={
            name: _function(stack, id_) for name, id_ in of_type("AWS::Lambda::Function").items()
        },
        tables=[
            _table(stack, id_, has_backup=name != _WITHOUT_BACKUP)
            for name, id_ in of_type("AWS::DynamoDB::Table").items()
        ],
        log_groups=of_type("AWS::Logs::LogGroup"),
        alarm_metrics=_alarm_metrics(stack, [*of_type("AWS::CloudWatch::Alarm").values()]),
        has_dashboard=bool(of_type("AWS::CloudWatch::Dashboard")),
        distribution=next(iter(of_type("AWS::CloudFront::Distribution").values()), None),
        # Their ids are ARNs, which end with the name.
        edge_functions=[
            arn.rpartition("/")[2] for arn in of_type("AWS::CloudFront::Function").values()
        ],
    )


def _resources(stack: Stack) -> dict[str, tuple[str, str]]:
    """Type and id of each resource by its logical id."""
    found = {}
    token: dict[str, Any] = {}
    while True:
        page = _call(stack, "cloudformation", "list_stack_resources", StackName=stack.name, **token)
        for each in page["StackResourceSummaries"]:
            if "PhysicalResourceId" in each:
                found[each["LogicalResourceId"]] = (
                    each["ResourceType"],
                    each["PhysicalResourceId"],
                )
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}


def _function(stack: Stack, name: str) -> Function:
    found = _call(stack, "lambda", "get_function_configuration", FunctionName=name)
    return Function(name, found["MemorySize"] / 1024)


def _table(stack: Stack, name: str, *, has_backup: bool) -> Table:
    table = _call(stack, "dynamodb", "describe_table", TableName=name)["Table"]
    indexes = table.get("GlobalSecondaryIndexes", [])
    size = table["TableSizeBytes"]
    return Table(
        name,
        [index["IndexName"] for index in indexes],
        size + sum(index.get("IndexSizeBytes", 0) for index in indexes),
        size if has_backup else 0,
    )


def _alarm_metrics(stack: Stack, names: list[str]) -> int:
    """How many metrics these alarms watch; each of them is charged for."""
    assert len(names) <= _MOST_NAMES  # the template has at most 10
    if not names:  # without names, AWS describes all alarms of the account
        return 0
    found = _call(stack, "cloudwatch", "describe_alarms", AlarmNames=names, MaxRecords=_MOST_NAMES)
    return sum(
        max(1, sum("MetricStat" in metric for metric in alarm.get("Metrics", [])))
        for alarm in found["MetricAlarms"]
    )


def _call(stack: Stack, service: Any, operation: str, **parameters: Any) -> Any:
    return aws.call(stack.session, service, stack.endpoint, operation, **parameters)
