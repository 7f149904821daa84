"""The imports of Python files, by file and line."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from local.paths import ROOT


class Import(NamedTuple):
    """One imported module, and where: the file and the line."""

    place: str
    module: str


def imports_of(path: Path, package: str) -> Iterator[Import]:
    """The modules of a package that a file imports, with `import` or `from`, at any depth."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} has a relative import"
            # `name` of `from package import name` may be a module.
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for module in modules:
            if module.split(".")[0] == package:
                place = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
                yield Import(f"{place}:{node.lineno}", module)
