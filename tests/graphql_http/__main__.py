"""Makes graphql-http ready for its audits."""

import sys

from local import optional
from tests.graphql_http import PACKAGES

if __name__ == "__main__":
    sys.exit(optional.make_ready("graphql-http's audits of /graphql", PACKAGES.fetch))
