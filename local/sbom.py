"""The bill of materials of a release, in CycloneDX 1.6: what was built in that is not our own."""

import json
from collections import defaultdict
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

# Of this project's bills: a release always has the same number, so that it has the same bytes.
_NAMESPACE = uuid5(NAMESPACE_URL, "seealso")


def bill_of_materials(built: Path, version: str, sha256: str) -> str:
    """The packages in the built functions, of a release with this version and ZIP file's hash.

    They are read from what is built and not from lock files: the build removes some of them.
    """
    functions: dict[tuple[str, str], list[str]] = defaultdict(list)
    licenses: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for path in sorted(built.glob("*/*.dist-info")):
        package = PathDistribution(path)
        key = package.metadata["Name"].lower().replace("_", "-"), package.version
        functions[key].append(path.parent.name)
        licenses[key] = _licenses(package)
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(_NAMESPACE, sha256)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "seealso",
                "name": "seealso",
                "version": version,
                "hashes": [{"alg": "SHA-256", "content": sha256}],
                "licenses": [{"license": {"id": "MIT"}}],
            }
        },
        "components": [
            {
                "type": "library",
                "bom-ref": f"pkg:pypi/{name}@{number}",
                "name": name,
                "version": number,
                "purl": f"pkg:pypi/{name}@{number}",
                "licenses": licenses[name, number],
                "properties": [{"name": "seealso:function", "value": each} for each in used],
            }
            for (name, number), used in sorted(functions.items())
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _licenses(package: PathDistribution) -> list[dict[str, Any]]:
    """What the package says itself: an expression of SPDX, or else a name or classifiers."""
    metadata = package.metadata
    if "License-Expression" in metadata:
        return [{"expression": metadata["License-Expression"]}]
    names = [metadata["License"]] if "License" in metadata else []
    classifiers = metadata.get_all("Classifier") or []
    names += [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License ::")]
    return [{"license": {"name": names[0].splitlines()[0]}}] if names else []
