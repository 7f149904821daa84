"""The clients that web applications use: Apollo Client 3 and 4, urql and graphql-request."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support import browser
from tests.support.node_packages import NodePackages

PACKAGES = NodePackages(Path(__file__).parent, "graphql-clients")


def answers(url: str, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """By client, the data of a query that is sent twice; the error as a string if it failed."""
    found: dict[str, Any] = json.loads(
        PACKAGES.run("in_node.mjs", url, query, json.dumps(variables))
    )
    return found


def exchanges_in_browser(url: str, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The same from a page of another origin, and each request to the API in order of arrival.

    As `{"answers": {client: ...}, "requests": [{"method": ..., "headers": {name: value}}]}`.
    """
    found: dict[str, Any] = json.loads(
        PACKAGES.run(
            "in_browser.mjs",
            *(url, query, json.dumps(variables)),
            *(str(browser.chromium_path()), json.dumps(browser.ARGUMENTS)),
        )
    )
    return found
