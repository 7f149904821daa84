"""`make release`: a ZIP file of the built template, always with the same bytes, and what is in it.

python -m local.archive VERSION     writes dist/seealso-VERSION.zip, .cdx.json and .sha256
"""

import hashlib
import io
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from local import build, environments, guard
from local.paths import LOCAL, ROOT, TOOLS
from local.sbom import bill_of_materials
from local.steps import Failure, step

# https://semver.org, without build metadata
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")
_VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(f"not CycloneDX: {error.data.message}" if error else 0)
"""


def release(version: str, target: Path) -> list[Path]:
    """Builds twice and writes the release's files. Raises Failure."""
    check_version(version, ROOT)
    folder = LOCAL / "release"
    builds = folder / "first", folder / "second"
    with guard.exclusive(LOCAL / "build.lock"):
        archives = []
        for path in builds:
            with step(f"build ({path.name})"):
                build.build_release(environments.environment("prod"), path)
            archives.append(archive(path))
        check_same(*archives)
        digest = hashlib.sha256(archives[0]).hexdigest()
        bill = bill_of_materials(builds[0], version, digest)
        validate(bill)
        shutil.rmtree(folder)
    name = f"seealso-{version}"
    contents = {
        f"{name}.zip": archives[0],
        f"{name}.cdx.json": bill.encode(),
        f"{name}.sha256": f"{digest}  {name}.zip\n".encode(),
    }
    target.mkdir(exist_ok=True)
    for file, content in contents.items():
        (target / file).write_bytes(content)
    return [target / file for file in contents]


def check_version(version: str, root: Path) -> None:
    """Raises Failure unless the checkout is that of this version, and the changelog tells of it."""
    if not _VERSION.fullmatch(version):
        raise Failure(f"VERSION must be a version such as 1.2.0, not {version!r}.")
    stated = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    if stated != version:
        raise Failure(f"pyproject.toml has version {stated}. Set it to {version} first.")
    sections = _sections((root / "CHANGELOG.md").read_text("utf-8"))
    if sections.get("Unreleased", "").strip():
        raise Failure(f"CHANGELOG.md: move the lines of Unreleased to a section {version}.")
    dated = [
        name
        for name in sections
        if re.fullmatch(rf"{re.escape(version)} - \d{{4}}(-\d\d){{2}}", name)
    ]
    if len(dated) != 1 or not re.search("^- ", sections[dated[0]], re.MULTILINE):
        raise Failure(
            f'CHANGELOG.md needs one section "## {version} - YYYY-MM-DD" with its changes.'
        )
    changed = subprocess.run(
        ["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True, text=True
    ).stdout
    if changed:
        raise Failure(f"Commit or remove what is not committed first:\n{changed.rstrip()}")


def _sections(changelog: str) -> dict[str, str]:
    """The texts of the sections (`## ...`) by their headings."""
    parts = re.split(r"(?m)^## (.+)\n", changelog)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def archive(built: Path) -> bytes:
    """The folder as a ZIP file that depends on nothing but names and contents of its files."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        for path in sorted(built.rglob("*")):
            if path.is_file():
                # The earliest date that a ZIP file can have; ZipInfo's default.
                entry = zipfile.ZipInfo(path.relative_to(built).as_posix())
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3  # Unix, on every system
                entry.external_attr = 0o100644 << 16
                file.writestr(entry, path.read_bytes(), compresslevel=9)
    return written.getvalue()


def check_same(first: bytes, second: bytes) -> None:
    """Raises a Failure that names the files in which two archives differ."""
    if first == second:
        return
    contents = []
    for each in (first, second):
        with zipfile.ZipFile(io.BytesIO(each)) as file:
            contents.append({entry.filename: entry.CRC for entry in file.infolist()})
    different = sorted(name for name, _ in contents[0].items() ^ contents[1].items())
    raise Failure(f"Two builds of the same sources differ: {', '.join(dict.fromkeys(different))}")


def validate(bill: str) -> None:
    """Raises Failure unless the bill of materials is valid CycloneDX."""
    python = TOOLS / "audit/bin/python"
    ended = subprocess.run(
        [python, "-c", _VALIDATE], input=bill, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise Failure(ended.stderr.strip().splitlines()[-1])


def main() -> int:
    try:
        for path in release(sys.argv[1], ROOT / "dist"):
            print(path.relative_to(ROOT))
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
