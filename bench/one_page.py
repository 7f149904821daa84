"""The data of one article's page, and what a store that holds nothing else answers.

The article and its source have items of 4 KB; the page has five links. The timeline below the
article alternates between domains, so that the first query finds what the page shows.
"""

import json
from typing import Any

from bench import networks
from seealso.store.values import Json, marshal_item
from seealso.tables.articles import Article, article_item
from seealso.tables.pages import page_key

TABLES = ("articles", "links", "sites", "skips", "audit", "transient")
ID, DOMAIN, SOURCE_ID = 6_646_098, 7, 12
_LISTED = 40


def answer(operation: str, body: dict[str, Any]) -> Json:
    """The answer to a call, in DynamoDB's JSON; it knows the page's reads, and forgets writes."""
    match operation:
        case "GetItem":
            item = _ITEMS.get((body["TableName"], _key(body["Key"])))
            return {"Item": item} if item else {}
        case "BatchGetItem":
            found = {
                table: [
                    _ITEMS[table, _key(key)]
                    for key in request["Keys"]
                    if (table, _key(key)) in _ITEMS
                ]
                for table, request in body["RequestItems"].items()
            }
            return {"Responses": found, "UnprocessedKeys": {}, "ConsumedCapacity": [_consumed(2)]}
        case "Query":
            index = body["TableName"], body.get("IndexName")
            entries = _INDEXES.get(index, [])[: body.get("Limit")]
            more = {"LastEvaluatedKey": {"id": entries[-1]["id"]}} if entries else {}
            return {
                "Items": entries,
                "Count": len(entries),
                "ConsumedCapacity": _consumed(0.5),
                **more,
            }
        case "PutItem":
            return {"ConsumedCapacity": _consumed(5)}
    return {}


def _consumed(units: float) -> Json:
    return {"TableName": "articles", "CapacityUnits": units}


def _key(key: Json) -> str:
    return json.dumps(key, sort_keys=True)


def _items() -> dict[tuple[str, str], Json]:
    source = Article(SOURCE_ID, 3, networks.TITLE, "", "2026-11-23")
    article = Article(ID, DOMAIN, networks.TITLE, "", "2026-11-23")
    items = {
        ("articles", _key(marshal_item({"id": made.id}))): marshal_item(article_item(made))
        for made in (networks.of_4_kb(source, None), networks.of_4_kb(article, SOURCE_ID))
    }
    page = marshal_item(networks.page_item(ID))
    return {**items, ("links", _key(marshal_item(page_key(ID)))): page}


def _entry(article_id: int, domain: int) -> Json:
    """An article as both indexes have it."""
    title = f"{networks.TITLE} {article_id}"
    return marshal_item({"id": article_id, "domain": domain, "title": title, "date": "2026-11-23"})


_ITEMS = _items()
_INDEXES: dict[tuple[str, str | None], list[Json]] = {
    ("articles", "domain-id"): [
        _entry(ID + 1_000 - 7 * number, DOMAIN) for number in range(_LISTED)
    ],
    ("articles", "timeline-id"): [
        _entry(ID - 1 - number, DOMAIN + number % 5) for number in range(_LISTED)
    ],
}  # the highest id first
