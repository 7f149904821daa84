"""A client in TypeScript, with the types that openapi-typescript makes from docs/openapi.json."""

import json
from pathlib import Path

from local.paths import ROOT
from tests.support.node_packages import NodePackages

PACKAGES = NodePackages(Path(__file__).parent, "typescript-client")
CLIENT = Path(__file__).with_name("client.ts")


def errors(client: Path) -> list[str]:
    """The messages of TypeScript's compiler about a client; [] if it compiles."""
    document = ROOT / "docs/openapi.json"
    messages: list[str] = json.loads(PACKAGES.run("compile.mjs", str(document), str(client)))
    return messages
