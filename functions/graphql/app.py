"""/graphql: the queries that web clients used to send to Hasura."""

import os
import time

from seealso.graphql.answering import answer_query
from seealso.graphql.documents import Documents
from seealso.graphql.refusals import QueryRefused
from seealso.graphql.settings import settings
from seealso.graphql.transport import (
    data_response,
    parse_query,
    query_refusal_response,
    refusal_response,
)
from seealso.http.handler import serve
from seealso.http.requests import Request
from seealso.http.responses import Response
from seealso.store.client import READ_PATIENCE
from seealso.store.tables import Store


def graphql(store: Store, request: Request) -> Response:
    started = time.perf_counter()
    try:
        query = parse_query(request)
        document = documents.find(query)
        data = answer_query(store, document, query.operation_name, query.variables)
        cost = None
        if query.wants_cost:
            usage = store.client.usage
            cost = {
                "requests": usage.requests,
                "round_trips": usage.round_trips,
                "read_units": usage.read_units,
                "server_ms": round((time.perf_counter() - started) * 1000, 2),
            }
        return data_response(request, data, cost)
    except QueryRefused as refusal:
        return query_refusal_response(request, refusal)


documents = Documents(f"{os.path.dirname(__file__)}/documents")  # noqa: PTH120 pathlib starts slowly
settings()  # a wrong parameter fails the start and not a request
handler = serve(
    {"GET /graphql": graphql, "POST /graphql": graphql}, refusal_response, READ_PATIENCE
)
