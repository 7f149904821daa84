"""The checkers of pages: axe, the Nu HTML Checker, Lighthouse and MDN's HTTP Observatory."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, Request

from tests.browser import PACKAGES
from tests.support.accessibility import axe as axe
from tests.support.browser import ARGUMENTS, chromium_path


def vnu(files: Iterable[Path]) -> list[str]:
    """The errors and warnings of HTML and CSS files, in one call; a file's name ends in its type.

    Takes 1.5 s for one file as for a hundred; needs Java.
    """
    jar = PACKAGES.home / "node_modules/vnu-jar/build/dist/vnu.jar"
    command: list[str | Path] = ["java", "-jar", jar, "--also-check-css", "--format", "json"]
    command += files
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return [
        f"{Path(found['url']).name}, line {found.get('lastLine')}: {found['message']}"
        for found in json.loads(ran.stderr)["messages"]
    ]


class Observed(NamedTuple):
    """A score of MDN's HTTP Observatory, and the result of each of its tests."""

    score: int
    results: dict[str, str]


def observatory(
    status: int, headers: Mapping[str, str], body: str, preflight: Mapping[str, str]
) -> Observed:
    """The score of an answer, given the headers of the answer to a preflight of its path."""
    recorded = {
        "status": status,
        "headers": dict(headers),
        "body": body,
        "preflight": dict(preflight),
    }
    return Observed(**json.loads(PACKAGES.run("observatory.mjs", json.dumps(recorded))))


class Lighthouse(NamedTuple):
    """What Lighthouse finds for a phone on a simulated slow network; times in milliseconds.

    `scores` are by category, at most 100; `failed` has the titles of audits that cost points. The
    last three come with the category performance alone.
    """

    scores: dict[str, int]
    failed: dict[str, str]
    lcp: int = -1
    tbt: int = -1
    cls: float = -1


# What a page is, however busy the machine. A trace, which performance needs, fails now and then.
TIMELESS = ("accessibility", "best-practices", "seo")


def lighthouse(url: str, categories: Sequence[str] = TIMELESS) -> Lighthouse:
    """Lighthouse's findings for a page. Takes about 4 s, with performance 11 s.

    Raises CalledProcessError where a number is missing; standard error says why.
    """
    arguments = (json.dumps(ARGUMENTS), json.dumps(categories))
    found = PACKAGES.run("lighthouse.mjs", url, str(chromium_path()), *arguments)
    return Lighthouse(**json.loads(found))


class Load(NamedTuple):
    """What opening a page takes: the URLs of its requests, and bytes as they were transferred."""

    urls: list[str]
    html_bytes: int
    all_bytes: int
    fonts: int

    def third_parties(self) -> list[str]:
        """The URLs of other origins than the page's."""
        return [url for url in self.urls if _origin(url) != _origin(self.urls[0])]


def load(page: Page, url: str) -> Load:
    """Opens the URL in a page of a new context, whose cache is empty."""
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    page.goto(url, wait_until="networkidle")
    urls = [request.url for request in requests]
    sizes = [request.sizes()["responseBodySize"] for request in requests]
    # Browsers with tabs load the icon; headless ones may or may not.
    for icon in page.locator("link[rel~=icon]").all():
        href = str(icon.evaluate("link => link.href"))
        if href in urls:
            continue
        answer = page.request.get(href, headers={"accept-encoding": "gzip"})
        urls.append(answer.url)
        sizes.append(int(answer.headers["content-length"]))
    fonts = [request for request in requests if request.resource_type == "font"]
    return Load(urls, sizes[0], sum(sizes), len(fonts))


def _origin(url: str) -> list[str]:
    return url.split("/", 3)[:3]
