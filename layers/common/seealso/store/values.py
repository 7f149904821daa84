"""DynamoDB's typed attribute values and plain Python ones.

In use here are int (N), str (S), bool, None, list and dict.
"""

from typing import Any

type Json = dict[str, Any]


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
    raise TypeError(f"attribute type {kind} is not in use here")


def unmarshal_item(item: Json) -> Json:
    """A typed item as a plain one."""
    return {name: unmarshal(value) for name, value in item.items()}
