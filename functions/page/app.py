"""The pages that people see, with their feeds, sitemaps and files. It only reads."""

from seealso.errors import Refusal
from seealso.http.compression import document_response
from seealso.http.handler import serve
from seealso.http.requests import Request
from seealso.http.responses import Response, document
from seealso.store.tables import Store
from seealso.web.article_page import article_page
from seealso.web.assets import find_asset
from seealso.web.feeds import network_feed, site_feed, stack_uuid
from seealso.web.problem_pages import problem_page, refusal_page
from seealso.web.site_pages import home_page, site_page
from seealso.web.sitemaps import robots, sitemap_index, sitemap_part


def asset(_store: Store, request: Request) -> Response:
    found = find_asset(request.path["name"])
    if found is None:
        raise Refusal("not-found", "There is no file with this name.")
    headers = {
        "content-type": found.media_type,
        "cross-origin-resource-policy": found.sharing,
    }
    content = document(found.text)
    return document_response(request, content, found.max_age, headers, is_constant=True)


stack_uuid()  # a wrong setting fails the start and not a request

handler = serve(
    {
        "GET /": home_page,
        "GET /a/{id}": article_page,
        "GET /s/{domain}": site_page,
        "GET /s/{domain}/feed.atom": site_feed,
        "GET /feed.atom": network_feed,
        "GET /robots.txt": robots,
        "GET /sitemaps/{domain}": sitemap_index,
        "GET /sitemaps/{domain}/{part}": sitemap_part,
        "GET /assets/{name}": asset,
        "GET /problems/{name}": problem_page,
    },
    refusal_page,
)
