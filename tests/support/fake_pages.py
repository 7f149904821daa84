"""Submitted pages as checks meet them, without a network: scripted fetches and findings."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from ada_url import URL

from seealso.store.tables import Store
from seealso.verifying.fetching import CheckHost, Fetched, FetchFailed, HostRefused, Kind
from seealso.verifying.finding import Answer, Finding
from seealso.verifying.pipeline import Report, Tools, run

SEEN = Finding("seen", href="https://seven.example.com/1", title="The page")
MISSING = Finding("missing", ("no-link",), title="The page")
STATUS = Finding("other", ("status",))
BASE_URL = "https://api.seealso.example"


@dataclass
class Page:
    """What a URL answers: a status and a finding, or a failure's kind; after redirects to `url`."""

    status: int = 200
    finding: Finding = SEEN
    failure: Kind | Literal["crash"] | None = None
    url: str | None = None


@dataclass
class FakePages:
    """Scripted pages by URL; others are 404. `fetched` are the URLs that were asked for."""

    now: datetime
    pages: dict[str, Page] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    failures: list[tuple[str, Exception]] = field(default_factory=list)
    redirects_are_asked_for: bool = True  # otherwise their hosts are never busy
    meanwhile: Callable[[str], object] | None = None  # happens while a page is fetched

    def fetch(self, url: str, check_host: CheckHost) -> Fetched | FetchFailed:
        page = self.pages.get(url, Page(404, STATUS))
        final = page.url or url
        try:
            for each in dict.fromkeys((url, final) if self.redirects_are_asked_for else (url,)):
                check_host(URL(each).hostname)
        except HostRefused as refused:
            return FetchFailed(refused.kind, "", [url])
        self.fetched.append(url)
        if self.meanwhile:
            self.meanwhile(url)
        if page.failure == "crash":
            raise RuntimeError("a fault of our own")
        if page.failure:
            return FetchFailed(page.failure, "", [url])
        return Fetched(final, page.status, {}, b"", False, [url])

    def judge(self, answer: Answer, _targets: tuple[str, ...]) -> Finding:
        found = {page.url or url: page.finding for url, page in self.pages.items()}
        return found.get(answer.url, STATUS)

    def tools(self, open_store: Callable[[], Store], fetches_per_hour: int = 60) -> Tools:
        return Tools(
            open_store=open_store,
            fetch=self.fetch,
            judge=self.judge,
            clock=lambda: self.now,
            own_urls=(BASE_URL,),
            fetches_per_hour=fetches_per_hour,
            on_failure=lambda link_id, error: self.failures.append((link_id, error)),
        )

    def forward(self, **passed: float) -> None:
        self.now += timedelta(**passed)


def run_all(tools: Tools) -> Report:
    """One run with all the time that there is, one check after the other."""
    with ThreadPoolExecutor(1) as executor:
        report = run(tools, lease_seconds=300, has_time=lambda: True, executor=executor)
    assert report is not None
    return report
