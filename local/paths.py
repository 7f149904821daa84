"""Where the local run keeps its files: under .local/, which git ignores."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
LOGS = LOCAL / "logs"
FUNCTION_LOG = LOGS / "functions.log"
API_URL = LOCAL / "api-url"
TOOLS = LOCAL / "tools"
