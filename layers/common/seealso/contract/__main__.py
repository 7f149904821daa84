"""Write the OpenAPI document to the file named on the command line."""

import json
import sys
from pathlib import Path

from seealso.contract.openapi import document

content = json.dumps(document(), ensure_ascii=False, indent=2)
Path(sys.argv[1]).write_text(content + "\n", encoding="utf-8")
