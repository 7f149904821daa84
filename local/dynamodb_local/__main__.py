"""Makes DynamoDB Local ready for the tests that need it.

Where it cannot run, one line says what is left out; with CI=true that is a failure.
"""

import os
import sys

from local import dynamodb_local
from local.steps import Failure


def main() -> int:
    try:
        dynamodb_local.fetch()
    except Failure as failure:
        print(f"Left out: the tests on DynamoDB Local. {failure}", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
