"""axe-core on a page of a browser. Its npm package is one of tests/browser."""

from functools import cache

import pytest
from playwright.sync_api import Page

from local.paths import ROOT
from tests.support.node_packages import NodePackages

PACKAGES = NodePackages(ROOT / "tests/browser", "browser-checks")
needs_checkers = pytest.mark.skipif(
    not PACKAGES.is_available(),
    reason="needs Node 20, npm and their packages, which make test fetches",
)


def axe(page: Page) -> list[str]:
    """What axe finds wrong with the page as it is shown, best practices included; [] if nothing."""
    page.evaluate(_axe_source())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {violation['help']}: {node['html']} ({node['failureSummary']})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@cache
def _axe_source() -> str:
    return (PACKAGES.home / "node_modules/axe-core/axe.min.js").read_text("utf-8")
