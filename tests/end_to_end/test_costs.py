"""The parts of the deployed stack that `seealso costs` asks for (tests/cli/test_costs.py)."""

from local import account
from local.deploy import STACK_NAME
from seealso_cli.costs.inventory import read_inventory
from seealso_cli.stack import Stack
from tests.end_to_end.conftest import Deployed


def test_a_deployed_stacks_parts_are_found(deployed: Deployed) -> None:
    endpoint = account.endpoint(deployed.stack.port)
    parts = read_inventory(Stack(STACK_NAME, account.session(), endpoint, {}, {}))
    assert len(parts.functions) == 11
    assert {function.memory_gb for function in parts.functions.values()} == {0.5}
    assert {table.name for table in parts.tables} == {
        name for output, name in deployed.stack.outputs.items() if output.endswith("Table")
    }
    assert sum(len(table.indexes) for table in parts.tables) == 12
    without_backup = [table.name for table in parts.tables if table.backup_bytes == 0]
    assert deployed.stack.outputs["TransientTable"] in without_backup
    assert deployed.stack.outputs["ArticlesTable"] not in without_backup
    assert parts.log_groups["RequestLogs"] == f"/aws/lambda/{STACK_NAME}-requests"
    assert set(parts.log_groups) == {
        *("RequestLogs", "ExpireLinksLogs", "CheckLinksLogs", "NotifyLogs", "RecordSkipsLogs"),
    }
    # By default there are none of these.
    assert (parts.alarm_metrics, parts.has_dashboard, parts.distribution) == (0, False, None)
