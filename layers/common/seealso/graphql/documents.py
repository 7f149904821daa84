"""Where documents come from: the request, an earlier request, or the stack's own known documents.

A known document's plan was made when the stack was built, so that graphql-core is not imported.
"""

import json
import os
from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from seealso.graphql import graphql_core
from seealso.graphql.plans import Operation, Plan
from seealso.graphql.refusals import AutomaticQueryRefused, Code, QueryRefused, error, refused
from seealso.graphql.settings import settings

if TYPE_CHECKING:
    from seealso.graphql.parsing import ParsedDocument

# Of the cached documents' source; a full cache of parsed documents took 50 MB.
MAX_KEPT_CHARACTERS = 200_000
MAX_SENT = 200  # documents that clients sent with their hash


class Query(NamedTuple):
    """A well-formed GraphQL request: a document, its digest, or both."""

    document: str | None
    digest: str | None
    is_automatic: bool  # the digest came in Apollo's `persistedQuery`, not in `documentId`
    operation_name: str | None
    variables: dict[str, Any]
    wants_cost: bool


class KnownDocument(TypedDict):
    """A document that the stack was built with, as its file of JSON.

    `limits` has, by the names of Settings, how large each limit has to be for it.
    """

    text: str
    limits: dict[str, int]
    plan: Plan


def digest_of(text: str) -> str:
    """The hash by which clients ask for a document: SHA-256 in lower-case hex digits."""
    # Half a surrogate pair, which has no UTF-8, is left to the parser.
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


class Document:
    """A valid document with its plan."""

    def __init__(self, text: str, plan: Plan, parsed: "ParsedDocument | None" = None) -> None:
        self._text = text
        self._parsed = parsed
        self.plan = plan

    def operation_name(self, name: str | None) -> str:
        """The key of the operation to execute, in the plan. Raises QueryRefused."""
        operations: dict[str, Operation] = self.plan["operations"]
        if name is not None and name in operations:
            return name
        if name is None and len(operations) == 1:
            return next(iter(operations))
        if not operations:
            raise refused("validation-failed", "The document has no operation.")
        if name is not None:
            raise refused("validation-failed", "The document has no operation with this name.")
        message = "operationName is required when the document has more than one operation."
        raise refused("validation-failed", message)

    def parsed(self) -> "ParsedDocument":
        """The document as graphql-core has it; a known one is parsed when it is first asked for."""
        if self._parsed is None:
            graphql_core.load()
            from seealso.graphql.parsing import parse_document

            self._parsed = parse_document(self._text, settings())
        return self._parsed


class Documents:
    """The documents of this container: known ones in a folder, and recent ones."""

    def __init__(self, folder: str) -> None:
        """`folder` has the documents' sources, `*.graphql`; or their plans, if it was built."""
        self._folder = folder
        self._sources: dict[str, KnownDocument] | None = None
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._kept_characters = 0
        self._sent: OrderedDict[str, str] = OrderedDict()

    def find(self, query: Query) -> Document:
        """The document of a request. Raises QueryRefused."""
        if query.document is not None:
            document = self._document(query.document, query)
            if query.digest is not None:
                self._keep_sent(query.digest, query.document)
            return document
        assert query.digest is not None
        text = self._sent.get(query.digest)
        if text is not None:
            self._sent.move_to_end(query.digest)
            return self._document(text, query)
        known = self._known(query.digest)
        if known is not None:
            # Its file is a tenth of a warm query's instructions, so it is read once.
            self._keep_sent(query.digest, known["text"])
            return self._document(known["text"], query, known)
        if settings().documents == "known":
            raise _not_supported(query)
        raise _unavailable(query, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")

    def _document(self, text: str, query: Query, known: KnownDocument | None = None) -> Document:
        document = self._kept.get(text)
        if document is None:
            known = known or self._known(digest_of(text))
            if known is None and settings().documents == "known":
                raise _not_supported(query)
            if known is not None and _is_within_limits(known):
                document = Document(text, known["plan"])
            else:
                document = _compiled(text)
            self._keep(text, document)
        self._kept.move_to_end(text)
        return document

    def _keep(self, text: str, document: Document) -> None:
        self._kept[text] = document
        self._kept_characters += len(text)
        while self._kept_characters > MAX_KEPT_CHARACTERS:
            oldest, _ = self._kept.popitem(last=False)
            self._kept_characters -= len(oldest)

    def _keep_sent(self, digest: str, text: str) -> None:
        self._sent[digest] = text
        self._sent.move_to_end(digest)
        if len(self._sent) > MAX_SENT:
            self._sent.popitem(last=False)

    def _known(self, digest: str) -> KnownDocument | None:
        try:
            # Not by pathlib, which would be a twentieth of a known document's cold start.
            file = open(f"{self._folder}/{digest}.json", encoding="utf-8")  # noqa: PTH123, SIM115
        except FileNotFoundError:
            return self._from_sources().get(digest)
        with file:
            found: KnownDocument = json.load(file)
            return found

    def _from_sources(self) -> dict[str, KnownDocument]:
        """The known documents of a checkout. A built function has no sources."""
        if self._sources is None:
            self._sources = {}
            # The folder is not there if the stack was built without known documents.
            names = os.listdir(self._folder) if os.path.isdir(self._folder) else []  # noqa: PTH112, PTH208
            if any(name.endswith(".graphql") for name in names):
                graphql_core.load()
                from pathlib import Path

                from seealso.graphql.compiling import known_documents

                self._sources = known_documents(Path(self._folder))
        return self._sources


def _compiled(text: str) -> Document:
    """A document that is not known. Raises QueryRefused."""
    graphql_core.load()
    from seealso.graphql.compiling import compile_plan
    from seealso.graphql.parsing import parse_document

    parsed = parse_document(text, settings())
    return Document(text, compile_plan(parsed), parsed)


def _is_within_limits(known: KnownDocument) -> bool:
    """Whether the limits in force let it pass; otherwise parsing it says which does not."""
    return all(getattr(settings(), name) >= needed for name, needed in known["limits"].items())


def _not_supported(query: Query) -> QueryRefused:
    return _unavailable(query, "PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")


def _unavailable(query: Query, code: Code, message: str) -> QueryRefused:
    kind = AutomaticQueryRefused if query.is_automatic else QueryRefused
    return kind([error(code, message)])
