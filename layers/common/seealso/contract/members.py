"""Types of members that several bodies have."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from seealso.limits import MAX_ARTICLE_TITLE, MAX_ID, MAX_URL_BYTES

ArticleId = Annotated[int, Field(ge=1, le=MAX_ID, examples=[6646098])]
Domain = Annotated[int, Field(ge=0, le=MAX_ID, examples=[7])]
Title = Annotated[str, Field(min_length=1, max_length=MAX_ARTICLE_TITLE)]
Date = Annotated[
    str,
    Field(
        description="An ISO 8601 date, or a date-time with `T` or a space, with or without an "
        "offset; returned as it was sent.",
        examples=["2026-02-25"],
    ),
]
Time = Annotated[
    str,
    Field(
        description="RFC 3339, in UTC.",
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$",
        json_schema_extra={"format": "date-time"},
        examples=["2026-03-01T10:00:00Z"],
    ),
]

Language = Annotated[
    str,
    Field(description="The language of a site's pages, a BCP 47 tag.", examples=["en", "de-AT"]),
]
ArticleUrl = Annotated[
    str | None,
    Field(
        description="The URL of an article, with {id} in place of its id; null if the site's "
        "articles are read on this API's own pages, `/a/{id}`.",
        max_length=MAX_URL_BYTES,
        examples=["https://cinema.example.com/a/{id}"],
    ),
]
LinkId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
# A type of its own, so that the document and the clients made from it name and explain it once.
type Status = Annotated[
    Literal["pending", "published", "lapsed", "rejected", "expired", "withdrawn", "removed"],
    Field(
        description="The status of a link.\n\n"
        "- `pending`: waits for an editor, or for its link-back to be seen; expires if neither "
        "comes in time.\n"
        "- `published`: shown on the article's page.\n"
        "- `lapsed`: was published and is hidden because its link-back is gone; expires if that "
        "stays so.\n"
        "- `rejected`: an editor declined to publish it, or its URL leads to the page of another "
        "link; can be made pending again.\n"
        "- `expired`: was pending or lapsed for too long.\n"
        "- `withdrawn`: its submitter withdrew it, by means of the withdraw token.\n"
        "- `removed`: an editor took it down, or its article was purged; can be made pending "
        "again while its article exists.",
    ),
]

type LinkBack = Annotated[
    Literal["unchecked", "seen", "missing", "unreachable"],
    Field(
        description="What the last check of the submitted page found.\n\n"
        "- `unchecked`: it was not looked at yet.\n"
        "- `seen`: it has a hyperlink to the article.\n"
        "- `missing`: it has none, or is gone.\n"
        "- `unreachable`: it did not answer, or something stands in front of it.",
    ),
]


class Body(BaseModel):
    """A body of an answer: values are not converted, and members may be added later."""

    model_config = ConfigDict(strict=True)


class Sent(BaseModel):
    """A body that editors send: values are not converted, unknown members are refused."""

    model_config = ConfigDict(strict=True, extra="forbid")


class CheckRequested(Body):
    """The check that was asked for."""

    link_id: LinkId
    next_check_at: Time = Field(description="When it is due, should the page's host not be busy.")
