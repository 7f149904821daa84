"""AWS's list prices (prices.toml), and what requests come to at them."""

import tomllib
from datetime import date
from pathlib import Path
from typing import NamedTuple

_READ = tomllib.loads(Path(__file__).with_name("prices.toml").read_text("utf-8"))
DATE: date = _READ.pop("date")
# A million HTTPS requests, by where CloudFront answers them.
EDGES: dict[str, float] = _READ.pop("cloudfront_https_million")
PRICES: dict[str, float] = _READ

GB = 10**9
# Assumed of what is billed of a function's start, which no metric has. One that does nothing takes
# 77 ms (lambda-perf, August 2026).
INIT_SECONDS = 0.15


class Usage(NamedTuple):
    """What requests to the API took."""

    requests: float
    gb_seconds: float
    read_units: float = 0.0
    write_units: float = 0.0
    log_bytes: float = 0.0
    sent_bytes: float = 0.0


def dollars(usage: Usage, architecture: str = "arm64") -> dict[str, float]:
    """What it costs, by service; each request calls one function."""
    return {
        "HTTP API": usage.requests / 1e6 * PRICES["http_api_million"],
        "Lambda, requests": usage.requests / 1e6 * PRICES["lambda_million"],
        "Lambda, duration": usage.gb_seconds * gb_second(architecture),
        "DynamoDB, reads": usage.read_units / 1e6 * PRICES["dynamodb_read_million"],
        "DynamoDB, writes": usage.write_units / 1e6 * PRICES["dynamodb_write_million"],
        "log lines": usage.log_bytes / GB * PRICES["log_gb"],
        "transfer": usage.sent_bytes / GB * PRICES["transfer_gb"],
    }


def gb_second(architecture: str) -> float:
    """The price of a GB-second of Lambda on a processor of the parameter Architecture."""
    return PRICES["lambda_gb_second" + ("" if architecture == "arm64" else f"_{architecture}")]
