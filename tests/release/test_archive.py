"""A release's files: refused for another checkout than its own, and the same bytes each time."""

import hashlib
import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from local import archive, build
from local.paths import ROOT, TOOLS
from local.sbom import bill_of_materials
from local.steps import Failure

CHANGELOG = "# Changelog\n\n## Unreleased\n\n## 1.2.0 - 2026-11-27\n\n### Added\n- A thing.\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    (folder / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n')
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "All", "--no-gpg-sign"]):
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
        subprocess.run(git, cwd=folder, check=True)
    return folder


def test_a_checkout_of_the_version_is_accepted(checkout: Path) -> None:
    archive.check_version("1.2.0", checkout)


@pytest.mark.parametrize("version", ["", "1.2", "v1.2.0", "1.2.0 ", "01.2.0", "1.2.0+1"])
def test_what_is_no_version_is_refused(checkout: Path, version: str) -> None:
    with pytest.raises(Failure, match="must be a version"):
        archive.check_version(version, checkout)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("pyproject.toml", "1.2.0", "1.1.0", "has version 1.1.0. Set it to 1.2.0 first"),
        ("CHANGELOG.md", "1.2.0 -", "1.1.0 -", 'needs one section "## 1.2.0 - YYYY-MM-DD"'),
        ("CHANGELOG.md", "1.2.0 - 2026-11-27", "1.2.0", "needs one section"),
        ("CHANGELOG.md", "- A thing.\n", "", "needs one section .* with its changes"),
        ("CHANGELOG.md", "Unreleased\n", "Unreleased\n- Another.\n", "move the lines of Unrel"),
        ("CHANGELOG.md", "A thing", "Another thing", "not committed first:\n M CHANGELOG.md$"),
    ],
)
def test_a_checkout_of_something_else_is_refused(
    checkout: Path, file: str, old: str, new: str, message: str
) -> None:
    text = (checkout / file).read_text()
    assert text.count(old) == 1
    (checkout / file).write_text(text.replace(old, new))
    with pytest.raises(Failure, match=message):
        archive.check_version("1.2.0", checkout)


def test_an_archive_depends_on_names_and_contents_alone(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    (first / "Page").mkdir(parents=True)
    (first / "Page/app.py").write_text("a\n" * 100)
    (first / "template.yaml").write_text("b\n")
    shutil.copytree(first, second)  # with times of its own
    (second / "template.yaml").chmod(0o755)
    made = archive.archive(first)
    archive.check_same(made, archive.archive(second))
    (tmp_path / "made.zip").write_bytes(made)
    with zipfile.ZipFile(tmp_path / "made.zip") as file:
        assert file.namelist() == ["Page/app.py", "template.yaml"]
        assert file.read("Page/app.py") == b"a\n" * 100
    (second / "Page/app.py").write_text("c\n")
    (second / "Page/other.py").touch()
    with pytest.raises(Failure, match=r"differ: Page/app\.py, Page/other\.py$"):
        archive.check_same(made, archive.archive(second))


def a_package(built: Path, function: str, name: str, metadata: str) -> None:
    folder = built / function / f"{name}-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{metadata}"
    )


def test_a_bill_of_materials_has_every_package_with_its_license(tmp_path: Path) -> None:
    for function in ("Page", "Admin"):
        a_package(tmp_path, function, "Some_Name", "License-Expression: BSD-3-Clause\n")
    a_package(tmp_path, "Page", "named", "License: MIT license\n")
    a_package(
        tmp_path, "Page", "classified", "Classifier: License :: OSI Approved :: MIT License\n"
    )
    a_package(tmp_path, "Page", "unlicensed", "")
    bill = json.loads(bill_of_materials(tmp_path, "1.2.0", "ab" * 32))
    assert bill["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    found = {each["name"]: each for each in bill["components"]}
    assert {name: each["licenses"] for name, each in found.items()} == {
        "classified": [{"license": {"name": "MIT License"}}],
        "named": [{"license": {"name": "MIT license"}}],
        "some-name": [{"expression": "BSD-3-Clause"}],
        "unlicensed": [],
    }
    assert found["some-name"]["purl"] == "pkg:pypi/some-name@1.0"
    assert [each["value"] for each in found["some-name"]["properties"]] == ["Admin", "Page"]


def test_a_bill_of_materials_names_what_is_built_and_no_more(release: Path) -> None:
    bill = bill_of_materials(release, "1.2.0", "ab" * 32)
    assert bill == bill_of_materials(release, "1.2.0", "ab" * 32)
    named = {
        (each["name"], function["value"])
        for each in json.loads(bill)["components"]
        for function in each["properties"]
    }
    assert ("jinja2", "Page") in named
    assert ("ada-url", "Admin") in named
    assert not [name for name, _ in named if name == "botocore"]  # the build removes it


@pytest.mark.long
def test_a_release_is_built_twice_and_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (TOOLS / "audit/bin/python").exists():
        subprocess.run(["make", "-s", ".local/tools/audit/.made"], cwd=ROOT, check=True)
    monkeypatch.setattr(archive, "check_version", lambda *_: None)
    files: dict[str, Path] = {
        path.suffix: path for path in archive.release("1.2.0", tmp_path / "dist")
    }
    digest = hashlib.sha256(files[".zip"].read_bytes()).hexdigest()
    assert files[".sha256"].read_text() == f"{digest}  seealso-1.2.0.zip\n"
    bill: Any = json.loads(files[".json"].read_text())
    assert bill["metadata"]["component"]["hashes"][0]["content"] == digest
    with zipfile.ZipFile(files[".zip"]) as file:
        assert "template.yaml" in file.namelist()
    with pytest.raises(Failure, match="not CycloneDX: 'bomFormat' is a required property"):
        archive.validate("{}")


def test_builds_that_differ_are_no_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def differing(_environment: Any, target: Path) -> None:
        target.mkdir(parents=True)
        (target / "template.yaml").write_text(target.name)

    monkeypatch.setattr(archive, "check_version", lambda *_: None)
    monkeypatch.setattr(archive, "LOCAL", tmp_path)
    monkeypatch.setattr(build, "build_release", differing)
    with pytest.raises(Failure, match=r"differ: template\.yaml"):
        archive.release("1.2.0", tmp_path / "dist")
    assert not (tmp_path / "dist").exists()
