"""Generated networks of articles to measure on."""

import random
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import batched

from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.tables.articles import Article, article_item
from seealso.tables.pages import page_key
from tests.support.tables import another

WRITERS = 4
TITLE = "A title of the length that titles of articles usually have"
ITEM_BYTES = 4096
SUBMITTED_AT = 1795428000000  # milliseconds since 1970


def mixed(count: int, domains: int, seed: int = 1) -> Iterator[Article]:
    """`count` articles of random domains, with sparse ids in ascending order."""
    chooser = random.Random(seed)
    article_id = 0
    for _ in range(count):
        article_id += chooser.randint(1, 40)
        yield _short(article_id, chooser.randrange(domains))


def with_run(length: int, seed: int = 1) -> list[Article]:
    """A few articles of ten domains, and above them a run of domain 99, in random order."""
    chooser = random.Random(seed)
    below = [_short(10 * number, number % 10) for number in range(1, 200)]
    run = [
        _short(article_id, 99) for article_id in chooser.sample(range(10_000, 40 * length), length)
    ]
    chooser.shuffle(run)
    return below + run


def of_4_kb(article: Article, source_id: int | None) -> Article:
    """The article with a source and with a text that makes its item exactly 4 KB."""
    article = replace(article, source_id=source_id, text="", version=2)
    return replace(article, text="x" * (ITEM_BYTES - _size(article) - 8))


def write(store: Store, table: str, items: Iterable[Json]) -> None:
    """Writes plain items directly into a table, with parallel writers and 25 items a request."""
    batches = iter(batched(items, 25, strict=False))
    lock = threading.Lock()
    failures: list[BaseException] = []

    def writer() -> None:
        own_store = another(store)
        try:
            while True:
                with lock:
                    batch = next(batches, None)
                if batch is None or failures:
                    return
                puts = [{"PutRequest": {"Item": marshal_item(item)}} for item in batch]
                answer = own_store.client.call("BatchWriteItem", {"RequestItems": {table: puts}})
                assert not answer.get("UnprocessedItems")
        except BaseException as failure:  # noqa: BLE001 raised below, in the caller's thread
            failures.append(failure)
        finally:
            own_store.client.close()

    threads = [threading.Thread(target=writer) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def write_links(store: Store, article_ids: Iterable[int]) -> None:
    """Writes five published links for each article's page."""
    for article_id in article_ids:
        item = marshal_item(page_item(article_id))
        store.client.call("PutItem", {"TableName": store.links, "Item": item})


def page_item(article_id: int) -> Json:
    """The item of a page with five published links."""
    page = page_key(article_id) | {"published": 5}
    for number in range(5):
        url = f"https://example.com/a-page-that-links-back/{article_id}/{number}"
        page[f"link#{number:032x}"] = [url, TITLE, SUBMITTED_AT + number, SUBMITTED_AT + number]
    return page


def _short(article_id: int, domain: int) -> Article:
    # The length of the text matters only when the article itself is read.
    return Article(article_id, domain, f"{TITLE} {article_id}", "Short.", "2026-11-23")


def _size(article: Article) -> int:
    """An item's size as DynamoDB counts it: strings in UTF-8, about half a byte a digit."""
    size = 0
    for name, value in marshal_item(article_item(article)).items():
        ((kind, content),) = value.items()
        size += len(name) + (len(content.encode()) if kind == "S" else len(content) // 2 + 2)
    return size
