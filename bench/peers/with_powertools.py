"""The page view with Powertools: its resolver, and its Logger for one line a request."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from five_calls import read_page

_logger = Logger(service="bench")
_app = APIGatewayHttpResolver()


@_app.get("/articles/<article_id>")
def get_article(article_id: str) -> dict[str, Any]:
    return read_page(int(article_id))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    answer: dict[str, Any] = _app.resolve(event, context)
    _logger.info("request", extra={"status": answer["statusCode"]})
    return answer
