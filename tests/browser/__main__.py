"""Makes the checks of pages ready: axe, vnu, Lighthouse and the HTTP Observatory."""

import sys

from local import optional
from tests.browser import PACKAGES

if __name__ == "__main__":
    sys.exit(optional.make_ready("the checks of pages", PACKAGES.fetch))
