"""Makes openapi-typescript and TypeScript ready for their tests."""

import sys

from local import optional
from tests.typescript_client import PACKAGES

if __name__ == "__main__":
    sys.exit(optional.make_ready("the tests of a client in TypeScript", PACKAGES.fetch))
