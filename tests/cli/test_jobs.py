"""`seealso jobs run`; tests/end_to_end/test_checks.py runs real ones."""

import io
import json
from typing import Any

import boto3
import pytest

from seealso_cli import aws, stack
from seealso_cli.jobs import JOBS
from seealso_cli.stack import Stack
from tests.cli.support import run_command
from tests.template.processed import processed
