"""Whether an answer shows what is inside: names of tables, errors of the store, tracebacks.

A client may send such a word itself (Hypothesis does: it draws strings from the code's own
constants), and a problem names the member that it is about. So a check knows what was sent.
"""

import json
from collections.abc import Iterable
from urllib.parse import unquote, unquote_plus

from tests.support import faulty

INTERNAL = (
    *(faulty.INTERNAL, "arn:", "dynamodb", "Table", "Traceback", "Exception", "Error"),
    *("GetItem", "PutItem", "UpdateItem", "Transact", "secret-table"),
)


def check_no_leak(answer: str, sent: str, internal: Iterable[str] = ()) -> None:
    """Nothing internal is in the answer but what was sent (see sent_text).

    `internal` are further words that must not be in it.
    """
    shown = {word for word in (*INTERNAL, *internal) if word in answer}
    leaked = {word for word in shown if word.casefold() not in sent.casefold()}
    assert not leaked, answer


def sent_text(*sent: str | bytes | None) -> str:
    """What a client has sent (target, body, headers), as it is and with its escapes resolved."""
    texts = [part.decode(errors="replace") if isinstance(part, bytes) else part for part in sent]
    given = [text for text in texts if text]
    resolved = (resolve(text) for text in given for resolve in (unquote, unquote_plus, _unescaped))
    return "\n".join([*given, *resolved])


def _unescaped(text: str) -> str:
    """JSON without escapes; nothing for what is no JSON."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        return ""
