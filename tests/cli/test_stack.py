"""Where a command works: what it asks for, finds and says."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from seealso.dynamodb import Store
from seealso_cli.bulk import writer
from seealso_cli.errors import Unable
from seealso_cli.stack import TargetOptions, stores
from tests.cli.conftest import MakeStack, Seealso
from tests.cli.support import jsonl, options, row, table, write
from tests.conftest import Engines
from tests.support.tables import make_store

NOWHERE: TargetOptions = {
    "stack": None,
    "local": False,
    "endpoint": None,
    "articles_table": None,
    "links_table": None,
    "sites_table": None,
    "runs_table": None,
}


def sites_at(endpoint: str) -> TargetOptions:
    return {**NOWHERE, "endpoint": endpoint, "sites_table": "s"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path, jsonl([row()]))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Say where: exactly one of --stack NAME, --local, --endpoint URL."),
        (["--local", "--stack=x"], "Say where: exactly one of"),
        (["--local", "--endpoint=http://localhost:1"], "Say where: exactly one of"),
        (["--stack=x", "--runs-table=r"], "--runs-table goes with --endpoint alone."),
        (["--endpoint=http://localhost:1"], "--endpoint needs --articles-table and --runs-table"),
        (["--endpoint=localhost:1"], "--endpoint takes a URL such as http://localhost:8000."),
        (["--endpoint=http://localhost:x"], "--endpoint takes a URL"),
        (["--endpoint=http://:1"], "--endpoint takes a URL"),
        (["--nowhere"], "No such option"),
        (["--format=xml", "--local"], "'xml' is not one of 'jsonl', 'csv'"),
    ],
)
def test_wrong_usage(seealso: Seealso, path: Path, arguments: list[str], told: str) -> None:
    if arguments and arguments[0].startswith("--endpoint") and "needs" not in told:
        arguments = [*arguments, "--articles-table=a", "--runs-table=r"]
    outcome = seealso("load", path, *arguments)
    assert outcome.status == 2
    assert told in outcome.summary


def test_files_that_can_not_be_read(seealso: Seealso, tmp_path: Path, path: Path) -> None:
    for wrong in (tmp_path, tmp_path / "nothing"):
        outcome = seealso("load", "--dry-run", path, wrong)
        assert outcome.status == 2
        assert str(wrong) in outcome.summary
    assert seealso("load", "--dry-run").summary == "Error: Missing argument 'FILE...'."


def test_a_sites_load_needs_the_sites_table_alone(
    seealso: Seealso, moto_store: Store, tmp_path: Path
) -> None:
    path = write(tmp_path, b"[]")
    where = [f"--endpoint={moto_store.client.endpoint}"]
    assert seealso("sites", "load", path, *where).summary.endswith("needs --sites-table too.")
    assert seealso("sites", "load", path, *where, "--sites-table=x").status == 0


def test_a_store_that_can_not_be_reached(
    seealso: Seealso, moto_store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "REQUEST_SECONDS", 0.1)
    outcome = seealso("load", path, *options(moto_store), "--endpoint=http://127.0.0.1:9")
    assert outcome.status == 2
    assert outcome.summary.startswith("Error: The store does not answer: ")
    assert outcome.summary.endswith(" Nothing was written.")


@pytest.mark.parametrize("region", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_of_the_environment(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    endpoint = sites_at("http://localhost:1/")
    with pytest.raises(Unable, match="No AWS region is set"):
        stores(endpoint, ["sites"])
    monkeypatch.setenv(region, "eu-north-1")
    client = stores(endpoint, ["sites"])().client
    assert (client.endpoint, client.region) == ("http://localhost:1", "eu-north-1")
    assert client.limit_seconds < 30.0


def test_credentials_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = sites_at("http://localhost:1")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a token")
    credentials = stores(endpoint, ["sites"])().client.credentials()
    assert credentials == ("test", "test", "a token")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    with pytest.raises(Unable, match="No AWS credentials were found: set AWS_PROFILE"):
        stores(endpoint, ["sites"])
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(Unable, match="nobody"):
        stores(endpoint, ["sites"])


# ---- stacks ----------------------------------------------------------------------------------


@pytest.fixture
def deployed(all_engines: Engines) -> Iterator[Store]:
    """Tables where there is CloudFormation too."""
    store = make_store(all_engines.endpoint("ministack"))
    yield store
    store.client.close()


def outputs(store: Store) -> dict[str, str]:
    return {
        "ApiUrl": "https://api.example.com",
        "ArticlesTable": store.articles,
        "LinksTable": store.links,
        "SitesTable": store.sites,
        "RunsTable": store.runs,
    }


def test_a_deployed_stack(
    seealso: Seealso,
    deployed: Store,
    make_stack: MakeStack,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_stack("articles", outputs(deployed))
    make_stack("others", {"ApiUrl": "https://api.example.com"})
    monkeypatch.setenv("AWS_ENDPOINT_URL", deployed.client.endpoint)
    outcome = seealso("load", path, "--stack=articles")
    assert outcome.status == 0, outcome.lines
    assert len(table(deployed, deployed.articles)) == 1
    assert seealso("load", path, "--stack=others").summary == (
        "Error: The stack others has no table of articles: is it one of seealso?"
    )
    assert seealso("load", path, "--stack=nothing").summary == (
        "Error: There is no stack nothing in eu-west-1 for your AWS account."
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    unreachable = seealso("load", path, "--stack=articles")
    assert unreachable.status == 2
    assert unreachable.summary.startswith("Error: CloudFormation can't be asked: ")


def test_the_local_stack(
    seealso: Seealso,
    deployed: Store,
    make_stack: MakeStack,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Found from a folder inside, with nothing of the user's own AWS set-up."""
    make_stack("seealso-local", outputs(deployed))
    (path.parent / "docs").mkdir()
    monkeypatch.chdir(path.parent / "docs")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    outcome = seealso("load", path, "--local")
    assert (outcome.status, outcome.summary) == (
        2,
        "Error: The local stack is not running: start it with `make run` and keep it open.",
    )
    api_url = path.parent / ".local/api-url"
    api_url.parent.mkdir()
    api_url.write_text("http://127.0.0.1:9\n")
    outcome = seealso("load", path, "--local")
    assert outcome.status == 2
    assert outcome.summary.startswith("Error: The local stack can't be asked: ")
    assert outcome.summary.endswith(" Start it with `make run`.")
    api_url.write_text(f"http://127.0.0.1:{urlsplit(deployed.client.endpoint).port}\n")
    outcome = seealso("load", path, "--local")
    assert outcome.status == 0, outcome.lines
    assert len(table(deployed, deployed.articles)) == 1


def test_help_needs_no_aws_sdk() -> None:
    code = (
        "import sys; from seealso_cli.main import main; main(['--help'], standalone_mode=False);"
        "assert not {'boto3', 'botocore', 'rich', 'sqlite3', 'urllib3'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
