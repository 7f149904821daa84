"""The admin function's policy holds no table or index that it could do without."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from local.editors import ADMIN
from tests.end_to_end.conftest import Deployed
from tests.end_to_end.copies import environment, invoke, invoke_copy
from tests.end_to_end.requests import new_article, new_domain, published_article, sign_in
from tests.end_to_end.test_links import submit
from tests.support.editors import claims
from tests.support.events import event

type Sent = dict[str, Any]


def get(route: str, query: str = "", **path: str) -> Sent:
    return {"route": f"GET {route}", "path": path, "query": query}


def of_an_article(deployed: Deployed) -> Sent:
    article_id = published_article(sign_in(deployed, ADMIN), new_domain())
    return get("/admin/articles/{id}", id=str(article_id))


def of_a_link(deployed: Deployed) -> Sent:
    domain = new_domain()
    article_id = published_article(sign_in(deployed, ADMIN), domain)
    submitted = submit(deployed, article_id, f"https://woks-{domain}.example.net/")
    return get("/admin/links/{link_id}", link_id=submitted.json()["link_id"])


def creating(deployed: Deployed) -> Sent:
    return {
        "route": "POST /admin/articles",
        "headers": {"content-type": "application/json"},
        "body": json.dumps(new_article(new_domain())),
    }


def purging(deployed: Deployed) -> Sent:
    admin = sign_in(deployed, ADMIN)
    article_id = published_article(admin, new_domain())
    assert admin.request("DELETE", f"/admin/articles/{article_id}", version=1).status == 200
    return {
        "route": "POST /admin/articles/{id}/purge",
        "path": {"id": str(article_id)},
        "headers": {"if-match": '"2"'},
    }


NEEDS: dict[str, Callable[[Deployed], Sent]] = {
    "ArticlesTable": of_an_article,
    "LinksTable": of_a_link,
    "SitesTable": lambda _: get("/admin/sites"),
    "SkipsTable": creating,
    "AuditTable": creating,
    "index/admin-domain": lambda _: get("/admin/articles", "domain=7"),
    "index/status-submitted": lambda _: get("/admin/links"),
    "index/domain-status-submitted": lambda _: get("/admin/links", "domain=7"),
    "index/article-submitted": purging,
    "index/article-entry": lambda _: get("/admin/audit", "article=1"),
    "index/link-entry": lambda _: get("/admin/audit", f"link={'0' * 32}"),
    "index/actor-entry": lambda _: get("/admin/audit", "actor=editor"),
}


@pytest.mark.parametrize("resource", NEEDS)
def test_a_policy_that_is_too_narrow_is_seen(deployed: Deployed, resource: str) -> None:
    known = environment(deployed, "Admin")
    token = claims(
        ADMIN.name, "[admins]", iss=known["ADMIN_ISSUER"], client_id=known["ADMIN_AUDIENCE"]
    )
    sent = event(**NEEDS[resource](deployed), claims=token)

    assert invoke_copy(deployed, "Admin", sent, without=resource)["statusCode"] == 500
    assert invoke(deployed, "Admin", sent)["statusCode"] in (200, 201, 204)
