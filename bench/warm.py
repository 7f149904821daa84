"""A page view in a warm function: instructions, and the time that it takes beside the store's."""

import re
import socket
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from urllib.parse import urlsplit

from bench import fixed_store, plots, processes
from bench.goals import Goal, Part, at_most, spread, yes
from bench.processes import Function
from local.paths import ROOT

HEADING = "## Warm page views\n"
ROUNDS = 3
# Instructions are the difference of two runs, divided by that of their lengths.
LENGTHS = 20, 80
LENGTHS_OF_PEERS = 3, 13
STORE_SECONDS = 0.004
VIEWS, SKIPPED = 50, 20
MAX_INSTRUCTIONS = 0.08
MAX_DELAYS = {"all known": 1.2, "only the id known": 2.2}

_TEXT = """
Instructions of one answer of a warm function, from its event to the response and the log line: the
difference between processes with {lengths[0]} and {lengths[1]} answers ({peers[0]} and {peers[1]}
of peers), relative to five boto3 calls, which is what a page view takes. Beside it the time of a
page view over a store that answers after {store:.0f} ms: 1 is a request and its answer on an open
connection ({delay:.2f} ms here). {rounds} interleaved rounds: median (lowest to highest). Machine:
{machine}. To measure this part again: `make bench PARTS=warm`.

| an answer of | thousand instructions | relative | goal | holds |
|---|---:|---:|---:|---|
{counts}
| a page view with a store of {store:.0f} ms | ms | store delays | goal | holds |
|---|---:|---:|---:|---|
{times}
![Instructions of a warm page view, relative to five boto3 calls](images/bench-warm.svg)
"""


def report() -> Part:
    """This part of docs/benchmarks.md. Raises Failure without Valgrind."""
    processes.check_valgrind()
    counts, count_goal = _counts()
    delay, times, time_goals = _times()
    goals = [count_goal, *time_goals]
    text = _TEXT.format(
        lengths=LENGTHS,
        peers=LENGTHS_OF_PEERS,
        store=STORE_SECONDS * 1000,
        delay=delay * 1000,
        rounds=ROUNDS,
        machine=processes.machine(),
        counts=counts,
        times=times,
    )
    return Part(HEADING + text, all(goal.holds for goal in goals), goals)


# ---- instructions ----------------------------------------------------------------------------


def _counts() -> tuple[str, Goal]:
    """The rows of instructions, and the goal of a page view."""
    peers = processes.peers()
    ours = [
        processes.get_article()._replace(name="`get_article`, all known"),
        processes.get_article(all_known=False)._replace(name="`get_article`, only the id known"),
        processes.graphql("`graphql`, the page's query", {"query": processes.QUERY}),
        processes.graphql("`graphql`, its hash", processes.persisted()),
    ]
    with fixed_store.running(seconds=0) as endpoint, ThreadPoolExecutor(cpu_count()) as pool:

        def counted(function: Function) -> float:
            few, many = LENGTHS_OF_PEERS if function in peers else LENGTHS
            both = [processes.instructions(function, endpoint, count) for count in (few, many)]
            return (both[1] - both[0]) / (many - few)

        kinds = [*peers, *ours]
        rounds = [[pool.submit(counted, kind) for kind in kinds] for _ in range(ROUNDS)]
        columns = zip(*([future.result() for future in row] for row in rounds), strict=True)
        counts = {kind.name: column for kind, column in zip(kinds, columns, strict=True)}
    calls = counts[peers[0].name]
    relative = {
        name: [this / that for this, that in zip(column, calls, strict=True)]
        for name, column in counts.items()
    }
    goal = at_most(
        "warm page view, all known: instructions, five boto3 calls = 1",
        relative[ours[0].name],
        MAX_INSTRUCTIONS,
        ", ".join(
            f"{peer.name} {statistics.median(relative[peer.name]):.2f}" for peer in peers[1:]
        ),
    )
    rows = ""
    for name, values in relative.items():
        shown = f"{goal.goal} | {yes(holds=goal.holds)}" if name == ours[0].name else " | "
        thousands = statistics.median(counts[name]) / 1000
        rows += f"| {name} | {thousands:,.0f} | {spread(values)} | {shown} |\n"
    limits = {ours[0].name: MAX_INSTRUCTIONS}
    plots.write_bars(
        ROOT / "docs/images/bench-warm.svg",
        "Warm page view, instructions; five boto3 calls = 1",
        [
            plots.Bar(
                name.replace("`", ""),
                statistics.median(values),
                limits.get(name),
                is_ours="`" in name,
            )
            for name, values in relative.items()
        ],
    )
    return rows, goal


# ---- time ------------------------------------------------------------------------------------


def _times() -> tuple[float, str, list[Goal]]:
    """The store's delay in seconds, the rows of times, and their goals."""
    kinds = {
        "five boto3 calls": processes.peers()[0],
        "all known": processes.get_article(),
        "only the id known": processes.get_article(all_known=False),
    }
    delays: list[float] = []
    seconds: dict[str, list[float]] = {name: [] for name in kinds}
    with fixed_store.running(STORE_SECONDS) as endpoint:
        for _ in range(ROUNDS):
            delays.append(_delay(endpoint))
            for name, function in kinds.items():
                seconds[name].append(processes.taken(function, endpoint, VIEWS, SKIPPED).wall)
    relative = {
        name: [this / delay for this, delay in zip(column, delays, strict=True)]
        for name, column in seconds.items()
    }
    calls = f"five boto3 calls {spread(relative['five boto3 calls'])}"
    goals = {
        name: at_most(
            f"page view over a store of {STORE_SECONDS * 1000:.0f} ms, {name}: store delays",
            relative[name],
            limit,
            calls,
        )
        for name, limit in MAX_DELAYS.items()
    }
    rows = ""
    for name, values in relative.items():
        shown = f"{goals[name].goal} | {yes(holds=goals[name].holds)}" if name in goals else " | "
        milliseconds = statistics.median(seconds[name]) * 1000
        rows += f"| {name} | {milliseconds:.2f} | {spread(values)} | {shown} |\n"
    return statistics.median(delays), rows, [*goals.values()]


def _delay(endpoint: str) -> float:
    """What a request and its answer take on an open connection, the median of some, in seconds."""
    body = b'{"TableName": "none", "Key": {}}'
    head = "POST / HTTP/1.1\r\nhost: store\r\nx-amz-target: DynamoDB_20120810.GetItem\r\n"
    request = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
    url = urlsplit(endpoint)
    found = []
    with socket.create_connection((url.hostname, url.port)) as connection:
        for _ in range(VIEWS):
            started = time.perf_counter()
            connection.sendall(request)
            answer = b""
            while not re.search(rb"\r\n\r\n{.*}", answer):
                answer += connection.recv(65536)
            found.append(time.perf_counter() - started)
    return statistics.median(found)
