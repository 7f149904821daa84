"""The five calls of a page view by boto3, one after another, and what they found."""

import os
from typing import Any

import boto3

_DYNAMODB = boto3.client("dynamodb")
_ARTICLES = os.environ["ARTICLES_TABLE"]
_LINKS = os.environ["LINKS_TABLE"]


def read_page(article_id: int) -> dict[str, Any]:
    """An article with its related lists, its source and its links, as GET /articles/{id} has it."""
    article = _DYNAMODB.get_item(TableName=_ARTICLES, Key=_key(article_id))["Item"]
    same = _query("domain-id", "listed_domain", article["domain"], 9)
    below = _query("timeline-id", "timeline", {"S": "all"}, 25, article_id)
    source_id = article["source_id"]["N"]
    source = _DYNAMODB.get_item(TableName=_ARTICLES, Key=_key(source_id))["Item"]
    page = _DYNAMODB.get_item(TableName=_LINKS, Key={"pk": {"S": f"page#{article_id}"}})["Item"]
    others = [item for item in below if item["domain"] != article["domain"]]
    links = [value["L"] for name, value in page.items() if name.startswith("link#")]
    return {
        "article": {
            **_entry(article),
            "domain": int(article["domain"]["N"]),
            "text": article["text"]["S"],
            "date": article["date"]["S"],
        },
        "same_domain": [_entry(item) for item in same if item["id"] != article["id"]][:8],
        "other_domains": [_entry(item) for item in others[:3]],
        "source": _entry(source),
        "links": [{"url": link[0]["S"], "title": link[1]["S"]} for link in links],
    }


def _key(article_id: int | str) -> dict[str, Any]:
    return {"id": {"N": str(article_id)}}


def _query(
    index: str, attribute: str, value: dict[str, str], limit: int, below: int = 2**31
) -> list[Any]:
    return _DYNAMODB.query(
        TableName=_ARTICLES,
        IndexName=index,
        KeyConditionExpression="#key = :key AND #id < :id",
        ExpressionAttributeNames={"#key": attribute, "#id": "id"},
        ExpressionAttributeValues={":key": value, ":id": {"N": str(below)}},
        ScanIndexForward=False,
        Limit=limit,
    )["Items"]


def _entry(item: dict[str, Any]) -> dict[str, Any]:
    return {"id": int(item["id"]["N"]), "title": item["title"]["S"]}
