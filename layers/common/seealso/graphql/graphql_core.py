"""graphql-core, imported when it is needed and without asyncio.

Its import is half of a cold start. 52 of its 276 million instructions are asyncio, which only its
asynchronous executor uses, and 16 are the garbage collector's, which finds nothing while modules
are imported. Frozen, modules are not looked at later either, which saves the first document 5 more.
"""

import gc
import sys
from types import ModuleType
from typing import Any


def load() -> None:
    """Import graphql-core and the schema, unless that is done."""
    if "graphql" in sys.modules:
        return
    has_asyncio = "asyncio" in sys.modules
    if not has_asyncio:
        sys.modules["asyncio"] = _NoAsyncio("asyncio")
    gc.disable()
    try:
        import seealso.graphql.compiling  # noqa: F401

        gc.freeze()
    finally:
        gc.enable()
        if not has_asyncio:
            del sys.modules["asyncio"]


class _NoAsyncio(ModuleType):
    """A module that has every name, as a class that nobody uses."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Exception,), {})
