"""The emulator's account: fixed keys and region. The user's own AWS configuration is not read."""

import os

import boto3
import botocore.session

REGION = "eu-west-1"
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 - the emulator's root key, no secret


def endpoint(port: int) -> str:
    """The emulator's URL for AWS calls.

    The emulator decides by the Host header: requests to 127.0.0.1 go to the deployed API
    (local/gateway.py), so AWS calls use localhost.
    """
    return f"http://localhost:{port}"


def environment(port: int) -> dict[str, str]:
    """This process's environment with the emulator in place of the user's AWS account."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return others | {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint(port),
        "NO_PROXY": "localhost,127.0.0.1",
    }


def session() -> boto3.Session:
    """A boto3 session that reads no profile, whatever AWS_PROFILE says."""
    # botocore would look for a profile even if its name is empty. A session variable that is
    # mapped to no environment variable and no option is never read.
    core = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    core.set_config_variable("config_file", os.devnull)
    core.set_config_variable("credentials_file", os.devnull)
    return boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION, botocore_session=core)
