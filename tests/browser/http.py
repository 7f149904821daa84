"""Pages fetched without a browser: their status, headers and bodies as they were sent."""

import http.client
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit


class Answer(NamedTuple):
    """An answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: str


def request(method: str, url: str, body: str | None = None, **headers: str) -> Answer:
    """The answer to a request."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target or "/", body, headers)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read().decode())
    finally:
        connection.close()


def get(url: str) -> Answer:
    return request("GET", url)


def post(url: str, /, **fields: str) -> Answer:
    """The answer to a form."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return request("POST", url, urlencode(fields), **form)


def submit(article_url: str, link_url: str) -> str:
    """The path and query of the status page of a link that is submitted to an article's page."""
    consents = {"has_right_to_share": "true", "agrees_to_link_back": "true"}
    answer = post(f"{article_url}/links", url=link_url, **consents)
    assert answer.status == 303, answer
    location = urlsplit(answer.headers["location"])
    return f"{location.path}?{location.query}"
