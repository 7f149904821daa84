"""Bodies that are no strict JSON objects, made from a good submission."""

import json

from tests.support.requests import fields

GOOD = json.dumps(fields())


def nested(levels: int) -> str:
    """A good body with one more member, in which there are so many levels in all."""
    return f'{GOOD[:-1]}, "more": {"[" * (levels - 1)}{"]" * (levels - 1)}}}'


MALFORMED_JSON = {
    "nothing": "",
    "spaces": "  ",
    "null": "null",
    "a text": '"url"',
    "a number": "1",
    "a list": f"[{GOOD}]",
    "cut off": GOOD[:-1],
    "two values": GOOD * 2,
    "single quotes": GOOD.replace('"', "'"),
    "a comma too many": GOOD[:-1] + ",}",
    "a comment": GOOD + "// well",
    "a bare control character": GOOD.replace("page", "pa\tge"),
    "NaN": GOOD.replace("true", "NaN", 1),
    "Infinity": GOOD.replace("true", "Infinity", 1),
    "-Infinity": GOOD.replace("true", "-Infinity", 1),
    "NaN in an unknown member": f'{GOOD[:-1]}, "more": [{{"a": NaN}}]}}',
    "nested too deep": nested(33),
    "nested far too deep": "[" * 8000,
    "objects nested far too deep": '{"a":' * 1500,
    "half a pair in a value": GOOD.replace("page", "\\ud83d"),
    "half a pair in a name": GOOD.replace("url", "\\udc1d"),
    "half a pair in the depth": f'{GOOD[:-1]}, "more": [[{{"a": "\\ud800x"}}]]}}',
    "half a pair that is repeated over": f'{{"title": "\\ud800", {GOOD[1:-1]}, "title": "x"}}',
    "too many digits": f'{GOOD[:-1]}, "title": {"1" * 21}}}',
    "far too many digits": f'{GOOD[:-1]}, "title": {"1" * 5000}}}',
    "too many digits after the point": f'{GOOD[:-1]}, "title": 0.{"1" * 21}}}',
    "too many digits in the exponent": f'{GOOD[:-1]}, "title": 1e{"1" * 21}}}',
}
