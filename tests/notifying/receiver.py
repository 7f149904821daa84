"""A receiver of notices on loopback, and the tools of a run that sends to it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from seealso.notifying.running import Tools
from seealso.store.tables import Store
from seealso.verifying.fetching import Fetched, FetchFailed, post_over
from tests.support.page_server import Server

HOST = "receiver.example.com"


@dataclass(slots=True)
class Clock:
    """A clock that a test sets."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass(slots=True)
class FakeReceiver:
    """What a run posts to, in this process: `answers` come in turn, the last one ever after."""

    answers: list[int | FetchFailed] = field(default_factory=lambda: [200])
    received: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    text: bytes = b"ok"

    def __call__(self, headers: Mapping[str, str], body: bytes) -> Fetched | FetchFailed:
        self.received.append((headers, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, FetchFailed):
            return answer
        return Fetched(f"https://{HOST}/", answer, {}, self.text, is_cut_off=False, hops=[])

    @property
    def notices(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.received]

    @property
    def kinds(self) -> list[str]:
        return [notice["kind"] for notice in self.notices]


def tools(store: Store, clock: Clock, post: Callable[..., Fetched | FetchFailed]) -> Tools:
    return Tools(store, post, HOST, clock)


def sent_to(server: Server, seconds: float = 5.0) -> Callable[..., Fetched | FetchFailed]:
    """What posts to a server on loopback, as `fetching.post` does on the internet."""

    def post(headers: Mapping[str, str], body: bytes) -> Fetched | FetchFailed:
        return post_over(server.network(seconds), f"http://{HOST}/hook?a=b", "", headers, body)

    return post
