"""The pages in a browser: what readers do with them, and the measures of docs/benchmarks.md."""

from pathlib import Path

from tests.support.node_packages import NodePackages

PACKAGES = NodePackages(Path(__file__).parent, "browser-checks")
