"""The script of the widget: assets/see-also.js with the words of all languages in it."""

import json
import re
from functools import cache
from pathlib import Path

from seealso.web.languages import script_messages, words_of

_SCRIPT = Path(__file__).parent / "assets/see-also.js"
_PLACEHOLDER = "const WORDS = {};"


@cache
def widget_script() -> str:
    """The script as it is served: with translations, without comments and indentation."""
    source = _SCRIPT.read_text("utf-8")
    # The script compares tags in lower case.
    words = {tag.lower(): each for tag, each in words_of(script_messages(source)).items()}
    packed = json.dumps(words, ensure_ascii=False, separators=(",", ":"))
    filled_in = source.replace(_PLACEHOLDER, f"const WORDS = {packed};")
    return re.sub(r"(?m)^\s+|^//.*\n|^\s*//.*\n", "", filled_in)
