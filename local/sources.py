"""Checks the sources before they are built: each error is one line with the file and the line.

`sam build` would copy a broken function, the emulator would swallow its error, and a policy that
names no resource would only show as a 500 of the API.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.paths import ROOT
from local.steps import Failure

_VARIABLE = re.compile(r"\$\{([\w:]+)")


def check(root: Path = ROOT) -> None:
    """Compiles the Python files and resolves the template's references. Raises Failure."""
    check_python(root)
    check_template(root / "template.yaml")


def check_python(root: Path) -> None:
    """Raises Failure for the first file of the functions and layers that does not compile."""
    for folder in ("functions", "layers"):
        for path in sorted((root / folder).rglob("*.py")):
            place = path.relative_to(root)
            try:
                compile(path.read_bytes(), str(place), "exec", dont_inherit=True)
            except SyntaxError as error:
                raise Failure(f"{place}:{error.lineno}: {error.msg}") from None
            except ValueError as error:
                raise Failure(f"{place}:1: {error}") from None


def check_template(path: Path) -> None:
    """Raises Failure if the template is not valid YAML or refers to what it does not contain."""
    # Here, because the import takes a second and only a changed template needs it.
    from cfnlint.decode import cfn_yaml

    try:
        template = cfn_yaml.load(str(path))
    except cfn_yaml.CfnParseError as error:
        match = error.matches[0]
        raise Failure(f"{path.name}:{match.linenumber}: {match.message}") from None
    except Exception as error:  # noqa: BLE001 PyYAML's, which has no types
        lines = re.findall(r"line (\d+)", str(error)) or ["1"]
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise Failure(f"{path.name}:{lines[-1]}: {problem}") from None
    for section in ("Resources", "Globals"):
        if not isinstance(template.get(section), dict):
            raise Failure(f"{path.name}:1: The section {section} is missing.")
    names = {*template["Resources"], *template.get("Parameters", {})}
    for name, line in _references(template):
        # SAM generates resources whose names start with that of the resource they belong to.
        if not name.startswith(("AWS::", *template["Resources"])) and name not in names:
            raise Failure(
                f"{path.name}:{line}: There is no resource or parameter with the name {name}."
            )


def _references(node: Any, line: int = 1) -> Iterator[tuple[str, int]]:
    """The names in Ref, GetAtt and Sub, with their lines; a Sub's own variables are left out."""
    if isinstance(node, list):
        for value in node:
            yield from _references(value, _line(value, line))
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        line_of_key = _line(key, line)  # short forms such as !Ref have no place of their own
        if key == "Ref":
            yield str(value), line_of_key
        elif key == "Fn::GetAtt":
            name = str(value[0] if isinstance(value, list) else value).partition(".")[0]
            yield name, line_of_key
        elif key == "Fn::Sub":
            text, variables = value if isinstance(value, list) else (value, {})
            for name in _VARIABLE.findall(text):
                if name not in variables:
                    yield name, line_of_key
            yield from _references(variables, line_of_key)
        else:
            yield from _references(value, line_of_key)


def _line(node: Any, default: int) -> int:
    mark = getattr(node, "start_mark", None)
    return mark.line + 1 if mark else default
