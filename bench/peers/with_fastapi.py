"""The page view with FastAPI and Mangum."""

from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel

from five_calls import read_page


class Listed(BaseModel):
    id: int
    title: str


class Article(Listed):
    domain: int
    text: str
    date: str


class Link(BaseModel):
    url: str
    title: str


class Page(BaseModel):
    article: Article
    same_domain: list[Listed]
    other_domains: list[Listed]
    source: Listed
    links: list[Link]


_app = FastAPI()


@_app.get("/articles/{article_id}")
def get_article(article_id: int) -> Page:
    return Page(**read_page(article_id))


handler = Mangum(_app, lifespan="off")
