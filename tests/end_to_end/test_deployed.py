"""What a client sees of the deployed application that no function alone can show."""

import pytest

from local.sample_data import ARTICLE
from tests.end_to_end.conftest import Deployed
from tests.end_to_end.copies import invoke, invoke_copy
from tests.support.events import event

READ = event("GET /articles/{id}", {"id": str(ARTICLE)})


def test_an_article_is_shown_with_eight_and_three_related_ones(deployed: Deployed) -> None:
    response = deployed.get(f"/articles/{ARTICLE}")

    assert response.status == 200
    assert response.headers["Content-Type"].startswith("application/json")
    page = response.json()
    assert page["article"]["id"] == ARTICLE
    assert len(page["same_domain"]) == 8
    assert len(page["other_domains"]) == 3


def test_an_unknown_route_is_the_gateways_own_404(deployed: Deployed) -> None:
    response = deployed.get("/nowhere")

    assert response.status == 404
    assert list(response.json()) == ["message"]


def test_a_browser_of_any_site_may_read(deployed: Deployed) -> None:
    origin = {"Origin": "https://reader.example.com"}
    preflight = deployed.request(
        "OPTIONS",
        f"/articles/{ARTICLE}",
        headers=origin | {"Access-Control-Request-Method": "GET"},
    )
    response = deployed.get(f"/articles/{ARTICLE}", origin)

    assert preflight.status == 204
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in response.headers["Access-Control-Expose-Headers"]
    assert response.headers["Access-Control-Allow-Credentials"] is None


def test_a_copy_of_the_function_with_the_same_policy_reads_the_article(deployed: Deployed) -> None:
    assert invoke_copy(deployed, "GetArticle", READ, without=None)["statusCode"] == 200


@pytest.mark.parametrize("resource", ["LinksTable", "index/timeline-id"])
def test_a_policy_that_is_too_narrow_is_seen(deployed: Deployed, resource: str) -> None:
    """So policies are enforced here; what they allow is compared in test_policies.py."""
    assert invoke_copy(deployed, "GetArticle", READ, without=resource)["statusCode"] == 500


def test_the_hourly_job_may_do_what_it_does(deployed: Deployed) -> None:
    assert invoke(deployed, "ExpireLinks", {}) is None
