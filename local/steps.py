"""The progress of the local run, and the exception that ends it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Failure(Exception):
    """A step failed. The message says what failed and what to do next, or where to read more."""


@contextmanager
def step(name: str) -> Iterator[None]:
    """Prints the step's name when it starts and its seconds when it is done."""
    print(f"  {name:.<44} ", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print("failed")
        raise
    print(f"{time.monotonic() - started:5.1f} s")
