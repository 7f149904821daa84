"""stub"""
from seealso.http.requests import Request
from seealso.http.responses import Response
from seealso.store.tables import Store
def network_feed(store: Store, request: Request) -> Response: return Response(200, {})
def site_feed(store: Store, request: Request) -> Response: return Response(200, {})
