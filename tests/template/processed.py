"""template.yaml as it is written, and as the SAM transform makes it, without a build."""

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any

from cfnlint.decode import cfn_yaml

from local.paths import ROOT, TOOLS

_TRANSLATE = """
import json, sys
from samtranslator.translator.transform import transform
class NoPolicies:
    def load(self):
        return {}
parameters = json.loads(sys.argv[1])
print(json.dumps(transform(json.load(sys.stdin), parameters, NoPolicies())))
"""


@cache
def source() -> Any:
    """template.yaml."""
    return cfn_yaml.load(str(ROOT / "template.yaml"))


@cache
def processed(**parameters: str) -> Any:
    """template.yaml after the SAM transform, which is what CloudFormation deploys.

    `parameters` are those that the transform itself looks at, in place of their defaults.
    """
    template = cfn_yaml.load(str(ROOT / "template.yaml"))
    for resource in template["Resources"].values():
        for member in {"CodeUri", "ContentUri"} & set(resource.get("Properties", {})):
            resource["Properties"][member] = "s3://bucket/key"
    output = subprocess.run(
        [TOOLS / "emulator/bin/python", "-c", _TRANSLATE, json.dumps(parameters)],
        input=json.dumps(template),
        env={"AWS_DEFAULT_REGION": "eu-west-1"},
        text=True,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    return json.loads(output)


def of_type(kind: str) -> dict[str, Any]:
    """The processed template's resources of a type, by logical id."""
    resources: dict[str, Any] = processed()["Resources"]
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


def strings(value: Any) -> Iterator[str]:
    """Every string in a part of a template, keys included."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from strings(member)
    elif isinstance(value, str):
        yield value
