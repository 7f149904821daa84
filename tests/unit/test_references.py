"""References in docs, docstrings and comments, over small trees that are made up here."""

import pytest

from local.references import missing

DESIGN = """# Design

## Life of a link

## Tables & indexes

```sh
# Not a heading
```
"""
TREE = {
    "README.md": "# Readme\n",
    "docs/design.md": DESIGN,
    "docs/decisions.md": "# Decisions\n\n## 2026-11-23: One partition\n",
    "layers/common/seealso/store/client.py": "",
    "functions/related/openapi.json": "{}",
    "tests/support/faulty.py": "",
    ".ci/run": "",
}


def found(path: str, text: str) -> list[str]:
    """What is missing in a file that is added to the tree."""
    return missing({**TREE, path: text}, {*TREE, path})


@pytest.mark.parametrize(
    "text",
    [
        "[design](docs/design.md), [the tables](docs/design.md#tables--indexes), [here](#notes)",
        "`tests/support/faulty.py`, `tests/support`, `tests/support/` and seealso/store/client.py.",
        "design.md, docs/design.md, client.py, `.ci/run`, functions/related/openapi.json",
        'design.md, "Life of a link" and "Tables & indexes"; decisions.md, "One partition"',
        'decisions.md, "2026-11-23: One partition"',
        'design.md, "Life\nof a link"',
    ],
)
def test_accepts_what_exists(text: str) -> None:
    assert found("NOTES.md", f"# Notes\n\n{text}\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "`functions/<name>/`, `functions/<name>/app.py` and `docs/$NAME.md`",
        "`docs/*.md`, `tests/**`, `docs/adr-*.md` and `docs/{a,b}.md`",
        "[elsewhere](https://example.com/docs/none.md#top) and https://example.com/tests/none.py",
        "`.local/logs/none.py`, `~/docs/none.md`, `/docs/none.md`, read/write, application/json",
        "```sh\ncat docs/none.md\n```\n",
        "~~~\n[none](none.md)\n~~~\n",
    ],
)
def test_leaves_out_what_is_no_reference(text: str) -> None:
    assert found("NOTES.md", f"# Notes\n\n{text}\n") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[none](docs/none.md)", "there is no file docs/none.md"),
        ("[none](none/)", "there is no file none"),
        ("`docs/none.md`", "there is no file docs/none.md"),
        ("none.md", "there is no file none.md"),
        ("`tests/support/none.py`.", "there is no file tests/support/none.py"),
        ("see (none.py)", "there is no file none.py"),
        ("`tests/none/`", "there is no file or folder tests/none/"),
        ("functions/related/none.json", "there is no file or folder functions/related/none.json"),
        ('none.md, "Tables"', "there is no file none.md"),
        ('design.md, "Tables"', 'docs/design.md has no heading "Tables"'),
        ('design.md, "Not a heading"', 'docs/design.md has no heading "Not a heading"'),
        ('design.md, "Life of a link" and "No"', 'docs/design.md has no heading "No"'),
        ("[x](docs/design.md#tables)", "docs/design.md has no anchor #tables"),
        ("[x](#none)", "NOTES.md has no anchor #none"),
    ],
)
def test_reports_what_does_not_exist(text: str, message: str) -> None:
    assert found("NOTES.md", f"# Notes\n\n{text}\n") == [f"NOTES.md:3: {message}"]


def test_follows_links_from_the_file_that_they_are_in() -> None:
    assert found("docs/x.md", "[design](design.md) [readme](../README.md)") == []
    assert found("docs/x.md", "[x](docs/design.md)") == [
        "docs/x.md:1: there is no file docs/docs/design.md"
    ]


def test_reads_docstrings_and_comments_of_python_alone() -> None:
    source = '''"""The edge (design.md, "Life of
a link"; design.md, "No")."""

PATH = "docs/none.md"  # see docs/gone.md, and
# design.md, "Tables
# & indexes".


class Thing:
    """Of none.py."""

    def method(self) -> str:
        """As in no.md."""
        return "other.md"
'''
    assert found("local/thing.py", source) == [
        'local/thing.py:2: docs/design.md has no heading "No"',
        "local/thing.py:4: there is no file docs/gone.md",
        "local/thing.py:10: there is no file none.py",
        "local/thing.py:13: there is no file no.md",
    ]


@pytest.mark.parametrize("path", ["template.yaml", "Makefile", "pyproject.toml", ".ci/run"])
def test_reads_comments_alone_of_other_files(path: str) -> None:
    text = "key: docs/none.md\nother: 1 # docs/gone.md\n# design.md and no.md\n"
    assert found(path, text) == [
        f"{path}:2: there is no file docs/gone.md",
        f"{path}:3: there is no file no.md",
    ]
