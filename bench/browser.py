"""The pages as a browser sees them: what an article's page weighs, and Lighthouse's scores."""

import tempfile
from pathlib import Path
from typing import NamedTuple

from local import stack
from tests.browser import PACKAGES, checks
from tests.browser.http import get, request, submit
from tests.browser.network import Network
from tests.support import browser

HEADING = "## Pages in a browser\n"

_RUNS = 5  # of Lighthouse
_CATEGORIES = ("performance", *checks.TIMELESS)
_HEAD = """
An article's page with a text of 4 KB and five links, from the deployed template on the emulator, in
Chromium. Sizes are of gzip-compressed bodies. Lighthouse simulates a phone on a slow network; of
{runs} runs, the one with the median largest contentful paint. The HTTP Observatory scores the
recorded answers.

| measure | measured | goal | holds |
|---|---:|---:|---|
"""


class _Measure(NamedTuple):
    name: str
    measured: float
    goal: str
    holds: bool

    def line(self) -> str:
        """The row of the Markdown table."""
        shown = (
            f"{self.measured:,.3g}" if isinstance(self.measured, float) else f"{self.measured:,}"
        )
        return f"| {self.name} | {shown} | {self.goal} | {'yes' if self.holds else '**no**'} |\n"


def report() -> tuple[str, bool]:
    """This part of docs/benchmarks.md, and whether all goals are met. Raises Failure."""
    browser.make_ready()
    PACKAGES.fetch()
    with (
        tempfile.TemporaryDirectory() as folder,
        stack.shared(Path(folder) / "stack") as running,
        browser.launched() as launched,
    ):
        network = Network(running, Path(folder) / "network")
        article = network.article_url("plain")
        for number in range(5):
            submit(article, f"https://readers.example.com/{number}")
        get(article)  # a container's first answer takes longer
        load = checks.load(launched.new_page(), article)
        measures = [*_weights(load), *_scores(article), *_observatory(network, article)]
    table = "".join(measure.line() for measure in measures)
    return HEADING + _HEAD.format(runs=_RUNS) + table, all(measure.holds for measure in measures)


def _weights(load: checks.Load) -> list[_Measure]:
    return [
        _at_most("HTML, bytes", load.html_bytes, 14 * 1024),
        _at_most("everything, bytes", load.all_bytes, 30 * 1024),
        _at_most("requests", len(load.urls), 4),
        _at_most("requests to third parties", len(load.third_parties()), 0),
        _at_most("font files", load.fonts, 0),
    ]


def _scores(article: str) -> list[_Measure]:
    runs = [checks.lighthouse(article, _CATEGORIES) for _ in range(_RUNS)]
    runs.sort(key=lambda run: run.lcp)
    found = runs[_RUNS // 2]
    return [
        *(_at_least(f"Lighthouse: {name}", score, 100) for name, score in found.scores.items()),
        _at_most("Lighthouse: largest contentful paint, ms", found.lcp, 1_000),
        _at_most("Lighthouse: total blocking time, ms", found.tbt, 0),
        _at_most("Lighthouse: cumulative layout shift", found.cls, 0),
    ]


def _observatory(network: Network, article: str) -> list[_Measure]:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    preflight = request("OPTIONS", article, **asked).headers
    pages = {"article": article, "404 page": f"{network.url}/a/2147483646"}
    measures = []
    for name, url in pages.items():
        answer = get(url)
        found = checks.observatory(answer.status, answer.headers, answer.body, preflight)
        measures.append(_at_least(f"HTTP Observatory: {name}", found.score, 130))
    return measures


def _at_most(name: str, measured: float, limit: int) -> _Measure:
    return _Measure(name, measured, f"<= {limit:,}", measured <= limit)


def _at_least(name: str, measured: float, limit: int) -> _Measure:
    return _Measure(name, measured, f">= {limit:,}", measured >= limit)
