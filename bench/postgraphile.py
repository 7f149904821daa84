"""CPU of a page view relative to PostGraphile with its PostgreSQL, at 100,000 articles."""

import http.client
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import check_process, fixed_store, networks, one_page, processes
from bench.goals import Part, at_most, spread, yes
from local.paths import ROOT
from local.steps import Failure
from seealso.tables.articles import Article
from tests.support.node_packages import NodePackages

HEADING = "## PostGraphile\n"
ARTICLES, DOMAINS = 100_000, 1_000
ROUNDS = 9
QUERIES, VIEWS, CALLS = 500, 500, 60
SKIPPED = 50
WARM_UP = 3_000  # queries until Node's compiler has done its work
GOALS = {"`get_article`, all known": 0.45, "`graphql`, the page's query": 0.60}

_PACKAGES = NodePackages(ROOT / "bench/postgraphile_server", "bench-postgraphile")
# Where Debian has what is not on the PATH.
_POSTGRESQL = Path("/usr/lib/postgresql")
_QUERY = """
query ($id: Int!, $domain: Int!, $source: Int!) {
  self: articleByRowId(rowId: $id) { rowId title text date }
  linksarticle: allArticles(
    condition: {domain: $domain}, filter: {rowId: {notEqualTo: $id}}, orderBy: ROW_ID_DESC, first: 8
  ) { nodes { rowId title } }
  linksbottom: allArticles(
    filter: {domain: {notEqualTo: $domain}, rowId: {lessThan: $id}}, orderBy: ROW_ID_DESC, first: 3
  ) { nodes { rowId title domain } }
  source: articleByRowId(rowId: $source) { rowId title }
}
"""
_SCHEMA = """
create table articles (
  id int primary key, domain int not null, title text not null, text text not null,
  date text not null, source_id int
);
copy articles from stdin;
{rows}\\.
create index on articles (domain, id);
analyze articles;
"""
_TEXT = """
CPU of one page view. 1 is PostGraphile 5 (Amber preset, with the filter plugin, in production
mode) together with all processes of its PostgreSQL, which answer the same query over HTTP from
{articles:,} articles of {domains:,} domains. Of a function it is its own process, from event to
response and log line; what DynamoDB does is not in it, since its price is not per CPU. {rounds}
interleaved rounds of {queries:,} queries, {views:,} page views and {calls} of peers: median
(lowest to highest). Machine: {machine}. To measure this part again:
`make bench PARTS=peers`, with Debian's packages postgresql, nodejs and npm.

| | CPU ms | relative | goal | holds |
|---|---:|---:|---:|---|
{rows}"""


def report() -> Part:
    """This part of docs/benchmarks.md. Raises Failure where PostgreSQL or npm is missing."""
    boto3, powertools, fastapi = processes.peers()
    query = processes.graphql("`graphql`, the page's query", {"query": processes.QUERY})
    functions = [
        (boto3, CALLS),
        (powertools, CALLS),
        (fastapi, CALLS),
        (processes.get_article()._replace(name="`get_article`, all known"), VIEWS),
        (query, VIEWS),
    ]
    reference: list[float] = []
    cpu: dict[str, list[float]] = {function.name: [] for function, _ in functions}
    with _postgraphile() as ask, fixed_store.running(seconds=0) as endpoint:
        ask(WARM_UP)
        for _ in range(ROUNDS):
            reference.append(ask())
            for function, count in functions:
                cpu[function.name].append(processes.taken(function, endpoint, count, SKIPPED).cpu)
    relative = {
        name: [this / that for this, that in zip(column, reference, strict=True)]
        for name, column in cpu.items()
    }
    others = ", ".join(
        f"{peer.name} {statistics.median(relative[peer.name]):.1f}"
        for peer in (boto3, powertools, fastapi)
    )
    goals = {
        name: at_most(
            f"{name}: CPU, PostGraphile with PostgreSQL = 1", relative[name], limit, others
        )
        for name, limit in GOALS.items()
    }
    rows = (
        f"| PostGraphile with PostgreSQL | {statistics.median(reference) * 1000:.2f} | 1 |  |  |\n"
    )
    for name, values in relative.items():
        shown = f"{goals[name].goal} | {yes(holds=goals[name].holds)}" if name in goals else " | "
        milliseconds = statistics.median(cpu[name]) * 1000
        rows += f"| {name} | {milliseconds:.2f} | {spread(values)} | {shown} |\n"
    text = _TEXT.format(
        articles=ARTICLES,
        domains=DOMAINS,
        rounds=ROUNDS,
        queries=QUERIES,
        views=VIEWS,
        calls=CALLS,
        machine=processes.machine(),
        rows=rows,
    )
    return Part(HEADING + text, all(goal.holds for goal in goals.values()), [*goals.values()])


class _Asker:
    """Sends the page's query, and measures the CPU of some processes with their children."""

    def __init__(self, port: int, pids: Sequence[int]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._pids = pids
        variables = {"id": one_page.ID, "domain": one_page.DOMAIN, "source": one_page.SOURCE_ID}
        self._body = json.dumps({"query": _QUERY, "variables": variables})

    def __call__(self, queries: int = QUERIES) -> float:
        """The CPU time of a query in seconds, the mean of some."""
        before = self._cpu()
        for _ in range(queries):
            self._ask()
        seconds = (self._cpu() - before) / queries
        self._connection.close()  # the server would close it before the next round
        return seconds

    def _ask(self) -> None:
        headers = {"content-type": "application/json"}
        self._connection.request("POST", "/graphql", self._body, headers)
        answer = json.loads(self._connection.getresponse().read())
        assert "errors" not in answer, answer
        assert answer["data"]["self"]["rowId"] == one_page.ID, answer
        assert len(answer["data"]["linksarticle"]["nodes"]) == 8
        assert len(answer["data"]["linksbottom"]["nodes"]) == 3

    def _cpu(self) -> float:
        return sum(map(check_process.cpu_of_tree, self._pids))


@contextmanager
def _postgraphile() -> Iterator[_Asker]:
    binaries = _binaries()
    _PACKAGES.fetch()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        # PostgreSQL does not run as root.
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        user = user if os.geteuid() == 0 else []
        if user:
            shutil.chown(folder, "postgres")
        data = folder / "data"
        command: list[str | Path] = [*user, binaries / "initdb", "-D", data, "-U", "bench"]
        subprocess.run(
            [*command, "-A", "trust", "--no-sync"], check=True, stdout=subprocess.DEVNULL
        )
        options = [f"-cunix_socket_directories={folder}", "-clisten_addresses=", "-cfsync=off"]
        database = stack.enter_context(
            _process([*user, binaries / "postgres", "-D", data, *options])
        )
        psql: list[str | Path] = [
            binaries / "psql",
            "-h",
            folder,
            "-U",
            "bench",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
        ]
        _wait(folder / ".s.PGSQL.5432")
        subprocess.run([*psql, "postgres"], input=_schema(), text=True, check=True)
        for program in _PACKAGES.folder.glob("*.mjs"):
            shutil.copy(program, _PACKAGES.home)
        variables = {
            "DATABASE_URL": f"postgres:///postgres?host={folder}&user=bench",
            "NODE_ENV": "production",
            "GRAPHILE_ENV": "production",
        }
        server = stack.enter_context(
            _process(["node", _PACKAGES.home / "server.mjs"], os.environ | variables)
        )
        assert server.stdout
        yield _Asker(int(server.stdout.readline()), [database.pid, server.pid])


@contextmanager
def _process(
    command: Sequence[str | Path], variables: dict[str, str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def _wait(path: Path) -> None:
    end = time.monotonic() + 30
    while not path.exists():
        if time.monotonic() > end:
            raise Failure("PostgreSQL did not start.")
        time.sleep(0.1)
    time.sleep(0.5)  # it listens before it answers


def _schema() -> str:
    """What psql makes the table of: a network, and above it the article of one_page.py."""
    source = Article(one_page.SOURCE_ID, 3, networks.TITLE, "", "2026-11-23")
    article = Article(one_page.ID, one_page.DOMAIN, networks.TITLE, "", "2026-11-23")
    rows = [networks.of_4_kb(source, None), networks.of_4_kb(article, source.id)]
    rows += [other for other in networks.mixed(ARTICLES, DOMAINS) if other.id != source.id]
    lines = (
        f"{row.id}\t{row.domain}\t{row.title}\t{row.text}\t{row.date}\t{row.source_id or r'\N'}\n"
        for row in rows
    )
    return _SCHEMA.format(rows="".join(lines))


def _binaries() -> Path:
    """Where PostgreSQL's programs are. Raises Failure."""
    found = sorted(_POSTGRESQL.glob("*/bin/initdb"))
    if initdb := shutil.which("initdb"):
        found.append(Path(initdb).resolve())
    if not found:
        raise Failure("Install PostgreSQL (Debian: postgresql).")
    return found[-1].parent
