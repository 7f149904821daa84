"""A change set of CloudFormation in words: what it does to data and permissions, what is unsafe."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ResourceChangeTypeDef

_TABLE = "AWS::DynamoDB::Table"
_USER_POOL = "AWS::Cognito::UserPool"
_PERMISSIONS = {"AWS::IAM::Role", "AWS::Lambda::Permission"}
_PAST = {"Add": "added", "Modify": "changed", "Remove": "removed"}
# A change of one of these replaces a table (AWS, "AWS::DynamoDB::Table", "Update requires").
_OF_A_TABLE = ("TableName", "KeySchema", "LocalSecondaryIndexes", "ImportSourceSpecification")


class Summary(NamedTuple):
    """What a change set does, a line for each change, and why it must not be carried out."""

    lines: list[str]
    dangers: list[str]


def read(client: "CloudFormationClient", change_set: str) -> "list[ResourceChangeTypeDef]":
    """All changes of the change set with this ARN, with the values before and after."""
    changes: list[ResourceChangeTypeDef] = []
    token: dict[str, Any] = {}
    while True:
        page = client.describe_change_set(
            ChangeSetName=change_set, IncludePropertyValues=True, **token
        )
        changes += [each["ResourceChange"] for each in page["Changes"]]
        if not page.get("NextToken"):
            return changes
        token = {"NextToken": page["NextToken"]}


def summarize(changes: "Iterable[ResourceChangeTypeDef]") -> Summary:
    """Tables, indexes and permissions one by one, all else as numbers."""
    lines: list[str] = []
    dangers: list[str] = []
    others: Counter[str] = Counter()
    for change in sorted(changes, key=lambda each: each["LogicalResourceId"]):
        kind, name, action = (
            change[key] for key in ("ResourceType", "LogicalResourceId", "Action")
        )
        past = _PAST.get(action, action)
        if kind in (_TABLE, _USER_POOL):
            noun = "table" if kind == _TABLE else "user pool"
            lines.append(f"{noun} {name}: {past}{_properties(change)}")
            dangers += [f"{noun} {name}: {each}" for each in _dangers(change)]
            lines += [f"  {line}" for line in _index_lines(change)]
        elif kind in _PERMISSIONS:
            lines.append(f"permissions {name}: {past}")
            lines += [f"  {line}" for line in _permission_lines(change)]
        else:
            others[f"{kind.removeprefix('AWS::')} {past}"] += 1
    lines += [f"{count} x {each}" for each, count in sorted(others.items())]
    return Summary(lines, dangers)


def _dangers(change: "ResourceChangeTypeDef") -> Iterator[str]:
    is_table = change["ResourceType"] == _TABLE
    if change["Action"] == "Remove" and is_table:
        yield "would be removed from the stack"
    elif change["Action"] not in ("Add", "Modify"):
        if is_table:
            yield f"would get the change {change['Action']!r}, which is not known here"
    elif change.get("Replacement") == "True" or (
        change.get("Replacement") == "Conditional" and _may_be_replaced(change)
    ):
        yield "would be replaced by an empty one"
    before, after = (_indexes(each) for each in _before_and_after(change))
    if change["Action"] == "Modify" and before is not None and after is not None:
        changed = [name for name in before if name in after and before[name] != after[name]]
        if changed:
            yield f"index {', '.join(changed)} would change, and CloudFormation changes no index"
        if len(before.keys() ^ after.keys()) > 1:
            yield "several indexes would be added or removed, and DynamoDB takes one an update"


def _may_be_replaced(change: "ResourceChangeTypeDef") -> bool:
    """Whether a replacement that CloudFormation calls conditional is not ruled out by the values.

    A new index with a key of its own changes AttributeDefinitions, which replaces the table only
    if an attribute that was there gets another type.
    """
    before, after = _before_and_after(change)
    if not before or not after or change["ResourceType"] != _TABLE:
        return True
    types_before, types_after = (
        {each["AttributeName"]: each["AttributeType"] for each in values["AttributeDefinitions"]}
        for values in (before, after)
    )
    has_other_type = any(
        types_before[name] != types_after[name] for name in types_before.keys() & types_after.keys()
    )
    return has_other_type or any(before.get(name) != after.get(name) for name in _OF_A_TABLE)


def _index_lines(change: "ResourceChangeTypeDef") -> Iterator[str]:
    before, after = (_indexes(each) or {} for each in _before_and_after(change))
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            word = "changed" if name in before and name in after else "removed"
            yield f"index {name}: {'added' if name not in before else word}"


def _permission_lines(change: "ResourceChangeTypeDef") -> Iterator[str]:
    before, after = (set(_permissions(each)) for each in _before_and_after(change))
    yield from (f"- {each}" for each in sorted(before - after))
    yield from (f"+ {each}" for each in sorted(after - before))


def _permissions(properties: Any) -> Iterator[str]:
    """Each permission of a role or of a function's resource policy, in one line."""
    if not properties:
        return
    if "FunctionName" in properties:
        yield " ".join(_text(properties[name]) for name in ("Principal", "Action", "FunctionName"))
    documents = [each["PolicyDocument"] for each in properties.get("Policies", [])]
    if "AssumeRolePolicyDocument" in properties:
        documents.append(properties["AssumeRolePolicyDocument"])
    for statement in (each for document in documents for each in _list(document["Statement"])):
        # What a person must see whole, such as NotAction or a condition, is shown as it is written.
        if statement.keys() - {"Sid"} != {"Effect", "Action", "Resource"}:
            yield _text(statement)
            continue
        for action in _list(statement["Action"]):
            for resource in _list(statement["Resource"]):
                yield f"{statement['Effect']} {action} on {_text(resource)}"
    yield from (f"policy {_text(arn)}" for arn in properties.get("ManagedPolicyArns", []))


def _before_and_after(change: "ResourceChangeTypeDef") -> tuple[Any, Any]:
    """The resource's properties before and after; None where CloudFormation does not say."""
    contexts = (change.get("BeforeContext"), change.get("AfterContext"))
    before, after = (json.loads(each).get("Properties") if each else None for each in contexts)
    return before, after


def _indexes(properties: Any) -> dict[str, Any] | None:
    if properties is None:
        return None
    return {each["IndexName"]: each for each in properties.get("GlobalSecondaryIndexes", [])}


def _properties(change: "ResourceChangeTypeDef") -> str:
    names = {each["Target"].get("Name", "") for each in change.get("Details", [])}
    return f" ({', '.join(sorted(filter(None, names)))})" if any(names) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
