"""The pages in a browser: what readers do with them, and the measures of docs/benchmarks.md."""

from pathlib import Path

import pytest

from tests.support.node_packages import NodePackages

PACKAGES = NodePackages(Path(__file__).parent, "browser-checks")

# Tests have the fixture `page` with script and without; these are about one of the two.
with_script = pytest.mark.parametrize("page", [True], indirect=True, ids=["script"])
without_script = pytest.mark.parametrize("page", [False], indirect=True, ids=["no script"])
needs_checkers = pytest.mark.skipif(
    not PACKAGES.is_available(),
    reason="needs Node 20, npm and their packages, which make test fetches",
)
