"""stub"""

from seealso.http.requests import Request
from seealso.http.responses import Response


def compressed(request: Request, response: Response) -> Response:
    return response
