"""stub"""
from typing import Any
from markupsafe import Markup
def json_ld(article: Any, **k: Any) -> Markup:
    return Markup('{"@context": "https://schema.org"}')
