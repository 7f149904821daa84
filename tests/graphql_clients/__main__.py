"""Makes the GraphQL clients ready for their tests."""

import sys

from local import optional
from tests.graphql_clients import PACKAGES, has_browser

if __name__ == "__main__":
    if not has_browser():
        print(
            "Skipped: the test of /graphql with real clients in a browser. Install Chromium as "
            "chromium; the npm packages have it for Linux on x86-64 alone.",
            file=sys.stderr,
        )
    sys.exit(optional.make_ready("the tests of /graphql with real clients", PACKAGES.fetch))
