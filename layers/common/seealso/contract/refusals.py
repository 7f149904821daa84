"""Refusals: problems of the functions, and what the gateway answers by itself."""

from typing import Any

from pydantic import Field

from seealso.contract.members import ArticleId, Body


class FieldError(Body):
    """What is wrong with one field; the value itself is not repeated."""

    field: str
    detail: str


class Problem(Body):
    """A refusal (RFC 9457)."""

    type: str = Field(pattern="^/problems/[a-z-]+$", examples=["/problems/not-found"])
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    request_id: str = Field(description="What the request is called in the logs.")
    errors: list[FieldError] = Field(
        default_factory=list, min_length=1, description="There where fields are at fault."
    )
    article_id: ArticleId = Field(
        default_factory=int,
        description="`duplicate-link`: the article whose page shows the URL, if one does.",
    )
    url: str = Field(
        default_factory=str, description="`duplicate-link`: the URL as that page shows it."
    )
    cap: int = Field(
        default_factory=int, ge=0, le=20, description="`page-full`: how many places the page has."
    )
    current: dict[str, Any] | None = Field(
        default_factory=dict, description="`precondition-failed`: what is there now; null: nothing."
    )


class GatewayMessage(Body):
    """What the gateway answers by itself, before any function is asked."""

    message: str
