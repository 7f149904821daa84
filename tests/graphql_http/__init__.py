"""graphql-http: the audits that the authors of GraphQL over HTTP wrote for servers."""

import json
from pathlib import Path
from typing import NamedTuple

from tests.support.node_packages import NodePackages

PACKAGES = NodePackages(Path(__file__).parent, "graphql-http")


class Audit(NamedTuple):
    """What an audit found: `ok`, or `notice` (MAY), `warn` (SHOULD), `error` (MUST) and why."""

    id: str
    name: str
    status: str
    reason: str | None


def audit(url: str) -> list[Audit]:
    """Runs every audit against the server at that URL."""
    return [
        Audit(result["id"], result["name"], result["status"], result.get("reason"))
        for result in json.loads(PACKAGES.run("audit.mjs", url))
    ]
