"""Replaces a built layer's sources with compact bytecode.

python -X no_debug_ranges -m local.bytecode FOLDER

Every container loads the whole layer, and a cold start without bytecode takes twice as long.
Leaving out sources, docstrings and column positions halves the size; a traceback still shows the
file, line and function of each call.
"""

import ast
import importlib.util
import marshal
import sys
from pathlib import Path

_UNCHECKED_HASH = 0b01  # PEP 552


def replace_sources(layer: Path) -> None:
    """Turns each of the layer's modules into a .pyc file in its place."""
    for path in sorted(layer.rglob("*.py")):
        source = path.read_bytes()
        # Tracebacks show the path that the file has on Lambda.
        lambda_path = Path("/opt") / path.relative_to(layer)
        tree = _without_docstrings(ast.parse(source))
        code = compile(tree, lambda_path, "exec", dont_inherit=True)
        path.with_suffix(".pyc").write_bytes(
            importlib.util.MAGIC_NUMBER
            + _UNCHECKED_HASH.to_bytes(4, "little")
            + importlib.util.source_hash(source)
            + marshal.dumps(code)
        )
        path.unlink()


def _without_docstrings(tree: ast.Module) -> ast.Module:
    # compile(optimize=2) would remove assert statements too.
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.fix_missing_locations(tree)


if __name__ == "__main__":
    replace_sources(Path(sys.argv[1]))
