"""Refusals: problems of the functions, and the gateway's own answers."""

from typing import Any

from pydantic import Field

from seealso.contract.members import ArticleId, Body
from seealso.limits import MAX_FIELD_ERRORS


class FieldError(Body):
    """Why one field is invalid. The value is not repeated."""

    field: str
    detail: str


class Problem(Body):
    """A refusal (RFC 9457)."""

    type: str = Field(pattern="^/problems/[a-z-]+$", examples=["/problems/not-found"])
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    request_id: str = Field(description="Identifies the request in the logs.")
    errors: list[FieldError] = Field(
        default_factory=list,
        min_length=1,
        max_length=MAX_FIELD_ERRORS,
        description="Present when individual fields are invalid: the first of them.",
    )
    article_id: ArticleId = Field(
        default_factory=int,
        description="`duplicate-link`: the article whose page shows the URL, if it is shown.",
    )
    url: str = Field(
        default_factory=str, description="`duplicate-link`: the URL as shown on that page."
    )
    cap: int = Field(
        default_factory=int,
        ge=0,
        le=20,
        description="`page-full`: how many links the page can show.",
    )
    current: dict[str, Any] | None = Field(
        default_factory=dict,
        description="`precondition-failed`: the current state; null if there is none.",
    )


class GatewayMessage(Body):
    """The gateway's own answer, without a function's."""

    message: str
