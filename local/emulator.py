"""The AWS emulator, ministack: on loopback, with IAM enforced and its state in its own folder."""

import http.client
import os
import shutil
import socket
import time
from pathlib import Path

from local import account, gateway, guard
from local.paths import TOOLS
from local.steps import Failure

_START_TIMEOUT = 30.0


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def is_taken(port: int) -> bool:
    """Whether something listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start(port: int, state: Path, lease: Path, log: Path, *, keeps_state: bool = False) -> None:
    """Starts the emulator and waits until it answers. The caller must hold the lease.

    It starts empty, or with `keeps_state` from what is in `state`, where it saves everything when
    it is stopped. Raises Failure if the port is in use or the emulator does not start.
    """
    if is_taken(port):
        raise Failure(
            f"Port {port} is in use. Stop what uses it, or choose another port: make run PORT=4600"
        )
    if not keeps_state:
        shutil.rmtree(state, ignore_errors=True)
    temporary = state / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    persistence = {"PERSIST_STATE": "1", "S3_PERSIST": "1"} if keeps_state else {}
    guard.start(
        lease,
        [TOOLS / "emulator/bin/python", "-m", "ministack"],
        # The functions inherit this environment, so it has only what the emulator needs.
        {
            "PATH": os.defpath,
            "HOME": str(state),
            "TMPDIR": str(temporary),
            "STATE_DIR": str(state / "state"),
            "S3_DATA_DIR": str(state / "s3"),
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "MINISTACK_REGION": account.REGION,
            "AWS_ENDPOINT_URL": account.endpoint(port),
            "LOCAL_RUN": "on",
            "LOCAL_API_URL": f"http://{gateway.HOST}:{port}",
            "DEMO_PAGE_FOLDER": str(state.with_name("demo-page")),
            "POWERTOOLS_TRACE_DISABLED": "true",
        }
        | persistence,
        log,
    )
    deadline = time.monotonic() + _START_TIMEOUT
    while not _answers(port):
        if not guard.is_running(lease) or time.monotonic() > deadline:
            raise Failure(f"The emulator did not start. See {log}")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
