"""The pages in a browser: what readers do with them, and the measures of docs/benchmarks.md."""

import pytest

from tests.support.accessibility import PACKAGES as PACKAGES
from tests.support.accessibility import needs_checkers as needs_checkers

# Tests have the fixture `page` with script and without; these are about one of the two.
with_script = pytest.mark.parametrize("page", [True], indirect=True, ids=["script"])
without_script = pytest.mark.parametrize("page", [False], indirect=True, ids=["no script"])
