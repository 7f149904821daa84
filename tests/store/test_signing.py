"""Our signature is botocore's, whatever is signed."""

import datetime
from typing import Any
from unittest.mock import patch

import botocore.auth
import botocore.awsrequest
import botocore.credentials
from hypothesis import given
from hypothesis import strategies as st

from seealso.store.protocol import Credentials, Signer


def utc(seconds: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


visible = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
hosts = st.builds(
    lambda name, port: name + (f":{port}" if port else ""),
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\.[a-z]{2,5}){0,3}", fullmatch=True),
    st.none() | st.integers(1024, 65535),
)


def signed(
    signer: Signer,
    credentials: Credentials,
    operation: str,
    payload: bytes,
    now: datetime.datetime,
) -> bytes:
    return signer.request(credentials, operation, payload, now.timestamp())


def head_of(request: bytes) -> dict[str, str]:
    head, _, _ = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert first == "POST / HTTP/1.1"
    return dict(line.split(": ", 1) for line in lines)


@given(
    host=hosts,
    region=st.sampled_from(["eu-west-1", "us-gov-east-1", "ap-southeast-4"]),
    credentials=st.builds(Credentials, visible, visible, st.none() | visible),
    operation=st.sampled_from(["GetItem", "BatchGetItem", "TransactWriteItems"]),
    payload=st.binary(max_size=200),
    now=st.integers(0, 2**32).map(utc),
)
def test_signatures_match_botocore(
    host: str,
    region: str,
    credentials: Credentials,
    operation: str,
    payload: bytes,
    now: datetime.datetime,
) -> None:
    request = signed(Signer(host, region), credentials, operation, payload, now)
    ours = head_of(request)
    assert request.endswith(b"\r\n\r\n" + payload)
    assert ours["content-length"] == str(len(payload))
    assert ours["host"] == host

    theirs: Any = botocore.awsrequest.AWSRequest(
        "POST",
        f"https://{host}/",
        headers={name: ours[name] for name in ("content-type", "host", "x-amz-target")},
        data=payload,
    )
    with patch.object(botocore.auth, "get_current_datetime", lambda *_a, **_n: now):
        botocore.auth.SigV4Auth(
            botocore.credentials.Credentials(*credentials), "dynamodb", region
        ).add_auth(theirs)
    assert ours["x-amz-date"] == theirs.headers["X-Amz-Date"]
    assert ours.get("x-amz-security-token") == theirs.headers.get("X-Amz-Security-Token")
    assert ours["authorization"] == theirs.headers["Authorization"]


def test_the_key_follows_the_day_and_the_credentials() -> None:
    one, two = Credentials("a", "one", None), Credentials("a", "two", None)
    signer = Signer("example.com", "eu-west-1")
    days = [utc(day * 86_400 - 1) for day in (1, 1, 2)]
    found = [head_of(signed(signer, one, "Query", b"{}", day))["authorization"] for day in days]
    found.append(head_of(signed(signer, two, "Query", b"{}", days[2]))["authorization"])
    assert found[0] == found[1]
    assert len(set(found)) == 3
    fresh = Signer("example.com", "eu-west-1")
    assert head_of(signed(fresh, two, "Query", b"{}", days[2]))["authorization"] == found[3]
