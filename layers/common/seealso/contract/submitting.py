"""Submitting: a link for an article's page, what has become of it, and its withdrawal."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from seealso.contract.members import ArticleId, Body, LinkId, Status, Time
from seealso.contract.operations import ARTICLE_ID, LINK_ID, UNCACHED, Operation, Parameter, Reply


class Submission(BaseModel):
    """A link for an article's page, and what its submitter agrees to."""

    model_config = ConfigDict(strict=True, extra="forbid")

    url: str = Field(
        description="The page to link to. What is accepted, and which URLs are the same, is in "
        "docs/url-equivalence.md.",
        max_length=2048,
        json_schema_extra={"format": "uri"},
        examples=["https://cinema.example.net/heat-2"],
    )
    title: str | None = Field(
        None,
        description="Trimmed; 1 to 200 characters without control characters and without those "
        "that turn the direction of writing. Empty is none.",
    )
    has_right_to_share: Literal[True] = Field(
        description="I confirm that I have the right to share this link. Forms: `true` or `on`."
    )
    agrees_to_link_back: Literal[True] = Field(
        description="I agree to link back to this article from the submitted page. Forms: `true` "
        "or `on`."
    )


class Receipt(Body):
    """What the submitter of a link gets, and gets again for the same Idempotency-Key."""

    link_id: LinkId
    article_id: ArticleId
    status: Status = Field(description="The status of now, whatever has become of the link.")
    status_url: str = Field(json_schema_extra={"format": "uri"})
    withdraw_token: str = Field(description="Keep it: it is not stored, and withdraws the link.")
    places_left: int = Field(ge=0, le=20, description="As of just now.")


class LinkStatus(Body):
    """A submitted link."""

    link_id: LinkId
    article_id: ArticleId
    url: str = Field(json_schema_extra={"format": "uri"})
    title: str | None
    status: Status
    link_back: Literal["unchecked", "seen", "missing"]
    submitted_at: Time
    published_at: Time | None


OPERATIONS = (
    Operation(
        "POST",
        "/articles/{id}/links",
        "submitLink",
        "Submit a link to an article's page",
        (
            ARTICLE_ID,
            Parameter(
                "Idempotency-Key",
                "header",
                Annotated[str, Field(pattern="^[A-Za-z0-9_-]{16,128}$")],
                "A random text of the client's. Sent again with the same article and an equivalent "
                "URL, it gets the same receipt; without it, a second try is a duplicate.",
            ),
            Parameter("Origin", "header", str, "The gateway's own or a site's; or none."),
        ),
        (Reply(201, "The link is published, or waits.", Receipt, ("Location", *UNCACHED)),),
        (
            "too-large",
            "invalid-id",
            "malformed-request",
            "unsupported-media-type",
            "foreign-origin",
            "invalid-fields",
            "consent-missing",
            "url-not-acceptable",
            "idempotency-key-reused",
            "rate-limited",
            "not-found",
            "duplicate-link",
            "page-full",
            "queue-full",
            "unavailable",
        ),
        request=Submission,
        forms=True,
    ),
    Operation(
        "GET",
        "/links/{link_id}",
        "getLink",
        "What has become of a submitted link",
        (LINK_ID,),
        (Reply(200, "The link.", LinkStatus, UNCACHED),),
        ("not-found", "unavailable"),
    ),
    Operation(
        "DELETE",
        "/links/{link_id}",
        "withdrawLink",
        "Withdraw a link",
        (LINK_ID,),
        (Reply(204, "The link is off the page; its URL is free.", None, UNCACHED),),
        ("unauthorized", "forbidden", "not-found", "unavailable"),
        bearer="withdraw_token",
    ),
)
