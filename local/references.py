"""`python -m local.references`: checks that what docs, docstrings and comments refer to exists.

These are paths of files and folders, links and anchors in Markdown, and headings cited by name, as
in: design.md, "Glossary". A path may be cited without its first folders, as in local/paths.py or
paths.py, and a heading of docs/decisions.md without its date. Code blocks, URLs, globs and
placeholders are ignored.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from posixpath import dirname, join, normpath
from typing import NamedTuple

from local.paths import ROOT

_CHECKED = re.compile(r".*\.(py|md|yaml|toml)|(.*/)?Makefile|\.ci/run")
_FENCED = re.compile(r"^ *(```|~~~).*?^ *\1", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.+?)[ #]*$", re.MULTILINE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}: ")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_URL = re.compile(r"[a-z]+:\S+")
# Such as `contract.md, "Everywhere" and "Admin"`, possibly across lines.
_CITED = re.compile(r'([\w./-]+\.md),\s+("[^"]+"(?:(?:,|\s+and)\s+"[^"]+")*)')
# Not a path: the rest of something that starts with a slash, a tilde or a placeholder, and the
# start of something that continues with a placeholder or a glob.
_PATH = re.compile(
    r"(?<![\w/.~@$<>{}*-])((?:[\w.-]+/)++[\w.-]*+|[\w-]+\.(?:py|md)\b)(?![<>{}*$/\w])"
)
# Such files are checked in any folder; others only in a folder of this repository.
_FILE = re.compile(r".+\.(py|md|graphql)")


class _Known(NamedTuple):
    files: Collection[str]
    folders: Collection[str]
    headings: Mapping[str, Collection[str]]  # of Markdown files, by path


def missing(texts: Mapping[str, str], tracked: Collection[str]) -> list[str]:
    """References to what does not exist, as `file:line: message`, sorted by file and line.

    `texts` are the files to check, by path; `tracked` are the paths of all files.
    """
    folders = {str(folder) for path in tracked for folder in PurePosixPath(path).parents}
    known = _Known(tracked, folders, _headings(texts))
    return [
        f"{path}:{line}: {message}"
        for path, text in sorted(texts.items())
        for line, message in sorted(_missing_in(path, _prose(path, text), known))
    ]


def _missing_in(path: str, prose: str, known: _Known) -> Iterator[tuple[int, str]]:
    for match in _LINK.finditer(prose) if path.endswith(".md") else ():
        target, _, anchor = match[1].partition("#")
        if _URL.match(target):
            continue
        file = normpath(join(dirname(path), target)) if target else path
        if file not in known.files and file not in known.folders:
            yield _line(prose, match), f"there is no file {file}"
        elif anchor and anchor not in map(_slug, known.headings.get(file, ())):
            yield _line(prose, match), f"{file} has no anchor #{anchor}"
    prose = _URL.sub(_blank, _LINK.sub(_blank, prose))
    for match in _CITED.finditer(prose):
        for file in _resolved(match[1], path, known)[:1]:
            for cited in re.findall(r'"([^"]+)"', match[2]):
                heading = " ".join(cited.split())
                if heading not in known.headings.get(file, ()):
                    yield _line(prose, match), f'{file} has no heading "{heading}"'
    for match in _PATH.finditer(prose):
        name = match[1].rstrip(".")
        first = name.partition("/")[0]
        is_ours = first in known.folders or (_FILE.fullmatch(name) and not first.startswith("."))
        if is_ours and not _resolved(name, path, known):
            kind = "file" if _FILE.fullmatch(name) else "file or folder"
            yield _line(prose, match), f"there is no {kind} {name}"


def _resolved(name: str, path: str, known: _Known) -> list[str]:
    """The paths that a name cited in the file `path` may refer to, docs/ first."""
    name = name.rstrip("/")
    if name in known.folders:
        return [name]
    exact = [f"docs/{name}", name, normpath(join(dirname(path), name))]
    return [file for file in exact if file in known.files] or [
        file for file in known.files if file.endswith(f"/{name}")
    ]


def _headings(texts: Mapping[str, str]) -> dict[str, set[str]]:
    headings: dict[str, set[str]] = {}
    for path, text in texts.items():
        if path.endswith(".md"):
            titles = set(_HEADING.findall(_FENCED.sub(_blank, text)))
            headings[path] = titles | {_DATE.sub("", title) for title in titles}
    return headings


def _prose(path: str, text: str) -> str:
    if path.endswith(".md"):
        return _FENCED.sub(_blank, text)
    if path.endswith(".py"):
        return "\n".join(_python_prose(text))
    return re.sub(r"^(?:.*?(?:^|\s)#+|.*)", "", text, flags=re.MULTILINE)


def _python_prose(text: str) -> list[str]:
    lines = text.splitlines()
    prose = [""] * len(lines)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            prose[token.start[0] - 1] = token.string.lstrip("#")
    for node in ast.walk(ast.parse(text)):
        # A string that is a statement of its own is a docstring.
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            docstring = slice(node.lineno - 1, node.end_lineno)
            prose[docstring] = lines[docstring]
    return prose


def _slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def _line(prose: str, match: re.Match[str]) -> int:
    return prose.count("\n", 0, match.start()) + 1


def main() -> int:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    tracked = {path for path in listed if (ROOT / path).is_file()}
    texts = {path: (ROOT / path).read_text("utf-8") for path in tracked if _CHECKED.fullmatch(path)}
    problems = missing(texts, tracked)
    print(*problems, sep="\n", end="\n" * bool(problems), file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
