"""What editors and admins do over HTTP, signed in at the emulator's Cognito."""

import json
import time
from typing import Any

import pytest

from local import account
from local.editors import ADMIN, EDITOR
from seealso.tables.sites import CACHE_SECONDS
from seealso.tables.skips import PARTITION, SkipRange
from tests.end_to_end.conftest import Deployed, Response
from tests.end_to_end.copies import invoke_copy
from tests.end_to_end.requests import SignedIn, new_article, new_domain, published_article, sign_in
from tests.end_to_end.test_links import page, submit
from tests.support.events import event

BINDS_WITHIN = 60.0


@pytest.fixture
def editor(deployed: Deployed) -> SignedIn:
    return sign_in(deployed, EDITOR)


@pytest.fixture
def admin(deployed: Deployed) -> SignedIn:
    return sign_in(deployed, ADMIN)


def read(response: Response, status: int = 200) -> Any:
    assert response.status == status, response.body
    return response.json()


def audited(admin: SignedIn, about: str) -> list[tuple[str, str]]:
    """The actions of the audit and who did them, the first one first."""
    lines = read(admin.request("GET", f"/admin/audit?{about}"))["audit"]
    return [(line["action"], line["actor"]) for line in reversed(lines)]


def domain_list(deployed: Deployed, domain: int) -> list[int]:
    listed = read(deployed.get(f"/domains/{domain}/articles"))["articles"]
    return [article["id"] for article in listed]


# ---- articles --------------------------------------------------------------------------------


def test_an_article_from_its_draft_to_its_restoring(
    deployed: Deployed, editor: SignedIn, admin: SignedIn
) -> None:
    domain = new_domain()
    created = editor.request("POST", "/admin/articles", new_article(domain))
    article = read(created, 201)
    path, public = f"/admin/articles/{article['id']}", f"/articles/{article['id']}"
    assert created.headers["Location"] == f"{deployed.stack.api_url}{path}"
    assert (created.headers["ETag"], created.headers["Cache-Control"]) == ('"1"', "no-store")
    assert article["state"] == "draft"
    assert deployed.get(public).status == 404

    published = editor.request("POST", f"{path}/publish", version=1)
    assert read(published)["state"] == "published"
    assert published.headers["ETag"] == '"2"'
    assert page(deployed, article["id"])["article"]["title"] == article["title"]
    assert domain_list(deployed, domain) == [article["id"]]

    assert editor.request("PATCH", path, {"title": "Rust"}).status == 428
    assert read(editor.request("PATCH", path, {"title": "Rust"}, 2))["version"] == 3
    assert page(deployed, article["id"])["article"]["title"] == "Rust"
    late = read(editor.request("PATCH", path, {"title": "No rust"}, 2), 412)
    assert late["current"] == read(editor.request("GET", path))
    assert late["current"]["title"] == "Rust"

    assert read(editor.request("POST", f"{path}/unpublish", version=3))["state"] == "draft"
    assert deployed.get(public).status == 404
    assert domain_list(deployed, domain) == []
    assert read(editor.request("DELETE", path, version=4))["state"] == "deleted"
    assert editor.request("POST", f"{path}/publish", version=5).status == 409
    assert read(editor.request("POST", f"{path}/restore", version=5))["state"] == "draft"
    listed = read(editor.request("GET", f"/admin/articles?domain={domain}&state=draft"))
    assert [each["version"] for each in listed["articles"]] == [6]

    acts = ["create", "publish", "patch", "unpublish", "delete", "restore"]
    story = [(f"article.{context}", EDITOR.name) for context in acts]
    assert audited(admin, f"article={article['id']}") == story


def test_a_purged_article_is_gone_and_its_links_url_is_free(
    deployed: Deployed, editor: SignedIn, admin: SignedIn
) -> None:
    domain = new_domain()
    article_id, other_id = published_article(editor, domain), published_article(editor, domain)
    url = f"https://lids-{domain}.example.net/"
    link_id = read(submit(deployed, article_id, url), 201)["link_id"]
    path = f"/admin/articles/{article_id}"
    read(editor.request("DELETE", path, version=1))

    assert editor.request("POST", f"{path}/purge", version=2).status == 403
    assert admin.request("POST", f"{path}/purge", version=2).status == 204

    assert admin.request("GET", path).status == 404
    assert read(deployed.get(f"/links/{link_id}"))["status"] == "removed"
    assert submit(deployed, other_id, url).status == 201
    assert audited(admin, f"article={article_id}")[-2:] == [
        ("link.purge", ADMIN.name),
        ("article.purge", ADMIN.name),
    ]


@pytest.mark.parametrize(("known", "left"), [(0, [0]), (-1, None)])
def test_a_long_run_makes_way_for_what_is_published(
    deployed: Deployed, editor: SignedIn, known: int, left: list[int] | None
) -> None:
    made = read(editor.request("POST", "/admin/articles", new_article(new_domain())), 201)
    article_id = made["id"]
    # Of another domain: known up to this article, or up to the one before and proposed.
    run = SkipRange(article_id, article_id + known, new_domain(), article_id, [], "as-it-was")
    table, key = runs_table(deployed), {"partition": PARTITION, "lo": article_id}
    table.put_item(Item=run._asdict() | key)

    read(editor.request("POST", f"/admin/articles/{article_id}/publish", version=1))

    there = table.get_item(Key=key).get("Item")
    holes = None if there is None else [int(hole) - article_id for hole in there["holes"]]
    assert holes == left


def runs_table(deployed: Deployed) -> Any:
    resource = account.session().resource(
        "dynamodb", endpoint_url=account.endpoint(deployed.stack.port)
    )
    return resource.Table(deployed.stack.outputs["SkipsTable"])


# ---- links -----------------------------------------------------------------------------------


def test_a_waiting_link_is_approved_and_later_removed(
    deployed: Deployed, editor: SignedIn, admin: SignedIn
) -> None:
    domain = new_domain()
    article_id = published_article(editor, domain)
    url = f"https://skillets-{domain}.example.net/"
    link_id = read(submit(deployed, article_id, url), 201)["link_id"]
    path = f"/admin/links/{link_id}"
    assert page(deployed, article_id)["links"] == []

    waiting = read(editor.request("GET", f"/admin/links?domain={domain}"))["links"]
    assert [(link["link_id"], link["status"]) for link in waiting] == [(link_id, "pending")]
    approved = editor.request("POST", f"{path}/approve", version=waiting[0]["version"])
    assert read(approved)["history"][-1]["by"] == EDITOR.name
    shown = page(deployed, article_id)
    assert ([link["url"] for link in shown["links"]], shown["places_left"]) == ([url], 4)
    assert read(editor.request("GET", f"/admin/links?domain={domain}"))["links"] == []

    reason = {"reason": "The shop has closed."}
    assert editor.request("POST", f"{path}/remove", reason, version=1).status == 412
    read(editor.request("POST", f"{path}/remove", reason, version=2))
    assert page(deployed, article_id)["links"] == []
    assert audited(admin, f"link={link_id}") == [
        ("link.approve", EDITOR.name),
        ("link.remove", EDITOR.name),
    ]


@pytest.mark.parametrize(("keep_blocked", "again"), [(True, 409), (False, 201)])
def test_a_rejected_links_url_stays_blocked_or_not(
    deployed: Deployed, editor: SignedIn, keep_blocked: bool, again: int
) -> None:
    article_id = published_article(editor, new_domain())
    url = f"https://ads-{article_id}.example.net/"
    link_id = read(submit(deployed, article_id, url), 201)["link_id"]
    decision = {"reason": "An advertisement.", "keep_blocked": keep_blocked}

    rejected = editor.request("POST", f"/admin/links/{link_id}/reject", decision, version=1)

    assert read(rejected)["status"] == "rejected"
    assert submit(deployed, article_id, url).status == again


# ---- sites and blocked hosts -----------------------------------------------------------------


def site(domain: int) -> dict[str, Any]:
    url = f"https://iron-{domain}.example.net/{{id}}"
    return {"name": "Iron", "article_url": url, "publish": "at_once"}


def test_a_site_binds_in_containers_that_start_after_it(
    deployed: Deployed, editor: SignedIn, admin: SignedIn
) -> None:
    domain = new_domain()
    article_id = published_article(editor, domain)
    path, host = f"/admin/sites/{domain}", f"casino-{domain}.example.net"

    created = admin.request("PUT", path, site(domain))
    assert (read(created, 201)["publish"], created.headers["ETag"]) == ("at_once", '"1"')
    assert admin.request("PUT", path, site(domain)).status == 428
    block = {"host": host, "domain": domain}
    assert read(admin.request("POST", "/admin/blocks", block), 201) == block
    late = read(admin.request("PUT", path, site(domain), 1), 412)
    assert late["current"]["blocked_hosts"] == [host]

    # A copy of the function starts without what others have read of the sites.
    blocked, welcome = (
        invoke_copy(
            deployed,
            "SubmitLink",
            submission(article_id, f"https://{label}-{domain}.example.net/"),
            without=None,
            name=f"SubmitLink-{label}-{domain}",
        )
        for label in ("casino", "pots")
    )
    assert blocked["statusCode"] == 422
    assert json.loads(blocked["body"])["type"] == "/problems/url-not-acceptable"
    assert (welcome["statusCode"], json.loads(welcome["body"])["status"]) == (201, "published")

    assert admin.request("DELETE", f"/admin/blocks/{host}?domain={domain}").status == 204
    assert read(admin.request("GET", path))["blocked_hosts"] == []


def submission(article_id: int, url: str) -> dict[str, Any]:
    """The event of a submission, for a function that is called past the gateway."""
    body = {"url": url, "has_right_to_share": True, "agrees_to_link_back": True}
    headers = {"content-type": "application/json"}
    route = "POST /articles/{id}/links"
    return event(route, {"id": str(article_id)}, headers=headers, body=json.dumps(body))


@pytest.mark.long
def test_a_blocked_host_is_refused_within_a_minute_by_containers_that_run(
    deployed: Deployed, editor: SignedIn, admin: SignedIn
) -> None:
    article_id = published_article(editor, new_domain())
    host = f"slots-{article_id}.example.net"
    assert submit(deployed, article_id, f"https://{host}/").status == 201

    blocked_at = time.monotonic()
    read(admin.request("POST", "/admin/blocks", {"host": host}), 201)
    number, status = 0, 201
    while status == 201 and time.monotonic() - blocked_at < BINDS_WITHIN:
        time.sleep(CACHE_SECONDS / 16)  # fewer submissions than may wait for a page
        number += 1
        status = submit(deployed, article_id, f"https://{host}/{number}").status

    assert status == 422
    assert time.monotonic() - blocked_at < BINDS_WITHIN


# ---- the audit, and browsers -----------------------------------------------------------------


def test_the_audit_tells_of_an_actor_in_parts(editor: SignedIn, admin: SignedIn) -> None:
    made = [published_article(editor, new_domain()) for _ in range(3)]

    first = read(admin.request("GET", f"/admin/audit?actor={EDITOR.name}&limit=2"))
    cursor = first["next_cursor"]
    target = f"/admin/audit?actor={EDITOR.name}&limit=100&cursor={cursor}"
    told = [*first["audit"], *read(admin.request("GET", target))["audit"]]

    assert {line["actor"] for line in told} == {EDITOR.name}
    assert [line["article_id"] for line in told if line["article_id"] in made] == made[::-1]
    assert told == sorted(told, key=lambda line: line["entry"], reverse=True)
    line = next(line for line in told if line["article_id"] == made[0])
    assert (line["action"], line["before"]) == ("article.create", None)
    assert line["after"]["text"]["bytes"] == len("Dry it, oil it.")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_an_editors_web_page_may_send_changes(deployed: Deployed, method: str) -> None:
    asked = {
        "Origin": "https://desk.example.com",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,if-match",
    }
    preflight = deployed.request("OPTIONS", "/admin/articles/1", headers=asked)

    assert preflight.status == 204
    assert method in preflight.headers["Access-Control-Allow-Methods"].split(",")
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower().split(",")
    # For browsers `*` is every header but Authorization (Fetch standard).
    assert set(allowed) == {"*", "authorization"}


def test_an_editors_web_page_may_read_versions(deployed: Deployed, editor: SignedIn) -> None:
    article_id = published_article(editor, new_domain())
    headers = {"Origin": "https://desk.example.com", "Authorization": f"Bearer {editor.token}"}

    response = deployed.get(f"/admin/articles/{article_id}", headers)

    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in response.headers["Access-Control-Expose-Headers"].split(",")
