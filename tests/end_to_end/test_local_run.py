"""What `make run` keeps: data and users over a restart and over a changed template."""

import http.client
import json
from pathlib import Path

import pytest

from local import editors, emulator, guard, stack
from local.editors import EDITOR
from local.stack import Stack


def get(running: Stack, path: str, **headers: str) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_data_users_and_sign_ins_survive_a_restart(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lease, port = tmp_path / "lease", emulator.free_port()
    tokens: dict[str, str] = {}
    for is_first in (True, False):
        with guard.held(lease):
            emulator.start(port, tmp_path / "state", lease, tmp_path / "log", keeps_state=True)
            running = stack.run_live(port, tmp_path)
            assert get(running, "/articles/6646098")[0] == 200
            if is_first:
                tokens = editors.sign_in(port, running.outputs, EDITOR)
            bearer = f"Bearer {tokens['AccessToken']}"
            assert get(running, "/admin/articles?domain=7", Authorization=bearer)[0] == 200
            assert editors.sign_in(port, running.outputs, EDITOR)["AccessToken"]
        assert ("load data/" in capfd.readouterr().out) == is_first
