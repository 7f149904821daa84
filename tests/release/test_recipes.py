"""CONTRIBUTING.md's recipes, followed in a copy of the sources; what they promise is then there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.paths import ROOT
from seealso.columns import COLUMNS, Index
from seealso.limits import OTHER_DOMAINS, SAME_DOMAIN
from seealso.store.tables import Store
from tests.support import environment, tables

pytestmark = pytest.mark.slow  # each test copies the sources and starts Python

SHARED = "layers/common/seealso"
COPIED = [
    SHARED,
    "cli",
    "functions",
    "local",
    "tests/support",
    "data/page.graphql",
    "template.yaml",
]


class Copy:
    """A copy of the sources, changed as a recipe says."""

    def __init__(self, folder: Path, recipe: str) -> None:
        self._folder = folder
        contributing = (ROOT / "CONTRIBUTING.md").read_text()
        (self._recipe,) = re.findall(
            rf"^{re.escape(recipe)}:\n(.+?)^(?:[A-Z#])", contributing, re.MULTILINE | re.DOTALL
        )
        for path in COPIED:
            source, target = ROOT / path, folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy2(source, target)

    def add(self, path: str, before: str, added: str) -> None:
        """Add a line before another one in a file that the recipe names."""
        self.replace(path, before, f"{added}\n{before}")

    def replace(self, path: str, old: str, new: str) -> None:
        assert f"`{path}`" in self._recipe, f"the recipe does not name {path}"
        file = self._folder / path
        text = file.read_text()
        assert text.count(old) == 1, (path, old)
        file.write_text(text.replace(old, new))

    def run(self, program: str, store: Store, *arguments: str) -> None:
        """Run a program over the copy's modules, with a store on loopback."""
        paths = [self._folder / path for path in ("layers/common", "cli", ".")]
        own = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, paths))}
        # With the production limits, a busy machine would be a store that does not answer.
        patient = "from tests.support.environment import be_patient; be_patient()\n"
        ended = subprocess.run(
            [sys.executable, "-c", patient + program, *arguments],
            env=own | environment.variables(store),
            cwd=self._folder,
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr


# ---- a new column ----------------------------------------------------------------------------

COLUMN_ADDED = '''
import json, sys
from pathlib import Path
import pydantic
from click.testing import CliRunner
from seealso.contract.openapi import document
from seealso.contract.reading import Page
from seealso_cli.main import main
from tests.support.editors import as_editor
from tests.support.gateway import get, request

options = sys.argv[1:]

def command(name, *arguments):
    return CliRunner().invoke(main, [name, *arguments, *options])

# A file: the rows with a valid subtitle, or none, are loaded; the export has the same.
row = {"domain": 7, "title": "A title", "text": "", "date": "2026-02-25", "srcId": 0}
rows = [
    {"id": 1, **row, "subtitle": "By the river"}, {"id": 2, **row}, {"id": 3, **row, "subtitle": 5}
]
Path("in.jsonl").write_text("\\n".join(map(json.dumps, rows)))
loaded = command("load", "in.jsonl")
assert "subtitle must be a string" in loaded.stderr.replace(": ", " "), loaded.stderr
assert "2 new, 0 updated, 1 invalid" in loaded.stderr, loaded.stderr
assert command("export", "out.jsonl").exit_code == 0
exported = sorted(map(json.loads, Path("out.jsonl").open()), key=lambda each: each["id"])
assert [each["subtitle"] for each in exported] == ["By the river", None]
Path("in.csv").write_text("id,domain,title,text,date,srcId,subtitle\\n4,7,T,,2026-02-25,,Up\\n5,7,T,,2026-02-25,,\\n")
assert "2 new, 0 updated, 0 invalid" in command("load", "in.csv").stderr

# The editors' routes.
del row["srcId"]
refused = as_editor("POST", "/articles", row | {"subtitle": "x" * 201}).json()
assert [each["field"] for each in refused["errors"]] == ["subtitle"], refused
created = as_editor("POST", "/articles", row | {"subtitle": "Once"}).json()
target = f"/articles/{created['id']}"
assert created["subtitle"] == "Once"
assert as_editor("PATCH", target, {"subtitle": "Twice"}, 1).json()["subtitle"] == "Twice"
assert as_editor("PATCH", target, {"title": "T"}, 2).json()["subtitle"] == "Twice"
assert as_editor("GET", target).json()["subtitle"] == "Twice"
assert as_editor("PUT", target, row, 3).json()["subtitle"] is None
assert "--subtitle TEXT" in CliRunner().invoke(main, ["articles", "patch", "--help"]).output

# What readers see.
page = get("/articles/1")
assert page.json()["article"]["subtitle"] == "By the river"
Page.model_validate_json(page.body)
assert get("/articles/2").json()["article"]["subtitle"] is None
query = """
  { by_id: qa_ai_by_pk(id: 1) { subtitle }
    listed: qa_ai(where: {domain: {_eq: 7}}, order_by: {id: asc}, limit: 2) { subtitle } }
"""
body = json.dumps({"query": query})
data = request("POST", "/graphql", {"content-type": "application/json"}, body).json()["data"]
shown = {"subtitle": "By the river"}
assert data == {"by_id": shown, "listed": [shown, {"subtitle": None}]}, data

schemas = document()["components"]["schemas"]
for name in ("Article", "AdminArticle", "NewArticle", "ArticleReplacement", "ArticlePatch"):
    assert schemas[name]["properties"]["subtitle"]["description"], name
'''


def test_adds_a_column(tmp_path: Path, moto_store: Store) -> None:
    copy = Copy(tmp_path, "A new column of an article")
    copy.add(
        f"{SHARED}/columns.py",
        ")\n# The columns that an editor may change.",
        '    Column("subtitle", "string", "Shown below the title.", 1, 200, required=False),',
    )
    copy.add(
        f"{SHARED}/tables/articles.py", "\n\ndef article_item", "    subtitle: str | None = None"
    )
    # Readers see it on the page.
    copy.add(f"{SHARED}/reading/page.py", "\n\nclass SameDomainArticle", "    subtitle: str | None")
    copy.add(
        f"{SHARED}/reading/page.py",
        '            "source_id": source["id"] if source else None,',
        '            "subtitle": article.get("subtitle"),',
    )
    copy.add(
        f"{SHARED}/contract/reading.py",
        "\n\nclass SameDomainArticle",
        '    subtitle: str | None = Field(description="Shown below the title.")',
    )
    copy.run(
        COLUMN_ADDED,
        moto_store,
        f"--endpoint={moto_store.client.endpoint}",
        f"--articles-table={moto_store.articles}",
        f"--skips-table={moto_store.skips}",
    )


@pytest.mark.parametrize("index", ["domain-id", "timeline-id"])
def test_columns_say_what_the_indexes_have(index: Index) -> None:
    indexes = tables.table_definitions()["ArticlesTable"]["GlobalSecondaryIndexes"]
    (projection,) = [each["Projection"] for each in indexes if each["IndexName"] == index]
    # The keys: the id, and in the one index the domain.
    keys = {"domain-id": {"id", "domain"}, "timeline-id": {"id"}}[index]
    declared = {column.name for column in COLUMNS if index in column.indexes}
    assert declared == keys | set(projection["NonKeyAttributes"])


# ---- more related articles -------------------------------------------------------------------

MORE_RELATED = """
import json
from pathlib import Path
from seealso.contract.openapi import document
from seealso.contract.reading import Page
from seealso.store.tables import current_store
from seealso.tables.articles import Article, import_articles
from tests.support import oracle
from tests.support.gateway import get, request

articles = [Article(each, 7, "A title", "", "2026-02-25") for each in range(1, 16)]
import_articles(current_store(), articles)
page = get("/articles/15")
assert page.json() == oracle.page({each.id: each for each in articles}, 15)
assert [each["id"] for each in page.json()["same_domain"]] == [*range(14, 4, -1)]
Page.model_validate_json(page.body)

variables = {"id": 15, "domain": 7, "srcId": 0, "hasSrc": False, "hasSelf": True}
body = json.dumps({"query": Path("data/page.graphql").read_text(), "variables": variables})
data = request("POST", "/graphql", {"content-type": "application/json"}, body).json()["data"]
assert data["linksarticle"] == page.json()["same_domain"]
lists = document()["components"]["schemas"]["RelatedLists"]["properties"]
assert lists["same_domain"]["maxItems"] == 10
"""


def test_shows_ten_related_articles(tmp_path: Path, moto_store: Store) -> None:
    copy = Copy(tmp_path, "More or fewer related articles")
    copy.replace(f"{SHARED}/limits.py", "SAME_DOMAIN: Final = 8", "SAME_DOMAIN: Final = 10")
    copy.replace("data/page.graphql", "limit: 8", "limit: 10")
    copy.run(MORE_RELATED, moto_store)


def test_numbers_of_related_articles_are_those_of_the_page_query() -> None:
    query = (ROOT / "data/page.graphql").read_text()
    limits = dict(re.findall(r"(linksarticle|linksbottom): .* limit: (\d+)\)", query))
    assert limits == {"linksarticle": str(SAME_DOMAIN), "linksbottom": str(OTHER_DOMAINS)}
    contract = (ROOT / "docs/contract.md").read_text()
    assert f"`same_domain` has at most {SAME_DOMAIN} articles" in contract
    assert f"`other_domains` at most {OTHER_DOMAINS}" in contract
