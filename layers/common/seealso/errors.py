"""Every exception that crosses a module's border, in one tree.

    Exception
    ├── StoreFailure               DynamoDB did not do what was asked
    │   ├── StoreUnavailable       no answer within the time limit; a retry may help
    │   ├── StoreError             the final refusal of one call (botocore's ClientError)
    │   └── ReadLimitExceeded      the request would cost more read units than it may
    ├── VersionConflict            an article, link or site changed since it was read
    ├── LinkNotAdded               a submitted link got no place (tables/links.py)
    │   ├── AlreadySubmitted       the very same submission was stored before
    │   ├── DuplicateLink          another link claims its URL
    │   ├── PageClosed             its article is being purged
    │   ├── PageFull               every place on the page is taken (also when publishing)
    │   └── QueueFull              too many links of the page are pending
    ├── UrlNotAcceptable           a URL that cannot be submitted (urls.py)
    ├── QueryRefused               a GraphQL query answered with errors (graphql/refusals.py)
    ├── SettingsError              the function's environment is wrong (settings.py)
    └── Refusal                    what a client is told; http/problems.py turns it into an answer

The first four are the language of the data modules (store/, tables/). The code that knows what the
client wanted (submitting/, editing/) turns them into a Refusal, which knows nothing of HTTP, so
that JSON, GraphQL and HTML can each say it in their own way.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from seealso.limits import MAX_FIELD_ERRORS

type Item = dict[str, Any]

RETRY_AFTER_SECONDS = 2  # that a client is asked to wait while the store does not answer


class StoreFailure(Exception):
    """DynamoDB did not do what was asked."""


class StoreUnavailable(StoreFailure):
    """The store did not answer within the time limit; the message, for the log, says why."""


class ReadLimitExceeded(StoreFailure):
    """A request has cost, or is sure to cost, more read units than it may."""


class CancellationReason(NamedTuple):
    """Why one action of a transaction was refused; `code` is "None" for one that was not."""

    code: str
    item: Item | None


class StoreError(StoreFailure):
    """The store's final refusal of one call.

    `code` is the exception's short name, such as `ConditionalCheckFailedException`; `item` the
    existing item (plain values), if the call asked for it; `reasons` why each action of a
    canceled transaction was refused, in the order of the actions.
    """

    def __init__(
        self,
        code: str,
        message: str,
        item: Item | None = None,
        reasons: Iterable[CancellationReason] = (),
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.item = item
        self.reasons = list(reasons)

    def condition_failed(self, index: int = 0) -> bool:
        """Whether the condition of the single write, or of a transaction's action, did not hold."""
        if self.reasons:
            return self.reasons[index].code == "ConditionalCheckFailed"
        return index == 0 and self.code == "ConditionalCheckFailedException"

    def existing(self, index: int = 0) -> Item | None:
        """The item that the failed condition met, if the call asked for it."""
        return self.reasons[index].item if self.reasons else self.item


class VersionConflict(Exception):
    """What was to be changed is no longer as it was read.

    `current` is what is stored now (an Article), None if nothing is or if it was not read.
    """

    def __init__(self, current: Any = None) -> None:
        super().__init__(current)
        self.current = current


class Message:
    """A sentence for people: its English template, which is its id in catalogs, and its values.

    `str()` gives the English sentence. Values are never what a client sent, except for names of
    fields, cut to limits.MAX_SHOWN_NAME.
    """

    __slots__ = ("id", "values")

    def __init__(self, id: str, **values: object) -> None:  # noqa: A002 gettext's word
        self.id = id
        self.values: Mapping[str, object] = values

    def __str__(self) -> str:
        return self.id.format(**self.values) if self.values else self.id


class FieldError(NamedTuple):
    """What is wrong with one field, as a sentence; the value itself is never repeated."""

    field: str
    detail: Message


class Refusal(Exception):
    """What a client is told instead of what it asked for.

    `name` is one of contract.md's problems, `errors` the first fields at fault, `more_errors` how
    many more there are, `retry_after` in how many seconds the same request may succeed, `members`
    further members of the answer.
    """

    def __init__(
        self,
        name: str,
        detail: Message | str,
        errors: Iterable[FieldError] = (),
        *,
        retry_after: int | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name)
        self.name = name
        self.detail = detail if isinstance(detail, Message) else Message(detail)
        all_errors = iter(errors)
        self.errors = list(islice(all_errors, MAX_FIELD_ERRORS))
        self.more_errors = sum(1 for _ in all_errors)
        self.retry_after = retry_after
        self.members = dict(members or {})

    @classmethod
    def of_field(cls, name: str, field: str, detail: Message | str) -> "Refusal":
        """The refusal of one field, which it names."""
        message = detail if isinstance(detail, Message) else Message(detail)
        return cls(name, message, [FieldError(field, message)])


def article_not_found() -> Refusal:
    """The same for an article that does not exist and for one that is not public."""
    return Refusal("not-found", "There is no published article with this id.")


def unavailable() -> Refusal:
    """The store does not answer."""
    detail = "The service is temporarily unavailable. Please try again."
    return Refusal("unavailable", detail, retry_after=RETRY_AFTER_SECONDS)


def link_not_found() -> Refusal:
    return Refusal("not-found", "There is no link with this id.")


def site_not_found() -> Refusal:
    return Refusal("not-found", "There is no site with this number.")
