"""What some tests need and not every machine has."""

import os
import sys
from collections.abc import Callable

from local.steps import Failure


def make_ready(tests: str, fetch: Callable[[], None]) -> int:
    """Fetches what the tests need, unless it is there. Returns the exit status.

    Where that cannot be, one line says which tests are left out; with CI=true that is a failure.
    """
    try:
        fetch()
    except Failure as failure:
        print(f"Left out: {tests}. {failure}", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else 0
    return 0
