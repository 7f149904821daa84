"""The page view with boto3 alone."""

import json
from typing import Any

from five_calls import read_page


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    page = read_page(int(event["pathParameters"]["id"]))
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(page),
    }
