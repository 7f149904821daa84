"""What `make deploy` shows of a change set, and what it refuses, before anything is changed."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local import change_set, environments, release
from local.change_set import summarize
from local.steps import Failure
from tests.template.processed import processed

KEPT = "{{changeSet:KNOWN_AFTER_APPLY}}"  # how CloudFormation writes what it cannot know yet


def properties(name: str) -> Any:
    return copy.deepcopy(processed()["Resources"][name]["Properties"])


def change(
    name: str,
    edit: Callable[[Any], None] | None = None,
    *,
    action: str = "Modify",
    replacement: str = "False",
) -> Any:
    """A change of a resource of template.yaml, as DescribeChangeSet tells of it."""
    before, after = properties(name), properties(name)
    if edit:
        edit(after)
    names = sorted(key for key in after if after[key] != before.get(key))
    made = {
        "Action": action,
        "LogicalResourceId": name,
        "ResourceType": processed()["Resources"][name]["Type"],
        "Details": [{"Target": {"Attribute": "Properties", "Name": each}} for each in names],
    }
    if action == "Modify":
        made["Replacement"] = replacement
    if action != "Add":
        made["BeforeContext"] = json.dumps({"Properties": before})
    if action != "Remove":
        made["AfterContext"] = json.dumps({"Properties": after})
    return made


def add_index(table: Any, name: str = "title-id", kind: str = "S") -> None:
    table["AttributeDefinitions"].append({"AttributeName": name, "AttributeType": kind})
    key = [{"AttributeName": name, "KeyType": "HASH"}]
    index = {"IndexName": name, "KeySchema": key, "Projection": {"ProjectionType": "KEYS_ONLY"}}
    table["GlobalSecondaryIndexes"].append(index)


def test_a_new_index_is_shown_and_allowed() -> None:
    # With a new attribute, CloudFormation calls the replacement conditional.
    summary = summarize([change("ArticlesTable", add_index, replacement="Conditional")])
    assert summary.lines == [
        "table ArticlesTable: changed (AttributeDefinitions, GlobalSecondaryIndexes)",
        "  index title-id: added",
    ]
    assert summary.dangers == []


def test_a_removed_index_is_shown_and_allowed() -> None:
    summary = summarize(
        [change("ArticlesTable", lambda table: table["GlobalSecondaryIndexes"].pop())]
    )
    assert "  index unpublished-id: removed" in summary.lines
    assert summary.dangers == []


def set_key(table: Any) -> None:
    table["KeySchema"][0]["AttributeName"] = "timeline"


def set_type(table: Any) -> None:
    table["AttributeDefinitions"][0]["AttributeType"] = "S"


@pytest.mark.parametrize("replacement", ["True", "Conditional"])
@pytest.mark.parametrize("edit", [set_key, set_type])
def test_a_replaced_table_is_refused(edit: Callable[[Any], None], replacement: str) -> None:
    summary = summarize([change("ArticlesTable", edit, replacement=replacement)])
    assert summary.dangers == ["table ArticlesTable: would be replaced by an empty one"]


@pytest.mark.parametrize("name", ["ArticlesTable", "UserPool"])
def test_a_replacement_that_no_value_rules_out_is_refused(name: str) -> None:
    unknown = change(name, replacement="Conditional")
    del unknown["BeforeContext"], unknown["AfterContext"]
    (danger,) = summarize([unknown]).dangers
    assert danger.endswith(f"{name}: would be replaced by an empty one")


def test_a_removed_table_is_refused() -> None:
    summary = summarize([change("LinksTable", action="Remove")])
    assert summary.dangers == ["table LinksTable: would be removed from the stack"]


def test_a_change_that_is_not_known_is_refused() -> None:
    (danger,) = summarize([change("LinksTable", action="Dynamic")]).dangers
    assert "'Dynamic', which is not known" in danger


def test_two_indexes_at_once_are_refused() -> None:
    def edit(table: Any) -> None:
        add_index(table, "one")
        add_index(table, "two")

    (danger,) = summarize([change("LinksTable", edit)]).dangers
    assert danger.startswith("table LinksTable: several indexes would be added or removed")


def test_a_changed_index_is_refused() -> None:
    def edit(table: Any) -> None:
        table["GlobalSecondaryIndexes"][0]["Projection"]["NonKeyAttributes"].append("text")

    (danger,) = summarize([change("ArticlesTable", edit)]).dangers
    assert danger.startswith("table ArticlesTable: index domain-id would change")


def test_a_change_of_settings_of_a_table_is_allowed() -> None:
    def edit(table: Any) -> None:
        table["DeletionProtectionEnabled"] = False

    summary = summarize([change("ArticlesTable", edit)])
    assert summary.lines == ["table ArticlesTable: changed (DeletionProtectionEnabled)"]
    assert summary.dangers == []


def test_permissions_are_shown_one_by_one() -> None:
    def edit(role: Any) -> None:
        (policy,) = role["Policies"]
        policy["PolicyDocument"]["Statement"] = [
            {
                "Effect": "Allow",
                "Action": ["dynamodb:Scan", "dynamodb:BatchGetItem"],
                "Resource": KEPT,
            },
            {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
        ]

    lines = summarize([change("GetArticleRole", edit)]).lines
    assert lines[0] == "permissions GetArticleRole: changed"
    assert f"  + Allow dynamodb:Scan on {KEPT}" in lines
    assert '  + {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}' in lines
    assert [line for line in lines if line.startswith("  - Allow dynamodb:Query on ")]
    assert not [line for line in lines if "sts:AssumeRole" in line]


def test_a_new_role_shows_who_may_assume_it() -> None:
    lines = summarize([change("GetArticleRole", action="Add")]).lines
    assert [line for line in lines if "sts:AssumeRole" in line and "lambda.amazonaws.com" in line]


def test_a_permission_to_call_a_function_is_shown() -> None:
    name = next(name for name in processed()["Resources"] if name.endswith("Permission"))
    lines = summarize([change(name, action="Add")]).lines
    assert lines[0] == f"permissions {name}: added"
    assert "lambda:InvokeFunction" in lines[1]


def test_all_else_is_counted() -> None:
    names = ("GetArticleAliaslive", "RelatedAliaslive", "PageAliaslive")
    changes = [change(name) for name in names] + [change("RequestLogs", action="Add")]
    assert summarize(changes).lines == ["3 x Lambda::Alias changed", "1 x Logs::LogGroup added"]


# ---- what is done with it ----------------------------------------------------------------------


class Client:
    """CloudFormation with one change set, which sam is about to make."""

    def __init__(self, changes: list[Any], outcome: str = "UPDATE_COMPLETE") -> None:
        self.changes = changes
        self.outcome = outcome
        self.sets: list[str] = []
        self.calls: list[str] = []
        self.events = [self.event("0", "Stack", "CREATE_COMPLETE")]

    @staticmethod
    def event(number: str, kind: str, status: str) -> dict[str, str]:
        return {
            "EventId": number,
            "ResourceType": f"AWS::CloudFormation::{kind}",
            "LogicalResourceId": f"{kind}{number}",
            "ResourceStatus": status,
        }

    def describe_change_set(self, **sent: Any) -> Any:
        # One change a page.
        assert sent["IncludePropertyValues"] is True
        number = int(sent.get("NextToken", "0"))
        page = {"Changes": [{"ResourceChange": self.changes[number]}]}
        return page | ({"NextToken": str(number + 1)} if number + 1 < len(self.changes) else {})

    def get_paginator(self, operation: str) -> "Client":
        self.operation = operation
        return self

    def paginate(self, **_: Any) -> list[Any]:
        if self.operation == "describe_stack_events":
            return [{"StackEvents": self.events[::-1]}]
        return [
            {"Summaries": [{"ChangeSetId": arn, "ExecutionStatus": "AVAILABLE"}]}
            for arn in self.sets
        ]

    def delete_change_set(self, **_: Any) -> None:
        self.calls.append("delete")

    def execute_change_set(self, **_: Any) -> None:
        self.calls.append("execute")
        self.events += [
            self.event("1", "Stack", "UPDATE_IN_PROGRESS"),
            self.event("2", "WaitCondition", "UPDATE_COMPLETE"),
            self.event("3", "Stack", self.outcome),
        ]


def deploy(
    monkeypatch: pytest.MonkeyPatch, client: Client, name: str = "prod", answer: str = "y"
) -> None:
    sent: list[tuple[str, ...]] = []

    def sam_deploy(_environment: Any, _built: Path, _parameters: Any, *options: str) -> None:
        sent.append(options)
        if client.changes:
            client.sets.append("arn:new")

    monkeypatch.setattr(release, "_cloudformation", lambda _: client)
    monkeypatch.setattr(release, "_status", lambda _: "UPDATE_COMPLETE")
    monkeypatch.setattr(release, "_sam_deploy", sam_deploy)
    monkeypatch.setattr(release, "POLL_SECONDS", 0)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    client.sets.append("arn:left-behind")
    release.deploy(environments.environment(name))
    assert sent == [("--no-execute-changeset",)]


SAFE = [change(name) for name in ("RequestLogs", "PageAliaslive")]


def test_the_change_set_that_was_shown_is_carried_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client = Client(SAFE)
    deploy(monkeypatch, client)
    assert client.calls == ["execute"]
    assert capsys.readouterr().out.splitlines() == [
        "What changes in seealso-prod:",
        "  1 x Lambda::Alias changed",
        "  1 x Logs::LogGroup changed",
        "  UPDATE_IN_PROGRESS   Stack1",
        "  UPDATE_COMPLETE      WaitCondition2",
        "  UPDATE_COMPLETE      Stack3",
    ]


def test_an_unsafe_change_set_is_deleted_unasked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client = Client([*SAFE, change("ArticlesTable", set_key, replacement="True")])
    with pytest.raises(Failure, match=r"ArticlesTable: would be replaced.*\nNothing was deployed"):
        deploy(monkeypatch, client)
    assert client.calls == ["delete"]
    assert "table ArticlesTable: changed (KeySchema)" in capsys.readouterr().out


def test_a_change_that_the_user_does_not_want_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(SAFE)
    deploy(monkeypatch, client, answer="")
    assert client.calls == ["delete"]


def test_only_prod_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(SAFE)
    deploy(monkeypatch, client, "dev", answer="")
    assert client.calls == ["execute"]
    assert [name for name in environments.names() if environments.environment(name).asks_first] == [
        "prod"
    ]


def test_no_change_is_no_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client([])
    deploy(monkeypatch, client)
    assert client.calls == []


def test_a_deployment_that_is_rolled_back_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(SAFE, "UPDATE_ROLLBACK_COMPLETE")
    with pytest.raises(Failure, match="UPDATE_ROLLBACK_COMPLETE"):
        deploy(monkeypatch, client)


def test_all_pages_of_a_change_set_are_read() -> None:
    client: Any = Client(SAFE)
    assert change_set.read(client, "arn") == SAFE
