"""The local stack: template.yaml built, deployed to the emulator and completed there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from local import deploy, editors, emulator, gateway, guard, sample_data
from local.build import build_local
from local.steps import step


@dataclass(frozen=True)
class Stack:
    """A running local stack: the emulator's port, the API's base URL and the template's outputs."""

    port: int
    api_url: str
    outputs: dict[str, str]


def deploy_to(port: int, logs: Path, *, is_live: bool = False) -> Stack:
    """Builds, deploys to the empty emulator on this port, and creates an editor and an admin.

    The functions are those of a release; if `is_live`, those of the local run, whose checks reach
    pages on loopback (demo_page.py). Raises Failure if a step fails.
    """
    with step("sam build"):
        built = build_local(is_live=is_live)
    with step("sam deploy"):
        deploy.deploy(port, built / "template.yaml", logs / "deploy.log")
    with step("add routes and authorizers"):
        api_url = gateway.wire(port)
    outputs = deploy.outputs(port)
    # Checks reach the internet.
    with step("stop the checks"):
        deploy.stop_schedule(port, "CheckLinks")
    with step("create an editor and an admin"):
        editors.create(port, outputs, editors.EDITOR, editors.ADMIN)
    return Stack(port, api_url, outputs)


def run_live(port: int, logs: Path) -> Stack:
    """Brings the emulator's stack up to date with the checkout; its data and users stay.

    An empty emulator gets the sample data. Raises Failure if a step fails.
    """
    with step("sam build"):
        built = build_local(is_live=True)
    previous = deploy.deployed_build(port)
    if previous != built.name:
        with step("sam deploy"):
            deploy.deploy(port, built / "template.yaml", logs / "deploy.log")
        with step("add routes and authorizers"):
            gateway.wire(port)
    running = Stack(port, f"http://{gateway.HOST}:{port}", deploy.outputs(port))
    if previous is None:
        with step("create an editor and an admin"):
            editors.create(port, running.outputs, editors.EDITOR, editors.ADMIN)
        with step("load data/"):
            sample_data.load(port, logs / "load.log")
            sample_data.submit_links(port)
    deploy.remember_build(port, built.name)
    return running


@contextmanager
def shared(folder: Path, *, is_live: bool = False) -> Iterator[Stack]:
    """One stack with the sample data, shared by all processes that use the same folder."""

    def start(lease: Path) -> str:
        port = emulator.free_port()
        emulator.start(port, folder / "emulator", lease, folder / "emulator.log")
        running = deploy_to(port, folder, is_live=is_live)
        sample_data.load(port, folder / "load.log")
        return json.dumps(asdict(running))

    with guard.shared(folder, start) as described:
        yield Stack(**json.loads(described))
