"""`seealso audit`: entries, newest first, and its filters."""

import json

from tests.cli.conftest import Run


def test_lists_and_filters_entries(as_admin: Run, as_editor: Run) -> None:
    body = {"id": 41, "domain": 7, "title": "A", "text": "", "date": "2026-02-25"}
    as_editor("articles", "create", "-", stdin=json.dumps(body).encode())
    as_editor("articles", "publish", 41)
    as_admin("blocks", "add", "spam.example.net")
    heading, *lines = [line.split()[1:] for line in as_admin("audit").out.splitlines()]
    assert heading == ["actor", "action", "of", "change"]
    assert [" ".join(line) for line in lines[:2]] == [
        "admin@example.com block.add network host spam.example.net, domain -",
        "editor@example.com article.publish article 41 state published, version 2",
    ]
    created = " ".join(lines[2])
    assert created.startswith("editor@example.com article.create article 41 ")
    # A text is recorded as its length and digest.
    assert "text bytes 0, sha256 " in created
    of_article = as_admin("audit", "--article=41", "--json").json_lines()
    assert [line["action"] for line in of_article] == ["article.publish", "article.create"]
    (of_admin,) = as_admin("audit", "--actor=admin@example.com", "--json").json_lines()
    assert of_admin["action"] == "block.add"
    assert as_admin("audit", f"--link={'a' * 32}", "--json").json_lines() == []
    assert as_admin("audit", "--link=x").status == 1
    assert as_admin("audit", "--article=41", "--actor=x").status == 2
