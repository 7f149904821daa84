"""CloudWatch's part in alarms: metrics from log lines, metric math, and an alarm's condition.

Written from AWS "Using metric math", "Configuring how CloudWatch alarms treat missing data" and
"Filter pattern syntax for metric filters", as far as template.yaml uses them. Times are minutes
since any beginning; a period of an alarm ends at the minute that is asked about.
"""

import ast
import math
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from tests.template.processed import of_type

type State = Literal["OK", "ALARM"]
type Key = tuple[str, str, frozenset[tuple[str, str]]]

STACK = "seealso-test"
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
}
_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Sum": math.fsum,
    "Maximum": max,
    "SampleCount": len,
    "Average": lambda values: math.fsum(values) / len(values),
    "p99": lambda values: sorted(values)[math.ceil(0.99 * len(values)) - 1],
}


class Metrics:
    """Metrics as they were recorded: values by minute."""

    def __init__(self) -> None:
        self._values: dict[Key, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))

    def put(
        self, namespace: str, name: str, dimensions: Mapping[str, str], minute: int, *values: float
    ) -> None:
        """Record values of a metric in a minute."""
        key = (namespace, name, frozenset(dimensions.items()))
        self._values[key][minute].extend(values)

    def put_line(self, group: str, line: Mapping[str, Any], minute: int) -> None:
        """What CloudWatch takes from a line of a log group, which has its logical id.

        By metric filters, or in embedded metric format.
        """
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            dimensions = {name: line[name] for names in directive["Dimensions"] for name in names}
            for metric in directive["Metrics"]:
                values = line[metric["Name"]]
                self.put(directive["Namespace"], metric["Name"], dimensions, minute, *values)
        for resource in of_type("AWS::Logs::MetricFilter").values():
            properties = resource["Properties"]
            is_of_group = properties["LogGroupName"] == {"Ref": group}
            if is_of_group and matches(properties["FilterPattern"], line):
                (made,) = properties["MetricTransformations"]
                dimensions = {
                    each["Key"]: line[each["Value"].removeprefix("$.")]
                    for each in made["Dimensions"]
                }
                value = line[made["MetricValue"].removeprefix("$.")]
                self.put(made["MetricNamespace"], made["MetricName"], dimensions, minute, value)

    def statistic(self, metric: Mapping[str, Any], stat: str, minutes: range) -> float | None:
        """The statistic of a metric of a template; None where no value was recorded."""
        dimensions = {each["Name"]: resolved(each["Value"]) for each in metric["Dimensions"]}
        key = (metric["Namespace"], metric["MetricName"], frozenset(dimensions.items()))
        recorded = self._values.get(key, {})
        values = [value for minute in minutes for value in recorded.get(minute, [])]
        return _STATISTICS[stat](values) if values else None


def resolved(value: Any) -> str:
    """A value of the template; a resource has its logical id for its name."""
    if isinstance(value, str):
        return value
    return STACK if value["Ref"] == "AWS::StackName" else str(value["Ref"])


def matches(pattern: str, line: Mapping[str, Any]) -> bool:
    """Whether a filter pattern for JSON matches a line; of && and ||, && binds tighter."""
    inside = re.fullmatch(r"\{ (.+) \}", pattern)
    assert inside, pattern
    return any(
        all(_holds(term, line) for term in part.split(" && ")) for part in inside[1].split(" || ")
    )


def _holds(term: str, line: Mapping[str, Any]) -> bool:
    parsed = re.fullmatch(r'\$\.([\w.]+) (=|>|>=) (\*|-?[\d.]+|"[^"]*")', term)
    assert parsed, term
    value: Any = line
    for member in parsed[1].split("."):
        if not isinstance(value, Mapping) or member not in value:
            return False
        value = value[member]
    match parsed[2], parsed[3]:
        case "=", "*":
            return True
        case "=", text if text.startswith('"'):
            expected = ".*".join(map(re.escape, text.strip('"').split("*")))
            return re.fullmatch(expected, str(value), re.DOTALL) is not None
        case sign, number:
            compared = {"=": operator.eq, ">": operator.gt, ">=": operator.ge}[sign]
            return bool(compared(value, float(number)))


def state(alarm: Mapping[str, Any], metrics: Metrics, minute: int, before: State = "OK") -> State:
    """The state of an alarm (its properties) at the end of a minute, and `before` it."""
    stats = [each["MetricStat"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    (period,) = {each["Period"] for each in stats or [alarm]}
    length = period // 60
    breaching = present = 0
    for number in range(alarm["EvaluationPeriods"]):
        end = minute + 1 - number * length
        value = _value(alarm, metrics, range(end - length, end))
        if value is not None:
            present += 1
            compared = _COMPARED[alarm["ComparisonOperator"]]
            breaching += compared(value, alarm["Threshold"])
        else:
            breaching += alarm["TreatMissingData"] == "breaching"
    if not present and alarm["TreatMissingData"] == "ignore":
        return before
    return "ALARM" if breaching >= alarm["DatapointsToAlarm"] else "OK"


def _value(alarm: Mapping[str, Any], metrics: Metrics, minutes: range) -> float | None:
    """The data point of a period that is compared with the threshold."""
    if "Metrics" not in alarm:
        return metrics.statistic(alarm, alarm["Statistic"], minutes)
    values: dict[str, float | None] = {}
    expressions = []
    for each in alarm["Metrics"]:
        if "MetricStat" in each:
            stat = each["MetricStat"]
            values[each["Id"]] = metrics.statistic(stat["Metric"], stat["Stat"], minutes)
        else:
            expressions.append(each["Expression"])
    (expression,) = expressions
    return _computed(ast.parse(expression.strip(), mode="eval").body, values)


_OPERATORS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
}


def _computed(node: ast.expr, values: Mapping[str, float | None]) -> float | None:
    """The value of an expression, None where data is missing: its syntax is also Python's."""

    def of(each: ast.expr) -> float | None:
        return _computed(each, values)

    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return values[name]
        case (
            ast.BinOp(left=left, op=sign, right=right)
            | ast.Compare(left=left, ops=[sign], comparators=[right])
        ):
            first, second = of(left), of(right)
            if first is None or second is None:
                return None
            return float(_OPERATORS[type(sign)](first, second))
        case ast.Call(func=ast.Name(id="FILL"), args=[filled, instead]):
            value = of(filled)
            return of(instead) if value is None else value
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
            holds = of(condition)
            return None if holds is None else of(then if holds else otherwise)
        case ast.Call(func=ast.Name(id="MAX" | "MIN" as name), args=[ast.List(elts=parts)]):
            found = [value for value in map(of, parts) if value is not None]
            return (max if name == "MAX" else min)(found) if found else None
    raise AssertionError(ast.unparse(node))
