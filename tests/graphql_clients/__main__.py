"""Makes the GraphQL clients ready for their tests."""

import sys

from local import optional
from tests.graphql_clients import PACKAGES

if __name__ == "__main__":
    sys.exit(optional.make_ready("the tests of /graphql with real clients", PACKAGES.fetch))
