"""Submitting a link to an article's page, previewing that, the link's status and withdrawal."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from seealso.contract.members import ArticleId, Body, CheckRequested, LinkBack, LinkId, Status, Time
from seealso.contract.operations import (
    ARTICLE_ID,
    FORM,
    IF_NONE_MATCH,
    JSON,
    LINK_ID,
    UNCACHED,
    Operation,
    Parameter,
    Reply,
    read_replies,
)


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


class Webmention(BaseModel):
    """A page that links to an article (W3C Webmention). Other fields are ignored."""

    model_config = ConfigDict(strict=True)

    source: str = Field(
        description="The URL of the page; as the `url` of a submission.",
        max_length=2048,
        json_schema_extra={"format": "uri"},
        examples=["https://cinema.example.net/heat-2"],
    )
    target: str = Field(
        description="An address of the article: of its site, or of its page at this API.",
        max_length=2048,
        json_schema_extra={"format": "uri"},
        examples=["https://heat.example.com/a/6646098"],
    )


class MentionReceipt(Body):
    """The link that a webmention became, now or when it was sent before."""

    link_id: LinkId
    article_id: ArticleId
    status: Status
    status_url: str = Field(description="A page for people; the same as `Location`.")


class PreviewedSubmission(BaseModel):
    """A submission as far as it is typed. Its consents may be sent, and are not looked at."""

    model_config = ConfigDict(strict=True, extra="forbid")

    url: str = Field(
        max_length=2048,
        json_schema_extra={"format": "uri"},
        examples=["https://cinema.example.net/heat-2"],
    )
    title: str | None = Field(None, description="As in a submission.")
    has_right_to_share: Any = Field(default_factory=lambda: None, description="Ignored.")
    agrees_to_link_back: Any = Field(default_factory=lambda: None, description="Ignored.")


class Preview(Body):
    """What would become of a submission, if no other one comes first."""

    url: str = Field(
        json_schema_extra={"format": "uri"}, description="The URL as it would be stored."
    )
    status: Literal["pending", "published"]
    places_left: int = Field(ge=1, le=20, description="At the time of the response.")


class ConsentWording(Body):
    """The wording of what a submitter confirms, and of the rule beside it."""

    version: int = Field(ge=1)
    language: str = Field(description="The language of this wording.", examples=["en", "de"])
    has_right_to_share: str
    agrees_to_link_back: str
    rule: str = Field(
        description="Has `{cap}` in it: the number of links that a page of the site can show."
    )
    rule_for_one: str = Field(description="The same for a site whose pages can show one link.")


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


class FoundLink(Body):
    """A hyperlink to the article; URLs are cut to 512 bytes."""

    href: str
    rel: str | None
    final_url: str = Field(description="Where the submitted URL led to, after redirects.")


class LinkStatus(Body):
    """A submitted link."""

    link_id: LinkId
    article_id: ArticleId
    url: str | None = Field(
        json_schema_extra={"format": "uri"}, description="Null after the link was withdrawn."
    )
    title: str | None
    status: Status
    link_back: LinkBack
    submitted_at: Time
    published_at: Time | None
    expires_at: Time | None = Field(
        description="When a pending or lapsed link expires; otherwise null."
    )
    checked_at: Time | None = Field(description="When its page was last looked at.")
    next_check_at: Time | None = Field(description="When its page is looked at again.")
    found: FoundLink | None = Field(
        description="The hyperlink that the last check found; null if it found none."
    )
    explanation: str = Field(
        description="What the last check found, in one or two sentences for people; may be empty."
    )
    reason: str | None = Field(
        default_factory=lambda: None,
        description="With the withdraw token only: why the link was rejected or removed, if the "
        "editor lets its submitter know; null otherwise.",
    )


_ORIGIN = Parameter(
    "Origin",
    "header",
    str,
    "If present, must be the API's own origin or that of one of the network's sites.",
)
_LANGUAGE = Parameter(
    "language",
    "query",
    str,
    "The language of a refusal's `title` and `detail`, a BCP 47 tag; English if it is absent or "
    "there are no words in it.",
)
# A preview gets the refusals of a submission but for those of what it does not send.
_PREVIEW_PROBLEMS = (
    "too-large",
    "invalid-id",
    "malformed-request",
    "unsupported-media-type",
    "foreign-origin",
    "invalid-fields",
    "url-not-acceptable",
    "rate-limited",
    "not-found",
    "duplicate-link",
    "page-full",
    "queue-full",
    "unavailable",
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
            _ORIGIN,
            _LANGUAGE,
        ),
        (Reply(201, "The link is published or pending.", Receipt, ("Location", *UNCACHED)),),
        (*_PREVIEW_PROBLEMS, "consent-missing", "idempotency-key-reused"),
        tag="submitting",
        request=Submission,
        media_types=(JSON, FORM),
    ),
    Operation(
        "POST",
        "/articles/{id}/links/preview",
        "previewLink",
        "Find out what would become of a submission",
        (ARTICLE_ID, _ORIGIN, _LANGUAGE),
        (Reply(200, "What would become of it.", Preview, UNCACHED),),
        _PREVIEW_PROBLEMS,
        tag="submitting",
        request=PreviewedSubmission,
        media_types=(JSON, FORM),
    ),
    Operation(
        "POST",
        "/webmention",
        "receiveWebmention",
        "Receive a webmention",
        (_LANGUAGE,),
        (Reply(201, "The link waits for its check.", MentionReceipt, ("Location", *UNCACHED)),),
        (
            "too-large",
            "malformed-request",
            "webmention-refused",
            "unsupported-media-type",
            "rate-limited",
            "duplicate-link",
            "page-full",
            "queue-full",
            "unavailable",
        ),
        tag="submitting",
        request=Webmention,
        media_types=(FORM,),
    ),
    Operation(
        "GET",
        "/consent",
        "getConsent",
        "Get the wording of what submitters confirm",
        (
            Parameter(
                "language",
                "query",
                str,
                "A BCP 47 tag; the wording is English if there is none in it.",
            ),
            IF_NONE_MATCH,
        ),
        read_replies("The wording in force.", ConsentWording, "CachedLonger"),
        ("malformed-request",),
        tag="submitting",
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
    Operation(
        "POST",
        "/links/{link_id}/check",
        "requestCheck",
        "Have a link's page looked at as soon as possible, at most once in ten minutes",
        (LINK_ID,),
        (Reply(202, "A check is due.", CheckRequested, UNCACHED),),
        ("unauthorized", "forbidden", "not-found", "conflict", "rate-limited", "unavailable"),
        tag="submitting",
        bearer="withdraw_token",
    ),
)
