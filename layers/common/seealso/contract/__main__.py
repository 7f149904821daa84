"""Writes the OpenAPI document to the file that is named."""

import json
import sys
from pathlib import Path

from seealso.contract.openapi import document

text = json.dumps(document(), ensure_ascii=False, indent=2)
Path(sys.argv[1]).write_text(text + "\n", encoding="utf-8")
