"""The zipped code of a read function with all of its layers."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

from bench import processes
from bench.goals import Goal, Part, yes

HEADING = "## Code\n"
READ_FUNCTIONS = ("GetArticle", "Related", "Graphql", "Page")
# Of the functions that only read and have no package of others.
MAX_BYTES = 160_000

_TEXT = """
Zipped bytes of what Lambda loads for a function, its layers included, as built for this machine.
To measure this part again: `make bench PARTS=code`.

| function | bytes | relative to boto3 with what it needs | goal | holds |
|---|---:|---:|---:|---|
| boto3 | {boto3:,} | 1 | | |
{rows}"""


def report() -> Part:
    """This part of docs/benchmarks.md."""
    packages = processes.PACKAGES
    names = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
    boto3 = _zipped(packages, [packages / name for name in names])
    sizes = {
        name: sum(_zipped(folder, [folder]) for _, folder in processes.built_folders(name))
        for name in READ_FUNCTIONS
    }
    goal = Goal(
        "zipped code of `get_article` with its layers, bytes",
        f"boto3 {boto3:,}",
        f"{sizes['GetArticle']:,}",
        f"<= {MAX_BYTES:,}",
        sizes["GetArticle"] <= MAX_BYTES,
    )
    rows = ""
    for name, size in sizes.items():
        shown = f"{goal.goal} | {yes(holds=goal.holds)}" if name == "GetArticle" else " | "
        rows += f"| {name} | {size:,} | {size / boto3:.3f} | {shown} |\n"
    return Part(HEADING + _TEXT.format(boto3=boto3, rows=rows), goal.holds, [goal])


def _zipped(root: Path, folders: Iterable[Path]) -> int:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for folder in folders:
            for path in sorted([folder, *folder.rglob("*")]):
                if path.is_file():
                    file.write(path, path.relative_to(root))
    return len(archive.getvalue())
