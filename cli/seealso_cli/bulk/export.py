"""Exports the articles of a store into a file that `seealso load` reads."""

import gzip
import json
import os
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from seealso.columns import COLUMNS
from seealso.errors import StoreError, StoreUnavailable
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables.articles import Article, article_of
from seealso_cli.bulk.scanning import Notify, scan_pages
from seealso_cli.bulk.writer import check_store, describe_failure
from seealso_cli.errors import CommandFailed
from seealso_cli.progress import ProgressDisplay
from seealso_cli.stores import OpenStore

# Articles of one request: few enough for a slow line before it times out. Of the largest articles
# DynamoDB returns fewer: 1 MB at a time (AWS, Scan).
PAGE_SIZE = 250


def export_articles(path: str, states: Collection[str], open_store: OpenStore) -> int:
    """Write the articles in these states (empty: all but deleted) to a file, `-` for stdout.

    Returns the exit status: 0, or 130 if interrupted. Raises CommandFailed.
    """
    store = open_store()
    written = deleted = 0
    display = ProgressDisplay(None)
    try:
        check_store(open_store)
        display = ProgressDisplay(_approximate_count(store))
        with display, output_file(path) as file:
            for page in list_articles(store, display.print_notice):
                for article in page:
                    if article.state == "deleted":
                        deleted += 1
                    elif not states or article.state in states:
                        file.write(_json_line(article))
                        written += 1
                display.update("", written + deleted, written)
    except KeyboardInterrupt:
        display.print_line("Interrupted. Nothing was exported.")
        return 130
    except (StoreUnavailable, StoreError) as error:
        raise CommandFailed(
            f"{describe_failure(error, open_store)} Nothing was exported."
        ) from None
    except OSError as error:
        if path == "-":
            # streams.py says how the command ends; a reader may have read enough.
            raise
        raise CommandFailed(f"Could not write {path}: {error.strerror or error}") from None
    finally:
        store.client.close()
    skipped = f"; {deleted:,} deleted articles skipped" if deleted else ""
    display.print_line(f"{written:,} articles exported in {display.seconds:.1f} s{skipped}")
    return 0


def list_articles(store: Store, notify: Notify) -> Iterator[list[Article]]:
    """Yield all articles, in any state and unordered, in pages; `notify` gets notices of retries.

    Each page is strongly consistent. Raises StoreUnavailable, Refused.
    """
    for page in scan_pages(store, store.articles, notify, page_size=PAGE_SIZE):
        yield [article_of(item) for item in page]


def _approximate_count(store: Store) -> int | None:
    """How many articles DynamoDB counted in the last six hours; None if unknown."""
    try:
        answer = store.client.call("DescribeTable", {"TableName": store.articles})
    except StoreError:
        # Permission to read the articles does not include this one.
        return None
    return answer["Table"].get("ItemCount") or None


def _json_line(article: Article) -> bytes:
    columns: Json = {}
    for column in COLUMNS:
        value = getattr(article, column.name)
        columns[column.name_in_rows] = column.none_as if value is None else value
    columns["state"] = article.state
    return json.dumps(columns, ensure_ascii=False).encode() + b"\n"


@contextmanager
def output_file(path: str) -> Iterator[IO[bytes]]:
    """A file to write to, which gets its name when it is complete. Raises OSError.

    If the process is killed, the incomplete file stays in the same folder; its name ends in .part.
    """
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    # If the path is a symbolic link, its target is replaced.
    file = Path(path).resolve()
    if file.exists() and not file.is_file():
        # A pipe or a device can't be replaced.
        with file.open("wb") as stream, _compressed(path, stream) as output:
            yield output
        return
    # mkstemp creates files that only their owner can read, and drafts are not public.
    handle, temporary = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            with _compressed(path, stream) as output:
                yield output
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def _compressed(path: str, stream: Any) -> Iterator[IO[bytes]]:
    """The stream, gzipped if the path ends in .gz."""
    if not path.endswith(".gz"):
        yield stream
        return
    with gzip.GzipFile("", "wb", fileobj=stream) as compressed:
        yield cast("IO[bytes]", compressed)
