"""The queue: links that wait for an editor, oldest first."""

from seealso.desk.access import Visit, for_editors
from seealso.desk.pages import desk_page
from seealso.http.handler import Route
from seealso.http.responses import Response
from seealso.tables import queue

SHOWN = 25


def queue_page(visit: Visit) -> Response:
    """GET /desk."""
    links = queue.list_queue(visit.store, "pending", None, SHOWN + 1, None)
    return desk_page(visit, "queue.html", "Queue", {"links": links[:SHOWN]})


ROUTES: dict[str, Route] = {"GET /desk": for_editors(queue_page)}
