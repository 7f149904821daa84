"""The store that a command works on directly: a stack's tables, or those of any DynamoDB."""

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import click

from seealso.store.client import Client
from seealso.store.protocol import Credentials
from seealso.store.tables import Store
from seealso.tables.audit import ChangeContext
from seealso_cli import aws
from seealso_cli.errors import CommandFailed
from seealso_cli.options import TABLES, StoreOptions
from seealso_cli.stack import Stack, get_deployed_stack, get_local_stack

type OpenStore = Callable[[], Store]

# For each round trip with all its attempts; this must stay below skips.WRITE_SECONDS.
LIMIT_SECONDS = 20.0
# For one attempt: enough for half a megabyte on a slow line.
ATTEMPT_SECONDS = 10.0
DEFAULT_AUDIT_DAYS = 365  # template.yaml, AuditDays


class Target(NamedTuple):
    """Where a command works: a function that opens the store, and the stack that it belongs to.

    Each thread opens its own store. `stack` is None where only an endpoint is known.
    """

    open_store: OpenStore
    stack: Stack | None

    def change_context(self) -> ChangeContext:
        """Who changes something now, for the audit. Raises CommandFailed."""
        # The emulator knows no callers, and other endpoints need not.
        is_aws = self.stack is not None and self.stack.endpoint is None
        actor = aws.caller_name(self.stack.session) if self.stack and is_aws else "import"
        parameters = self.stack.parameters if self.stack else {}
        kept_days = int(parameters.get("AuditDays", DEFAULT_AUDIT_DAYS))
        return ChangeContext(actor, datetime.now(UTC), f"cli-{secrets.token_hex(8)}", kept_days)


def store_opener(options: StoreOptions, required_tables: Sequence[str]) -> OpenStore:
    """A function that opens the store that the options name; each thread opens its own.

    --endpoint must come with the names of the required tables. Raises click.UsageError, and
    CommandFailed if there is no such stack.
    """
    return find_target(options, required_tables).open_store


def find_target(options: StoreOptions, required_tables: Sequence[str]) -> Target:
    """The target that the options name. Raises as store_opener()."""
    stack, endpoint = options["stack"], options["endpoint"]
    if (stack is not None) + options["local"] + (endpoint is not None) != 1:
        raise click.UsageError("Specify exactly one of --stack, --local and --endpoint.")
    named = _named_tables(options)
    if named and endpoint is None:
        raise click.UsageError(f"--{next(iter(named))}-table can only be used with --endpoint.")
    if stack is not None:
        return _deployed(stack)
    if endpoint is None:
        return _local()
    missing = [f"--{table}-table" for table in required_tables if table not in named]
    if missing:
        raise click.UsageError(f"--endpoint also requires {' and '.join(missing)}.")
    return Target(_at_endpoint(endpoint, named), None)


def _named_tables(options: StoreOptions) -> dict[str, str]:
    names = {
        "articles": options["articles_table"],
        "links": options["links_table"],
        "sites": options["sites_table"],
        "skips": options["skips_table"],
        "audit": options["audit_table"],
        "transient": options["transient_table"],
    }
    return {table: name for table, name in names.items() if name}


def _deployed(name: str) -> Target:
    stack = get_deployed_stack(name)
    # boto3 knows the endpoints of all partitions, and those that the user's profile sets.
    endpoint = stack.session.client("dynamodb").meta.endpoint_url
    credentials = aws.user_credentials(stack.session)
    opener = _opener(endpoint, stack.session.region_name, credentials, _tables_of(stack))
    return Target(opener, stack)


def _local() -> Target:
    stack = get_local_stack()
    endpoint = stack.endpoint or ""
    credentials = aws.LOCAL_CREDENTIALS
    return Target(
        _opener(endpoint, aws.LOCAL_REGION, lambda: credentials, _tables_of(stack)), stack
    )


def _at_endpoint(endpoint: str, tables: dict[str, str]) -> OpenStore:
    try:
        url = urlsplit(endpoint)
        valid = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise click.UsageError("--endpoint must be a URL such as http://localhost:8000.")
    session = aws.user_session()
    credentials = aws.user_credentials(session)
    return _opener(endpoint.rstrip("/"), session.region_name, credentials, tables)


def _tables_of(stack: Stack) -> dict[str, str]:
    """The names of the stack's tables. Raises CommandFailed."""
    tables = {table: stack.outputs.get(f"{table.capitalize()}Table", "") for table in TABLES}
    missing = [table for table, name in tables.items() if not name]
    if missing:
        raise CommandFailed(
            f"The stack {stack.name} has no {missing[0]} table. Is it a seealso stack?"
        )
    return tables


def _opener(
    endpoint: str, region: str, credentials: Callable[[], Credentials], tables: dict[str, str]
) -> OpenStore:
    def open_store() -> Store:
        client = Client(endpoint, region, credentials, LIMIT_SECONDS, ATTEMPT_SECONDS)
        articles, links, sites, skips, audit, transient = (
            tables.get(table, "") for table in TABLES
        )
        return Store(client, articles, links, sites, skips, audit, transient)

    return open_store
