"""The deployed template with sites and articles to look at, and pages of a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import ConsoleMessage, Page

from local.stack import Stack
from tests.browser.network import Network
from tests.support.browser import Contexts


@pytest.fixture(scope="session")
def network(running_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Network:
    return Network(running_stack, tmp_path_factory.mktemp("network"))


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(contexts: Contexts, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty page, with script and without; it fails if a script failed or the CSP was broken.

    A test that is about script alone is parametrized: `@with_script`.
    """
    opened = contexts.new_page(script=request.param)
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: _note(message, faults))
    yield opened
    opened.close()
    assert not faults


def _note(message: ConsoleMessage, faults: list[str]) -> None:
    # Answers with 4xx, which tests ask for, are reported as well.
    if message.type == "error" and not message.text.startswith("Failed to load resource"):
        faults.append(message.text)
