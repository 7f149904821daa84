"""Once a minute: submitted pages that are due are fetched and checked for their link back.

`{"check": "<link_id>"}` instead of a schedule's event checks one link, due or not.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Tracer

from seealso.settings import integer, optional, string
from seealso.store.client import Client
from seealso.store.tables import Store, current_store
from seealso.verifying.fetching import CheckHost, Fetched, FetchFailed, fetch
from seealso.verifying.finding import Answer, Finding
from seealso.verifying.pipeline import AT_ONCE, Tools, check_and_report, run
from seealso.verifying.sandbox import Sandbox

CONTACT_URL = optional("CONTACT_URL")
OWN_URLS = tuple(string("OWN_URLS").split())
FETCHES_PER_HOUR = integer("CHECK_FETCHES_PER_HOUR", 1, 1_000_000)
# What checks under way may still need: 10 s for a page, and for 16 pages that keep the sandbox
# busy as long as they can, one after the other, 7 s each.
RESERVE_SECONDS = 140.0

logger = Logger(service="seealso", location=None, utc=True, use_rfc3339=True)
# Nothing is patched: the store's client is on plain sockets.
tracer = Tracer(service="seealso", auto_patch=False)


@cache
def _sandbox() -> Sandbox:
    return Sandbox()


@cache
def _executor() -> ThreadPoolExecutor:
    # Its threads stay, with a store each, and no more of them start than there is work for.
    return ThreadPoolExecutor(AT_ONCE)


# Those of all threads: what they have cost so far is what runs have.
_clients: set[Client] = set()


def _open_store() -> Store:
    store = current_store()
    _clients.add(store.client)
    return store


def _units() -> tuple[float, float]:
    """Read and write units of this container so far."""
    spent = [client.usage for client in _clients]
    return sum(usage.read_units for usage in spent), sum(usage.write_units for usage in spent)


def _fetch(url: str, check_host: CheckHost) -> Fetched | FetchFailed:
    return fetch(url, CONTACT_URL, check_host)


def _judge(answer: Answer, targets: tuple[str, ...]) -> Finding:
    return _sandbox().judge(answer, targets)


def _log_failure(link_id: str, error: Exception) -> None:
    logger.error("check failed", extra={"link_id": link_id}, exc_info=error)


TOOLS = Tools(
    open_store=_open_store,
    fetch=_fetch,
    judge=_judge,
    clock=lambda: datetime.now(UTC),
    own_urls=OWN_URLS,
    fetches_per_hour=FETCHES_PER_HOUR,
    on_failure=_log_failure,
)


@tracer.capture_lambda_handler
def handler(event: Any, context: Any) -> str | dict[str, Any]:
    if isinstance(event, dict) and "check" in event:
        return check_and_report(TOOLS, str(event["check"]))

    def seconds_left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    reads, writes = _units()
    report = run(
        TOOLS,
        # The next run begins after this one has ended, or was ended by its time limit.
        lease_seconds=seconds_left() + 5,
        has_time=lambda: seconds_left() > RESERVE_SECONDS,
        executor=_executor(),
    )
    if report and any(report):
        # `seealso costs` and the dashboard read these lines.
        now_reads, now_writes = _units()
        units = {"read_units": now_reads - reads, "write_units": now_writes - writes}
        logger.info("links checked", extra=report._asdict() | units)
    if report is None:
        return "another run is under way"
    return ", ".join(f"{number} {name}" for name, number in report._asdict().items())
