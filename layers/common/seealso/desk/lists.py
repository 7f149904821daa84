"""Lists of links: which page of which list a form leads back to, and the choice of a site."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from seealso.desk.access import Form
from seealso.http.requests import Request
from seealso.tables.sites import Site

SHOWN: Final = 25  # links on a page
# Sites that the choice of a site names; beside each link is its own.
NAMED_SITES: Final = 25
# Each is a reason that editors give often; it can be chosen without typing.
USUAL_REASONS: Final = (
    "It is an advertisement.",
    "It is not about the article.",
    "Its page does not link to the article.",
    "Its page cannot be opened.",
)
# `list` is `queue` or `links`; the others are query parameters of these lists.
LIST_FIELDS = ("list", "status", "domain", "host", "article", "cursor")


class Place(NamedTuple):
    """A page of a list, which forms carry along as hidden fields to lead back to it."""

    fields: Mapping[str, str]  # without those that are empty; none at all outside of lists

    def href(self, more: Mapping[str, str] | None = None) -> str:
        """Its address: that of the queue, or of the links of any status."""
        parameters = {**self.fields, **(more or {})}
        path = "/desk/links" if parameters.pop("list", "") == "links" else "/desk"
        return f"{path}?{urlencode(parameters)}" if parameters else path


def place_of(form: Form) -> Place:
    """The place that a form carries along; what it says is checked where it leads."""
    fields = {name: form.one(name) for name in LIST_FIELDS}
    return Place({name: value for name, value in fields.items() if value})


def query_text(request: Request, name: str) -> str | None:
    """A query parameter; None if it is absent or empty, as a form sends what is not filled in."""
    return (request.query_string(name) or "").strip() or None


def query_number(request: Request, name: str, minimum: int) -> int | None:
    """The number in a query parameter; None if it is absent or empty. Raises Refusal."""
    return request.query_integer(name, minimum) if query_text(request, name) else None


def name_of(site: Site) -> str:
    """A site's name; a domain without a stored site has none of its own."""
    return site.name or f"Site {site.domain}"


def site_choices(named: Iterable[Site], domain: int | None) -> list[tuple[int, str]]:
    """The sites to choose from, by domain: those that are named, and the one that is chosen."""
    choices = {site.domain: name_of(site) for site in named}
    if domain is not None:
        choices.setdefault(domain, f"Site {domain}")
    return sorted(choices.items())


def typed(form: Form) -> dict[str, Any]:
    """What the fields of a rejection or removal need: what was typed, and the usual reasons."""
    return {"typed": form, "usual_reasons": USUAL_REASONS}
