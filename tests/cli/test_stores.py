"""The options that select a store, and the errors if there is none."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from seealso.store.tables import Store
from seealso_cli.bulk import writer
from seealso_cli.errors import CommandFailed
from seealso_cli.options import StoreOptions
from seealso_cli.stores import store_opener
from tests.cli.conftest import MakeStack, RunBulk
from tests.cli.support import jsonl, row, scan_table, store_options, write_file
from tests.support.engines import Engines
from tests.support.tables import make_store

NOWHERE: StoreOptions = {
    "stack": None,
    "local": False,
    "endpoint": None,
    "articles_table": None,
    "links_table": None,
    "sites_table": None,
    "skips_table": None,
    "audit_table": None,
    "transient_table": None,
}


def sites_at(endpoint: str) -> StoreOptions:
    return {**NOWHERE, "endpoint": endpoint, "sites_table": "s"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_file(tmp_path, jsonl([row()]))


@pytest.mark.parametrize(
    ("arguments", "stderr"),
    [
        ([], "Specify exactly one of --stack, --local and --endpoint."),
        (["--local", "--stack=x"], "Specify exactly one of"),
        (["--local", "--endpoint=http://localhost:1"], "Specify exactly one of"),
        (["--stack=x", "--skips-table=r"], "--skips-table can only be used with --endpoint."),
        (
            ["--endpoint=http://localhost:1"],
            "--endpoint also requires --articles-table and --skips-table",
        ),
        (["--endpoint=localhost:1"], "--endpoint must be a URL such as http://localhost:8000."),
        (["--endpoint=http://localhost:x"], "--endpoint must be a URL"),
        (["--endpoint=http://:1"], "--endpoint must be a URL"),
        (["--nowhere"], "No such option"),
        (["--format=xml", "--local"], "'xml' is not one of 'jsonl', 'csv'"),
    ],
)
def test_rejects_wrong_usage(
    run_bulk: RunBulk, path: Path, arguments: list[str], stderr: str
) -> None:
    if arguments and arguments[0].startswith("--endpoint") and "requires" not in stderr:
        arguments = [*arguments, "--articles-table=a", "--skips-table=r"]
    outcome = run_bulk("load", path, *arguments)
    assert outcome.status == 2
    assert stderr in outcome.summary


def test_rejects_unreadable_files(run_bulk: RunBulk, tmp_path: Path, path: Path) -> None:
    for wrong in (tmp_path, tmp_path / "nothing"):
        outcome = run_bulk("load", "--dry-run", path, wrong)
        assert outcome.status == 2
        assert str(wrong) in outcome.summary
    assert run_bulk("load", "--dry-run").summary == "Error: Missing argument 'FILE...'."


def test_loading_sites_requires_tables_of_sites_and_audit(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path
) -> None:
    path = write_file(tmp_path, b"[]")
    where = [f"--endpoint={moto_store.client.endpoint}"]
    assert run_bulk("sites", "load", path, *where).summary.endswith(
        "requires --sites-table and --audit-table."
    )
    where += ["--sites-table=x", "--audit-table=y"]
    assert run_bulk("sites", "load", path, *where).status == 0


def test_reports_unreachable_store(
    run_bulk: RunBulk, moto_store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "REQUEST_SECONDS", 0.1)
    outcome = run_bulk("load", path, *store_options(moto_store), "--endpoint=http://127.0.0.1:9")
    assert outcome.status == 2
    assert outcome.summary.startswith("Error: Could not reach the store: ")
    assert outcome.summary.endswith(" Nothing was written.")


@pytest.mark.parametrize("region", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_region_comes_from_environment(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    endpoint = sites_at("http://localhost:1/")
    with pytest.raises(CommandFailed, match="No AWS region is set"):
        store_opener(endpoint, ["sites"])
    monkeypatch.setenv(region, "eu-north-1")
    client = store_opener(endpoint, ["sites"])().client
    assert (client.endpoint, client.region) == ("http://localhost:1", "eu-north-1")
    assert client.limit_seconds is not None
    assert client.limit_seconds < 30.0


def test_credentials_come_from_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = sites_at("http://localhost:1")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a token")
    credentials = store_opener(endpoint, ["sites"])().client.credentials()
    assert credentials == ("test", "test", "a token")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    with pytest.raises(CommandFailed, match=r"No AWS credentials were found\. Set AWS_PROFILE"):
        store_opener(endpoint, ["sites"])
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(CommandFailed, match="nobody"):
        store_opener(endpoint, ["sites"])


# ---- stacks ----------------------------------------------------------------------------------


@pytest.fixture
def deployed(all_engines: Engines) -> Iterator[Store]:
    """A store on the engine that has CloudFormation too."""
    store = make_store(all_engines.endpoint("ministack"))
    yield store
    store.client.close()


def outputs(store: Store) -> dict[str, str]:
    return {
        "ApiUrl": "https://api.example.com",
        "ArticlesTable": store.articles,
        "LinksTable": store.links,
        "SitesTable": store.sites,
        "SkipsTable": store.skips,
        "AuditTable": store.audit,
        "TransientTable": store.transient,
    }


def test_loads_into_deployed_stack(
    run_bulk: RunBulk,
    deployed: Store,
    make_stack: MakeStack,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_stack("articles", outputs(deployed))
    make_stack("others", {"ApiUrl": "https://api.example.com"})
    monkeypatch.setenv("AWS_ENDPOINT_URL", deployed.client.endpoint)
    outcome = run_bulk("load", path, "--stack=articles")
    assert outcome.status == 0, outcome.stderr
    assert len(scan_table(deployed, deployed.articles)) == 1
    assert run_bulk("load", path, "--stack=others").summary == (
        "Error: The stack others has no articles table. Is it a seealso stack?"
    )
    assert run_bulk("load", path, "--stack=nothing").summary == (
        "Error: There is no stack nothing in eu-west-1 in your AWS account."
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    unreachable = run_bulk("load", path, "--stack=articles")
    assert unreachable.status == 2
    assert unreachable.summary.startswith("Error: Could not reach CloudFormation: ")


def test_loads_into_local_stack(
    run_bulk: RunBulk,
    deployed: Store,
    make_stack: MakeStack,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is found from a subfolder, and without the user's AWS configuration."""
    make_stack("seealso-local", outputs(deployed))
    (path.parent / "docs").mkdir()
    monkeypatch.chdir(path.parent / "docs")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    outcome = run_bulk("load", path, "--local")
    assert (outcome.status, outcome.summary) == (
        2,
        (
            "Error: No running local stack was found from this folder. Start it with `make run`, "
            "or, outside its checkout, set SEEALSO_LOCAL_URL to the base URL that it prints."
        ),
    )
    api_url = path.parent / ".local/api-url"
    api_url.parent.mkdir()
    api_url.write_text("http://127.0.0.1:9\n")
    outcome = run_bulk("load", path, "--local")
    assert outcome.status == 2
    assert outcome.summary.startswith("Error: Could not reach the local stack: ")
    assert outcome.summary.endswith(" Start it with `make run`.")
    api_url.write_text(f"http://127.0.0.1:{urlsplit(deployed.client.endpoint).port}\n")
    outcome = run_bulk("load", path, "--local")
    assert outcome.status == 0, outcome.stderr
    assert len(scan_table(deployed, deployed.articles)) == 1
    # From outside the checkout.
    monkeypatch.setenv("SEEALSO_LOCAL_URL", api_url.read_text().strip() + "/")
    monkeypatch.chdir("/")
    outcome = run_bulk("load", path, "--local")
    assert outcome.status == 0, outcome.stderr
    for wrong in ("https://api.example.com", "localhost:1", "http://[", "http://localhost"):
        monkeypatch.setenv("SEEALSO_LOCAL_URL", wrong)
        assert run_bulk("load", path, "--local").summary == (
            "Error: SEEALSO_LOCAL_URL must be a URL such as http://127.0.0.1:4566."
        )
