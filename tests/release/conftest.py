"""The builds: of a release, and for this machine."""

from pathlib import Path

import pytest

from local import build, guard
from local.paths import LOCAL


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """What `make build` makes; whoever comes first makes it for all workers of the test run."""
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder = folder.parent
    target = folder / "release"
    with guard.exclusive(LOCAL / "build.lock"):
        if not target.is_dir():
            build._build(build.TEMPLATE, folder / "unfinished-release", {})
            (folder / "unfinished-release").rename(target)
    return target


@pytest.fixture(scope="session")
def built() -> Path:
    """The build for this machine; whoever comes first makes it."""
    return build.build_local()
