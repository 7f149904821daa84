"""Chromium for tests, driven by Playwright: without a sandbox, resolving no names but localhost.

Debian's package `chromium` has it; on Linux on x86-64 an npm package does, too.
`python -m tests.support.browser` makes it ready; Playwright downloads nothing.
"""

import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from local import optional
from local.paths import LOCAL
from local.steps import Failure
from tests.support.node_packages import NodePackages

_NAMES = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost"
# Chromium's own arguments, for whatever starts it.
ARGUMENTS = [
    "--no-sandbox",  # which root needs; the pages are the tests' own
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--no-proxy-server",
    f"--host-resolver-rules={_NAMES}",
]

# How long to wait for what a page shows, in milliseconds. A busy machine is not a fault.
_PATIENCE = 30_000

_PACKAGE = NodePackages(Path(__file__).parent / "chromium", "chromium")
_UNPACKED = LOCAL / "chromium/unpacked"


def chromium_path() -> Path | None:
    """The installed Chromium, or else the one that `make_ready` has unpacked; None for neither."""
    if installed := shutil.which("chromium"):
        return Path(installed)
    unpacked = _UNPACKED / "chromium"
    return unpacked if unpacked.exists() and _PACKAGE.is_available() else None


WITHOUT_CHROMIUM = "needs Chromium (Debian: chromium), which make test fetches for Linux on x86-64"
needs_chromium = pytest.mark.skipif(chromium_path() is None, reason=WITHOUT_CHROMIUM)


def make_ready() -> None:
    """Fetch Chromium unless it is installed or fetched. Raises Failure."""
    if chromium_path():
        return
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise Failure("Install Chromium so that `chromium` is on the PATH (Debian: chromium).")
    _PACKAGE.fetch()
    _PACKAGE.run("unpack.mjs", str(_UNPACKED))


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser, for one test process: starting it takes about a second."""
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Contexts:
    """The contexts of a browser, reused: a new one takes longer than loading a page.

    Their pages share a cache and cookies, so a test that counts requests has a fresh one.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: dict[tuple[bool, str], BrowserContext] = {}

    def new_page(self, *, script: bool = True, locale: str = "en-US") -> Page:
        """An empty page, whose caller closes it; without `script`, it runs no JavaScript."""
        context = self._contexts.get((script, locale))
        if context is None:
            context = self._browser.new_context(java_script_enabled=script, locale=locale)
            context.set_default_timeout(_PATIENCE)
            self._contexts[script, locale] = context
        return context.new_page()

    @contextmanager
    def fresh_page(self) -> Iterator[Page]:
        """A page of a context of its own, whose cache is empty."""
        context = self._browser.new_context()
        try:
            yield context.new_page()
        finally:
            context.close()


if __name__ == "__main__":
    sys.exit(optional.make_ready("the tests in a browser", make_ready))
