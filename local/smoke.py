"""Probes a deployed stack, or the local run, over HTTP.

python -m local.smoke ENV     ENV: an environment of samconfig.toml, or "local" for `make run`
"""

import json
import sys
import time

import urllib3

from local import environments, release
from local.paths import API_URL, ROOT
from local.steps import Failure
from seealso.probing.probes import Answer, Ask, ProbeFailed, Request, probe

TIMEOUT_SECONDS = 10.0


def smoke(url: str) -> list[str]:
    """A line for each probe of the API at this base URL. Raises ProbeFailed."""
    with urllib3.PoolManager(timeout=TIMEOUT_SECONDS, retries=False) as pool:
        return probe(_over_http(pool, url), (ROOT / "data/page.graphql").read_text("utf-8"))


def _over_http(pool: urllib3.PoolManager, url: str) -> Ask:
    def ask(request: Request) -> Answer:
        method, _, path = request.route.partition(" ")
        target = f"{url}{path.format(**request.path)}"
        if request.query:
            target += f"?{request.query}"
        body = None if request.body is None else json.dumps(request.body)
        headers = {"content-type": "application/json"} if body else {}
        started = time.monotonic()
        try:
            response = pool.request(method, target, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise ProbeFailed(f"{method} {target} was not answered: {error}") from error
        seconds = time.monotonic() - started
        return Answer(response.status, response.data.decode(errors="replace"), seconds)

    return ask


def base_url(name: str) -> str:
    """The base URL of an environment's API, or of the local run's. Raises Failure."""
    if name != "local":
        outputs = release.outputs(environments.environment(name))
        return outputs["ApiUrl"]
    if not API_URL.exists():
        raise Failure("The local run was not found. Start it with `make run`.")
    return API_URL.read_text().strip()


def main() -> int:
    try:
        url = base_url(sys.argv[1])
        print(url)
        for line in smoke(url):
            print(f"  ok: {line}")
    except (Failure, ProbeFailed) as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
