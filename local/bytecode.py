"""Replaces a built layer's sources with compact bytecode.

python -X no_debug_ranges -m local.bytecode FOLDER

Every container loads the whole layer, and a cold start without bytecode takes twice as long.
Without sources, docstrings, column positions and what serves type checks alone it has half the
size; a traceback still shows the file, line and function of each call.
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
        tree = ast.parse(source)
        _compact(tree)
        code = compile(tree, lambda_path, "exec", dont_inherit=True)
        path.with_suffix(".pyc").write_bytes(
            importlib.util.MAGIC_NUMBER
            + _UNCHECKED_HASH.to_bytes(4, "little")
            + importlib.util.source_hash(source)
            + marshal.dumps(code)
        )
        path.unlink()


def _compact(tree: ast.Module) -> None:
    """Remove docstrings, functions' annotations, imports for those alone, and columns."""
    # compile(optimize=2) would remove assert statements too.
    for node in ast.walk(tree):
        match node:
            case ast.Module() | ast.ClassDef() | ast.FunctionDef() if ast.get_docstring(node):
                node.body = node.body[1:] or [ast.Pass()]
        match node:
            case ast.FunctionDef():
                node.returns = None
            case ast.arg():
                node.annotation = None
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for statement in list(tree.body):
        # Strict type checks allow no module to import a name from one that only imports it.
        if isinstance(statement, ast.ImportFrom):
            statement.names = [
                name for name in statement.names if (name.asname or name.name) in used
            ]
            if not statement.names:
                tree.body.remove(statement)
    ast.fix_missing_locations(tree)
    # Instructions of one line then share an entry in the table of lines.
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt | ast.expr):
            node.end_lineno, node.col_offset, node.end_col_offset = node.lineno, 0, 0


if __name__ == "__main__":
    replace_sources(Path(sys.argv[1]))
