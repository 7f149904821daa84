"""From the start of a process to its first answer, in instructions."""

import statistics
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from os import cpu_count

from bench import fixed_store, plots, processes
from bench.goals import Part, at_most, spread, yes
from local.paths import ROOT

HEADING = "## Start\n"
ROUNDS = 3
GOALS = {"`get_article`": 0.20, "`graphql`, new document": 0.50, "`graphql`, persisted": 0.22}

_BARE = 'bare `boto3.client("dynamodb")`'
_TEXT = """
Instructions from the start of a process to its first answer, counted by Valgrind's cachegrind with
`PYTHONHASHSEED=0`, of the built functions with their layers, over a store on loopback. 1 is a
process that only makes a boto3 client. Each peer is the smallest function that answers the same
page view with the same interpreter (bench/peers). {rounds} interleaved rounds: median (lowest to
highest). Machine: {machine}. To measure this part again: `make bench PARTS=start`.

| process | M instructions | relative | goal | holds |
|---|---:|---:|---:|---|
{rows}
![Instructions of a start, relative to a boto3 client](images/bench-start.svg)
"""


def report() -> Part:
    """This part of docs/benchmarks.md. Raises Failure without Valgrind."""
    processes.check_valgrind()
    counts = _counts()
    relative = {
        name: [this / bare for this, bare in zip(these, counts[_BARE], strict=True)]
        for name, these in counts.items()
    }
    peers = ", ".join(
        f"{peer.name} {statistics.median(relative[peer.name]):.2f}"
        for peer in processes.peers()[1:]
    )
    goals = {
        name: at_most(
            f"start of {name}: instructions, a bare boto3 client = 1", relative[name], limit, peers
        )
        for name, limit in GOALS.items()
    }
    rows = ""
    for name, values in relative.items():
        millions = statistics.median(counts[name]) / 1e6
        goal = f"{goals[name].goal} | {yes(holds=goals[name].holds)}" if name in goals else " | "
        rows += f"| {name} | {millions:,.0f} | {spread(values)} | {goal} |\n"
    plots.write_bars(
        ROOT / "docs/images/bench-start.svg",
        "Start to first answer, instructions; a bare boto3 client = 1",
        [
            plots.Bar(
                name.replace("`", ""),
                statistics.median(values),
                GOALS.get(name),
                is_ours=name in GOALS,
            )
            for name, values in relative.items()
        ],
    )
    text = _TEXT.format(rounds=ROUNDS, machine=processes.machine(), rows=rows)
    holds = all(goal.holds for goal in goals.values())
    return Part(HEADING + text, holds, [*goals.values()])


def _counts() -> dict[str, list[int]]:
    """The instructions of each kind of process, in each round."""
    functions = [
        *processes.peers(),
        processes.get_article(),
        processes.graphql("`graphql`, new document", {"query": f"{processes.QUERY}# new"}),
        processes.graphql("`graphql`, persisted", processes.persisted()),
    ]
    with (
        fixed_store.running(seconds=0) as endpoint,
        # Instructions do not depend on what else runs.
        ThreadPoolExecutor(cpu_count()) as pool,
    ):
        kinds: dict[str, Callable[[], int]] = {_BARE: processes.bare_client_instructions}
        for function in functions:
            kinds[function.name] = partial(processes.instructions, function, endpoint, 1)
        rounds = [[pool.submit(kind) for kind in kinds.values()] for _ in range(ROUNDS)]
        counted = [[future.result() for future in futures] for futures in rounds]
    return dict(zip(kinds, map(list, zip(*counted, strict=True)), strict=True))
