"""Each function's policy in template.yaml allows exactly what the function does, and no more.

All routes and jobs run on moto, which asks for no policies; their calls of DynamoDB are recorded
and compared with the template. That the policies are enforced once deployed is shown by the tests
of copies under narrower roles (test_deployed.py, test_admin_policy.py).
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from cfnlint.decode import cfn_yaml

from bench.units import recorded_calls
from local.paths import ROOT
from seealso.desk import attempts, keeping, sessions, settings
from seealso.desk.attempts import SIGN_IN
from seealso.desk.oidc import Provider
from seealso.desk.routing import with_route
from seealso.desk.settings import Registration
from seealso.editing.auth import Issuer
from seealso.store.calls import Call
from seealso.store.tables import Store, current_store
from seealso.store.values import marshal_item
from seealso.tables import checks, notices, skips
from seealso.tables.articles import Article, put_articles
from seealso.tables.sites import Site
from seealso.tables.skips import PARTITION, SkipRange
from seealso.verifying.fetching import Fetched
from tests.support import gateway, tables
from tests.support.desk import ORIGIN
from tests.support.desk import sign_in as sign_in_to_desk
from tests.support.desk_forms import form_of, pairs_of
from tests.support.editors import as_admin
from tests.support.factories import by, put_site
from tests.support.fake_pages import STATUS, FakePages, Page
from tests.support.functions import function, handler
from tests.support.gateway import Response
from tests.support.html import Tree
from tests.support.scan import delete_items

# A site that publishes at once, and one of editors who approve links.
AT_ONCE, APPROVED = 7, 3
BELOW, RUN = range(1, 21), range(100, 200)  # of APPROVED and of AT_ONCE
TOP = RUN[-1]
CHOSEN = "/desk/links/chosen"
IN_TRANSACTIONS = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}


class Access(NamedTuple):
    """What a function, named by its folder, does to a table or an index of it."""

    function: str
    action: str
    resource: str  # its name in template.yaml; with /index/<name> for an index


# ---- what is allowed -------------------------------------------------------------------------


def allowed() -> Iterator[Access]:
    """All that the policies in template.yaml allow."""
    for resource in cfn_yaml.load(str(ROOT / "template.yaml"))["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            if properties["CodeUri"] == "functions/version_probe/":
                continue  # it reaches no table (tests/template/test_version_probe.py)
            for policy in properties["Policies"]:
                for statement in policy["Statement"]:
                    yield from _of_statement(PurePosixPath(properties["CodeUri"]).name, statement)


def _of_statement(function: str, statement: Any) -> Iterator[Access]:
    assert set(statement) - {"Condition"} == {"Effect", "Action", "Resource"}
    assert statement["Effect"] == "Allow"
    for action in _listed(statement["Action"]):
        service, _, name = action.partition(":")
        if action == "ssm:GetParameter":
            continue  # of the desk, which could not sign anybody in without it
        assert service == "dynamodb"
        for resource in _listed(statement["Resource"]):
            yield Access(function, name, _resource(resource))


def leading_keys(function: str) -> dict[str, list[str]]:
    """What keys must be like in the tables and indexes of which a function reaches a part."""
    resources = cfn_yaml.load(str(ROOT / "template.yaml"))["Resources"].values()
    (properties,) = (
        resource["Properties"]
        for resource in resources
        if resource["Properties"].get("CodeUri") == f"functions/{function}/"
    )
    found: dict[str, list[str]] = {}
    for statement in properties["Policies"][0]["Statement"]:
        if condition := statement.get("Condition"):
            # With no key at all, as in a Scan, ForAllValues is true.
            named = {f"dynamodb:{action}Item" for action in ("Delete", "Get", "Put", "Update")}
            assert set(_listed(statement["Action"])) <= {*named, "dynamodb:Query"}
            ((_, keys),) = condition.items()
            found.setdefault(_resource(statement["Resource"]), []).extend(
                keys["dynamodb:LeadingKeys"]
            )
    return found


def check_keys(store: Store, function: str, calls: list[Call]) -> None:
    """All that was called names keys that the function's policy allows."""
    may_be = leading_keys(function)
    for call in calls:
        for resource, key in keys_of(store, call):
            assert any(fnmatchcase(key, pattern) for pattern in may_be[resource]), (resource, key)


def keys_of(store: Store, call: Call) -> Iterator[tuple[str, str]]:
    """The partition keys that a call names, each with its table or index."""
    operation, body = call.operation, call.body
    if operation == "TransactWriteItems":
        for item in body["TransactItems"]:
            ((_, members),) = item.items()
            yield from keys_of(store, Call("", members))
    elif operation == "Query":
        (value,) = (
            each
            for name, each in body["ExpressionAttributeValues"].items()
            if name in (":kind", ":key")
        )
        yield f"{_logical_id(store, body['TableName'])}/index/{body['IndexName']}", value["S"]
    elif operation != "BatchGetItem":
        key = body["Key"] if "Key" in body else body["Item"]
        if "pk" in key:
            yield _logical_id(store, body["TableName"]), key["pk"]["S"]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _resource(arn: Any) -> str:
    """The table or index of `!GetAtt Table.Arn` or `!Sub ${Table.Arn}/index/name`."""
    ((function, value),) = arn.items()
    if function == "Fn::GetAtt":
        table, attribute = value if isinstance(value, list) else value.split(".")
        assert attribute == "Arn"
        return str(table)
    assert function == "Fn::Sub"
    table, _, rest = value.removeprefix("${").partition(".Arn}")
    assert rest.startswith("/index/")
    return f"{table}{rest}"


# ---- what is done ----------------------------------------------------------------------------


def accesses(store: Store, function: str, call: Call) -> Iterator[Access]:
    """What one call needs (AWS "Actions, resources, and condition keys for Amazon DynamoDB")."""
    operation, body = call.operation, call.body
    if operation == "BatchGetItem":
        for table in body["RequestItems"]:
            yield Access(function, operation, _logical_id(store, table))
    elif operation == "TransactWriteItems":
        for item in body["TransactItems"]:
            ((action, members),) = item.items()
            yield Access(
                function, IN_TRANSACTIONS[action], _logical_id(store, members["TableName"])
            )
    else:
        resource = _logical_id(store, body["TableName"])
        if "IndexName" in body:
            resource += f"/index/{body['IndexName']}"
        yield Access(function, operation, resource)


def _logical_id(store: Store, table: str) -> str:
    names = {
        getattr(store, name.removesuffix("Table").lower()): name
        for name in tables.table_definitions()
    }
    return names[table]


def check_is_bounded(call: Call) -> None:
    """No list reads all that there is: a Query without a Limit reads up to 1 MB."""
    if call.operation == "Query" and "Limit" not in call.body:
        is_for_one_item = call.body["KeyConditionExpression"].endswith(" AND id = :id")
        kind = call.body["ExpressionAttributeValues"].get(":kind", {"S": ""})["S"]
        # A site's blocked hosts are bounded where they are written (limits.MAX_HOSTS_BYTES).
        assert is_for_one_item or kind.startswith("blocked#"), call


class Context:
    """Of an invocation that has just begun."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 300_000


class Recorder:
    """Sends requests and starts jobs, and keeps what they have done to the tables."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.done: set[Access] = set()
        self.routes: set[str] = set()

    def run(self, job: str) -> list[Call]:
        with recorded_calls() as recorded:
            handler(job)({}, Context())
        self._keep(job, recorded)
        return recorded

    def public(self, method: str, target: str, body: Any = None, **headers: str) -> Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        text = None
        if body is not None:
            sent["content-type"], text = "application/json", json.dumps(body)
        with recorded_calls() as recorded:
            response = gateway.request(method, target, sent, text)
        return self._answered(method, target, response, recorded)

    def form(self, target: str, status: int, /, **fields: str) -> Response:
        """The answer to a form of a page, which has this status."""
        sent = {"content-type": "application/x-www-form-urlencoded"}
        with recorded_calls() as recorded:
            response = gateway.request("POST", target, sent, urlencode(fields).encode())
        return self._answered("POST", target, response, recorded, status)

    def leave(self, target: str) -> None:
        """Open a form's address, which leads to its page."""
        with recorded_calls() as recorded:
            response = gateway.get(target)
        self._answered("GET", target, response, recorded, 303)

    def admin(
        self, method: str, target: str, body: Any = None, version: int | None = None
    ) -> Response:
        with recorded_calls() as recorded:
            response = as_admin(method, target, body, version)
        return self._answered(method, f"/admin{target}", response, recorded)

    def desk(
        self, method: str, target: str, status: int, sent: dict[str, str], body: str
    ) -> Response:
        """The answer to a request of the desk, which has this status."""
        with recorded_calls() as recorded:
            response = gateway.request(method, target, sent, body or None)
        return self._answered(method, target, response, recorded, status)

    def submit(self, article_id: int, url: str, key: str | None = None) -> dict[str, Any]:
        body = {"url": url, "has_right_to_share": True, "agrees_to_link_back": True}
        headers = {"idempotency_key": key} if key else {}
        receipt: dict[str, Any] = self.public(
            "POST", f"/articles/{article_id}/links", body, **headers
        ).json()
        return receipt

    def _answered(
        self,
        method: str,
        target: str,
        response: Response,
        recorded: list[Call],
        status: int | None = None,
    ) -> Response:
        assert response.status == status if status else response.status < 300, response
        path = target.partition("?")[0]
        (route,) = (
            each for each in gateway.routes() if gateway._matched(each, method, path) is not None
        )
        self.routes.add(route)
        if method == "GET":
            for call in recorded:
                check_is_bounded(call)
        self._keep(gateway.routes()[route], recorded)
        return response

    def _keep(self, function: str, recorded: list[Call]) -> None:
        for call in recorded:
            self.done.update(accesses(self.store, function, call))
            if call.operation == "TransactWriteItems" or "Key" in call.body or "Item" in call.body:
                for table, key in keys_of(self.store, call):
                    if table == "TransientTable":
                        patterns = leading_keys(function)[table]
                        is_allowed = any(fnmatchcase(key, pattern) for pattern in patterns)
                        assert is_allowed, (function, key)


def article(article_id: int, domain: int) -> Article:
    """An article, whose source is the lowest one."""
    return Article(article_id, domain, f"Title {article_id}", "Words.", "2026-02-25", BELOW[0])


def put_record(store: Store, article_id: int, known: int) -> None:
    """A skip range from this id on: known up to so many ids further, and proposed one further."""
    record = SkipRange(article_id, article_id + known, 99, article_id + known + 1, [], "a nonce")
    item = {"partition": PARTITION, **record._asdict()}
    call = {"TableName": store.skips, "Item": marshal_item(item)}
    store.client.call("PutItem", call)


@pytest.fixture
def recorder(deployed_environment: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """Two sites, and articles of both; of one more than pages read without skip ranges."""
    monkeypatch.setattr(skips, "WAIT_SECONDS", 0.0)
    store = deployed_environment
    put_site(store, Site(AT_ONCE, name="Heat", publish="at_once"))
    put_site(store, Site(APPROVED, name="Iron"))
    made = [article(each, APPROVED) for each in BELOW] + [article(each, AT_ONCE) for each in RUN]
    assert not any(put_articles(store, [(each, None) for each in made]))
    yield Recorder(store)
    store.client.close()


def read(recorder: Recorder) -> None:
    recorder.public("GET", f"/articles/{TOP}")
    recorder.public("GET", f"/articles/{TOP}/related")
    recorder.public("GET", f"/domains/{AT_ONCE}/articles")
    recorder.public("GET", "/openapi.json")
    recorder.public("GET", "/sites")
    recorder.public("GET", f"/sites?domain={AT_ONCE}")
    recorder.public("GET", f"/graphql?query=%7Bqa_ai_by_pk(id:{TOP})%7Blinks%7Burl%7D%7D%7D")
    query = (
        "{ site: qa_ai(where: {domain: {_eq: 7}}, limit: 1) { id }"
        " timeline: qa_ai(where: {domain: {_neq: 7}}, order_by: {id: desc}, limit: 3) { id } }"
    )
    recorder.public("POST", "/graphql", {"query": query})


def read_pages(recorder: Recorder) -> None:
    current_store().site_cache.clear()  # as in a container that has just started
    for target in (
        "/",
        f"/a/{TOP}",
        f"/s/{AT_ONCE}",
        f"/s/{AT_ONCE}/feed.atom",
        "/feed.atom",
        "/robots.txt",
        f"/sitemaps/{AT_ONCE}",
        f"/sitemaps/{AT_ONCE}/0",
        "/assets/see-also.js",
        "/problems/not-found",
    ):
        current_store().site_cache.clear()  # each may be the first request of its container
        recorder.public("GET", target)


def submit_and_withdraw_by_forms(recorder: Recorder) -> None:
    form = {"url": "https://example.com/by-a-form", "has_right_to_share": "on"}
    recorder.form(f"/a/{TOP}/links", 422, **form)
    answer = recorder.form(f"/a/{TOP}/links", 303, **form, agrees_to_link_back="on")
    status = answer.headers["location"]
    recorder.public("GET", status)
    path, _, token = status.partition("?token=")
    for address in (f"/a/{TOP}/links", f"{path}/check", f"{path}/withdraw"):
        recorder.leave(address)
    recorder.form(f"{path}/check", 303, token=token)
    recorder.form(f"{path}/withdraw", 303, token=token)


def receive_webmentions(recorder: Recorder) -> None:
    source = "https://three.example.org/"
    sent = {"source": source, "target": f"https://api.example.com/a/{TOP}"}
    for page in (Page(), Page()):
        recorder.form("/webmention", 201, **sent)
        check_all(recorder, {source: page})


def submit_and_withdraw(recorder: Recorder) -> None:
    recorder.public("GET", "/consent")
    recorder.public("POST", f"/articles/{TOP}/links/preview", {"url": "https://example.com/"})
    key = "key-of-a-submission"
    receipt = recorder.submit(TOP, "https://example.com/", key)
    assert recorder.submit(TOP, "https://example.com/", key) == receipt
    recorder.public("GET", f"/links/{receipt['link_id']}")
    token = f"Bearer {receipt['withdraw_token']}"
    recorder.public("POST", f"/links/{receipt['link_id']}/check", authorization=token)
    check_all(recorder, {"https://example.com/": Page()})
    recorder.public("POST", f"/links/{receipt['link_id']}/check", authorization=token)
    recorder.public("DELETE", f"/links/{receipt['link_id']}", authorization=token)


def check_all(recorder: Recorder, pages: dict[str, Page]) -> None:
    """Check what is due, against these pages."""
    delete_items(recorder.store, recorder.store.transient)  # no host is busy
    world = FakePages(datetime.now(UTC), pages)
    module = function("check_links")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "TOOLS", world.tools(current_store))
        calls = recorder.run("check_links")
    assert world.failures == []
    check_keys(recorder.store, "check_links", calls)


def check_link_backs(recorder: Recorder) -> None:
    """A page is seen, gone, and there again; another redirects to it."""
    first, second = "https://one.example.com/", "https://two.example.org/"
    link_id = recorder.submit(TOP, first)["link_id"]
    check_all(recorder, {first: Page(url=f"{first}final")})
    for page in (Page(410, STATUS), Page()):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(checks, "REQUEST_INTERVAL", timedelta(0))
            recorder.admin("POST", f"/links/{link_id}/check")
        check_all(recorder, {first: page})
    recorder.submit(BELOW[0], second)
    check_all(recorder, {second: Page(url=first)})
    recorder.admin("GET", "/links?attention=true")


def edit_articles(recorder: Recorder) -> None:
    new = {"domain": APPROVED, "title": "A title", "text": "Words.", "date": "2026-02-25"}
    article_id = recorder.admin("POST", "/articles", new).json()["id"]
    recorder.admin("POST", "/articles", new | {"id": 1000})
    recorder.admin("GET", f"/articles?domain={APPROVED}")
    recorder.admin("GET", "/articles?state=draft")
    path = f"/articles/{article_id}"
    recorder.admin("GET", path)
    recorder.admin("PUT", path, new, 1)
    # Records that it would make false: one that gets a hole, and one that ends.
    put_record(recorder.store, article_id, 5)
    recorder.admin("POST", f"{path}/publish", version=2)
    recorder.admin("POST", f"{path}/unpublish", version=3)
    put_record(recorder.store, article_id, -1)
    recorder.admin("POST", f"{path}/publish", version=4)
    recorder.admin("PATCH", path, {"title": "Another title"}, 5)
    recorder.submit(article_id, "https://example.com/of-a-purged-article")
    recorder.admin("DELETE", path, version=6)
    recorder.admin("POST", f"{path}/restore", version=7)
    recorder.admin("DELETE", path, version=8)
    recorder.admin("POST", f"{path}/purge", version=9)
    for only in ("", f"?article={article_id}", f"?link={'0' * 32}", "?actor=editor"):
        recorder.admin("GET", f"/audit{only}")


def decide_on_links(recorder: Recorder) -> None:
    approved, rejected, freed = (
        recorder.submit(BELOW[0], f"https://example.com/{each}")["link_id"] for each in range(3)
    )
    recorder.admin("GET", "/links")
    recorder.admin("GET", f"/links?domain={APPROVED}")
    recorder.admin("GET", "/links?host=example.com")
    recorder.admin("GET", f"/links/{approved}")
    recorder.admin("POST", f"/links/{approved}/approve", version=1)
    recorder.admin("POST", f"/links/{approved}/remove", {"reason": "It is gone."}, 2)
    recorder.admin("POST", f"/links/{rejected}/reject", {"reason": "No."}, 1)
    recorder.admin("POST", f"/links/{freed}/reject", {"reason": "No.", "keep_blocked": False}, 1)
    recorder.admin("POST", f"/links/{rejected}/restore", version=2)
    recorder.admin("POST", f"/links/{freed}/restore", version=2)
    recorder.admin("POST", f"/links/{freed}/erase", version=3)
    recorder.admin("POST", f"/links/{approved}/erase", version=3)


def edit_sites(recorder: Recorder) -> None:
    site = {"name": "Wood", "article_url": "https://wood.example.net/{id}"}
    recorder.admin("PUT", "/sites/8", site)
    recorder.admin("GET", "/sites")
    recorder.admin("GET", "/sites/8")
    recorder.admin("POST", "/blocks", {"host": "spam.example.net"})
    recorder.admin("POST", "/blocks", {"host": "spam.example.net", "domain": 8})
    recorder.admin("GET", "/blocks")
    recorder.admin("DELETE", "/blocks/spam.example.net")
    recorder.admin("DELETE", "/blocks/spam.example.net?domain=8")


def notify(recorder: Recorder) -> None:
    """A test is sent, and the queue looked at."""
    now = datetime.now(UTC)
    notices.replace_key(recorder.store, by("editor", now - timedelta(minutes=5)), "")
    notices.ask_for_test(recorder.store, now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NOTIFY_URL", "https://receiver.example.com/hook")
        patch.setattr(function("notify"), "post", lambda *_: Fetched("", 200, {}, b"", False, []))
        calls = recorder.run("notify")
    check_keys(recorder.store, "notify", calls)


class Desk:
    """An admin's browser at the desk, which knows the routes that it has used."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.editor = sign_in_to_desk(recorder.store, groups=["editors", "admins"])
        self.routes: set[str] = set()

    def get(self, target: str, status: int = 200) -> Response:
        return self._sent("GET", target, status, {}, "")

    def post(self, target: str, status: int, **fields: str | int) -> Response:
        headers = {"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"}
        body = urlencode({"form_token": self.editor.form_token, **fields})
        return self._sent("POST", target, status, headers, body)

    def _sent(
        self, method: str, target: str, status: int, headers: dict[str, str], body: str
    ) -> Response:
        http = {"method": method, "path": target.partition("?")[0]}
        event = {"requestContext": {"http": http}, "headers": {}}
        self.routes.add(with_route(event, function("desk").ROUTES)["routeKey"])
        cookie = f"{sessions.COOKIE}={self.editor.session_id}"
        sent = {"cookie": cookie, "accept": "text/html", **headers}
        return self.recorder.desk(method, target, status, sent, body)


def use_the_desk(recorder: Recorder) -> None:
    """All of its routes, and all that becomes of a session."""
    desk = Desk(recorder)
    for route in function("desk").ROUTES:
        method, _, path = route.partition(" ")
        if method == "GET" and "{" not in path and path not in (attempts.CALLBACK, SIGN_IN, CHOSEN):
            desk.get(path, 303 if path == keeping.PATH else 200)
    decide_on_links_at_the_desk(desk)
    write_articles_at_the_desk(desk)
    edit_sites_at_the_desk(desk)
    for only in (f"article={TOP}", f"link={'0' * 32}", "editor=ann"):
        desk.get(f"/desk/audit?{only}")
    desk.post("/desk/notices/test", 303)
    desk.post("/desk/notices/key", 409)
    made = desk.post("/desk/notices/feeds", 200, domain=APPROVED)
    (address,) = re.findall(rf"/desk/feeds/{APPROVED}-[0-9a-f]{{32}}", made.body)
    desk.get(address)
    sign_in_and_out(desk)
    assert {*function("desk").ROUTES} - desk.routes == {
        f"GET {attempts.SIGN_IN}",
        f"GET {attempts.CALLBACK}",
    }


def decide_on_links_at_the_desk(desk: Desk) -> None:
    host = "desk.example.net"
    one, two = (
        desk.recorder.submit(BELOW[0], f"https://{host}/{each}")["link_id"] for each in range(2)
    )
    lists = "domain=3", f"host={host}", f"article={BELOW[0]}", "status=attention"
    for query in lists:
        desk.get(f"/desk/links?{query}")
    desk.get(f"/desk?domain={APPROVED}&link={one}")
    desk.get(f"/desk/links/{one}")
    for name in ("approve", "reject", "remove", "restore", "undo", "check"):
        desk.get(f"/desk/links/{one}/{name}", 303)
    desk.post(f"/desk/links/{one}/check", 303)
    desk.post(f"/desk/links/{one}/approve", 303, version=1)
    desk.post(f"/desk/links/{one}/undo", 303, version=2)
    reasoned = {"reason": "No.", "tell_submitter": "on"}
    desk.post(f"/desk/links/{one}/reject", 200, version=4, block="network", **reasoned)
    desk.get(f"/desk/links/{one}")
    desk.post(f"/desk/links/{one}/undo", 200, version=5, unblock="network")
    desk.post(f"/desk/links/{one}/reject", 200, version=6, block="site", **reasoned)
    desk.post(f"/desk/links/{one}/restore", 303, version=7)
    desk.get(f"{CHOSEN}?action=approve&link={two}.1")
    desk.post(CHOSEN, 200, action="approve", link=f"{two}.1")
    desk.post(f"/desk/links/{two}/remove", 303, version=2, reason="It is gone.")


def write_articles_at_the_desk(desk: Desk) -> None:
    typed: dict[str, str | int] = {
        "domain": APPROVED,
        "title": "Peat",
        "text": "Words.",
        "date": "2026-02-25",
        "source_id": BELOW[0],
    }
    desk.post("/desk/articles/new", 200, **typed, do="preview")
    path = desk.post("/desk/articles/new", 303, **typed).headers["location"]
    path = path.partition("?")[0]
    desk.get(path)
    # Records that it would make false, as in edit_articles().
    article_id = int(path.rpartition("/")[2])
    put_record(desk.recorder.store, article_id, 5)
    desk.post(path, 303, version=1, do="publish")
    desk.post(path, 303, version=2, do="unpublish")
    put_record(desk.recorder.store, article_id, -1)
    desk.post(path, 303, version=3, do="publish")
    desk.post(path, 303, version=4, title="Peat again")
    desk.post(path, 412, version=4, title="Peat once more")
    desk.post(f"{path}/delete", 303, version=5)
    desk.get(path)
    desk.post(f"{path}/restore", 303, version=6)
    desk.post(f"{path}/delete", 303, version=7)
    desk.get(f"{path}/purge")
    desk.post(f"{path}/purge", 303, version=8, title="Peat again")
    for query in (f"domain={APPROVED}&state=any", "state=deleted"):
        desk.get(f"/desk/articles?{query}")


def edit_sites_at_the_desk(desk: Desk) -> None:
    page = Tree(desk.get("/desk/sites/new").body)
    fields = dict(pairs_of(form_of(page, "/desk/sites/new")))
    desk.post("/desk/sites/new", 303, **{**fields, "domain": "9", "name": "Salt"})
    desk.get("/desk/sites/9")
    desk.post("/desk/sites/9", 303, **{**fields, "name": "Salt and iron", "version": "1"})
    for domain in ("", "9"):
        desk.post("/desk/blocks/new", 200, hosts="a.example.net", domain=domain)
        desk.post("/desk/blocks/add", 200, hosts="a.example.net", domain=domain)
        desk.get(f"/desk/blocks?domain={domain}")
        desk.post("/desk/blocks/remove", 200, hosts="a.example.net", domain=domain)


def sign_in_and_out(desk: Desk) -> None:
    store = desk.recorder.store
    desk.post(keeping.PATH, 303)
    session = sessions.find(store, desk.editor.session_id)
    assert session
    with recorded_calls() as recorded:
        assert sessions.begin_renewal(store, session)
        keeping.keep(store, session, "/desk", b"", datetime.now(UTC))
        sessions.create(store, "ann", "sub", frozenset(), datetime.now(UTC), datetime.now(UTC))
    desk.recorder._keep("desk", recorded)
    # What it says of the issuer is in a parameter, whose service is not here.
    issuer = Issuer(tables.ISSUER, tables.AUDIENCE, "cognito:groups")
    login = Provider(issuer, tables.AUDIENCE, "openid", "https://login.example.com")
    settings._read.put("/seealso/seealso-test/desk", Registration(ORIGIN, login))
    desk.post("/desk/signout", 200)


def run_jobs(recorder: Recorder) -> None:
    """With something to do for each: a link whose time is over, a new run, a false record."""
    link_id = recorder.submit(BELOW[0], "https://example.com/late")["link_id"]
    long_ago = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    recorder.store.client.call(
        "UpdateItem",
        {
            "TableName": recorder.store.links,
            "Key": marshal_item({"pk": f"link#{link_id}"}),
            "UpdateExpression": "SET due_at = :long_ago, expires_at = :long_ago",
            "ExpressionAttributeValues": marshal_item({":long_ago": long_ago}),
        },
    )
    recorder.run("expire_links")
    assert recorder.public("GET", f"/links/{link_id}").json()["status"] == "expired"

    put_record(recorder.store, BELOW[0], 5)
    recorder.run("record_skips")
    (found,) = skips._records(recorder.store, 1, TOP)
    assert (found.lo, found.hi) == (RUN[0], TOP)


def test_policies_allow_what_is_done_and_no_more(recorder: Recorder) -> None:
    read(recorder)
    read_pages(recorder)
    submit_and_withdraw(recorder)
    submit_and_withdraw_by_forms(recorder)
    receive_webmentions(recorder)
    edit_articles(recorder)
    decide_on_links(recorder)
    edit_sites(recorder)
    check_link_backs(recorder)
    run_jobs(recorder)
    notify(recorder)
    use_the_desk(recorder)

    # A HEAD is handled as the GET of its route.
    assert recorder.routes == {route for route in gateway.routes() if not route.startswith("HEAD ")}
    used, can = recorder.done, set(allowed())
    assert (sorted(used - can), sorted(can - used)) == ([], []), "not allowed; never used"


def test_sessions_are_the_desks_alone() -> None:
    reach = {access.function for access in allowed() if access.resource == "TransientTable"}
    with_sessions = {
        function
        for function in reach
        if any(fnmatchcase("session#0", each) for each in leading_keys(function)["TransientTable"])
    }
    assert with_sessions == {"desk"}


def test_no_two_statements_allow_the_same() -> None:
    found = list(allowed())
    assert len(found) == len(set(found))
