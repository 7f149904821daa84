"""The columns of an article, each declared once: what it may hold and where it is shown.

Derived from this are the stored item, the checks of files and bodies (fields.py), the rows of files
and of GraphQL, the options of `seealso articles patch`, and the models of the admin endpoint
(contract/admin_models.py). `Article` in tables/articles.py has the same columns as Python types.
GraphQL imports this module at each cold start, so it imports limits alone; the page view does not.
"""

from typing import Any, Literal, NamedTuple

from seealso.limits import MAX_ARTICLE_TITLE, MAX_ID, MAX_TEXT_BYTES

type Kind = Literal["integer", "string", "text", "date"]
type Index = Literal["domain-id", "timeline-id"]


class Column(NamedTuple):
    """One column. `required`: every article has a value; an optional one may be None.

    `minimum` and `maximum` are values of an integer and code points of a string; a text has at most
    `maximum` bytes of UTF-8, and a date has neither.
    """

    name: str  # in items, in bodies and of Article
    kind: Kind
    description: str = ""  # in the OpenAPI document
    minimum: int = 0
    maximum: int = 0
    required: bool = True
    row_name: str = ""  # in files and GraphQL, if it is not `name`
    none_as: int | None = None  # the value in files and GraphQL where an article has none
    indexes: tuple[Index, ...] = ()  # which have it (template.yaml), so that GraphQL finds it there

    @property
    def name_in_rows(self) -> str:
        """Its name in files and GraphQL, where articles are rows of the table `qa_ai`."""
        return self.row_name or self.name

    @property
    def never_null(self) -> bool:
        """Whether all rows have a value, so that a file must have the column."""
        return self.required or self.none_as is not None

    def stored(self, value: Any) -> Any:
        """The value as an article has it: None if it is one of those that stand for none."""
        return None if not self.required and value in ("", self.none_as) else value


COLUMNS = (
    Column("id", "integer", "", 1, MAX_ID, indexes=("domain-id", "timeline-id")),
    Column(
        "domain",
        "integer",
        "The number of the site that the article belongs to.",
        0,
        MAX_ID,
        indexes=("domain-id", "timeline-id"),
    ),
    Column(
        "title",
        "string",
        "",
        1,
        MAX_ARTICLE_TITLE,
        indexes=("domain-id", "timeline-id"),
    ),
    Column("text", "text", "At most 300 KB of UTF-8; may be empty.", maximum=MAX_TEXT_BYTES),
    Column(
        "date",
        "date",
        "An ISO 8601 date, or a date-time with `T` or a space, with or without an offset; returned "
        "as it was sent.",
        indexes=("domain-id", "timeline-id"),
    ),
    Column(
        "source_id",
        "integer",
        "The article that this one came from; null if there is none.",
        0,
        MAX_ID,
        required=False,
        row_name="srcId",
        none_as=0,
        indexes=("timeline-id",),
    ),
)
# The columns that an editor may change.
EDITABLE = tuple(column for column in COLUMNS if column.name != "id")
