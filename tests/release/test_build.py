"""The release: small, for arm64, and switched to as a whole by moving each function's alias."""

import importlib.metadata
import io
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from local import build, guard
from local.archive import archive, check_same
from local.paths import LOCAL, ROOT, TOOLS

AARCH64 = 183  # e_machine in an ELF header
WEB = "layers/common/seealso/web"
LAYER_LIMIT = 150 * 1024  # bytes, zipped
READ_FUNCTION_LIMIT = 10 * 1024

# The SAM transform, as the local deploy runs it. AWS runs it with the same parameters.
TRANSLATE = """
import json, sys
from samtranslator.translator.transform import transform
class NoPolicies:
    def load(self):
        return {}
print(json.dumps(transform(json.load(sys.stdin), {}, NoPolicies())))
"""
CONDITION = re.compile(r'"Fn::If": \["(\w+)"')
REFERENCE = re.compile(r'"Ref": "(\w+)"|"Fn::GetAtt": \["(\w+)"|\$\{(\w+)')


def test_the_release_is_for_arm64(release: Path) -> None:
    libraries = list(release.rglob("*.so*"))
    assert {library.relative_to(release).parts[0] for library in libraries} == {
        *("Admin", "CheckLinks", "Desk", "ExpireLinks", "Notify", "Page"),
        *("RecordSkips", "SubmitLink"),
    }
    for library in libraries:
        header = library.read_bytes()[:20]
        assert header[:4] == b"\x7fELF", library
        assert int.from_bytes(header[18:20], "little") == AARCH64, library


@pytest.mark.parametrize("name", build.LAYERS)
def test_a_layer_is_the_shared_package_alone(release: Path, name: str) -> None:
    layer = release / name
    assert [path.relative_to(layer).as_posix() for path in layer.glob("*/*")] == ["python/seealso"]
    suffixes = {path.suffix for path in layer.rglob("*.*")}
    assert suffixes - {".css", ".graphql", ".js", ".po", ".svg"} == {
        *(".json", ".pem", ".pyc", ".typed")
    }


def test_the_layer_of_read_functions_is_small(release: Path) -> None:
    layer = release / "CommonLayer"
    assert zipped(layer) <= LAYER_LIMIT
    assert not {"editing", "graphql", "submitting", "web"} & {
        path.name for path in layer.rglob("*")
    }


def test_templates_are_compiled(release: Path) -> None:
    web = release / "FullLayer/python/seealso/web"
    compiled = [path.suffix for path in (web / "compiled_templates").iterdir()]
    assert compiled == [".pyc"] * len(list((ROOT / WEB / "templates").rglob("*.html")))
    assert not (web / "templates").exists()


def test_templates_are_compiled_for_the_version_that_runs_them(release: Path) -> None:
    """They are compiled by this environment's jinja2, and run by that of each function."""
    version = importlib.metadata.version("jinja2")
    for function in ("Page", "SubmitLink"):
        (installed,) = (release / function).glob("jinja2-*.dist-info")
        assert installed.name == f"jinja2-{version}.dist-info"


def test_known_documents_are_planned_by_the_graphql_core_that_runs_them(release: Path) -> None:
    version = importlib.metadata.version("graphql-core")
    (installed,) = (release / "Graphql").glob("graphql_core-*.dist-info")
    assert installed.name == f"graphql_core-{version}.dist-info"


@pytest.mark.parametrize("function", ["GetArticle", "Related"])
def test_a_read_functions_own_code_is_small(release: Path, function: str) -> None:
    # The description of the API is no code, and larger than all of it.
    assert zipped(release / function, but="openapi.json") <= READ_FUNCTION_LIMIT


def test_the_description_is_built_in(release: Path) -> None:
    path = release / "Related/openapi.json"
    assert not path.is_symlink()
    assert json.loads(path.read_bytes()) == json.loads((ROOT / "docs/openapi.json").read_bytes())


def test_a_change_of_the_shared_package_alone_publishes_every_function(tmp_path: Path) -> None:
    sources = copy_of_sources(tmp_path / "sources")
    before, again = (build_from(sources, tmp_path / name) for name in ("before", "again"))
    with (sources / "layers/common/seealso/__init__.py").open("a") as module:
        module.write("CHANGED = True\n")
    after = versions(translated(build_from(sources, tmp_path / "after")))
    assert versions(translated(before)) == versions(translated(again))
    check_same(archive(before), archive(again))
    for function, version in versions(translated(before)).items():
        assert after[function] != version, function


def test_nothing_calls_a_function_past_its_alias(release: Path) -> None:
    resources = translated(release)["Resources"]
    functions = of_type(resources, "AWS::Lambda::Function")
    called = {
        name
        for logical_id, resource in resources.items()
        if resource["Type"] not in ("AWS::Lambda::Version", "AWS::Lambda::Alias")
        # Alarms and the dashboard watch a function in all of its versions.
        and not resource["Type"].startswith("AWS::CloudWatch::")
        # It names the function beside its alias.
        and "Qualifier" not in resource.get("Properties", {})
        # What probes versions may call any of them, and is itself called by CodeDeploy alone.
        and not logical_id.startswith("VersionProbe")
        for name in references(resource)
    }
    assert not called & set(functions)
    assert called >= {
        f"{function}Aliaslive" for function in functions if function != "VersionProbe"
    }


def test_a_changed_parameter_publishes_every_function_that_depends_on_it(release: Path) -> None:
    """CloudFormation replaces a version whose description has changed."""
    template = translated(release)
    resources = template["Resources"]
    for function in of_type(resources, "AWS::Lambda::Function"):
        (version,) = [
            resource
            for resource in of_type(resources, "AWS::Lambda::Version").values()
            if resource["Properties"]["FunctionName"] == {"Ref": function}
        ]
        # No others: a version can't be published of a function that has not changed. Reserved
        # concurrency is no part of a version.
        properties = resources[function]["Properties"]
        versioned = {
            name: value
            for name, value in properties.items()
            if name != "ReservedConcurrentExecutions"
        }
        assert parameters_in(version, template) == parameters_in(versioned, template)


def test_schedules_are_named_by_cloudformation(release: Path) -> None:
    """Names by SAM would clash with those of a second stack in the same account and region."""
    schedules = of_type(translated(release)["Resources"], "AWS::Scheduler::Schedule")
    assert len(schedules) == 4
    assert not any("Name" in schedule["Properties"] for schedule in schedules.values())


def zipped(folder: Path, but: str = "") -> int:
    """The folder's size in bytes as a ZIP file, without the file of this name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in folder.rglob("*"):
            if path.is_file() and path.name != but:
                file.write(path, path.relative_to(folder))
    return len(archive.getvalue())


def copy_of_sources(target: Path) -> Path:
    """The sources of a build without requirements, so that it needs no network."""
    no_requirements = shutil.ignore_patterns("requirements.*", "__pycache__")
    for folder in ("functions", "layers"):
        shutil.copytree(ROOT / folder, target / folder, ignore=no_requirements)
    shutil.copy(ROOT / "template.yaml", target)
    return target


def build_from(sources: Path, target: Path) -> Path:
    with guard.exclusive(LOCAL / "build.lock"):
        build._build(sources / "template.yaml", target, {})
    return target


def translated(built: Path) -> Any:
    """The built template after packaging and the SAM transform."""
    template = cfn_yaml.load(str(built / "template.yaml"))
    for resource in template["Resources"].values():
        for member in {"CodeUri", "ContentUri"} & set(resource.get("Properties", {})):
            folder = built / resource["Properties"][member]
            # `sam deploy` names what it uploads by a hash of the contents.
            resource["Properties"][member] = (
                f"s3://bucket/{build._digest(folder, folder.rglob('*'))}"
            )
    output = subprocess.run(
        [TOOLS / "emulator/bin/python", "-c", TRANSLATE],
        input=json.dumps(template),
        env={"AWS_DEFAULT_REGION": "eu-west-1"},
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    return json.loads(output)


def of_type(resources: Any, kind: str) -> dict[str, Any]:
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


def references(resource: Any) -> set[str]:
    """The names of the resources and parameters that the resource refers to."""
    found = REFERENCE.findall(json.dumps(resource))
    return {name for match in found for name in match if name}


def parameters_in(part: Any, template: Any) -> set[str]:
    """The parameters that a part of the template depends on, by its conditions too."""
    conditions = [template["Conditions"][name] for name in CONDITION.findall(json.dumps(part))]
    return references([part, conditions]) & set(template["Parameters"])


def versions(template: Any) -> dict[str, str]:
    """The logical id of each function's version: CloudFormation publishes one by a new id."""
    return {
        resource["Properties"]["FunctionName"]["Ref"]: name
        for name, resource in of_type(template["Resources"], "AWS::Lambda::Version").items()
    }
