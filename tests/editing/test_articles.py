"""Articles: what editors write and do to them, and what readers then see."""

import json
from typing import Any

import pytest

from seealso.contract.admin_models import ArticlePatch, ArticleReplacement
from seealso.contract.members import Sent
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables.articles import _HIGHEST_KEY, MAX_COUNTED_ID, import_articles
from tests.editing import sample_network
from tests.editing.sample_network import (
    COLUMNS,
    DELETED,
    DRAFT,
    MISSING,
    SHOWN,
    SITED,
    SITELESS,
    reads_right,
)
from tests.support import gateway, requests
from tests.support.factories import put_item
from tests.support.requests import admin, at_fault, editor, fields, post, problem
from tests.support.scan import unchanged

MAX_ID = 2**31 - 1
LARGEST_TEXT = 300 * 1024  # bytes of UTF-8
STATES = {"published": SHOWN, "draft": DRAFT, "deleted": DELETED}


def read(article_id: int) -> Json:
    article: Json = editor("GET", f"/articles/{article_id}").json()
    return article


def done(method: str, target: str, body: Any = None, version: int | None = None) -> Json:
    """The article after a change that is accepted, as it is then read."""
    response = admin(method, f"/articles{target}", body, version)
    assert response.status in (200, 201), response
    article: Json = response.json()
    assert read(article["id"]) == article
    return article


# ---- creating --------------------------------------------------------------------------------


def test_a_new_article_is_a_draft(network: Store) -> None:
    response = editor("POST", "/articles", COLUMNS)
    article_id = DELETED + 1
    assert response.status == 201
    made = {**COLUMNS, "id": article_id, "source_id": None, "state": "draft", "version": 1}
    assert response.json() == made == read(article_id)
    assert response.headers["location"] == f"https://api.example.com/admin/articles/{article_id}"
    reads_right(network)


def test_a_new_article_can_be_published(network: Store) -> None:
    done("POST", "", {**COLUMNS, "state": "published", "source_id": SHOWN})
    reads_right(network)
    assert gateway.get(f"/articles/{DELETED + 1}").json()["source"]["id"] == SHOWN


@pytest.mark.parametrize("given", [{}, {"id": None}])
def test_a_new_id_is_above_all_existing_ids(network: Store, given: Json) -> None:
    ids = [done("POST", "", COLUMNS | given)["id"] for _ in range(2)]
    import_articles(network, [sample_network.article(500), sample_network.article(300)])
    ids.append(done("POST", "", COLUMNS | given)["id"])
    assert done("POST", "", {**COLUMNS, "id": 700})["id"] == 700
    ids.append(done("POST", "", COLUMNS | given)["id"])
    assert done("POST", "", {**COLUMNS, "id": 600})["id"] == 600
    ids.append(done("POST", "", COLUMNS | given)["id"])
    assert ids == [104, 105, 501, 701, 702]


def test_the_first_id_is_1(deployed_environment: Store) -> None:
    assert done("POST", "", COLUMNS)["id"] == 1


@pytest.mark.parametrize("state", STATES)
def test_rejects_an_existing_id(network: Store, state: str) -> None:
    with unchanged(network):
        response = editor("POST", "/articles", {**COLUMNS, "id": STATES[state]})
        assert (response.status, problem(response)) == (409, "conflict")
        assert at_fault(response) == ["id"]


def test_an_id_near_the_end_does_not_end_new_ids(network: Store) -> None:
    import_articles(network, [sample_network.article(MAX_ID - 1)])
    assert done("POST", "", {**COLUMNS, "id": MAX_ID})["id"] == MAX_ID
    assert done("POST", "", COLUMNS)["id"] == DELETED + 1


def test_rejects_a_new_article_above_the_highest_id(network: Store) -> None:
    import_articles(network, [sample_network.article(MAX_COUNTED_ID)])
    assert done("POST", "", COLUMNS)["id"] == MAX_COUNTED_ID + 1
    put_item(network, network.skips, {**_HIGHEST_KEY, "highest": MAX_ID})
    with unchanged(network):
        response = editor("POST", "/articles", COLUMNS)
        assert (response.status, problem(response), at_fault(response)) == (409, "conflict", ["id"])
    assert done("POST", "", {**COLUMNS, "id": 4})["id"] == 4


def test_a_purged_id_can_be_used_again(network: Store) -> None:
    admin("POST", f"/articles/{DELETED}/purge", version=1)
    assert done("POST", "", COLUMNS)["id"] == DELETED + 1
    assert done("POST", "", {**COLUMNS, "id": DELETED, "state": "published"})["version"] == 1
    reads_right(network)


# ---- fields ----------------------------------------------------------------------------------

BAD: dict[str, list[Any]] = {
    "domain": [-1, 2**31, 1.0, "7", True, None, []],
    "title": ["", "x" * 301, "\U0001f41d" * 301, 7, None, ["a"]],
    "text": [None, 7, ["words"], "x" * (LARGEST_TEXT + 1), "é" * (LARGEST_TEXT // 2) + "x"],
    "date": [
        *["", "2026", "2026-2-5", "2026-02-30", "2026-W09-3", "20260225", "0000-01-01"],
        *["2026-02-25T24:00", "2026-02-25 10:00:60", "2026-02-25T10:00+99:00", "today", None, 7],
        *["2026-02-25T10:00:00z", "2026-02-25\n", "26-02-25", "2026-02-25T10"],
    ],
    "source_id": [-1, 2**31, "101", 1.5, True, []],
}
GOOD: dict[str, list[Any]] = {
    "domain": [0, 2**31 - 1],
    "title": ["x", "\U0001f41d" * 300, " x"],
    "text": ["", "x" * LARGEST_TEXT, "é" * (LARGEST_TEXT // 2)],
    "date": [
        *["2026-02-25", "2024-02-29", "2026-02-25T10:00:00Z", "2026-02-25 10:00:00"],
        *["2026-02-25T10:00:00.123456+02:00", "2026-02-25T10:00-0130", "2026-02-25T10:00"],
    ],
    "source_id": [0, None, 1, MAX_ID, SHOWN, MISSING],
}


@pytest.mark.parametrize("field", BAD)
def test_rejects_invalid_values(network: Store, field: str) -> None:
    with unchanged(network):
        for value in BAD[field]:
            for method, target, body, version in (
                ("POST", "", COLUMNS, None),
                ("PUT", f"/{SHOWN}", COLUMNS, 1),
                ("PATCH", f"/{SHOWN}", {}, 1),
            ):
                response = editor(method, f"/articles{target}", body | {field: value}, version)
                assert (response.status, problem(response), value) == (422, "invalid-fields", value)
                assert at_fault(response) == [field]


@pytest.mark.parametrize("field", GOOD)
def test_accepts_valid_values(network: Store, field: str) -> None:
    for version, value in enumerate(GOOD[field], 1):
        stored = value or None if field == "source_id" else value
        for method, target, body in (
            ("POST", "", COLUMNS),
            ("PUT", f"/{SHOWN}", COLUMNS),
            ("PATCH", f"/{DRAFT}", {}),
        ):
            article = done(method, target, body | {field: value}, version if target else None)
            assert article[field] == stored


def test_does_not_repeat_invalid_values(network: Store) -> None:
    secret = "s3cr3t" * 60
    for body in ({"title": secret}, {"date": secret}, {"state": secret}, {"id": secret}):
        assert "s3cr3t" not in editor("POST", "/articles", COLUMNS | body).body


def test_reports_all_invalid_fields(network: Store) -> None:
    bad = {"id": 0, "domain": -1, "title": "", "text": 1, "date": "x", "source_id": "x"}
    expected = {*bad, "state", "more"}
    response = editor("POST", "/articles", {**bad, "state": "deleted", "more": 1})
    assert set(at_fault(response)) == expected
    response = editor("POST", "/articles", {})
    assert at_fault(response) == ["domain", "title", "text", "date"]
    response = editor("PUT", f"/articles/{SHOWN}", {"source_id": 1}, 1)
    assert at_fault(response) == ["domain", "title", "text", "date"]


def test_rejects_repeated_and_long_names(network: Store) -> None:
    sent = f'{json.dumps(COLUMNS)[:-1]}, "title": "Another", "{"x" * 65}": 1}}'
    response = requests.raw("POST", "/articles", sent)
    assert at_fault(response) == ["title", "x" * 64]


@pytest.mark.parametrize("escaped", [False, True], ids=["as it is", "in escapes"])
@pytest.mark.parametrize("character", ["x", "é", "語", "\U0001f41d"])
def test_accepts_the_longest_text_in_any_escaping(
    network: Store, character: str, escaped: bool
) -> None:
    count, rest = divmod(LARGEST_TEXT, len(character.encode()))
    text = character * count + "y" * rest
    units = text.encode("utf-16-be").hex()
    written = (
        "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4)) if escaped else text
    )

    def patch(value: str, version: int) -> gateway.Response:
        return requests.raw(
            "PATCH", f"/articles/{SHOWN}", f'{{"text": "{value}"}}', if_match=str(version)
        )

    assert patch(written, 1).status == 200
    assert read(SHOWN)["text"] == text
    assert problem(patch(f"{written}z", 2)) == "invalid-fields"
    assert gateway.get(f"/articles/{SHOWN}").json()["article"]["text"] == text


# ---- changing --------------------------------------------------------------------------------


def test_editors_read_drafts_and_deleted_articles(network: Store) -> None:
    for state, article_id in STATES.items():
        assert read(article_id)["state"] == state


def test_accepts_an_article_as_it_was_read(network: Store) -> None:
    import_articles(network, [sample_network.article(200, source_id=SHOWN)])
    for article_id in (SHOWN, DRAFT, 200):
        was = read(article_id)
        assert done("PUT", f"/{article_id}", was, 1) == was | {"version": 2}
        assert done("PATCH", f"/{article_id}", was | {"version": 2}, 2) == was | {"version": 3}
    reads_right(network)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    "wrong", [{"id": DRAFT}, {"state": "draft"}, {"version": 2}, {"id": "x", "state": 7}]
)
def test_rejects_changes_of_read_only_fields(network: Store, method: str, wrong: Json) -> None:
    with unchanged(network):
        response = editor(method, f"/articles/{SHOWN}", COLUMNS | wrong, 1)
        assert (response.status, at_fault(response)) == (422, list(wrong))


@pytest.mark.parametrize(
    ("method", "model"), [("PUT", ArticleReplacement), ("PATCH", ArticlePatch)]
)
def test_absent_fields_have_documented_defaults(
    network: Store, method: str, model: type[Sent]
) -> None:
    """What docs/openapi.json allows is taken, and what it does not is refused."""
    members: list[Json] = [{"version": True}, {"id": None}, {"state": None}, {"version": None}]
    for member in members:
        body = COLUMNS | member
        response = editor(method, f"/articles/{SHOWN}", body, read(SHOWN)["version"])
        assert (response.status, member) == (200 if requests.allowed(model, body) else 422, member)


def test_a_patch_changes_only_the_fields_that_it_names(network: Store) -> None:
    import_articles(network, [sample_network.article(200, source_id=SHOWN)])
    was = read(200)
    patches: list[Json] = [{}, {"title": "T"}, {"domain": SITELESS, "date": "2026-01-01"}]
    for version, columns in enumerate(patches, 1):
        was |= {**columns, "version": version + 1}
        assert done("PATCH", "/200", columns, version) == was
    for version, source in enumerate([0, SHOWN, None], 4):
        patched = done("PATCH", "/200", {"source_id": source}, version)
        assert patched["source_id"] == (source or None)
    reads_right(network)


def test_a_replacement_without_a_source_removes_it(network: Store) -> None:
    import_articles(network, [sample_network.article(200, source_id=SHOWN)])
    assert done("PUT", "/200", COLUMNS, 1)["source_id"] is None


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_rejects_changes_of_a_deleted_article(network: Store, method: str) -> None:
    with unchanged(network):
        response = editor(method, f"/articles/{DELETED}", COLUMNS, 1)
        assert (response.status, problem(response)) == (409, "conflict")


# ---- states ----------------------------------------------------------------------------------

VERBS = ("publish", "unpublish", "delete", "restore", "purge")
# What is there after each verb; None: refused. A purged article is gone.
AFTER: dict[str, tuple[str | None, ...]] = {
    "published": ("published", "draft", "deleted", None, None),
    "draft": ("published", "draft", "deleted", None, None),
    "deleted": (None, None, "deleted", "draft", "gone"),
}


def do(verb: str, article_id: int, version: int | None) -> gateway.Response:
    if verb == "delete":
        return admin("DELETE", f"/articles/{article_id}", version=version)
    return admin("POST", f"/articles/{article_id}/{verb}", version=version)


@pytest.mark.parametrize("state", AFTER)
def test_allows_only_the_documented_state_changes(network: Store, state: str) -> None:
    import_articles(
        network, [sample_network.article(201 + number, state=state) for number in range(5)]
    )
    for article_id, (verb, after) in enumerate(zip(VERBS, AFTER[state], strict=True), 201):
        was = read(article_id)
        response = do(verb, article_id, 1)
        if after is None:
            assert (response.status, problem(response)) == (409, "conflict")
            assert read(article_id) == was
        elif after == "gone":
            assert response.status == 204
            assert editor("GET", f"/articles/{article_id}").status == 404
        else:
            assert response.json() == was | {"state": after, "version": 2} == read(article_id)
    reads_right(network)


# ---- If-Match --------------------------------------------------------------------------------

CHANGES: list[tuple[str, str, Any]] = [
    ("PUT", f"/{SHOWN}", COLUMNS),
    ("PATCH", f"/{SHOWN}", {"title": "T"}),
    ("DELETE", f"/{SHOWN}", None),
    ("POST", f"/{SHOWN}/publish", None),
    ("POST", f"/{SHOWN}/unpublish", None),
    ("POST", f"/{DELETED}/restore", None),
    ("POST", f"/{DELETED}/purge", None),
]
BAD_TAGS = [
    *["*", '"1", "2"', "1,1", "", '""', '"1', '1"', "'1'", "x", "-1", "+1", "0", '"0"'],
    *["01", "1.0", " ", "1e0", '"1"2', "99999999999", "null"],
]


@pytest.mark.parametrize(("method", "target", "body"), CHANGES)
def test_every_change_requires_if_match(
    network: Store, method: str, target: str, body: Any
) -> None:
    text = None if body is None else json.dumps(body)
    was = read(int(target.split("/")[1]))
    with unchanged(network):
        response = admin(method, f"/articles{target}", body)
        assert (response.status, problem(response)) == (428, "precondition-required")
        for tag in BAD_TAGS:
            response = requests.raw(method, f"/articles{target}", text, if_match=tag)
            assert (response.status, at_fault(response), tag) == (400, ["If-Match"], tag)
        # A weak tag never matches (RFC 9110, section 13.1.1).
        for tag in ("2", '"2"', "9999999999", 'W/"1"'):
            response = requests.raw(method, f"/articles{target}", text, if_match=tag)
            assert (response.status, problem(response)) == (412, "precondition-failed")
            assert response.json()["current"] == was
    assert requests.raw(method, f"/articles{target}", text, if_match=" 1 ").status in (200, 204)


@pytest.mark.parametrize(("method", "target", "body"), CHANGES)
def test_a_missing_article_is_not_found(
    network: Store, method: str, target: str, body: Any
) -> None:
    _, _, verb = target[1:].partition("/")
    suffix = f"/{verb}" if verb else ""
    with unchanged(network):
        assert admin(method, f"/articles/{MISSING}{suffix}", body, 1).status == 404
        for bad in ("0", "01", "x", "2147483648", "-1", "1.0", "%31%20"):
            response = admin(method, f"/articles/{bad}{suffix}", body, 1)
            assert (response.status, problem(response)) == (400, "invalid-id")


def test_reading_a_missing_article_is_not_found(network: Store) -> None:
    assert editor("GET", f"/articles/{MISSING}").status == 404
    # The item with the highest id is no article.
    assert editor("GET", "/articles/0").status == 400


# ---- lists -----------------------------------------------------------------------------------


@pytest.fixture
def shelf(network: Store) -> Store:
    """Domain 3 has 201..230: each third one a draft, each third one deleted."""
    states = ("published", "draft", "deleted")
    import_articles(
        network,
        [sample_network.article(each, SITELESS, states[each % 3]) for each in range(201, 231)],
    )
    return network


def listed_ids(query: str, limit: int) -> list[int]:
    return [each["id"] for each in requests.listed(f"/articles?{query}", "articles", limit)]


@pytest.mark.parametrize("limit", [4, 10, 30, 100])
def test_pages_of_a_list_have_each_article_once(shelf: Store, limit: int) -> None:
    newest_first = list(range(230, 200, -1))
    assert listed_ids("domain=3", limit) == newest_first
    for rest, state in enumerate(("published", "draft", "deleted")):
        expected = [each for each in newest_first if each % 3 == rest]
        assert listed_ids(f"domain=3&state={state}", limit) == expected
    assert listed_ids("domain=12345", limit) == []


def test_a_list_shows_all_but_text_and_source(shelf: Store) -> None:
    (first,) = admin("GET", "/articles?domain=3&limit=1").json()["articles"]
    article = read(230)
    assert first == {name: article[name] for name in first}
    assert set(article) - set(first) == {"text", "source_id"}
    assert len(admin("GET", "/articles?domain=3").json()["articles"]) == 20


@pytest.mark.parametrize("limit", [2, 7])
def test_paging_while_articles_change_neither_skips_nor_repeats(shelf: Store, limit: int) -> None:
    seen: list[int] = []
    for part in requests.pages("/articles?domain=3", "articles", limit):
        seen += [each["id"] for each in part]
        last, middle = part[-1], part[len(part) // 2]
        for each in (last, middle):
            there = read(each["id"])
            do("restore" if there["state"] == "deleted" else "delete", each["id"], there["version"])
        for below in (last["id"] - 1, last["id"] - limit - 1):
            if below > 200 and (there := read(below))["state"] != "deleted":
                do("unpublish", below, there["version"])
    assert seen == list(range(230, 200, -1))


MALFORMED = {
    "domain": ["", "domain=", "domain=x", "domain=2147483648", "domain=3&domain=3"],
    "state": ["domain=3&state=", "domain=3&state=purged", "domain=3&state=draft&state=draft"],
    "limit": ["domain=3&limit=0", "domain=3&limit=101", "domain=3&limit=x", "domain=3&limit="],
    "cursor": ["domain=3&cursor=", "domain=3&cursor=x", "domain=3&cursor=%FF%FE"],
}


@pytest.mark.parametrize("field", MALFORMED)
def test_rejects_malformed_queries(network: Store, field: str) -> None:
    for query in MALFORMED[field]:
        response = admin("GET", f"/articles?{query}")
        assert (response.status, problem(response)) == (400, "malformed-request")
        assert at_fault(response) == [field]


def test_rejects_cursors_of_another_list(shelf: Store) -> None:
    lists = ["domain=3", "domain=3&state=draft", "domain=3&state=published", f"domain={SITED}"]
    for mine in lists:
        for other in lists:
            response = admin(
                "GET", f"/articles?{mine}&cursor={requests.cursor_of(f'/articles?{other}')}"
            )
            assert response.status == (200 if mine == other else 400)
    public = gateway.get("/domains/3/articles?limit=1").json()["next_cursor"]
    assert admin("GET", f"/articles?domain=3&cursor={public}").status == 400


# ---- what readers see ------------------------------------------------------------------------


@pytest.fixture
def readers(network: Store) -> Store:
    """Domain 7's 201..210, domain 3's 211..216; 216 came from 210, 215 from itself."""
    sources = {216: 210, 215: 215}
    import_articles(
        network,
        [
            sample_network.article(
                each, SITED if each < 211 else SITELESS, source_id=sources.get(each)
            )
            for each in range(201, 217)
        ],
    )
    reads_right(network)
    return network


def test_readers_see_each_change_at_once(readers: Store) -> None:
    """A source goes and comes back, articles leave lists, move to another domain, are purged."""
    verbs = ("unpublish", "publish", "delete", "restore", "publish", "delete", "purge")
    for version, verb in enumerate(verbs, 1):
        assert do(verb, 210, version).status in (200, 204)
        reads_right(readers)
        source = gateway.get("/articles/216").json()["source"]
        assert source == (
            {"id": 210, "domain": SITED, "title": "The 210th"} if verb == "publish" else None
        )
    done("PATCH", "/209", {"domain": SITELESS, "title": "Moved"}, 1)
    reads_right(readers)
    done("PUT", "/216", COLUMNS, 1)
    reads_right(readers)
    for article_id in (202, 208, 215):
        do("delete", article_id, 1)
    done("POST", "", COLUMNS | {"state": "published"})
    reads_right(readers)


def test_links_return_with_their_article(network: Store) -> None:
    """What was submitted stays with the article and is shown again with it."""
    shown = gateway.get(f"/articles/{SHOWN}").json()["links"]
    assert [each["link_id"] for each in shown] == [sample_network.link_id(2)]
    do("unpublish", SHOWN, 1)
    assert post(SHOWN, fields()).status == 404
    do("delete", SHOWN, 2)
    assert post(SHOWN, fields()).status == 404
    do("restore", SHOWN, 3)
    do("publish", SHOWN, 4)
    assert gateway.get(f"/articles/{SHOWN}").json()["links"] == shown


def test_a_purge_ends_the_links_and_frees_their_urls(network: Store) -> None:
    rejected = sample_network.put_link(network, 3)
    editor("POST", f"/links/{rejected}/reject", {"reason": "No."}, 1)
    do("delete", SHOWN, 1)
    assert do("purge", SHOWN, 2).status == 204
    for number, status in ((1, "removed"), (2, "removed"), (3, "rejected")):
        link = editor("GET", f"/links/{sample_network.link_id(number)}").json()
        assert (link["status"], link["version"]) == (status, 2)
    assert gateway.get(f"/articles/{SHOWN}").status == 404
    assert post(SHOWN, fields()).status == 404
    import_articles(network, [sample_network.article(200)])
    for number, answered in ((1, 201), (2, 201), (3, 409)):
        assert post(200, fields(f"https://blog.example.net/{number}")).status == answered
