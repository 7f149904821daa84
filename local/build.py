"""`sam build`, followed by what it cannot do: remove unneeded files, compile, and hash the layers.

python -m local.build ENV     builds an environment's release for AWS into .aws-sam/build
"""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from local import commands, environments, guard, sources, templates
from local.environments import Environment
from local.paths import LOCAL, LOGS, ROOT, TOOLS
from local.steps import Failure

TEMPLATE = ROOT / "template.yaml"
SAM = TOOLS / "sam/bin/sam"
# All layers are made from the shared package. A read function loads no more than its part of it.
_NOT_FOR_READING = (
    *("contract", "desk", "editing", "notifying", "probing", "submitting", "verifying", "web"),
)
LAYERS = {
    "CommonLayer": (*_NOT_FOR_READING, "graphql"),
    "GraphqlLayer": _NOT_FOR_READING,
    # The contract generates docs/openapi.json; no function imports it.
    "FullLayer": ("contract", "graphql"),
}  # and the folders that each leaves out
BUILT = ROOT / ".aws-sam/build"  # the release
_BUILDS_KEPT = 3
# Transitive dependencies that no function needs. aws-xray-sdk requires botocore but does not import
# it on Lambda, whose runtime includes it anyway; cffi's own modules are for building extensions.
_UNNEEDED = ("botocore*", "cffi*", "pycparser*", "*dateutil*", "six*", "urllib3*")


def build_local(*, is_live: bool = False) -> Path:
    """Builds for this machine, unless these sources have been built before.

    In a live build, each function runs from the checkout's sources (live.py), so that only the
    template and the dependencies are built. Returns the folder that holds the built template.yaml.
    Raises Failure if the build fails.
    """
    parameters = {"Architecture": host_architecture()}
    target = LOCAL / "build" / _fingerprint(parameters, is_live=is_live)
    with guard.exclusive(LOCAL / "build.lock"):
        if not target.is_dir():
            unfinished = LOCAL / "build" / "unfinished"
            sources.check()
            _build(TEMPLATE, unfinished, parameters)
            _lengthen_timeout(unfinished / "template.yaml")
            if is_live:
                _use_checkout(unfinished)
            unfinished.rename(target)
        target.touch()
        _remove_old(target.parent)
    return target


def build_release(environment: Environment, target: Path = BUILT) -> Path:
    """Builds for AWS and the environment's architecture. Raises Failure if the build fails."""
    sources.check()
    _build(TEMPLATE, target, {"Architecture": environment.parameters["Architecture"]})
    return target


def host_architecture() -> str:
    """This machine's architecture, as Lambda names it."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def _build(template: Path, target: Path, parameters: dict[str, str]) -> None:
    shutil.rmtree(target, ignore_errors=True)
    command: list[str | Path] = [SAM, "build", "--parallel"]
    command += ["--template-file", template, "--build-dir", target]
    if parameters:
        command += ["--config-env", "local", "--parameter-overrides", *overrides(parameters)]
    # `sam build` uses the first python3.13 on the PATH that has pip.
    path = f"{SAM.parent}:{os.environ['PATH']}"
    log = LOGS / "build.log"
    if commands.run(command, os.environ | {"PATH": path, "SAM_CLI_TELEMETRY": "0"}, log):
        raise Failure(f"sam build failed: {commands.error_line(log)}\nFull output: {log}")
    for layer, left_out in LAYERS.items():
        _finish_layer(target / layer, left_out)
    for folder in target.iterdir():
        if folder.is_dir() and folder.name not in LAYERS:
            _finish_function(folder)
            if (folder / "documents").is_dir():
                _plan_documents(folder / "documents", target / "GraphqlLayer/python")
    _write_release(target)


def _finish_layer(layer: Path, left_out: Iterable[str]) -> None:
    package = layer / "python/seealso"
    for folder in left_out:
        shutil.rmtree(package / folder)
    if (package / "web").is_dir():
        templates.replace_sources(package / "web")
    subprocess.run(
        [sys.executable, "-X", "no_debug_ranges", "-m", "local.bytecode", str(layer)],
        cwd=ROOT,
        check=True,
    )


def _finish_function(function: Path) -> None:
    for pattern in _UNNEEDED:
        for path in function.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    for path in function.glob("*.json"):
        content = json.loads(path.read_bytes())
        compact = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        path.write_text(compact, "utf-8")
    # With Lambda's paths, tracebacks show them, and the same source gives the same bytes.
    options = ["-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "-p", "/var/task"]
    subprocess.run(
        [sys.executable, "-m", "compileall", *options, "-s", str(function), str(function)],
        check=True,
    )


def _plan_documents(folder: Path, layer: Path) -> None:
    """Replaces GraphQL documents with their plans. Raises Failure."""
    # By the very package that is built, and this environment's graphql-core.
    path = os.pathsep.join([str(layer), *sys.path])
    command: list[str | Path] = [sys.executable, "-B", "-m", "seealso.graphql.compiling", folder]
    log = LOGS / "documents.log"
    if commands.run(command, os.environ | {"PYTHONPATH": path}, log):
        raise Failure(f"functions/graphql/documents: {commands.error_line(log)}")


def _write_release(target: Path) -> None:
    """Writes a hash of the layers and the template into each function's environment.

    SAM publishes a version only if a function's properties change. Without the hash, it would not
    do so for a change of a layer (aws/serverless-application-model#3610) or of a table.
    """
    template = target / "template.yaml"
    text = template.read_text()
    placeholder = "RELEASE: unknown"
    if text.count(placeholder) != 1:
        raise Failure(f"template.yaml must contain {placeholder!r} exactly once.")
    layers = [path for layer in LAYERS for path in (target / layer).rglob("*")]
    release = _digest(target, [template, *layers])
    # Quoted, because YAML would read some hashes as numbers.
    template.write_text(text.replace(placeholder, f'RELEASE: "{release}"'))


def overrides(parameters: Mapping[str, str]) -> list[str]:
    """Template parameters in the form that SAM's --parameter-overrides expects."""
    return [f"{name}={value}" for name, value in parameters.items()]


def _lengthen_timeout(template: Path) -> None:
    """Gives functions more time than on AWS: a busy machine needs it (LOCAL_SECONDS)."""
    text, count = re.subn(r"(?m)^( +Timeout:) 10$", r"\1 29", template.read_text())
    if count != 1:
        raise Failure("template.yaml must contain the line 'Timeout: 10' exactly once.")
    template.write_text(text)


def _use_checkout(build: Path) -> None:
    """Replaces the functions and the shared package with calls of the checkout's sources."""
    for layer in LAYERS:
        shutil.rmtree(build / layer / "python/seealso")
        readme = build / layer / "python/README"
        readme.write_text("The local run imports the checkout's sources.\n")
    functions = re.findall(
        r"(?ms)^  (\w+):\n    Type: AWS::Serverless::Function$.*?^ +CodeUri: functions/(\w+)/",
        TEMPLATE.read_text(),
    )
    for resource, folder in functions:
        (build / resource / "app.py").write_text(
            f"import sys\n\nsys.path.append({str(ROOT)!r})\n\n"
            "from local.live import live_handler\n\n"
            f"handler = live_handler({resource!r}, {folder!r})\n"
        )
        shutil.rmtree(build / resource / "__pycache__", ignore_errors=True)


def _fingerprint(parameters: dict[str, str], *, is_live: bool) -> str:
    """A hash of everything that the build depends on."""
    files = [TEMPLATE, ROOT / "requirements/sam.txt"]
    files += [
        Path(__file__).with_name(name) for name in ("build.py", "bytecode.py", "templates.py")
    ]
    for folder in ("functions", "layers"):
        files += (ROOT / folder).rglob("requirements.*" if is_live else "*")
    return _digest(ROOT, files, f"{sorted(parameters.items())}{ROOT if is_live else ''}")


def _digest(root: Path, paths: Iterable[Path], text: str = "") -> str:
    """A hash of the text and of the files' names and contents."""
    digest = hashlib.sha256(text.encode())
    for path in sorted(paths):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"\0{path.relative_to(root)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _remove_old(folder: Path) -> None:
    builds = [path for path in folder.iterdir() if path.is_dir()]  # next to them: sam's build.toml
    builds.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for build in builds[_BUILDS_KEPT:]:
        shutil.rmtree(build)


def main() -> int:
    try:
        environment = environments.environment(sys.argv[1])
        print(f"Built {build_release(environment).relative_to(ROOT)} for {environment.name}")
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
