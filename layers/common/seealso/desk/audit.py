"""The audit: who changed what, the latest first, for admins."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from seealso.desk.access import Visit, for_admins
from seealso.desk.pages import desk_page
from seealso.desk.sentences import changes, sentence
from seealso.http.cursors import cursor_of, list_page
from seealso.http.handler import Route
from seealso.http.problems import PROBLEMS
from seealso.http.requests import LINK_ID, is_id
from seealso.http.responses import Response
from seealso.limits import MAX_USER_NAME
from seealso.tables import audit, sites
from seealso.tables.audit import AuditEntry, AuditFilter

SHOWN = 25


def audit_page(visit: Visit) -> Response:
    """GET /desk/audit?article=&link=&editor=&cursor=; at most one of the filters is not empty."""
    names = ("article", "link", "editor")
    typed = {name: (visit.request.query_string(name) or "").strip() for name in names}
    values: dict[str, Any] = {"typed": typed, "errors": {}, "entries": [], "next": None}
    if errors := _errors(typed):
        values |= {"errors": errors, "is_first": True}
        status = PROBLEMS["malformed-request"].status
        return desk_page(visit, "audit.html", "Audit", values, status)
    article_id = int(typed["article"]) if typed["article"] else None
    only = AuditFilter(article_id, typed["link"] or None, typed["editor"] or None)
    list_name = f"desk-audit-{only.article_id}-{only.link_id}-{only.actor}"
    page = list_page(visit.request, list_name, audit.POSITION, limit=SHOWN)
    found = audit.list_audit(visit.store, only, SHOWN + 1, before=page.after)
    shown = found[:SHOWN]
    if len(found) > SHOWN:
        query = {name: value for name, value in typed.items() if value}
        query["cursor"] = cursor_of(list_name, shown[-1]["entry"])
        values["next"] = urlencode(query)
    values |= {"entries": _in_words(visit, shown), "is_first": page.after is None}
    return desk_page(visit, "audit.html", "Audit", values)


def _errors(typed: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the filters, by field."""
    errors = {}
    article, link, editor = typed["article"], typed["link"], typed["editor"]
    if article and (not is_id(article) or article == "0"):
        errors["article"] = "The number of an article, such as 101."
    if link and not LINK_ID.fullmatch(link):
        errors["link"] = "The id of a link has 32 digits and letters from a to f."
    if len(editor) > MAX_USER_NAME:
        errors["editor"] = f"A user name has at most {MAX_USER_NAME} characters."
    if not errors and sum(map(bool, typed.values())) > 1:
        field = next(name for name, value in typed.items() if value)
        errors[field] = "Fill in one of these fields alone."
    return errors


def _in_words(visit: Visit, entries: list[AuditEntry]) -> list[dict[str, Any]]:
    domains = sorted({entry["domain"] for entry in entries if entry["domain"] is not None})
    names = {site.domain: site.name for site in sites.get_sites(visit.store, domains)}
    return [
        {"entry": entry, "pieces": sentence(entry, names), "changes": changes(entry)}
        for entry in entries
    ]


ROUTES: dict[str, Route] = {"GET /desk/audit": for_admins(audit_page)}
