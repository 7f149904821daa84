"""/graphql: the queries that web clients used to send to Hasura."""

import time

from seealso import dynamodb
from seealso.graphql.answering import answer_query
from seealso.graphql.refusals import QueryRefused
from seealso.graphql.transport import answer_data, answer_problem, answer_refusal, request_of
from seealso.http import Answer, Event, serve


def graphql(event: Event) -> Answer:
    started = time.perf_counter()
    store = dynamodb.store()
    request = request_of(event)
    try:
        data = answer_query(store, request.query, request.operation_name, request.variables)
        cost = None
        if request.wants_cost:
            tally = store.client.tally
            cost = {
                "requests": tally.requests,
                "waves": tally.waves,
                "read_units": tally.read_units,
                "server_ms": round((time.perf_counter() - started) * 1000, 2),
            }
        return answer_data(event, data, cost)
    except QueryRefused as refusal:
        return answer_refusal(event, refusal)


handler = serve({"GET /graphql": graphql, "POST /graphql": graphql}, answer_problem)
