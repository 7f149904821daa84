"""`seealso export`: the articles of the store into a file that `seealso load` reads."""

import gzip
import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from seealso.articles import Article, article_of
from seealso.dynamodb import Json, Refused, Store, StoreUnavailable, items
from seealso_cli.bulk.writer import check_store, patiently, unusable
from seealso_cli.errors import Unable
from seealso_cli.progress import Display
from seealso_cli.stack import OpenStore

# Articles of one request: little enough to get through a slow line before it times out. Those of
# the longest texts come in parts of 1 MB (AWS, Scan).
PART = 250


def export_articles(path: str, states: Collection[str], open_store: OpenStore) -> int:
    """Write the articles in these states (none: all but deleted ones) into a file, `-` for stdout.

    Returns the exit status: 0, 130 if interrupted. Raises Unable.
    """
    store = open_store()
    written = deleted = 0
    display = Display(None)
    try:
        check_store(open_store)
        display = Display(_count(store))
        with display, _written(path) as file:
            for part in all_articles(store, display.note):
                for article in part:
                    if article.state == "deleted":
                        deleted += 1
                    elif not states or article.state in states:
                        file.write(_line(article))
                        written += 1
                display.advance("", written + deleted, written)
    except KeyboardInterrupt:
        display.say("Interrupted. Nothing was exported.")
        return 130
    except (StoreUnavailable, Refused) as error:
        raise Unable(f"{unusable(error)} Nothing was exported.") from None
    except OSError as error:
        name = "Standard output" if path == "-" else path
        raise Unable(f"{name} can't be written: {error.strerror or error}") from None
    finally:
        store.client.close()
    left_out = f"; {deleted:,} deleted articles left out" if deleted else ""
    display.say(f"{written:,} articles exported, in {display.seconds:.1f} s{left_out}")
    return 0


def all_articles(store: Store, note: Callable[[str], None]) -> Iterator[list[Article]]:
    """All articles in whatever state, in no order, in parts; `note` is told of waits.

    Each is as it is when its part is read (strongly consistent). Raises StoreUnavailable, Refused.
    """
    body: Json = {
        "TableName": store.articles,
        "ConsistentRead": True,
        "Limit": PART,
        "ReturnConsumedCapacity": "TOTAL",
    }
    while True:
        answer = patiently(lambda: store.client.call("Scan", body), note, threading.Event())
        yield [article_of(item) for item in items(answer)]
        if "LastEvaluatedKey" not in answer:
            return
        body["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _count(store: Store) -> int | None:
    """About how many articles there are; DynamoDB counts every six hours. None: not known."""
    try:
        answer = store.client.call("DescribeTable", {"TableName": store.articles})
    except Refused:
        # Who may read the articles may not be let to ask this.
        return None
    return answer["Table"].get("ItemCount") or None


def _line(article: Article) -> bytes:
    columns = {
        "id": article.id,
        "domain": article.domain,
        "title": article.title,
        "text": article.text,
        "date": article.date,
        "srcId": article.source_id or 0,
        "state": article.state,
    }
    return json.dumps(columns, ensure_ascii=False).encode() + b"\n"


@contextmanager
def _written(path: str) -> Iterator[IO[bytes]]:
    """A file to write into, which takes its name when all is written. Raises OSError.

    One that is killed meanwhile leaves what it has beside it, under a name that ends in .part.
    """
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    # The file itself, if the path is a link to it.
    file = Path(path).resolve()
    if file.exists() and not file.is_file():
        # A pipe or a device.
        with file.open("wb") as stream, _zipped(path, stream) as written:
            yield written
        return
    # mkstemp's files are their owner's alone: there are drafts in it.
    handle, temporary = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            with _zipped(path, stream) as written:
                yield written
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def _zipped(path: str, stream: Any) -> Iterator[IO[bytes]]:
    if not path.endswith(".gz"):
        yield stream
        return
    with gzip.GzipFile("", "wb", fileobj=stream) as zipped:
        yield cast("IO[bytes]", zipped)
