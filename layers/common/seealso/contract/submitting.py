"""Submitting a link to an article's page, the link's status, and its withdrawal."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from seealso.contract.members import ArticleId, Body, LinkId, Status, Time
from seealso.contract.operations import ARTICLE_ID, LINK_ID, UNCACHED, Operation, Parameter, Reply


class Submission(BaseModel):
    """A link to be shown on an article's page, and its submitter's consent."""

    model_config = ConfigDict(strict=True, extra="forbid")

    url: str = Field(
        description="The page to link to. docs/url-equivalence.md says which URLs are accepted and "
        "which are the same.",
        max_length=2048,
        json_schema_extra={"format": "uri"},
        examples=["https://cinema.example.net/heat-2"],
    )
    title: str | None = Field(
        None,
        description="1 to 200 characters after surrounding white space is removed, without control "
        "and bidirectional control characters. An empty string means no title.",
    )
    has_right_to_share: Literal[True] = Field(
        description="I confirm that I have the right to share this link. Forms: `true` or `on`."
    )
    agrees_to_link_back: Literal[True] = Field(
        description="I agree to link back to this article from the submitted page. Forms: `true` "
        "or `on`."
    )


class Receipt(Body):
    """The answer to a submission; the same again for a repeated Idempotency-Key."""

    link_id: LinkId
    article_id: ArticleId
    status: Status
    status_url: str = Field(json_schema_extra={"format": "uri"})
    withdraw_token: str = Field(
        description="Needed to withdraw the link. Keep it: it cannot be recovered."
    )
    places_left: int = Field(ge=0, le=20, description="At the time of the response.")


class LinkStatus(Body):
    """A submitted link."""

    link_id: LinkId
    article_id: ArticleId
    url: str | None = Field(
        json_schema_extra={"format": "uri"}, description="Null after the link was withdrawn."
    )
    title: str | None
    status: Status
    link_back: Literal["unchecked", "seen", "missing"]
    submitted_at: Time
    published_at: Time | None
    expires_at: Time | None = Field(
        description="When a pending or lapsed link expires; otherwise null."
    )
    reason: str | None = Field(
        default_factory=lambda: None,
        description="With the withdraw token only: why the link was rejected or removed, if the "
        "editor lets its submitter know; null otherwise.",
    )


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
                Annotated[str, Field(pattern='^([A-Za-z0-9_-]{16,128}|"[A-Za-z0-9_-]{16,128}")$')],
                "A random string chosen by the client. Repeating a request with the same key, "
                "article and equivalent URL returns the same receipt; without a key, the repeat is "
                "refused as a duplicate.",
            ),
            Parameter(
                "Origin",
                "header",
                str,
                "If present, must be the API's own origin or that of one of the network's sites.",
            ),
        ),
        (Reply(201, "The link is published or pending.", Receipt, ("Location", *UNCACHED)),),
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
        tag="submitting",
        request=Submission,
        forms=True,
    ),
    Operation(
        "GET",
        "/links/{link_id}",
        "getLink",
        "Get the status of a submitted link",
        (LINK_ID,),
        (Reply(200, "The link.", LinkStatus, UNCACHED),),
        ("not-found", "unavailable"),
        tag="submitting",
    ),
    Operation(
        "DELETE",
        "/links/{link_id}",
        "withdrawLink",
        "Withdraw a link",
        (LINK_ID,),
        (Reply(204, "The link is withdrawn, or had already ended.", None, UNCACHED),),
        ("unauthorized", "forbidden", "not-found", "unavailable"),
        tag="submitting",
        bearer="withdraw_token",
    ),
)
