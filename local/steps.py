"""What the local run shows as it goes, and how it says that it cannot go on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Failure(Exception):
    """The run cannot go on. The message is one line: what failed and the way out."""


@contextmanager
def step(name: str) -> Iterator[None]:
    """Shows the step when it begins and its seconds when it is done."""
    print(f"  {name:.<44} ", end="", flush=True)
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        print("failed")
        raise
    print(f"{time.monotonic() - begun:5.1f} s")
