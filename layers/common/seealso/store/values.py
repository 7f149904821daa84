"""DynamoDB's JSON, its typed attribute values, and plain Python values.

In use here are int (N), str (S), bytes (B), bool, None, list and dict.
"""

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable
from typing import Any

type Json = dict[str, Any]

# Made once: json.dumps() makes an encoder for each call that wants no spaces.
to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
from_json = json.JSONDecoder().decode


def marshal(value: Any) -> Json:
    """A plain value as a DynamoDB attribute value. Raises TypeError for other types."""
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case bytes():
            return {"B": b2a_base64(value, newline=False).decode()}
        case list():
            return {"L": [marshal(member) for member in value]}
        case dict():
            return {"M": marshal_item(value)}
    raise TypeError(f"no attribute type for {type(value).__name__}")


def marshal_item(item: Json) -> Json:
    """A plain item in DynamoDB's typed form."""
    return {name: marshal(value) for name, value in item.items()}


def unmarshal(value: Json) -> Any:
    """A DynamoDB attribute value as a plain one; numbers here are integers."""
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return int(content)
        case "M":
            return unmarshal_item(content)
        case "L":
            return [unmarshal(member) for member in content]
        case "NULL":
            return None
        case "B":
            return a2b_base64(content)
    raise TypeError(f"attribute type {kind} is not in use here")


def unmarshal_item(item: Json, names: Iterable[str] | None = None) -> Json:
    """A typed item as a plain one; with `names`, its attributes of these names."""
    found = item if names is None else {name: item[name] for name in names if name in item}
    # Most values are strings, and are taken without a call: that is half the work for one.
    return {name: value["S"] if "S" in value else unmarshal(value) for name, value in found.items()}
