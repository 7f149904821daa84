"""The policies are enforced on the writes of a transaction too, under a copy of the admin's role.

That no policy holds more than its function needs is in test_policies.py.
"""

import json

from local.editors import ADMIN
from tests.end_to_end.conftest import Deployed
from tests.end_to_end.copies import environment, invoke, invoke_copy
from tests.end_to_end.requests import new_article, new_domain
from tests.support.editors import claims
from tests.support.events import event


def test_a_policy_that_is_too_narrow_is_seen(deployed: Deployed) -> None:
    known = environment(deployed, "Admin")
    token = claims(
        ADMIN.name, "[admins]", iss=known["ADMIN_ISSUER"], client_id=known["ADMIN_AUDIENCE"]
    )
    created = event(
        "POST /admin/articles",
        headers={"content-type": "application/json"},
        body=json.dumps(new_article(new_domain())),
        claims=token,
    )

    assert invoke_copy(deployed, "Admin", created, without="AuditTable")["statusCode"] == 500
    assert invoke(deployed, "Admin", created)["statusCode"] == 201
